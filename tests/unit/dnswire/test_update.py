"""UPDATE messages: the vectors of conflict.json rebuilt from builders, and messages of many names."""

from __future__ import annotations

import json
from pathlib import Path
from struct import pack

import dns.edns
import dns.message
import dns.update
import pytest

from tenure.dnswire import update
from tenure.dnswire.message import Message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "conflict.json").read_text())["messages"]
ZONE = from_text("example.test.")
HOST = from_text("host.example.test.")


def uncompressed(message: Message) -> bytes:
    """The octets of a message when no name is compressed."""
    sections = (message.questions, message.answers, message.authorities, message.additionals)
    octets = pack("!6H", message.id, message.flags, *(len(section) for section in sections))
    for name, rtype, rclass in message.questions:
        octets += name + pack("!HH", rtype, rclass)
    for name, rtype, rclass, ttl, rdata in (*message.answers, *message.authorities, *message.additionals):
        octets += name + pack("!HHIH", rtype, rclass, ttl, len(rdata)) + rdata
    return octets


def prerequisite(record: RR) -> RR:
    """The same prerequisite, from its builder."""
    match record:
        case RR(name, 255, 255):
            return update.name_in_use(name)
        case RR(name, 255, 254):
            return update.name_not_in_use(name)
        case RR(name, rtype, 255):
            return update.rrset_exists(name, rtype)
        case RR(name, rtype, 254):
            return update.rrset_absent(name, rtype)
        case RR(name, rtype, _, _, rdata):
            return update.rrset_equals(name, rtype, rdata)


def change(record: RR) -> RR:
    """The same change, from its builder."""
    match record:
        case RR(name, 255, 255):
            return update.delete_name(name)
        case RR(name, rtype, 255):
            return update.delete_rrset(name, rtype)
        case RR(name, rtype, 254, _, rdata):
            return update.delete_rr(name, rtype, rdata)
        case RR(name, rtype, _, ttl, rdata):
            return update.add(name, rtype, ttl, rdata)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['mode']}-{vector['step']}-{vector['address']}")
def test_the_vectors_are_built_octet_for_octet(vector: dict[str, str]) -> None:
    wire = bytes.fromhex(vector["wire"])
    read = parse_message(wire)
    assert uncompressed(read) == wire
    zone = read.questions[0].name
    built = update.build_update(read.id, zone, [*map(prerequisite, read.answers)], [*map(change, read.authorities)])
    assert len(built) < len(wire)
    assert uncompressed(parse_message(built)) == wire


def test_what_dnspython_says_in_the_same_words() -> None:
    theirs = dns.update.UpdateMessage("example.test.", id=5)
    theirs.present("host")
    theirs.absent("host")
    theirs.present("host", "A")
    theirs.absent("host", "A")
    theirs.present("host", "A", "192.0.2.1")
    theirs.add("host", 300, "A", "192.0.2.1")
    theirs.delete("host", "A")
    theirs.delete("host")
    theirs.delete("host", "A", "192.0.2.1")
    a = b"\xc0\0\2\1"
    prerequisites = [
        update.name_in_use(HOST),
        update.name_not_in_use(HOST),
        update.rrset_exists(HOST, 1),
        update.rrset_absent(HOST, 1),
        update.rrset_equals(HOST, 1, a),
    ]
    updates = [update.add(HOST, 1, 300, a), update.delete_rrset(HOST, 1), update.delete_name(HOST)]
    updates.append(update.delete_rr(HOST, 1, a))
    assert update.build_update(5, ZONE, prerequisites, updates) == theirs.to_wire()


def test_options_stand_in_an_opt_record_behind_it_all() -> None:
    theirs = dns.update.UpdateMessage("example.test.", id=5)
    theirs.add("host", 300, "A", "192.0.2.1")
    options = [dns.edns.GenericOption(2, bytes(4)), dns.edns.GenericOption(65001, b"x")]
    theirs.use_edns(0, payload=1232, options=options)
    built = update.build_update(5, ZONE, [], [update.add(HOST, 1, 300, b"\xc0\0\2\1")], [(2, bytes(4)), (65001, b"x")])
    assert built == theirs.to_wire()


def test_two_hundred_names_fit_well() -> None:
    names = [from_text(f"host-{number:06}.clients.example.test.") for number in range(200)]
    octets = update.build_update(
        1,
        ZONE,
        [update.name_not_in_use(name) for name in names],
        [
            record
            for name in names
            for record in (update.add(name, 1, 60, bytes(4)), update.add(name, 49, 60, bytes(35)))
        ],
    )
    assert len(octets) < 24_000
    assert isinstance(dns.message.from_wire(octets), dns.update.UpdateMessage)
    assert [record.name for record in parse_message(octets).answers] == names


def test_an_update_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        update.build_update(1, ZONE, [], [update.add(HOST, 16, 60, b"\xff" + bytes(255))] * 300)
