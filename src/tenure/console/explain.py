"""`tenure explain`: how a subject stands now, in plain words, and everything that led there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenure.console.chain import ChainLine, HeldLine, chain_line, gather, held_lines
from tenure.console.lines import all_leases
from tenure.console.name_directions import stays_until
from tenure.console.reservations import reservation_sentence
from tenure.console.sources import trouble_lines
from tenure.console.subject import Subject
from tenure.console.words import (
    address_text,
    client_text,
    leased_text,
    name_text,
    printable,
    reason_text,
    route_text,
    time_text,
)
from tenure.dhcpwire.identity import HARDWARE_KEY
from tenure.dnswire.name import is_within
from tenure.hearing.heard import REQUESTS, HeardLease
from tenure.leasing.lease import Lease, LeaseKind, LeaseState
from tenure.leasing.tie import WORDS, Learned
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter, RegistrationFilter
from tenure.ledger.zones import ZoneLedger
from tenure.naming.event import Event
from tenure.naming.registration import Part, Registration, State
from tenure.naming.standing import Situation

STATE_WORDS: dict[str, str] = {
    State.NONE: "not kept by this server",
    State.PENDING: "not confirmed yet",
    State.REGISTERED: "in DNS",
    State.REFUSED: "refused",
    State.REMOVING: "being removed",
    State.CLIENT: "the client's to write",
    State.MISSING: "missing",
}

HARDWARE = bytes((HARDWARE_KEY,))

UPDATE_WORDS: dict[str, str] = {
    "update-applied": "was carried out",
    "update-ignored": "changed nothing, though it was let in",
    "update-refused": "was refused",
}


REFUSALS = frozenset(("update-refused", "transfer-refused", "tkey-refused"))


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, ready to be shown."""

    subject: str
    now: tuple[str, ...]  # sentences
    held: tuple[HeldLine, ...]
    chain: tuple[ChainLine, ...]
    is_known: bool  # whether there is anything to tell


def explain(subject: Subject, leases: LeaseLedger, zones: ZoneLedger | None, now: float, limit: int) -> Explanation:
    """The explanation of a subject; `limit` is how many events of the chain are shown, the newest ones."""
    histories = [leases.history, *([zones.history] if zones else [])]
    events = gather(subject, histories, limit)
    found = _leases(subject, leases, events)
    rows = _registrations(subject, leases, found, events)
    sentences = [lease_sentence(lease, now) for lease in found]
    sentences += [reservation_sentence(one) for one in _standing(subject, leases, rows, now)]
    sentences += heard_sentences(_heard(subject, leases, rows), leases)
    sentences += [sentence for row in rows for sentence in registration_sentences(row, now)]
    sentences += device_sentences(subject, leases, found)
    sentences += update_sentences(subject, events)
    sentences += owner_sentences(subject, zones)
    is_known = bool(sentences or events)
    if not sentences:
        known = "" if events else ", and nothing is in the history"
        sentences = [f"Nothing is leased to or registered for {printable(subject.text)} now{known}."]
    asks_for_holder = subject.address is not None or subject.hardware is not None or subject.client is not None
    held = held_lines(_about(subject, events)) if asks_for_holder else []
    return Explanation(
        subject.text, tuple(sentences), tuple(held), tuple(chain_line(event) for event in events), is_known
    )


def device_sentences(subject: Subject, ledger: LeaseLedger, leases: Iterable[Lease]) -> list[str]:
    """What was seen with the hardware addresses that the subject, or its leases, have; and how that was learned."""
    identities = [subject.client] if subject.client is not None else []
    identities += [lease.client for lease in leases if lease.client is not None and lease.client[0]]
    hardware = [HARDWARE + subject.hardware] if subject.hardware is not None else []
    hardware += [HARDWARE + lease.hardware for lease in leases if lease.hardware]
    hardware += [tie.hardware for one in dict.fromkeys(identities) for tie in ledger.ties_of(identity=one)]
    sentences = []
    for key in dict.fromkeys(hardware):
        ties = ledger.ties_of(hardware=key)
        if ties:
            seen = [f"{client_text(tie.identity)}, learned from {WORDS[Learned(tie.learned)]}" for tie in ties]
            sentences.append(f"With {client_text(key)}, the newest first: {'; '.join(seen)}.")
    return sentences


