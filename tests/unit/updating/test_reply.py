"""Only a reply that is signed with our key counts; what else comes has a reason of its own."""

from __future__ import annotations

import pytest
from claims import NOW, registration

from tenure.dnswire.codes import Rcode
from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import build_update
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import Rejected, Verified, rejection_response, sign_request, sign_response, verify_request
from tenure.updating.messages import build_look
from tenure.updating.reply import may_know_other_secret, read_reply
from tenure.updating.task import Ending, Step, Task, Verdict

KEY = Key(b"\x04dhcp\0", ALGORITHMS["hmac-sha256"].name, b"s" * 32)
ZONE = b"\x07example\x03com\0"
REQUEST, MAC = sign_request(build_update(7, ZONE, [], []), KEY, NOW)


def response(rcode: int = 0, flags: int = 0xA800) -> bytes:
    return build_message(7, flags | rcode, [Question(ZONE, 6, 1)])


def judged(key: Key, now: float) -> Verified | Rejected:
    return verify_request(REQUEST, parse_message(REQUEST), {key.name: key}, now)


def reason_of(octets: bytes, now: float = NOW) -> str:
    ending = read_reply(octets, KEY, MAC, now)
    assert isinstance(ending, Ending)
    assert ending.verdict is Verdict.RETRY
    return ending.reason


@pytest.mark.parametrize("rcode", range(11))
def test_a_signed_reply_counts(rcode: int) -> None:
    verified = judged(KEY, NOW)
    assert isinstance(verified, Verified)
    assert read_reply(sign_response(response(rcode), verified, NOW), KEY, MAC, NOW) == rcode


LOOKED_FOR = Task(registration(address=b"\x0a\1\0\5"), Direction.FORWARD, b"\2pc" + ZONE, Step.LOOK)
QUERY, QUERY_MAC = sign_request(build_look(7, LOOKED_FOR), KEY, NOW)


def looked(octets: bytes) -> int | Ending:
    verified = verify_request(QUERY, parse_message(QUERY), {KEY.name: KEY}, NOW)
    assert isinstance(verified, Verified)
    return read_reply(sign_response(octets, verified, NOW), KEY, QUERY_MAC, NOW, LOOKED_FOR)


def answer(*addresses: bytes, flags: int = 0x8400) -> bytes:
    found = [RR(LOOKED_FOR.owner, 1, 1, 300, address) for address in addresses]
    return build_message(7, flags, [Question(LOOKED_FOR.owner, 1, 1)], found)


def test_a_query_asks_for_the_address_of_its_family() -> None:
    question = parse_message(build_look(7, LOOKED_FOR)).questions[0]
    assert (question.name, question.rtype) == (LOOKED_FOR.owner, 1)
    six = LOOKED_FOR._replace(row=registration(address=bytes(16)))
    assert parse_message(build_look(7, six)).questions[0].rtype == 28


@pytest.mark.parametrize(
    ("octets", "rcode"),
    [
        (answer(b"\x0a\1\0\5"), Rcode.NOERROR),
        (answer(b"\x0a\1\0\6", b"\x0a\1\0\5"), Rcode.NOERROR),
        (answer(b"\x0a\1\0\6"), Rcode.NXRRSET),
        (answer(), Rcode.NXRRSET),
        (answer(flags=0x8403), Rcode.NXDOMAIN),
        (answer(flags=0x8005), Rcode.REFUSED),
        (answer(b"\x0a\1\0\5", flags=0x8000), Rcode.NOTAUTH),  # somebody's cache
    ],
)
def test_what_a_look_finds(octets: bytes, rcode: int) -> None:
    assert looked(octets) == rcode


LOOKED_FOR_TEXT = LOOKED_FOR._replace(step=Step.LOOK_TXT_MARKER)
TEXT_QUERY, TEXT_MAC = sign_request(build_look(7, LOOKED_FOR_TEXT), KEY, NOW)
TXT_MARKER, ALIAS = b"\x2231" + b"a" * 32, RR(LOOKED_FOR.owner, 5, 1, 300, b"\5other" + ZONE)


def texts(*found: RR, flags: int = 0x8400) -> bytes:
    return build_message(7, flags, [Question(LOOKED_FOR.owner, 16, 1)], found)


def text(rdata: bytes, owner: bytes = LOOKED_FOR.owner) -> RR:
    return RR(owner, 16, 1, 300, rdata)


@pytest.mark.parametrize(
    ("octets", "rcode"),
    [
        (texts(text(TXT_MARKER)), Rcode.NOERROR),
        (texts(text(b"\4spf1"), text(TXT_MARKER)), Rcode.NOERROR),  # whether it is alone the update finds out
        (texts(text(b"\4spf1")), Rcode.NXRRSET),
        (texts(), Rcode.NXRRSET),
        (texts(ALIAS, text(TXT_MARKER, b"\5other" + ZONE)), Rcode.NXRRSET),
        (texts(ALIAS, flags=0x8403), Rcode.NXRRSET),  # the name is there, as an alias of one that is not
        (texts(flags=0x8403), Rcode.NXDOMAIN),
        (texts(flags=0x8405), Rcode.REFUSED),
        (texts(text(TXT_MARKER), flags=0x8000), Rcode.NOTAUTH),
    ],
)
def test_what_a_look_for_a_marker_of_dhcpd_finds(octets: bytes, rcode: int) -> None:
    assert parse_message(TEXT_QUERY).questions[0].rtype == 16
    verified = verify_request(TEXT_QUERY, parse_message(TEXT_QUERY), {KEY.name: KEY}, NOW)
    assert isinstance(verified, Verified)
    assert read_reply(sign_response(octets, verified, NOW), KEY, TEXT_MAC, NOW, LOOKED_FOR_TEXT) == rcode


