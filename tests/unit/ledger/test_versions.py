"""Versions of the schema: made, upgraded in place, refused when newer; and one description that the tables meet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledger_rows import NOW, a_record, changes, event, lease, put_before, soa, want
from sqlalchemy import MetaData

from tenure.authority.zone import ZoneChange
from tenure.dnswire.name import from_text, tree_key
from tenure.ledger.errors import LedgerUnavailable, SchemaTooNew, SchemaTooOld
from tenure.ledger.halves import LEASE_SCHEMA, ZONE_SCHEMA, Schema
from tenure.ledger.history import EventFilter
from tenure.ledger.migrate import revisions, upgrade_schema
from tenure.ledger.opening import alchemy_url, open_leases, open_ledger
from tenure.ledger.schema import LEASE_HALF, ZONE_HALF

HALVES = [(LEASE_SCHEMA, LEASE_HALF), (ZONE_SCHEMA, ZONE_HALF)]


def execute(url: str, schema: Schema, statement: str) -> None:
    engine = sqlalchemy.create_engine(alchemy_url(url, schema))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement))
    engine.dispose()


@pytest.mark.parametrize(("schema", "metadata"), HALVES, ids=["leases", "zones"])
def test_the_revisions_make_what_the_schema_says(new_url: str, schema: Schema, metadata: MetaData) -> None:
    upgrade_schema("here", schema, alchemy_url(new_url, schema))
    engine = sqlalchemy.create_engine(alchemy_url(new_url, schema))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@pytest.mark.parametrize("schema", [LEASE_SCHEMA, ZONE_SCHEMA])
def test_the_versions_are_the_revisions(schema: Schema) -> None:
    known = [revision.revision for revision in revisions(schema).walk_revisions()]
    assert tuple(reversed(known)) == schema.versions


def test_an_old_store_is_upgraded_in_place(new_url: str) -> None:
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(new_url, LEASE_SCHEMA), "1")
    execute(
        new_url,
        LEASE_SCHEMA,
        "insert into event (at, kind, actor, cause, correlation, detail) values (1, 'old', '', '', 'c-0', '')",
    )
    with pytest.raises(SchemaTooOld, match="version 1"):
        open_leases(new_url, upgrade=False)
    leases = open_leases(new_url)
    leases.transact(lambda batch: batch.apply(changes(lease(1, 1), want("a", 1, 1), event("new", NOW))), NOW)
    assert [stored.event.kind for stored in leases.history.events(EventFilter())] == ["new", "old"]
    assert leases.history.index(9) == 2
    leases.close()
    open_leases(new_url, upgrade=False).close()


def test_leases_of_the_time_before_dhcpv6_stay(new_url: str) -> None:
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(new_url, LEASE_SCHEMA), "4")
    row = lease(1, 1, relay=b"\x01\x02ab", fqdn=None, dhcid=None)
    engine = sqlalchemy.create_engine(alchemy_url(new_url, LEASE_SCHEMA))
    with engine.begin() as connection:
        put_before(connection, row, "kind")
    engine.dispose()
    leases = open_leases(new_url)
    assert leases.leases() == [row]
    assert (row.kind, row.iaid, row.prefix_length, row.preferred_lifetime) == (0, 0, 0, 0)
    leases.transact(lambda batch: batch.apply(changes(row._replace(ends_at=NOW + 7200))), NOW)
    assert [one.ends_at for one in leases.leases()] == [NOW + 7200]
    leases.close()


def test_leases_of_the_time_before_circuits_count_from_their_renewal_on(new_url: str) -> None:
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(new_url, LEASE_SCHEMA), "19")
    row = lease(1, 1, relay=b"\x01\x02ab", fqdn=None, dhcid=None)
    engine = sqlalchemy.create_engine(alchemy_url(new_url, LEASE_SCHEMA))
    with engine.begin() as connection:
        put_before(connection, row, "circuit")
    engine.dispose()
    leases = open_leases(new_url)
    assert leases.leases() == [row]
    assert row.circuit is None
    renewed = row._replace(circuit=b"here")
    leases.transact(lambda batch: batch.apply(changes(renewed)), NOW)
    assert leases.transact(lambda batch: list(batch.leases_behind(b"here", NOW, 9)), NOW) == [renewed]
    leases.close()


def test_zones_and_the_bin_of_the_time_before_owners_stay(new_url: str) -> None:
    upgrade_schema("here", ZONE_SCHEMA, alchemy_url(new_url, ZONE_SCHEMA), "8")
    engine = sqlalchemy.create_engine(alchemy_url(new_url, ZONE_SCHEMA))
    apex, record = from_text("example.test."), a_record("pc", 1)
    with engine.begin() as connection:
        zone = "insert into zone (name, view, soa_ttl, soa_rdata) values (:name, '', 60, :soa)"
        connection.execute(sqlalchemy.text(zone), {"name": apex, "soa": soa(1)})
        binned = "insert into scavenged (zone_id, at, correlation, name_key, rtype, rdata, ttl, origin, stamp)"
        values = "values (1, 2, 's1', :key, 1, :rdata, 60, 'foreign', 3)"
        connection.execute(sqlalchemy.text(f"{binned} {values}"), {"key": tree_key(record.name), "rdata": record.rdata})
    engine.dispose()
    ledger = open_ledger(new_url)
    (kept,) = ledger.zones.zones()
    (found,) = ledger.zones.bin.records(kept.id)
    assert (found.kept.record.name, found.owner) == (record.name, None)
    change = ZoneChange(60, soa(2), (), (record,))
    ledger.zones.transact(lambda batch: batch.apply(kept.id, change), NOW)
    with ledger.zones.owners.names(kept.id) as names:
        assert [(one.name, one.owner) for one in names] == [(record.name, None)]
    ledger.close()


def test_an_empty_store_is_not_made_where_upgrading_is_not_allowed(new_url: str) -> None:
    with pytest.raises(SchemaTooOld, match="none"):
        open_ledger(new_url, upgrade=False)


def test_a_newer_store_is_refused_and_left_alone(new_url: str) -> None:
    open_ledger(new_url).close()
    execute(new_url, ZONE_SCHEMA, "update tenure_zone_schema set version_num = '99'")
    with pytest.raises(SchemaTooNew, match=f"version 99.*version {ZONE_SCHEMA.versions[-1]}"):
        open_ledger(new_url)


def test_a_failed_upgrade_leaves_the_old_version(new_url: str) -> None:
    upgrade_schema("here", LEASE_SCHEMA, alchemy_url(new_url, LEASE_SCHEMA), "1")
    execute(new_url, LEASE_SCHEMA, "create table event_indexed (in_the_way integer)")  # the last one that is made
    with pytest.raises(LedgerUnavailable, match="cannot be upgraded"):
        open_leases(new_url)
    execute(new_url, LEASE_SCHEMA, "drop table event_indexed")
    open_leases(new_url).close()


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_two_processes_may_make_or_upgrade_at_once(new_url: str, old: bool) -> None:
    if old:
        upgrade_schema("here", LEASE_SCHEMA, alchemy_url(new_url, LEASE_SCHEMA), "1")
    script = f"from tenure.ledger.opening import open_ledger; open_ledger({new_url!r}).close()"
    running = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]


@pytest.mark.parametrize("current", [False, True], ids=["new", "current"])
def test_a_new_or_current_store_opens_without_the_migration_library(new_url: str, current: bool) -> None:
    if current:
        open_ledger(new_url).close()
    script = f"""
import sys
from tenure.ledger.opening import open_ledger
open_ledger({new_url!r})
assert not {{"sqlalchemy", "alembic"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_store_in_a_file_opens_without_the_driver_of_another(tmp_path: Path) -> None:
    script = f"""
import sys
from tenure.ledger.opening import open_ledger
open_ledger("sqlite:{tmp_path}/tenure.db")
assert "psycopg" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
