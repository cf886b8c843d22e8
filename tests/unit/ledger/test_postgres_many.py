"""Many rows by one statement on PostgreSQL, and by which plans rows are found there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from ledger_rows import NOW, address, changes, client, lease
from postgres_cluster import PostgresCluster

from tenure.ledger.opening import open_leases

INSERT = """\
insert into thing (key, number, at, flag, word) /*many*/ values (?, ?, ?, ?, 'of all')
on conflict (key) do update set number = excluded.number where thing.number < ?"""


@pytest.fixture
def session(cluster: PostgresCluster) -> Iterator[Any]:
    with closing(open_leases(cluster.new_database())) as ledger:
        made: Any = ledger._session
        made.run("create table thing (key bytea primary key, number bigint, at float8, flag bool, word text)")
        yield made


def things(session: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.rows("select * from thing order by key")]


def test_an_insert_takes_all_rows_and_what_is_missing_in_them(session: Any) -> None:
    rows = [(b"a", 1, 1.5, True, 0), (b"b", None, None, None, 0), (b"", -(2**63), -0.25, False, 0)]
    assert session.write(session.sql(INSERT), rows) == 3
    assert things(session) == [
        (b"", -(2**63), -0.25, False, "of all"),
        (b"a", 1, 1.5, True, "of all"),
        (b"b", None, None, None, "of all"),
    ]


def test_what_stands_behind_the_values_is_the_same_for_all_rows(session: Any) -> None:
    statement = session.sql(INSERT)
    session.write(statement, [(b"a", 1, None, None, 0), (b"b", 5, None, None, 0)])
    assert session.write(statement, [(b"a", 7, None, None, 3), (b"b", 8, None, None, 3)]) == 1
    assert [row[:2] for row in things(session)] == [(b"a", 7), (b"b", 5)]


def test_an_update_and_a_delete_count_the_rows_that_they_met(session: Any) -> None:
    session.write(session.sql(INSERT), [(bytes((number,)), number, None, None, 0) for number in range(5)])
    update = session.sql("update thing set word = ?, number = number + ? /*many*/ where key = ? and number > ?")
    assert session.write(update, [("x", 10, b"\0", 0), ("y\u00e9", 20, b"\1", 0), ("z", 30, b"\2", 0)]) == 2
    assert [row[1::3] for row in things(session)][:3] == [(0, "of all"), (21, "y\u00e9"), (32, "z")]
    delete = session.sql("delete from thing /*many*/ where key = ?")
    assert session.write(delete, [(b"\0",), (b"\3",), (b"\7",)]) == 2
    assert [row[0] for row in things(session)] == [b"\1", b"\2", b"\4"]


def test_a_statement_that_the_server_refuses_is_an_error_of_the_driver(session: Any) -> None:
    psycopg = pytest.importorskip("psycopg")
    with pytest.raises(psycopg.errors.UndefinedTable):
        session.write(session.sql("delete from nothing /*many*/ where key = ?"), [(b"",)])


def test_no_row_is_looked_for_by_reading_the_whole_table_however_new_it_is(cluster: PostgresCluster) -> None:
    """A plan that was made for an empty table is used again when the table is big."""
    url = cluster.new_database()
    open_leases(url).close()
    before, _ = scans(url)
    with closing(open_leases(url)) as ledger:
        for first in range(1, 320, 16):
            numbers = range(first, first + 16)

            def give(batch: Any, numbers: range = numbers) -> None:
                batch.prefetch([client(n) for n in numbers], [address(n) for n in numbers])
                batch.apply(changes(*(lease(n, n) for n in numbers)))

            ledger.transact(give, NOW)
    whole, by_index = scans(url)
    assert whole == before
    assert by_index > 0


def scans(url: str) -> tuple[int, int]:
    """How often the table of leases was read as a whole, and by an index; of connections that have ended."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection:
        found = "select seq_scan, idx_scan from pg_stat_user_tables where relname = 'lease'"
        row: tuple[int, int] = connection.execute(found).fetchone()
        return row
