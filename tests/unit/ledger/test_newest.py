"""New stores are made by one script: the same tables as all revisions leave, all or none, and by one process."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from postgres_cluster import PostgresCluster

from tenure.ledger.agent_memory import AgentMemory
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.halves import AGENT_SCHEMA, LEASE_SCHEMA, ZONE_SCHEMA, Schema
from tenure.ledger.migrate import upgrade_schema
from tenure.ledger.migrations.newest import BETWEEN, make_tables, script
from tenure.ledger.opening import open_leases, open_zones, sqlite_path
from tenure.ledger.session import Store
from tenure.ledger.sqlite import SqliteStore

TOP = Path(__file__).parents[3]

# What PostgreSQL knows of the tables that are seen, by name and not by number.
SEEN = "n.nspname = current_schema()"
CATALOGUE = {
    "relations": f"""
        select c.relname, c.relkind, c.relpersistence, c.reloptions from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where {SEEN} order by 1""",
    "columns": f"""
        select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
          a.attgenerated, a.attstorage, a.attcollation, pg_get_expr(d.adbin, d.adrelid)
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where {SEEN} and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by 1, 2""",
    "indexes": f"""
        select c.relname, pg_get_indexdef(i.indexrelid), i.indisprimary, i.indisvalid from pg_index i
        join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
        where {SEEN} order by 1""",
    "constraints": f"""
        select o.conrelid::regclass::text, o.conname, pg_get_constraintdef(o.oid) from pg_constraint o
        join pg_namespace n on n.oid = o.connamespace where {SEEN} order by 1, 2""",
    "sequences": f"""
        select c.relname, format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
          s.seqcycle, d.refobjid::regclass::text, d.refobjsubid, d.deptype
        from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_depend d on d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
        where {SEEN} order by 1""",
    "functions": f"""
        select p.proname, pg_get_functiondef(p.oid) from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace where {SEEN} order by 1""",
    "triggers": f"""
        select c.relname, pg_get_triggerdef(t.oid) from pg_trigger t
        join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        where {SEEN} and not t.tgisinternal order by 1, 2""",
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """`tools/schema`."""
    loader = SourceFileLoader("tool_schema", str(TOP / "tools" / "schema"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    made = module_from_spec(spec)
    loader.exec_module(made)
    return made


def store_at(url: str, schema: Schema) -> Store:
    path = sqlite_path(url, schema.file_suffix)
    if path is not None:
        return SqliteStore(path)
    from tenure.ledger.postgres import PostgresStore  # noqa: PLC0415 - psycopg is an extra

    return PostgresStore(url)


def sqlite_shape(path: Path) -> dict[str, Any]:
    """All that SQLite knows of the tables in a file, and all rows."""
    connection = sqlite3.connect(path)
    master = connection.execute("select type, name, tbl_name, sql from sqlite_master order by 1, 2").fetchall()
    shape: dict[str, Any] = {
        "master": [(*row, re.sub(r"\s+", " ", sql or "").strip()) for *row, sql in master],
        "version": connection.execute("pragma user_version").fetchone(),
        "tables": sorted(connection.execute("pragma table_list").fetchall()),
    }
    for kind, name, _, _ in master:
        if kind == "table":
            shape[name] = (
                connection.execute(f"pragma table_xinfo({name})").fetchall(),
                sorted(row[1:] for row in connection.execute(f"pragma index_list({name})")),
                connection.execute(f"pragma foreign_key_list({name})").fetchall(),
                connection.execute(f"select * from {name}").fetchall(),
            )
        elif kind == "index":
            shape[name] = connection.execute(f"pragma index_xinfo({name})").fetchall()
    connection.close()
    return shape


def postgresql_shape(url: str) -> dict[str, Any]:
    """All that PostgreSQL knows of the tables in a database, and all rows."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: tenure[postgres]")
    with psycopg.connect(url) as connection:
        shape = {what: connection.execute(query).fetchall() for what, query in CATALOGUE.items()}
        for name, kind, *_ in shape["relations"]:
            if kind == "r":
                shape[name] = connection.execute(f"select * from {name}").fetchall()
    return shape


