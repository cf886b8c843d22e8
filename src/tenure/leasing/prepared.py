"""A subnet made ready for the hot path: its options as octets, its pools as ranges. What it remembers only saves work.

Options of a reply, in order: 53, 54, then 51, 58, 59 for a lease, then what the client asked for in option 55 in its
order, the mask before the routers (RFC 2132 section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from tenure.dhcpwire.v4.encoding import encode_options
from tenure.leasing.subnet import Reservation, Subnet

INFINITE = 0xFFFFFFFF

_MASK, _ROUTER, _BROADCAST = 1, 3, 28
_LEASE_TIME, _MESSAGE_TYPE, _SERVER_ID, _RENEWAL_TIME, _REBINDING_TIME = 51, 53, 54, 58, 59
# Never taken from the configuration: they are the protocol's own, or depend on the client (RFC 2131 table 3).
_NOT_CONFIGURED = frozenset({0, 12, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 80, 81, 82, 255})
_REMEMBERED = 1024  # different heads of replies; clients choose their option 55, so there must be an end


class ReplyOptions:
    """The options that do not depend on the client, for one subnet or for one reservation in it."""

    __slots__ = ("_heads", "_options", "_subnet")

    def __init__(self, subnet: Subnet, options: Mapping[int, bytes]) -> None:
        own = {_MASK: subnet.mask.to_bytes(4, "big"), _BROADCAST: _last_of(subnet).to_bytes(4, "big")}
        self._subnet = subnet
        self._options = {code: data for code, data in {**own, **options}.items() if code not in _NOT_CONFIGURED}
        self._heads: dict[tuple[int, bytes, int | None, bytes | None], bytes] = {}

    def head(self, message_type: int, server_id: bytes, lifetime: int | None, asked: bytes | None) -> bytes:
        """The encoded options; `lifetime` is None where no lease is spoken of, `asked` is option 55 as received."""
        key = (message_type, server_id, lifetime, asked)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _REMEMBERED:
                self._heads.clear()
            head = self._heads[key] = self._encode(message_type, server_id, lifetime, asked)
        return head

    def _encode(self, message_type: int, server_id: bytes, lifetime: int | None, asked: bytes | None) -> bytes:
        options = [(_MESSAGE_TYPE, bytes((message_type,))), (_SERVER_ID, server_id)]
        if lifetime is not None:
            options += lease_times(lifetime, self._subnet.renew_timer, self._subnet.rebind_timer)
        options += [(code, self._options[code]) for code in self._order(asked)]
        return encode_options(options)

    def _order(self, asked: bytes | None) -> list[int]:
        """The codes to send: those asked for, each once and in the client's order; all when it did not say."""
        if asked is None:
            codes = list(self._options)
        else:
            codes = [code for code in dict.fromkeys(asked) if code in self._options]
        if _MASK in codes and _ROUTER in codes and codes.index(_MASK) > codes.index(_ROUTER):
            codes.remove(_MASK)
            codes.insert(codes.index(_ROUTER), _MASK)
        return codes


class PreparedSubnet:
    """One subnet with what its decisions need at hand."""

    __slots__ = ("_first", "_for_reservation", "_last", "_options", "_reserved", "pools", "subnet", "subnet_id")

    def __init__(self, subnet: Subnet) -> None:
        self.subnet = subnet
        self.subnet_id = subnet.subnet_id
        self._first, self._last = subnet.prefix.to_bytes(4, "big"), _last_of(subnet).to_bytes(4, "big")
        self.pools = tuple((pool.first, pool.last) for pool in subnet.pools)
        self._reserved = subnet.reserved_addresses
        self._options = ReplyOptions(subnet, subnet.options)
        self._for_reservation = {
            key: ReplyOptions(subnet, {**subnet.options, **reservation.options})
            for key, reservation in subnet.reservations.items()
            if reservation.options
        }

    def reservation_key(self, client: bytes, hardware: bytes) -> bytes | None:
        """The key of the client's reservation: its client identifier goes before its hardware address."""
        reservations = self.subnet.reservations
        if not reservations:
            return None
        if client in reservations:
            return client
        key = b"\0" + hardware
        return key if key in reservations else None

    def reservation(self, client: bytes, hardware: bytes) -> Reservation | None:
        """What is reserved for the client in this subnet."""
        if not self.subnet.reservations:
            return None
        key = self.reservation_key(client, hardware)
        return None if key is None else self.subnet.reservations[key]

    def options_for(self, client: bytes, hardware: bytes) -> ReplyOptions:
        """The reply options of the client."""
        if not self._for_reservation:
            return self._options
        key = self.reservation_key(client, hardware)
        return self._options if key is None else self._for_reservation.get(key, self._options)

    def is_reserved(self, address: bytes) -> bool:
        """Whether the address is kept for some client by configuration."""
        return address in self._reserved

    def in_pool(self, address: bytes) -> bool:
        """Whether the address is in one of the pools."""
        for first, last in self.pools:  # noqa: SIM110 - asked for each packet, and any() costs three times this
            if first <= address <= last:
                return True
        return False

    def holds(self, address: bytes) -> bool:
        """Whether the address, of 4 octets, is on this network: `Subnet.holds` without the arithmetic."""
        return self._first <= address <= self._last

    def lifetime(self, asked: bytes | None) -> int:
        """Seconds of the lease, 0xffffffff for ever; `asked` is option 51 as received (RFC 2131 section 4.3.1)."""
        subnet = self.subnet
        if asked is None or len(asked) != 4:
            return subnet.valid_lifetime
        return min(max(int.from_bytes(asked, "big"), subnet.min_valid_lifetime), subnet.max_valid_lifetime)


def lease_times(lifetime: int, renew: int | None, rebind: int | None) -> list[tuple[int, bytes]]:
    """Options 51, 58 and 59, in seconds; an infinite lease has no timers.

    T1 < T2 < lease must hold (RFC 2131 section 4.4.5), so a timer configured past it gives way to the usual part.
    """
    options = [(_LEASE_TIME, lifetime.to_bytes(4, "big"))]
    if lifetime == INFINITE:
        return options
    t2 = rebind if rebind is not None and rebind < lifetime else lifetime * 7 // 8
    t1 = renew if renew is not None and renew < t2 else min(lifetime // 2, t2 * 4 // 7)
    return [*options, (_RENEWAL_TIME, t1.to_bytes(4, "big")), (_REBINDING_TIME, t2.to_bytes(4, "big"))]


def _last_of(subnet: Subnet) -> int:
    """The broadcast address of the network."""
    return subnet.prefix | ~subnet.mask & 0xFFFFFFFF
