"""The five kinds of prerequisite of an update (RFC 2136 sections 2.4 and 3.2).

| class | type | data | satisfied when | else |
| --- | --- | --- | --- | --- |
| ANY | ANY | empty | the name owns a record | NXDOMAIN |
| ANY | t | empty | the name owns the RRset | NXRRSET |
| NONE | ANY | empty | the name owns no record | YXDOMAIN |
| NONE | t | empty | the name does not own the RRset | YXRRSET |
| zone's | t | given | the RRset is exactly the given records | NXRRSET |

Records are looked up as they stand in the zone: no wildcard is expanded, no delegation followed, and an empty
non-terminal counts as not in use. RRsets given by value are compared only after everything else was satisfied.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from tenure.authority.zone import Node, Refusal, ZoneView
from tenure.dnswire.codes import META_TYPES, Rcode, RRClass, RRType, type_to_text
from tenure.dnswire.name import Name, is_within, to_text
from tenure.dnswire.rdata import canonical_rdata, check_rdata
from tenure.dnswire.rr import RR
from tenure.octets import Malformed

_SOA: Final = int(RRType.SOA)
_ANY: Final = int(RRType.ANY)
_CLASS_IN: Final = int(RRClass.IN)
_CLASS_NONE: Final = int(RRClass.NONE)
_CLASS_ANY: Final = int(RRClass.ANY)
_HOLD_A_NAME: Final = frozenset(map(int, (RRType.NS, RRType.CNAME, RRType.PTR, RRType.DNAME)))
_MOST_VALUES: Final = 4  # of an RRset, in words
_MOST_OCTETS: Final = 20  # of a value


def check_prerequisites(prerequisites: Sequence[RR], zone: Name, view: ZoneView) -> Refusal | None:
    """The first prerequisite in the order of the message that does not hold; None: all hold."""
    by_value: dict[tuple[Name, int], set[bytes]] = {}
    for record in prerequisites:
        name = record.name.lower()
        if record.ttl:
            return _malformed(record, "has a TTL")
        if not is_within(name, zone):
            return Refusal(Rcode.NOTZONE, f"the prerequisite on {to_text(name)} is outside of {to_text(zone)}")
        if record.rclass == _CLASS_IN:
            if record.rtype in META_TYPES or record.rtype == 0:
                return _malformed(record, "has a type that no zone holds")
            try:
                check_rdata(record.rtype, record.rdata)
            except Malformed as error:
                return _malformed(record, f"is not well formed: {error.reason}")
            by_value.setdefault((name, record.rtype), set()).add(canonical_rdata(record.rtype, record.rdata))
        elif refusal := _check_existence(record, name, zone, view):
            return refusal
    for (name, rtype), values in by_value.items():
        if refusal := _check_value(name, rtype, values, zone, view):
            return refusal
    return None


def _check_existence(record: RR, name: Name, zone: Name, view: ZoneView) -> Refusal | None:
    rtype = record.rtype
    if record.rclass not in (_CLASS_ANY, _CLASS_NONE):
        return _malformed(record, f"has class {record.rclass}")
    if record.rdata:
        return _malformed(record, "has data beside class ANY or NONE")
    if rtype != _ANY and (rtype in META_TYPES or rtype == 0):
        return _malformed(record, "has a type that no zone holds")
    node = view.rrsets_at(name)
    at_apex = name == zone
    wanted = record.rclass == _CLASS_ANY
    if rtype == _ANY:
        if (bool(node) or at_apex) == wanted:
            return None
        if wanted:
            return Refusal(Rcode.NXDOMAIN, f"{to_text(name)} owns no record, the update wants it in use")
        reason = f"{to_text(name)} is in use, the update wants it not in use"
        return Refusal(Rcode.YXDOMAIN, reason, f"it owns {_types(node, at_apex=at_apex)}")
    if (rtype in node or (at_apex and rtype == _SOA)) == wanted:
        return None
    if wanted:
        reason = f"{to_text(name)} owns no {type_to_text(rtype)}, the update wants one"
        return Refusal(Rcode.NXRRSET, reason, f"it owns {_types(node, at_apex=at_apex)}")
    reason = f"{to_text(name)} owns {type_to_text(rtype)}, the update wants none"
    return Refusal(Rcode.YXRRSET, reason, f"it has {_values(rtype, _rdatas(name, rtype, zone, view))}")


def _check_value(name: Name, rtype: int, values: set[bytes], zone: Name, view: ZoneView) -> Refusal | None:
    found = {canonical_rdata(rtype, rdata) for rdata in _rdatas(name, rtype, zone, view)}
    if found == values:
        return None
    reason = f"{to_text(name)} {type_to_text(rtype)} is not what the update wants"
    return Refusal(Rcode.NXRRSET, reason, f"it has {_values(rtype, found)}; wanted is {_values(rtype, values)}")


def _rdatas(name: Name, rtype: int, zone: Name, view: ZoneView) -> Sequence[bytes]:
    """The RDATAs of an RRset, also of the SOA, which stands apart."""
    if rtype == _SOA:
        return (view.soa[1],) if name == zone else ()
    rrset = view.rrsets_at(name).get(rtype)
    return rrset[1] if rrset else ()


def _types(node: Node, *, at_apex: bool) -> str:
    return ", ".join(["SOA"] * at_apex + [type_to_text(rtype) for rtype in sorted(node)]) or "nothing"


def _values(rtype: int, values: Collection[bytes]) -> str:
    """Some of the values, short: addresses and names as they are written, others as the beginning of their octets."""
    words = [_value(rtype, value) for value in sorted(values)[:_MOST_VALUES]]
    more = len(values) - len(words)
    return ", ".join([*words, f"{more} more"] if more else words) or "none"


def _value(rtype: int, value: bytes) -> str:
    if rtype == RRType.A:
        return ".".join(map(str, value))
    if rtype in _HOLD_A_NAME:
        return to_text(value)
    return value[:_MOST_OCTETS].hex() + ("..." if len(value) > _MOST_OCTETS else "")


def _malformed(record: RR, what: str) -> Refusal:
    owner = f"{to_text(record.name)} {type_to_text(record.rtype)}"
    return Refusal(Rcode.FORMERR, f"the prerequisite on {owner} {what}")
