"""What queries need, kept until it changes: ready replies, and the records of the names read lately.

A reply is found by the octets of its query without the id. It depends on the names whose records were read for it, so
the change of a name drops the replies that read it. A reply for which the SOA was read, or whether anything stands
below a name (denials, wildcards, empty non-terminals), is dropped at every change. Aliases, cuts and glue need no rule
of their own: their names were read.

Where query and reply end with a cookie (RFC 7873), that is left off as well: the query without it finds the reply
without it, whoever asks.

Replies over TCP stand apart from those over UDP, which may be truncated; large ones are made anew each time. Whoever
sees another view of the zones gets the replies of another cache; what is read of a zone is kept once for all.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from tenure.authority.cookie import CLIENT_COOKIE, Cookies
from tenure.authority.zone import Node, ZoneView
from tenure.dnswire.name import Name

MOST_REPLIES = 100_000
MOST_VOLATILE = 20_000  # denials can be asked for without end; they must not push out what exists
MOST_NODES = 5_000  # of each zone: apex, cuts and wildcards are read again and again, hosts once for each reply
MOST_STREAM_OCTETS = 4096  # of a reply over TCP: there may be as many of them as over UDP, where they are short
_MOST_KEPT = 4 * MOST_REPLIES  # replies kept since everything was dropped; bounds the notes about dropped ones

_COOKIE_ALONE = b"\0\x0c\0\x0a\0\x08"  # length of OPT's data, option code, length: a client cookie of 8 octets follows
_COOKIE_PAIR = b"\0\x1c\0\x0a\0\x18"  # a server cookie of 16 octets follows the client's
_COOKIE_IN_REPLY = 24


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
    """`replies` is what the service looks up for each packet: query octets behind the id to reply octets behind it.

    `beside`: the cache that watches the zones for this one too.
    """

    def __init__(self, beside: QueryCache | None = None) -> None:
        self.replies: dict[bytes, bytes] = {}
        self.stream_replies: dict[bytes, bytes] = {}  # the same over TCP
        self.before_cookie: dict[bytes, bytes] = {}  # the same over UDP, of queries and replies that end with a cookie
        self._views: list[_KeptView] = []
        self._reads: _Reads = _Reads() if beside is None else beside._reads
        self._readers: dict[Name, list[bytes]] = {}  # queries whose reply read the name
        self._kept = 0
        self._volatile: list[bytes] = []

    def watch(self, view: ZoneView) -> ZoneView:
        """The view of one zone as the makers of replies must read it: what they read is kept, and noted for `keep`."""
        kept = _KeptView(view, self._reads)
        self._views.append(kept)
        return kept

    def begin(self) -> None:
        """A reply is about to be made: forget what was read before."""
        self._reads.names.clear()
        self._reads.more = False

    def reply_with_cookie(self, query: bytes, cookies: Cookies, client: str, now: float) -> bytes | None:
        """The reply that is ready for a query that ends with a cookie; None: there is none, or not for this cookie."""
        found = behind_cookie(query)
        if found is None:
            return None
        before = self.before_cookie.get(found.key)
        if before is None or (cookies.required and not cookies.is_good(found.cookie, client, now)):
            return None
        return query[:2] + before + cookies.answer(found.cookie[:CLIENT_COOKIE], client, now)

    def keep(self, query: bytes, reply: bytes) -> None:
        """Keep the reply just made (whole messages; the id of each is left off)."""
        self._note(query[2:])
        self.replies[query[2:]] = reply[2:]

    def keep_for_streams(self, query: bytes, reply: bytes) -> None:
        """Keep the reply just made to a query over TCP, unless it is large."""
        if len(reply) <= MOST_STREAM_OCTETS:
            self._note(query[2:])
            self.stream_replies[query[2:]] = reply[2:]

    def keep_before_cookie(self, query: bytes, reply: bytes) -> None:
        """Keep the reply just made, where each of the two ends with a cookie, the reply's being 24 octets long."""
        found = behind_cookie(query)
        if found is not None:
            self._note(found.key)
            self.before_cookie[found.key] = reply[2:-_COOKIE_IN_REPLY]

    def _note(self, key: bytes) -> None:
        """A reply will be kept under the key: make room for it, and note when it has to go."""
        count = len(self.replies) + len(self.stream_replies) + len(self.before_cookie)
        if count >= MOST_REPLIES or self._kept >= _MOST_KEPT:
            self.forget_all()
        self._kept += 1
        if self._reads.more:
            if len(self._volatile) >= MOST_VOLATILE:
                self._forget_volatile()
            self._volatile.append(key)
        else:
            for name in self._reads.names:
                readers = self._readers.get(name)
                if readers is None:
                    self._readers[name] = [key]
                else:
                    readers.append(key)

    def forget(self, names: AbstractSet[Name]) -> None:
        """Some names have changed, and the serial of their zone with them."""
        self._forget_volatile()
        for view in self._views:
            view.forget(names)
        for name in names:
            for key in self._readers.pop(name, ()):
                self._drop(key)

    def forget_all(self) -> None:
        """Anything may have changed."""
        for view in self._views:
            view.forget_all()
        self.replies.clear()
        self.stream_replies.clear()
        self.before_cookie.clear()
        self._readers.clear()
        self._volatile.clear()
        self._kept = 0

    def _forget_volatile(self) -> None:
        for key in self._volatile:
            self._drop(key)
        self._volatile.clear()

    def _drop(self, key: bytes) -> None:
        """Whatever is kept under the key; a query over UDP and one over TCP can have the same."""
        self.replies.pop(key, None)
        self.stream_replies.pop(key, None)
        self.before_cookie.pop(key, None)


class _Reads:
    """What was read for the reply being made."""

    def __init__(self) -> None:
        self.names: set[Name] = set()  # whose records were read
        self.more = False  # something that any change of the zone may change


class _KeptView:
    """A view that reads nothing twice."""

    def __init__(self, view: ZoneView, reads: _Reads) -> None:
        self._view = view
        self._reads = reads
        self._nodes: dict[Name, Node] = {}
        self._has_below: dict[Name, bool] = {}
        self._soa: tuple[int, bytes] | None = None

    @property
    def soa(self) -> tuple[int, bytes]:
        self._reads.more = True
        if self._soa is None:
            self._soa = self._view.soa
        return self._soa

    def rrsets_at(self, name: Name) -> Node:
        self._reads.names.add(name)
        node = self._nodes.get(name)
        if node is None:
            node = self._view.rrsets_at(name)
            if len(self._nodes) >= MOST_NODES:
                self._nodes.clear()
            self._nodes[name] = node
        return node

    def has_names_below(self, name: Name) -> bool:
        self._reads.more = True
        found = self._has_below.get(name)
        if found is None:
            found = self._view.has_names_below(name)
            if len(self._has_below) >= MOST_NODES:
                self._has_below.clear()
            self._has_below[name] = found
        return found

    def forget(self, names: AbstractSet[Name]) -> None:
        """These names have changed, in this zone or in another."""
        self._soa = None
        self._has_below.clear()
        for name in self._nodes.keys() & names:
            del self._nodes[name]

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._soa = None
        self._has_below.clear()
        self._nodes.clear()
