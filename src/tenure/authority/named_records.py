"""The records of a zone that the records of a message name, each in the form in which the zone has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tenure.authority.zone import Record, ZoneView
from tenure.dnswire.codes import RRClass, RRType
from tenure.dnswire.rdata import canonical_rdata
from tenure.dnswire.rr import RR

_IN: Final = int(RRClass.IN)
_SOA: Final = int(RRType.SOA)


def named_records(rrs: Sequence[RR], view: ZoneView) -> Iterator[Record]:
    """Those that have class IN in the message and are there in `view`; the SOA, which stands apart, is left out."""
    for rr in rrs:
        if rr.rclass != _IN or rr.rtype == _SOA:
            continue
        name, rtype = rr.name.lower(), rr.rtype
        rrset = view.rrsets_at(name).get(rtype)
        rdata = None if rrset is None else _as_kept(rtype, rr.rdata, rrset[1])
        if rrset is not None and rdata is not None:
            yield Record(name, rtype, rrset[0], rdata)


def _as_kept(rtype: int, rdata: bytes, among: tuple[bytes, ...]) -> bytes | None:
    """The equal RDATA in the form in which the zone has it."""
    if rdata in among:
        return rdata
    wanted = canonical_rdata(rtype, rdata)
    return next((have for have in among if canonical_rdata(rtype, have) == wanted), None)
