"""The TSIG keys of a running service: as the configuration and the store have them now, and when they were last used.

Looked at once a second, between packets: a key that was rotated is known without a restart. The mapping `keys` stays
the same object and is always whole, so who verifies or signs looks a name up and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tenure.dnswire.name import Name, to_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.keys import KeyStore, Use
from tenure.serving.report import Report
from tenure.signing.key import Key
from tenure.signing.rotation import Secret, effective_secrets, ended_secrets, fingerprint, good_secrets, keys_of

LOOK_SECONDS = 1.0
NOTE_SECONDS = 60.0  # between two notes of when one secret was used
AWAY_SECONDS = 10.0  # before the store is asked again after it failed
_PROBLEM = "key-store"


class LiveKeys:
    """The keys of one service. The store must be reachable at the start; later the keys stay as they were."""

    def __init__(
        self,
        store: KeyStore,
        configured: Sequence[Secret],
        service: str,
        report: Report,
        clock: Callable[[], float] = time.time,
        *,
        allow_md5: bool = False,
    ) -> None:
        self._store = store
        self._configured = configured
        self._service = service
        self._report = report
        self._allow_md5 = allow_md5
        self._good: tuple[Secret, ...] = ()
        self._noted: dict[tuple[Name, str], float] = {}  # by key and fingerprint: the use that the store knows of
        self._noted_at: dict[tuple[Name, str], float] = {}  # and when that was written
        self._ended: dict[tuple[Name, str], float] = {}  # uses of keys that are no more, not noted yet
        self._look_at = 0.0
        self.keys: dict[Name, Key] = {}
        self._read(clock())

    def look(self, now: float) -> None:
        """Sees what changed in the store and notes what was used, each as seldom as it should be. Never raises."""
        if self._look_at - LOOK_SECONDS <= now < self._look_at:  # a clock that was set back is no reason to wait
            return
        self._look_at = now + LOOK_SECONDS
        try:
            self._read(now)
            self._note(now)
        except LedgerUnavailable as error:
            self._look_at = now + AWAY_SECONDS
            self._report.problem(_PROBLEM, str(error))
        else:
            self._report.healthy(_PROBLEM)

    def close(self) -> None:
        """Notes what was used since the last time, if the store can be reached."""
        try:
            self._note(None)
        except LedgerUnavailable as error:
            self._report.problem(_PROBLEM, str(error))

    def _read(self, now: float) -> None:
        secrets = effective_secrets(self._configured, self._store.secrets())
        good = good_secrets(secrets, now, allow_md5=self._allow_md5)
        if good == self._good:
            return
        self._ended.update(self._uses())
        changed = {one.name for one in self._good if one not in good} | {
            one.name for one in good if one not in self._good
        }
        known = bool(self._good)
        self._good = good
        ended = [one for one in ended_secrets(secrets, now) if one.name in changed]
        made = keys_of([one for one in good if one.name in changed], ended)
        for name in changed:
            if name in made:
                self.keys[name] = made[name]
            else:
                del self.keys[name]
        if known:
            for name in sorted(changed):
                count = sum(one.name == name for one in good)
                self._report.info("key-changed", key=to_text(name), secrets=count)

    def _uses(self) -> dict[tuple[Name, str], float]:
        """The secrets that were used and when, as far as it is not noted."""
        found = dict(self._ended)
        for name, first in self.keys.items():
            for key in first.chain():
                place = name, fingerprint(name, key.secret)
                if key.use.at > max(found.get(place, 0.0), self._noted.get(place, 0.0)):
                    found[place] = key.use.at
        return found

    def _note(self, now: float | None) -> None:
        """In one small transaction what was not noted lately, or all of it; nothing while nothing is used."""
        uses = self._uses()
        if now is not None:
            uses = {place: at for place, at in uses.items() if self._is_due(place, now)}
        if uses:
            self._store.note_uses(Use(name, digits, self._service, at) for (name, digits), at in uses.items())
            self._noted.update(uses)
            for place in uses:
                self._noted_at[place] = now or 0.0
                self._ended.pop(place, None)

    def _is_due(self, place: tuple[Name, str], now: float) -> bool:
        at = self._noted_at.get(place)
        return at is None or not at <= now < at + NOTE_SECONDS  # a clock that was set back is no reason to wait
