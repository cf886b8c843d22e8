"""RFC 8914: the option that tells a requestor why it was answered as it was."""

from __future__ import annotations

import dns.edns
import dns.message
import pytest
from dns_exchange import KEY, NOW, Authority

from tenure.authority.request import Request, build_reply, read_request
from tenure.authority.respond import update_reply
from tenure.dnswire.codes import Rcode
from tenure.dnswire.edns import Edns, ExtendedError, InfoCode, error_option, extended_errors
from tenure.dnswire.message import parse_message
from tenure.signing.tsig import sign_request, verify_response

WHY = ExtendedError(InfoCode.PROHIBITED, "no policy rule grants it")


def request_for(name: str, *, signed: bool = False, edns: int = 0) -> tuple[Request, bytes]:
    octets, mac = dns.message.make_query(name, "A", use_edns=edns, payload=512).to_wire(), b""
    if signed:
        octets, mac = sign_request(octets, KEY, NOW)
    request = read_request(octets, {KEY.name: KEY}, NOW, stream=False)
    assert isinstance(request, Request)
    return request, mac


def test_the_option_as_dnspython_reads_it() -> None:
    request, _mac = request_for("host.example.test.")
    for reply in (build_reply(request, Rcode.REFUSED, NOW, error=WHY), update_reply(request, Rcode.REFUSED, NOW, WHY)):
        message = dns.message.from_wire(reply)
        assert message.extended_errors() == [dns.edns.EDEOption(18, "no policy rule grants it")]
        assert extended_errors(parse_message(reply).edns) == [WHY]


def test_a_requestor_without_opt_hears_only_the_rcode() -> None:
    request, _mac = request_for("host.example.test.", edns=-1)
    message = dns.message.from_wire(build_reply(request, Rcode.REFUSED, NOW, error=WHY))
    assert (message.edns, message.rcode()) == (-1, Rcode.REFUSED)


def test_the_text_is_cut_between_two_characters() -> None:
    code, data = error_option(ExtendedError(InfoCode.OTHER, "ü" * 200), 9)
    assert (code, data) == (15, b"\0\0" + "üüüü".encode())
    assert len(error_option(ExtendedError(InfoCode.OTHER, "x" * 1000))[1]) < 256


@pytest.mark.parametrize("signed", [False, True])
def test_a_long_name_and_a_long_text_stay_within_the_payload(signed: bool) -> None:
    """The text gives way: question, TSIG and RCODE are what the requestor needs."""
    name = ".".join(["x" * 60] * 4)
    request, mac = request_for(name, signed=signed)
    octets = build_reply(request, Rcode.REFUSED, NOW, error=ExtendedError(InfoCode.PROHIBITED, "y" * 1000))
    assert len(octets) <= 512
    reply = parse_message(octets)
    assert reply.flags & 0x020F == Rcode.REFUSED  # TC is clear
    assert extended_errors(reply.edns)[0].code == InfoCode.PROHIBITED
    if signed:
        assert verify_response(octets, reply, KEY, mac, NOW) is None


@pytest.mark.parametrize(
    ("name", "rtype", "rdclass", "code", "words"),
    [
        ("example.org.", "A", "IN", 20, "no zone above this name is served here"),
        ("example.test.", "A", "CH", 20, "no zone of class 3 is served here"),
        ("example.org.", "AXFR", "IN", 20, "example.org. is not a zone that is served here"),
        ("example.test.", "AXFR", "IN", 18, "192.0.2.77 may not transfer example.test."),
    ],
)
def test_why_a_question_is_not_answered(name: str, rtype: str, rdclass: str, code: int, words: str) -> None:
    octets = dns.message.make_query(name, rtype, rdclass, use_edns=0).to_wire()
    edns = parse_message(Authority().send(octets, stream=True)).edns
    assert extended_errors(edns) == [ExtendedError(code, words)]


def test_what_is_no_extended_error_is_passed_over() -> None:
    assert extended_errors(None) == []
    options = ((15, b"\0"), (10, bytes(8)), (15, b"\0\x12\xff"))
    assert extended_errors(Edns(512, options=options)) == [ExtendedError(18, "\ufffd")]
