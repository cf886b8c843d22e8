"""What would become of packets, as it is shown: the story, the answer, and everything that would be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update

from tenure.config.configuration import Configuration
from tenure.console.chain import ChainLine, chain_line
from tenure.console.lines import LeaseLine, NameLine, lease_line, name_line
from tenure.console.packet_lines import FieldLine, field_lines
from tenure.console.words import address_text, name_text, reason_text, time_text
from tenure.dhcpwire.capture import Datagram
from tenure.dhcpwire.v4.options import MessageType, Option
from tenure.dhcpwire.v4.words import packet_rows
from tenure.dhcpwire.v6.words import message_rows
from tenure.dhcpwire.words import Row
from tenure.leasing.story.line import Story
from tenure.naming.registration import Registration
from tenure.updating.stage import Exchange, Stage

NOT_A_MESSAGE = "malformed"
IPV6 = 6


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks about packets."""

    packets: Sequence[Datagram]
    versions: Sequence[int]  # of IP, for each packet: which of the two protocols it is
    interface: str | None  # the wire that they came on; None: as their kind comes
    source: bytes | None  # who sent them; None: as the capture says
    now: float  # UTC seconds


@dataclass(frozen=True, slots=True)
class Act:
    """What would become of one packet; its parts come from the rooms that decide."""

    story: Story | None  # None: it is not a message
    registrations: Sequence[Registration]
    exchanges: Sequence[Exchange]


Rehearse = Callable[[Configuration, Question], Sequence[Act]]


def interface_problem(configuration: Configuration, question: Question) -> str:
    """What is wrong with the wire that a person names: no server of ours listens there; empty: nothing."""
    sections = {4: configuration.dhcp4, IPV6: configuration.dhcp6}
    for version in sorted(set(question.versions)):
        section = sections[version]
        if question.interface is None or section is None or question.interface in section.interfaces:
            continue
        if section.interfaces:
            which = f"[dhcp{version}] interfaces, which are {', '.join(section.interfaces)}"
            return f"--interface {question.interface!r} is none of {which}"
        why = f"[dhcp{version}] has no interfaces, it hears relayed clients only"
        return f"--interface {question.interface!r} is not known: {why}; leave it out"
    return ""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What one rule said."""

    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """The message that would be sent."""

    message: str
    destination: str
    octets: str  # hex
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class StageLine:
    """One UPDATE message, or a question to look before one, and what each answer to it leads to."""

    step: str
    asks: str  # the question, in the words of zone files; empty: it is an UPDATE
    prerequisites: tuple[str, ...]  # in the words of zone files; NONE and ANY are RFC 2136's classes
    updates: tuple[str, ...]
    octets: str  # hex, unsigned
    answers: dict[str, str]  # RCODE to what follows


@dataclass(frozen=True, slots=True)
class UpdateLine:
    """What the updater would do about one direction of a registration."""

    direction: str
    name: str  # where the records stand
    zone: str  # empty: no configured domain covers it
    servers: tuple[str, ...]
    key: str
    mode: str
    after_forward: bool  # begins only when the forward record is not refused
    stages: tuple[StageLine, ...]


@dataclass(frozen=True, slots=True)
class PacketStory:
    """One packet and everything that would come of it."""

    number: int
    captured: str
    message: str
    fields: tuple[FieldLine, ...]
    rules: tuple[RuleLine, ...]
    verdict: str
    answer: AnswerLine | None
    leases: tuple[LeaseLine, ...]
    dropped: tuple[str, ...]  # addresses whose row would go
    registrations: tuple[NameLine, ...]
    updates: tuple[UpdateLine, ...]
    events: tuple[ChainLine, ...]


@dataclass(frozen=True, slots=True)
class PacketStories:
    """All packets; nothing of it is kept."""

    at: str
    packets: tuple[PacketStory, ...]


def stories(question: Question, acts: Sequence[Act]) -> PacketStories:
    """What is shown of the packets' acts."""
    told = zip(question.packets, question.versions, acts, strict=True)
    packets = tuple(_packet_story(number, *one) for number, one in enumerate(told, 1))
    return PacketStories(time_text(question.now), packets)


