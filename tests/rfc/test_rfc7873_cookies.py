"""RFC 7873 and RFC 9018: cookies, which tell a requestor that was seen at its address from one that forges it."""

from __future__ import annotations

import time
from pathlib import Path

import dns.edns
import dns.message
import dns.rcode
import dns.update
import pytest
from dns_exchange import KEY, KEYS, NOW
from dns_service import Running, running
from zone_view import MemoryZone, served

from tenure.authority.cookie import SECRET_SECONDS, Cookies, derived_secrets, fixed_secrets, server_cookie, siphash24
from tenure.authority.request import OwnOptions, Reply
from tenure.authority.respond import Refused, respond
from tenure.authority.server_settings import CookieSettings, ServerSettings
from tenure.dnswire.message import parse_message
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request

SECRET = bytes(range(16))
CLIENT = bytes.fromhex("2464c4abcf10c957")
ADDRESS = "192.0.2.77"
ZONES = served(MemoryZone.from_text("example.test.", "@ 300 NS ns\nhost 300 A 192.0.2.10\n"))


def query(cookie: bytes | None, name: str = "host.example.test.", opcode: int = 0) -> dns.message.Message:
    options = [] if cookie is None else [dns.edns.GenericOption(10, cookie)]
    message = dns.message.make_query(name, "SOA" if opcode else "A", use_edns=0, options=options)
    message.set_opcode(opcode)
    return message


def ask(
    octets: bytes, *, required: bool = False, stream: bool = False, now: float = NOW, client: str = ADDRESS
) -> dns.message.Message:
    own = OwnOptions(Cookies(fixed_secrets([SECRET, b"!" * 16]), required=required))
    response = respond(octets, ZONES, KEYS, client, now, stream=stream, own=own)
    assert isinstance(response, Reply | Refused)
    return dns.message.from_wire(response.octets if isinstance(response, Reply) else response.reply(now, None))


def cookies_in(message: dns.message.Message) -> list[bytes]:
    return [option.to_wire() for option in message.options if option.otype == 10]


def good(now: float = NOW, client: str = ADDRESS, secret: bytes = SECRET) -> bytes:
    return CLIENT + server_cookie(secret, CLIENT, client, int(now) & 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("secret", "cookie", "client", "expected"),
    [  # RFC 9018 appendix A; the time is in the cookie
        ("e5e973e5a6b2a43f48e7dc849e37bfcf", "2464c4abcf10c957", "198.51.100.100", "010000005cf79f111f8130c3eee29480"),
        ("e5e973e5a6b2a43f48e7dc849e37bfcf", "2464c4abcf10c957", "198.51.100.100", "010000005cf7a871d4a564a1442aca77"),
        ("e5e973e5a6b2a43f48e7dc849e37bfcf", "fc93fc62807ddb86", "203.0.113.203", "010000005cf7a9acf73a7810aca2381e"),
        (
            "dd3bdf9344b678b185a6f5cb60fca715",
            "22681ab97d52c298",
            "2001:db8:220:1:59de:d0f4:8769:82b8",
            "010000005cf7c57926556bd0934c72f8",
        ),
        (
            "445536bcd2513298075a5d379663c962",
            "22681ab97d52c298",
            "2001:db8:220:1:59de:d0f4:8769:82b8",
            "010000005cf7c609a6bb79d16625507a",
        ),
    ],
)
def test_vectors(secret: str, cookie: str, client: str, expected: str) -> None:
    made_at = int(expected[8:16], 16)
    assert server_cookie(bytes.fromhex(secret), bytes.fromhex(cookie), client, made_at).hex() == expected
    cookies = Cookies(fixed_secrets([bytes.fromhex(secret)]))
    assert cookies.is_good(bytes.fromhex(cookie + expected), client, made_at + 60)
    assert cookies.answer(bytes.fromhex(cookie), client, made_at).hex() == cookie + expected


def test_siphash() -> None:
    """A vector of its authors: key 00..0f, message 00..0e."""
    assert siphash24(bytes(range(16)), bytes(range(15))).hex() == "e545be4961ca29a1"


@pytest.mark.parametrize("length", [8, 16, 24, 40])
@pytest.mark.parametrize("stream", [False, True])
def test_a_cookie_is_answered_with_ours(length: int, stream: bool) -> None:
    reply = ask(query(CLIENT + bytes(length - 8)).to_wire(), stream=stream)
    assert cookies_in(reply) == [good()]
    assert reply.rcode() == 0
    assert len(reply.answer) == 1


@pytest.mark.parametrize("opcode", [4, 5])
def test_every_kind_of_request_is_answered_with_one(opcode: int) -> None:
    assert cookies_in(ask(query(CLIENT, opcode=opcode).to_wire())) == [good()]


def test_no_cookie_no_cookie() -> None:
    assert cookies_in(ask(query(None).to_wire())) == []


def test_of_several_the_first_counts() -> None:
    message = dns.message.make_query(
        "host.example.test.",
        "A",
        use_edns=0,
        options=[dns.edns.GenericOption(10, CLIENT), dns.edns.GenericOption(10, b"another!")],
    )
    assert cookies_in(ask(message.to_wire())) == [good()]


