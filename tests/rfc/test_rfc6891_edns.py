"""RFC 6891 (and RFC 7873 section 5.2.2 for malformed cookies): EDNS in requests and replies; truncation."""

from __future__ import annotations

import struct

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from dns_exchange import KEY, NOW, Authority

from tenure.authority.request import PAYLOAD_SIZE
from tenure.dnswire.message import parse_message
from tenure.signing.tsig import sign_request, verify_response

OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
BIG = "@ 300 NS ns\n" + "".join(f"big 300 TXT {'x' * 200}{i:02}\n" for i in range(10)) + "mid 300 TXT " + "y" * 250
BIG += "\n" + "".join(f"mid 300 TXT {'z' * 240}{i}\n" for i in range(2))


def query(opts: bytes = b"", count: int = 0, name: str = "ns.example.test.") -> bytes:
    octets = dns.message.make_query(name, "A", id=9).to_wire()
    return octets[:11] + bytes([count]) + octets[12:] + opts


def test_no_opt_gets_no_opt() -> None:
    assert Authority().ask("ns.example.test.").edns == -1


def test_opt_gets_opt_with_our_payload_size() -> None:
    reply = Authority().ask("ns.example.test.", use_edns=0, payload=4096, want_dnssec=True)
    assert (reply.edns, reply.payload) == (0, PAYLOAD_SIZE)
    assert reply.ednsflags & dns.flags.DO


def test_a_version_that_is_not_known_gets_badvers_and_no_answer() -> None:
    reply = Authority().ask("ns.example.test.", use_edns=1)
    assert reply.rcode() == dns.rcode.BADVERS
    assert reply.edns == 0
    assert reply.answer == []


@pytest.mark.parametrize(
    ("opts", "count", "rcode"),
    [
        (OPT, 1, 0),
        (OPT + OPT, 2, 1),
        (b"\1a" + OPT, 1, 1),  # not at the root
        (OPT[:-2] + b"\0\4\xfd\xe8\0\0", 1, 0),  # an option that is not known
        (OPT[:-2] + b"\0\4\xfd\xe8\0\1", 1, 1),  # an option that runs past the record
        (OPT[:-2] + b"\0\x0c\0\x0a\0\x08" + bytes(8), 1, 0),  # a client cookie
        (OPT[:-2] + b"\0\x0b\0\x0a\0\x07" + bytes(7), 1, 1),
        (OPT[:-2] + b"\0\x10\0\x0a\0\x0c" + bytes(12), 1, 1),
    ],
)
def test_what_an_opt_may_look_like(opts: bytes, count: int, rcode: int) -> None:
    assert Authority().send(query(opts, count))[3] & 15 == rcode


@pytest.mark.parametrize("opcode", [1, 2, 3, 6, 15])
def test_an_opcode_that_is_not_known_gets_opt_too(opcode: int) -> None:
    """RFC 6891 section 6.1.1, if only the message can be read; if not, the header says what there is to say."""
    octets = bytearray(query(OPT, 1))
    octets[2] = opcode << 3
    reply = parse_message(Authority().send(bytes(octets)))
    assert (reply.opcode, reply.rcode, reply.edns is not None) == (opcode, 4, True)
    assert Authority().send(bytes(octets[:-1])) == struct.pack("!6H", 9, 0x8004 | opcode << 11, 0, 0, 0, 0)


def test_an_unreadable_opt_is_answered_without_one() -> None:
    question = query()[12:]
    assert Authority().send(query(OPT + OPT, 2)) == struct.pack("!6H", 9, 0x8101, 1, 0, 0, 0) + question


@pytest.mark.parametrize(("payload", "whole"), [(None, False), (0, False), (512, False), (1232, True), (4096, True)])
def test_a_reply_that_does_not_fit_is_cut(payload: int | None, whole: bool) -> None:
    edns = {} if payload is None else {"use_edns": 0, "payload": payload}
    reply = Authority(BIG).ask("mid.example.test.", "TXT", **edns)
    assert bool(reply.flags & dns.flags.TC) != whole
    assert len(reply.answer) == (1 if whole else 0)
    assert (reply.edns == 0) == (payload is not None)


def test_no_udp_reply_is_longer_than_our_own_limit() -> None:
    authority = Authority(BIG)
    assert authority.ask("big.example.test.", "TXT", use_edns=0, payload=65535).flags & dns.flags.TC
    assert not authority.ask("big.example.test.", "TXT", stream=True).flags & dns.flags.TC


def test_a_signed_reply_that_does_not_fit_is_cut_and_signed() -> None:
    """RFC 8945 section 5.3: room for the TSIG is kept free."""
    name = dns.message.make_query("mid.example.test.", "TXT", use_edns=0, payload=800).to_wire()
    octets, mac = sign_request(name, KEY, NOW)
    reply = Authority(BIG).send(octets)
    message = parse_message(reply)
    assert len(reply) <= 800
    assert verify_response(reply, message, KEY, mac, NOW) is None


def test_update_and_notify_with_opt_get_opt() -> None:
    update = dns.message.make_query("example.test.", "SOA", use_edns=0)
    for opcode in (4, 5):
        octets = bytearray(update.to_wire())
        octets[2] = opcode << 3
        assert dns.message.from_wire(Authority().send(bytes(octets)), continue_on_error=True).edns == 0


def test_glue_is_needed_and_other_additions_are_not() -> None:
    """RFC 9471: a referral without its glue is useless and gets TC; other additional records are left out."""
    servers = "".join(f"sub 300 NS ns{i}.sub\nns{i}.sub 300 AAAA 2001:db8::{i}\n" for i in range(12))
    reply = Authority("@ 300 NS ns\n" + servers).ask("www.sub.example.test.", "A")
    assert reply.flags & dns.flags.TC
    mails = "".join(f"@ 300 MX {i} mx{i}\nmx{i} 300 AAAA 2001:db8::{i}\n" for i in range(14))
    reply = Authority("@ 300 NS ns\n" + mails).ask("example.test.", "MX")
    assert not reply.flags & dns.flags.TC
    assert len(reply.answer[0]) == 14
    assert 0 < len(reply.additional) < 14
