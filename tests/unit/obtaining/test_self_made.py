"""What a DHCPv6 server is told of self-made addresses, and when again (RFC 9686). Time and chance are the test's."""

from __future__ import annotations

import math

import pytest

from tenure.dhcpwire.v6.association import build_address
from tenure.dhcpwire.v6.codes import MessageType, Option
from tenure.dhcpwire.v6.request import build_request, options_in
from tenure.obtaining.lease import ENDLESS, Send
from tenure.obtaining.self_made import MOST_MESSAGES, SHARE, STATIC_SECONDS, Address, SelfMade
from tenure.obtaining.wish import Flag, Wish

DUID = b"\0\4" + bytes([0x5A]) * 16
WISH = Wish(bytes(6), DUID, bytes(4), (b"pc", b"test"), True, frozenset({Flag.N}))
ONE, TWO = bytes.fromhex("fd77" + "0" * 26 + "07"), bytes.fromhex("fd77" + "0" * 26 + "08")


def made() -> SelfMade:
    return SelfMade(WISH, lambda: 0.5)


def read(send: Send) -> tuple[bytes, int, int]:
    """Address and lifetimes of a message, which comes from that address."""
    assert send.octets[0] == MessageType.ADDR_REG_INFORM
    options = options_in(send.octets[4:])
    codes = [code for code, _ in options]
    assert not {Option.SERVER_ID, Option.ORO} & {*codes}  # section 4.2
    assert codes.count(Option.IAADDR) == 1
    found = dict(options)
    assert (found[Option.CLIENT_ID], found[Option.CLIENT_FQDN]) == (DUID, b"\4\2pc\4test\0")
    data = found[Option.IAADDR]
    assert send.source == data[:16]
    assert send.server == b""
    return data[:16], int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def reply(send: Send, address: bytes | None = None) -> bytes:
    data = dict(options_in(send.octets[4:]))[Option.IAADDR]
    told = build_address(address or data[:16], 1, 2)[4:]
    return build_request(MessageType.ADDR_REG_REPLY, send.octets[1:4], [(int(Option.IAADDR), told)])


def test_each_address_is_told_of_in_a_message_of_its_own() -> None:
    sends = made().look([Address(ONE, 60, 90), Address(TWO, ENDLESS, ENDLESS)], 5.0)
    assert [read(one) for one in sends] == [(ONE, 60, 90), (TWO, ENDLESS, ENDLESS)]


def test_it_is_said_again_with_the_lifetimes_of_then_until_it_is_answered_or_thrice() -> None:
    machine, now, left = made(), 0.0, 90
    sends = machine.look([Address(ONE, 60, left)], now)
    transactions = set()
    for _ in range(MOST_MESSAGES):
        (one,) = sends
        assert read(one)[2] == left
        transactions.add(one.octets[1:4])
        left -= math.ceil(machine.next_at - now)
        now = machine.next_at
        sends = machine.look([Address(ONE, 60, left)], now)
    assert (sends, len(transactions)) == ([], 1)
    assert machine.next_at == math.inf
    assert machine.answered() == []


def test_an_answer_ends_it() -> None:
    machine = made()
    (one,) = machine.look([Address(ONE, 60, 90)], 0.0)
    assert not machine.hear(reply(one, TWO), 0.5)
    assert not machine.hear(reply(one)[:1] + b"\1\2\3" + reply(one)[4:], 0.5)
    assert not machine.hear(one.octets, 0.5)
    assert not machine.hear(b"\x25\0\0", 0.5)
    assert machine.hear(reply(one), 0.5)
    assert machine.answered() == [ONE]
    assert not machine.hear(reply(one), 0.6)
    assert machine.next_at == math.inf
    assert machine.look([Address(ONE, 59, 89)], 1.0) == []


def test_an_end_that_moves_is_told_of_at_four_fifths_of_what_was_told() -> None:
    machine = made()
    (one,) = machine.look([Address(ONE, 1000, 1000)], 0.0)
    machine.hear(reply(one), 0.0)
    assert machine.look([Address(ONE, 905, 905)], 100.0) == []  # half a percent, by delays
    assert machine.next_at == math.inf
    assert machine.look([Address(ONE, 1000, 1000)], 100.0) == []
    assert machine.next_at == pytest.approx(SHARE * 1000.0)  # the chance of this test spreads nothing
    assert machine.look([Address(ONE, 1000, 1000)], 200.0) == []
    (again,) = machine.look([Address(ONE, 400, 400)], machine.next_at)
    assert read(again) == (ONE, 400, 400)
    assert again.octets[1:4] == one.octets[1:4]  # by this test's chance
    machine.hear(reply(again), 801.0)
    assert machine.next_at == math.inf


def test_one_without_an_end_is_told_of_every_four_hours() -> None:
    machine = made()
    (one,) = machine.look([Address(ONE, ENDLESS, ENDLESS)], 0.0)
    machine.hear(reply(one), 0.0)
    assert machine.next_at == pytest.approx(STATIC_SECONDS)
    assert machine.look([Address(ONE, ENDLESS, ENDLESS)], 100.0) == []
    assert len(machine.look([Address(ONE, ENDLESS, ENDLESS)], machine.next_at)) == 1


def test_what_is_due_soon_goes_out_with_what_is_due() -> None:
    machine = made()
    for at, address in ((0.0, [ONE]), (30.0, [ONE, TWO])):
        for one in machine.look([Address(each, ENDLESS, ENDLESS) for each in address], at):
            machine.hear(reply(one), at)
    both = [Address(ONE, ENDLESS, ENDLESS), Address(TWO, ENDLESS, ENDLESS)]
    assert [read(one)[0] for one in machine.look(both, machine.next_at)] == [ONE, TWO]


def test_what_is_gone_is_forgotten_and_what_is_given_up_is_withdrawn() -> None:
    machine = made()
    machine.look([Address(ONE, 60, 90), Address(TWO, 60, 90)], 0.0)
    machine.look([Address(ONE, 60, 90)], 0.5)
    assert [read(one) for one in machine.withdraw([ONE, TWO], 1.0)] == [(ONE, 0, 0)]
    assert machine.next_at == math.inf


def test_on_another_link_all_is_told_anew() -> None:
    machine = made()
    (one,) = machine.look([Address(ONE, 60, 90)], 0.0)
    machine.hear(reply(one), 0.5)
    machine.forget()
    assert len(machine.look([Address(ONE, 60, 90)], 1.0)) == 1
