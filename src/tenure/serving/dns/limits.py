"""Replies over UDP that are limited, so that nobody is flooded from here with answers to what others have asked."""

from __future__ import annotations

import time
from functools import partial

from tenure.authority.cookie import Cookies
from tenure.authority.ratelimit import RateLimiter
from tenure.authority.server_settings import RateLimits
from tenure.serving.dns.cache import behind_cookie
from tenure.serving.dns.outbox import Send
from tenure.serving.dns.udp import Datagram
from tenure.serving.report import Report


class LimitedReplies:
    """The limits of one service."""

    def __init__(self, limits: RateLimits, cookies: Cookies | None, report: Report) -> None:
        self._limiter = RateLimiter(limits)
        self._cookies = cookies
        self._report = report

    def limited(self, datagram: Datagram, now: float) -> Datagram:
        """The same, but with a limited reply, unless its cookie shows that the client is where it seems to be."""
        octets, key, peer = datagram.octets, datagram.key, datagram.peer
        found = behind_cookie(octets) if self._cookies is not None else None
        if found is None or self._cookies is None or not self._cookies.is_good(found.cookie, peer[0], now):
            return Datagram(octets, key, peer, partial(self._send, datagram.send, peer[0]))
        return datagram

    def _send(self, send: Send, client: str, reply: bytes) -> None:
        limited = self._limiter.limit(reply, client, time.time())
        if limited.held_back:
            self._report.count("replies_held_back", 1)
        if limited.octets:
            send(limited.octets)
