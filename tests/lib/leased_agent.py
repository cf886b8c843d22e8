"""A host with an agent whose addresses a DHCP server on the same wire leases: tenure, Kea with its D2, or ISC dhcpd."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from agent_lan import KEY, PRIMARY, REVERSE, SECRET, TENURE, ZONE, Agent, agent_lan
from lan6 import settled
from network import Host, Process, eventually
from peers import program
from tenure_toml import section, tsig_key, updated, write_toml

SERVER, SERVER6 = "10.1.0.2", "fd77::1"
REVERSE6 = "0.0.0.0.7.7.d.f.ip6.arpa."
SUBNET = f"""
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
interface = "eth0"
pools = ["10.1.0.100-10.1.0.150"]
valid-lifetime = 3600
option-data = {{ domain-name-servers = ["{PRIMARY}"], domain-name = "{ZONE[:-1]}" }}
ddns-qualifying-suffix = "{ZONE}"
"""
SUBNET6 = f"""
[[dhcp6.subnets]]
subnet = "fd77::/64"
interface = "eth0"
pools = ["fd77::1:0-fd77::1:ff"]
valid-lifetime = 3600
ddns-qualifying-suffix = "{ZONE}"
"""
ADDED = re.compile(r"client @\S+ ([0-9.]+)#\d+/key \S+: updating zone '\S+': adding an RR at '\S+' (A|AAAA|PTR) ")


@dataclass
class Leased:
    """The host, whose address comes from a DHCP server on the same wire."""

    agent: Agent
    server: Host
    running: Process | None = None

    @property
    def host(self) -> Host:
        return self.agent.host

    def serve(self, model: str, dhcp: str = "", *, reverse: str = REVERSE, port: int = 0) -> None:
        """The DHCP server is tenure: for IPv6 with the reverse zone of its addresses, or with these tables."""
        if not dhcp and reverse == REVERSE6:
            self.give_address6()
            dhcp, port = section("dhcp6", interfaces=["eth0"], listen=[f"[{SERVER6}]:547"]) + SUBNET6, 547
        tables = [
            section("ddns", ddns_update_model=model, ddns_ttl=900),  # the TTL that the agent wants too
            tsig_key(KEY, SECRET) + updated(f"{PRIMARY}:53", KEY, ZONE, reverse),
            dhcp or section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"]) + SUBNET,
        ]
        path = write_toml(self.server.folder, *tables)
        process = self.server.start(*TENURE, "serve", "-c", path, private=False)
        listens = f":{port or 67} "
        eventually(lambda: listens in self.server.run("ss", "-lun"), "it listens", 40, process.printed)

    def serve_dhcpd(self, *, reverse: str = REVERSE) -> None:
        """ISC dhcpd in its place, which leaves the forward record to clients that want to write it."""
        family, port = ("-6", 547) if reverse == REVERSE6 else ("-4", 67)
        subnet = f"""
subnet 10.1.0.0 netmask 255.255.0.0 {{
  range 10.1.0.100 10.1.0.150;
  option domain-name "{ZONE[:-1]}";
  option domain-name-servers {PRIMARY};
}}"""
        if reverse == REVERSE6:
            self.give_address6()
            subnet = "subnet6 fd77::/64 { range6 fd77::1:0 fd77::1:ff; }"
        zones = "".join(f"zone {zone} {{ primary {PRIMARY}; key {KEY}; }}\n" for zone in (ZONE, reverse))
        path = self.server.folder / "dhcpd.conf"
        path.write_text(f"""