def test_a_version_of_edns_that_is_not_known_and_a_bad_signature_get_one_too() -> None:
    message = query(CLIENT)
    message.use_edns(1, options=[dns.edns.GenericOption(10, CLIENT)])
    assert cookies_in(ask(message.to_wire())) == [good()]
    octets, _mac = sign_request(query(CLIENT).to_wire(), Key(b"\1x\0", KEY.algorithm, KEY.secret), NOW)
    own = OwnOptions(Cookies(fixed_secrets([SECRET])))
    response = respond(octets, ZONES, KEYS, ADDRESS, NOW, stream=False, own=own)
    assert isinstance(response, Reply)
    edns = parse_message(response.octets).edns
    assert edns is not None
    assert edns.options == ((10, good()),)


@pytest.mark.parametrize(
    ("cookie", "rcode"),
    [
        (None, "NOERROR"),  # whoever knows nothing of cookies is answered as ever
        (good(), "NOERROR"),
        (good(secret=b"!" * 16), "NOERROR"),  # made by a server that was told the new secret before us
        (good(NOW - 3599), "NOERROR"),
        (good(NOW + 299), "NOERROR"),
        (CLIENT, "BADCOOKIE"),
        (good(NOW - 3601), "BADCOOKIE"),
        (good(NOW + 301), "BADCOOKIE"),
        (good(client="192.0.2.78"), "BADCOOKIE"),
        (good(secret=b"?" * 16), "BADCOOKIE"),
        (good()[:-1] + bytes([good()[-1] ^ 1]), "BADCOOKIE"),
        (CLIENT[::-1] + good()[8:], "BADCOOKIE"),
        (CLIENT + b"\2" + good()[9:], "BADCOOKIE"),  # a version that we do not make
        (good() + bytes(8), "BADCOOKIE"),
    ],
)
def test_where_cookies_are_required(cookie: bytes | None, rcode: str) -> None:
    octets = query(cookie).to_wire()
    reply = ask(octets, required=True)
    assert dns.rcode.to_text(reply.rcode()) == rcode
    assert len(reply.answer) == (1 if rcode == "NOERROR" else 0)
    found = cookies_in(reply)
    assert [c[:8] for c in found] == ([] if cookie is None else [cookie[:8]])
    assert all(Cookies(fixed_secrets([SECRET])).is_good(c, ADDRESS, NOW) for c in found)
    assert ask(octets, required=False).rcode() == 0


def test_the_reserved_bits_are_part_of_what_is_digested() -> None:
    """RFC 9018 section 4.2: a cookie in which they are set is good when the digest says so."""
    head = CLIENT + b"\1\xab\xcd\xef" + int(NOW).to_bytes(4, "big")
    cookie = head + siphash24(SECRET, head + bytes([192, 0, 2, 77]))
    assert ask(query(cookie).to_wire(), required=True).rcode() == 0
    assert ask(query(cookie[:9] + bytes(3) + cookie[12:]).to_wire(), required=True).rcode() == dns.rcode.BADCOOKIE


def test_who_signs_or_comes_over_tcp_needs_none() -> None:
    """RFC 7873 section 5.2.3 for TCP; a signature says more than a cookie."""
    assert ask(query(CLIENT).to_wire(), required=True, stream=True).rcode() == 0
    signed, _mac = sign_request(query(CLIENT).to_wire(), KEY, NOW)
    own = OwnOptions(Cookies(fixed_secrets([SECRET]), required=True))
    response = respond(signed, ZONES, KEYS, ADDRESS, NOW, stream=False, own=own)
    assert isinstance(response, Reply)
    assert response.octets[3] & 15 == 0


def test_an_update_is_not_turned_away_for_its_cookie() -> None:
    """Its signature is what counts, and BIND asks for cookies of queries only."""
    update = dns.update.UpdateMessage("example.test.")
    update.use_edns(0, options=[dns.edns.GenericOption(10, CLIENT)])
    own = OwnOptions(Cookies(fixed_secrets([SECRET]), required=True))
    response = respond(update.to_wire(), ZONES, KEYS, ADDRESS, NOW, stream=False, own=own)
    assert not isinstance(response, Reply)


@pytest.mark.parametrize(("cookie", "rcode"), [(CLIENT, "NOERROR"), (good(), "NOERROR"), (good(0), "BADCOOKIE")])
@pytest.mark.parametrize("required", [False, True])
def test_a_query_without_a_question_asks_for_a_cookie(cookie: bytes, rcode: str, required: bool) -> None:
    """RFC 7873 section 5.4."""
    message = query(cookie)
    message.question = []
    reply = ask(message.to_wire(), required=required)
    assert dns.rcode.to_text(reply.rcode()) == rcode
    assert cookies_in(reply) == [good()]
    message = query(None)
    message.question = []
    assert ask(message.to_wire()).rcode() == dns.rcode.FORMERR