def owner_sentences(subject: Subject, zones: ZoneLedger | None) -> list[str]:
    """Whose the name is in zones of ours, where names have owners."""
    sentences = []
    for name in subject.names if zones else ():
        assert zones is not None
        for zone in zones.zones():
            owner = zones.owners.at(zone.id, name) if is_within(name, zone.name) else None
            if owner is not None:
                wrote = (
                    f"wrote it last at {time_text(owner.wrote_at)}" if owner.wrote_at else "has not written it since"
                )
                whose = f"{name_text(name)} of zone {zone.place} is owned by {printable(owner.owner)}"
                sentences.append(f"{whose}, since {time_text(owner.since_at)}; it {wrote}.")
    return sentences


def _leases(subject: Subject, ledger: LeaseLedger, events: Sequence[Event]) -> list[Lease]:
    if subject.address is not None:
        return list(all_leases(ledger, LeaseFilter(first=subject.address, last=subject.address)))
    if subject.hardware is not None:
        return list(all_leases(ledger, LeaseFilter(hardware=subject.hardware)))
    if subject.client is not None:
        return list(all_leases(ledger, LeaseFilter(client=subject.client)))
    by_name = [lease for name in subject.names for lease in all_leases(ledger, LeaseFilter(fqdn=name))]
    addresses = dict.fromkeys(e.address for e in events if e.correlation == subject.correlation and e.address)
    return by_name + [
        lease
        for address in addresses
        for lease in all_leases(ledger, LeaseFilter(first=address, last=address))
        if lease not in by_name
    ]


def _registrations(
    subject: Subject, ledger: LeaseLedger, leases: Iterable[Lease], events: Iterable[Event]
) -> list[Registration]:
    filters = [RegistrationFilter(name=name) for name in subject.names]
    addresses = {lease.address for lease in leases} | ({subject.address} if subject.address else set())
    if subject.correlation:
        addresses |= {event.address for event in events if event.address}
    filters += [RegistrationFilter(address=address) for address in sorted(addresses)]
    rows = {(row.name, row.address, row.dhcid): row for wanted in filters for row in ledger.registrations(wanted)}
    return [rows[key] for key in sorted(rows)]


def _standing(subject: Subject, ledger: LeaseLedger, rows: Iterable[Registration], now: float) -> list[Situation]:
    """What reservations keep in DNS of the subject's names, at its address, or as its registrations say."""
    names = {*subject.names, *(row.name for row in rows)}
    return ledger.standing_situations(now, names, subject.address)


def _heard(subject: Subject, ledger: LeaseLedger, rows: Iterable[Registration]) -> list[HeardLease]:
    """What other DHCP servers say of the subject's address, or of those at which its names stand."""
    addresses = {row.address for row in rows} | ({subject.address} if subject.address else set())
    return [heard for address in sorted(addresses) for heard in ledger.heard_at(address)]


def heard_sentences(heard: Sequence[HeardLease], ledger: LeaseLedger) -> list[str]:
    """What other DHCP servers say, and why it may be old."""
    sources = {one.source for one in heard}
    troubles = [one for one in trouble_lines(ledger) if one.source in sources] if sources else []
    old = [f"That {one.source} says so may be old: {one}." for one in troubles]
    return [*map(heard_sentence, heard), *old]


def heard_sentence(heard: HeardLease) -> str:
    """What another DHCP server says of an address, in one sentence."""
    address, name = address_text(heard.address), name_text(heard.name)
    end = "; when that ends is not known" if heard.ends_at is None else f", until {time_text(heard.ends_at)}"
    if heard.source == REQUESTS:
        return f"Another DHCP server has asked for {name} at {address} (a name change request){end}."
    return f"{address} is leased as {name} by another DHCP server, as {heard.source} says{end}."


