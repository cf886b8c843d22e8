"""RFC 5936 section 2.2 and RFC 1995 section 4, received: what is taken, and what makes a transfer worth nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from zone_view import MemoryZone

from tenure.authority.secondary import (
    Inbound,
    Step,
    Steps,
    TransferFault,
    UpToDate,
    Whole,
    change_of_step,
    retry_at,
    times_after_refresh,
)
from tenure.authority.zone import Record
from tenure.dnswire.codes import RRType
from tenure.dnswire.message import AA, QR, TC, Message, Question, build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import build_soa_rdata
from tenure.dnswire.rr import RR

ZONE = from_text("example.test.")
HOST = from_text("host.example.test.")
ID = 77
A, NS, SOA, TXT = (int(one) for one in (RRType.A, RRType.NS, RRType.SOA, RRType.TXT))


def soa(serial: int, mname: str = "ns.example.test.") -> RR:
    return RR(ZONE, SOA, 1, 300, build_soa_rdata(from_text(mname), from_text("root."), serial, 60, 10, 3600, 60))


def a(last: int, ttl: int = 300, name: bytes = HOST) -> RR:
    return RR(name, A, 1, ttl, bytes((192, 0, 2, last)))


NAME_SERVER = RR(ZONE, NS, 1, 300, from_text("ns.example.test."))


def message(*answers: RR, flags: int = QR | AA, message_id: int = ID, zone: bytes = ZONE) -> Message:
    return parse_message(build_message(message_id, flags, [Question(zone, 252, 1)], answers))


def inbound(messages: Iterable[Message], have: int | None = None) -> Whole | Steps | UpToDate:
    stream = Inbound(ZONE, ID, have)
    for one in messages:
        assert not stream.is_complete
        stream.take(one)
    assert stream.is_complete
    return stream.content()


def test_a_whole_zone_in_several_messages() -> None:
    found = inbound([message(soa(5), NAME_SERVER), message(a(1)), message(a(2), soa(5))])
    assert isinstance(found, Whole)
    assert found.soa.rdata == soa(5).rdata
    assert [record.rtype for record in found.records] == [NS, A, A]


def test_owner_names_are_lower_cased_and_rdata_stays() -> None:
    found = inbound([message(soa(5), NAME_SERVER, a(1, name=from_text("HOST.Example.test.")), soa(5))])
    assert isinstance(found, Whole)
    assert found.records[1].name == HOST


def test_one_soa_with_our_serial_says_that_there_is_nothing_new() -> None:
    assert isinstance(inbound([message(soa(5))], have=5), UpToDate)


def test_differences_of_several_steps() -> None:
    found = inbound([message(soa(7), soa(5), a(1), soa(6), a(2)), message(soa(6), soa(7), a(3)), message(soa(7))], 5)
    assert isinstance(found, Steps)
    first, second = found.steps
    assert [record.rdata[-1] for record in (*first.deletions, *first.additions, *second.additions)] == [1, 2, 3]
    assert second.deletions == ()


def test_an_incremental_request_may_be_answered_with_the_whole_zone() -> None:
    assert isinstance(inbound([message(soa(7), NAME_SERVER, a(1), soa(7))], have=5), Whole)


def test_differences_can_be_released_as_they_come_and_nothing_is_held() -> None:
    stream, came = Inbound(ZONE, ID, 5), []
    sent = [
        [soa(7)],
        [soa(5), a(1)],
        [a(2), soa(6), a(3)],
        [a(4), soa(6), a(5), soa(7), a(6)],
        [soa(7)],
    ]
    for answers in sent:
        stream.take(message(*answers))
        came.append([record.rdata[-1] for record in stream.release()])
        assert stream.is_incremental is (len(came) > 1)
        assert stream.release() == []
    assert came == [[], [1], [2, 3], [4, 5, 6], []]
    content = stream.content()
    assert isinstance(content, Steps)
    assert (content.soa.rdata, content.steps) == (soa(7).rdata, ())


@pytest.mark.parametrize("release", [True, False])
def test_what_is_wrong_with_differences_is_seen_though_they_were_released(*, release: bool) -> None:
    stream = Inbound(ZONE, ID, 5)
    stream.take(message(soa(7), soa(5), a(1), soa(6), a(2)))
    if release:
        assert len(stream.release()) == 2
    with pytest.raises(TransferFault, match="a difference ends at serial 6, the next begins at 5"):
        stream.take(message(soa(5)))
    assert not stream.is_complete


def test_a_whole_zone_in_the_place_of_differences_is_released_as_one() -> None:
    stream = Inbound(ZONE, ID, 5)
    stream.take(message(soa(7), NAME_SERVER, a(1), soa(7)))
    assert not stream.is_incremental
    assert len(stream.release()) == 2
    assert isinstance(stream.content(), Whole)


@pytest.mark.parametrize("have", [None, 5])
def test_a_transfer_is_not_complete_before_its_last_soa(have: int | None) -> None:
    stream = Inbound(ZONE, ID, have)
    stream.take(message(soa(7), NAME_SERVER, a(1)))
    assert not stream.is_complete


def take_all(stream: Inbound, messages: Iterable[Message]) -> None:
    for one in messages:
        stream.take(one)
    stream.content()


FAULTS: dict[str, tuple[int | None, list[Message]]] = {
    "another id": (None, [message(soa(5), message_id=1)]),
    "no response": (None, [message(soa(5), flags=AA)]),
    "an RCODE": (None, [message(flags=QR | 5)]),
    "an RCODE later": (None, [message(soa(5), NAME_SERVER), message(flags=QR | 2)]),
    "cut off": (None, [message(soa(5), flags=QR | TC)]),
    "another question": (None, [message(soa(5), zone=from_text("other.test."))]),
    "no records": (None, [message()]),
    "no SOA first": (None, [message(a(1))]),
    "a name outside": (None, [message(soa(5), a(1, name=from_text("host.other.test.")))]),
    "another class": (None, [message(soa(5), a(1)._replace(rclass=3))]),
    "a type of questions": (None, [message(soa(5), a(1)._replace(rtype=255))]),
    "malformed RDATA": (None, [message(soa(5), a(1)._replace(rdata=b"\1"))]),
    "an SOA elsewhere": (None, [message(soa(5), soa(5)._replace(name=HOST))]),
    "another last SOA": (None, [message(soa(5), NAME_SERVER, soa(6))]),
    "records behind the end": (None, [message(soa(5), NAME_SERVER, soa(5), a(1))]),
    "no name server": (None, [message(soa(5), a(1), soa(5))]),
    "an older serial": (5, [message(soa(4))]),
    "differences from elsewhere": (5, [message(soa(7), soa(4), a(1))]),
    "differences that were not asked for": (None, [message(soa(7), soa(5))]),
    "a gap between differences": (5, [message(soa(8), soa(5), soa(6), a(1), soa(7))]),
    "a difference that leads back": (5, [message(soa(8), soa(5), soa(4))]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_makes_the_whole_transfer_worth_nothing(fault: str) -> None:
    have, messages = FAULTS[fault]
    with pytest.raises(TransferFault):
        take_all(Inbound(ZONE, ID, have), messages)


def record(rr: RR) -> Record:
    return Record(rr.name, rr.rtype, rr.ttl, rr.rdata)


def step(old: int, new: int, deletions: Iterable[RR] = (), additions: Iterable[RR] = ()) -> Step:
    deleted, added = tuple(map(record, deletions)), tuple(map(record, additions))
    return Step(record(soa(old)), deleted, record(soa(new)), added)


@pytest.fixture
def zone() -> MemoryZone:
    text = "@ 300 SOA ns root. 5 60 10 3600 60\n@ 300 NS ns\nhost 300 A 192.0.2.1\nalias 300 CNAME Host\n"
    return MemoryZone.from_text("example.test.", text)


def test_a_difference_becomes_a_change(zone: MemoryZone) -> None:
    change = change_of_step(step(zone_serial(zone), 6, [a(1)], [a(1, ttl=60), a(2, ttl=60)]), zone)
    assert [one.rdata[-1] for one in change.deletions] == [1]
    assert [one.ttl for one in change.additions] == [60, 60]
    assert change.soa_rdata == soa(6).rdata


def test_names_in_rdata_are_the_same_in_another_case(zone: MemoryZone) -> None:
    alias = RR(from_text("alias.example.test."), int(RRType.CNAME), 1, 300, from_text("HOST.example.test."))
    change = change_of_step(step(zone_serial(zone), 6, [alias]), zone)
    assert len(change.deletions) == 1
    assert change.deletions[0].rdata in zone.rrsets_at(alias.name)[alias.rtype][1]  # as it is here


@pytest.mark.parametrize(
    ("deletions", "additions"),
    [([a(9)], []), ([a(1), a(1)], []), ([], [a(1)]), ([], [a(2), a(2)])],
    ids=["deletes what is not there", "deletes twice", "adds what is there", "adds twice"],
)
def test_a_difference_that_does_not_fit_is_refused(zone: MemoryZone, deletions: list[RR], additions: list[RR]) -> None:
    with pytest.raises(TransferFault):
        change_of_step(step(zone_serial(zone), 6, deletions, additions), zone)


def test_a_difference_from_another_serial_is_refused(zone: MemoryZone) -> None:
    with pytest.raises(TransferFault):
        change_of_step(step(zone_serial(zone) - 1, 6, [a(1)]), zone)


def zone_serial(zone: MemoryZone) -> int:
    return int.from_bytes(zone.soa[1][-20:-16], "big")


def test_when_a_secondary_looks_again() -> None:
    """RFC 1034 section 4.3.5."""
    rdata = soa(5).rdata
    assert times_after_refresh(rdata, 1000.0, 0.0) == (1060.0, 4600.0)
    assert times_after_refresh(rdata, 1000.0, 1.0).next_at == 1045.0
    assert retry_at(rdata, 3, 1000.0, 0.0) == 1010.0
    assert [retry_at(b"", n, 0.0, 0.0) for n in (0, 1, 2, 30)] == [2.0, 4.0, 8.0, 300.0]
