"""NOTIFY out (RFC 1996): who has to be told which serial, when, and when to give up. Sends nothing itself.

A change is told at once, and no server hears of a zone more than once a second: what changes meanwhile is told
together. A notice is repeated after 2, 4, 8, 16 and 32 seconds until it is answered (sections 3.6 and 3.7 allow
backing off); a newer serial takes the place of the older one and begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tenure.authority.settings import RemoteServer
from tenure.dnswire.codes import Opcode, Rcode, RRClass, RRType, rcode_to_text
from tenure.dnswire.message import AA, QR, Message, Question, build_message
from tenure.dnswire.name import Name
from tenure.dnswire.rr import RR

COALESCING_SECONDS: Final = 1.0
FIRST_WAIT_SECONDS: Final = 2.0
MOST_SENDINGS: Final = 6
_FLAGS: Final = int(Opcode.NOTIFY) << 11 | AA


class Notice(NamedTuple):
    """What one server is to be told of one zone."""

    zone: Name
    server: RemoteServer
    soa: tuple[int, bytes]  # TTL and RDATA: a hint for the server, which asks for itself


class _Standing(NamedTuple):
    notice: Notice
    sendings: int
    due_at: float


class NotifySchedule:
    """All notices that are not answered yet. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._standing: dict[tuple[Name, RemoteServer], _Standing] = {}
        self._sent_at: dict[tuple[Name, RemoteServer], float] = {}  # the first sending of the last notice

    def changed(self, zone: Name, soa: tuple[int, bytes], servers: Iterable[RemoteServer], now: float) -> None:
        """The zone has a new serial, and these servers are to know it."""
        for server in servers:
            last = self._sent_at.get((zone, server))
            due_at = now if last is None else max(now, last + COALESCING_SECONDS)
            self._standing[zone, server] = _Standing(Notice(zone, server, soa), 0, due_at)

    def due(self, now: float) -> Iterator[Notice]:
        """The notices to be sent now, each counted as sent."""
        for place, (notice, sendings, due_at) in list(self._standing.items()):
            if due_at <= now and sendings < MOST_SENDINGS:
                if not sendings:
                    self._sent_at[place] = now
                wait = FIRST_WAIT_SECONDS * 2**sendings
                self._standing[place] = _Standing(notice, sendings + 1, now + wait)
                yield notice

    def given_up(self, now: float) -> list[Notice]:
        """The notices that nobody answered however often they were sent; they are forgotten."""
        gone = [place for place, one in self._standing.items() if one.sendings >= MOST_SENDINGS and one.due_at <= now]
        return [self._standing.pop(place).notice for place in gone]

    def answered(self, notice: Notice) -> bool:
        """The server has heard it; whether that was the newest that it is to hear of the zone."""
        standing = self._standing.get((notice.zone, notice.server))
        if standing is None or standing.notice != notice:
            return standing is None
        del self._standing[notice.zone, notice.server]
        return True

    @property
    def next_at(self) -> float | None:
        """When there is something to do next."""
        return min((one.due_at for one in self._standing.values()), default=None)


def build_notify(message_id: int, notice: Notice) -> bytes:
    """The request, with the new SOA as a hint in its answer section (section 3.7)."""
    question = Question(notice.zone, int(RRType.SOA), int(RRClass.IN))
    soa = RR(notice.zone, int(RRType.SOA), int(RRClass.IN), *notice.soa)
    return build_message(message_id, _FLAGS, [question], [soa])


def refusal_in(answer: Message) -> str | None:
    """Why the server does not take notices of the zone, None when it has heard this one.

    A server that does not know NOTIFY says NOTIMP, and looks when its own timer says so (section 3.12).
    """
    if answer.rcode in (Rcode.NOERROR, Rcode.NOTIMP):
        return None
    return f"it answered {rcode_to_text(answer.rcode)}"


def is_answer(answer: Message, notice: Notice) -> bool:
    """Whether the message is the answer to a notice (section 3.8); who sent it is for the caller to look at."""
    if not answer.flags & QR or answer.opcode != Opcode.NOTIFY:
        return False
    return not answer.questions or answer.questions[0].name.lower() == notice.zone
