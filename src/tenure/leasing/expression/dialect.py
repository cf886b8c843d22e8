"""What the words of an expression look at: the port between the language and the packets of one protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

S = TypeVar("S")  # what a test is put to: a packet and how it came

Value: TypeAlias = Callable[[S], bytes]  # nothing where the packet does not have it
Maybe: TypeAlias = Callable[[S], bytes | None]  # None where the packet does not have it
Test: TypeAlias = Callable[[S], bool]


@dataclass(frozen=True, slots=True)
class Dialect(Generic[S]):
    """How the packets of one protocol are read. What a protocol does not have stays None, and is an error in a test."""

    fields: Mapping[str, Value[S]]  # by the whole word: `pkt4.mac`
    option: Callable[[int], Maybe[S]]  # reads the option with this code
    option_codes: Mapping[str, int]  # by Kea's names
    # in the data of another option, whose code stands in front; None: in what a vendor says
    sub_option: Callable[[int | None, bytes, int], bytes | None]
    is_member: Callable[[S, str], bool]
    vendor: Callable[[S], Sequence[tuple[int, bytes]]]  # enterprise and sub-options, as they came
    vendor_class: Callable[[S], Sequence[tuple[int, Sequence[bytes]]]]  # enterprise and its chunks of data
    relay4: Callable[[int], Maybe[S]] | None = None  # reads a sub-option of the relay
    relay6_option: Callable[[int, int], Maybe[S]] | None = None  # of the relay with this number, the option
    relay6_fields: Mapping[str, Callable[[int], Value[S]]] = field(default_factory=dict)  # `peeraddr`, by relay
