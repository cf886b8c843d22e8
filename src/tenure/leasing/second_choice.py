"""A name that DNS has refused a running lease gets the one that stands in for it at once, not at the next renewal.

The lease way could not know that somebody else has the name; the updater has found out. What follows is the lease's
again: another name for it, in the same transaction in which the refusal is recorded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from tenure.dhcpwire.identity import HARDWARE_KEY, key_identity
from tenure.dnswire.name import Name, to_text
from tenure.leasing.device import Speaker, identities
from tenure.leasing.lease import NOTHING, Changes, Lease, LeaseState, LeaseView
from tenure.leasing.place import place_of
from tenure.naming.collision import settle_name
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.event import Event
from tenure.naming.policy import ConflictAction, NamingPolicy
from tenure.naming.reason import Reason
from tenure.naming.registration import RefusedName, Want, Withdraw

ACTOR: Final = "updater"


def choose_again(view: LeaseView, refused: RefusedName, now: float, policy: NamingPolicy) -> Changes:
    """The lease under its next name, which the client hears of when it renews; nothing if there is none for it.

    `policy` has what holds everywhere: the zones, and the names that are kept from clients.
    """
    found = proved_lease(view, refused.address, refused.name, refused.dhcid, now)
    if found is None:
        return NOTHING
    lease, client, identity = found
    suffix = refused.wished.guest_suffix
    action = ConflictAction.SUFFIX if suffix is None else ConflictAction.GUEST_ZONE
    place = place_of(view, client, lease.hardware, b"", lease.address, now, circuit=None, is_known=False)
    asked = replace(policy, conflict_action=action, guest_suffix=suffix)
    settled = settle_name(refused.wished.name, identity, asked, place)
    if settled is None or settled.name == lease.fqdn:
        return NOTHING
    return _renamed(lease, settled.name, settled.reason or Reason(lease.reason), identity, refused, now)


class ProvedLease(NamedTuple):
    """A running lease that has its name, and the client and identity by which it proves that."""

    lease: Lease
    client: bytes
    identity: tuple[int, bytes]


def proved_lease(view: LeaseView, address: bytes, name: Name, dhcid: bytes, now: float) -> ProvedLease | None:
    """The lease of an address that has this name under this proof; None: it is over, or wants something else."""
    lease = view.lease_at(address)
    if lease is None or lease.client is None or lease.state != LeaseState.BOUND or lease.ends_at <= now:
        return None
    if (lease.fqdn, lease.dhcid) != (name, dhcid):
        return None
    identity = _proving(view, lease, lease.client, now)
    return None if identity is None else ProvedLease(lease, lease.client, identity)


def _proving(view: LeaseView, lease: Lease, client: bytes, now: float) -> tuple[int, bytes] | None:
    """The identity of the lease's device by which it proves the name that it has."""
    if lease.fqdn is None:
        return None
    hardware = bytes((HARDWARE_KEY,)) + lease.hardware if any(lease.hardware[1:]) else b""
    speaker = Speaker(view, client, hardware, (), now)
    for key in identities(speaker, lease.fqdn):
        identity = key_identity(key)
        if identity is not None and dhcid_rdata(*identity, lease.fqdn) == lease.dhcid:
            return identity
    return None


def _renamed(
    lease: Lease, name: bytes, reason: Reason, identity: tuple[int, bytes], refused: RefusedName, now: float
) -> Changes:
    dhcid = dhcid_rdata(*identity, name)
    correlation = lease.correlation
    want = Want(
        name,
        lease.address,
        dhcid,
        refused.ttl,
        lease.forward,
        lease.reverse,
        lease.ends_at,
        correlation,
        wished=refused.wished,
        conflict_mode=refused.conflict_mode,
    )
    gone = Withdraw(refused.name, lease.address, refused.dhcid, Reason.NAME_CHANGED, correlation)
    event = Event(
        *(now, "lease-renamed", ACTOR, refused.reason, correlation, lease.address),
        *(name, lease.client, lease.hardware),
        detail=f"DNS refused {to_text(refused.name)}; the client hears of the other name when it renews",
    )
    return Changes((lease._replace(fqdn=name, dhcid=dhcid, reason=reason),), (), (want,), (gone,), (event,))
