"""Beside a real Active Directory domain controller (Samba 4.17): its zones take secure updates only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import Client, dhclient_host_name
from network import Host, Network, Process, eventually, network
from peers import program
from samba import ADMINISTRATOR, REALM, ZONE, DomainController, belongs_to_domain
from tenure_command import tenure_at
from tenure_toml import entry, section, write_toml

REVERSE = "9.10.in-addr.arpa"
CONTROLLER = "10.9.0.1"
WRITTEN = {"registered", "verified"}


class Server:
    """A `tenure serve` of DHCPv4 and the updater, which registers leases with the domain."""

    def __init__(self, host: Host, pool: str, keytab: Path, account: str, dc: DomainController) -> None:
        self.host, self.pool = host, pool
        self.environment = belongs_to_domain(host, dc, CONTROLLER)
        self.configure(keytab, account)
        self.process = self.start()

    def configure(self, keytab: Path, account: str) -> None:
        """It signs as that account."""
        domains = [
            entry(f"ddns.{way}", zone=f"{zone}.", servers=[CONTROLLER], gss_tsig=True)
            for way, zone in (("forward", ZONE), ("reverse", REVERSE))
        ]
        self.config = write_toml(
            self.host.folder,
            section("dhcp4", interfaces=["eth0"]),
            entry("dhcp4.subnets", subnet="10.9.0.0/16", pools=[self.pool], ddns_qualifying_suffix=f"{ZONE}."),
            section("ddns", ddns_conflict_resolution_mode="no-check-without-dhcid"),
            section("ddns.gss-tsig", client_principal=f"{account}@{REALM}", client_keytab=str(keytab)),
            *domains,
        )

    def start(self) -> Process:
        command = (sys.executable, "-m", "tenure", "serve", "-c", str(self.config))
        process = self.host.start(*command, env=self.environment, private=False)
        listening = "service=dhcp event=listening"
        eventually(lambda: listening in process.printed(), "DHCP listens", 60, process.printed)
        return process

    def tenure(self, *words: str) -> str:
        """What a command says."""
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        command = ("env", *settings, sys.executable, "-m", "tenure", *words, "-c", str(self.config))
        return self.host.run(*command, check=False, timeout=60)

    def names(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(tenure_at(self.host, "names", "-o", "json", "-c", self.config))
        return found

    def row(self, name: str) -> dict[str, str]:
        """The one registration of a name; without any: empty states."""
        found = [one for one in self.names() if one["name"] == f"{name}.{ZONE}."]
        return found[0] if found else {"forward": "", "reverse": "", "detail": ""}

    def is_registered(self, name: str) -> bool:
        row = self.row(name)
        return {row["forward"], row["reverse"]} <= WRITTEN


class Estate:
    """A domain with its controller, on one segment with whoever comes."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.segment = net.segment("office")
        self.dc = DomainController(self.host("dc", f"{CONTROLLER}/16"), CONTROLLER)
        self.dc.zone(REVERSE)

    def host(self, name: str, address: str | None = None) -> Host:
        host = self.net.host(name)
        self.net.plug(host, self.segment, address)
        return host

    def records(self, name: str) -> list[str]:
        return self.dc.records(ZONE, name)

    def name_of(self, address: str) -> list[str]:
        """The PTR records of an address of 10.9.0.0/16."""
        third, fourth = address.split(".")[2:]
        return self.dc.records(REVERSE, f"{fourth}.{third}")


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    with network() as net:
        made = Estate(net)
        yield made
        made.dc.close()


def lease_of(host: Host) -> str:
    eventually(host.addresses, "the client has its lease", 60)
    (address,) = host.addresses()
    return address


def test_a_lease_is_in_the_directory_and_leaves_it(estate: Estate) -> None:
    keytab = estate.dc.account("dhcp-dns")
    host = estate.host("server", "10.9.0.2/16")
    server = Server(host, "10.9.1.10-10.9.1.20", keytab, "dhcp-dns", estate.dc)
    machine = estate.host("pc")
    client: Client = dhclient_host_name(machine, "pc")
    address = lease_of(machine)
    eventually(lambda: server.is_registered("pc"), "the lease is registered", 60, server.process.printed)
    assert estate.records("pc") == [f"A: {address}"]
    assert estate.name_of(address) == [f"PTR: pc.{ZONE}"]
    client.release()
    eventually(lambda: estate.records("pc") == [], "the name is gone", 60, server.process.printed)
    eventually(lambda: estate.name_of(address) == [], "the address is gone", 60, server.process.printed)
    walked = server.tenure("ddns", "check", "--gss")
    for way, record in (("forward", "A, AAAA at names such as tenure-check-"), ("reverse", "PTR at names such as")):
        assert f"({way}) at {CONTROLLER} port 53" in walked
        assert f"may add and remove {record}" in walked, walked
    marking = server.config.read_text().replace("no-check-without-dhcid", "check-with-dhcid")
    server.config.write_text(marking)
    walked = server.tenure("ddns", "check", "--gss")
    assert walked.count('set ddns-conflict-resolution-mode = "no-check-without-dhcid"') == 2, walked
    server.process.stop()


