"""A lease that goes by another name instead gets the one that was wished for, because a person gives it that one.

A number or the guest zone stood in for it (`naming.collision`), and stays with the device as long as it is remembered.
The records change at once; the client hears of its name when it renews.
"""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name, to_text
from tenure.leasing.device import Telling
from tenure.leasing.lease import NOTHING, Changes, Lease, LeaseState, LeaseView
from tenure.leasing.second_choice import proving
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Registration, Want, Wished, Withdraw


class _Proved(NamedTuple):
    lease: Lease
    client: bytes
    dhcid: bytes  # of the name that is given


def given_proof(view: LeaseView, claim: Registration, name: Name, now: float) -> bytes | None:
    """The DHCID under which the lease of a claim would have this name; None: it is over, or wants something else."""
    proved = _proved(view, claim, name, now)
    return None if proved is None else proved.dhcid


def give_name(view: LeaseView, claim: Registration, wished: Wished, about: Telling, now: float) -> Changes:
    """The lease of a claim under the name that was wished for; nothing if it is over, or wants something else."""
    proved = _proved(view, claim, wished.name, now)
    if proved is None:
        return NOTHING
    lease, name, dhcid = proved.lease, wished.name, proved.dhcid
    renamed = lease._replace(fqdn=name, dhcid=dhcid, reason=Reason.NAME_ADOPTED)
    # what the client had last at other addresses is what it would be given there again
    remembered = [
        row._replace(fqdn=name, dhcid=dhcid)
        for row in view.leases_of(proved.client)
        if row.fqdn == claim.name and row.dhcid == claim.dhcid and row.state != LeaseState.BOUND
    ]
    want = Want(
        *(name, lease.address, dhcid, claim.ttl, lease.forward, lease.reverse, lease.ends_at, about.correlation),
        wished=wished,
    )
    gone = Withdraw(claim.name, lease.address, claim.dhcid, Reason.NAME_CHANGED, about.correlation)
    event = Event(
        *(now, "lease-renamed", about.actor, about.cause, about.correlation, lease.address),
        *(name, proved.client, lease.hardware),
        detail=f"it was {to_text(claim.name)}; the client hears of the other name when it renews",
    )
    return Changes((renamed, *remembered), (), (want,), (gone,), (event,))


def _proved(view: LeaseView, claim: Registration, name: Name, now: float) -> _Proved | None:
    lease = view.lease_at(claim.address)
    if lease is None or lease.client is None or lease.state != LeaseState.BOUND or lease.ends_at <= now:
        return None
    if (lease.fqdn, lease.dhcid) != (claim.name, claim.dhcid):
        return None
    identity = proving(view, lease, lease.client, now)
    return None if identity is None else _Proved(lease, lease.client, dhcid_rdata(*identity, name))
