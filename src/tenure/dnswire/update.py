"""UPDATE messages (RFC 2136): the records that stand for prerequisites and for changes, and the message of both.

The sections of the message:

    header: opcode 5 | zone: ZNAME SOA IN | prerequisites | updates | additional: an OPT record where it has options

A TSIG record is added by who signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenure.dnswire.edns import Edns, build_opt
from tenure.dnswire.name import Name
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.writer import MAX_MESSAGE, Writer

UPDATE_FLAGS: Final = 5 << 11

# A DHCID that nobody has: its identifier type 0xffff is reserved (RFC 4701 section 3.3). An update whose one
# prerequisite wants it asks for rights, and is meant to be answered NXRRSET.
NOBODYS_MARKER: Final = b"\xff\xff\x01" + bytes(32)
_NOBODYS_TEXT: Final = bytes((len(NOBODYS_MARKER),)) + NOBODYS_MARKER  # the same as a TXT record

_PAYLOAD: Final = 1232  # of an answer over UDP, of which no fragment is lost
_SOA: Final = 6
_TXT: Final = 16
_DHCID: Final = 49
_TYPE_ANY: Final = 255
_IN: Final = 1
_NONE: Final = 254
_CLASS_ANY: Final = 255


def name_in_use(name: Name) -> RR:
    """Prerequisite: some record stands at the name (section 2.4.4); else NXDOMAIN."""
    return RR(name, _TYPE_ANY, _CLASS_ANY, 0, b"")


def name_not_in_use(name: Name) -> RR:
    """Prerequisite: no record stands at the name (section 2.4.5); else YXDOMAIN."""
    return RR(name, _TYPE_ANY, _NONE, 0, b"")


def rrset_exists(name: Name, rtype: int) -> RR:
    """Prerequisite: some record of this type stands there (section 2.4.1); else NXRRSET."""
    return RR(name, rtype, _CLASS_ANY, 0, b"")


def rrset_absent(name: Name, rtype: int) -> RR:
    """Prerequisite: no record of this type stands there (section 2.4.3); else YXRRSET."""
    return RR(name, rtype, _NONE, 0, b"")


def rrset_equals(name: Name, rtype: int, rdata: bytes) -> RR:
    """Prerequisite, one for each record: exactly these records of this type stand there (2.4.2); else NXRRSET."""
    return RR(name, rtype, _IN, 0, rdata)


def asks_for_rights(prerequisites: Sequence[RR]) -> bool:
    """Whether these want nothing but the marker that nobody has."""
    return (
        len(prerequisites) == 1
        and prerequisites[0].rclass == _IN
        and (prerequisites[0].rtype, prerequisites[0].rdata) in {(_DHCID, NOBODYS_MARKER), (_TXT, _NOBODYS_TEXT)}
    )


def nobodys(name: Name, *, as_text: bool = False) -> RR:
    """Prerequisite that cannot hold; `as_text`: for a server that may not know the type DHCID."""
    return rrset_equals(name, _TXT, _NOBODYS_TEXT) if as_text else rrset_equals(name, _DHCID, NOBODYS_MARKER)


def add(name: Name, rtype: int, ttl: int, rdata: bytes) -> RR:
    """Change: add to an RRset (section 2.5.1)."""
    return RR(name, rtype, _IN, ttl, rdata)


def delete_rrset(name: Name, rtype: int) -> RR:
    """Change: delete all records of a type (section 2.5.2)."""
    return RR(name, rtype, _CLASS_ANY, 0, b"")


def delete_name(name: Name) -> RR:
    """Change: delete all records at the name (section 2.5.3)."""
    return RR(name, _TYPE_ANY, _CLASS_ANY, 0, b"")


def delete_rr(name: Name, rtype: int, rdata: bytes) -> RR:
    """Change: delete this one record (section 2.5.4)."""
    return RR(name, rtype, _NONE, 0, rdata)


def build_update(
    message_id: int,
    zone: Name,
    prerequisites: Sequence[RR],
    updates: Sequence[RR],
    options: Sequence[tuple[int, bytes]] = (),
) -> bytes:
    """An unsigned UPDATE. `ValueError` if it does not fit in 65535 octets: it cannot be cut, only split.

    `options`: of EDNS, each with its number (RFC 6891 section 6.1.2).
    """
    writer = begin_update(zone)
    writer.records(prerequisites)
    writer.records(updates)
    if options:
        writer.raw(build_opt(Edns(_PAYLOAD, options=tuple(options))))
    return finish_update(writer, message_id, len(prerequisites), len(updates), 1 if options else 0)


def begin_update(zone: Name) -> Writer:
    """An UPDATE in the making, for who has records without values of them: its zone section (section 2.3) is there."""
    writer = Writer()
    writer.question(Question(zone, _SOA, _IN))
    return writer


def finish_update(writer: Writer, message_id: int, prerequisites: int, updates: int, others: int = 0) -> bytes:
    """That UPDATE with its header; how many records are in each section. `ValueError`: see `build_update`."""
    if writer.size > MAX_MESSAGE:
        raise ValueError(f"an UPDATE of {writer.size} octets does not fit in a message")
    return writer.finish(message_id, UPDATE_FLAGS, (1, prerequisites, updates, others))
