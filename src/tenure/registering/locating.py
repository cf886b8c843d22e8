"""Which zone a name is in, which server takes its updates, and with what TTLs: what name servers' answers say of it.

The question is for the SOA record of the name itself. Whoever has the name's zone, or knows who has, puts that zone's
SOA record into the answer, or beside a negative one (RFC 2308 section 3). Nobody has signed it: a wrong answer can lead
an update to another server, which then has no key of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from itertools import islice
from typing import Final, NamedTuple

from tenure.dnswire.codes import Rcode, RRType, rcode_to_text
from tenure.dnswire.message import AA, QR, RD, Message, parse_message
from tenure.dnswire.name import Name, is_within
from tenure.dnswire.rdata import soa_mname
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.writer import Writer
from tenure.octets import Malformed

_A: Final = int(RRType.A)
_NS: Final = int(RRType.NS)
_CNAME: Final = int(RRType.CNAME)
_SOA: Final = int(RRType.SOA)
_AAAA: Final = int(RRType.AAAA)
_IN: Final = 1
MOST_SERVERS: Final = 13  # of a zone that are asked
MOST_ADDRESSES: Final = 8  # of a server, in one answer

# What has no meaning, or another one, elsewhere: RFC 1918, 6598, 3927, 4193, 4291; and loopback.
_PRIVATE: Final = tuple(
    map(
        IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
    )
)
_PRIVATE6: Final = tuple(map(IPv6Network, ("fc00::/7", "fe80::/10", "::1/128")))


class Zone(NamedTuple):
    """The zone of a name."""

    zone: Name  # lower-cased
    primary: Name  # as its SOA record has it
    addresses: tuple[str, ...]  # of the primary, as far as the answer has them
    is_authoritative: bool  # the server that said so has the zone itself


class Alias(NamedTuple):
    """The name is an alias of another one."""

    target: Name  # lower-cased


class NotFound(NamedTuple):
    """The answer does not say it."""

    cause: str
    leaves_it_open: bool = False  # a question for a name above may be answered: not every resolver passes such SOA on


def build_question(message_id: int, name: Name, rtype: int, *, recursive: bool) -> bytes:
    """A query; `recursive` for the host's name servers, not for the servers of a zone."""
    writer = Writer()
    writer.question(Question(name, rtype, _IN))
    return writer.finish(message_id, RD if recursive else 0, (1, 0, 0, 0))


def is_about(octets: bytes, name: Name, rtype: int) -> bool:
    """Whether a reply repeats what was asked (RFC 5452 section 9.1), in an UPDATE its zone.

    An error may have no question (RFC 2136 section 3.8); what cannot be read is judged by who reads it.
    """
    try:
        message = parse_message(octets)
    except Malformed:
        return True
    if not message.questions:
        return message.rcode != Rcode.NOERROR or bool(message.opcode)
    return [(one.name.lower(), one.rtype, one.rclass) for one in message.questions] == [(name.lower(), rtype, _IN)]


def read_zone(octets: bytes, name: Name) -> Zone | Alias | NotFound:
    """What the answer to a question for the SOA record of a name says; the name is lower-cased."""
    message = _parse(octets)
    if isinstance(message, NotFound):
        return message
    for rr in message.answers:
        if rr.rtype == _CNAME and rr.name.lower() == name:
            return Alias(rr.rdata.lower())
    for rr in (*message.answers, *message.authorities):
        if rr.rtype == _SOA and rr.rclass == _IN and is_within(name, rr.name.lower()):
            primary = soa_mname(rr.rdata)
            addresses = tuple(islice(_addresses(message.additionals, primary), MOST_ADDRESSES))
            return Zone(rr.name.lower(), primary, addresses, bool(message.flags & AA))
    return NotFound("the answer has no SOA record of a zone above the name", leaves_it_open=True)


def read_servers(octets: bytes, zone: Name) -> list[Name] | NotFound:
    """The name servers of a zone, from the answer to a question for its NS records."""
    message = _parse(octets)
    if isinstance(message, NotFound):
        return message
    found = [rr.rdata for rr in message.answers if rr.rtype == _NS and rr.name.lower() == zone]
    return found[:MOST_SERVERS] or NotFound("the answer has no NS records of the zone")


def read_addresses(octets: bytes) -> list[str]:
    """The addresses in an answer, also behind an alias; none where there are none or the answer is none."""
    message = _parse(octets)
    return [] if isinstance(message, NotFound) else list(islice(_addresses(message.answers, None), MOST_ADDRESSES))


def read_ttls(octets: bytes, owner: Name, rtype: int) -> frozenset[int]:
    """The TTLs of an RRset, in seconds, from the zone itself; empty where the answer does not have them."""
    message = _parse(octets)
    if isinstance(message, NotFound) or not message.flags & AA:
        return frozenset()
    return frozenset(rr.ttl for rr in message.answers if rr.rtype == rtype and rr.name.lower() == owner)


def is_private(address: bytes | str) -> bool:
    """Whether an address means something within a private network only."""
    value = ip_address(address)
    if value.version == 4:
        return any(value in network for network in _PRIVATE)
    return any(value in network for network in _PRIVATE6)


def _parse(octets: bytes) -> Message | NotFound:
    try:
        message = parse_message(octets)
    except Malformed as error:
        return NotFound(f"malformed answer: {error}")
    if not message.flags & QR or message.opcode:
        return NotFound("the answer is none to a query")
    if message.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
        return NotFound(rcode_to_text(message.rcode))
    return message


def _addresses(records: Iterable[RR], owner: Name | None) -> Iterable[str]:
    for rr in records:
        if rr.rtype in (_A, _AAAA) and len(rr.rdata) in (4, 16) and (owner is None or rr.name.lower() == owner.lower()):
            yield str(ip_address(rr.rdata))
