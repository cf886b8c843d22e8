"""The prescan of the update section (RFC 2136 section 3.4.1): whether a record is something that an update may say."""

from __future__ import annotations

from typing import Final

from tenure.authority.zone import Refusal
from tenure.dnswire.codes import META_TYPES, Rcode, RRClass, RRType, type_to_text
from tenure.dnswire.name import to_text
from tenure.dnswire.rdata import check_rdata
from tenure.dnswire.rr import RR
from tenure.octets import Malformed

_CLASS_IN: Final = int(RRClass.IN)
_CLASS_NONE: Final = int(RRClass.NONE)
_CLASS_ANY: Final = int(RRClass.ANY)
_TYPE_ANY: Final = int(RRType.ANY)
_MAX_TTL: Final = 0x7FFFFFFF  # RFC 2181 section 8


def prescan(record: RR) -> Refusal | None:
    """What is wrong with one record of the update section, apart from its owner's being in the zone."""
    rclass = record.rclass
    rtype = record.rtype
    if rclass == _CLASS_ANY:
        return _prescan_delete_all(record)
    if rclass not in (_CLASS_IN, _CLASS_NONE):
        return _malformed(record, f"has class {rclass}")
    if rtype in META_TYPES or rtype == 0:
        return _malformed(record, "has a type that no zone holds")
    if rclass == _CLASS_NONE and record.ttl:
        return _malformed(record, "asks to delete a record and has a TTL")
    if record.ttl > _MAX_TTL:
        return _malformed(record, "has a TTL past 2^31 - 1")
    try:
        check_rdata(rtype, record.rdata)
    except Malformed as error:
        return _malformed(record, f"is not well formed: {error.reason}")
    return None


def _prescan_delete_all(record: RR) -> Refusal | None:
    if record.ttl or record.rdata:
        return _malformed(record, "asks to delete an RRset and has a TTL or data")
    if record.rtype == 0 or (record.rtype in META_TYPES and record.rtype != _TYPE_ANY):
        return _malformed(record, "has a type that no zone holds")
    return None


def _malformed(record: RR, what: str) -> Refusal:
    owner = f"{to_text(record.name)} {type_to_text(record.rtype)}"
    return Refusal(Rcode.FORMERR, f"the update of {owner} {what}")