authoritative;
ddns-update-style standard;
ddns-domainname "{ZONE[:-1]}";
ddns-ttl 900;
allow client-updates;
key {KEY} {{ algorithm hmac-sha256; secret "{SECRET}"; }}
{zones}
{subnet}
""")
        leases = self.server.folder / "lib" / "dhcpd.leases"
        leases.touch()
        command = [family, "-f", "-cf", str(path), "-lf", str(leases), "-pf", "/run/dhcpd.pid", "eth0"]
        process = self.server.start(program("dhcpd"), *command)
        eventually(lambda: f":{port} " in self.server.run("ss", "-lun"), "dhcpd listens", 30, process.printed)

    def give_address6(self) -> None:
        """The server's own, in the subnet that it leases from."""
        self.server.run("ip", "addr", "add", f"{SERVER6}/64", "dev", "eth0", "nodad")
        eventually(lambda: settled(self.server, "fe80"), "the server has its link-local address")

    def serve_kea(self, *, reverse: str = REVERSE) -> None:
        """Kea in its place, which does what clients ask for, and D2 with the same zones and key."""
        family = 6 if reverse == REVERSE6 else 4
        if family == 6:
            self.give_address6()
        subnet = ("10.1.0.0/16", "10.1.0.100 - 10.1.0.150") if family == 4 else ("fd77::/64", "fd77::1:0 - fd77::1:ff")
        at = [{"ip-address": PRIMARY, "port": 53}]
        domains = {zone: {"name": zone, "key-name": KEY, "dns-servers": at} for zone in (ZONE, reverse)}
        self._kea(
            "kea-dhcp-ddns",
            {
                "tsig-keys": [{"name": KEY, "algorithm": "HMAC-SHA256", "secret": SECRET}],
                "forward-ddns": {"ddns-domains": [domains[ZONE]]},
                "reverse-ddns": {"ddns-domains": [domains[reverse]]},
            },
            "DhcpDdns",
            53001,
        )
        told = {"domain-name": ZONE[:-1], "domain-name-servers": PRIMARY} if family == 4 else {}
        self._kea(
            f"kea-dhcp{family}",
            {
                "interfaces-config": {"interfaces": ["eth0"]},
                "lease-database": {"type": "memfile", "persist": False},
                "valid-lifetime": 3600,
                f"subnet{family}": [
                    {"id": 1, "subnet": subnet[0], "interface": "eth0", "pools": [{"pool": subnet[1]}]}
                ],
                "option-data": [{"name": name, "data": data} for name, data in told.items()],
                "dhcp-ddns": {"enable-updates": True},
                "ddns-qualifying-suffix": ZONE,
            },
            f"Dhcp{family}",
            67 if family == 4 else 547,
        )

    def _kea(self, name: str, body: dict[str, Any], table: str, port: int) -> None:
        loggers = [{"name": name, "severity": "WARN", "output_options": [{"output": "stdout"}]}]
        path = self.server.folder / f"{name}.json"
        path.write_text(json.dumps({table: {**body, "loggers": loggers}}))
        (self.server.folder / "lib" / "kea").mkdir(exist_ok=True)
        environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(self.server.folder / "lib")}
        process = self.server.start(program(name), "-c", path, env=environment)
        eventually(lambda: f":{port} " in self.server.run("ss", "-lun"), f"{name} listens", 30, process.printed)

    def serve_as(self, name: str, *, reverse: str = REVERSE) -> None:
        """`kea`, `dhcpd`, or tenure with this model."""
        if name == "kea":
            self.serve_kea(reverse=reverse)
        elif name == "dhcpd":
            self.serve_dhcpd(reverse=reverse)
        else:
            self.serve(name, reverse=reverse)

    def wrote(self, address: str) -> set[tuple[str, str]]:
        """Who has added which types, as BIND tells it by the IPv4 address that the update came from."""
        who = {SERVER: "server", address: "agent"}
        return {(who[peer], rtype) for peer, rtype in ADDED.findall(self.agent.primary.processes[-1].printed())}

    def stands(self, reverse: str = REVERSE) -> set[str]:
        """What is in both zones, asked where they are: the host may have no address."""
        found = Agent(self.agent.net, self.agent.primary, self.agent.primary).records(reverse=reverse)
        return {line for line in found if " DHCID" not in line}

    def log(self) -> str:
        logs = [process.printed() for host in (self.server, self.host) for process in host.processes]
        return "\n".join([*logs, str(self.agent.records()), str(self.agent.status())])

    def agrees(self, process: Process, address: str, wrote: set[tuple[str, str]]) -> None:
        """Both records of an IPv4 address stand, each by whom it should be; the agent takes its own away at the end."""
        full, back = f"pc.{ZONE}", pointer(address)
        lines = {"A": f"{full} A {address}", "PTR": f"{back} PTR {full}"}
        eventually(lambda: self.stands() == {*lines.values()}, "both records stand", 60, self.log)
        words = {owner: "registered" if ("agent", rtype) in wrote else "none" for owner, rtype in self._owners(address)}

        def settled() -> bool:
            return {owner: row["state"] for owner, row in self.agent.status().items()} == words

        eventually(settled, f"{words}", 60, self.log)
        assert self.wrote(address) == wrote, self.log()
        assert process.stop() == 0
        assert self.stands() == {line for rtype, line in lines.items() if ("server", rtype) in wrote}

    def agrees6(self, process: Process, static: str, address: str, of_the_agent: set[str]) -> None:
        """As `agrees`, of an IPv6 address; `static` is the host's IPv4 address, which has no reverse zone here."""
        full, back = f"pc.{ZONE}", f"{ip_address(address).reverse_pointer}."
        lines = {"A": f"{full} A {static}", "AAAA": f"{full} AAAA {address}", "PTR": f"{back} PTR {full}"}
        eventually(lambda: self.stands(REVERSE6) == {*lines.values()}, "all records stand", 60, self.log)
        owner = {rtype: "agent" if rtype in {"A", *of_the_agent} else "server" for rtype in lines}
        state = "registered" if "PTR" in of_the_agent else "none"
        eventually(lambda: self.agent.status().get(back, {}).get("state") == state, f"{back} is {state}", 60, self.log)
        assert self.wrote(static) == {(who, rtype) for rtype, who in owner.items()}, self.log()
        self.agent.command("register", check=False)  # the A record has no reverse zone here
        assert self.stands(REVERSE6) == {*lines.values()}
        assert process.stop() == 0
        assert self.stands(REVERSE6) == {line for rtype, line in lines.items() if owner[rtype] == "server"}

    def _owners(self, address: str) -> list[tuple[str, str]]:
        return [(f"pc.{ZONE}", "A"), (pointer(address), "PTR")]


def pointer(address: str) -> str:
    """The reverse name of an IPv4 address."""
    return f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa."


@contextlib.contextmanager
def leased_agent(resolver: bool = True) -> Iterator[Leased]:
    """The network, with a host that has no address yet; neither agent nor DHCP server is started.

    Without a `resolver` the host knows neither a name server nor its domain.
    """
    with agent_lan() as agent:
        if not resolver:
            (agent.host.folder / "resolv.conf").write_text("")
        agent.ip("-4", "addr", "flush", "dev", "eth0")
        server = agent.net.host("dhcp")
        agent.net.plug(server, "lan", f"{SERVER}/16")
        yield Leased(agent, server)
