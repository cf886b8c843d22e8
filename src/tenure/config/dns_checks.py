"""The rules between the keys of `[dns]`."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.authority.policy import Rule
from tenure.config.configuration import Configuration
from tenure.config.dns import Updates, ZoneSection, ZoneType
from tenure.config.problem import Location, Problem
from tenure.config.repeated import covered
from tenure.config.zones import UPDATER_KEY, updater_key
from tenure.dnswire.name import Name, to_text


def check_dns(configuration: Configuration) -> Iterator[Problem]:
    """Each place to listen is there once; files are there; keys are defined."""
    dns = configuration.dns
    if dns is None:
        return
    for index, first in covered([place.or_port(53) for place in dns.listen]):
        yield Problem(("dns", "listen", index), f"is part of dns.listen[{first}]", "leave one of the two out")
    terms = dns.update_lease
    if terms.min_lease > min(terms.max_lease, terms.max_key_lease):
        problem = f"{terms.min_lease} is more than the longest lifetime"
        yield Problem(
            ("dns", "update-lease", "min-lease"), problem, "make it shorter, or max-lease and max-key-lease longer"
        )
    for index, one in enumerate(terms.lifetimes):
        yield from check_key_is_defined(configuration, one.key, ("dns", "update-lease", "lifetimes", index, "key"))
    for index, zone in enumerate(dns.zones):
        yield from _check_zone(configuration, zone, ("dns", "zones", index))


def _check_zone(configuration: Configuration, zone: ZoneSection, at: Location) -> Iterator[Problem]:
    if zone.file is not None and not (path := configuration.beside(zone.file)).is_file():
        yield Problem((*at, "file"), f"{path} is no file", "name a zone file, or leave the key out for an empty zone")
    for index, rule in enumerate(zone.policy):
        if rule.only_key is not None:
            yield from check_key_is_defined(configuration, rule.only_key, (*at, "policy", index))
        yield from _check_rule(configuration, zone, rule, (*at, "policy", index))
    for index, place in enumerate(zone.allow_transfer):
        if place.key is not None:
            yield from check_key_is_defined(configuration, place.key, (*at, "allow-transfer", index))
    yield from _check_neighbours(configuration, zone, at)
    yield from _check_aging(zone, at)


def _check_aging(zone: ZoneSection, at: Location) -> Iterator[Problem]:
    """Records age where updates are taken, and intervals stand where records age."""
    if zone.aging and zone.type is ZoneType.SECONDARY:
        yield Problem((*at, "aging"), "the records of a secondary zone age at its primary", "leave the key out")
    for key, given in (("no-refresh-interval", zone.no_refresh_interval), ("refresh-interval", zone.refresh_interval)):
        if given is not None and not zone.aging:
            yield Problem((*at, key), "no record of this zone ages", "write aging = true, or leave this key out")


def _check_rule(configuration: Configuration, zone: ZoneSection, rule: Rule, at: Location) -> Iterator[Problem]:
    """A rule about Kerberos can match, and none lets unsigned updates into a zone that takes secure ones only."""
    assert configuration.dns is not None
    if rule.is_about_kerberos and configuration.dns.tkey_gssapi_keytab is None:
        right = "set dns.tkey-gssapi-keytab, or leave the rule out"
        yield Problem(at, "is about Kerberos, and without a keytab nobody can sign by it", right)
    if zone.updates is Updates.SECURE_ONLY and rule.grant and not rule.needs_signature:
        right = f'leave the rule out, or write updates = "{Updates.POLICY}"'
        yield Problem(at, "would let in updates that are not signed, and updates is secure-only", right)


def _check_neighbours(configuration: Configuration, zone: ZoneSection, at: Location) -> Iterator[Problem]:
    """What a zone says of other servers fits its type, and the keys are defined."""
    if zone.type is ZoneType.SECONDARY and not zone.primaries:
        yield Problem((*at, "type"), "has no primary to be transferred from", "add primaries")
    if zone.type is ZoneType.PRIMARY:
        remedy = 'write type = "secondary", or leave this key out'
        for key, given in (("primaries", zone.primaries), ("allow-update-forwarding", zone.allow_update_forwarding)):
            if given:
                yield Problem((*at, key), "is of use for a secondary zone only", remedy)
    elif zone.file is not None:
        yield Problem((*at, "file"), "a secondary zone comes from its primaries", "leave the file out")
    for key, servers in (("primaries", zone.primaries), ("also-notify", zone.also_notify)):
        for index, server in enumerate(servers):
            if server.key is not None:
                yield from check_key_is_defined(configuration, server.key, (*at, key, index))
    for index, place in enumerate(zone.allow_update_forwarding):
        if place.key is not None:
            yield from check_key_is_defined(configuration, place.key, (*at, "allow-update-forwarding", index))


def check_key_is_defined(configuration: Configuration, key: Name, at: Location) -> Iterator[Problem]:
    """A key that is named somewhere is one of `[[keys]]`, or one that tenure makes for itself."""
    known = [one.name for one in configuration.keys]
    views = configuration.dns.views if configuration.dns else []
    if key not in known and key not in {UPDATER_KEY, *(updater_key(view.name) for view in views)}:
        names = ", ".join(to_text(name) for name in known) or "none is"
        yield Problem(at, f"the key {to_text(key)} is not defined", f"add it under [[keys]] (defined: {names})")
