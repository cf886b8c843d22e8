"""The servers that an agent speaks with, over TCP: a lost datagram would turn the next try's answer into a riddle."""

from __future__ import annotations

from collections.abc import Callable

from tenure.registering.entry import Place
from tenure.registering.locating import build_question, is_about
from tenure.serving.updater.link import Link, Unreachable


class Servers:
    """A connection to each server that was needed. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._links: dict[Place, Link] = {}

    def link(self, place: Place) -> Link:
        """The way to a server."""
        link = self._links.get(place)
        if link is None:
            link = self._links[place] = Link(place, self._clock)
        return link

    async def query(self, place: Place, name: bytes, rtype: int, *, recursive: bool) -> bytes:
        """The octets of the answer to a question; `Unreachable`."""
        link = self.link(place)
        message_id = link.new_id()
        octets = await link.ask(message_id, build_question(message_id, name, rtype, recursive=recursive))
        if not is_about(octets, name, rtype):
            raise Unreachable("the answer is to another question")
        return octets

    def close(self) -> None:
        """Give all connections back; what is known of servers that are away is kept no longer."""
        for link in self._links.values():
            link.close()
        self._links.clear()
