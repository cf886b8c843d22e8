"""The rules between zones with `ownership`, the roles, and who writes; and what of that may not be meant."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.authority.owner import NOBODY, RoleKind, is_principal, key_of, owner_of_key, parse_member
from tenure.config.configuration import Configuration
from tenure.config.dns import Dns, Updates, ZoneType
from tenure.config.dns_checks import check_key_is_defined
from tenure.config.domains import DomainPlan, domain_plans
from tenure.config.problem import Location, Problem
from tenure.config.repeated import repeated
from tenure.dnswire.name import to_text
from tenure.naming.registration import Direction


def check_ownership(configuration: Configuration) -> Iterator[Problem]:
    """Names have owners where updates are taken; roles have names of their own, and members that can sign."""
    dns = configuration.dns
    if dns is None:
        return
    for index, zone in enumerate(dns.zones):
        at = ("dns", "zones", index, "ownership")
        if zone.ownership and zone.type is ZoneType.SECONDARY:
            yield Problem(at, "the names of a secondary zone have their owners at its primary", "leave the key out")
        elif zone.ownership and zone.updates is Updates.NONE:
            wrong = "nobody can own a name of a zone that takes no updates"
            yield Problem(at, wrong, f'leave the key out, or write updates = "{Updates.SECURE_ONLY}"')
        if zone.max_names_per_owner is not None and not zone.ownership:
            wrong = "no name of this zone has an owner"
            right = "write ownership = true, or leave this key out"
            yield Problem(("dns", "zones", index, "max-names-per-owner"), wrong, right)
    for index, first in repeated(role.name for role in dns.roles):
        wrong = f"is the name of dns.roles[{first}] too"
        yield Problem(("dns", "roles", index, "name"), wrong, "give each role a name of its own, or merge the two")
    for index, role in enumerate(dns.roles):
        for number, member in enumerate(role.members):
            yield from _check_member(configuration, dns, member, ("dns", "roles", index, "members", number))


def _check_member(configuration: Configuration, dns: Dns, member: str, at: Location) -> Iterator[Problem]:
    key = key_of(member)
    if key is not None:
        yield from check_key_is_defined(configuration, key, at)
    elif is_principal(member) and dns.tkey_gssapi_keytab is None:
        right = "set dns.tkey-gssapi-keytab, or leave the member out"
        yield Problem(at, "is a principal, and without a keytab nobody can sign by Kerberos", right)


def ownership_remarks(configuration: Configuration) -> Iterator[Problem]:
    """Roles that nobody asks for, or that open more than is seen; and a key of leases that stands alone."""
    dns = configuration.dns
    if dns is None:
        return
    owned = [index for index, zone in enumerate(dns.zones) if zone.ownership]
    for index, role in enumerate(dns.roles):
        at = ("dns", "roles", index)
        if not owned:
            yield Problem(at, "is asked for by no zone", "write ownership = true in one of [[dns.zones]]")
        elif role.kind is RoleKind.UNSECURED:
            zones = ", ".join(to_text(dns.zones[number].name) for number in owned)
            wrong = f"leaves what its members write without an owner: whoever else may update {zones} can take it"
            right = 'write kind = "owner" if they are only to change one another\'s names'
            yield Problem((*at, "kind"), wrong, right)
        for number, member in enumerate(role.members):
            yield from _in_two_roles(dns, index, member, (*at, "members", number))
    for number in owned:
        yield from _alone_with_leases(configuration, dns, number)


def _in_two_roles(dns: Dns, index: int, member: str, at: Location) -> Iterator[Problem]:
    """Which of two roles owns what their common member writes."""
    before = next((role for role in dns.roles[:index] if member in role.members), None)
    if before is None:
        return
    kinds = {before.kind, dns.roles[index].kind}
    whose = "nobody" if RoleKind.UNSECURED in kinds else f"role {before.name}"
    yield Problem(
        at, f"is in role {before.name} too: what it writes is owned by {whose}", "leave it out of one of the two"
    )


def _alone_with_leases(configuration: Configuration, dns: Dns, number: int) -> Iterator[Problem]:
    """What leases are written with owns their names: who comes in its place would be locked out."""
    if not configuration.names_leases:
        return
    plans = [plan for direction in Direction for plan in domain_plans(configuration, direction)]
    writers = {_writer(configuration, plan) for plan in plans if plan.own is dns.zones[number]}
    for writer in sorted(writers - {NOBODY}):
        if not any(writer in role.members for role in dns.roles):
            wrong = f"lets {writer} alone change the names that leases have; a server that comes with another could not"
            right = "put it into one of [[dns.roles]], with what servers have that may stand in"
            yield Problem(("dns", "zones", number, "ownership"), wrong, right)


def _writer(configuration: Configuration, plan: DomainPlan) -> str:
    """The owner that the updater is in a zone; `NOBODY`: it is not known."""
    if plan.gss_tsig is None:
        return owner_of_key(plan.key) if plan.key is not None else NOBODY
    section = configuration.ddns.gss_tsig
    try:
        return parse_member((section.client_principal if section else None) or "")
    except ValueError:
        return NOBODY  # the first principal of the keytab, or one without a realm
