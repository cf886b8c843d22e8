"""Which view a request falls into, which zones a view has, and what is said to those who see something else."""

from __future__ import annotations

from ipaddress import ip_network

import dns.edns
import dns.message
import dns.update
import pytest
from dns_exchange import KEY, NOW, OTHER_KEY
from zone_view import MemoryZone

from tenure.authority.following import Heard
from tenure.authority.notify import Notice, build_notify
from tenure.authority.policy import parse_rule
from tenure.authority.request import Reply
from tenure.authority.respond import Refused, Response, Update, respond
from tenure.authority.settings import RemoteServer, ZoneSettings
from tenure.authority.transfer import Transfer
from tenure.authority.views import MOST_ADDRESSES, ClientMatch, Views, ViewSettings, choose_view, parse_client
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request

INSIDE, OUTSIDE = "10.1.2.3", "192.0.2.9"
DHCP, OTHER = KEY.name, OTHER_KEY.name


def clients(*words: str) -> tuple[ClientMatch, ...]:
    return tuple(map(parse_client, words))


@pytest.mark.parametrize(
    ("words", "address", "key", "is_taken"),
    [
        (["any"], OUTSIDE, None, True),
        (["none"], OUTSIDE, None, False),
        (["!none"], OUTSIDE, None, True),
        (["none", "any"], OUTSIDE, None, False),
        (["10.0.0.0/8"], INSIDE, None, True),
        (["10.0.0.0/8"], OUTSIDE, None, False),
        (["10.1.2.3"], INSIDE, None, True),
        (["!10.1.0.0/16", "10.0.0.0/8"], INSIDE, None, False),
        (["!10.1.0.0/16", "10.0.0.0/8"], "10.2.0.1", None, True),
        (["10.0.0.0/8", "!10.1.0.0/16"], INSIDE, None, True),
        (["!10.1.0.0/16"], "10.2.0.1", None, False),
        (["2001:db8::/32"], "2001:db8::1", None, True),
        (["2001:db8::/32"], INSIDE, None, False),
        (["fe80::/10"], "fe80::1%eth0", None, True),
        (["0.0.0.0/0"], "2001:db8::1", None, False),
        (["key dhcp."], INSIDE, DHCP, True),
        (["key dhcp."], INSIDE, OTHER, False),
        (["key dhcp."], INSIDE, None, False),
        (["key DHCP"], INSIDE, DHCP, True),
        (["!key dhcp.", "any"], INSIDE, DHCP, False),
        (["!key dhcp.", "any"], INSIDE, OTHER, True),
        (["any", "!key dhcp."], INSIDE, DHCP, True),
        (["!key other.", "key dhcp.", "10.0.0.0/8"], OUTSIDE, DHCP, True),
        (["!key other.", "key dhcp.", "10.0.0.0/8"], INSIDE, OTHER, False),
        (["!key other.", "key dhcp.", "10.0.0.0/8"], INSIDE, None, True),
    ],
)
def test_the_first_word_that_speaks_of_the_client_decides(
    words: list[str], address: str, key: Name | None, is_taken: bool
) -> None:
    assert (choose_view([ViewSettings("v", clients(*words))], address, key) == "v") is is_taken


@pytest.mark.parametrize("text", ["", "!", "key", "key a b", "10.0.0.1/8", "300.0.0.1", "inside", "! 10.0.0.0/8 x"])
def test_a_word_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no network, address or key|label|name"):
        parse_client(text)


def test_the_first_view_that_takes_a_client_has_it() -> None:
    views = [ViewSettings("a", clients("10.0.0.0/8")), ViewSettings("b", clients("10.1.0.0/16", "192.0.2.0/24"))]
    assert [choose_view(views, address, None) for address in (INSIDE, OUTSIDE, "::1")] == ["a", "b", None]


def test_a_key_of_a_view_comes_before_all_lists() -> None:
    views = [ViewSettings("a", clients("any")), ViewSettings("b", clients("none"), frozenset({DHCP}))]
    assert choose_view(views, INSIDE, DHCP) == "b"
    assert choose_view(views, INSIDE, OTHER) == "a"


PRIMARY = RemoteServer("198.51.100.1", 53)
RULES = (parse_rule("grant dhcp. zonesub ANY"), parse_rule("grant other. zonesub ANY"))


