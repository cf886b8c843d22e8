"""What a DHCPv6 probe does about each thing that servers may say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from dhcpv6 import NA, PD, XID, ip, message, tlv
from scripted_wire import Script, ScriptedWire

from tenure.console.probe.asking import Outcome, Told, follow
from tenure.console.probe.dhcp6 import Client, Start, Wish
from tenure.dhcpwire.v6.association import IALease

DUID, SERVER, OTHER = (b"\0\3\0\1\2\0\0\0\x0a" + bytes((last,)) for last in (1, 8, 9))
IAID = b"\0\0\0\1"
ADDRESS = "2001:db8::7"
WISH = Wish(
    transaction_id=XID,
    duid=DUID,
    iaid=IAID,
    associations=((NA, ()),),
    options=((6, b"\0\x17"),),
    link=None,
    peer=ip("fe80::1"),
    relay_options=((18, b"eth0"),),
    start=Start.SOLICIT,
    rapid=False,
    offer_only=False,
    renew=False,
    release=False,
    patience=0.05,
)
SERVER_TEXT = "DUID-LL Ethernet 02:00:00:00:0a:08"


def lease(address: str = ADDRESS, valid: int = 3600) -> bytes:
    return tlv(5, ip(address) + (valid // 2).to_bytes(4, "big") + valid.to_bytes(4, "big"))


def association(*inside: bytes, kind: int = NA) -> tuple[int, bytes]:
    return kind, IAID + b"\0\0\0\x64\0\0\0\xc8" + b"".join(inside)


def said(kind: int, *options: tuple[int, bytes], server: bytes = SERVER) -> bytes:
    return message(kind, (1, DUID), (2, server), *options)


ADVERTISE, REPLY = said(2, association(lease())), said(7, association(lease()))
NONE_LEFT = association(tlv(13, b"\0\2none is left"))


def by_type(**answers: Sequence[bytes]) -> Script:
    kinds = {1: "solicit", 3: "request", 4: "confirm", 5: "renew", 8: "release", 11: "information"}
    return lambda octets: answers.get(kinds[octets[0]], ())


def talk(wish: Wish, script: Script, *, relayed: bool = False) -> tuple[Outcome, list[Told], ScriptedWire]:
    told: list[Told] = []
    wire = ScriptedWire(script, ip("2001:db8::9"))
    outcome = follow(Client(wish, wire, through_relay=relayed).talk(), told.append)
    return outcome, told, wire


def options_of(octets: bytes) -> dict[int, bytes]:
    found, offset = {}, 4
    while offset < len(octets):
        code, size = (int.from_bytes(octets[at : at + 2], "big") for at in (offset, offset + 2))
        found[code] = octets[offset + 4 : offset + 4 + size]
        offset += 4 + size
    return found


def test_from_solicit_to_release() -> None:
    script = by_type(solicit=[ADVERTISE], request=[REPLY], renew=[REPLY], release=[said(7, (13, b"\0\0"))])
    outcome, told, wire = talk(replace(WISH, renew=True, release=True), script)
    assert outcome == Outcome(True, f"{ADDRESS} for 3600 s was leased by {SERVER_TEXT}, and given back", ADDRESS)
    assert [one.kind for one in told] == [
        *("SOLICIT", "ADVERTISE", "REQUEST", "REPLY", "RENEW", "REPLY", "RELEASE", "REPLY")
    ]
    solicit, *later = map(options_of, wire.sent)
    assert (solicit[1], solicit[NA], solicit[6], solicit[8]) == (DUID, IAID + bytes(8), b"\0\x17", b"\0\0")
    assert 2 not in solicit
    for options in later:
        assert options[2] == SERVER
        assert options[NA] == IAID + bytes(8) + lease(), "T1 and T2 are the server's"


def test_through_a_relay() -> None:
    def answer(octets: bytes) -> list[bytes]:
        inner = octets[octets.index(b"\0\x09", 34) + 4 :]
        found = {1: ADVERTISE, 3: REPLY}[inner[0]]
        return [b"\x0d\0" + octets[2:34] + tlv(18, b"eth0") + tlv(9, found)]

    outcome, told, wire = talk(WISH, answer, relayed=True)
    assert outcome.done
    assert [one.kind for one in told] == ["SOLICIT", "ADVERTISE", "REQUEST", "REPLY"]
    assert wire.sent[0][:34] == b"\x0c\0" + ip("2001:db8::9") + ip("fe80::1")
    linked, _, wire = talk(replace(WISH, link=ip("2001:db8:7::1")), answer, relayed=True)
    assert linked.done
    assert wire.sent[0][2:18] == ip("2001:db8:7::1")


def test_the_server_with_leases_and_the_highest_preference_is_taken() -> None:
    poor = said(2, NONE_LEFT, (7, b"\xff"), server=OTHER)
    better = said(2, association(lease("2001:db8::8")), (7, b"\x05"), server=OTHER)
    script = by_type(solicit=[poor, ADVERTISE, better], request=[REPLY])
    _, _, wire = talk(WISH, script)
    assert options_of(wire.sent[1])[2] == OTHER
    offered, _, _ = talk(replace(WISH, offer_only=True), by_type(solicit=[ADVERTISE, better]))
    assert offered.words == (
        f"advertised: {ADDRESS} for 3600 s by {SERVER_TEXT}; 2001:db8::8 for 3600 s by"
        " DUID-LL Ethernet 02:00:00:00:0a:09; no REQUEST was sent, so nothing is committed"
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said(2, NONE_LEFT), "no addrs avail: none is left"),
        (said(2, (13, b"\0\2")), "no addrs avail"),
        (said(2), "it grants nothing, and does not say why"),
        (said(2, association(lease(valid=0))), "it grants nothing, and does not say why"),
        (said(2, (13, b"\0\x63odd")), "status 99: odd"),
    ],
)
def test_refusals_are_told_in_the_words_of_the_status(answer: bytes, words: str) -> None:
    outcome, _, _ = talk(WISH, by_type(solicit=[answer]))
    assert outcome == Outcome(False, f"{SERVER_TEXT} refuses: {words}")


def test_nobody_answers() -> None:
    assert talk(WISH, by_type())[0] == Outcome(False, "nobody answered SOLICIT within 0.05 s")
    assert talk(WISH, by_type(solicit=[ADVERTISE]))[0].words == "nobody answered REQUEST within 0.05 s"
    leaving, _, _ = talk(replace(WISH, release=True), by_type(solicit=[ADVERTISE], request=[REPLY]))
    assert (leaving.done, leaving.words) == (
        False,
        f"{ADDRESS} for 3600 s was leased by {SERVER_TEXT}; nobody answered the RELEASE within 0.05 s",
    )


@pytest.mark.parametrize(
    ("octets", "note"),
    [
        (ADVERTISE[:-1], "it is malformed: option 3 runs past the end at octet 28"),
        (said(2, (NA, b"short")), "it is malformed: option 3 is too short at octet 0"),
        (b"\x0d" + bytes(33), "it is malformed: a relay's header carries no message, or several at octet 0"),
        (message(2, (1, OTHER), (2, SERVER)), "it has our transaction id and another client's DUID"),
        (REPLY, "REPLY is no answer to a SOLICIT"),
    ],
)
def test_what_does_not_count_is_shown_with_the_reason(octets: bytes, note: str) -> None:
    outcome, told, _ = talk(replace(WISH, offer_only=True), by_type(solicit=[octets, ADVERTISE]))
    assert outcome.done
    assert [one.note for one in told] == ["", note, ""]


@pytest.mark.parametrize("octets", [b"", b"\2", message(2, xid=b"abc")])
def test_other_peoples_messages_are_passed_over(octets: bytes) -> None:
    _, told, _ = talk(replace(WISH, offer_only=True), by_type(solicit=[octets, ADVERTISE]))
    assert [one.kind for one in told] == ["SOLICIT", "ADVERTISE"]


def test_rapid_commit_needs_one_answer() -> None:
    outcome, _, wire = talk(replace(WISH, rapid=True), by_type(solicit=[said(7, (14, b""), association(lease()))]))
    assert outcome.words == f"{ADDRESS} for 3600 s was leased by {SERVER_TEXT}, and stays so; --release gives it back"
    assert len(wire.sent) == 1
    assert options_of(wire.sent[0])[14] == b""


def test_a_prefix_for_ever() -> None:
    prefix = tlv(26, b"\xff\xff\xff\xff\xff\xff\xff\xff\x38" + ip("2001:db8:ff::"))
    granted = association(prefix, kind=PD)
    wish = replace(WISH, associations=((NA, ()), (PD, ())))
    outcome, _, wire = talk(wish, by_type(solicit=[said(2, granted)], request=[said(7, granted)]))
    assert outcome.words.startswith(f"2001:db8:ff::/56 for ever was leased by {SERVER_TEXT}")
    assert outcome.address == "2001:db8:ff::/56"
    assert options_of(wire.sent[1])[PD] == IAID + bytes(8) + prefix
    assert NA not in options_of(wire.sent[1]), "nothing of it was advertised"


def test_confirm_and_information() -> None:
    known = replace(WISH, start=Start.CONFIRM, associations=((NA, (IALease(ip(ADDRESS), 128, 0, 0),)),))
    right, _, wire = talk(known, by_type(confirm=[said(7, (13, b"\0\0"))]))
    assert right == Outcome(True, f"{SERVER_TEXT} says that the address is right for this link")
    assert options_of(wire.sent[0])[NA] == IAID + bytes(8) + lease(valid=0)
    wrong, _, _ = talk(known, by_type(confirm=[said(7, (13, b"\0\4other link"))]))
    assert wrong == Outcome(False, f"{SERVER_TEXT} refuses: not on link: other link")
    told, _, _ = talk(replace(WISH, start=Start.INFORMATION), by_type(information=[said(7)]))
    assert told == Outcome(True, f"parameters came from {SERVER_TEXT}; nothing is leased")


def test_what_is_said_by_hand_goes_before_what_the_protocol_says() -> None:
    _, _, wire = talk(replace(WISH, options=((1, OTHER), (8, b"\1\1"))), by_type())
    assert options_of(wire.sent[0]) == {NA: IAID + bytes(8), 1: OTHER, 8: b"\1\1"}
