"""Octets that may be a DHCPv6 message, for properties; most nearly are one."""

from __future__ import annotations

import struct

from dhcpv6 import NA, PD, TA, message, relayed
from hypothesis import strategies as st


def _wrapped(inner: bytes, depth: int, options: list[tuple[int, bytes]]) -> bytes:
    for hops in range(depth):
        inner = relayed(inner, "2001:db8::1", "fe80::1", *options, hops=hops)
    return inner


CODES = st.sampled_from([1, 2, NA, TA, 5, 6, 8, 9, 13, PD, 26, 39, 79, 1000])
TREE = st.recursive(
    st.binary(max_size=40),
    lambda inner: st.lists(st.tuples(CODES, inner), max_size=4).map(
        lambda parts: b"".join(struct.pack("!HH", code, len(data)) + data for code, data in parts)
    ),
    max_leaves=12,
)
INSIDE_IA = st.builds(lambda head, rest: head + rest, st.binary(min_size=12, max_size=12), TREE)
OPTION = st.one_of(st.tuples(CODES, TREE), st.tuples(st.sampled_from([NA, PD]), INSIDE_IA))
DIRECT = st.builds(lambda kind, options: message(kind, *options), st.integers(0, 255), st.lists(OPTION, max_size=5))
OCTETS = st.one_of(
    st.binary(max_size=200),
    DIRECT,
    st.builds(
        _wrapped,
        DIRECT,
        st.integers(1, 34),
        st.lists(st.tuples(st.sampled_from([18, 37, 43, 79]), st.binary(max_size=8)), max_size=3),
    ),
)
