"""The options of a protocol that have names, and options as people write and read them: by name or by code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from tenure.dhcpwire.kinds import NOTHING, Kind, items, octets_from_hex, pieces

_LONGEST: Final = 0xFFFF  # octets of data: more fits no datagram


class KnownOption(NamedTuple):
    """A row of the table: an option that has a name."""

    code: int
    name: str  # Kea's, where it has one
    kind: Kind


class OptionTable:
    """The options of one protocol."""

    def __init__(self, protocol: str, options: Iterable[KnownOption], servers_own: Iterable[int], last: int) -> None:
        """`servers_own`: codes of what the server says by itself and nobody configures; `last`: the highest code."""
        self.by_code = {option.code: option for option in options}
        self.by_name = {option.name: option for option in self.by_code.values()}
        self._protocol = protocol
        self._servers_own = frozenset(servers_own)
        self.last = last

    def encode_option(self, name_or_code: str, values: Sequence[str] | str) -> tuple[int, bytes]:
        """Code and data of an option that an operator may set; `ValueError` says what is right. See `option_of`."""
        code = self.code_of(name_or_code)
        if code in self._servers_own or code > self.last:
            right = f"write a code from 1 to {self.last}, none of the lease"
            raise ValueError(f"option {name_or_code} is not yours to set; {right}")
        return self.option_of(name_or_code, values)

    def option_of(self, name_or_code: str, values: Sequence[str] | str) -> tuple[int, bytes]:
        """Code and data of any option that a person wrote; `ValueError` says what would be right.

        The option is named as in Kea (`routers`) or by its code (`3`). Values are a list, or one text that is split at
        commas where the option takes several. `hex:...` (for a code also `0x...`) gives the data as it is; an option
        that has no name here is written only so.
        """
        code = self.code_of(name_or_code)
        known = self.by_code.get(code)
        whole = values if isinstance(values, str) else ",".join(values)
        if whole.startswith("hex:") or (_is_code(name_or_code) and whole.startswith("0x")):
            return code, octets_from_hex(whole)
        if known is None:
            raise ValueError(f"option {code} has no known format; write its data as hex:0a0b")
        try:
            data = known.kind.encode([values] if isinstance(values, str) else list(values))
        except ValueError as problem:
            raise ValueError(f"option {name_or_code}: {problem}") from None
        if not data and known.kind is not NOTHING:
            raise ValueError(f"option {name_or_code} has no value")
        if len(data) > _LONGEST:
            raise ValueError(f"option {name_or_code} has more than {_LONGEST} octets")
        return code, data

    def code_of(self, name_or_code: str) -> int:
        """The code of an option; `ValueError` for a name that is none."""
        if _is_code(name_or_code):
            return int(name_or_code)
        known = self.by_name.get(name_or_code)
        if known is None:
            right = "write Kea's name for it, or its code"
            raise ValueError(f"{name_or_code!r} is no option name of {self._protocol}; {right}")
        return known.code

    def name_of(self, code: int) -> str:
        """The option's name, or `option-224` for one without."""
        known = self.by_code.get(code)
        return f"option-{code}" if known is None else known.name


def codes(size: int, table: Callable[[], OptionTable]) -> Kind:
    """Codes of so many octets, of options that a client asks for; a row of the table that names them itself."""

    def encode(values: Sequence[str]) -> bytes:
        found = [table().code_of(item) for item in items(values)]
        if any(code >= 1 << 8 * size for code in found):
            raise ValueError(f"a code is at most {(1 << 8 * size) - 1}")
        return b"".join(code.to_bytes(size, "big") for code in found)

    def decode(data: bytes) -> str:
        known = table().by_code
        found = [int.from_bytes(piece, "big") for piece in pieces(data, size)] if data else []
        return ", ".join(known[code].name if code in known else str(code) for code in found)

    return Kind(encode, decode)


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdecimal()
