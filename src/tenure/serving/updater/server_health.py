"""Which servers take a zone's updates, as the updater's own messages find out, kept in the ledger for people.

A zone is well while one of its servers takes updates; that another one is away shows here alone. What is told is a
change, or that a probe has failed once more: a failure that finds what is known costs nothing, nor does an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from tenure.dnswire.name import Name
from tenure.naming.reason import Reason
from tenure.naming.server_trouble import ServerTrouble
from tenure.serving.updater.journal import Journal
from tenure.updating.task import Ending

Place: TypeAlias = tuple[Name, str]  # a zone, lower case, and a server of it


class ServerHealth:
    """What is known of the servers, each for each of its zones."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        self._troubles: dict[Place, ServerTrouble] = {}
        self._journal = journal
        self._clock = clock

    def know(self, known: Iterable[ServerTrouble], configured: Collection[Place]) -> None:
        """Take in what the ledger has of them from before; who is not configured any more is forgotten."""
        self._troubles = {(one.zone, one.server): one for one in known}
        for place in self._troubles.keys() - configured:
            self._forget(place)

    def failed(self, zone: Name, server: str, ending: Ending, asked_at: float) -> None:
        """It did not take a message. `asked_at`: UTC seconds when it gets the next; 0: any time."""
        place = zone.lower(), server
        before = self._troubles.get(place)
        if before is not None and before.reason == ending.reason and asked_at <= before.asked_at:
            return
        since_at = self._clock() if before is None else before.since_at
        trouble = ServerTrouble(*place, since_at, ending.reason.value, ending.cause, asked_at)
        self._troubles[place] = trouble
        self._journal.note_server(trouble)

    def answered(self, zone: Name, server: str) -> None:
        """It gave an answer that counts. So it can be reached, with whatever zone."""
        for place, trouble in list(self._troubles.items()):  # mostly none
            is_meant = place[0] == zone.lower() or trouble.reason == Reason.SERVER_UNREACHABLE
            if place[1] == server and is_meant:
                self._forget(place)

    def _forget(self, place: Place) -> None:
        self._journal.note_server(self._troubles.pop(place)._replace(reason=""))
