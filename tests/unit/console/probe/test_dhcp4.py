"""What a probe does about each thing that servers may say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from dhcpv4 import request
from scripted_wire import Script, ScriptedWire

from tenure.console.probe.asking import Outcome, Told, follow
from tenure.console.probe.dhcp4 import Client, Start, Wish
from tenure.dhcpwire.v4.packet import parse_packet

XID = 0x12345678
MAC = bytes.fromhex("020000000a01")
ADDRESS, SERVER, OTHER = b"\x0a\1\2\x37", b"\x0a\1\0\1", b"\x0a\1\0\2"
WISH = Wish(
    xid=XID,
    hardware=MAC,
    options=((12, b"pc7"), (61, b"\1" + MAC)),
    relay=None,
    giaddr=None,
    broadcast=False,
    start=Start.DISCOVER,
    address=None,
    offer_only=False,
    renew=False,
    release=False,
    patience=0.05,
)


def reply(
    kind: int, *options: tuple[int, bytes], server: bytes = SERVER, yiaddr: bytes = ADDRESS, **fields: int
) -> bytes:
    own = (53, bytes((kind,))), (54, server), *options
    octets = request(*own, op=2, xid=fields.pop("xid", XID), **fields)
    return octets[:16] + yiaddr + octets[20:]


OFFER, ACK, NAK = reply(2), reply(5, (51, b"\0\0\x0e\x10")), reply(6, (56, b"not \x07here"), yiaddr=bytes(4))


def by_type(**answers: Sequence[bytes]) -> Script:
    """Answers by the type of the message, which is always the first option."""
    kinds = {1: "discover", 3: "request", 7: "release", 8: "inform"}
    return lambda octets: answers.get(kinds[octets[242]], ())


def talk(wish: Wish, script: Script, *, relayed: bool = True) -> tuple[Outcome, list[Told], ScriptedWire]:
    told: list[Told] = []
    wire = ScriptedWire(script)
    outcome = follow(Client(wish, wire, through_relay=relayed, one_server=relayed).talk(), told.append)
    return outcome, told, wire


def test_from_discover_to_release() -> None:
    wish = replace(WISH, renew=True, release=True, relay=b"\1\1x", options=(*WISH.options, (55, b"\1\3")))
    outcome, told, wire = talk(wish, by_type(discover=[OFFER], request=[ACK]))
    assert outcome == Outcome(
        True, "10.1.2.55 was leased by 10.1.0.1 for 3600 s, and given back; a RELEASE has no answer", "10.1.2.55"
    )
    assert [one.kind for one in told] == [
        *("DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST", "DHCPACK"),
        *("DHCPREQUEST", "DHCPACK", "DHCPRELEASE"),
    ]
    selecting, renewing, releasing = (parse_packet(octets) for octets in wire.sent[1:])
    assert list(selecting.options) == [53, 54, 50, 12, 61, 55, 82], "option 82 is the last one"
    assert (selecting.options[54], selecting.options[50], selecting.ciaddr) == (SERVER, ADDRESS, bytes(4))
    assert (renewing.ciaddr, 50 in renewing.options, 54 in renewing.options) == (ADDRESS, False, False)
    assert (releasing.ciaddr, list(releasing.options)) == (ADDRESS, [53, 54, 61, 82])
    assert {octets[24:28] for octets in wire.sent} == {wire.address}, "the relay's address"
    assert {octets[3] for octets in wire.sent} == {1}, "one hop"
    assert wire.taken[-1] == ADDRESS
    assert wire.servers == [SERVER, SERVER], "it renews and releases past the others"


def test_a_client_on_a_wire_has_no_relay_and_hears_every_server() -> None:
    wish = replace(WISH, offer_only=True, broadcast=True)
    other = reply(2, server=OTHER, yiaddr=b"\x0a\1\2\x38")
    outcome, told, wire = talk(wish, by_type(discover=[OFFER, other]), relayed=False)
    assert outcome.words == (
        "offered: 10.1.2.55 by 10.1.0.1, 10.1.2.56 by 10.1.0.2; no REQUEST was sent, so nothing is committed"
    )
    assert outcome.done
    assert [one.kind for one in told] == ["DHCPDISCOVER", "DHCPOFFER", "DHCPOFFER"]
    (discover,) = map(parse_packet, wire.sent)
    assert (discover.giaddr, discover.hops, discover.flags) == (bytes(4), 0, 0x8000)


def test_the_first_offer_is_taken() -> None:
    other = reply(2, server=OTHER)
    _, _, wire = talk(WISH, by_type(discover=[other, OFFER], request=[ACK]), relayed=False)
    assert parse_packet(wire.sent[1]).options[54] == OTHER


def test_nobody_answers() -> None:
    outcome, told, wire = talk(WISH, by_type())
    assert outcome == Outcome(False, "nobody answered DHCPDISCOVER within 0.05 s")
    assert len(wire.sent) == 3
    assert all(one.sent for one in told)


def test_an_offer_that_nobody_stands_by() -> None:
    outcome, _, _ = talk(WISH, by_type(discover=[OFFER]))
    assert outcome == Outcome(False, "nobody answered DHCPREQUEST within 0.05 s")


def test_a_refusal_is_told_in_the_servers_words_made_printable() -> None:
    outcome, told, _ = talk(WISH, by_type(discover=[OFFER], request=[NAK]))
    assert outcome == Outcome(False, "10.1.0.1 refuses: not \\x07here")
    assert told[-1].kind == "DHCPNAK"
    silent = reply(6, yiaddr=bytes(4))
    assert talk(WISH, by_type(discover=[OFFER], request=[silent]))[0].words == "10.1.0.1 refuses: it does not say why"


@pytest.mark.parametrize(
    ("octets", "note"),
    [
        (OFFER[:245], "it is malformed: option 54 runs past the end at octet 243"),
        (OFFER[:28] + b"\x04" + OFFER[29:], "it has our xid and another client's hardware address"),
        (ACK, "DHCPACK is no answer to a DISCOVER"),
        (reply(99), "a message of type 99 is no answer to a DISCOVER"),
    ],
)
def test_what_does_not_count_is_shown_with_the_reason(octets: bytes, note: str) -> None:
    outcome, told, _ = talk(replace(WISH, offer_only=True), by_type(discover=[octets, OFFER]))
    assert outcome.done
    assert [one.note for one in told] == ["", note, ""]


@pytest.mark.parametrize("octets", [reply(2, xid=XID + 1), request((53, b"\1"), xid=XID), b"", b"\2" * 300])
def test_other_peoples_messages_are_passed_over(octets: bytes) -> None:
    _, told, _ = talk(replace(WISH, offer_only=True), by_type(discover=[octets, OFFER]))
    assert [one.kind for one in told] == ["DHCPDISCOVER", "DHCPOFFER"]


def test_a_flood_of_answers_ends() -> None:
    outcome, told, _ = talk(WISH, by_type(discover=[ACK] * 1000))
    assert not outcome.done
    assert len(told) <= 3 * 65


def test_an_offer_without_a_server_identifier() -> None:
    octets = request((53, b"\2"), op=2)
    nameless = octets[:16] + ADDRESS + octets[20:]
    outcome, _, _ = talk(WISH, by_type(discover=[nameless]))
    assert outcome.words == "a server offers 10.1.2.55 without a server identifier (option 54)"


def test_rapid_commit_needs_one_answer() -> None:
    rapid = replace(WISH, options=((80, b""),))
    outcome, _, wire = talk(rapid, by_type(discover=[reply(5, (80, b""), (51, b"\xff\xff\xff\xff"))]))
    assert outcome.words == "10.1.2.55 was leased by 10.1.0.1 for ever, and stays so; --release gives it back"
    assert len(wire.sent) == 1


def test_a_client_that_reboots_names_its_address_and_no_server() -> None:
    _, _, wire = talk(replace(WISH, start=Start.REBOOT, address=ADDRESS), by_type(request=[ACK]))
    packet = parse_packet(wire.sent[0])
    assert (packet.options[50], 54 in packet.options, packet.ciaddr) == (ADDRESS, False, bytes(4))


def test_a_client_that_informs_itself_gets_no_lease() -> None:
    outcome, _, wire = talk(
        replace(WISH, start=Start.INFORM, address=ADDRESS), by_type(inform=[reply(5, yiaddr=bytes(4))]), relayed=False
    )
    assert outcome == Outcome(True, "parameters came from 10.1.0.1; nothing is leased", "10.1.2.55")
    assert parse_packet(wire.sent[0]).ciaddr == ADDRESS
    assert wire.taken == [ADDRESS]


def test_what_is_said_by_hand_goes_before_what_the_protocol_says() -> None:
    by_hand = replace(WISH, options=((54, OTHER), (50, SERVER)))
    _, _, wire = talk(by_hand, by_type(discover=[OFFER], request=[ACK]))
    assert parse_packet(wire.sent[1]).options == {53: b"\3", 54: OTHER, 50: SERVER}


def test_a_giaddr_by_hand() -> None:
    _, _, wire = talk(replace(WISH, giaddr=OTHER), by_type(discover=[OFFER], request=[ACK]))
    assert {octets[24:28] for octets in wire.sent} == {OTHER}
