"""The secrets of keys in the store, changed in one transaction, and when they were last used; on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy
from ledger_rows import NOW, event

from tenure.dnswire.name import from_text
from tenure.ledger.halves import LEASE_SCHEMA
from tenure.ledger.history import EventFilter
from tenure.ledger.keys import Use
from tenure.ledger.migrate import upgrade_schema
from tenure.ledger.opening import Ledger, alchemy_url, open_leases
from tenure.signing.key import ALGORITHMS
from tenure.signing.rotation import Secret

NAME, OTHER = from_text("dhcp."), from_text("other.")
SHA256 = ALGORITHMS["hmac-sha256"].name
FIRST = Secret(NAME, SHA256, b"first" * 8)
SECOND = Secret(NAME, SHA256, b"second" * 8, NOW + 0.5, NOW + 100.25)


def put(ledger: Ledger, *secrets: Secret) -> None:
    ledger.leases.keys.change(secrets[0].name, lambda _: secrets)


def test_secrets_come_back_as_they_were_written_in_their_order(ledger: Ledger) -> None:
    put(ledger, SECOND, FIRST)
    put(ledger, FIRST._replace(name=OTHER))
    assert ledger.leases.keys.secrets() == [SECOND, FIRST, FIRST._replace(name=OTHER)]
    put(ledger, FIRST, SECOND)
    assert ledger.leases.keys.secrets()[:2] == [FIRST, SECOND]


def test_a_key_goes_when_nothing_is_kept_of_it(ledger: Ledger) -> None:
    put(ledger, FIRST)
    assert ledger.leases.keys.change(NAME, lambda _: ()) == ()
    assert ledger.leases.keys.secrets() == []


def test_a_change_sees_what_is_there_and_its_event_is_written_with_it(ledger: Ledger) -> None:
    put(ledger, FIRST)
    told = event("key-rotated", NOW)
    assert ledger.leases.keys.change(NAME, lambda kept: (*kept, SECOND), [told]) == (FIRST, SECOND)
    ledger.leases.keys.change(NAME, lambda kept: kept, [told])
    assert [one.event for one in ledger.leases.history.events(EventFilter())] == [told]


def test_a_change_that_is_refused_changes_nothing(ledger: Ledger) -> None:
    put(ledger, FIRST)

    def refuse(_: Sequence[Secret]) -> Sequence[Secret]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ledger.leases.keys.change(NAME, refuse, [event("key-rotated", NOW)])
    assert ledger.leases.keys.secrets() == [FIRST]
    put(ledger, FIRST, SECOND)


def test_of_many_that_make_a_key_at_one_time_one_wins(new_url: str) -> None:
    open_leases(new_url).close()
    begin = Barrier(4)

    def make(number: int) -> tuple[Secret, ...]:
        leases = open_leases(new_url)
        new = FIRST._replace(secret=bytes([number]) * 16)
        begin.wait(30)
        try:
            return leases.keys.change(NAME, lambda kept: kept or (new,))
        finally:
            leases.close()

    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(make, range(4)))
    leases = open_leases(new_url)
    assert made == {tuple(leases.keys.secrets())}
    assert len(made) == 1
    leases.close()


def test_the_last_use_of_a_secret_never_goes_back(ledger: Ledger) -> None:
    uses = ledger.leases.keys
    uses.note_uses([Use(NAME, "aa", "dns", NOW), Use(NAME, "bb", "dns", NOW), Use(NAME, "aa", "updater", NOW + 7)])
    uses.note_uses([Use(NAME, "aa", "dns", NOW + 5), Use(NAME, "bb", "dns", NOW - 5)])
    uses.note_uses([])
    assert uses.uses() == [
        Use(NAME, "aa", "dns", NOW + 5),
        Use(NAME, "aa", "updater", NOW + 7),
        Use(NAME, "bb", "dns", NOW),
    ]


def test_the_keys_of_an_older_store_are_taken_over(new_url: str) -> None:
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(new_url, LEASE_SCHEMA), "2")
    engine = sqlalchemy.create_engine(alchemy_url(new_url, LEASE_SCHEMA))
    with engine.begin() as connection:
        statement = sqlalchemy.text(
            "insert into tsig_key (name, algorithm, secret) values (:name, :algorithm, :secret)"
        )
        connection.execute(statement, {"name": NAME, "algorithm": SHA256, "secret": FIRST.secret})
    engine.dispose()
    leases = open_leases(new_url)
    assert leases.keys.secrets() == [FIRST]
    leases.close()
