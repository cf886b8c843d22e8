"""Where leases are registered: servers of a zone with keys of their own, zones of less than an octet."""

from __future__ import annotations

from pathlib import Path

import pytest
from tenure_toml import entry, leased, served, tsig_key, write_toml

from tenure.config.domains import routes
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.dnswire.name import from_text
from tenure.signing.key import ALGORITHMS, Key

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
OURS, THEIRS = (Key(from_text(name), ALGORITHMS["hmac-sha256"].name, b"secret") for name in ("ours.", "theirs."))


def written(
    folder: Path, servers: list[str], reverse: str = "10.in-addr.arpa.", pool: str = "10.1.0.1-10.1.0.9"
) -> Path:
    subnet = f"{pool.partition('-')[0].rpartition('.')[0]}.0/24"
    return write_toml(
        folder,
        tsig_key("ours.", SECRET),
        tsig_key("theirs.", SECRET),
        leased("127.0.0.1:6767", subnet, pool, ddns_qualifying_suffix="example.test."),
        entry("ddns.forward", zone="example.test.", servers=servers, key="ours."),
        entry("ddns.reverse", zone=reverse, servers=["10.1.0.1"], key="ours."),
    )


def test_each_server_may_have_a_port_and_a_key_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, ["10.1.0.1", "10.1.0.2:5300 key theirs.", "10.1.0.3 port 5301"])
    (domain,) = routes(load(path), {key.name: key for key in (OURS, THEIRS)}).forward
    assert domain.servers == (("10.1.0.1", 53), ("10.1.0.2", 5300), ("10.1.0.3", 5301))
    assert [domain.key_of(server) for server in domain.servers] == [OURS, THEIRS, OURS]


def test_a_key_of_a_server_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ddns\.forward\[0\]\.servers\[1\]"):
        load(written(tmp_path, ["10.1.0.1", "10.1.0.2 key other."]))


def test_a_zone_of_less_than_an_octet_covers_the_pools_in_its_part_and_no_others(tmp_path: Path) -> None:
    part = "64/26.2.0.192.in-addr.arpa."
    found = routes(load(written(tmp_path, ["10.1.0.1"], part, "192.0.2.64-192.0.2.127")), None)
    assert found.route_pointer(bytes((192, 0, 2, 70)))[0] == from_text(f"70.{part}")
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.128"):
        load(written(tmp_path, ["10.1.0.1"], part, "192.0.2.64-192.0.2.130"))


def test_where_no_lease_is_named_zones_owe_nothing_to_an_updater(tmp_path: Path) -> None:
    written = [
        tsig_key("ours.", SECRET),
        served("127.0.0.1:5301"),
        entry("dns.views", name="inside", match_clients=["10.0.0.0/8"]),
        entry("dns.views", name="outside"),
        entry("dns.zones", name="example.test.", view="inside", policy=["grant ours. zonesub A TXT(1)"]),
        entry("dns.zones", name="example.test.", view="outside"),
    ]
    assert load(write_toml(tmp_path, *written)).dns is not None
    with pytest.raises(ConfigurationError, match="is in several views"):
        load(write_toml(tmp_path, *written, leased("127.0.0.1:6767", "10.1.0.0/24", "10.1.0.1-10.1.0.9")))
