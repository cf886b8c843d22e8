"""Ready replies, kept until what they say changes.

A reply is found by the octets of its query without the id. It depends on the names whose records were read for it, and
on whether anything stands below some names (denials, wildcards, empty non-terminals), so a change drops the replies
that read what it has changed, and no others. Aliases, cuts and glue need no rule of their own: their names were read.

Every change of a zone moves its serial, which stands in every denial. So of a reply that has one SOA in it, what is
around the serial is kept too (`Frame`): the ready reply goes with each change, and the next question gets a new one for
the price of putting three pieces together.

Where query and reply end with a cookie (RFC 7873), that is left off as well: the query without it finds the reply
without it, whoever asks.

A reply is kept with the tally that it adds to whenever it is given.

Replies over TCP stand apart from those over UDP, which may be truncated; large ones are made anew each time. Whoever
sees another view of the zones gets the replies of another cache; what is read of a zone is kept once for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from tenure.authority.cookie import CLIENT_COOKIE, Cookies
from tenure.authority.zone import QueryableView, ZoneUnavailable, ZoneView
from tenure.dnswire.name import Name, parent
from tenure.ledger.errors import LedgerUnavailable
from tenure.serving.dns.ahead import MOST_AHEAD
from tenure.serving.dns.kept import Frame, KnownKind, Ready, Shelf
from tenure.serving.dns.reads import KeptZone, Read, Reads
from tenure.serving.dns.tallies import Tally

MOST_REPLIES = 125_000
MOST_DENIALS = 20_000  # they can be asked for without end, and must not push out what exists
MOST_KINDS = 1_000  # of plain questions, too
MOST_STREAM_OCTETS: Final = 4096  # of a reply over TCP: there may be as many of them as over UDP, where they are short
_MOST_KEPT = 4 * MOST_REPLIES  # replies kept since everything was dropped; bounds the notes about dropped ones

# Length of OPT's data, option code, length: a client cookie of 8 octets follows.
_COOKIE_ALONE: Final = b"\0\x0c\0\x0a\0\x08"
_COOKIE_PAIR: Final = b"\0\x1c\0\x0a\0\x18"  # a server cookie of 16 octets follows the client's
_COOKIE_IN_REPLY: Final = 24


Readers: TypeAlias = dict[Read, bytes | list[bytes]]  # the query or queries whose reply read it; most are one


class BehindCookie(NamedTuple):
    """A query that seems to end with a cookie."""

    key: bytes  # the query without its id and its cookie
    cookie: bytes


def behind_cookie(query: bytes) -> BehindCookie | None:
    """The query and its cookie apart, if it ends with an OPT record that has this one option.

    Octets that only look so are no harm: their key is found among the replies when they are, octet for octet, a query
    that was read as one before, but for the cookie.
    """
    if query[-14:-8] == _COOKIE_ALONE:
        return BehindCookie(query[2:-14], query[-8:])
    if query[-30:-24] == _COOKIE_PAIR:
        return BehindCookie(query[2:-30], query[-24:])
    return None


class QueryCache:
    """`replies` is what the service looks up for each packet: query octets behind the id to what is ready for it.

    Who takes a reply from there counts it; the other ways count what they give.

    `beside`: the cache that watches the zones for this one too.
    """

    def __init__(self, beside: QueryCache | None = None) -> None:
        self._datagrams, self._streams, self._before_cookie = self._shelves = (Shelf(), Shelf(), Shelf())
        self.replies = self._datagrams.ready
        self.kinds: dict[bytes, KnownKind | None] = {}  # of plain questions, by their keys; None: they are none
        self._met: set[bytes] = set()  # keys of questions that may be of a kind
        self._zones: dict[Name, list[KeptZone]] = {}  # by apex; none where another cache watches them
        self._reads: Reads = Reads() if beside is None else beside._reads
        self._readers: Readers = {}
        self._kept = 0
        self._unread: list[KeptZone] = []  # whose names are not all read ahead yet
        self._framed_readers: Readers = {}  # the same of replies that have a frame
        self._framed = 0  # frames kept since they were all dropped
        self._fleeting: list[bytes] = []  # queries whose ready reply goes with any change
        self.is_watched = False  # somebody calls `take_asked` now and then
        self._asked: set[bytes] = set()  # queries to which a reply was given that is not kept any more

    def watch(self, view: QueryableView, apex: Name) -> ZoneView:
        """The view of one zone as the makers of replies must read it: what they read is kept, and noted for `keep`."""
        zone = KeptZone(view, apex, self._reads)
        self._zones.setdefault(apex, []).append(zone)
        self._unread.append(zone)
        return zone

    @property
    def reads_ahead(self) -> bool:
        """Whether there is anything for `read_ahead` to do."""
        return bool(self._unread)

    def read_ahead(self) -> None:
        """Reads some names of the zones that are watched here, for the questions to come, until all are read.

        Failing is the end of it for that zone; whoever asks will be told.
        """
        if not self._unread:
            return
        zone = self._unread.pop()
        try:
            if zone.ahead.read():
                self._unread.append(zone)
        except (LedgerUnavailable, ZoneUnavailable):
            return
        if sum(len(one.ahead) for zones in self._zones.values() for one in zones) >= MOST_AHEAD:
            self._unread.clear()

    def begin(self) -> None:
        """A reply is about to be made: forget what was read before."""
        self._reads.begin()

    def ready(self, query: bytes) -> bytes | None:
        """The reply over UDP that is ready, both without their ids, or can be put together."""
        return self._give(self._datagrams, query)

    def ready_for_streams(self, query: bytes) -> bytes | None:
        """The same over TCP."""
        return self._give(self._streams, query)

    def reply_with_cookie(self, query: bytes, cookies: Cookies, client: str, now: float) -> bytes | None:
        """The reply that is ready for a query that ends with a cookie; None: there is none, or not for this cookie."""
        found = behind_cookie(query)
        if found is None:
            return None
        ready = self._find(self._before_cookie, found.key)
        if ready is None or (cookies.required and not cookies.is_good(found.cookie, client, now)):
            return None
        ready.tally.number += 1
        ready.is_asked = True
        return query[:2] + ready.octets + cookies.answer(found.cookie[:CLIENT_COOKIE], client, now)

    def keep(self, query: bytes, reply: bytes, tally: Tally) -> None:
        """Keep the reply just made (whole messages; the id of each is left off)."""
        self._keep(self._datagrams, query[2:], Ready(reply[2:], tally))

    def keep_for_streams(self, query: bytes, reply: bytes, tally: Tally) -> bool:
        """Keep the reply just made to a query over TCP, unless it is large; whether it is kept."""
        if len(reply) > MOST_STREAM_OCTETS:
            return False
        self._keep(self._streams, query[2:], Ready(reply[2:], tally))
        return True

    def keep_before_cookie(self, query: bytes, reply: bytes, tally: Tally) -> None:
        """Keep the reply just made, where each of the two ends with a cookie, the reply's being 24 octets long."""
        found = behind_cookie(query)
        if found is not None:
            self._keep(self._before_cookie, found.key, Ready(reply[2:-_COOKIE_IN_REPLY], tally))

    def has_frame(self, query: bytes) -> bool:
        """Whether a reply over UDP can be put together, both without their ids."""
        return query in self._datagrams.frames

    def keep_found(self, query: bytes, ready: Ready, name: Name, reads: tuple[Read, ...]) -> None:
        """Keep the reply over UDP with the records of the name, both without their ids; it has read more, too."""
        self._make_room()
        self._kept += 1
        _note_one(self._readers, query, name)
        for one in reads:
            _note_one(self._readers, query, one)
        self.replies[query] = ready

    def keep_denial(self, query: bytes, ready: Ready, frame: Frame, reads: Sequence[Read]) -> None:
        """Keep the reply over UDP that has the SOA in it, and its frame, all without ids."""
        self._keep_until_a_change(self._datagrams, query, ready)
        self._keep_frame(self._datagrams, query, frame, reads)

    def has_read(self) -> Sequence[Read]:
        """What was read since `begin`."""
        return tuple(self._reads.what)

    def wants_kind(self, key: bytes) -> bool:
        """Whether the kind of a plain question is to be found out: it is not the first that is met of it."""
        if key in self.kinds:
            return False
        if key in self._met:
            self._met.remove(key)
            return True
        if len(self._met) >= MOST_KINDS:
            self._met.clear()
        self._met.add(key)
        return False

    def keep_kind(self, key: bytes, known: KnownKind | None, reads: Sequence[Read]) -> None:
        """Keep it as long as what was read does not change."""
        if len(self.kinds) >= MOST_KINDS:
            self.kinds.clear()
        self._make_room()
        self._kept += 1
        _note(self._readers, key, reads)
        self.kinds[key] = known

    def take_asked(self) -> Collection[bytes]:
        """The queries to which a reply was given, kept by then, since this was called before.

        Without their ids, some also without the cookie at their end. Denials are not all among them.
        """
        asked, self._asked = self._asked, set()
        for shelf in self._shelves:
            for key, ready in shelf.ready.items():
                if ready.is_asked:
                    ready.is_asked = False
                    asked.add(key)
        return asked

    def changes_by(self, names: Collection[Name]) -> list[Read]:
        """Some names have changed, and the serial of their zone with them: all that this changes, for `forget`.

        What is kept of the zones that are watched here is read anew.
        """
        by_zone: dict[KeptZone, list[Name]] = {}
        for changed in names:
            name = changed
            while True:
                for zone in self._zones.get(name, ()):
                    by_zone.setdefault(zone, []).append(changed)
                if not name[0]:
                    break
                name = parent(name)
        return [*names, *(below for zone, inside in by_zone.items() for below in zone.forget(inside))]

    def forget(self, what: Iterable[Read]) -> None:
        """Drops the replies that read this, and those that any change may change."""
        self._forget_fleeting()
        for one in what:
            for key in _take_readers(self._readers, one):
                self._drop(key)
            for key in _take_readers(self._framed_readers, one):
                self._drop(key)

    def forget_all(self) -> None:
        """Anything may have changed."""
        if self.is_watched:
            self._asked = set(islice(self.take_asked(), MOST_REPLIES))
        for zones in self._zones.values():
            for zone in zones:
                zone.forget_all()
        for shelf in self._shelves:
            shelf.clear()
        self._readers.clear()
        self._kept = 0
        self._framed_readers.clear()
        self._framed = 0
        self._fleeting.clear()
        self.kinds.clear()

    def _give(self, shelf: Shelf, key: bytes) -> bytes | None:
        found = self._find(shelf, key)
        if found is None:
            return None
        found.tally.number += 1
        found.is_asked = True
        return found.octets

    def _find(self, shelf: Shelf, key: bytes) -> Ready | None:
        ready = shelf.ready.get(key)
        if ready is not None:
            return ready
        frame = shelf.frames.get(key)
        if frame is None:
            return None
        serial = frame.zone.serial(frame.soa)
        if serial is None:
            del shelf.frames[key]
            return None
        ready = Ready(frame.before + serial + frame.after, frame.tally)
        self._keep_until_a_change(shelf, key, ready)
        return ready

    def _keep(self, shelf: Shelf, key: bytes, ready: Ready) -> None:
        soas = self._reads.soas
        if not soas:
            self._make_room()
            self._kept += 1
            _note(self._readers, key, self._reads.what)
            shelf.ready[key] = ready
            return
        self._keep_until_a_change(shelf, key, ready)
        frame = _frame(ready, next(iter(soas))) if len(soas) == 1 else None
        if frame is not None:
            self._keep_frame(shelf, key, frame, self._reads.what)

    def _make_room(self) -> None:
        """Drops everything if no more may be kept."""
        if self._kept + len(self._fleeting) < MOST_REPLIES:
            return  # so many can be ready at most
        if sum(len(one.ready) for one in self._shelves) >= MOST_REPLIES or self._kept >= _MOST_KEPT:
            self.forget_all()

    def _keep_frame(self, shelf: Shelf, key: bytes, frame: Frame, reads: Collection[Read]) -> None:
        if self._framed >= MOST_DENIALS:
            self._forget_frames()
        self._framed += 1
        _note(self._framed_readers, key, reads)
        shelf.frames[key] = frame

    def _keep_until_a_change(self, shelf: Shelf, key: bytes, ready: Ready) -> None:
        if len(self._fleeting) >= MOST_DENIALS:
            self._forget_fleeting()
        self._fleeting.append(key)
        shelf.ready[key] = ready

    def _forget_fleeting(self) -> None:
        for key in self._fleeting:
            for shelf in self._shelves:
                shelf.ready.pop(key, None)
        self._fleeting.clear()

    def _forget_frames(self) -> None:
        for shelf in self._shelves:
            shelf.frames.clear()
        self._framed_readers.clear()
        self._framed = 0

    def _drop(self, key: bytes) -> None:
        """Whatever is kept under the key; a query over UDP and one over TCP can have the same."""
        for shelf in self._shelves:
            ready = shelf.ready.pop(key, None)
            if ready is not None and ready.is_asked and self.is_watched and len(self._asked) < MOST_REPLIES:
                self._asked.add(key)
            shelf.frames.pop(key, None)
        self.kinds.pop(key, None)


def _note(readers: Readers, key: bytes, reads: Collection[Read]) -> None:
    """What will be kept under the key has read this: note that it has to go with it."""
    for one in reads:
        _note_one(readers, key, one)


def _note_one(readers: Readers, key: bytes, read: Read) -> None:
    keys = readers.get(read)
    if keys is None:
        readers[read] = key
    elif isinstance(keys, list):
        keys.append(key)
    else:
        readers[read] = [keys, key]


def _take_readers(readers: Readers, read: Read) -> list[bytes]:
    keys = readers.pop(read, None)
    if keys is None:
        return []
    return keys if isinstance(keys, list) else [keys]


def _frame(ready: Ready, zone: KeptZone) -> Frame | None:
    """The frame of a reply for which the zone's SOA was read, unless its serial is not there, or more than once."""
    soa = zone.frame
    serial = None if soa is None else zone.serial(soa)
    if soa is None or serial is None:
        return None
    before, found, after = ready.octets.partition(serial + soa.after)
    if not found or soa.after in before or soa.after in after:
        return None
    return Frame(before, soa.after + after, zone, soa, ready.tally)
