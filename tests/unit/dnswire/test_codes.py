"""Numbers and their words; dnspython is the oracle."""

from __future__ import annotations

import dns.rcode
import dns.rdataclass
import dns.rdatatype
import pytest

from tenure.dnswire.codes import (
    Rcode,
    RRClass,
    RRType,
    rcode_to_text,
    tsig_error_to_text,
    type_from_text,
    type_to_text,
)


@pytest.mark.parametrize("rtype", RRType)
def test_types(rtype: RRType) -> None:
    known = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(int(rtype)))
    assert known in (type_to_text(rtype), f"TYPE{int(rtype)}")
    assert type_from_text(type_to_text(rtype).lower()) == rtype


def test_a_word_is_no_name_in_python() -> None:
    assert type_to_text(23) == "NSAP-PTR"
    with pytest.raises(ValueError, match="NSAP_PTR"):
        type_from_text("NSAP_PTR")


@pytest.mark.parametrize("rclass", RRClass)
def test_classes(rclass: RRClass) -> None:
    assert dns.rdataclass.to_text(dns.rdataclass.RdataClass.make(int(rclass))) == rclass.name


@pytest.mark.parametrize("rcode", Rcode)
def test_rcodes(rcode: Rcode) -> None:
    assert dns.rcode.to_text(dns.rcode.Rcode(int(rcode))) == rcode_to_text(rcode)
    assert dns.rcode.to_text(dns.rcode.Rcode(int(rcode)), tsig=True) == tsig_error_to_text(rcode)


def test_unknown_numbers_have_words_too() -> None:
    assert (type_to_text(65280), rcode_to_text(11), tsig_error_to_text(11)) == ("TYPE65280", "RCODE11", "RCODE11")
