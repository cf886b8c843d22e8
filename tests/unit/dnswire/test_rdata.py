"""RDATA: what is well formed, what is equal, the fields of SOA; dnspython is the oracle where it has a rule."""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import build_soa_rdata, canonical_rdata, check_rdata, soa_minimum, soa_serial, with_serial
from tenure.dnswire.zonefile import rdata_from_text, rdata_to_text
from tenure.octets import Malformed

ORIGIN = from_text("Example.Test.")
TEXTS = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "NS": "NS1.Example.Test.",
    "CNAME": "Host.Example.Test.",
    "PTR": "Host.Example.Test.",
    "DNAME": "Other.Test.",
    "SOA": "NS1.Example.Test. Admin.Example.Test. 1 2 3 4 5",
    "MX": "10 Mail.Example.Test.",
    "SRV": "1 2 53 NS1.Example.Test.",
    "RP": "A.Test. B.Test.",
    "AFSDB": "1 A.Test.",
    "RT": "1 A.Test.",
    "PX": "1 A.Test. B.Test.",
    "KX": "1 A.Test.",
    "NAPTR": '1 2 "U" "E2U+sip" "!^.*$!X!" A.Test.',
    "TXT": '"One" "" "two"',
    "HINFO": '"PC" "Linux"',
    "DHCID": "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
    "DS": "1 13 2 " + "ab" * 32,
    "SSHFP": "1 1 " + "ab" * 20,
    "TLSA": "3 1 1 " + "ab" * 32,
    "SVCB": '1 Svc.Example.Test. alpn="h2" port="8443"',
    "HTTPS": "0 Alias.Example.Test.",
    "LP": "10 L64.Example.Test.",
    "CAA": '0 issue "ca.test"',
    "DNSKEY": "256 3 13 " + "YWJjZGVm" * 8,
    "RRSIG": "A 13 2 300 20300101000000 20200101000000 1 Example.Test. " + "YWJjZGVm" * 8,
    "TYPE65280": r"\# 3 010203",
}


def number(rtype: str) -> int:
    return int(dns.rdatatype.from_text(rtype))


def theirs(rtype: int, rdata: bytes) -> dns.rdata.Rdata:
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(rtype), rdata, 0, len(rdata))


@pytest.mark.parametrize("rtype", TEXTS)
def test_text_to_octets_and_back(rtype: str) -> None:
    rdata = rdata_from_text(number(rtype), TEXTS[rtype], ORIGIN)
    check_rdata(number(rtype), rdata)
    assert rdata_from_text(number(rtype), rdata_to_text(number(rtype), rdata), ORIGIN) == rdata


@pytest.mark.parametrize("rtype", [rtype for rtype in TEXTS if rtype not in {"TXT", "TYPE65280"}])
def test_no_beginning_of_rdata_is_well_formed_unless_dnspython_takes_it(rtype: str) -> None:
    """TXT apart, where a beginning that ends with a string is a TXT record."""
    rdata = rdata_from_text(number(rtype), TEXTS[rtype], ORIGIN)
    for size in range(len(rdata)):
        try:
            theirs(number(rtype), rdata[:size])
        except dns.exception.DNSException:
            with pytest.raises(Malformed):
                check_rdata(number(rtype), rdata[:size])


@pytest.mark.parametrize(
    "rtype", ["A", "AAAA", "NS", "SOA", "MX", "SRV", "RP", "DNAME", "NAPTR", "HINFO", "SVCB", "LP"]
)
def test_octets_too_many_are_malformed(rtype: str) -> None:
    rdata = rdata_from_text(number(rtype), TEXTS[rtype], ORIGIN)
    with pytest.raises(Malformed):
        check_rdata(number(rtype), rdata + b"\0")


@pytest.mark.parametrize(
    ("rtype", "rdata"),
    [
        (2, b""),
        (2, b"\x40" + b"a" * 64 + b"\0"),
        (2, b"\xc0\x0c"),  # a pointer, in a type whose names come whole here
        (2, (b"\x3f" + b"a" * 63) * 4 + b"\0"),
        (16, b""),
        (16, b"\3ab"),
        (16, b"\1a\2b"),
        (13, b"\1a"),
        (64, b"\0\1\xc0\x0c"),  # a pointer, where none may be
        (65, b"\0\1\0\0\3\0\2\x20\xfb\0\1\0\0"),  # parameter 1 behind 3
        (65, b"\0\1\0\0\3\0\2\x20\xfb\0\3\0\2\x20\xfb"),  # twice
        (65, b"\0\1\0\0\3\0\3\x20\xfb"),
        (65, b"\0\1\0\0\3"),
        (107, b"\0\1\xc0\x0c"),
        (257, b"\0\0"),
        (257, b"\0\5abc"),
    ],
)
def test_malformed(rtype: int, rdata: bytes) -> None:
    with pytest.raises(Malformed):
        check_rdata(rtype, rdata)


@pytest.mark.parametrize("rtype", [rtype for rtype in TEXTS if rtype not in {"TXT", "HINFO", "NAPTR", "CAA"}])
def test_canonical_form_is_dnspythons(rtype: str) -> None:
    rdata = rdata_from_text(number(rtype), TEXTS[rtype], ORIGIN)
    expected = theirs(number(rtype), rdata).to_wire(origin=dns.name.root, canonicalize=True)
    assert canonical_rdata(number(rtype), rdata) == expected


def test_canonical_form_leaves_strings_alone() -> None:
    naptr = rdata_from_text(RRType.NAPTR, TEXTS["NAPTR"], ORIGIN)
    assert canonical_rdata(RRType.NAPTR, naptr) == naptr[:-8] + b"\1a\4test\0"
    for rtype, rdata in ((16, b"\3One"), (13, b"\2PC\1X"), (257, b"\0\1AB"), (65280, b"ABC"), (1, b"ABCD")):
        assert canonical_rdata(rtype, rdata) == rdata


@pytest.mark.parametrize(("rtype", "rdata"), [(46, b"A" * 18 + b"\5AB"), (46, b"A"), (35, b"\0\0\0\0\5AB"), (35, b"A")])
def test_canonical_form_of_what_is_malformed_is_itself(rtype: int, rdata: bytes) -> None:
    assert canonical_rdata(rtype, rdata) == rdata


def test_the_fields_of_soa() -> None:
    rdata = build_soa_rdata(b"\2ns\0", b"\1x\0", 0xFFFFFFFF, 2, 3, 4, 5)
    check_rdata(RRType.SOA, rdata)
    assert rdata_to_text(RRType.SOA, rdata) == "ns. x. 4294967295 2 3 4 5"
    assert (soa_serial(rdata), soa_minimum(rdata)) == (0xFFFFFFFF, 5)
    assert rdata_to_text(RRType.SOA, with_serial(rdata, 7)) == "ns. x. 7 2 3 4 5"
