"""On what terms a client has an address or a prefix: lifetimes, names and options, after all levels. Values at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.message import encode_option, encode_options, option_codes
from tenure.leasing.level import NOTHING_SET, Level
from tenure.leasing.v6.subnet import Subnet

_PREFERENCE: Final = int(Option.PREFERENCE)
_REFRESH_TIME: Final = int(Option.INFORMATION_REFRESH_TIME)
_ADDR_REG_ENABLE: Final = int(Option.ADDR_REG_ENABLE)
_REMEMBERED: Final = 1024  # different option requests; clients choose them, so there must be an end


class ReplyOptions:
    """The options that do not depend on the client, for all who have the same terms."""

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


class Terms:
    """The terms for the clients of a subnet that the same levels are about."""

    __slots__ = ("longest", "naming", "options", "preferred", "shortest", "valid")

    def __init__(
        self,
        subnet: Subnet,
        pools: Sequence[Level] = (),
        classes: Sequence[Level] = (),
        reservation: Level = NOTHING_SET,
    ) -> None:
        """`classes` are in the order in which the client was found to be in them: the first one counts.

        Of a lease `pools` has at most one; the options of a message speak of all its leases, and that of the first
        of them counts.
        """
        within = (reservation, *classes, *pools)  # the first that sets it counts
        naming, options = subnet.naming, dict(subnet.inherited_options)
        for level in reversed(within):
            if level.naming:
                naming = replace(naming, **level.naming)
        for level in reversed(classes):
            options |= level.options
        options |= subnet.options
        for level in reversed(pools):
            options |= level.options
        options |= reservation.options
        self.naming = naming
        self.options = ReplyOptions(subnet, options)
        self.preferred, self.valid, self.shortest, self.longest = _lifetimes(subnet, within)

    def lifetimes(self, asked: int) -> tuple[int, int]:
        """Preferred and valid seconds of a lease; `asked` is the valid lifetime that the client wishes, 0 for none.

        The preferred one is never the longer (RFC 8415 section 21.6).
        """
        valid = self.valid
        if asked:
            valid = min(max(asked, self.shortest), self.longest)
        preferred = self.preferred
        return (preferred if preferred <= valid else valid * 5 // 8), valid


def _lifetimes(subnet: Subnet, within: Sequence[Level]) -> tuple[int, int, int, int]:
    """Preferred, valid, shortest and longest lifetime; bounds go with the valid lifetime that they were written for."""
    preferred = next((one.preferred_lifetime for one in within if one.preferred_lifetime is not None), None)
    for level in within:
        if level.valid_lifetime is not None:
            valid = level.valid_lifetime
            least, most = level.min_valid_lifetime or valid, level.max_valid_lifetime or valid
            return (valid * 5 // 8 if preferred is None else preferred), valid, least, most
    usual = subnet.preferred_lifetime if preferred is None else preferred
    return usual, subnet.valid_lifetime, subnet.min_valid_lifetime, subnet.max_valid_lifetime
