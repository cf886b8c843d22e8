"""Which clients are one device, and by which of its identities it proves a name, so that A and AAAA share a DHCID.

What ties identities together is a hardware address with which they were seen:

    hardware address -> its newest DUID -> the hardware addresses of that DUID -> the DHCPv4 clients on these

A hardware address goes from one machine to the next (a dock, an adapter), so what is on it belongs to the newest DUID
there, except for a name that another DUID of that address has in DNS: that one keeps it. A name is proved by the
identity under which it stands already, so that none changes its DHCID because a tie was learned late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dhcpwire.fqdn import ClientFqdn
from tenure.dhcpwire.identity import CLIENT_ID_KEY, DUID_KEY, HARDWARE_KEY, key_identity, key_to_text, parse_rfc4361
from tenure.dnswire.name import Name
from tenure.leasing.lease import Changes, Lease, LeaseState, LeaseView
from tenure.leasing.tie import SEEN, WORDS, Learned, Tie
from tenure.naming.choice import Naming, name_lease
from tenure.naming.event import Event
from tenure.naming.place import Obstacle, Place
from tenure.naming.policy import NamingPolicy, OneDevice
from tenure.naming.reason import Reason
from tenure.naming.registration import Want, Withdraw

_BOUND: Final = int(LeaseState.BOUND)
_NO_DEVICE: Final = OneDevice.OFF
_STAND_INS: Final = frozenset({Reason.NUMBERED, Reason.GUEST_NAME})


class Speaker(NamedTuple):
    """The client of a message, and the ledger as it stands."""

    view: LeaseView
    client: bytes  # identity key
    hardware: bytes  # the key of its hardware address; empty where none may count
    ties: tuple[Tie, ...]  # what this message itself shows
    now: float


def speaker_of(
    view: LeaseView, client: bytes, hardware: bytes, learned: Learned, now: float, policy: NamingPolicy
) -> Speaker | None:
    """None where the policy looks at clients one by one; `hardware` is as leases keep it, empty if unknown.

    `learned` says whence a DHCPv6 client's is known. A DHCPv4 packet has it beside the client identifier, as
    DHCPv4 itself trusts.
    """
    if policy.one_device is _NO_DEVICE:
        return None
    if not any(hardware[1:]) or (learned not in SEEN and policy.one_device is not OneDevice.CLAIMED):
        return Speaker(view, client, b"", (), now)
    key = bytes((HARDWARE_KEY,)) + hardware
    shown = [(client, learned)] if client != key else []
    if client[0] == CLIENT_ID_KEY and (parts := parse_rfc4361(client[1:])) is not None:
        shown.append((bytes((DUID_KEY,)) + parts[1], Learned.CLIENT_DUID))
    return Speaker(view, client, key, tuple(Tie(key, identity, how.value, now) for identity, how in shown), now)


def news(speaker: Speaker, *, settles: bool) -> tuple[Tie, ...]:
    """What the ledger does not have yet of what the message shows.

    When the client settles with a DUID that was on its hardware address before another one came, it is the newest.
    """
    if not speaker.ties:
        return ()
    kept = {tie.identity for tie in speaker.view.ties_of(speaker.hardware)}
    newest = next(iter(_duids(speaker.view.ties_of(speaker.hardware))), None)
    return tuple(
        tie
        for tie in speaker.ties
        if tie.identity not in kept or (settles and tie.identity[0] == DUID_KEY and tie.identity != newest)
    )


def name_device(  # noqa: PLR0917 - as those of `name_lease`
    speaker: Speaker | None,
    client: bytes,
    fqdn: ClientFqdn | None,
    host_name: bytes | None,
    reserved: str | None,
    address: bytes,
    lifetime: int,
    policy: NamingPolicy,
    place: Place | None,
    obstacle: Obstacle | None,
) -> Naming:
    """The naming by the identity of the device under which the name stands; if it does not, by the first of them.

    Without a speaker it is the client's own. The identity under which a reservation keeps the name in DNS goes first,
    and a name that stands in for another one last: the device may have that one by an identity that was tied to it
    since.
    """
    own = client if policy.proved_by is None else policy.proved_by
    if speaker is None:
        return name_lease(fqdn, host_name, reserved, key_identity(own), address, lifetime, policy, place, obstacle)
    keys = _all_keys(speaker)
    if policy.proved_by is not None:
        keys = list(dict.fromkeys([own, *keys]))
    first: Naming | None = None
    stand_in: Naming | None = None
    for key in keys if len(keys) > 1 else ():
        naming = name_lease(fqdn, host_name, reserved, key_identity(key), address, lifetime, policy, place, obstacle)
        if naming.fqdn is None or (key not in (client, own) and key not in identities(speaker, naming.fqdn)):
            continue
        if any(claim.stands and claim.dhcid == naming.dhcid for claim in speaker.view.claims_on(naming.fqdn)):
            if naming.reason not in _STAND_INS:
                return naming
            stand_in = stand_in or naming
        first = first or naming
    if stand_in is not None:
        return stand_in
    if first is not None:
        return first
    return name_lease(fqdn, host_name, reserved, key_identity(own), address, lifetime, policy, place, obstacle)


def identities(speaker: Speaker, name: Name) -> list[bytes]:
    """The identities by which the speaker's device may prove this name; its own is among them."""
    view, own = speaker.view, speaker.hardware
    duid = speaker.client if speaker.client[0] == DUID_KEY else _said_duid(speaker)
    if duid is None and own:
        duid = _owner(speaker, own, name)
    found = dict.fromkeys((speaker.client,) if duid is None else (duid, speaker.client))
    known = [] if duid is None else view.hardware_of(duid)
    for hardware in dict.fromkeys((own, *known) if own else known):
        if _owner(speaker, hardware, name) == duid:
            found[hardware] = None
            found.update((tie.identity, None) for tie in view.ties_of(hardware) if tie.identity[0] == CLIENT_ID_KEY)
    return list(found)


