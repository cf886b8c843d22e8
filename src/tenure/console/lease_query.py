"""What a lease query (RFC 4388) answers, for people instead of on the wire: who is at an address, where, since when.

States are those of the RFC: `active`, `unassigned` (ours, and nobody has it) and `unknown` (no address of ours).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tenure.config.configuration import Configuration
from tenure.config.subnets import subnets
from tenure.console.lines import all_leases
from tenure.console.words import address_text, client_text, hardware_text, lease_state_text, name_text, time_text
from tenure.dhcpwire.v4.relay_agent import CIRCUIT_ID, REMOTE_ID, sub_option
from tenure.dhcpwire.words import text_of
from tenure.leasing.lease import FOREVER, Lease, LeaseState
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter

ACTIVE, UNASSIGNED, UNKNOWN = "active", "unassigned", "unknown"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked about; exactly one of them is set."""

    address: bytes | None = None
    hardware: bytes | None = None
    client: bytes | None = None  # identity key
    circuit: bytes | None = None
    remote: bytes | None = None


@dataclass(frozen=True, slots=True)
class QueryLine:
    """One address and its binding."""

    address: str
    state: str  # of the RFC
    lease: str  # as `tenure leases` calls it; empty where the address was never leased
    client: str = ""
    hardware: str = ""
    name: str = ""
    circuit: str = ""  # what the relay said of the place
    remote: str = ""
    since: str = ""
    last_transaction: str = ""
    ends: str = ""
    seconds_left: int | None = None  # of an active lease; None: it does not end
    associated: list[str] = field(default_factory=list)  # other addresses of the same client, active ones


def query(configuration: Configuration, ledger: LeaseLedger, asked: Query, now: float) -> Iterator[QueryLine]:
    """The bindings that the question is about, in the order of addresses."""
    if asked.address is not None:
        found = ledger.leases(LeaseFilter(first=asked.address, last=asked.address, limit=1))
        if not found:
            yield QueryLine(address_text(asked.address), _state_of(configuration, asked.address), "")
    elif asked.hardware is not None:
        found = list(all_leases(ledger, LeaseFilter(hardware=asked.hardware)))
    elif asked.client is not None:
        found = list(all_leases(ledger, LeaseFilter(client=asked.client)))
    else:
        # what relays said is not indexed: asked by people, and seldom
        found = [lease for lease in all_leases(ledger, LeaseFilter()) if _is_at(lease, asked)]
    for lease in found:
        yield _line(ledger, lease, now)


def _state_of(configuration: Configuration, address: bytes) -> str:
    """The state of an address without a row."""
    for subnet in subnets(configuration):
        if address in subnet.reserved_addresses or any(pool.first <= address <= pool.last for pool in subnet.pools):
            return UNASSIGNED
    return UNKNOWN


def _is_at(lease: Lease, asked: Query) -> bool:
    """Whether the lease came by this circuit, or this relay."""
    if asked.circuit is not None:
        return _said(lease, CIRCUIT_ID) == asked.circuit
    return _said(lease, REMOTE_ID) == asked.remote


def _said(lease: Lease, code: int) -> bytes | None:
    """What the relay said of a DHCPv4 lease."""
    return sub_option(lease.relay, code) if lease.relay is not None and len(lease.address) == 4 else None


def _line(ledger: LeaseLedger, lease: Lease, now: float) -> QueryLine:
    active = _is_active(lease, now)
    return QueryLine(
        address=address_text(lease.address),
        state=ACTIVE if active else UNASSIGNED,
        lease=lease_state_text(lease.state),
        client=client_text(lease.client),
        hardware=hardware_text(lease.hardware),
        name=name_text(lease.fqdn),
        circuit=_words(_said(lease, CIRCUIT_ID)),
        remote=_words(_said(lease, REMOTE_ID)),
        since=time_text(lease.started_at),
        last_transaction=time_text(_last_transaction(lease)),
        ends=time_text(lease.ends_at),
        seconds_left=int(lease.ends_at - now) if active and lease.ends_at < FOREVER else None,
        associated=[address_text(other.address) for other in _others(ledger, lease, now)],
    )


def _is_active(lease: Lease, now: float) -> bool:
    return lease.state == LeaseState.BOUND and lease.ends_at > now


def _last_transaction(lease: Lease) -> int | None:
    """When the lease was made or last renewed; None where that cannot be told: it was given back, or it has no end."""
    if lease.state != LeaseState.BOUND or lease.ends_at >= FOREVER:
        return None
    return lease.ends_at - lease.valid_lifetime


def _others(ledger: LeaseLedger, lease: Lease, now: float) -> Sequence[Lease]:
    if lease.client is None:
        return ()
    found = ledger.leases(LeaseFilter(client=lease.client))
    return [other for other in found if other.address != lease.address and _is_active(other, now)]


def _words(data: bytes | None) -> str:
    """What a relay said, as text where it is some, else as octets."""
    if data is None:
        return ""
    return f"'{text_of(data)}'" if data and all(32 <= octet < 127 for octet in data) else data.hex(":")
