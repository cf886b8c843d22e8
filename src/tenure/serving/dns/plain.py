"""Plain questions over UDP whose replies are not ready: those of one batch are answered together.

Their names are read by one statement, and each reply is put together from what its kind (`authority.plain`) has in
common. Which kinds there are is learned from what is asked; what is not plain goes on to `respond`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from tenure.authority.plain import plain_key, plain_kind, wire_records
from tenure.authority.request import Reply
from tenure.authority.zone import Node, ZoneUnavailable
from tenure.dnswire.name import Name
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.caches import Seen
from tenure.serving.dns.kept import Frame, KnownKind, Ready
from tenure.serving.dns.reads import Below, KeptZone, Read
from tenure.serving.dns.tallies import Tallies, Tally
from tenure.serving.dns.udp import Datagram

_ID: Final = 2  # octets of a message's id
_RCODE: Final = 1  # the octet of a reply without its id that ends in it


_Found: TypeAlias = tuple[Datagram, QueryCache, KnownKind, Name]


class PlainQuestions:
    """Those to one service. `begin_reads`: the zones will be read now; `seen_by`: what is seen from an address."""

    def __init__(self, begin_reads: Callable[[], None], tallies: Tallies, seen_by: Callable[[str], Seen]) -> None:
        self._begin_reads = begin_reads
        self._tallies = tallies
        self._seen_by = seen_by

    def answer(self, asked: Sequence[Datagram]) -> list[Datagram]:
        """Answers the plain questions of known kinds; gives the others, in their order."""
        found: list[_Found] = []
        others: list[Datagram] = []
        names: dict[KeptZone, list[Name]] = {}
        for datagram in asked:
            query = datagram.octets
            key = plain_key(query)
            cache = self._seen_by(datagram.peer[0]).cache
            known = cache.kinds.get(key) if key else None
            name = None if known is None else known.kind.name_in(query)
            if known is None or name is None:
                others.append(datagram)
                continue
            if self._give_ahead(datagram, cache, known, name):
                continue
            if cache.has_frame(datagram.key):
                others.append(datagram)
                continue
            found.append((datagram, cache, known, name))
            names.setdefault(known.zone, []).append(name)
        if not found:
            return others
        try:
            self._begin_reads()
            nodes = {zone: zone.nodes_at(some) for zone, some in names.items()}
            for zone, read in nodes.items():
                zone.look_below([name for name in read if not read[name]])
        except (LedgerUnavailable, ZoneUnavailable):
            return [*others, *(one[0] for one in found)]  # to be told so
        for datagram, cache, known, name in found:
            try:
                is_answered = self._answer(datagram, cache, known, name, nodes[known.zone][name])
            except (LedgerUnavailable, ZoneUnavailable):
                is_answered = False
            if not is_answered:
                others.append(datagram)
        return others

    def learn(self, query: bytes, client: str) -> None:
        """A question was answered otherwise: if more of its kind were, the next ones will be answered here."""
        key = plain_key(query)
        if not key:
            return
        view, cache = self._seen_by(client)
        if not cache.wants_kind(key):
            return
        try:
            cache.begin()
            kind = plain_kind(query, view)
            reads = cache.has_read()
            known = None
            if kind is not None:
                cache.begin()
                kind.look_for_wildcard()
                zone = kind.zone.view
                assert isinstance(zone, KeptZone), "what is served here is watched by the cache"
                known = KnownKind(kind, zone, reads, cache.has_read())
        except (LedgerUnavailable, ZoneUnavailable):
            return
        cache.keep_kind(key, known, reads if known is None else (*reads, *known.missing_reads))

    def _answer(self, datagram: Datagram, cache: QueryCache, known: KnownKind, name: Name, node: Node) -> bool:
        query, kind, zone = datagram.octets, known.kind, known.zone
        if node:
            if self._give(datagram, cache, known, name, wire_records(node)):
                return True
        elif not kind.says_missing or zone.has_names_below(name):
            return False
        soa = zone.soa
        denial = kind.deny(query, node, soa)
        serial = None if denial is None or zone.frame is None else zone.serial(zone.frame)
        if denial is None or zone.frame is None or serial is None:
            return False
        before, after = denial
        reply = before + serial + after
        datagram.send(query[:2] + reply)
        frame = Frame(before, after, zone, zone.frame, self._counted(known, reply))
        reads: Sequence[Read] = known.reads if node else (Below(zone, name), *known.reads, *known.missing_reads)
        cache.keep_denial(datagram.key, Ready(reply, frame.tally), frame, (name, *reads))
        return True

    def _give_ahead(self, datagram: Datagram, cache: QueryCache, known: KnownKind, name: Name) -> bool:
        """Answers from what was read ahead, if that is all that there is to say."""
        ahead = known.zone.ahead.at(name)
        if ahead is None:
            return False
        if ahead.is_asked:
            known.zone.ahead.forget(name)
            return self._give(datagram, cache, known, name, ahead.records)
        query = datagram.octets
        reply = known.kind.answer(query, ahead.records)
        if not reply:
            return False
        ahead.is_asked = True
        datagram.send(query[:_ID] + reply)
        self._counted(known, reply)
        return True

    def _give(self, datagram: Datagram, cache: QueryCache, known: KnownKind, name: Name, records: bytes) -> bool:
        """Answers with what is asked for of these records of the name; whether that is all that there is to say."""
        query = datagram.octets
        reply = known.kind.answer(query, records)
        if not reply:
            return False
        datagram.send(query[:_ID] + reply)
        cache.keep_found(datagram.key, Ready(reply, self._counted(known, reply)), name, known.reads)
        return True

    def _counted(self, known: KnownKind, reply: bytes) -> Tally:
        rcode = reply[_RCODE] & 0xF
        tally = known.tallies.get(rcode)
        if tally is None:
            kind = known.kind
            whole = bytes(_ID) + reply
            tally = self._tallies.of(Reply(whole, view=kind.view.name, zone=kind.zone.name))
            known.tallies[rcode] = tally
        tally.number += 1
        return tally
