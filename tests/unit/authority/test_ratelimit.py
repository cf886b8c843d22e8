"""Response rate limiting: whose account a reply is on, what is held back, and what goes out of that."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from dns_exchange import KEY, NOW, Authority
from dns_service import running

from tenure.authority.ratelimit import RateLimiter
from tenure.authority.server_settings import CookieSettings, RateLimits, ServerSettings
from tenure.signing.tsig import sign_request

TEXT = """
@ 300 NS ns
ns 300 A 192.0.2.1
host 300 A 192.0.2.10
*.wild 300 A 192.0.2.11
sub 300 NS ns.sub
ns.sub 300 A 192.0.2.12
"""
ATTACKED = "198.51.100.7"


def reply_to(name: str, rtype: str = "A", *, signed: bool = False, opcode: int = 0) -> bytes:
    message = dns.message.make_query(name, rtype, use_edns=0, id=7)
    message.set_opcode(opcode)
    octets = message.to_wire()
    return Authority(TEXT).send(sign_request(octets, KEY, NOW)[0] if signed else octets)


def sent(limiter: RateLimiter, replies: list[bytes], client: str = ATTACKED, at: float = NOW) -> list[bytes]:
    return [limited.octets for limited in (limiter.limit(reply, client, at) for reply in replies) if limited.octets]


HOST = reply_to("host.example.test.")


def limiter(**limits: object) -> RateLimiter:
    return RateLimiter(RateLimits(**{"responses_per_second": 5, "slip": 0, **limits}))  # type: ignore[arg-type]


def test_so_many_a_second_and_no_more() -> None:
    one = limiter()
    assert sent(one, [HOST] * 20) == [HOST] * 5
    assert sent(one, [HOST] * 20, at=NOW + 1) == []  # it still owes what it asked for too much
    assert sent(one, [HOST] * 20, at=NOW + 100) == [HOST] * 5


@pytest.mark.parametrize(("after", "count"), [(2, 0), (3, 1), (8, 5)])
def test_the_window_bounds_what_is_owed(after: int, count: int) -> None:
    """A flood of any size is forgotten `window` seconds later."""
    one = limiter(window=2)
    sent(one, [HOST] * 1000)
    assert len(sent(one, [HOST] * (1 if count == 1 else 9), at=NOW + after)) == count


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("host.example.test. A", "host.example.test. A", True),
        ("HOST.example.test. A", "host.example.test. A", True),
        ("host.example.test. A", "ns.example.test. A", False),
        ("a.example.test. A", "b.example.test. AAAA", True),  # denials of one zone
        ("host.example.test. TXT", "host.example.test. MX", True),  # a name without the types
        ("host.example.test. TXT", "ns.example.test. TXT", False),
        ("a.sub.example.test. A", "b.sub.example.test. A", True),  # referrals to one zone
        ("a.example.org. A", "b.example.com. A", True),  # errors
        ("a.example.test. A", "host.example.test. TXT", False),
    ],
)
def test_which_replies_share_an_account(first: str, second: str, together: bool) -> None:
    one = limiter(responses_per_second=1)
    assert len(sent(one, [reply_to(*first.split())])) == 1
    assert len(sent(one, [reply_to(*second.split())])) == (0 if together else 1)


def test_networks_are_told_apart_by_their_prefix() -> None:
    one = limiter(responses_per_second=1)
    assert [len(sent(one, [HOST], client)) for client in ("192.0.2.1", "192.0.2.200", "192.0.3.1")] == [1, 0, 1]
    places = ("2001:db8::1", "2001:db8:0:ff::1", "2001:db8:0:100::1")
    assert [len(sent(one, [HOST], client)) for client in places] == [1, 0, 1]
    one = limiter(responses_per_second=1, ipv4_prefix_length=32)
    assert [len(sent(one, [HOST], client)) for client in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("referrals_per_second", "a.sub.example.test."),
        ("nodata_per_second", "host.example.test."),
        ("nxdomains_per_second", "no.example.test."),
        ("errors_per_second", "example.org."),
    ],
)
def test_kinds_have_limits_of_their_own(word: str, name: str) -> None:
    reply = reply_to(name, "MX")
    assert len(sent(limiter(), [reply] * 9)) == 5
    assert len(sent(limiter(**{word: 2}), [reply] * 9)) == 2
    assert len(sent(limiter(**{word: 0}), [reply] * 9)) == 9
    assert len(sent(limiter(**{word: 2}), [HOST] * 9)) == 5


def test_all_replies_to_a_network_together() -> None:
    one = limiter(responses_per_second=0, all_per_second=3, slip=1)
    replies = [reply_to(f"h{number}.wild.example.test.") for number in range(9)]
    assert sent(one, replies) == replies[:3]  # and none slips


@pytest.mark.parametrize(("slip", "slipped"), [(0, 0), (1, 12), (2, 6), (3, 4)])
def test_some_slip_through_without_records(slip: int, slipped: int) -> None:
    found = [dns.message.from_wire(reply) for reply in sent(limiter(slip=slip), [HOST] * 17)]
    short = [message for message in found if message.flags & dns.flags.TC]
    assert (len(found), len(short)) == (5 + slipped, slipped)
    assert all((m.id, m.edns, m.answer, str(m.question[0].name)) == (7, 0, [], "host.example.test.") for m in short)


def test_an_error_slips_through_as_it_is() -> None:
    refused = reply_to("example.org.")
    assert sent(limiter(responses_per_second=1, slip=1), [refused] * 3) == [refused] * 3


def test_who_is_exempt() -> None:
    one = limiter(exempt_clients=(ip_network("198.51.100.0/24"), ip_network("2001:db8::/32")))
    assert len(sent(one, [HOST] * 9)) == 9
    assert len(sent(one, [HOST] * 9, "2001:db8::1")) == 9
    assert len(sent(one, [HOST] * 9, "192.0.2.1")) == 5


def test_what_is_signed_is_not_held_back_and_a_rejected_signature_is() -> None:
    signed = reply_to("host.example.test.", signed=True)
    assert len(sent(limiter(), [signed] * 9)) == 9
    octets = dns.message.make_query("host.example.test.", "A").to_wire()
    unknown = sign_request(octets, type(KEY)(b"\1x\0", KEY.algorithm, KEY.secret), NOW)[0]
    assert len(sent(limiter(), [Authority(TEXT).send(unknown)] * 9)) == 5


def test_what_cannot_be_read_is_passed_on() -> None:
    """A primary's reply to a forwarded update goes to its requestor as it came."""
    assert len(sent(limiter(), [HOST[:20]] * 9)) == 9


