"""A lease that goes by another name instead gets the one that was wished for, because a person gives it that one.

A number or the guest zone stood in for it (`naming.collision`), and stays with the device as long as it is remembered.
The records change at once; the client hears of its name when it renews.
"""

from __future__ import annotations

from tenure.dnswire.name import Name, to_text
from tenure.leasing.device import Telling
from tenure.leasing.lease import NOTHING, Changes, LeaseState, LeaseView
from tenure.leasing.second_choice import proved_lease
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Registration, Want, Wished, Withdraw


def given_proof(view: LeaseView, claim: Registration, name: Name, now: float) -> bytes | None:
    """The DHCID under which the lease of a claim would have this name; None: it is over, or wants something else."""
    found = proved_lease(view, claim.address, claim.name, claim.dhcid, now)
    return None if found is None else dhcid_rdata(*found.identity, name)


def give_name(view: LeaseView, claim: Registration, wished: Wished, about: Telling, now: float) -> Changes:
    """The lease of a claim under the name that was wished for; nothing if it is over, or wants something else."""
    found = proved_lease(view, claim.address, claim.name, claim.dhcid, now)
    if found is None:
        return NOTHING
    lease, name, dhcid = found.lease, wished.name, dhcid_rdata(*found.identity, wished.name)
    renamed = lease._replace(fqdn=name, dhcid=dhcid, reason=Reason.NAME_ADOPTED)
    # what the client had last at other addresses is what it would be given there again
    remembered = [
        row._replace(fqdn=name, dhcid=dhcid)
        for row in view.leases_of(found.client)
        if row.fqdn == claim.name and row.dhcid == claim.dhcid and row.state != LeaseState.BOUND
    ]
    want = Want(
        *(name, lease.address, dhcid, claim.ttl, lease.forward, lease.reverse, lease.ends_at, about.correlation),
        wished=wished,
        conflict_mode=claim.conflict_mode,
    )
    gone = Withdraw(claim.name, lease.address, claim.dhcid, Reason.NAME_CHANGED, about.correlation)
    event = Event(
        *(now, "lease-renamed", about.actor, about.cause, about.correlation, lease.address),
        *(name, found.client, lease.hardware),
        detail=f"it was {to_text(claim.name)}; the client hears of the other name when it renews",
    )
    return Changes((renamed, *remembered), (), (want,), (gone,), (event,))
