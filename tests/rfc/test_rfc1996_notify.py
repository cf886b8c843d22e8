"""RFC 1996: who is told of changes, how often and until when; whose NOTIFY a secondary zone heeds."""

from __future__ import annotations

from ipaddress import ip_network

import dns.flags
import dns.message
import dns.opcode
import dns.tsigkeyring
import dns.update
import pytest
from zone_view import MemoryZone

from tenure.authority.following import Forward, Heard
from tenure.authority.notify import MOST_SENDINGS, Notice, NotifySchedule, build_notify, is_answer, refusal_in
from tenure.authority.request import Reply
from tenure.authority.respond import Refused, respond
from tenure.authority.settings import RemoteServer, ZoneSettings
from tenure.authority.zones import ServedZone
from tenure.dnswire.message import QR, parse_message
from tenure.dnswire.name import from_text
from tenure.serving.transfers.notify import servers_to_tell

ZONE = from_text("example.test.")
SERVER = RemoteServer("192.0.2.5", 53)
OTHER = RemoteServer("192.0.2.6", 53)
SOA = 300, bytes(2) + (5).to_bytes(4, "big") + bytes(16)
NEWER = 300, bytes(2) + (6).to_bytes(4, "big") + bytes(16)


def test_the_message_is_what_section_3_7_says() -> None:
    found = dns.message.from_wire(build_notify(7, Notice(ZONE, SERVER, SOA)))
    assert found.id == 7
    assert found.opcode() == dns.opcode.NOTIFY
    assert found.flags & dns.flags.AA
    assert found.question[0].to_text() == "example.test. IN SOA"
    assert found.answer[0][0].serial == 5


def test_a_change_is_told_at_once_and_those_of_the_next_second_together() -> None:
    schedule = NotifySchedule()
    schedule.changed(ZONE, SOA, [SERVER, OTHER], 10.0)
    first = list(schedule.due(10.0))
    assert {notice.server for notice in first} == {SERVER, OTHER}
    for notice in first:
        assert schedule.answered(notice)
    for tenth in range(1, 9):
        schedule.changed(ZONE, NEWER, [SERVER], 10.0 + tenth / 10)
        assert list(schedule.due(10.0 + tenth / 10)) == []
    assert schedule.next_at == 11.0
    assert list(schedule.due(11.0)) == [Notice(ZONE, SERVER, NEWER)]


def test_it_is_repeated_less_and_less_often_and_then_given_up() -> None:
    schedule = NotifySchedule()
    schedule.changed(ZONE, SOA, [SERVER], 0.0)
    sent = [second for second in range(200) for _ in schedule.due(float(second))]
    assert sent == [0, 2, 6, 14, 30, 62]
    assert len(sent) == MOST_SENDINGS
    assert schedule.given_up(125.0) == []
    assert schedule.given_up(126.0) == [Notice(ZONE, SERVER, SOA)]
    assert schedule.next_at is None


def test_an_answer_to_an_older_notice_is_none_to_the_newer() -> None:
    schedule = NotifySchedule()
    schedule.changed(ZONE, SOA, [SERVER], 0.0)
    (old,) = schedule.due(0.0)
    schedule.changed(ZONE, NEWER, [SERVER], 0.5)
    assert not schedule.answered(old)
    assert list(schedule.due(1.0)) == [Notice(ZONE, SERVER, NEWER)]


def answer(rcode: int = 0, flags: int = QR) -> bytes:
    octets = bytearray(build_notify(7, Notice(ZONE, SERVER, SOA)))
    octets[2:4] = (int.from_bytes(octets[2:4], "big") | flags | rcode).to_bytes(2, "big")
    return bytes(octets)


def test_noerror_and_notimp_are_heard_and_refused_is_not() -> None:
    notice = Notice(ZONE, SERVER, SOA)
    assert is_answer(parse_message(answer()), notice)
    assert not is_answer(parse_message(answer(flags=0)), notice)
    assert refusal_in(parse_message(answer())) is None
    assert refusal_in(parse_message(answer(4))) is None
    assert refusal_in(parse_message(answer(5))) == "it answered REFUSED"


TEXT = """\
@ 300 SOA ns1 root. 5 60 10 3600 60
@ 300 NS ns1
@ 300 NS ns2
@ 300 NS elsewhere.invalid.
ns1 300 A 192.0.2.1
ns2 300 A 192.0.2.2
ns2 300 AAAA 2001:db8::2
"""


def served(**settings: object) -> dict[bytes, ServedZone]:
    zone = MemoryZone.from_text("example.test.", TEXT)
    return {ZONE: ServedZone(ZoneSettings(ZONE, **settings), zone)}  # type: ignore[arg-type]  # by name


def test_name_servers_are_told_by_setting_but_the_primary_of_the_soa() -> None:
    """Section 2.1: the notify set is the NS RRset without the server that the SOA names."""
    assert servers_to_tell(ZoneSettings(ZONE, also_notify=(SERVER,)), served()) == [SERVER]
    told = servers_to_tell(ZoneSettings(ZONE, also_notify=(SERVER,), notify_names=True), served())
    assert told == [SERVER, RemoteServer("192.0.2.2", 53), RemoteServer("2001:db8::2", 53)]


@pytest.mark.parametrize(("client", "is_heeded"), [("192.0.2.5", True), ("192.0.2.9", False)])
def test_a_secondary_zone_heeds_its_primaries_only(client: str, is_heeded: bool) -> None:
    """Section 3.10."""
    found = respond(
        build_notify(7, Notice(ZONE, SERVER, SOA)), served(primaries=(SERVER,)), {}, client, 0.0, stream=False
    )
    if is_heeded:
        assert isinstance(found, Heard)
        assert [zone.name for zone in found.zones] == [ZONE]
        assert dns.message.from_wire(found.octets).rcode() == 0
    else:
        assert isinstance(found, Reply)
        assert dns.message.from_wire(found.octets).rcode() == 5


def test_an_update_of_a_secondary_zone_is_refused_or_passed_on() -> None:
    """RFC 2136 section 6: with a signature that is not known here too, which the primary will judge."""
    update = dns.update.UpdateMessage("example.test.", keyring=dns.tsigkeyring.from_text({"unknown.": "c2VjcmV0"}))
    update.add("new", 60, "A", "192.0.2.7")
    octets = update.to_wire()
    zones = served(primaries=(SERVER,))
    assert isinstance(respond(octets, zones, {}, "192.0.2.9", 0.0, stream=True), Refused)
    network = ip_network("192.0.2.0/24")
    zones = served(primaries=(SERVER,), forwarding_networks=(network,))
    assert isinstance(respond(octets, zones, {}, "192.0.2.9", 0.0, stream=True), Forward)
    assert isinstance(respond(octets, zones, {}, "198.51.100.9", 0.0, stream=True), Refused)