def test_a_query_is_not_answered_by_an_update() -> None:
    ending = looked(response())
    assert isinstance(ending, Ending)
    assert (ending.reason, ending.cause) == (Reason.REPLY_UNVERIFIED, "the reply is not one to a query")


def test_an_unsigned_reply_does_not() -> None:
    assert reason_of(response()) == Reason.REPLY_UNVERIFIED


@pytest.mark.parametrize(
    ("rcode", "reason"),
    [
        (2, Reason.SERVER_FAILED),
        (4, Reason.SERVER_FAILED),
        (9, Reason.SERVER_NOT_AUTHORITATIVE),
        (5, Reason.KEY_REJECTED),  # PowerDNS says so of a key that it does not know
        (8, Reason.REPLY_UNVERIFIED),
    ],
)
def test_an_unsigned_refusal_is_a_hint_and_tried_again(rcode: int, reason: Reason) -> None:
    assert reason_of(response(rcode)) == reason


def test_nor_one_signed_for_another_request() -> None:
    verified = judged(KEY, NOW)
    assert isinstance(verified, Verified)
    other = verified._replace(mac=bytes(32))
    assert reason_of(sign_response(response(), other, NOW)) == Reason.REPLY_UNVERIFIED


def test_nor_one_from_another_time() -> None:
    verified = judged(KEY, NOW)
    assert isinstance(verified, Verified)
    assert reason_of(sign_response(response(), verified, NOW + 301)) == Reason.REPLY_UNVERIFIED


def test_a_server_that_does_not_know_the_key() -> None:
    stranger = Key(b"\x05other\0", KEY.algorithm, b"s" * 32)
    rejected = judged(stranger, NOW)
    assert isinstance(rejected, Rejected)
    assert reason_of(rejection_response(response(9), rejected, NOW)) == Reason.KEY_REJECTED


def test_a_server_with_another_secret() -> None:
    rejected = judged(Key(KEY.name, KEY.algorithm, b"t" * 32), NOW)
    assert isinstance(rejected, Rejected)
    assert reason_of(rejection_response(response(9), rejected, NOW)) == Reason.KEY_REJECTED


def test_a_server_with_another_clock() -> None:
    rejected = judged(KEY, NOW + 4000)
    assert isinstance(rejected, Rejected)
    assert reason_of(rejection_response(response(9), rejected, NOW + 4000)) == Reason.CLOCK_DIFFERS


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (412, "BADTIME: our clock is about 410 s behind the server's"),
        (-4006, "BADTIME: our clock is about 4010 s ahead of the server's"),
    ],
)
def test_by_how_much_the_clocks_differ(late: int, words: str) -> None:
    rejected = judged(KEY, NOW + late)
    assert isinstance(rejected, Rejected)
    ending = read_reply(rejection_response(response(9), rejected, NOW + late), KEY, MAC, NOW)
    assert isinstance(ending, Ending)
    assert ending.cause == words
    assert not may_know_other_secret(ending)


@pytest.mark.parametrize(
    "key", [Key(KEY.name, KEY.algorithm, b"t" * 32), Key(b"\x05other\0", KEY.algorithm, b"s" * 32)]
)
def test_a_server_may_know_the_keys_other_secret(key: Key) -> None:
    rejected = judged(key, NOW)
    assert isinstance(rejected, Rejected)
    assert may_know_other_secret(read_reply(rejection_response(response(9), rejected, NOW), KEY, MAC, NOW))


@pytest.mark.parametrize("octets", [response(), response(2), response(8), b""])
def test_what_says_nothing_of_the_secret_is_no_reason_to_try_another(octets: bytes) -> None:
    assert not may_know_other_secret(read_reply(octets, KEY, MAC, NOW))
    assert not may_know_other_secret(5)


@pytest.mark.parametrize("rcode", [5, 9])
def test_powerdns_says_without_a_word_that_it_knows_another_secret(rcode: int) -> None:
    assert may_know_other_secret(read_reply(response(rcode), KEY, MAC, NOW))


@pytest.mark.parametrize("octets", [b"", b"\0\7", response(flags=0x2800), response(flags=0x8000)])
def test_what_is_no_reply_to_an_update(octets: bytes) -> None:
    assert reason_of(octets) == Reason.REPLY_UNVERIFIED
    ending = read_reply(octets, None, b"", NOW)
    assert isinstance(ending, Ending)


def test_without_a_key_the_rcode_is_believed() -> None:
    assert read_reply(response(5), None, b"", NOW) == 5
