"""Octets that may be a DHCPv4 message, for properties; most nearly are one, or hardly any got past the cookie."""

from __future__ import annotations

from dhcpv4 import request
from hypothesis import strategies as st

MESSAGES = st.one_of(
    st.binary(max_size=400),
    st.builds(
        lambda hlen, names, rest: request(hlen=hlen, sname=names[:64], file=names[64:], end=rest),
        st.integers(0, 255),
        st.binary(max_size=192),
        st.binary(max_size=300),
    ),
    st.builds(
        lambda overload, names, rest: request((52, overload), sname=names[:64], file=names[64:], end=rest),
        st.sampled_from([b"\1", b"\2", b"\3"]),
        st.binary(max_size=192),
        st.binary(max_size=60),
    ),
)