def zone(origin: str, address: str, view: str = "", **settings: object) -> ServedZone:
    text = f"@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A {address}\nalias 300 CNAME host.far.test.\n"
    content = MemoryZone.from_text(origin, text)
    networks = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    made = ZoneSettings(content.apex, RULES, view=view, transfer_networks=networks, **settings)  # type: ignore[arg-type]
    return ServedZone(made, content)


def split() -> Views:
    """`example.test.` in both views, `lab.test.` inside only, `far.test.` shared, and hidden outside."""
    return Views(
        [
            ViewSettings("inside", clients("!key other.", "10.0.0.0/8")),
            ViewSettings("outside", clients("192.0.2.0/24", "key other.")),
            ViewSettings("", (), frozenset({from_text("shared-only.")})),
        ],
        [
            zone("example.test.", "10.1.0.1", "inside"),
            zone("example.test.", "192.0.2.80", "outside"),
            zone("lab.test.", "10.1.0.2", "inside"),
            zone("far.test.", "203.0.113.1"),
            zone("far.test.", "203.0.113.2", "outside"),
            zone("follow.test.", "10.1.0.3", "inside", primaries=(PRIMARY,)),
            zone("follow.test.", "192.0.2.81", "outside", primaries=(PRIMARY,)),
        ],
    )


def sent(octets: bytes, client: str, key: Key | None = None, views: Views | None = None) -> Response:
    if key is not None:
        octets, _mac = sign_request(octets, key, NOW)
    keys = {one.name: one for one in (KEY, OTHER_KEY)}
    return respond(octets, views or split(), keys, client, NOW, stream=True)


def answer(name: str, client: str, key: Key | None = None) -> dns.message.Message:
    found = sent(dns.message.make_query(name, "A", use_edns=0).to_wire(), client, key)
    assert isinstance(found, Reply)
    return dns.message.from_wire(found.octets, keyring=False, ignore_trailing=True, continue_on_error=True)


def addresses(reply: dns.message.Message) -> list[str]:
    return [str(rdata) for rrset in reply.answer for rdata in rrset if rrset.rdtype == 1]


@pytest.mark.parametrize(
    ("name", "client", "key", "expected"),
    [
        ("host.example.test.", INSIDE, None, "10.1.0.1"),
        ("host.example.test.", OUTSIDE, None, "192.0.2.80"),
        ("host.example.test.", INSIDE, OTHER_KEY, "192.0.2.80"),
        ("host.example.test.", INSIDE, KEY, "10.1.0.1"),
        ("host.lab.test.", INSIDE, None, "10.1.0.2"),
        ("host.far.test.", INSIDE, None, "203.0.113.1"),
        ("host.far.test.", OUTSIDE, None, "203.0.113.2"),
        ("alias.example.test.", INSIDE, None, "203.0.113.1"),
        ("alias.example.test.", OUTSIDE, None, "203.0.113.2"),
        ("alias.lab.test.", INSIDE, None, "203.0.113.1"),
    ],
)
def test_answers_and_aliases_come_from_the_view(name: str, client: str, key: Key | None, expected: str) -> None:
    assert addresses(answer(name, client, key)) == [expected]


def test_a_zone_of_another_view_is_as_if_it_were_not_there() -> None:
    reply = answer("host.lab.test.", OUTSIDE)
    assert (reply.rcode(), addresses(reply)) == (5, [])
    assert [option.text for option in reply.options] == ["no zone above this name is served here"]  # type: ignore[attr-defined]


def test_a_client_that_no_view_is_for_is_refused_and_told_so() -> None:
    reply = answer("host.far.test.", "203.0.113.200")
    assert reply.rcode() == 5
    (option,) = reply.options
    assert isinstance(option, dns.edns.EDEOption)
    assert (option.code, option.text) == (18, "no view is for this client")


def update(name: str) -> bytes:
    message = dns.update.UpdateMessage(name)
    message.add("new", 60, "A", "10.1.0.9")
    return bytes(message.to_wire())


def test_an_update_is_of_the_zone_of_the_view_that_its_key_leads_to() -> None:
    for key, view in ((KEY, "inside"), (OTHER_KEY, "outside")):
        found = sent(update("example.test."), INSIDE, key)
        assert isinstance(found, Update)
        assert found.zone.view == view
    shared = sent(update("far.test."), INSIDE, KEY)
    assert isinstance(shared, Update)
    assert shared.zone.view == ""


