"""Preflights on a timer, beside the updater's own work: soon after the start, and then now and then.

What is wrong is said in the log at once, again when it changes, and when it is over.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

from tenure.dnswire.name import Name, to_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.naming.registration import Direction
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.supervision import thread_beside
from tenure.serving.updater.kerberos_check import Tickets
from tenure.serving.updater.preflight import Subject, check
from tenure.signing.key import Key
from tenure.updating.preflight import Finding, Verdict

FIRST_SECONDS = 5.0  # after the start, when the servers that start with us are up too
WRONG_SECONDS = 60.0  # after a check that found something wrong


class TimedPreflight:
    """Checks of all domains, `interval` seconds apart, and sooner while something is wrong."""

    def __init__(
        self,
        ledger: LeaseLedger,
        open_keys: Callable[[LeaseLedger], LiveKeys],
        subjects: Callable[[Mapping[Name, Key]], Sequence[Subject]],
        report: Report,
        interval: float,
        open_tickets: Callable[[], Tickets] | None = None,
    ) -> None:
        self._ledger = ledger
        self._open_keys = open_keys
        self._subjects = subjects
        self._report = report
        self._interval = interval
        self._open_tickets = open_tickets
        self._standing: set[str] = set()  # the codes of what was wrong at the check before
        self._writable: set[_Zone] = set()  # the zones whose servers all would take our updates then

    def beside(self, stop: Stop) -> AbstractContextManager[None]:
        """Goes on while this is entered."""
        return thread_beside(lambda: self._run(stop), "preflight", self._report, stop)

    def _run(self, stop: Stop) -> None:
        ledger = self._ledger.another()
        keys = self._open_keys(ledger)
        wait = min(FIRST_SECONDS, self._interval)
        while not stop.wait(wait):
            try:
                is_right = self.look(keys, stop, ledger)
            except LedgerUnavailable:
                is_right = False  # the updater says so
            seconds = self._interval if is_right else min(WRONG_SECONDS, self._interval)
            wait = seconds * (1.0 - random.random() / 10.0)
        keys.close()
        ledger.close()

    def look(self, keys: LiveKeys, stop: Stop, ledger: LeaseLedger) -> bool:
        """One check of all domains; whether nothing is wrong.

        What servers have refused is claimed again once they are found to take updates: nobody else would try.
        """
        keys.look(self._report.now())
        wrong: dict[str, Finding] = {}
        writable: set[_Zone] = set()
        for finding in check(self._subjects(keys.keys), keys.keys, stop, self._open_tickets):
            if finding.verdict is Verdict.WRONG:
                wrong[_code(finding)] = finding
            elif finding.check == "policy":
                writable.add((finding.zone, finding.direction))
        if stop.is_set():
            return True
        writable -= {(finding.zone, finding.direction) for finding in wrong.values()}
        for zone, direction in writable - self._writable:
            if count := ledger.claim_refused(zone, direction, self._report.now()):
                self._report.info("claimed-again", zone=to_text(zone), direction=direction.value, registrations=count)
        self._writable = writable
        for code in self._standing - wrong.keys():
            self._report.healthy(code)
        for code, finding in wrong.items():
            text = f"{finding.text}; {finding.remedy}"
            self._report.problem(code, text, zone=to_text(finding.zone), server=finding.server)
        self._standing = set(wrong)
        return not wrong


_Zone: TypeAlias = tuple[Name, Direction]


def _code(finding: Finding) -> str:
    return f"ddns-check-{finding.check} {to_text(finding.zone)} {finding.server}"