def test_a_name_belongs_to_the_account_that_wrote_it(estate: Estate) -> None:
    """The server that takes over with an account of its own is locked out, with the same account it is not."""
    one, two = (estate.dc.account(account) for account in ("dhcp-one", "dhcp-two"))
    first = Server(estate.host("first", "10.9.0.3/16"), "10.9.2.10-10.9.2.20", one, "dhcp-one", estate.dc)
    machine = estate.host("guest")
    client = dhclient_host_name(machine, "guest")
    before = lease_of(machine)
    eventually(lambda: first.is_registered("guest"), "the lease is registered", 60, first.process.printed)
    first.process.stop()
    client.vanish()
    machine.run("ip", "addr", "flush", "dev", "eth0")

    second = Server(estate.host("second", "10.9.0.4/16"), "10.9.3.10-10.9.3.20", two, "dhcp-two", estate.dc)
    client = dhclient_host_name(machine, "guest")
    after = lease_of(machine)
    eventually(lambda: second.row("guest")["reverse"] in WRITTEN, "the address is there", 60)
    assert estate.name_of(after) == [f"PTR: guest.{ZONE}"]
    refusal = "SERVFAIL to overwrite"  # that is what Samba says to who has no right to the object
    eventually(lambda: second.row("guest")["detail"].startswith(refusal), "the name is not", 60, second.process.printed)
    assert estate.records("guest") == [f"A: {before}"]

    second.process.stop()
    second.configure(one, "dhcp-one")
    second.process = second.start()
    second.tenure("names", "adopt", f"guest.{ZONE}.")
    eventually(lambda: second.row("guest")["forward"] in WRITTEN, "the name is there", 60, second.process.printed)
    assert estate.records("guest") == [f"A: {after}"]
    second.process.stop()
    client.vanish()


OWN = "10.9.0.20"  # of our DNS server
OUR_ZONE = f"""\
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A {OWN}
dc1 A {CONTROLLER}
_ldap._tcp SRV 0 100 389 dc1
_ldap._tcp.dc._msdcs SRV 0 100 389 dc1
_ldap._tcp.pdc._msdcs SRV 0 100 389 dc1
_kerberos._tcp SRV 0 100 88 dc1
_kerberos._udp SRV 0 100 88 dc1
_kerberos._tcp.dc._msdcs SRV 0 100 88 dc1
"""
MEMBER = """\
[global]
    realm = AD.TEST
    workgroup = AD
    security = ads
    netbios name = {name}
    kerberos method = dedicated keytab
    dedicated keytab file = FILE:{folder}/member.keytab
    private dir = {folder}
    interfaces = eth0
"""


@pytest.fixture
def own_dns(estate: Estate) -> Iterator[Process]:
    """A `tenure dns` that serves the domain's zone, to whose members it is the name server."""
    host = estate.host("ns", f"{OWN}/16")
    environment = belongs_to_domain(host, estate.dc, OWN)
    keytab = estate.dc.account("tenure-dns", "DNS/ns.ad.test")
    (host.folder / "zone").write_text(OUR_ZONE)
    config = write_toml(
        host.folder,
        section("dns", listen=[f"{OWN}:53"], server_name="ns.ad.test.", tkey_gssapi_keytab=str(keytab)),
        entry(
            "dns.zones", name=f"{ZONE}.", file="zone", updates="secure-only", policy=[f"grant {REALM} ms-self . A AAAA"]
        ),
    )
    process = host.start(sys.executable, "-m", "tenure", "dns", "-c", str(config), env=environment, private=False)
    eventually(lambda: "event=dns-listening" in process.printed(), "DNS listens", 60, process.printed)
    yield process
    process.stop()


