"""RFC 2308 sections 2, 3 and 5: denials carry the SOA, with the lesser of its TTL and its minimum."""

from __future__ import annotations

import dns.rcode
import dns.rdatatype
import pytest
from dns_exchange import Authority


@pytest.mark.parametrize(("soa_ttl", "minimum", "ttl"), [(3600, 60, 60), (30, 60, 30), (60, 60, 60)])
@pytest.mark.parametrize("name", ["nowhere", "host", "dangling"])
def test_the_ttl_of_a_denial(soa_ttl: int, minimum: int, ttl: int, name: str) -> None:
    soa = f"@ {soa_ttl} SOA ns hostmaster 1 3600 600 86400 {minimum}"
    text = f"{soa}\n@ 300 NS ns\nhost 300 A 192.0.2.1\ndangling 300 CNAME nowhere\n"
    reply = Authority(text).ask(f"{name}.example.test.", "AAAA")
    (rrset,) = reply.authority
    assert rrset.rdtype == dns.rdatatype.SOA
    assert str(rrset.name) == "example.test."
    assert rrset.ttl == ttl


def test_the_soa_itself_keeps_its_ttl() -> None:
    reply = Authority().ask("example.test.", "SOA")
    assert reply.answer[0].ttl == 3600
    assert reply.authority == []