def test_log_only_counts_and_sends() -> None:
    one = limiter(log_only=True)
    found = [one.limit(HOST, ATTACKED, NOW) for _ in range(9)]
    assert [limited.held_back for limited in found] == [False] * 5 + [True] * 4
    assert all(limited.octets == HOST for limited in found)


def test_accounts_are_bounded_and_the_oldest_goes() -> None:
    one = limiter(responses_per_second=1, max_table_size=10)
    for number in range(100):
        sent(one, [HOST], f"10.0.{number}.1")
    assert len(one._accounts) == 10
    assert sent(one, [HOST], "10.0.99.1") == []
    assert len(sent(one, [HOST], "10.0.1.1")) == 1


def test_over_the_wire(tmp_path: Path) -> None:
    """UDP is limited, also what is ready; TCP and who has a good cookie are not."""
    settings = ServerSettings(
        cookies=CookieSettings(secrets=(bytes(16),)),
        rate_limit=RateLimits(responses_per_second=2, slip=1, window=3600),
    )
    with running(tmp_path, server=settings) as service:
        replies = [service.ask("host.example.test.") for _ in range(20)]
        short = [bool(reply.flags & dns.flags.TC) for reply in replies]
        assert 2 <= short.count(False) <= 4  # a second may have passed
        assert short[-1]
        assert not service.ask("host.example.test.", tcp=True).flags & dns.flags.TC
        options = [dns.edns.GenericOption(10, b"cookies!")]
        query = dns.message.make_query("host.example.test.", "A", use_edns=0, options=options)
        first = dns.message.from_wire(service.send(query.to_wire()))
        assert first.flags & dns.flags.TC
        query.use_edns(0, options=[option for option in first.options if option.otype == 10])
        again = [dns.message.from_wire(service.send(query.to_wire())) for _ in range(5)]
        assert not any(reply.flags & dns.flags.TC for reply in again)
        assert service.report.counts["replies_held_back"] >= 15
