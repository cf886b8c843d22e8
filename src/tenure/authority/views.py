"""Views for split horizon: which of the served zones a request sees, by the client's address or by who signed it.

The words are those of BIND's `match-clients`, and so is their meaning: in a list the first word that speaks of the
client decides, and the first view whose list says yes takes the request. A view has its own zones, and of the shared
ones those that it has no zone of the same name for. Without views everybody sees every zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

from tenure.authority.zone import Refusal
from tenure.authority.zones import ServedZone, Zones
from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import Name, from_text, to_text

MOST_ADDRESSES: Final = 10_000  # clients of which it is remembered which view they see

_NOBODY: Final[Mapping[Name, tuple[ServedZone, ...]]] = {}


class ClientMatch(NamedTuple):
    """One word of a list of clients; with neither network nor key it speaks of everybody."""

    negated: bool
    network: IPv4Network | IPv6Network | None = None
    key: Name | None = None

    def speaks_of(self, address: IPv4Address | IPv6Address, key: Name | None) -> bool:
        """Whether the client is one of those that the word names; `key` has signed the request."""
        if self.key is not None:
            return self.key == key
        return self.network is None or address in self.network


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """One view as it is configured. The one without a name holds the shared zones alone, for whoever has its keys."""

    name: str
    clients: tuple[ClientMatch, ...]
    keys: frozenset[Name] = frozenset()  # who signs with one sees this view, whatever the lists say


class View(NamedTuple):
    """What one request sees."""

    name: str  # empty: there are no views, or these are the shared zones alone
    zones: Zones
    everywhere: Mapping[Name, tuple[ServedZone, ...]] = _NOBODY  # the zones of all views, by apex
    number: int = 0  # of the view among all of them
    is_open: bool = True  # False: no view is for the client

    def where_else(self, zone: Name) -> str:
        """For the operator: which view the request fell into, and which ones have the zone that it does not see."""
        if not self.everywhere:
            return ""
        fell = f"the request fell into view {self.name}" if self.name else "the request sees the shared zones alone"
        fell = fell if self.is_open else "the request fell into no view"
        others = ", ".join(other.settings.view for other in self.everywhere.get(zone, ()) if other.settings.view)
        return f"{fell}; {to_text(zone)} is a zone of view {others}" if others else fell

    def refusal(self, client: str) -> Refusal:
        """Why a client that no view is for gets nothing."""
        return Refusal(Rcode.REFUSED, f"no view is for {client}", "its address and key match none of dns.views")


class Views:
    """The views of one server, in their order; none configured: one that everybody sees."""

    def __init__(self, settings: Sequence[ViewSettings], served: Iterable[ServedZone]) -> None:
        everywhere = by_name(served)
        self._settings = settings
        self._by_name: dict[str, View] = {}
        for number, one in enumerate(settings):
            self._by_name[one.name] = View(one.name, seen_zones(everywhere, one.name), everywhere, number)
        self._closed = View("", {}, everywhere, len(settings), is_open=False)
        self.only = None if settings else View("", seen_zones(everywhere, ""))  # what everybody sees
        self._by_address: dict[str, View] = {}

    @property
    def count(self) -> int:
        """How many kinds of client see different things: the views, and where there are any, who sees none."""
        return len(self._settings) + 1

    @property
    def each(self) -> list[View]:
        """All of them, by their numbers; there may be one more, in which nobody sees anything."""
        return [self.only] if self.only is not None else list(self._by_name.values())

    def of(self, client: str, key: Name | None) -> View:
        """What a request from this address sees that was signed with the key, or was not signed."""
        if self.only is not None:
            return self.only
        if key is not None:
            return self._choose(client, key)
        view = self._by_address.get(client)
        if view is None:
            view = self._choose(client, None)
            if len(self._by_address) >= MOST_ADDRESSES:
                self._by_address.clear()
            self._by_address[client] = view
        return view

    def _choose(self, client: str, key: Name | None) -> View:
        name = choose_view(self._settings, client, key)
        return self._closed if name is None else self._by_name[name]


def choose_view(views: Sequence[ViewSettings], client: str, key: Name | None) -> str | None:
    """The name of the view that a request falls into, from this address and signed with the key; None: into none."""
    if key is not None:
        for view in views:
            if key in view.keys:
                return view.name
    address = ip_address(client)
    for view in views:
        word = next((word for word in view.clients if word.speaks_of(address, key)), None)
        if word is not None and not word.negated:
            return view.name
    return None


def parse_client(text: str) -> ClientMatch:
    """One word of `match-clients`: `any`, `none`, a network or an address, or `key NAME`; `!` in front: those not.

    `ValueError` says what is wrong.
    """
    negated = text.startswith("!")
    words = text.removeprefix("!").split()
    match words:
        case ["any"]:
            return ClientMatch(negated)
        case ["none"]:
            return ClientMatch(not negated)
        case ["key", name]:
            return ClientMatch(negated, key=from_text(name).lower())
        case [network]:
            try:
                return ClientMatch(negated, ip_network(network))
            except ValueError as error:
                raise ValueError(f"is no network, address or key: {error}") from None
    raise ValueError("is no network, address or key")


def by_name(served: Iterable[ServedZone]) -> Mapping[Name, tuple[ServedZone, ...]]:
    """The zones of all views by their apex."""
    found: dict[Name, tuple[ServedZone, ...]] = {}
    for zone in served:
        found[zone.name] = (*found.get(zone.name, ()), zone)
    return found


def seen_zones(everywhere: Mapping[Name, Sequence[ServedZone]], view: str) -> Zones:
    """The zones that a view has: its own, and the shared ones whose names none of these has."""
    found: dict[Name, ServedZone] = {}
    for name, zones in everywhere.items():
        own = next((zone for zone in zones if zone.settings.view == view), None)
        zone = own or next((zone for zone in zones if not zone.settings.view), None)
        if zone is not None:
            found[name] = zone
    return found