class Telling(NamedTuple):
    """What a line of the history says about a message."""

    actor: str
    cause: str
    correlation: str


def with_device(changes: Changes, speaker: Speaker, naming: Naming, about: Telling, *, settles: bool) -> Changes:
    """The changes of a message with what its device adds: ties that it shows, and other leases' proofs."""
    ties = news(speaker, settles=settles)
    dealt_with = frozenset([*changes.dropped, *(lease.address for lease in changes.leases)])
    anew = reprove(speaker, naming, dealt_with, about.correlation)
    if not (ties or anew.leases):
        return changes
    events = [_tied(speaker, tie, about) for tie in ties]
    events += [
        Event(
            *(speaker.now, "lease-proved-anew", about.actor, about.cause, about.correlation, lease.address),
            *(lease.fqdn, lease.client, lease.hardware),
            detail=f"as the name of {key_to_text(speaker.client)}",
        )
        for lease in anew.leases
    ]
    return Changes(
        (*changes.leases, *anew.leases),
        changes.dropped,
        (*changes.wants, *anew.wants),
        (*changes.withdraws, *anew.withdraws),
        (*changes.events, *events),
        ties,
    )


def _tied(speaker: Speaker, tie: Tie, about: Telling) -> Event:
    head = (speaker.now, "device-tied", about.actor, about.cause, about.correlation)
    detail = f"{key_to_text(tie.identity)} and {key_to_text(tie.hardware)}: {WORDS[Learned(tie.learned)]}"
    return Event(*head, client=tie.identity, hardware=tie.hardware[1:], detail=detail)


class Reproved(NamedTuple):
    """Leases of the same device and name whose proof was another one."""

    leases: tuple[Lease, ...] = ()
    withdraws: tuple[Withdraw, ...] = ()
    wants: tuple[Want, ...] = ()