def test_an_update_that_fell_into_the_wrong_view_is_explained_to_the_operator_only() -> None:
    found = sent(update("lab.test."), INSIDE, OTHER_KEY)
    assert isinstance(found, Refused)
    assert (found.refusal.rcode, str(found.zone)) == (9, "lab.test. in view outside")
    assert "view" not in found.refusal.reason
    assert found.refusal.more == "the request fell into view outside; lab.test. is a zone of view inside"


def test_an_update_that_no_view_takes_is_refused_with_the_reason() -> None:
    found = sent(update("lab.test."), "203.0.113.200", KEY)
    assert isinstance(found, Refused)
    assert found.refusal.rcode == 5
    assert found.refusal.reason == "no view is for 203.0.113.200"
    assert found.reply(NOW, None)[3] & 15 == 5


def test_the_key_for_shared_zones_sees_no_others() -> None:
    key = Key(from_text("shared-only."), KEY.algorithm, KEY.secret)
    octets = sign_request(update("far.test."), key, NOW)[0]
    found = respond(octets, split(), {key.name: key}, OUTSIDE, NOW, stream=True)
    assert isinstance(found, Update)
    assert found.zone.view == ""
    octets = sign_request(update("lab.test."), key, NOW)[0]
    refused = respond(octets, split(), {key.name: key}, OUTSIDE, NOW, stream=True)
    assert isinstance(refused, Refused)
    assert refused.refusal.more == "the request sees the shared zones alone; lab.test. is a zone of view inside"


@pytest.mark.parametrize(("key", "view"), [(KEY, "inside"), (OTHER_KEY, "outside"), (None, "inside")])
def test_a_transfer_is_of_the_view(key: Key | None, view: str) -> None:
    found = sent(dns.message.make_query("example.test.", "AXFR").to_wire(), INSIDE, key)
    assert isinstance(found, Transfer)
    assert found.zone.view == view


def test_a_transfer_of_a_zone_of_another_view_is_refused_as_of_none() -> None:
    found = sent(dns.message.make_query("lab.test.", "AXFR").to_wire(), OUTSIDE)
    assert isinstance(found, Refused)
    assert (found.refusal.rcode, "view" in found.refusal.reason) == (9, False)
    assert "is a zone of view inside" in found.refusal.more
    outsider = sent(dns.message.make_query("lab.test.", "AXFR").to_wire(), "203.0.113.200")
    assert isinstance(outsider, Reply)
    assert outsider.octets[3] & 15 == 5


@pytest.mark.parametrize(
    ("client", "rcode"),
    [(PRIMARY.host, 0), (INSIDE, 5), ("203.0.113.200", 5)],
    ids=["its primary, of no view", "somebody in a view", "somebody else"],
)
def test_a_notice_is_heeded_in_each_view_whose_zone_comes_from_its_sender(client: str, rcode: int) -> None:
    found = sent(build_notify(7, Notice(from_text("follow.test."), PRIMARY, (60, b"\0\0" + bytes(20)))), client)
    assert isinstance(found, Reply | Heard)
    assert found.octets[3] & 15 == rcode
    if isinstance(found, Heard):
        assert [one.view for one in found.zones] == ["inside", "outside"]
    else:
        assert rcode


def test_a_wrong_signature_leaves_the_view_to_the_address() -> None:
    forged = Key(DHCP, KEY.algorithm, b"another secret of 32 octets.....")
    found = sent(update("example.test."), OUTSIDE, forged)
    assert isinstance(found, Refused)
    assert (found.refusal.rcode, str(found.zone), found.key) == (9, "example.test. in view outside", None)


def test_what_an_address_sees_is_remembered_within_bounds() -> None:
    views = split()
    for number in range(MOST_ADDRESSES + 10):
        assert views.of(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", None).name == "inside"
    assert len(views._by_address) <= MOST_ADDRESSES
    assert views.of(OUTSIDE, None).name == "outside"


def test_without_views_everybody_sees_everything() -> None:
    views = Views((), [zone("example.test.", "10.1.0.1")])
    assert views.count == 1
    assert views.of("nobody looks at this", DHCP).zones.keys() == {from_text("example.test.")}
    found = sent(update("other.test."), INSIDE, KEY, views)
    assert isinstance(found, Refused)
    assert (found.refusal.more, str(found.zone)) == ("", "other.test.")
