"""RFC 2317: parts of a reverse zone as zones of their own, served here or elsewhere."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import pytest
from dns_exchange import NOW
from zone_view import MemoryZone, served

from tenure.authority.request import Reply
from tenure.authority.respond import respond

NETWORK = """
@ 300 NS ns.example.test.
1 300 PTR gateway.example.test.
{part} 300 NS ns.example.test.
{part} 300 NS ns.elsewhere.invalid.
2 300 CNAME 2.{part}
3 300 CNAME 3.{part}
130 300 CNAME 130.128/25
128/25 300 NS ns.elsewhere.invalid.
"""
PART = "@ 300 NS ns.example.test.\n2 300 PTR host.example.test.\n"


def ask(part: str, name: str, rtype: str = "PTR") -> dns.message.Message:
    """The reply of a server that has the network and one of its parts."""
    network = MemoryZone.from_text("2.0.192.in-addr.arpa.", NETWORK.format(part=part))
    zones = served(network, MemoryZone.from_text(f"{part}.2.0.192.in-addr.arpa.", PART))
    query = dns.message.make_query(f"{name}.2.0.192.in-addr.arpa.", rtype)
    reply = respond(query.to_wire(), zones, {}, "127.0.0.1", NOW, stream=False)
    assert isinstance(reply, Reply)
    return dns.message.from_wire(reply.octets)


@pytest.mark.parametrize("part", ["0/26", "0-63", "hosts"])
def test_an_address_of_a_part_that_is_served_here(part: str) -> None:
    reply = ask(part, "2")
    assert [str(rrset) for rrset in reply.answer] == [
        f"2.2.0.192.in-addr.arpa. 300 IN CNAME 2.{part}.2.0.192.in-addr.arpa.",
        f"2.{part}.2.0.192.in-addr.arpa. 300 IN PTR host.example.test.",
    ]
    assert reply.flags & dns.flags.AA
    assert reply.authority == []


def test_an_address_that_the_part_does_not_have() -> None:
    """The denial is the part's, with its SOA."""
    reply = ask("0/26", "3")
    assert reply.rcode() == dns.rcode.NXDOMAIN
    assert [len(reply.answer), str(reply.authority[0].name)] == [1, "0/26.2.0.192.in-addr.arpa."]


def test_an_address_of_a_part_that_is_delegated_elsewhere() -> None:
    reply = ask("0/26", "130")
    assert str(reply.answer[0][0]) == "130.128/25.2.0.192.in-addr.arpa."
    assert str(reply.authority[0]) == "128/25.2.0.192.in-addr.arpa. 300 IN NS ns.elsewhere.invalid."


def test_an_address_of_no_part() -> None:
    assert str(ask("0/26", "1").answer[0][0]) == "gateway.example.test."
    assert ask("0/26", "9").rcode() == dns.rcode.NXDOMAIN
