"""Generated names: a template such as `{prefix}-{address}`, filled in for one lease.

{prefix}   ddns-generated-prefix
{address}  10-1-2-55; of an IPv6 address the compressed text, so a `0` goes where it would end in a hyphen
{mac}      02-00-5e-10-00-07
{hash}     eight letters and digits made from the client's identity with a key that stays in the store: the same
           device has the same one over IPv4 and IPv6, and nobody without the key can tell which device it is
{subnet}   10-1-0-0
{circuit}  the relay's circuit id (option 82), with a hyphen where a character cannot stand
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import digest
from typing import Final, NamedTuple

from tenure.naming.address_text import address_label

# Of SHA-256: 40 bits are eight letters, and 10,000 devices share one with a chance of 1 in 20,000.
_HASH_OCTETS: Final = 5
_PART: Final = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")
_LITERAL: Final = re.compile(r"[a-z0-9-]+").fullmatch
_NOT_FIT: Final = re.compile(rb"[^a-z0-9-]+")


class Device(NamedTuple):
    """What a generated name can be made of, beside the address."""

    identity: bytes  # the identifier that its DHCID is made of
    hardware: bytes  # htype octet and hardware address
    network: bytes  # the subnet's address
    circuit: bytes | None  # sub-option 1 of option 82, without its header
    key: bytes  # of the keyed hash


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A template of one label. Equal by its text."""

    text: str
    words: tuple[str, ...] = field(init=False, compare=False)  # those in braces
    _parts: tuple[str, ...] = field(init=False, compare=False, repr=False)  # literal and word in turn

    def __post_init__(self) -> None:
        """`ValueError` says what is wrong with the text."""
        parts = [""]
        for found in _PART.finditer(self.text):
            word, literal, brace = found.groups()
            if brace:
                raise ValueError(f"has a {brace} that belongs to no word")
            if word is not None:
                if word not in WORDS:
                    raise ValueError(f"has the word {{{word}}}, which is not known")
                parts += [word, ""]
            elif not _LITERAL(literal):
                raise ValueError(f"has {literal!r}, which cannot stand in a host name")
            else:
                parts[-1] += literal
        object.__setattr__(self, "words", tuple(parts[1::2]))
        object.__setattr__(self, "_parts", tuple(parts))

    @property
    def tells_devices_apart(self) -> bool:
        """Whether two devices of one subnet get two names."""
        return bool(set(self.words) & {"address", "mac", "hash", "circuit"})

    def fill(self, prefix: str, address: bytes, device: Device | None) -> bytes | None:
        """The label, None if it speaks of something that this device does not have. Not normalised."""
        label = self._parts[0].encode()
        for word, literal in zip(self._parts[1::2], self._parts[2::2], strict=True):
            value = WORDS[word](prefix, address, device)
            if not value:
                return None
            label += value + literal.encode()
        return label


def _mac(_prefix: str, _address: bytes, device: Device | None) -> bytes:
    return b"" if device is None else device.hardware[1:].hex("-").encode()


def _hash(_prefix: str, _address: bytes, device: Device | None) -> bytes:
    if device is None or not device.key:
        return b""
    return b32encode(digest(device.key, device.identity, "sha256")[:_HASH_OCTETS]).lower()


def _subnet(_prefix: str, _address: bytes, device: Device | None) -> bytes:
    return b"" if device is None else address_label(device.network).encode()


def _circuit(_prefix: str, _address: bytes, device: Device | None) -> bytes:
    if device is None or not device.circuit:
        return b""
    if device.circuit.isascii() and device.circuit.decode("ascii").isprintable():
        return _NOT_FIT.sub(b"-", device.circuit.lower()).strip(b"-")
    return device.circuit.hex().encode()


WORDS: Final[dict[str, Callable[[str, bytes, Device | None], bytes]]] = {
    "prefix": lambda prefix, _address, _device: prefix.encode(),
    "address": lambda _prefix, address, _device: address_label(address).encode(),
    "mac": _mac,
    "hash": _hash,
    "subnet": _subnet,
    "circuit": _circuit,
}
BY_ADDRESS: Final = NameTemplate("{prefix}-{address}")
