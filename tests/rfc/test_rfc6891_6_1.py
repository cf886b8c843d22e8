"""RFC 6891 section 6.1: the OPT record, and what a message may not do with it."""

from __future__ import annotations

import dns.edns
import dns.message
import pytest

from tenure.dnswire.edns import Edns, build_opt
from tenure.dnswire.message import build_message, parse_message
from tenure.octets import Malformed

QUERY = bytes.fromhex("1234 0100 0000 0000 0000 0001")
OPT = build_opt(Edns(1232))


def test_fields_as_dnspython_writes_and_reads_them() -> None:
    query = dns.message.make_query("host.test.", "A", use_edns=0, payload=4096, want_dnssec=True)
    query.use_edns(
        0, 0x8000, 4096, options=[dns.edns.GenericOption(10, b"12345678"), dns.edns.GenericOption(65001, b"")]
    )
    assert parse_message(query.to_wire()).edns == Edns(4096, 0, 0, True, ((10, b"12345678"), (65001, b"")))
    edns = Edns(1400, 1, 0, True, ((65001, b"abc"), (65002, b"")))
    theirs = dns.message.from_wire(build_message(7, 0x8000, [], edns=edns))
    assert (theirs.payload, theirs.edns, int(theirs.rcode()), bool(theirs.ednsflags & 0x8000)) == (1400, 0, 16, True)
    assert [(int(option.otype), option.to_wire()) for option in theirs.options] == list(edns.options)


def test_a_payload_below_512_counts_as_512() -> None:
    assert parse_message(QUERY + build_opt(Edns(100))).edns == Edns(512)


def test_a_version_of_the_future_is_read() -> None:
    """It is answered with BADVERS, so it has to be understood that far."""
    edns = parse_message(QUERY + build_opt(Edns(1232, version=1))).edns
    assert edns is not None
    assert edns.version == 1


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (QUERY[:-1] + b"\2" + OPT + OPT, "two OPT"),
        (QUERY + b"\4test" + OPT, "root"),
        (QUERY + OPT[:-2] + b"\0\3\0\x0a\0", "cut off"),
        (QUERY + OPT[:-2] + b"\0\5\0\x0a\0\2a", "past"),
        (QUERY[:7] + b"\1\0\0\0\0" + OPT, "outside"),
        (QUERY[:9] + b"\1\0\0" + OPT, "outside"),
    ],
)
def test_malformed(octets: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse_message(octets)
