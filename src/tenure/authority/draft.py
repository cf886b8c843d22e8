"""The draft of an update: records of the update section applied one by one to copies of the names they touch.

RFC 2136 section 3.4.2. What may not be done there is ignored without an error, and noted in `ignored`, in words. The
zone itself is not changed: `finish` gives the net difference, which is None when everything that the update says was
already so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tenure.authority.zone import Node, Record, RRset, ZoneChange, ZoneView
from tenure.dnswire.codes import RRClass, RRType, type_to_text
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import canonical_rdata, soa_serial, with_serial
from tenure.dnswire.rr import RR
from tenure.dnswire.serial import next_serial, serial_gt

_NS: Final = int(RRType.NS)
_CNAME: Final = int(RRType.CNAME)
_SOA: Final = int(RRType.SOA)
_DNAME: Final = int(RRType.DNAME)
_DS: Final = int(RRType.DS)
_WKS: Final = 11
_TYPE_ANY: Final = int(RRType.ANY)
_CLASS_IN: Final = int(RRClass.IN)
_CLASS_ANY: Final = int(RRClass.ANY)

# These may stand beside a CNAME (RFC 2136 section 3.4.2.2 in the words of RFC 4034).
_BESIDE_CNAME: Final = frozenset(map(int, (RRType.SIG, 25, RRType.NXT, RRType.RRSIG, RRType.NSEC, RRType.DNSKEY)))
# What the server makes itself at the apex stays when everything there is deleted.
_KEPT_AT_APEX: Final = frozenset(map(int, (RRType.NS, RRType.DNSKEY, RRType.NSEC, RRType.NSEC3PARAM, RRType.RRSIG)))
_NO_NAMES_INSIDE: Final = frozenset(map(int, (RRType.A, RRType.AAAA, RRType.TXT, RRType.DHCID, RRType.SSHFP)))


class Draft:
    """One update in the making. Later records see the effect of earlier ones."""

    __slots__ = ("_after", "_before", "_serial_was_set", "_soa", "_view", "_zone", "ignored", "replaced")

    def __init__(self, view: ZoneView, zone: Name) -> None:
        self._view = view
        self._zone = zone
        self._before: dict[Name, Node] = {}
        self._after: dict[Name, dict[int, RRset]] = {}
        self._soa: tuple[int, bytes] | None = None
        self._serial_was_set = False
        self.ignored: list[str] = []  # what was, and why
        self.replaced: Sequence[tuple[Name, int]] = ()  # RRsets that were there and are not what they were, by `finish`

    def apply(self, record: RR, name: Name, most: int = 0) -> None:
        """Applies one record that has passed the prescan; `name` is its owner, lower-cased.

        `most`: how many records of its type the name may have after an addition; 0: any number.
        """
        node = self._after.get(name)
        if node is None:
            before = self._before[name] = self._view.rrsets_at(name)
            node = self._after[name] = dict(before)
        if record.rclass == _CLASS_IN:
            self._add(record, name, node, most)
        elif record.rclass == _CLASS_ANY:
            self._delete_rrsets(record.rtype, name, node)
        else:
            self._delete_record(record, name, node)

    def has_records(self, name: Name) -> bool:
        """Whether a name that was applied to has any record now; the SOA is none."""
        return bool(self._after[name])

    def finish(self) -> ZoneChange | None:
        """The net difference with the serial that belongs to it; None: there is none, and the serial stays."""
        deletions: list[Record] = []
        additions: list[Record] = []
        replaced: list[tuple[Name, int]] = []
        for name, after in self._after.items():
            before = self._before[name]
            if not before:
                additions += [Record(name, rtype, ttl, r) for rtype, (ttl, rdatas) in after.items() for r in rdatas]
                continue
            for rtype in before.keys() | after.keys():
                was, now = before.get(rtype), after.get(rtype)
                if was != now:
                    count = len(deletions) + len(additions)
                    _compare(name, rtype, was, now, deletions, additions)
                    if was is not None and len(deletions) + len(additions) > count:
                        replaced.append((name, rtype))
        if not deletions and not additions and self._soa is None:
            return None
        self.replaced = replaced
        ttl, rdata = self._soa or self._view.soa
        if not self._serial_was_set:
            rdata = with_serial(rdata, next_serial(soa_serial(rdata)))
        return ZoneChange(ttl, rdata, tuple(deletions), tuple(additions))

    def _add(self, record: RR, name: Name, node: dict[int, RRset], most: int) -> None:
        rtype = record.rtype
        if rtype == _SOA:
            self._set_soa(record, name)
            return
        if rtype == _CNAME:
            others = [other for other in node if other != _CNAME and other not in _BESIDE_CNAME]
            if name == self._zone or others:
                self._ignore(name, rtype, f"the name owns {_types(['SOA'] if name == self._zone else [], others)}")
                return
            node[_CNAME] = (record.ttl, (record.rdata,))
            return
        if _CNAME in node and rtype not in _BESIDE_CNAME:
            self._ignore(name, rtype, "the name is an alias (CNAME)")
            return
        if rtype == _DS and name == self._zone:
            self._ignore(name, rtype, "it belongs to the zone above")
            return
        rrset = node.get(rtype)
        if rrset is None or rtype == _DNAME:
            node[rtype] = (record.ttl, (record.rdata,))
        elif rtype == _WKS:
            others_here = tuple(rdata for rdata in rrset[1] if rdata[:5] != record.rdata[:5])  # address and protocol
            node[rtype] = (record.ttl, (*others_here, record.rdata))
        elif _find(rtype, record.rdata, rrset[1]) is not None:
            node[rtype] = (record.ttl, rrset[1])
        elif most and len(rrset[1]) >= most:
            self._ignore(name, rtype, f"the policy permits {most} of them at a name")
        else:
            node[rtype] = (record.ttl, (*rrset[1], record.rdata))

    def _set_soa(self, record: RR, name: Name) -> None:
        if name != self._zone:
            self._ignore(name, _SOA, "the name is not the apex of the zone")
            return
        serial, current = soa_serial(record.rdata), soa_serial((self._soa or self._view.soa)[1])
        if serial_gt(serial, current):
            self._soa = (record.ttl, record.rdata)
            self._serial_was_set = True
        else:
            self._ignore(name, _SOA, f"serial {serial} is not after {current}")

    def _delete_rrsets(self, rtype: int, name: Name, node: dict[int, RRset]) -> None:
        at_apex = name == self._zone
        if rtype == _TYPE_ANY:
            kept = {t: rrset for t, rrset in node.items() if t in _KEPT_AT_APEX} if at_apex else {}
            node.clear()
            node.update(kept)
            if at_apex:
                self._ignore(name, _SOA, f"of the apex {_types(['SOA'], kept)} stay", "deletion")
        elif not at_apex or rtype not in (_NS, _SOA):
            node.pop(rtype, None)
        else:
            self._ignore(name, rtype, "no zone is without it", "deletion")

    def _delete_record(self, record: RR, name: Name, node: dict[int, RRset]) -> None:
        rtype = record.rtype
        rrset = node.get(rtype)
        if rrset is None:
            if rtype == _SOA and name == self._zone:
                self._ignore(name, rtype, "no zone is without it", "deletion")
            return
        found = _find(rtype, record.rdata, rrset[1])
        if found is None:
            return
        left = tuple(rdata for rdata in rrset[1] if rdata != found)
        if left:
            node[rtype] = (rrset[0], left)
        elif rtype == _NS and name == self._zone:
            self._ignore(name, rtype, "it is the last one of the zone", "deletion")
        else:
            del node[rtype]

    def _ignore(self, name: Name, rtype: int, why: str, what: str = "addition") -> None:
        self.ignored.append(f"{what} of {type_to_text(rtype)} at {to_text(name)}: {why}")


def _types(first: Iterable[str], rtypes: Iterable[int]) -> str:
    return ", ".join([*first, *map(type_to_text, sorted(rtypes))])


def _find(rtype: int, rdata: bytes, among: tuple[bytes, ...]) -> bytes | None:
    """The equal RDATA in the form in which the zone holds it (RFC 2136 section 1.1.1: names compare without case)."""
    if rdata in among:
        return rdata
    if rtype in _NO_NAMES_INSIDE:
        return None
    wanted = canonical_rdata(rtype, rdata)
    return next((have for have in among if canonical_rdata(rtype, have) == wanted), None)


def _compare(
    name: Name,
    rtype: int,
    before: RRset | None,
    after: RRset | None,
    deletions: list[Record],
    additions: list[Record],
) -> None:
    """The difference of one RRset that is not what it was."""
    if before is None:
        assert after is not None
        additions += [Record(name, rtype, after[0], rdata) for rdata in after[1]]
    elif after is None:
        deletions += [Record(name, rtype, before[0], rdata) for rdata in before[1]]
    else:
        same = before[0] == after[0]
        deletions += [Record(name, rtype, before[0], r) for r in before[1] if not (same and r in after[1])]
        additions += [Record(name, rtype, after[0], r) for r in after[1] if not (same and r in before[1])]