@pytest.mark.parametrize("schema", [LEASE_SCHEMA, ZONE_SCHEMA, AGENT_SCHEMA], ids=lambda schema: schema.half)
def test_on_sqlite_the_script_makes_what_the_revisions_make(tool: ModuleType, schema: Schema, tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    session = SqliteStore(made).connect()
    make_tables("here", session, schema)
    session.close()
    upgrade_schema("here", schema, f"sqlite:///{migrated}")
    assert script(schema, "sqlite").read_text() == tool.sqlite_script(schema), "run tools/schema"
    shape = sqlite_shape(made)
    assert shape == sqlite_shape(migrated)
    assert shape[schema.version_table][-1] == [(schema.versions[-1],)]


@pytest.mark.parametrize("schema", [LEASE_SCHEMA, ZONE_SCHEMA], ids=lambda schema: schema.half)
def test_on_postgresql_the_script_makes_what_the_revisions_make(
    tool: ModuleType, schema: Schema, cluster: PostgresCluster
) -> None:
    made, migrated = cluster.new_database(), cluster.new_database()
    session = store_at(made, schema).connect()
    make_tables("here", session, schema)
    session.close()
    written = tool.postgresql_script(schema, migrated)  # which runs the revisions
    assert script(schema, "postgresql").read_text() == written, "run tools/schema"
    shape = postgresql_shape(made)
    assert shape == postgresql_shape(migrated)
    assert shape[schema.version_table] == [(schema.versions[-1],)]


def test_the_tool_knows_every_script(tool: ModuleType) -> None:
    written = {script(schema, "sqlite") for schema in tool.ON_SQLITE}
    written |= {script(schema, "postgresql") for schema in tool.ON_POSTGRESQL}
    assert written == set(script(LEASE_SCHEMA, "").parents[1].glob("*/*.sql"))


def test_the_tool_says_so_where_revisions_leave_rows(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def and_a_row(place: str, schema: Schema, url: str) -> None:
        upgrade_schema(place, schema, url)
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute("insert into agent_pass (id, at) values (1, 2)")
        connection.commit()
        connection.close()

    monkeypatch.setattr(tool, "upgrade_schema", and_a_row)
    with pytest.raises(tool.RowsLeft, match="agent_pass"):
        tool.sqlite_script(AGENT_SCHEMA)


def test_of_a_script_that_fails_nothing_stays(new_url: str) -> None:
    session = store_at(new_url, LEASE_SCHEMA).connect()
    session.run("create table zone_trouble (in_the_way integer)")  # the script makes others before it
    with pytest.raises(LedgerUnavailable, match=r"its tables cannot be made: .*zone_trouble.* already exists"):
        open_leases(new_url)
    assert not session.has_table("tenure_lease_schema")
    assert not session.has_table("device_tie")
    session.run("drop table zone_trouble")
    session.close()
    open_leases(new_url).close()


def test_who_comes_second_finds_the_tables_made(new_url: str) -> None:
    store = store_at(new_url, ZONE_SCHEMA)
    first, second = store.connect(), store.connect()
    assert not second.has_table(ZONE_SCHEMA.version_table)
    first.begin(first.hold_upgrades, writes=True)
    found: list[object] = []

    def come() -> None:
        try:
            make_tables("here", second, ZONE_SCHEMA)
        except LedgerUnavailable as error:
            found.append(error)
        found.append(second.has_table(ZONE_SCHEMA.version_table))

    thread = threading.Thread(target=come)
    thread.start()
    waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
    while first.dialect == "postgresql" and thread.is_alive() and not first.rows(waiting):
        os.sched_yield()
    for statement in script(ZONE_SCHEMA, first.dialect).read_text().split(BETWEEN):
        first.run(statement)
    first.commit()
    thread.join(60)
    assert found == [True]
    first.close()
    second.close()


@pytest.mark.parametrize("schema", [LEASE_SCHEMA, ZONE_SCHEMA], ids=lambda schema: schema.half)
def test_a_version_table_without_a_version_is_left_to_the_revisions(new_url: str, schema: Schema) -> None:
    session = store_at(new_url, schema).connect()
    session.run(f"create table {schema.version_table} (version_num varchar(32) not null)")
    session.close()
    (open_leases if schema is LEASE_SCHEMA else open_zones)(new_url).close()
    session = store_at(new_url, schema).connect()
    assert session.rows(f"select version_num from {schema.version_table}") == [(schema.versions[-1],)]
    session.close()


def test_the_memory_of_an_agent_is_made_so_too(tmp_path: Path) -> None:
    AgentMemory(tmp_path / "agent.db").close()
    assert sqlite_shape(tmp_path / "agent.db")[AGENT_SCHEMA.version_table][-1] == [(AGENT_SCHEMA.versions[-1],)]
