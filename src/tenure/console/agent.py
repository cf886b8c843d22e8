"""`tenure agent` for people: the rows of what it would register, and of what it has registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from tenure.config.agent import Agent
from tenure.config.configuration import Configuration
from tenure.console.words import address_text, interface_name, name_text, printable, time_text
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import ROOT
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import State
from tenure.obtaining.lease import Lease
from tenure.registering.entry import Kept, Record
from tenure.registering.names import Unnamed, names_of
from tenure.registering.promise import Heard, Moment, Promise, promised, read_answer
from tenure.registering.selection import CHOICE_WORDS
from tenure.registering.sshfp import fingerprint_text
from tenure.registering.survey import Survey

KEPT, SKIPPED = "kept", "skipped"
ALL = "all"  # in the place of an address: all of the interface


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address of the host."""

    interface: str
    address: str
    verdict: str
    names: str
    code: str
    reason: str


def address_rows(found: Survey) -> Iterator[AddressRow]:
    """Every address, kept under its names or skipped, and why. Without a name for the host none is kept."""
    for one in found.judged:
        named = one.is_kept and not isinstance(found.names, Unnamed)
        names = names_of(one, found.names) if one.is_kept and not isinstance(found.names, Unnamed) else ()
        code, words = str(one.choice), CHOICE_WORDS[one.choice]
        if one.is_kept and isinstance(found.names, Unnamed):
            code, words = str(found.names.reason), f"{WORDS[found.names.reason]}: {found.names.detail}"
        yield AddressRow(
            one.interface.name,
            f"{address_text(one.address.address)}/{one.address.prefix_length}",
            KEPT if named else SKIPPED,
            " ".join(map(name_text, names)),
            code,
            words,
        )


@dataclass(frozen=True, slots=True)
class HookRow:
    """One file of a hook; of a client that has none, the folder where the agent looks instead."""

    client: str
    path: str
    outcome: str  # written, would be written, unchanged, removed, would be removed, read by the agent
    text: str = ""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """What is known of one leased address from now on."""

    address: str
    interface: str
    server_writes: str
    until: str
    name: str


def heard_of(
    address: str,
    interface: str,
    moment: str,
    flags: int | None = None,
    name: str = "",
    seconds: int | None = None,
    *,
    is_told: bool = True,
) -> Heard:
    """What a hook tells, read; `ValueError` says what is wrong with it."""
    try:
        packed = b"" if address == ALL else ip_address(address).packed
    except ValueError:
        raise ValueError(f"{address} is no address") from None
    if not packed and moment != Moment.ENDED:
        raise ValueError(f"{ALL!r} is for leases that have ended")
    interface_name(interface)
    if moment not in {one.value for one in Moment}:
        raise ValueError(f"{moment!r} is none of {', '.join(Moment)}")
    if seconds is not None and not 0 <= seconds < 1 << 32:
        raise ValueError(f"a lease of {seconds} seconds cannot be")
    if flags is None and name:
        raise ValueError("a name comes with the flags of its option")
    if flags is not None and not is_told:
        raise ValueError("flags are what was answered, and that is said not to be told")
    answer = None if flags is None else read_answer(flags, name, packed)
    return Heard(packed, interface, Moment(moment), answer, seconds, is_told)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A lease of the agent's own DHCP client."""

    interface: str
    address: str
    server: str
    server_writes: str
    name: str
    renewal: str
    until: str
    routes: tuple[str, ...]
    name_servers: tuple[str, ...]
    domains: tuple[str, ...]


def held_rows(configuration: Configuration) -> list[HeldRow]:
    """Every lease of the agent's own; `LedgerError`."""
    memory = AgentMemory(configuration.beside((configuration.agent or Agent()).state), upgrade=False)
    leases, promises = memory.leases(), {one.address: one for one in memory.promises()}
    memory.close()
    return [_held_row(interface, lease, promises.get(lease.address)) for interface, lease in leases]


def _held_row(interface: str, lease: Lease, promise: Promise | None) -> HeldRow:
    told = None if promise is None else lease_row(promise)
    server = address_text(lease.server) if len(lease.server) == 4 else lease.server.hex(":")
    return HeldRow(
        interface,
        f"{address_text(lease.address)}/{lease.prefix_length}",
        server,
        "" if told is None else told.server_writes,
        "" if told is None else told.name,
        time_text(lease.renew_at),
        time_text(lease.until_at),
        tuple(f"{address_text(one.destination)}/{one.length} {address_text(one.gateway)}" for one in lease.routes),
        tuple(map(address_text, lease.name_servers)),
        tuple(map(name_text, lease.domains)),
    )


def lease_row(promise: Promise, *, is_told: bool = True) -> LeaseRow:
    """What the server writes, in words; where that is not told, what it is taken to write."""
    answer = promise.answer
    if answer is None:
        words = "nothing: the option was not in its answer"
    else:
        part = promised(answer)
        words = "both records" if part.forward else "the reverse record" if part.reverse else "nothing, as it says"
        words += ", but is silent since" if promise.is_silent else ""
    if not is_told:
        words = f"{words.removesuffix(', as it says')}, as is assumed (dhcp-untold)"
    return LeaseRow(
        address_text(promise.address),
        promise.interface,
        words,
        time_text(promise.until_at),
        "" if answer is None or answer.name == ROOT else name_text(answer.name),
    )


@dataclass(frozen=True, slots=True)
class NameRow:
    """One name, or one address with its name."""

    name: str
    records: str
    state: str
    verified: str
    zone: str
    server: str
    code: str
    reason: str


def name_rows(configuration: Configuration) -> list[NameRow]:
    """Every name of the agent's memory; `LedgerError`."""
    memory = AgentMemory(configuration.beside((configuration.agent or Agent()).state), upgrade=False)
    names = memory.names()
    memory.close()
    return [_name_row(one) for one in names]


def _name_row(one: Kept) -> NameRow:
    words = WORDS[Reason(one.reason)]
    return NameRow(
        name_text(one.owner),
        " ".join(_record_text(record) for record in one.confirmed or one.written),
        str(one.state),
        "" if one.verified_at is None else time_text(one.verified_at),
        name_text(one.zone) if one.zone else "",
        f"{one.server} port {one.port}" if one.server else "",
        one.reason,
        words if one.state is State.REGISTERED or not one.detail else f"{words}: {printable(one.detail)}",
    )


def _record_text(record: Record) -> str:
    rtype, rdata = record
    if rtype == RRType.PTR:
        return name_text(rdata)
    return f"SSHFP {fingerprint_text(rdata)}" if rtype == RRType.SSHFP else address_text(rdata)