def test_the_bits_that_a_time_has_no_room_for() -> None:
    """RFC 9018 section 4.3: times are compared by RFC 1982, so they may come round."""
    for now in (2**32 - 100.0, 2**32 + 100.0, 2**32 + 3000.0):
        reply = ask(query(good(2**32 - 200)).to_wire(), required=True, now=now)
        assert reply.rcode() == 0
        assert cookies_in(reply) == [good(now)]


def test_derived_secrets_change_with_the_day_and_cookies_outlive_it() -> None:
    midnight = SECRET_SECONDS * 20000
    first, second = Cookies(derived_secrets(b"master")), Cookies(derived_secrets(b"master"))
    before = first.answer(CLIENT, ADDRESS, midnight - 10)
    assert first.answer(CLIENT, ADDRESS, midnight - 10) == before
    assert second.is_good(before, ADDRESS, midnight + 10)
    after = second.answer(CLIENT, ADDRESS, midnight + 10)
    assert first.is_good(after, ADDRESS, midnight + 10)
    assert derived_secrets(b"master")(midnight - 1) != derived_secrets(b"master")(midnight)
    assert not Cookies(derived_secrets(b"another")).is_good(before, ADDRESS, midnight)


def test_what_is_remembered_is_bounded() -> None:
    cookies = Cookies(fixed_secrets([SECRET]))
    for number in range(10_100):
        cookies.answer(number.to_bytes(8, "big"), ADDRESS, NOW)
    assert len(cookies._made) <= 10_000


def exchange(service: Running, message: dns.message.Message) -> dns.message.Message:
    message.id = 1
    return dns.message.from_wire(service.send(message.to_wire()))


def test_answers_are_kept_for_all_cookies_together(tmp_path: Path) -> None:
    """A client with a cookie of its own gets the kept answer with its own cookie, until the answer changes."""
    with running(tmp_path, server=ServerSettings(cookies=CookieSettings(secrets=(SECRET,)))) as service:
        cookies = Cookies(fixed_secrets([SECRET]))
        plain = exchange(service, query(None))
        for number in range(10):
            client = number.to_bytes(8, "big")
            for cookie in (client, client + bytes(16), client + bytes(8)):
                reply = exchange(service, query(cookie))
                (found,) = cookies_in(reply)
                assert found[:8] == client
                assert cookies.is_good(found, "127.0.0.1", time.time())
                assert (reply.answer, reply.authority, reply.additional) == (plain.answer, [], [])
        counts = service.report.counts
        assert counts["queries_from_cache"] >= 18  # all but the first of each form, and the odd lengths
        assert len(service.service._cache._before_cookie.ready) == 1
        assert exchange(service, query(None)).answer == plain.answer
        update = dns.update.UpdateMessage("example.test.")
        update.replace("host", 300, "A", "192.0.2.99")
        signed, _mac = sign_request(update.to_wire(), KEY, time.time())
        assert service.send(signed)[3] & 15 == 0
        assert str(exchange(service, query(CLIENT)).answer[0][0]) == "192.0.2.99"


def test_a_kept_answer_is_not_for_a_wrong_cookie_where_one_is_required(tmp_path: Path) -> None:
    settings = ServerSettings(cookies=CookieSettings(secrets=(SECRET,), require_server_cookie=True))
    with running(tmp_path, server=settings) as service:
        first = exchange(service, query(CLIENT))
        assert first.rcode() == dns.rcode.BADCOOKIE
        (cookie,) = cookies_in(first)
        for _ in range(2):
            assert exchange(service, query(cookie)).rcode() == 0
            assert exchange(service, query(cookie[:-1] + b"!")).rcode() == dns.rcode.BADCOOKIE
        assert service.report.counts["queries_from_cache"] == 1


def test_cookies_can_be_switched_off(tmp_path: Path) -> None:
    with running(tmp_path, server=ServerSettings(cookies=CookieSettings(answer=False))) as service:
        assert cookies_in(exchange(service, query(CLIENT))) == []


def test_servers_of_one_store_take_one_anothers_cookies(tmp_path: Path) -> None:
    settings = ServerSettings(cookies=CookieSettings(require_server_cookie=True))
    with running(tmp_path, server=settings) as first, running(tmp_path, server=settings) as second:
        (cookie,) = cookies_in(exchange(first, query(CLIENT)))
        assert exchange(second, query(cookie)).rcode() == 0


def test_octets_that_only_look_like_a_cookie(tmp_path: Path) -> None:
    """A name may hold any octets, also those that an OPT record with a cookie ends with."""
    with running(tmp_path) as service:
        real = query(CLIENT).to_wire()
        service.send(real)
        forged = dns.message.make_query("x." + "\\000\\012\\000\\008" * 3 + ".example.test.", "A").to_wire()
        assert dns.message.from_wire(service.send(forged)).rcode() == dns.rcode.NXDOMAIN
        no_opt = real[:10] + b"\0\0" + real[12:]  # the same octets, and a header that says there is no OPT record
        assert service.send(no_opt)[3] & 15 == dns.rcode.FORMERR