def _packet_story(number: int, datagram: Datagram, version: int, act: Act) -> PacketStory:
    rows = rows_of(version, datagram.payload)
    story = act.story
    captured = time_text(datagram.at) if datagram.at else ""
    if story is None:
        malformed = RuleLine("verdict", "the octets are not a DHCP message; see what is marked above")
        return PacketStory(
            number,
            captured,
            message_name(rows),
            field_lines(rows),
            (malformed,),
            NOT_A_MESSAGE,
            None,
            (),
            (),
            (),
            (),
            (),
        )
    changes = story.changes
    return PacketStory(
        number=number,
        captured=captured,
        message=message_name(rows),
        fields=field_lines(rows),
        rules=tuple(RuleLine(line.topic.value, line.text) for line in story.lines),
        verdict=story.verdict,
        answer=None if story.reply is None else _answer(version, story.reply, story.destination),
        leases=tuple(lease_line(lease) for lease in changes.leases),
        dropped=tuple(address_text(address) for address in changes.dropped),
        registrations=tuple(name_line(row) for row in act.registrations),
        updates=tuple(_update_line(exchange) for exchange in act.exchanges),
        events=tuple(chain_line(event) for event in changes.events),
    )


def rows_of(version: int, octets: bytes) -> list[Row]:
    """The rows of a message of DHCPv4 or DHCPv6."""
    return message_rows(octets) if version == IPV6 else packet_rows(octets)


def message_name(rows: Sequence[Row]) -> str:
    """`DHCPDISCOVER`, by option 53; `SOLICIT`, by the first octet behind the headers of relays."""
    of_v6 = [row.value for row in rows if row.name == "msg-type"]
    if of_v6:
        return of_v6[-1]
    kinds = {kind.name for kind in MessageType}
    code = str(int(Option.MESSAGE_TYPE))
    named = next((row.value for row in rows if row.code == code and row.value in kinds), None)
    return f"DHCP{named}" if named else "a message without a type"


def _answer(version: int, octets: bytes, destination: str) -> AnswerLine:
    rows = rows_of(version, octets)
    return AnswerLine(message_name(rows), destination, octets.hex(), field_lines(rows))


def _update_line(exchange: Exchange) -> UpdateLine:
    return UpdateLine(
        direction=exchange.direction.value,
        name=name_text(exchange.owner),
        zone=name_text(exchange.zone),
        servers=tuple(f"{host} port {port}" for host, port in exchange.servers),
        key=exchange.key,
        mode=exchange.mode,
        after_forward=exchange.waits,
        stages=tuple(_stage_line(stage) for stage in exchange.stages),
    )


def _stage_line(stage: Stage) -> StageLine:
    """The message as dnspython reads it."""
    message = dns.message.from_wire(stage.octets)
    update = message if isinstance(message, dns.update.UpdateMessage) else None
    return StageLine(
        step=stage.step,
        asks="" if update else str(message.question[0]),
        prerequisites=_record_lines(update.prerequisite) if update else (),
        updates=_record_lines(update.update) if update else (),
        octets=stage.octets.hex(),
        answers={one.rcode: one.next_step or f"{reason_text(one.reason)} ({one.reason})" for one in stage.answers},
    )


def _record_lines(rrsets: Iterable[dns.rrset.RRset]) -> tuple[str, ...]:
    """`pc1.example.test. 1200 IN A 10.1.2.55`; without RDATA for what is about a whole RRset or name."""
    found = []
    for rrset in rrsets:
        # of a prerequisite or a deletion dnspython keeps the class of the zone, and what it means beside it
        class_ = rrset.rdclass if rrset.deleting is None else rrset.deleting
        head = f"{rrset.name} {rrset.ttl} {dns.rdataclass.to_text(class_)} {dns.rdatatype.to_text(rrset.rdtype)}"
        found += [f"{head} {_rdata_text(rdata)}" for rdata in rrset] or [head]
    return tuple(found)


def _rdata_text(rdata: dns.rdata.Rdata) -> str:
    """A DHCID is one piece of base64 here, so that it can be searched for."""
    text = rdata.to_text()
    return "".join(text.split()) if rdata.rdtype == dns.rdatatype.DHCID else text