class Member:
    """A machine that has joined the domain, with the keytab of its account."""

    def __init__(self, estate: Estate, name: str, address: str, resolver: str) -> None:
        self.host = estate.host(name, f"{address}/16")
        known = belongs_to_domain(self.host, estate.dc, resolver)
        self._environment = [f"{variable}={value}" for variable, value in known.items()]
        (self.host.folder / "lib" / "samba").mkdir(parents=True)
        self._settings = self.host.folder / "smb.conf"
        self._settings.write_text(MEMBER.format(folder=self.host.folder, name=name.upper()))
        joined = f"Joined '{name.upper()}' to dns domain 'ad.test'"
        eventually(  # the directory answers a while after DNS does
            lambda: joined in self.net("join", "-U", ADMINISTRATOR, "--no-dns-updates"), joined, 60
        )
        self.net("keytab", "create", "-P")
        self.keytab = self.host.folder / "member.keytab"

    def run(self, *words: str) -> str:
        return self.host.run("env", *self._environment, *words, timeout=60, check=False)

    def net(self, *words: str) -> str:
        """What `net ads` says."""
        return self.run(program("net"), "ads", *words, "-s", str(self._settings))


def test_a_member_of_the_domain_registers_itself_with_us(estate: Estate, own_dns: Process) -> None:
    """By `net ads dns register` and by `nsupdate -g`, under its own name and under no other one."""
    machine = Member(estate, "member", "10.9.0.30", OWN)
    member, run = machine.host, machine.run

    def registered(name: str) -> str:
        return run(program("dig"), "+short", f"{name}.{ZONE}", "A").strip()

    said = machine.net("dns", "register", "-P", "member.ad.test", "10.9.0.30")
    assert "Successfully registered hostname with DNS" in said, said + own_dns.printed()
    assert registered("member") == "10.9.0.30"

    got = run(program("kinit"), "-k", "-t", f"{member.folder}/member.keytab", "MEMBER$@AD.TEST")
    assert got == "", got + run("klist", "-k", f"{member.folder}/member.keytab")
    orders = member.folder / "orders"
    for name, verdict in (("member", ""), ("dc1", "REFUSED")):
        orders.write_text(f"server {OWN}\nzone {ZONE}\nupdate add {name}.{ZONE} 300 A 10.9.0.31\nsend\n")
        said = run(program("nsupdate"), "-g", str(orders))
        assert verdict in said, said
        assert bool(said.strip()) == bool(verdict), said
    assert sorted(registered("member").splitlines()) == ["10.9.0.30", "10.9.0.31"]
    assert registered("dc1") == CONTROLLER


def test_the_agent_of_a_member_keeps_its_own_name_in_the_directory_and_no_other(estate: Estate) -> None:
    """With the account of the machine, in Windows' way; the controller is found as the primary."""
    machine = Member(estate, "laptop", "10.9.0.31", CONTROLLER)

    def register(name: str) -> dict[str, dict[str, str]]:
        config = machine.host.folder / "agent.toml"
        principal = f"LAPTOP$@{REALM}"
        config.write_text(
            section("agent", host_name=f"{name}.{ZONE}", conflict="replace", state=f"{name}.db")
            + section("agent.gss-tsig", client_principal=principal, client_keytab=str(machine.keytab))
        )
        machine.run(sys.executable, "-m", "tenure", "agent", "register", "-c", str(config))
        shown = tenure_at(machine.host, "agent", "status", "-c", config, "-o", "json")
        return {row["name"]: row for row in json.loads(shown)}

    def serials() -> list[str]:
        asked = (machine.run(program("dig"), "+short", zone, "SOA") for zone in (ZONE, REVERSE))
        return [text.split()[2] for text in asked]

    rows = register("laptop")
    assert {row["state"] for row in rows.values()} == {"registered"}, rows
    assert estate.records("laptop") == ["A: 10.9.0.31"]
    assert estate.name_of("10.9.0.31") == [f"PTR: laptop.{ZONE}"]
    before = serials()
    assert {row["state"] for row in register("laptop").values()} == {"registered"}
    assert serials() == before
    rows = register("dc1")
    assert rows[f"dc1.{ZONE}."]["code"] == "server-failed", rows
    assert "SERVFAIL to overwrite" in rows[f"dc1.{ZONE}."]["reason"]
    assert estate.records("dc1") == [f"A: {CONTROLLER}"]
