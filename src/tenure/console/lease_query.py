"""What a lease query (RFC 4388, 5007) answers, for people instead of on the wire: who is where, and since when.

States are those of the RFC: `active`, `unassigned` (ours, and nobody has it) and `unknown` (no address of ours). One
more is `declined`: nobody gets the address until its quarantine is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tenure.config.configuration import Configuration
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6
from tenure.console.lines import all_leases
from tenure.console.words import (
    address_text,
    client_text,
    hardware_text,
    lease_state_text,
    leased_text,
    name_text,
    time_text,
)
from tenure.dhcpwire.identity import DUID, key_identity
from tenure.dhcpwire.v4.relay_agent import CIRCUIT_ID, REMOTE_ID, sub_option
from tenure.dhcpwire.v6.association import ADDRESS_BITS, first_of
from tenure.dhcpwire.words import text_of
from tenure.dnswire.name import Name, labels
from tenure.leasing.lease import FOREVER, Lease, LeaseState
from tenure.leasing.whereabouts import parse_whereabouts
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import LeaseFilter

_ENTERPRISE = 4  # octets of the number before a remote id of DHCPv6 (RFC 4649)

ACTIVE, UNASSIGNED, UNKNOWN, DECLINED = "active", "unassigned", "unknown", "declined"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked about; exactly one of them is set, but for the length."""

    address: bytes | None = None
    prefix_length: int = 0  # beside the address: of a delegated prefix
    hardware: bytes | None = None
    client: bytes | None = None  # identity key
    duid: bytes | None = None  # of a DHCPv6 client, and of a DHCPv4 client that has it in its identifier (RFC 4361)
    name: Name | None = None  # lower case; of one label: whatever the domain
    circuit: bytes | None = None  # sub-option 1, or the interface id of a relay
    remote: bytes | None = None  # sub-option 2, or a remote id, whose enterprise number can be left out


@dataclass(frozen=True, slots=True)
class QueryLine:
    """One address and its binding."""

    address: str
    state: str  # of the RFC, or `declined`
    lease: str  # as `tenure leases` calls it; empty where the address was never leased
    client: str = ""
    hardware: str = ""
    name: str = ""
    circuit: str = ""  # what the relay said of the place
    remote: str = ""
    since: str = ""
    last_transaction: str = ""
    ends: str = ""  # of a declined address: when its quarantine does
    seconds_left: int | None = None  # of an active lease; None: it does not end
    associated: list[str] = field(default_factory=list)  # other addresses of the same client, active ones


def query(configuration: Configuration, ledger: LeaseLedger, asked: Query, now: float) -> Iterator[QueryLine]:
    """The bindings that the question is about, in the order of addresses."""
    if asked.address is not None:
        lease = ledger.lease_over(asked.address)
        if lease is None or not _holds(lease, asked):
            yield _unleased(configuration, asked.address, asked.prefix_length)
            return
        found = [lease]
    elif asked.hardware is not None:
        found = list(all_leases(ledger, LeaseFilter(hardware=asked.hardware)))
    elif asked.client is not None:
        found = list(all_leases(ledger, LeaseFilter(client=asked.client)))
    else:
        # none of the rest is indexed: asked by people, and seldom
        found = [lease for lease in all_leases(ledger, LeaseFilter()) if _is_meant(lease, asked)]
    for lease in found:
        yield _line(ledger, lease, now)


def _holds(lease: Lease, asked: Query) -> bool:
    """Whether a lease that has the first address of what is asked about has all of it."""
    return not asked.prefix_length or asked.prefix_length >= (lease.prefix_length or ADDRESS_BITS)


def _unleased(configuration: Configuration, address: bytes, length: int) -> QueryLine:
    """An address or a prefix without a row."""
    ours = _is_delegated(configuration, address, length) if length else _is_leased(configuration, address)
    text = address_text(address) + (f"/{length}" if length else "")
    return QueryLine(text, UNASSIGNED if ours else UNKNOWN, "")


def _is_leased(configuration: Configuration, address: bytes) -> bool:
    """Whether the address is one that clients can have."""
    four, six = subnets(configuration), subnets6(configuration)
    pools = [pool for one in four for pool in one.pools] + [pool for one in six for pool in one.pools]
    if any(pool.holds(address) for pool in pools) or any(address in one.reserved_addresses for one in four):
        return True
    return any(address in mine.addresses for one in six for mine in one.reservations.values())


def _is_delegated(configuration: Configuration, prefix: bytes, length: int) -> bool:
    """Whether the prefix is one that clients can have."""
    for subnet in subnets6(configuration):
        if any((prefix, length) in mine.prefixes for mine in subnet.reservations.values()):
            return True
        for pool in subnet.prefix_pools:
            if length == pool.delegated_length and first_of(prefix, pool.prefix_length) == pool.prefix:
                return True
    return False


def _is_meant(lease: Lease, asked: Query) -> bool:
    """Whether the lease is of this device, has this name, or came by this circuit or relay."""
    if asked.duid is not None:
        return lease.client is not None and key_identity(lease.client) == (DUID, asked.duid)
    if asked.name is not None:
        return lease.fqdn is not None and _is_called(lease.fqdn, asked.name)
    circuit, remote = _said(lease)
    if asked.circuit is not None:
        return circuit == asked.circuit
    return remote is not None and asked.remote in {remote, remote[_ENTERPRISE:] if lease.is_dhcpv6 else remote}


def _is_called(fqdn: Name, name: Name) -> bool:
    return fqdn.startswith(name[:-1]) if len(labels(name)) == 1 else fqdn == name


def _said(lease: Lease) -> tuple[bytes | None, bytes | None]:
    """The circuit and the remote id that the relay told."""
    if lease.relay is None:
        return None, None
    if not lease.is_dhcpv6:
        return sub_option(lease.relay, CIRCUIT_ID), sub_option(lease.relay, REMOTE_ID)
    place = parse_whereabouts(lease.relay)
    return (None, None) if place is None or place.relay is None else (place.interface or None, place.remote_id or None)


def _line(ledger: LeaseLedger, lease: Lease, now: float) -> QueryLine:
    active = _is_active(lease, now)
    circuit, remote = _said(lease)
    return QueryLine(
        address=leased_text(lease),
        state=_state(lease, now),
        lease=lease_state_text(lease.state),
        client=client_text(lease.client),
        hardware=hardware_text(lease.hardware),
        name=name_text(lease.fqdn),
        circuit=_words(circuit),
        remote=_words(remote),
        since=time_text(min(lease.started_at, now)),
        last_transaction=time_text(_last_transaction(lease, now)),
        ends=time_text(lease.ends_at),
        seconds_left=int(lease.ends_at - now) if active and lease.ends_at < FOREVER else None,
        associated=[leased_text(other) for other in _others(ledger, lease, now)],
    )


def _is_active(lease: Lease, now: float) -> bool:
    return lease.state == LeaseState.BOUND and lease.ends_at > now


def _state(lease: Lease, now: float) -> str:
    if lease.state == LeaseState.DECLINED and lease.ends_at > now:
        return DECLINED
    return ACTIVE if _is_active(lease, now) else UNASSIGNED


def _last_transaction(lease: Lease, now: float) -> float | None:
    """When the lease was made or last renewed; None where that cannot be told: it was given back, or it has no end.

    The end is kept in whole seconds, rounded up, so a moment ago would be in the future.
    """
    if lease.state != LeaseState.BOUND or lease.ends_at >= FOREVER:
        return None
    return min(lease.ends_at - lease.valid_lifetime, now)


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
