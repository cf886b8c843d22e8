"""Reservations whose names are in DNS whether they are leased or not (`ddns-register-reservations`).

Such a name is proved by what the reservation knows its client by. Where the two families are reserved for one device,
that is its DUID in both. The device's leases are named so too, and on the same terms, so that nothing in DNS changes
when one begins or ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tenure.config.configuration import Configuration
from tenure.config.reserved_hosts import reserved_hosts
from tenure.dhcpwire.identity import CIRCUIT_ID_KEY, FLEX_ID_KEY, HARDWARE_KEY, key_identity
from tenure.leasing.v4.subnet import Reservation
from tenure.leasing.v6.subnet import Reservation as Reservation6
from tenure.naming.policy import NamingPolicy
from tenure.naming.ttl import record_ttl

R = TypeVar("R", Reservation, Reservation6)

PLACES = frozenset({CIRCUIT_ID_KEY, FLEX_ID_KEY})  # kinds of keys that say where a client is, and not who


def device_proofs(configuration: Configuration) -> dict[bytes, bytes]:
    """By the key of a hardware address, that of the DUID of the same device."""
    found: dict[bytes, bytes] = {}
    for duid, hardware in reserved_hosts(configuration).items():
        found.setdefault(bytes((HARDWARE_KEY,)) + hardware, duid)
    return found


def with_standing_names(
    reservations: Mapping[bytes, R],
    policy: NamingPolicy,
    lifetime: int,
    proofs: Mapping[bytes, bytes],
    holds: Callable[[bytes], bool],
) -> Mapping[bytes, R]:
    """The reservations as they count in a subnet of this policy, lease time and addresses, with what stands marked."""
    found = {}
    for key, one in reservations.items():
        if not one.level.naming.get("register_reservations", policy.register_reservations):
            continue
        here = [address for address in addresses_of(one) if holds(address)]
        if settings := _settings(key, one, here, replace(policy, **one.level.naming), lifetime, proofs):
            found[key] = replace(one, level=replace(one.level, naming={**one.level.naming, **settings}))
    return {**reservations, **found} if found else reservations


def addresses_of(reservation: Reservation | Reservation6) -> Sequence[bytes]:
    """The addresses that are reserved."""
    if isinstance(reservation, Reservation6):
        return reservation.addresses
    return () if reservation.address is None else (reservation.address,)


def _settings(
    key: bytes,
    one: Reservation | Reservation6,
    addresses: Sequence[bytes],
    policy: NamingPolicy,
    lifetime: int,
    proofs: Mapping[bytes, bytes],
) -> dict[str, Any]:
    """What it sets of its naming by this, by field of `NamingPolicy`; nothing where the name is the lease's alone."""
    if not (addresses and one.host_name and policy.send_updates) or key[0] in PLACES:
        return {}
    proof = proofs.get(key, key)
    if key_identity(proof) is None:
        return {}
    return {
        "send_updates": True,
        "override_client_update": True,
        "override_no_update": True,
        "update_unasked": True,
        "ttl": record_ttl(one.level.valid_lifetime or lifetime, policy),
        "conflict_resolution_mode": None,  # what stands before a lease and after it is proved in one way
        "proved_by": proof,
        "stands_at": frozenset(addresses),
    }
