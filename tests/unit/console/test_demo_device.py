"""A simulated device, message by message."""

from __future__ import annotations

from itertools import count

from tenure.console.demo.device import MAX_TRIES, RETRY_SECONDS, Bound, Device, Refused, Silent, Stage
from tenure.console.demo.messages import Kind, Reply, octets_of
from tenure.console.demo.wish import Manner

SERVER = bytes([127, 0, 0, 1])


def device(**changes: object) -> Device:
    xids = count(1)
    made = Device(
        bytes.fromhex("020000000080"),
        "host",
        Manner.HOST_NAME,
        0,
        ("10.1.0.1", "10.2.0.1"),
        "example.test.",
        lambda: next(xids),
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def reply(kind: Kind, to: Device, address: str = "10.1.0.7") -> Reply:
    name = {12: b"host.example.test"} if kind is Kind.ACK else {}
    return Reply(kind, to.xid, address, {54: SERVER, 51: bytes([0, 0, 0, 20]), **name})


def options_of(octets: bytes) -> dict[int, bytes]:
    found = {}
    rest = octets[240:]
    while rest[0] != 255:
        found[rest[0]], rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
    return found


def bound(**changes: object) -> Device:
    made = device(**changes)
    made.join(0.0)
    made.receive(reply(Kind.OFFER, made), 0.1)
    made.receive(reply(Kind.ACK, made), 0.2)
    return made


def test_it_joins() -> None:
    ours = device()
    assert options_of(ours.join(0.0))[53] == bytes([Kind.DISCOVER])
    request, happening = ours.receive(reply(Kind.OFFER, ours), 0.1)
    assert request is not None
    assert happening is None
    said = options_of(request)
    assert (said[53], said[50], said[54]) == (bytes([Kind.REQUEST]), octets_of("10.1.0.7"), SERVER)
    assert request[24:28] == octets_of("10.1.0.1")
    octets, happening = ours.receive(reply(Kind.ACK, ours), 0.2)
    assert octets is None
    assert isinstance(happening, Bound)
    held = happening.held
    assert (held.address, held.told.name, held.ends_at) == ("10.1.0.7", "host.example.test.", 20.2)
    assert happening.stage is Stage.REQUESTING
    assert ours.is_bound


def test_it_renews_by_itself_and_tells_its_new_name() -> None:
    ours = bound()
    assert ours.wake(5.0) == (None, None)
    ours.label = "other"
    octets, _ = ours.wake(ours.renew_at)
    assert octets is not None
    said = options_of(octets)
    assert (said[53], said[12]) == (bytes([Kind.REQUEST]), b"other")
    assert not {50, 54} & said.keys()  # RENEWING has neither (RFC 2131 section 4.3.6)
    assert octets[12:16] == octets_of("10.1.0.7")


def test_it_asks_for_its_address_again_where_it_is_now_and_starts_over_when_refused() -> None:
    ours = bound()
    ours.network = 1
    octets = ours.reboot(3.0)
    said = options_of(octets)
    assert octets[24:28] == octets_of("10.2.0.1")
    assert said[50] == octets_of("10.1.0.7")
    assert 54 not in said
    discover, happening = ours.receive(reply(Kind.NAK, ours), 3.1)
    assert happening == Refused("10.1.0.7")
    assert discover is not None
    assert options_of(discover)[53] == bytes([Kind.DISCOVER])


def test_a_reply_to_another_message_is_not_taken() -> None:
    ours = device()
    ours.join(0.0)
    stale = reply(Kind.OFFER, ours)._replace(xid=999)
    assert ours.receive(stale, 0.1) == (None, None)
    assert ours.receive(reply(Kind.ACK, ours), 0.1) == (None, None)  # no ACK before a REQUEST


def test_it_repeats_itself_and_at_last_starts_over() -> None:
    ours = device()
    first = ours.join(0.0)
    now = 0.0
    for _ in range(MAX_TRIES - 1):
        assert ours.wake(now + RETRY_SECONDS / 2) == (None, None)
        now += RETRY_SECONDS
        assert ours.wake(now) == (first, None)
    again, happening = ours.wake(now + RETRY_SECONDS)
    assert happening == Silent(Stage.SELECTING)
    assert again is not None
    assert again != first


def test_it_releases_to_its_server() -> None:
    ours = bound()
    octets = ours.release(3.0)
    said = options_of(octets)
    assert (said[53], said[54], octets[12:16]) == (bytes([Kind.RELEASE]), SERVER, octets_of("10.1.0.7"))
    assert not ours.is_bound
    assert ours.wake(100.0) == (None, None)


def test_who_vanished_says_nothing() -> None:
    ours = bound()
    ours.vanish()
    assert not ours.is_bound
    assert ours.wake(100.0) == (None, None)


def test_a_client_identifier_is_in_every_message() -> None:
    ours = bound(client_id=b"\xff\0\0\0\1\0\3\0\1abcdef")
    messages = [ours.renew(1.0), ours.reboot(2.0), ours.release(3.0), device(client_id=ours.client_id).join(0.0)]
    assert {options_of(octets)[61] for octets in messages} == {ours.client_id}
