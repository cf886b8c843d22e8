"""Finding the zone of a name and the servers that take its updates, in the order of Windows' client.

First the primary that the zone's SOA record names. Where that does not work, each of the zone's name servers is asked
for the SOA record in turn, and the update goes to whom that one names: where every server of a zone is a primary, each
names itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, labels, parent, to_text
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, State
from tenure.registering.entry import Place
from tenure.registering.locating import Alias, NotFound, Zone, read_addresses, read_servers, read_zone
from tenure.registering.steps import Outcome
from tenure.serving.agent.asking import Servers
from tenure.serving.updater.link import Unreachable

_PORT = 53
_MOST_ALIASES = 8
_MOST_ASKED = 32  # servers of a zone, for one name: whoever lies about them does not keep us for ever
_SOA, _NS, _A, _AAAA = int(RRType.SOA), int(RRType.NS), int(RRType.A), int(RRType.AAAA)


class Located(NamedTuple):
    """Where a name is."""

    owner: Name  # where its records stand: behind the aliases of a reverse name (RFC 2317)
    zone: Name
    primary: Name
    addresses: tuple[str, ...]  # of the primary, as far as they are known already


class Locator:
    """Asks one set of name servers. `fixed` are servers that take the updates whatever the SOA record says."""

    def __init__(self, servers: Servers, name_servers: Sequence[Place], fixed: Sequence[Place]) -> None:
        self._servers = servers
        self._asked = tuple(fixed or name_servers)
        self._recursive = not fixed
        self._fixed = tuple(fixed)

    async def locate(self, owner: Name, direction: Direction, *, top_level_zones: bool) -> Located | Outcome:
        """The zone of a name, or why nothing can be registered there."""
        name, aliases = owner, 0
        while aliases < _MOST_ALIASES:
            found = await self._zone_of(name)
            if isinstance(found, Alias) and direction is Direction.REVERSE and name == owner:
                name = owner = found.target
                aliases += 1
            elif len(labels(name)) > 1 and (
                isinstance(found, Alias) or (isinstance(found, NotFound) and found.leaves_it_open)
            ):
                name = parent(name)
            elif not isinstance(found, Zone):
                cause = found.cause if isinstance(found, NotFound) else f"{to_text(name)} is an alias"
                return Outcome(State.PENDING, Reason.NO_PRIMARY, cause)
            elif len(labels(found.zone)) < 2 and not top_level_zones:
                told = f"{to_text(owner)} is in the zone {to_text(found.zone)}, as the name servers see it"
                return Outcome(State.REFUSED, Reason.TOP_LEVEL_ZONE, told)
            else:
                return Located(owner, found.zone, found.primary, found.addresses)
        return Outcome(State.REFUSED, Reason.NO_PRIMARY, f"the aliases at {to_text(owner)} do not end")

    async def takers(self, located: Located) -> AsyncIterator[Place]:
        """The servers to send the update to, each once, while the caller wants another one."""
        if self._fixed:
            for place in self._fixed:
                yield place
            return
        seen: set[str] = set()
        for address in located.addresses or await self._addresses_of(located.primary):
            if address not in seen:
                seen.add(address)
                yield address, _PORT
        asked = 0
        for server in await self._name_servers_of(located.zone):
            for address in await self._addresses_of(server):
                asked += 1
                if asked + len(seen) > _MOST_ASKED:
                    return
                for taker in await self._named_by((address, _PORT), located.zone):
                    if taker not in seen:
                        seen.add(taker)
                        yield taker, _PORT

    async def _zone_of(self, name: Name) -> Zone | Alias | NotFound:
        """What the first server says that says anything."""
        found = NotFound("no name server is known: resolv.conf has none, and name-servers is not set")
        for place in self._asked:
            try:
                answer = read_zone(await self._servers.query(place, name, _SOA, recursive=self._recursive), name)
            except Unreachable as error:
                found = NotFound(f"{self._servers.link(place).text}: {error}")
                continue
            if not isinstance(answer, NotFound):
                return answer
            found = NotFound(f"{answer.cause}, says {self._servers.link(place).text}", answer.leaves_it_open)
        return found

    async def _named_by(self, place: Place, zone: Name) -> list[str]:
        """Whom a name server of the zone gives as the primary."""
        try:
            found = read_zone(await self._servers.query(place, zone, _SOA, recursive=False), zone)
        except Unreachable:
            return []
        if not isinstance(found, Zone) or found.zone != zone or not found.is_authoritative:
            return []
        return list(found.addresses) or await self._addresses_of(found.primary)

    async def _name_servers_of(self, zone: Name) -> list[Name]:
        for place in self._asked:
            try:
                found = read_servers(await self._servers.query(place, zone, _NS, recursive=True), zone)
            except Unreachable:
                continue
            if not isinstance(found, NotFound):
                return found
        return []

    async def _addresses_of(self, name: Name) -> list[str]:
        """The addresses of a server, from the first name server that has any."""
        for place in self._asked:
            found: list[str] = []
            for rtype in (_AAAA, _A):
                try:
                    found += read_addresses(await self._servers.query(place, name, rtype, recursive=True))
                except Unreachable:
                    break
            if found:
                return found
        return []
