"""The keys of a running service: what changes in the store is known within a second, and uses are noted seldom."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tenure.dnswire.name import from_text
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.keys import KeyStore, Use
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.serving.live_keys import AWAY_SECONDS, LOOK_SECONDS, NOTE_SECONDS, LiveKeys
from tenure.serving.report import Report
from tenure.signing.key import ALGORITHMS
from tenure.signing.rotation import Secret

NOW = 1_700_000_000.0
NAME, OTHER = from_text("dhcp."), from_text("other.")
SHA256 = ALGORITHMS["hmac-sha256"].name
FIRST, SECOND = Secret(NAME, SHA256, b"1" * 32), Secret(NAME, SHA256, b"2" * 32, NOW)
ELSE = Secret(OTHER, SHA256, b"3" * 32)


class CountedStore(KeyStore):
    """The store, which counts what is asked of it, and can be away."""

    reads = writes = 0
    away = False

    def secrets(self) -> list[Secret]:
        self.reads += 1
        if self.away:
            raise LedgerUnavailable("here", "gone")
        return super().secrets()

    def note_uses(self, uses: Sequence[Use]) -> None:  # type: ignore[override]
        self.writes += 1
        super().note_uses(uses)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LeaseLedger]:
    leases = open_leases(f"sqlite:{tmp_path / 'tenure.db'}")
    leases.keys = CountedStore(leases._session)
    yield leases
    leases.close()


@pytest.fixture
def store(ledger: LeaseLedger) -> CountedStore:
    assert isinstance(ledger.keys, CountedStore)
    return ledger.keys


def live(store: KeyStore, *configured: Secret) -> LiveKeys:
    return LiveKeys(store, configured, "dns", Report("dns", stream=io.StringIO()), lambda: NOW)


def secrets_of(keys: LiveKeys, name: bytes = NAME) -> list[bytes]:
    return [key.secret for key in keys.keys[name].chain()]


def test_a_new_secret_is_known_without_a_restart_in_the_same_mapping(store: CountedStore) -> None:
    keys = live(store, FIRST, ELSE)
    mapping, untouched = keys.keys, keys.keys[OTHER]
    store.change(NAME, lambda _: (FIRST._replace(until_at=NOW + 100), SECOND))
    keys.look(NOW)
    assert keys.keys is mapping
    assert secrets_of(keys) == [SECOND.secret, FIRST.secret]
    assert keys.keys[OTHER] is untouched
    keys.look(NOW + 100)
    assert secrets_of(keys) == [SECOND.secret]


def test_a_key_that_is_forgotten_is_gone(store: CountedStore) -> None:
    store.change(NAME, lambda _: (FIRST,))
    keys = live(store)
    store.change(NAME, lambda _: ())
    keys.look(NOW)
    assert keys.keys == {}


def test_the_store_is_read_once_a_second_at_most(store: CountedStore) -> None:
    keys = live(store, FIRST)
    for tenth in range(50):
        keys.look(NOW + tenth / 10)
    assert store.reads == 1 + 5
    keys.look(NOW - 1000)  # the clock was set back
    assert store.reads == 1 + 6


def test_a_use_is_noted_at_once_and_then_once_a_minute(store: CountedStore) -> None:
    keys = live(store, FIRST, ELSE)
    keys.look(NOW)
    assert store.writes == 0
    for second in range(int(NOTE_SECONDS)):
        keys.keys[NAME].use.at = NOW + second
        keys.look(NOW + second)
    assert store.writes == 1
    keys.look(NOW + NOTE_SECONDS + LOOK_SECONDS)
    assert store.writes == 2
    assert store.uses() == [Use(NAME, FIRST.fingerprint, "dns", NOW + NOTE_SECONDS - 1)]
    keys.look(NOW + 3 * NOTE_SECONDS)
    assert store.writes == 2  # nothing was used since


def test_each_secret_has_a_minute_of_its_own(store: CountedStore) -> None:
    keys = live(store, FIRST, ELSE)
    keys.keys[NAME].use.at = NOW
    keys.look(NOW)
    keys.keys[NAME].use.at = keys.keys[OTHER].use.at = NOW + 5
    keys.look(NOW + 5)
    assert {use.name: use.at for use in store.uses()} == {NAME: NOW, OTHER: NOW + 5}
    keys.look(NOW - 5000)  # the clock was set back
    assert {use.at for use in store.uses()} == {NOW + 5}


def test_the_use_of_a_secret_that_ended_is_not_lost(store: CountedStore) -> None:
    store.change(NAME, lambda _: (FIRST._replace(until_at=NOW + 5), SECOND))
    keys = live(store)
    new, old = keys.keys[NAME].chain()
    old.use.at, new.use.at = NOW + 1, NOW + 2
    keys.look(NOW + 6)
    assert {use.fingerprint: use.at for use in store.uses()} == {
        FIRST.fingerprint: NOW + 1,
        SECOND.fingerprint: NOW + 2,
    }


def test_the_end_of_a_service_notes_what_was_used(store: CountedStore) -> None:
    keys = live(store, FIRST)
    keys.keys[NAME].use.at = NOW
    keys.close()
    assert [use.at for use in store.uses()] == [NOW]


def test_keys_stay_while_the_store_is_away(store: CountedStore) -> None:
    keys = live(store, FIRST)
    store.away = True
    keys.look(NOW)
    assert secrets_of(keys) == [FIRST.secret]
    reads = store.reads
    keys.look(NOW + AWAY_SECONDS - 1)
    assert store.reads == reads
    store.away = False
    store.change(NAME, lambda _: (FIRST, SECOND))
    keys.look(NOW + AWAY_SECONDS)
    assert secrets_of(keys) == [SECOND.secret, FIRST.secret]
