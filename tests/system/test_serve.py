"""`tenure serve` with the least configuration: from a device's DISCOVER to its names in DNS and back to nothing."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest
from dhcp_device import ACK, DhcpDevice
from ports import free_port
from tenure_serve import MINIMAL, TenureServe, eventually, tenure_serve
from tenure_toml import served

RELAY = "10.1.0.1"
SERVICES = ("dns", "dhcp", "updater", "janitor")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TenureServe]:
    with tenure_serve(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenureServe]:
    """A server for tests with devices and names of their own."""
    with tenure_serve(tmp_path_factory.mktemp("serve")) as running:
        yield running


def device(server: TenureServe, number: int, host_name: str | None = None, fqdn: str | None = None) -> DhcpDevice:
    return DhcpDevice(server.dhcp, mac=f"02:00:5e:10:00:{number:02x}", relay=RELAY, host_name=host_name, fqdn=fqdn)


def test_a_lease_is_in_dns_and_leaves_with_its_release(shared: TenureServe) -> None:
    with device(shared, 1, fqdn="pc1.example.test.") as pc:
        address = pc.join()
        assert eventually(lambda: shared.query("pc1.example.test.", "A"), "the address") == [address]
        assert eventually(lambda: shared.reverse(address), "the name of the address") == ["pc1.example.test."]
        assert len(shared.query("pc1.example.test.", "DHCID")) == 1
        assert len(shared.query(".".join(reversed(address.split("."))) + ".in-addr.arpa.", "DHCID")) == 1
        pc.release()
        eventually(lambda: not shared.query("pc1.example.test.", "DHCID"), "the name is gone")
        eventually(lambda: not shared.reverse(address), "the reverse name is gone")
        assert shared.query("pc1.example.test.", "A") == []


def test_a_lease_that_a_person_ends_leaves_dns_and_its_address_goes_to_another_device(
    tmp_path: Path, new_url: str
) -> None:
    template = f'[store]\nurl = "{new_url}"\n' + MINIMAL.replace("10.1.0.50-10.1.0.250", "10.1.0.50-10.1.0.50")
    with (
        tenure_serve(tmp_path, template) as server,
        device(server, 1, host_name="pc1") as first,
        device(server, 2, host_name="pc2") as second,
    ):
        address = first.join()
        assert eventually(lambda: server.reverse(address), "the first name") == ["pc1.example.test."]
        assert server.rows("leases", "release", address)[0]["done"]
        assert server.run("leases", "release", address).returncode == 1
        eventually(lambda: not server.reverse(address), "the reverse name is gone")
        eventually(lambda: not server.query("pc1.example.test.", "DHCID"), "the name is gone")
        assert second.join() == address
        assert eventually(lambda: server.reverse(address), "the second name") == ["pc2.example.test."]
        told = server.rows("explain", "pc1")["chain"]
        assert [line["actor"] for line in told if line["event"] == "lease-taken-away"] == [f"cli {getpass.getuser()}"]


def test_a_name_that_a_person_moves_to_the_device_that_was_numbered(tmp_path: Path, new_url: str) -> None:
    template = f'[store]\nurl = "{new_url}"\n' + MINIMAL + '[ddns]\nddns-conflict-action = "suffix"\n'
    with (
        tenure_serve(tmp_path, template) as server,
        device(server, 1, fqdn="pc.example.test.") as first,
        device(server, 2, fqdn="pc.example.test.") as second,
    ):
        mine, other = first.join(), second.join()
        assert eventually(lambda: server.reverse(other), "the number") == ["pc-2.example.test."]
        assert [row["done"] for row in server.rows("names", "transfer", "pc.example.test.", other)] == [True] * 3
        eventually(lambda: server.query("pc.example.test.", "A") == [other], "the name has the other address")
        eventually(lambda: server.reverse(other) == ["pc.example.test."], "and that address the name")
        eventually(lambda: not server.query("pc-2.example.test.", "DHCID"), "the number is gone")
        assert second.renew().options[81][3:] == b"\2pc\7example\4test\0"
        assert first.renew().options[81][3:] == b"\4pc-2\7example\4test\0"
        eventually(lambda: server.query("pc-2.example.test.", "A") == [mine], "the first one is numbered now")
        assert server.query("pc.example.test.", "A") == [other]


def test_a_host_name_gets_the_only_forward_zone(shared: TenureServe) -> None:
    with device(shared, 2, host_name="Laptop") as laptop:
        address = laptop.join()
        assert eventually(lambda: shared.query("laptop.example.test.", "A"), "the address") == [address]


def test_a_name_belongs_to_the_first_until_it_leaves(shared: TenureServe) -> None:
    with device(shared, 3, host_name="twin") as first, device(shared, 4, host_name="twin") as second:
        mine, other = first.join(), second.join()
        eventually(lambda: shared.query("twin.example.test.", "A"), "the name")
        eventually(
            lambda: any(row["address"] == other and row["forward"] == "refused" for row in shared.rows("names")),
            "the second claim is refused",
        )
        assert shared.query("twin.example.test.", "A") == [mine]
        (refused,) = [row for row in shared.rows("names") if row["address"] == other]
        assert refused["reason"].startswith("the name belongs to another client")


def test_what_the_command_line_shows(server: TenureServe) -> None:
    before = time.time()
    with device(server, 5, host_name="pc5") as pc:
        address = pc.join()
        eventually(lambda: server.reverse(address), "the reverse name")
        eventually(lambda: server.rows("names")[0]["reverse"] == "registered", "it is confirmed")
        (lease,) = server.rows("leases")
        assert (lease["address"], lease["name"], lease["hardware"]) == (
            address,
            "pc5.example.test.",
            "02:00:5e:10:00:05",
        )
        (name,) = server.rows("names")
        assert (name["forward"], name["reverse"]) == ("registered", "registered")
        assert name["reason"] == "the authoritative server has confirmed the record"
        zones = {row["zone"]: row for row in server.rows("zones")}
        assert zones["example.test."]["serial"] > 1
        assert zones["1.10.in-addr.arpa."]["served"] == "yes"

        for subject in (address, "02:00:5e:10:00:05", "pc5", "pc5.example.test."):
            told = server.rows("explain", subject)
            assert any(f"{address} is leased to 02:00:5e:10:00:05" in sentence for sentence in told["now"]), subject
            kinds = [line["event"] for line in told["chain"]]
            assert "lease-bound" in kinds
            assert "update-applied" in kinds
            assert kinds.index("lease-bound") < kinds.index("update-applied")
            assert [line["time"] for line in told["chain"]] == sorted(line["time"] for line in told["chain"])
        correlation = next(line["correlation"] for line in told["chain"] if line["event"] == "lease-bound")
        assert "lease-bound" in [line["event"] for line in server.rows("explain", correlation)["chain"]]

        pc.release()
        eventually(lambda: not server.rows("leases"), "the lease is gone")
    (held,) = server.rows("explain", address)["held"]
    assert held["hardware"] == "02:00:5e:10:00:05"
    assert held["until"]
    then = datetime.fromtimestamp((before + time.time()) / 2, UTC).isoformat()
    holders = server.rows("history", "--address", address, "--at", then)
    assert len(holders) <= 1
    now = datetime.now(UTC).isoformat()
    assert server.rows("history", "--address", address, "--at", now) == []
    plain = server.run("explain", address)
    assert plain.returncode == 0
    assert "was released at" in plain.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_started_again_after_kill_9(shared: TenureServe, service: str) -> None:
    number = 16 + SERVICES.index(service)
    before = shared.children()
    os.kill(before[service], signal.SIGKILL)
    eventually(lambda: shared.children().get(service, before[service]) != before[service], "it is started again")
    with device(shared, number, host_name=f"after-{service}") as pc:
        address = pc.join()
        assert eventually(lambda: shared.query(f"after-{service}.example.test.", "A"), "the address") == [address]
        assert pc.renew().kind == ACK
    others = {name: pid for name, pid in before.items() if name != service}
    assert others.items() <= shared.children().items()
    assert f'event=service-ended name={service} by="signal 9"' in shared.log


def test_sigterm_drains_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with tenure_serve(tmp_path) as first, device(first, 7, host_name="kept") as pc:
        address = pc.join()
        children = first.children()
        assert first.stop() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in children.values())
        assert "service=serve event=stopped" in first.log
    with tenure_serve(tmp_path) as second:
        (lease,) = second.rows("leases")
        assert lease["address"] == address
        assert eventually(lambda: second.query("kept.example.test.", "A"), "the address") == [address]


def test_services_stop_when_the_supervisor_is_killed(server: TenureServe) -> None:
    children = eventually(lambda: (found := server.children()).keys() >= set(SERVICES) and found, "all services run")
    server.process.kill()
    server.process.wait()

    def gone(pid: int) -> bool:
        try:
            return (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) == "Z"
        except OSError:
            return True

    eventually(lambda: all(gone(pid) for pid in children.values()), "they drain and stop by themselves")


def test_a_port_that_is_taken_is_said_once_and_the_rest_runs(tmp_path: Path) -> None:
    with tenure_serve(tmp_path) as first:
        folder = tmp_path / "second"
        folder.mkdir()
        second = TenureServe(folder, MINIMAL.replace("{dhcp}", str(first.dhcp_port)))
        try:
            eventually(lambda: "event=dns-listening" in second.log, "its DNS runs")
            eventually(lambda: second.log.count("service=dhcp event=cannot-start") >= 2, "DHCP is tried again")
            lines = [line for line in second.log.splitlines() if "event=dhcp-cannot-start" in line]
            assert len(lines) == 1
            assert f"127.0.0.1:{first.dhcp_port}: the port is in use; end the other DHCP server" in second.log
            assert second.query("example.test.", "SOA")
            assert second.stop() == 0
        finally:
            second.abandon()


def test_a_bad_configuration_ends_with_2_and_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text("[dns]\nlisten = []\n")
    for command in ("serve", "dns", "check-config", "leases"):
        words = [sys.executable, "-m", "tenure", command, "-c", str(path)]
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2, command
        assert done.stderr.splitlines() == [
            f"{path}: dns.listen = []: is empty; write at least one entry",
            f"{path}: dns.zones: is missing; set it: The zones that are served",
        ]


def test_a_hangup_reads_the_configuration_again_if_it_is_right(server: TenureServe) -> None:
    before = server.config.read_text()
    pid = server.process.pid
    server.config.write_text(before + '\n[[dns.zones]]\nnames = "2.10.in-addr.arpa."\n')
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: "event=not-reloaded" in server.log, "the wrong one is said")
    assert f"{server.config}: dns.zones[2].names" in server.log
    assert server.query("example.test.", "SOA")

    server.config.write_text(before + '\n[[dns.zones]]\nname = "2.10.in-addr.arpa."\n')
    server.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: server.query("2.10.in-addr.arpa.", "SOA"), "the new zone answers")
    assert server.process.pid == pid
    assert server.process.poll() is None
    with device(server, 8, host_name="after") as pc:
        address = eventually(pc.join, "leases are given again")
        assert eventually(lambda: server.query("after.example.test.", "A"), "the address") == [address]


def test_a_hangup_of_one_service_is_the_supervisors_affair(server: TenureServe) -> None:
    children = server.children()
    os.kill(children["dns"], signal.SIGHUP)
    with device(server, 9, host_name="calm") as pc:
        address = pc.join()
        assert eventually(lambda: server.query("calm.example.test.", "A"), "the address") == [address]
    assert server.children() == children


def test_a_service_alone_reads_its_configuration_again(tmp_path: Path) -> None:
    path, port = tmp_path / "tenure.toml", free_port()
    path.write_text(served(f"127.0.0.1:{port}", "example.test."))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "tenure", "dns", "-c", str(path)], stderr=log)
    try:
        eventually(lambda: _answers(port, "example.test."), "the zone answers")
        path.write_text(served(f"127.0.0.1:{port}", "example.test.", "new.test."))
        process.send_signal(signal.SIGHUP)
        eventually(lambda: _answers(port, "new.test."), "the new zone answers")
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(30) == 0


def _answers(port: int, zone: str) -> bool:
    try:
        reply = dns.query.udp(dns.message.make_query(zone, "SOA"), "127.0.0.1", port=port, timeout=2)
    except (dns.exception.Timeout, OSError):
        return False
    return bool(reply.answer)


def test_the_way_to_dns_is_proved_by_command_and_by_the_updater(server: TenureServe) -> None:
    done = server.run("ddns", "check", "-o", "json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert {(row["zone"], row["check"]) for row in rows if row["verdict"] == "right"} == {
        (zone, check) for zone in ("example.test.", "1.10.in-addr.arpa.") for check in ("udp", "tcp", "key", "policy")
    }
    os.kill(server.children()["dns"], signal.SIGSTOP)
    try:
        done = server.run("ddns", "check")
        assert done.returncode == 1
        assert re.search(r"wrong +udp +no answer over UDP: it did not answer within 7 s", done.stdout), done.stdout
    finally:
        os.kill(server.children()["dns"], signal.SIGCONT)


def test_what_stands_in_the_way_is_in_the_log_until_it_is_over(tmp_path: Path) -> None:
    template = MINIMAL.replace("[[dhcp4.subnets]]", '[[dhcp4.subnets]]\nddns-qualifying-suffix = "example.test."', 1)
    other = '\n[ddns]\ncheck-interval = 1\n[[ddns.forward]]\nzone = "example.test."\nservers = ["127.0.0.1:{other}"]\n'
    other += '[[ddns.reverse]]\nzone = "1.10.in-addr.arpa."\n'
    port = free_port()
    with tenure_serve(tmp_path, template + other.replace("{other}", str(port))) as server:
        eventually(lambda: 'event="ddns-check-udp example.test.' in server.log, "the silent server is said")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", port))
            eventually(lambda: "did not answer within 7 s" in server.log, "what is said changes with the trouble")
