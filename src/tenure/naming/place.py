"""What naming must know beside the client's words where the policy is not a plain one: the device and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from tenure.dnswire.name import Name
from tenure.naming.policy import NamingPolicy, RandomizedMac
from tenure.naming.reason import Reason
from tenure.naming.registration import Claim

# Of a name, the zone of ours that holds it, and who wants it (see `dhcid_rdata`): why the zone's server would refuse
# it, or None. Records without a DHCID stand there, a person's or another program's, or the DHCID of another client.
Obstacle: TypeAlias = Callable[[Name, Name, tuple[int, bytes]], Reason | None]

_ETHERNET: Final = 1
_ETHERNET_SIZE: Final = 6
# Of the first octet (RFC 9724 section 2, RFC 9542 section 2.1).
_GROUP: Final = 0x01
_LOCAL: Final = 0x02


class NameView(Protocol):
    """Names in the ledger as they stand, with what was decided already in the same batch."""

    def claims_on(self, name: Name) -> Sequence[Claim]:
        """What devices want of a name."""

    def failing_zones(self) -> Collection[Name]:
        """The zones that take no update now, as the updater has found out lately."""


class Place(NamedTuple):
    """Where a lease stands."""

    hardware: bytes  # htype octet and hardware address
    network: bytes  # the subnet's address
    circuit: bytes | None  # sub-option 1 of option 82, without its header
    is_known: bool  # a reservation speaks of the device, so that it is no guest
    held: Sequence[Name]  # names that the device has or had last
    promised: Name | None  # the name of the running lease, if the client was told that we keep its forward record
    names: NameView


def is_randomized(hardware: bytes) -> bool:
    """Whether a hardware address is one that nobody assigned: Ethernet, of one station, locally administered.

    That is what devices with a randomised address have, and virtual machines too.
    """
    if len(hardware) != 1 + _ETHERNET_SIZE or hardware[0] != _ETHERNET:
        return False
    return hardware[1] & (_GROUP | _LOCAL) == _LOCAL


def guest_lifetime(lifetime: int, hardware: bytes, policy: NamingPolicy) -> int:
    """Seconds of the lease: no more than a guest's where the device is one by its hardware address."""
    if policy.randomized_mac is RandomizedMac.GUEST and lifetime > policy.guest_lifetime and is_randomized(hardware):
        return policy.guest_lifetime
    return lifetime
