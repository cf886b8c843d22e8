"""What the demo reads out of a DNS response."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tenure.console.demo.claims import Subject
from tenure.console.demo.wires import read_answer

A = Subject("A", "host.example.test.")


def response(*records: str, rcode: int = 0, flags: int = dns.flags.AA) -> bytes:
    query = dns.message.make_query(A.owner, A.rtype)
    made = dns.message.make_response(query)
    made.flags |= flags
    made.set_rcode(dns.rcode.Rcode(rcode))
    for record in records:
        owner, rtype, text = record.split()
        made.answer.append(dns.rrset.from_text(owner, 60, "IN", rtype, text))
    return made.to_wire()


def test_records_of_the_name_and_type_count() -> None:
    octets = response("HOST.example.test. A 10.1.0.7", "other.example.test. A 10.1.0.8", "host.example.test. TXT word")
    assert read_answer(A, octets).records == {"10.1.0.7"}


@pytest.mark.parametrize("rcode", [dns.rcode.NOERROR, dns.rcode.NXDOMAIN])
def test_absence_is_an_answer(rcode: int) -> None:
    answer = read_answer(A, response(rcode=rcode))
    assert (answer.records, answer.trouble) == (frozenset(), "")


@pytest.mark.parametrize(
    ("octets", "trouble"),
    [
        (response(rcode=dns.rcode.SERVFAIL), "SERVFAIL"),
        (response(rcode=dns.rcode.REFUSED), "REFUSED"),
        (response("host.example.test. A 10.1.0.7", flags=0), "not authoritative"),
        (b"\0\0\0", "malformed response"),
    ],
    ids=["servfail", "refused", "not-authoritative", "malformed"],
)
def test_absence_and_failure_are_told_apart(octets: bytes, trouble: str) -> None:
    assert trouble in read_answer(A, octets).trouble