def _about(subject: Subject, events: Iterable[Event]) -> list[Event]:
    """The events of leases that tell of the subject's own addresses, not of those that a relation brought in."""
    if subject.address is not None:
        return [event for event in events if event.address == subject.address]
    addresses = {e.address for e in events if e.hardware == subject.hardware or e.client == subject.client}
    return [
        event
        for event in events
        if event.address in addresses and (event.hardware == subject.hardware or event.client == subject.client)
    ]


def lease_sentence(lease: Lease, now: float) -> str:
    """How an address stands, in one sentence."""
    address, client, end = leased_text(lease), client_text(lease.client), time_text(lease.ends_at)
    heard = f"; the client calls itself {printable(lease.heard_name)}" if lease.heard_name else ""
    name = f" as {name_text(lease.fqdn)}" if lease.fqdn else f" without a name: {reason_text(lease.reason)}"
    if lease.prefix_length:
        route = route_text(lease)
        name = f", {route}" if route else ""
    elif lease.kind == LeaseKind.SELF_MADE:
        name = f", which made the address itself,{name}"
    match LeaseState(lease.state):
        case LeaseState.BOUND if lease.ends_at > now:
            return f"{address} is leased to {client} until {end}{name}{heard}."
        case LeaseState.BOUND:
            return f"{address} was leased to {client} until {end}{name}{heard}; the janitor will end the lease."
        case LeaseState.DECLINED:
            return f"{address} is not given out until {end}: a client found that somebody else uses it."
        case LeaseState.RELEASED if lease.client is None:
            return f"{address} is free: its quarantine was ended at {end}."
        case LeaseState.RELEASED:
            return f"{address} is free: the lease of {client} was released at {end}."
        case LeaseState.EXPIRED:
            return f"{address} is free: the lease of {client} expired at {end}."


def registration_sentences(row: Registration, now: float) -> list[str]:
    """How both records of a registration stand."""
    name, address = name_text(row.name), address_text(row.address)
    return [
        _part_sentence(f"The forward record {name} to {address}", row, row.forward, now),
        _part_sentence(f"The reverse record {address} to {name}", row, row.reverse, now),
    ]


def update_sentences(subject: Subject, events: Sequence[Event]) -> list[str]:
    """What became of the update with this id: who wanted what, and which rule, prerequisite or record decided."""
    refused = [
        f"The transfer {subject.correlation} of {name_text(event.name) or 'no zone'} that {printable(event.actor)}"
        f" asked for at {time_text(event.at)} was refused{_verdict(event)}: {printable(event.detail)}."
        for event in events
        if event.kind == "transfer-refused" and subject.correlation and event.correlation == subject.correlation
    ]
    refused += [
        f"The security context {subject.correlation} with the key name {name_text(event.name) or 'of nobody'} that"
        f" {printable(event.actor)} asked for at {time_text(event.at)} was refused{_verdict(event)}:"
        f" {printable(event.detail)}."
        for event in events
        if event.kind == "tkey-refused" and subject.correlation and event.correlation == subject.correlation
    ]
    return refused + [
        f"The update {subject.correlation} by {printable(event.actor)} of {time_text(event.at)} that begins with"
        f" {name_text(event.name) or 'no name'} {UPDATE_WORDS[event.kind]}{_verdict(event)}: {printable(event.detail)}."
        for event in events
        if event.kind in UPDATE_WORDS and subject.correlation and event.correlation == subject.correlation
    ]


def _verdict(event: Event) -> str:
    return f" with {printable(event.cause)}" if event.kind in REFUSALS else f" by `{printable(event.cause)}`"


def _part_sentence(record: str, row: Registration, part: Part, now: float) -> str:
    if (until := stays_until(row, part, now)) is not None:
        return f"{record} is left as it is until {time_text(until)}, and then taken away: {reason_text(row.cause)}."
    detail = f" ({printable(part.detail)})" if part.detail else ""
    again = f"; next try {time_text(part.due_at)}" if part.due_at is not None and part.attempts else ""
    words = STATE_WORDS.get(part.state, part.state)
    return f"{record} is {words} since {time_text(part.changed_at)}: {reason_text(part.reason)}{detail}{again}."
