"""What the assembly makes of a configuration in a store: zones, keys, and the services that run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tenure.assembly.dhcp import spread_of
from tenure.assembly.preflight import subjects_of
from tenure.assembly.service import Service
from tenure.assembly.services import services_of
from tenure.assembly.store import live_keys, prepare
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.zones import UPDATER_KEY
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text
from tenure.dnswire.rdata import soa_serial
from tenure.ledger.opening import open_leases, open_zones
from tenure.naming.registration import Direction
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report

DNS = """
[dns]
listen = ["10.1.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "1.10.in-addr.arpa."
"""
DHCP = """
[dhcp4]
listen = ["127.0.0.1"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.0.90"]
"""
ZONE_FILE = """\
@ 300 SOA ns.example.test. hostmaster.example.test. 2024 3600 600 86400 60
@ 300 NS ns.example.test.
ns 300 A 10.1.0.1
WWW 300 A 10.1.0.2
"""


def configured(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    return load(path)


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(log: io.StringIO) -> Report:
    return Report("serve", stream=log)


def test_the_services_are_those_that_have_something_to_do(tmp_path: Path) -> None:
    assert services_of(configured(tmp_path, DNS + DHCP)) == (
        Service.DNS,
        Service.DHCP,
        Service.UPDATER,
        Service.JANITOR,
    )
    assert services_of(configured(tmp_path, DNS)) == (Service.DNS, Service.JANITOR)
    alone = configured(tmp_path, DHCP + "[ddns]\nddns-send-updates = false\n")
    assert services_of(alone) == (Service.DHCP, Service.JANITOR)


def test_a_zone_without_a_file_is_made_from_the_configuration(tmp_path: Path, report: Report) -> None:
    configuration = configured(tmp_path, DNS)
    prepare(configuration, report)
    ledger = open_zones(configuration.store_url)
    zones = {zone.name: zone for zone in ledger.zones()}
    example = zones[from_text("example.test.")]
    assert soa_serial(example.soa_rdata) == 1
    assert ledger.rrsets_at(example.id, example.name) == {RRType.NS: (3600, (from_text("ns.example.test."),))}
    assert ledger.rrsets_at(example.id, from_text("ns.example.test.")) == {RRType.A: (3600, (bytes([10, 1, 0, 1]),))}
    ledger.close()


def test_a_zone_file_is_loaded_once_and_the_zone_lives_in_the_store(
    tmp_path: Path, report: Report, log: io.StringIO
) -> None:
    zone_file = tmp_path / "example.zone"
    zone_file.write_text(ZONE_FILE)
    text = DNS.replace('name = "example.test."', 'name = "example.test."\nfile = "example.zone"')
    configuration = configured(tmp_path, text)
    prepare(configuration, report)
    zone_file.write_text(ZONE_FILE.replace("2024", "2025").replace("10.1.0.2", "10.1.0.3"))
    prepare(configuration, report)
    assert log.getvalue().count("event=zone-created zone=example.test. records=4 source=example.zone") == 1
    ledger = open_zones(configuration.store_url)
    (zone,) = [zone for zone in ledger.zones() if zone.name == from_text("example.test.")]
    assert soa_serial(zone.soa_rdata) == 2024
    assert ledger.rrsets_at(zone.id, from_text("www.example.test.")) == {RRType.A: (300, (bytes([10, 1, 0, 2]),))}
    ledger.close()


def test_a_zone_file_that_is_wrong_is_an_error_at_the_start(tmp_path: Path, report: Report) -> None:
    (tmp_path / "example.zone").write_text(ZONE_FILE + "pc 300 A 10.1.0.999\n")
    text = DNS.replace('name = "example.test."', 'name = "example.test."\nfile = "example.zone"')
    with pytest.raises(ServiceError, match=r"example\.zone: line 5: .*; correct the file"):
        prepare(configured(tmp_path, text), report)


def test_the_updaters_key_is_made_once_and_kept(tmp_path: Path, report: Report) -> None:
    configuration = configured(tmp_path, DNS + DHCP)
    prepare(configuration, report)
    found = []
    for _ in range(2):
        ledger = open_leases(configuration.store_url)
        found.append(live_keys(configuration, ledger, Service.DNS, report).keys[UPDATER_KEY])
        ledger.close()
    assert found[0].secret == found[1].secret
    assert len(found[0].secret) == 32


def test_no_key_is_made_where_none_is_needed(tmp_path: Path, report: Report) -> None:
    configuration = configured(tmp_path, DHCP + "[ddns]\nddns-send-updates = false\n")
    prepare(configuration, report)
    ledger = open_leases(configuration.store_url)
    assert ledger.keys.secrets() == []
    ledger.close()


def test_the_store_is_said_to_be_writable_in_one_line(tmp_path: Path, report: Report, log: io.StringIO) -> None:
    prepare(configured(tmp_path, DHCP + "[ddns]\nddns-send-updates = false\n"), report)
    (line,) = log.getvalue().splitlines()
    assert "event=store-ready" in line
    assert str(tmp_path / "tenure.db") in line


def test_nodes_on_one_database_begin_at_different_places(tmp_path: Path) -> None:
    def places(text: str) -> set[float]:
        configuration = configured(tmp_path, text)
        assert configuration.dhcp4 is not None
        return {spread_of(configuration, configuration.dhcp4) for _ in range(8)}

    assert places(DNS + DHCP) == {0.0}
    shared = '[store]\nurl = "postgresql://localhost/tenure"\n' + DNS
    assert len(places(shared + DHCP)) > 1
    assert all(0 <= place < 1 for place in places(shared + DHCP))
    balanced = [places(f"{shared}{DHCP}[dhcp4.load-balance]\nnodes = 2\nnode = {node}\n") for node in (1, 2)]
    assert balanced == [{0.25}, {0.75}]


VIEWS = """
[dns]
listen = ["10.1.0.1:5300"]
[[dns.views]]
name = "inside"
match-clients = ["10.0.0.0/8"]
[[dns.views]]
name = "outside"
"""


def zone_in(view: str, *lines: str) -> str:
    return "\n".join(['[[dns.zones]]\nname = "example.test."', *([f'view = "{view}"'] if view else []), *lines]) + "\n"


def written(tmp_path: Path, report: Report) -> None:
    """The store of a server without views: `example.test.` has the host of a person."""
    (tmp_path / "example.zone").write_text(ZONE_FILE)
    text = DNS.replace('name = "example.test."', 'name = "example.test."\nfile = "example.zone"')
    prepare(configured(tmp_path, text), report)


def places(configuration: Configuration) -> dict[str, int]:
    """The zones of the name in the store, and their serials."""
    ledger = open_zones(configuration.store_url)
    found = {str(zone.place): soa_serial(zone.soa_rdata) for zone in ledger.zones() if b"example" in zone.name}
    ledger.close()
    return found


def test_a_zone_that_was_put_into_a_view_takes_its_content_along(
    tmp_path: Path, report: Report, log: io.StringIO
) -> None:
    written(tmp_path, report)
    configuration = configured(tmp_path, VIEWS + zone_in("inside") + '[[dns.zones]]\nname = "shop.test."\n')
    prepare(configuration, report)
    prepare(configuration, report)
    assert places(configuration) == {"example.test. in view inside": 2024}
    assert log.getvalue().count('event=zone-moved zone="example.test. in view inside" was=shared') == 1


@pytest.mark.parametrize(
    "zones",
    [
        zone_in("inside") + zone_in("outside"),
        zone_in("inside", 'file = "example.zone"') + '[[dns.zones]]\nname = "shop.test."\n',
    ],
    ids=["split", "another content"],
)
def test_a_content_that_could_be_meant_for_several_waits_for_a_choice(
    tmp_path: Path, report: Report, zones: str
) -> None:
    written(tmp_path, report)
    configuration = configured(tmp_path, VIEWS + zones)
    with pytest.raises(ServiceError) as raised:
        prepare(configuration, report)
    assert "tenure zones move example.test. --from shared --view inside" in str(raised.value)
    assert "tenure zones import FILE --view inside" in str(raised.value)
    assert places(configuration) == {"example.test.": 2024}


def test_after_the_choice_the_other_view_begins_anew(tmp_path: Path, report: Report) -> None:
    written(tmp_path, report)
    configuration = configured(tmp_path, VIEWS + zone_in("inside") + zone_in("outside"))
    ledger = open_zones(configuration.store_url)
    (zone,) = [zone for zone in ledger.zones() if zone.name == from_text("example.test.")]
    assert ledger.move_zone(zone, "inside", "cli root", "tenure zones move", 1.7e9)
    ledger.close()
    prepare(configuration, report)
    assert places(configuration) == {"example.test. in view inside": 2024, "example.test. in view outside": 1}


def test_what_was_in_a_view_is_shown_to_nobody_else_by_itself(tmp_path: Path, report: Report) -> None:
    prepare(configured(tmp_path, VIEWS + zone_in("inside") + '[[dns.zones]]\nname = "shop.test."\n'), report)
    for zones in (zone_in(""), zone_in("outside") + '[[dns.zones]]\nname = "shop.test."\n'):
        configuration = configured(tmp_path, VIEWS + zones)
        with pytest.raises(ServiceError, match=r"tenure zones move example\.test\. --from inside --view"):
            prepare(configuration, report)
        assert places(configuration) == {"example.test. in view inside": 1}


def test_a_check_of_rights_has_names_in_each_zone_that_leases_can_have_names_in(tmp_path: Path) -> None:
    """Of a subnet, its pool, its class, its guests and a followed server; and none in the zone of nobody."""
    zones = ("office", "pool", "class", "guest", "kea", "nobody")
    text = "".join(f'[[ddns.forward]]\nzone = "{zone}.test."\nservers = ["127.0.0.1:5300"]\n' for zone in zones)
    text += '[[ddns.reverse]]\nzone = "1.10.in-addr.arpa."\nservers = ["127.0.0.1:5300"]\n'
    text += """
[dhcp4]
listen = ["127.0.0.1"]
[[dhcp4.client-classes]]
name = "phones"
test = "option[60].exists"
ddns-qualifying-suffix = "class.test."
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = [{ pool = "10.1.0.50-10.1.0.90", ddns-qualifying-suffix = "pool.test." }]
ddns-qualifying-suffix = "office.test."
ddns-randomized-mac = "guest"
ddns-guest-suffix = "guest.test."
[[lease-sources]]
name = "kea"
kind = "kea-memfile"
files = ["leases.csv"]
ddns-qualifying-suffix = "kea.test."
"""
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    found = [one for one in subjects_of(load(path), {}) if one.direction is Direction.FORWARD]
    assert [one.names_here for one in found] == [1, 1, 1, 1, 1, 0]
