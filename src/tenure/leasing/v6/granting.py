"""SOLICIT, REQUEST, RENEW and REBIND: what each association of a message gets (RFC 8415 sections 18.3.1 to 18.3.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tenure.dhcpwire.v6.association import IA_PD, IA_TA, IALease
from tenure.dhcpwire.v6.codes import Option, Status
from tenure.leasing.lease import NOTHING, Lease, LeaseKind
from tenure.leasing.link import subnet_on
from tenure.leasing.v6 import reply
from tenure.leasing.v6.allocation import Choice, Grant, choose
from tenure.leasing.v6.binding import bind, of_device
from tenure.leasing.v6.draft import Draft
from tenure.leasing.v6.inquiry import Decision, Inquiry, Wish, wish_of
from tenure.leasing.v6.names import name_addresses
from tenure.leasing.v6.terms import Terms
from tenure.leasing.v6.verdict import Verdict
from tenure.naming.choice import Naming

_RAPID_COMMIT: Final = int(Option.RAPID_COMMIT)
_ADDRESS: Final = int(LeaseKind.ADDRESS)
_REFUSALS: Final = {
    Status.NO_ADDRS_AVAIL: Verdict.REFUSED_NO_LEASE,
    Status.NO_PREFIX_AVAIL: Verdict.REFUSED_NO_LEASE,
    Status.NO_BINDING: Verdict.REFUSED_NO_BINDING,
    Status.NOT_ON_LINK: Verdict.REFUSED_NOT_ON_LINK,
}

_Decide = Callable[[Inquiry, Wish, set[bytes]], Grant]


def solicit(inquiry: Inquiry) -> Decision:
    """SOLICIT: leases are advertised and kept for a while; nothing is written.

    With the rapid commit option, where the subnet allows it, they are committed at once.
    """
    if _RAPID_COMMIT in inquiry.datagram.message.options and inquiry.link[0].subnet.rapid_commit:
        return _commit(inquiry, _assign, "SOLICIT with rapid commit", Verdict.LEASED, settles=True, rapid=True)
    rows = inquiry.view.leases_of(inquiry.client)
    taken: set[bytes] = set()
    grants = []
    for wish in _wishes(inquiry, rows):
        grant = _assign(inquiry, wish, taken)
        grants.append(grant)
        for choice in grant.choices:
            taken.add(choice.address)
            until = inquiry.now + choice.prepared.subnet.offer_seconds
            inquiry.offers.keep(choice.address, wish.holder, choice.prepared.subnet_id, until)
    # A client that says no name hears of the one it gets when the lease is its own.
    naming = _told(grants, name_addresses(inquiry, grants, rows)) if reply.is_told_its_name(inquiry) else None
    return Decision(reply.advertise(inquiry, grants, naming), NOTHING, _verdict(grants, Verdict.ADVERTISED))


def request(inquiry: Inquiry) -> Decision:
    """REQUEST: leases are committed, those that were advertised or others."""
    return _commit(inquiry, _assign_on_link, "REQUEST", Verdict.LEASED, settles=True)


def renew(inquiry: Inquiry) -> Decision:
    """RENEW: leases run on; an association that is not known gets some, as if it had been asked for."""
    return _commit(inquiry, _extend, "RENEW", Verdict.RENEWED, settles=False)


def rebind(inquiry: Inquiry) -> Decision:
    """REBIND: leases run on, whichever server gave them; of what is not known here, another server may know.

    So leases are made only where rapid commit says that no other server is asked (section 18.3.5).
    """
    sole = inquiry.link[0].subnet.rapid_commit
    return _commit(inquiry, _extend if sole else _extend_known, "REBIND", Verdict.RENEWED, settles=False)


def _commit(
    inquiry: Inquiry, decide: _Decide, cause: str, verdict: Verdict, *, settles: bool, rapid: bool = False
) -> Decision:
    rows = inquiry.view.leases_of(inquiry.client)
    draft = Draft(inquiry)
    grants = []
    for wish in _wishes(inquiry, rows):
        grant = decide(inquiry, wish, draft.taken)
        grants.append(grant)
        for choice in grant.choices:
            draft.taken.add(choice.address)
    namings = name_addresses(inquiry, grants, rows)
    for grant in grants:
        bind(inquiry, draft, grant, namings, cause, settles=settles)
    answer = reply.grant(inquiry, grants, _told(grants, namings), rapid=rapid)
    changes = draft.changes()
    if namings:
        changes = of_device(inquiry, changes, namings, cause, settles=settles)
    return Decision(answer, changes, _verdict(grants, verdict))


def _wishes(inquiry: Inquiry, rows: Sequence[Lease]) -> list[Wish]:
    """One for each association of the message; a second one with the same number says nothing new."""
    associations = inquiry.datagram.message.associations
    if len(associations) == 1 and associations[0].code != IA_TA:  # as nearly all have
        return [wish_of(associations[0], inquiry.client, rows)]
    seen: set[tuple[int, bytes]] = set()
    wishes = []
    for ia in associations:
        if ia.code != IA_TA and (ia.code, ia.iaid) not in seen:
            seen.add((ia.code, ia.iaid))
            wishes.append(wish_of(ia, inquiry.client, rows))
    return wishes


def _assign(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> Grant:
    """Leases, or the status that there are none (section 18.3.9)."""
    choices = choose(inquiry, wish, taken)
    return Grant(wish, choices) if choices else Grant(wish, status=_none_free(wish))


def _assign_on_link(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> Grant:
    """The same; but not for an association with an address that cannot be on this link (section 18.3.2)."""
    if wish.kind == _ADDRESS and any(subnet_on(inquiry.link, lease.address) is None for lease in wish.ia.leases):
        return Grant(wish, status=Status.NOT_ON_LINK)
    return _assign(inquiry, wish, taken)


def _extend(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> Grant:
    """What the association has, else what it can have; what it cannot keep gets lifetimes of zero (section 18.3.4)."""
    choices = choose(inquiry, wish, taken)
    given_up = _given_up(wish, choices)
    if choices or given_up:
        return Grant(wish, choices, given_up)
    return Grant(wish, status=Status.NO_BINDING if not wish.rows else _none_free(wish))


def _extend_known(inquiry: Inquiry, wish: Wish, taken: set[bytes]) -> Grant:
    """The same for an association that is known; of any other only what is wrong for the link (section 18.3.5)."""
    if wish.rows:
        return _extend(inquiry, wish, taken)
    wrong = [
        lease for lease in wish.ia.leases if wish.kind == _ADDRESS and subnet_on(inquiry.link, lease.address) is None
    ]
    return Grant(wish, given_up=wrong) if wrong else Grant(wish, status=Status.NO_BINDING)


def _given_up(wish: Wish, choices: Sequence[Choice]) -> list[IALease]:
    """What the client speaks of and does not get."""
    got = {(choice.address, choice.length) for choice in choices}
    # some clients write the unspecified address when they wish for none in particular
    return [lease for lease in wish.ia.leases if (lease.address, lease.prefix_length) not in got and any(lease.address)]


def _none_free(wish: Wish) -> Status:
    return Status.NO_PREFIX_AVAIL if wish.ia.code == IA_PD else Status.NO_ADDRS_AVAIL


def _told(grants: Sequence[Grant], namings: dict[Terms, Naming]) -> Naming | None:
    """The naming of the first address, which is what the client is told; the option speaks of all of them."""
    first = next((c for one in grants if one.wish.kind == _ADDRESS for c in one.choices), None)
    return None if first is None else namings[first.terms]


def _verdict(grants: Sequence[Grant], good: Verdict) -> Verdict:
    """As good as the best of the associations."""
    if any(one.choices for one in grants):
        return good
    told = next((one.status for one in grants if one.status is not None), None)
    return Verdict.REFUSED_NO_LEASE if told is None else _REFUSALS[told]
