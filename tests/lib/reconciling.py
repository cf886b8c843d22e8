"""Reconciling passes over the world in memory: zones as the updater's key sees them, and writing that is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from dhcp4_network import ip
from world import World

from tenure.authority.settings import RemoteServer
from tenure.dnswire.codes import Opcode
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import Name, to_text
from tenure.naming.registration import Direction
from tenure.naming.reverse import address_of
from tenure.serving.janitor.reconciling import Reconciliation, Wish
from tenure.serving.janitor.sorted_records import SortedRecords
from tenure.serving.janitor.zone_questions import Answers, Asked, Questions
from tenure.serving.janitor.zone_reader import Before, Read, found_of
from tenure.serving.stop import Stop
from tenure.signing.key import Key
from tenure.updating.routing import Domain
from tenure.upkeep.finding import Finding, Source, ZoneResult

POOLS = [(ip(f"10.{net}.0.100"), ip(f"10.{net}.0.102")) for net in (1, 2)]


class _Asked:
    """The server of the world, asked for single names."""

    def __init__(self, world: World) -> None:
        self._world = world

    def ask(self, questions: Iterable[Asked]) -> Answers:
        primary = self._world.primary
        records = set() if primary.leads_outside else primary.records()
        return {
            asked: [(rdata, ttl) for name, rtype, rdata, ttl in records if (name, rtype) == asked]
            for asked in questions
        }

    def close(self) -> None: ...


class Reconciler:
    """Passes over one world; `found` is what the last one found, as `missing forward pc`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[str] = []
        self.away = False
        self.pools = POOLS

    def run(self, wish: Wish | None = None) -> list[ZoneResult]:
        """One pass, a second later: what changed in this moment would be passed over."""
        self.world.now += 1
        self.found = []

        def tell(one: Finding) -> None:
            self.found.append(f"{one.kind} {one.direction} {to_text(one.name).partition('.')[0]}")

        stop = Stop()
        wish = replace(wish or Wish(insists=True), tell=tell)
        whole = Reconciliation(
            self.world.leases, self.world.routes, {}, self.pools, stop, self.world.clock, self._read, self._question
        )
        results = whole.run(wish)
        stop.close()
        self.found.sort()
        return results

    def puts_all_right(self) -> None:
        """One pass makes DNS say what it should, without a needless update; a second one finds nothing."""
        world = self.world
        before = world.primary.records()
        self.run()
        with self.written() as written:
            world.settle()
        changed = {record[0] for record in before ^ world.primary.records()}
        after = world.primary.content()
        assert written <= changed, f"needless: {[to_text(name) for name in written - changed]}"
        wanted = world.registered()
        assert wanted <= after
        assert {record for record in after if record[1] == _DHCID} == {one for one in wanted if one[1] == _DHCID}
        self.run()
        assert not [one for one in self.found if not one.startswith(("foreign", "orphaned"))], self.found
        with self.written() as written:
            world.settle()
        assert not written

    @contextmanager
    def written(self) -> Iterator[set[Name]]:
        """The names that updates write which are answered NOERROR meanwhile."""
        found: set[Name] = set()
        answer: Callable[[bytes], bytes] = self.world.primary.answer

        def watched(octets: bytes) -> bytes:
            reply = answer(octets)
            message = parse_message(octets)
            if message.opcode == Opcode.UPDATE and not parse_message(reply).rcode:
                found.update(rr.name.lower() for rr in message.authorities)
            return reply

        self.world.primary.answer = watched  # type: ignore[method-assign]
        try:
            yield found
        finally:
            self.world.primary.answer = answer  # type: ignore[method-assign]

    def _question(self, _server: RemoteServer, _keys: Mapping[Name, Key], _stop: Stop) -> Questions:
        return _Asked(self.world)

    def _read(
        self,
        domain: Domain,
        direction: Direction,
        _keys: Mapping[Name, Key],
        _stop: Stop,
        _moved: Callable[[int], None],
        _before: Before | None,
    ) -> Read:
        if self.away:
            return Read(Source.UNREACHABLE, trouble="connection refused")
        records, names = SortedRecords(), set[Name]()
        for name, rtype, rdata, ttl in self.world.primary.records() if not self.world.primary.leads_outside else ():
            key = name if direction is Direction.FORWARD else address_of(name)
            if name.endswith(domain.zone) and name != domain.zone and key is not None:
                names.add(name)
                records.add([found_of(key, rtype, rdata, ttl)])
        source = Source.TRANSFER if names else Source.EMPTY
        return Read(source, RemoteServer(*domain.servers[0]), 1, len(names), "", records)


_DHCID = 49
