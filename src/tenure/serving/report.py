"""One line for each happening on standard error, standing problems, counters: what a service tells its operator.

Never called per packet: a batch counts its packets and reports once. The line is logfmt (`key=value`, quoted where
needed) and is written here rather than by a library, because the library of our field loads rich and asyncio into every
service process for this one line (docs/decisions/0006-log-lines.md).
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, TextIO

from tenure.serving.metrics import Metrics

REPEAT_SECONDS = 60.0  # a problem that stands unchanged is said again at most this often


class Problem(NamedTuple):
    """Something that stands in the way now."""

    code: str
    text: str
    since: float = 0.0  # UTC seconds
    said_at: float = 0.0  # UTC seconds of the last line about it
    unsaid: int = 0  # how often it was met since then
    unanswered: int = 0  # how many were not answered because of it


class Report:
    """The voice of one service. `counts` and `problems` are what metrics and health checks read.

    `incidents` went wrong and are over: they are kept to be said now and then, and not each time.
    """

    def __init__(self, service: str, *, stream: TextIO | None = None, clock: Callable[[], float] = time.time) -> None:
        self.service = service
        self.counts: Counter[str] = Counter()
        self.problems: dict[str, Problem] = {}
        self.incidents: dict[str, Problem] = {}
        self.metrics = Metrics()
        self._stream = stream
        self._clock = clock

    def now(self) -> float:
        """UTC seconds, by the clock of its lines."""
        return self._clock()

    def info(self, event: str, **fields: object) -> None:
        """Something happened that an operator wants to know; `event` is a code such as `started`."""
        self._write("info", event, fields)

    def problem(self, code: str, text: str, **fields: object) -> None:
        """Something stands in the way, until `healthy(code)`: said at once, when the text changes, and now and then.

        The code is a fixed word. Where there may be several, what it is about is behind a space: `brake-held a.test.`
        """
        self._meet(self.problems, Problem(code, text), fields)

    def incident(self, code: str, text: str, **fields: object) -> None:
        """As `problem`, of what went wrong this once and stands in the way of nothing, such as a damaged request."""
        self._meet(self.incidents, Problem(code, text), fields)

    def outage(self, code: str, text: str, unanswered: int = 0) -> None:
        """As `problem`, of what fails in other words each time it is tried: a new text waits for its time to be said.

        How many were `unanswered` in all is said when it is over.
        """
        self._meet(self.problems, Problem(code, text, unanswered=unanswered), {}, is_news=code not in self.problems)

    def healthy(self, code: str) -> None:
        """The problem of this code is over; nothing is said if there was none."""
        standing = self.problems.pop(code, None)
        if standing:
            seconds = round(self._clock() - standing.since, 1)
            lost = {"unanswered": standing.unanswered} if standing.unanswered else {}
            self._write("info", "recovered", {"from": code, "seconds": seconds, **lost})

    def count(self, name: str, n: int = 1) -> None:
        """Add to a counter; names are `what_happened`, without the service."""
        self.counts[name] += n

    def metrics_text(self) -> str:
        """All the numbers of the service, for Prometheus; may be asked for from another thread."""
        standing = Counter(code.partition(" ")[0] for code in list(self.problems))
        return self.metrics.text(self.service, self.counts.copy(), standing)

    def _meet(
        self, met: dict[str, Problem], one: Problem, fields: dict[str, object], *, is_news: bool | None = None
    ) -> None:
        """Say it, unless it is no news and was said a moment ago. By itself another text than before is news."""
        now = self._clock()
        before = met.get(one.code, one._replace(since=now, unanswered=0))
        standing = before._replace(text=one.text, unanswered=before.unanswered + one.unanswered)
        if is_news is None:
            is_news = one.code not in met or before.text != one.text
        if not is_news and now - before.said_at < REPEAT_SECONDS:
            met[one.code] = standing._replace(unsaid=standing.unsaid + 1)
            return
        if standing.unsaid:
            fields["repeated"] = standing.unsaid
        met[one.code] = standing._replace(said_at=now, unsaid=0)
        self._write("problem", one.code, {"text": one.text, **fields})

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"time": at, "level": level, "service": self.service, "event": event}
        line = " ".join(f"{key}={logfmt_value(value)}" for key, value in (head | fields).items())
        with suppress(OSError, ValueError):  # a closed log must not stop a service
            print(line, file=self._stream or sys.stderr, flush=True)


def logfmt_value(value: object) -> str:
    """The value on one line of printable ASCII; quoted where a space, a quote or an equals sign asks for it.

    A name can end a quotation by a backslash and a quote of its own, so inside quotes backslashes are doubled.
    """
    text = value.hex() if isinstance(value, bytes) else str(value)
    is_plain = text.isascii() and text.isprintable()
    shown = text if is_plain else text.encode("unicode_escape").decode("ascii")  # which doubles them too
    if shown and not any(mark in shown for mark in ' "='):
        return shown
    if is_plain:
        shown = shown.replace("\\", "\\\\")
    return '"' + shown.replace('"', '\\"') + '"'
