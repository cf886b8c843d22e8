"""What `[[dns.views]]` means: who sees which of the zones, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from itertools import chain

from tenure.authority.views import ClientMatch, ViewSettings, choose_view
from tenure.config.configuration import Configuration
from tenure.config.dns import Dns, ViewSection, ZoneSection
from tenure.config.dns_checks import check_key_is_defined
from tenure.config.domains import own_zone
from tenure.config.problem import Problem
from tenure.config.repeated import repeated
from tenure.config.zones import UPDATER_KEY, place_of, updater_key
from tenure.dnswire.name import Name

EVERYBODY = (ClientMatch(negated=False),)
_FIRST = (IPv4Address(0), IPv6Address(0))


def view_settings(configuration: Configuration) -> tuple[ViewSettings, ...]:
    """Who sees what; empty where everybody sees all zones.

    The keys of our own updater come before all lists: that of a view sees this view, and the one for shared zones sees
    these alone, so that what it writes is nowhere else.
    """
    dns = configuration.dns
    if dns is None or not dns.views:
        return ()
    views = [ViewSettings(view.name, clients_of(view), frozenset({updater_key(view.name)})) for view in dns.views]
    return (*views, ViewSettings("", (), frozenset({UPDATER_KEY})))


def clients_of(view: ViewSection) -> tuple[ClientMatch, ...]:
    """The words of a view's list."""
    return EVERYBODY if view.match_clients is None else tuple(view.match_clients)


def seen_zone(configuration: Configuration, view: str | None, zone: Name) -> ZoneSection | None:
    """The zone of this name that a request sees which fell into the view (None: into none)."""
    if view is None:
        return None
    return own_zone(configuration, zone, view) or own_zone(configuration, zone, "")


def check_views(configuration: Configuration) -> Iterator[Problem]:
    """Each view is there once, has zones and can be reached; each zone is there once in each view."""
    dns = configuration.dns
    if dns is None:
        return
    for index, first in repeated(view.name for view in dns.views):
        wrong = f"is the name of dns.views[{first}] too"
        yield Problem(("dns", "views", index, "name"), wrong, "give each view a name of its own, or merge the two")
    for index, view in enumerate(dns.views):
        for number, word in enumerate(view.match_clients or ()):
            if word.key is not None:
                at = ("dns", "views", index, "match-clients", number)
                yield from check_key_is_defined(configuration, word.key, at)
    yield from _check_zones(dns)
    yield from _check_reachable(dns)


def _check_zones(dns: Dns) -> Iterator[Problem]:
    known = [view.name for view in dns.views]
    for index, zone in enumerate(dns.zones):
        if zone.view and zone.view not in known:
            names = ", ".join(known) or "none is"
            remedy = f"write one of them, or define it under [[dns.views]] (defined: {names})"
            yield Problem(("dns", "zones", index, "view"), "is not the name of a view", remedy)
    for index, first in repeated(map(place_of, dns.zones)):
        wrong = f"is the zone of dns.zones[{first}] too"
        remedy = "merge the two zones, or write for one of them the view that it is in"
        yield Problem(("dns", "zones", index, "name"), wrong, remedy)
    if any(not zone.view for zone in dns.zones):
        return
    filled = {zone.view for zone in dns.zones}
    for index, name in enumerate(known):
        if name not in filled:
            remedy = f'write view = "{name}" into one of [[dns.zones]], or leave the view out'
            yield Problem(("dns", "views", index, "name"), "no zone is in the view", remedy)


def _check_reachable(dns: Dns) -> Iterator[Problem]:
    """Each view is seen by some client."""
    lists = [ViewSettings(str(index), clients_of(view)) for index, view in enumerate(dns.views)]
    words = [word for one in lists for word in one.clients]
    for index, one in enumerate(lists):
        clients = chain(_kinds_of_client(one.clients), _kinds_of_client(words))  # its own first: mostly one is enough
        if not any(choose_view(lists, address, key) == one.name for address, key in clients):
            wrong = (
                "no client can see the view: the views before it take all that it would take, or its list has nobody"
            )
            remedy = "move it before them, or leave out of them who is to see this one"
            yield Problem(("dns", "views", index, "match-clients"), wrong, remedy)


def _kinds_of_client(words: Sequence[ClientMatch]) -> Iterator[tuple[str, Name | None]]:
    """One client of each kind that these words tell apart: by key, and by stretch of addresses in the same networks."""
    addresses: dict[IPv4Address | IPv6Address, None] = dict.fromkeys(_FIRST)
    for network in (word.network for word in words if word.network is not None):
        addresses[network.network_address] = None
        last = network.broadcast_address
        if int(last) + 1 < 1 << last.max_prefixlen:
            addresses[last + 1] = None
    keys = [None, *dict.fromkeys(word.key for word in words if word.key is not None)]
    return ((str(address), key) for address in addresses for key in keys)