def reprove(speaker: Speaker, naming: Naming, but: frozenset[bytes], correlation: str) -> Reproved:
    """The device's other running leases with this name are claimed anew under the same proof; `but` are addresses.

    So a claim that was refused because the device had the name by another identity is right at once.
    """
    name, dhcid = naming.fqdn, naming.dhcid
    if name is None or dhcid is None or not naming.forward or len(_all_keys(speaker)) == 1:
        return Reproved()
    if all(claim.dhcid == dhcid for claim in speaker.view.claims_on(name)):
        return Reproved()
    others = [
        row
        for key in identities(speaker, name)
        for row in speaker.view.leases_of(key)
        if row.fqdn == name and row.forward and row.dhcid != dhcid and row.address not in but
        if row.state == _BOUND and row.ends_at > speaker.now
    ]
    leases, withdraws, wants = [], [], []
    for row in others:
        assert row.dhcid is not None, "a lease with a forward record has a proof"
        ttl = max(1, min(naming.ttl, row.valid_lifetime - 1))
        leases.append(row._replace(dhcid=dhcid, correlation=correlation))
        withdraws.append(Withdraw(name, row.address, row.dhcid, Reason.DEVICE_TIED, correlation))
        wants.append(Want(name, row.address, dhcid, ttl, row.forward, row.reverse, row.ends_at, correlation))
    return Reproved(tuple(leases), tuple(withdraws), tuple(wants))


def leases_beside(speaker: Speaker) -> list[Lease]:
    """Running DHCPv4 leases of the speaker's own hardware address under other identities: what an installer left."""
    if not speaker.hardware:
        return []
    keys = [speaker.hardware]
    keys += [tie.identity for tie in speaker.view.ties_of(speaker.hardware) if tie.identity[0] == CLIENT_ID_KEY]
    return [
        row
        for key in keys
        if key != speaker.client
        for row in speaker.view.leases_of(key)
        if row.state == _BOUND and row.ends_at > speaker.now and row.hardware == speaker.hardware[1:]
    ]


def _all_keys(speaker: Speaker) -> list[bytes]:
    """What may be the speaker's device under some name: DUIDs, the newest in front, then itself, then the rest."""
    view, own, client = speaker.view, speaker.hardware, speaker.client
    ties = _ties_on(speaker, own) if own else []
    duids = [client] if client[0] == DUID_KEY else _duids(ties)
    rest = dict.fromkeys([client, own] if own else [client])
    for duid in duids:
        for hardware in view.hardware_of(duid):
            rest[hardware] = None
            ties = [*ties, *view.ties_of(hardware)]
    rest.update((tie.identity, None) for tie in ties if tie.identity[0] == CLIENT_ID_KEY)
    return list(dict.fromkeys([*duids, *rest]))


def _ties_on(speaker: Speaker, hardware: bytes) -> Sequence[Tie]:
    """The ties of a hardware address, with those that the message shows; the newest first."""
    kept = speaker.view.ties_of(hardware)
    if hardware != speaker.hardware:
        return kept
    known = {tie.identity for tie in kept}
    return [*(tie for tie in speaker.ties if tie.identity not in known), *kept]


def _duids(ties: Sequence[Tie]) -> list[bytes]:
    return [tie.identity for tie in ties if tie.identity[0] == DUID_KEY]


def _said_duid(speaker: Speaker) -> bytes | None:
    """The DUID that the client itself names in DHCPv4 (RFC 4361)."""
    parts = parse_rfc4361(speaker.client[1:]) if speaker.client[0] == CLIENT_ID_KEY else None
    return None if parts is None else bytes((DUID_KEY,)) + parts[1]


def _owner(speaker: Speaker, hardware: bytes, name: Name) -> bytes | None:
    """Whose a hardware address is where this name is spoken of: the DUID that has it in DNS, else the newest there."""
    duids = _duids(_ties_on(speaker, hardware))
    if len(duids) > 1:
        standing = {claim.dhcid for claim in speaker.view.claims_on(name) if claim.stands}
        having = [
            (row.started_at, duid)
            for duid in duids
            for row in speaker.view.leases_of(duid)
            if row.fqdn == name and row.dhcid in standing and row.state == _BOUND and row.ends_at > speaker.now
        ]
        if having:
            return min(having)[1]
    return duids[0] if duids else None
