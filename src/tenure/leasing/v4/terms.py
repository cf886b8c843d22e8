"""On what terms a client has an address: lifetimes, names, options and boot fields, after all levels. Values at hand.

Options of a reply, in order: 53, 54, then 51, 58, 59 for a lease, then what the client asked for in option 55 in its
order, the mask before the routers (RFC 2132 section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tenure.dhcpwire.v4.encoding import encode_options
from tenure.leasing.level import NOTHING_SET, Level
from tenure.leasing.v4.subnet import Subnet

T = TypeVar("T")

INFINITE: Final = 0xFFFFFFFF

_MASK: Final = 1
_ROUTER: Final = 3
_BROADCAST: Final = 28
_LEASE_TIME: Final = 51
_MESSAGE_TYPE: Final = 53
_SERVER_ID: Final = 54
_RENEWAL_TIME: Final = 58
_REBINDING_TIME: Final = 59
# Never taken from the configuration: they are the protocol's own, or depend on the client (RFC 2131 table 3).
_NOT_CONFIGURED: Final = frozenset({0, 12, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 80, 81, 82, 118, 255})
# Sent only to who asks: a host may give up IPv4 for the first (RFC 8925 section 3.3); the second repeats another.
_ONLY_IF_ASKED: Final = frozenset({108, 249})
# The same data; older Windows asks only for the second.
_ROUTES: Final = 121
_ROUTES_OF_WINDOWS: Final = 249
_REMEMBERED: Final = 1024  # different heads of replies; clients choose their option 55, so there must be an end


class ReplyOptions:
    """The options that do not depend on the client, for all who have the same terms."""

    __slots__ = ("_heads", "_options", "_subnet")

    def __init__(self, subnet: Subnet, options: Mapping[int, bytes]) -> None:
        own = {_MASK: subnet.mask.to_bytes(4, "big"), _BROADCAST: last_of(subnet).to_bytes(4, "big")}
        if _ROUTES in options:
            own[_ROUTES_OF_WINDOWS] = options[_ROUTES]
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
            codes = [code for code in self._options if code not in _ONLY_IF_ASKED]
        else:
            codes = [code for code in dict.fromkeys(asked) if code in self._options]
        if _MASK in codes and _ROUTER in codes and codes.index(_MASK) > codes.index(_ROUTER):
            codes.remove(_MASK)
            codes.insert(codes.index(_ROUTER), _MASK)
        return codes


class Terms:
    """The terms for the clients of a subnet that the same levels are about."""

    __slots__ = ("boot_file_name", "longest", "naming", "next_server", "options", "server_name", "shortest", "valid")

    def __init__(
        self,
        subnet: Subnet,
        pool: Level = NOTHING_SET,
        classes: Sequence[Level] = (),
        reservation: Level = NOTHING_SET,
    ) -> None:
        """`classes` are in the order in which the client was found to be in them: the first one counts."""
        within = (reservation, *classes, pool)  # the first that sets it counts
        naming, options = subnet.naming, dict(subnet.inherited_options)
        for level in reversed(within):
            if level.naming:
                naming = replace(naming, **level.naming)
        for level in reversed(classes):
            options |= level.options
        options |= {**subnet.options, **pool.options, **reservation.options}
        self.naming = naming
        self.options = ReplyOptions(subnet, options)
        self.valid, self.shortest, self.longest = _lifetimes(subnet, within)
        self.next_server = _first([level.next_server for level in within], subnet.next_server)
        self.server_name = _first([level.server_name for level in within], subnet.server_name)
        self.boot_file_name = _first([level.boot_file_name for level in within], subnet.boot_file_name)

    def lifetime(self, asked: bytes | None) -> int:
        """Seconds of the lease, 0xffffffff for ever; `asked` is option 51 as received (RFC 2131 section 4.3.1)."""
        if asked is None or len(asked) != 4:
            return self.valid
        return min(max(int.from_bytes(asked, "big"), self.shortest), self.longest)


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


def last_of(subnet: Subnet) -> int:
    """The broadcast address of the network."""
    return subnet.prefix | ~subnet.mask & 0xFFFFFFFF


def _first(values: Sequence[T | None], default: T) -> T:
    """The first value that is set."""
    return next((value for value in values if value is not None), default)


def _lifetimes(subnet: Subnet, within: Sequence[Level]) -> tuple[int, int, int]:
    """Default, shortest and longest lease; bounds go with the default that they were written for."""
    for level in within:
        if level.valid_lifetime is not None:
            valid = level.valid_lifetime
            return valid, level.min_valid_lifetime or valid, level.max_valid_lifetime or valid
    return subnet.valid_lifetime, subnet.min_valid_lifetime, subnet.max_valid_lifetime
