"""A subnet made ready for the hot path: options as octets, pools as ranges. What it remembers only saves work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tenure.dhcpwire.v6.association import ADDRESS_BITS, INFINITE, last_of
from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.message import encode_option, encode_options, option_codes
from tenure.leasing.lease import LeaseKind
from tenure.leasing.v6.subnet import PrefixPool, Reservation, Subnet

_PREFERENCE, _REFRESH_TIME = int(Option.PREFERENCE), int(Option.INFORMATION_REFRESH_TIME)
_ADDR_REG_ENABLE = int(Option.ADDR_REG_ENABLE)
_PREFIX = int(LeaseKind.PREFIX)
_REMEMBERED = 1024  # different option requests; clients choose them, so there must be an end


class Range(NamedTuple):
    """A pool: its leases begin at each `step`th address from `first` to `last`, and have this length."""

    first: bytes
    last: bytes
    step: int
    length: int


class ReplyOptions:
    """The options that do not depend on the client, for one subnet or for one reservation in it."""

    __slots__ = ("_encoded", "_options")

    def __init__(self, subnet: Subnet, options: Mapping[int, bytes]) -> None:
        own = {_ADDR_REG_ENABLE: b""} if subnet.registers_self_made else {}
        self._options = {**own, **options}
        self._encoded: dict[tuple[bytes, bool], bytes] = {}

    def asked(self, request: bytes | None, *, stateless: bool) -> bytes:
        """What of them the client asks for, encoded; `request` is its option request. None is sent unasked.

        The refresh time belongs to information that comes without a lease (RFC 8415 section 21.23).
        """
        if request is None:
            return b""
        encoded = self._encoded.get((request, stateless))
        if encoded is None:
            if len(self._encoded) >= _REMEMBERED:
                self._encoded.clear()
            unfit = {_PREFERENCE} if stateless else {_PREFERENCE, _REFRESH_TIME}
            codes = [code for code in option_codes(request) if code in self._options and code not in unfit]
            encoded = self._encoded[request, stateless] = encode_options((code, self._options[code]) for code in codes)
        return encoded

    def preference(self) -> bytes:
        """The preference option, which an ADVERTISE has whether it is asked for or not; empty if not configured."""
        value = self._options.get(_PREFERENCE)
        return b"" if value is None else encode_option(_PREFERENCE, value)


class PreparedSubnet:
    """One subnet with what its decisions need at hand."""

    __slots__ = ("_first", "_for_reservation", "_last", "_options", "_ranges", "_reserved", "subnet", "subnet_id")

    def __init__(self, subnet: Subnet) -> None:
        self.subnet = subnet
        self.subnet_id = subnet.subnet_id
        self._first, self._last = subnet.prefix, last_of(subnet.prefix, subnet.prefix_length)
        self._ranges = (
            tuple(Range(pool.first, pool.last, 1, ADDRESS_BITS) for pool in subnet.pools),
            tuple(_prefix_range(pool) for pool in subnet.prefix_pools),
        )
        held = subnet.reservations.items()
        self._reserved = (
            {address: key for key, one in held for address in one.addresses},
            {prefix: key for key, one in held for prefix, _ in one.prefixes},
        )
        self._options = ReplyOptions(subnet, subnet.options)
        self._for_reservation = {
            key: ReplyOptions(subnet, {**subnet.options, **one.options}) for key, one in held if one.options
        }

    def ranges(self, kind: int) -> tuple[Range, ...]:
        """The pools of addresses or of prefixes."""
        return self._ranges[kind]

    def reserved_for(self, kind: int, address: bytes) -> bytes | None:
        """The key of the reservation that has the address or prefix, None if nobody has."""
        return self._reserved[kind].get(address)

    def reservation_key(self, client: bytes, hardware: bytes) -> bytes | None:
        """The key of the client's reservation: its DUID goes before its hardware address."""
        reservations = self.subnet.reservations
        if not reservations:
            return None
        if client in reservations:
            return client
        key = b"\0" + hardware
        return key if key in reservations else None

    def reservation(self, client: bytes, hardware: bytes) -> Reservation | None:
        """What is reserved for the client in this subnet."""
        key = self.reservation_key(client, hardware)
        return None if key is None else self.subnet.reservations[key]

    def options_for(self, client: bytes, hardware: bytes) -> ReplyOptions:
        """The reply options of the client."""
        if not self._for_reservation:
            return self._options
        key = self.reservation_key(client, hardware)
        return self._options if key is None else self._for_reservation.get(key, self._options)

    def gives(self, kind: int, address: bytes, length: int) -> bool:
        """Whether a pool has this lease."""
        for first, last, step, own in self._ranges[kind]:
            if first <= address <= last and own == length:
                return step == 1 or (int.from_bytes(address, "big") - int.from_bytes(first, "big")) % step == 0
        return False

    def holds(self, address: bytes) -> bool:
        """Whether the address is on this network: `Subnet.holds` without the arithmetic."""
        return self._first <= address <= self._last

    def is_everybodys(self, address: bytes) -> bool:
        """Whether it is the address that all routers of the subnet have (RFC 4291 section 2.6.1)."""
        return address == self._first and self.subnet.prefix_length < ADDRESS_BITS - 1

    def prefix_pool(self, prefix: bytes, length: int) -> PrefixPool | None:
        """The pool that a delegated prefix is from."""
        for one, pool in zip(self._ranges[_PREFIX], self.subnet.prefix_pools, strict=True):
            if one.first <= prefix <= one.last and one.length == length:
                return pool
        return None

    def lifetimes(self, asked: int) -> tuple[int, int]:
        """Preferred and valid seconds of a lease; `asked` is the valid lifetime that the client wishes, 0 for none.

        The preferred one is never the longer (RFC 8415 section 21.6).
        """
        subnet = self.subnet
        valid = subnet.valid_lifetime
        if asked:
            valid = min(max(asked, subnet.min_valid_lifetime), subnet.max_valid_lifetime)
        preferred = subnet.preferred_lifetime
        return (preferred if preferred <= valid else valid * 5 // 8), valid

    def timers(self, preferred: int) -> tuple[int, int]:
        """T1 and T2 where the shortest preferred lifetime is this (RFC 8415 section 21.4); T1 < T2 always holds.

        A timer that is configured past what it must come before gives way to the usual part.
        """
        if preferred == INFINITE:
            return INFINITE, INFINITE
        subnet = self.subnet
        t2 = subnet.rebind_timer
        if t2 is None or t2 > preferred:
            t2 = preferred * 4 // 5
        t1 = subnet.renew_timer
        if t1 is None or t1 >= t2:
            t1 = min(preferred // 2, t2 * 5 // 8)
        return t1, t2


def _prefix_range(pool: PrefixPool) -> Range:
    step = 1 << (ADDRESS_BITS - pool.delegated_length)
    last = int.from_bytes(last_of(pool.prefix, pool.prefix_length), "big") + 1 - step
    return Range(pool.prefix, last.to_bytes(16, "big"), step, pool.delegated_length)
