"""RFC 2136 section 3.4.1: the prescan of the update section."""

from __future__ import annotations

import pytest
from dns_exchange import Authority

from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR

IN, CH, NONE, ANY = 1, 3, 254, 255
A, NS, SOA, MX, TXT, AAAA = 1, 2, 6, 15, 16, 28
HOST = from_text("host.example.test.")
ONE = b"\xc0\0\2\1"
META = [250, 249, 251, 252, 253, 254]


@pytest.mark.parametrize(
    ("record", "rcode"),
    [
        (RR(HOST, A, IN, 60, ONE), "NOERROR"),
        (RR(HOST, 65280, IN, 60, b"anything"), "NOERROR"),  # opaque (RFC 3597), against the text of RFC 2136
        (RR(HOST, 65280, IN, 60, b""), "NOERROR"),
        (RR(HOST, A, ANY, 0, b""), "NOERROR"),
        (RR(HOST, ANY, ANY, 0, b""), "NOERROR"),
        (RR(HOST, A, NONE, 0, ONE), "NOERROR"),
        (RR(from_text("host.example.org."), A, IN, 60, ONE), "NOTZONE"),
        (RR(from_text("myexample.test."), A, IN, 60, ONE), "NOTZONE"),
        (RR(HOST, ANY, IN, 60, ONE), "FORMERR"),
        (RR(HOST, A, IN, 60, b"\1\2\3"), "FORMERR"),
        (RR(HOST, A, IN, 60, b""), "FORMERR"),
        (RR(HOST, AAAA, IN, 60, ONE), "FORMERR"),
        (RR(HOST, TXT, IN, 60, b"\5abc"), "FORMERR"),
        (RR(HOST, A, IN, 0x7FFFFFFF, ONE), "NOERROR"),
        (RR(HOST, A, IN, 0x80000000, ONE), "FORMERR"),
        (RR(HOST, A, ANY, 1, b""), "FORMERR"),
        (RR(HOST, A, ANY, 0, ONE), "FORMERR"),
        (RR(HOST, A, NONE, 1, ONE), "FORMERR"),
        (RR(HOST, ANY, NONE, 0, b""), "FORMERR"),
        (RR(HOST, A, NONE, 0, b""), "FORMERR"),
        (RR(HOST, A, CH, 60, ONE), "FORMERR"),
        (RR(HOST, A, 2, 0, b""), "FORMERR"),
        (RR(HOST, 0, IN, 60, ONE), "FORMERR"),
        *[(RR(HOST, meta, rclass, 0, b""), "FORMERR") for meta in META for rclass in (IN, NONE, ANY)],
    ],
)
def test_each_rule(record: RR, rcode: str) -> None:
    authority = Authority()
    assert authority.records([], [record]) == rcode
    assert (authority.refusal is None) == (rcode == "NOERROR")


def test_nothing_is_applied_when_the_last_record_is_wrong() -> None:
    authority = Authority()
    assert authority.records([], [RR(HOST, A, IN, 60, ONE), RR(HOST, A, IN, 60, b"")]) == "FORMERR"
    assert authority.zone.lines("host.example.test.") == []
    assert authority.zone.serial == 1
