"""What an order of a person about a lease comes to: which lease is meant, why it cannot be ended, what goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address, ip_network
from typing import NamedTuple

from tenure.console.name_orders import record_words, what_leaves
from tenure.console.words import address_text, client_text, lease_state_text, leased_text, name_text, time_text
from tenure.leasing.lease import Lease
from tenure.ledger.lease_orders import is_over
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.registration import Direction, Registration, State


class Leased(NamedTuple):
    """What a person calls a lease: an address, or a prefix with its length."""

    address: bytes
    prefix_length: int = 0  # 0: an address

    def is_of(self, lease: Lease) -> bool:
        """Whether it is just this lease."""
        return self == (lease.address, lease.prefix_length)


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One lease, or one address in quarantine, as it was; and what becomes of its records."""

    address: str
    was: str  # as `tenure leases` calls it
    client: str
    name: str
    ends: str  # when it would have ended
    forward: str
    reverse: str
    done: bool  # False: it was only asked what would be


def leased_from_text(text: str) -> Leased:
    """What `tenure leases` calls a lease: `10.1.2.55`, or `2001:db8:8000::/56`; `ValueError`."""
    try:
        if "/" not in text:
            return Leased(ip_address(text).packed)
        network = ip_network(text)
    except ValueError:
        network = None
    if not isinstance(network, IPv6Network):
        raise ValueError(f"{text!r} is no address; write 10.1.2.55, 2001:db8::55 or, of a prefix, 2001:db8:8000::/56")
    return Leased(network.network_address.packed, network.prefixlen)


def why_not_released(ledger: LeaseLedger, wanted: Leased, lease: Lease | None, now: float) -> str:
    """Why there is nothing to be ended, with what to do; empty if there is. `lease`: what is at the address."""
    text = address_text(wanted.address) + (f"/{wanted.prefix_length}" if wanted.prefix_length else "")
    if lease is None:
        if heard := ledger.heard_at(wanted.address):
            return f"{text} is leased by another DHCP server ({heard[0].source}); end the lease there"
        return f"no lease at {text}; see: tenure leases"
    if not wanted.is_of(lease):
        what = "a prefix" if lease.prefix_length else "an address"
        where = "is" if wanted.address == lease.address else "is in"
        return f"{text} {where} the lease of {what}, {leased_text(lease)}; write it so"
    if is_over(lease, now):
        return f"{text} is free already, since {time_text(lease.ends_at)}; see: tenure leases --all"
    return ""


def release_line(ledger: LeaseLedger, lease: Lease, *, done: bool) -> ReleaseLine:
    """What is ended; to be asked for before it is."""
    row = _registration(ledger, lease)
    return ReleaseLine(
        address=leased_text(lease),
        was=lease_state_text(lease.state),
        client=client_text(lease.client),
        name=name_text(lease.fqdn),
        ends=time_text(lease.ends_at),
        forward="" if row is None else _left(ledger, row, Direction.FORWARD),
        reverse="" if row is None else _left(ledger, row, Direction.REVERSE),
        done=done,
    )


def _registration(ledger: LeaseLedger, lease: Lease) -> Registration | None:
    """What the lease wants of DNS."""
    rows = ledger.registrations(RegistrationFilter(name=lease.fqdn, address=lease.address)) if lease.fqdn else []
    return next((row for row in rows if row.dhcid == lease.dhcid and not row.cause), None)


def _left(ledger: LeaseLedger, row: Registration, direction: Direction) -> str:
    part = row.forward if direction is Direction.FORWARD else row.reverse
    if part.state == State.NONE:
        return ""
    if any(one.claim == row[:3] for one in ledger.standing_names()):
        return f"{record_words(row, direction)} is a reservation's too, and stays"
    if part.state == State.CLIENT:
        return f"{record_words(row, direction)} is the client's own, and stays"
    if direction is Direction.FORWARD and any(one.name == row.name for one in ledger.name_orders.locked()):
        return f"{record_words(row, direction)} stays as it is, until the name is unlocked"
    return what_leaves(row, part, direction)
