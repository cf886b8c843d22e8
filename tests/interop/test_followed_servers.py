"""ISC dhcpd, and Kea with leases in files and in PostgreSQL, followed: names of real clients come into BIND and go."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from clients import dhclient_host_name
from clients6 import dhclient6, dhcpcd6
from kept_estate import KeptEstate, kept_estate
from lan import ZONE
from network import eventually
from peers import program
from postgres_cluster import PostgresCluster
from tenure_toml import entry

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.kea_postgresql import KeaLeases

SCHEMA = Path("/usr/share/kea/scripts/pgsql/dhcpdb_create.pgsql")
LIFETIME = 24  # seconds


def source(kind: str, *files: Path, **more: str | float) -> str:
    where = {"files": [str(file) for file in files]} if files else {}
    return entry("lease-sources", name="kept", kind=kind, ddns_qualifying_suffix=ZONE, **where, **more)


def comes_and_goes(made: KeptEstate, name: str, family: int) -> None:
    host = made.client(name)
    client = dhclient_host_name(host, name) if family == 4 else dhclient6(host, name)
    address = made.leased(host, family)
    made.named(name, address)
    client.release()
    made.gone(name, address)


def test_names_of_dhcpd_s_clients_come_and_go() -> None:
    with kept_estate() as made:
        leases = made.start_dhcpd(600)
        made.start_tenure(source("dhcpd", leases))
        comes_and_goes(made, "pc1", 4)


def test_a_name_goes_with_a_lease_of_dhcpd_that_runs_out() -> None:
    with kept_estate() as made:
        leases = made.start_dhcpd(LIFETIME)
        made.start_tenure(source("dhcpd", leases))
        host = made.client("pc1")
        client = dhclient_host_name(host, "pc1")
        address = made.leased(host, 4)
        made.named("pc1", address)
        client.vanish()
        made.gone("pc1", address, seconds=120)


def test_names_of_kea_s_clients_come_and_go_while_its_files_are_cleaned_up() -> None:
    with kept_estate(cleanup=2) as made:
        made.start_kea(4, asks=False)
        made.start_kea(6, asks=False)
        made.start_tenure(source("kea-memfile", made.leases(4), made.leases(6)))
        host = made.client("both")
        client = dhcpcd6(host, "both", "ia_na 1")
        four, six = made.leased(host, 4), made.leased(host, 6)
        made.named("both", four, six)
        cleaned = made.leases(4).with_name(made.leases(4).name + ".2")
        eventually(cleaned.exists, "a file was cleaned up", 30, made.log)
        comes_and_goes(made, "pc4", 4)
        comes_and_goes(made, "pc6", 6)
        made.named("both", four, six)
        client.release()
        made.gone("both", four, six)


# Two rows that nobody can read, without an end and with an address that is none; and one that lasts for ever.
DAMAGED = """\
insert into lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state) values
(172818439, '\\x020000000007', 3600, null, 1, true, true, 'damaged', 0),
(99999999999, '\\x020000000008', 3600, '2099-01-01', 1, true, true, 'nowhere', 0),
(172818441, '\\x020000000009', 4294967295, 'infinity', 1, true, true, 'endless', 0)"""


def with_schema(cluster: PostgresCluster) -> str:
    """The URL of a new database of Kea's."""
    url = cluster.new_database()
    if not SCHEMA.exists():
        pytest.skip("the schema of Kea's database is not there: Debian's package kea-admin")
    psql = [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", str(SCHEMA), url]
    subprocess.run(psql, check=True, capture_output=True)
    return url


def test_a_role_that_may_not_read_kea_s_tables_is_told_what_would_help(cluster: PostgresCluster) -> None:
    url = with_schema(cluster)
    with psycopg.connect(url) as connection:
        connection.execute("create role reader login")
    leases = KeaLeases(url.replace("tenure@", "reader@"))
    said = r"permission denied for table lease4; let its user read both tables: grant select on lease4, lease6"
    with pytest.raises(LedgerUnavailable, match=said):
        list(leases.entries())
    with psycopg.connect(url) as connection:
        connection.execute("grant select on lease4, lease6 to reader")
    assert list(leases.entries()) == []
    leases.close()
    with psycopg.connect(url) as connection:
        connection.execute("drop owned by reader")
        connection.execute("drop role reader")


def test_names_in_kea_s_database_come_and_go(cluster: PostgresCluster) -> None:
    url = with_schema(cluster)
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    database = {"type": "postgresql", "name": parts.path.strip("/"), "host": folder, "user": "tenure", "password": "x"}
    with kept_estate(database=database) as made:
        made.start_kea(4, asks=False)
        made.start_kea(6, asks=False)
        with psycopg.connect(url) as connection:
            connection.execute(DAMAGED)
        made.start_tenure(source("kea-postgresql", url=url, poll_interval=0.5))
        told = "2 leases in it cannot be read"
        eventually(lambda: told in made.log(), "damaged rows are told", 30, made.log)
        assert "terminated" not in made.log(), "and the follower goes on"
        made.named("endless", "10.77.0.9")
        stays = made.client("stays")
        dhclient_host_name(stays, "stays")
        made.named("stays", made.leased(stays, 4))
        with psycopg.connect(url) as connection:
            connection.execute("delete from lease4 where hostname not like 'stays%'")
        made.gone("endless", "10.77.0.9")
        comes_and_goes(made, "pc4", 4)
        comes_and_goes(made, "pc6", 6)

        def sources() -> list[tuple[str, str, int]]:
            rows = json.loads(made.tenure("sources", "-o", "json"))
            return [(row["source"], row["kind"], row["names"]) for row in rows]

        eventually(lambda: sources() == [("kept", "kea-postgresql", 1)], "one name is left", 40, made.log)
        made.tenure("sources", "forget", "kept")
        made.gone("stays")
