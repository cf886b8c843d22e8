"""An estate that keeps its DHCP servers: those on a wire with real clients, BIND for names, tenure between them."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lan import KEY, REVERSE, SECRET, SERVER, ZONE, start_bind
from lan6 import REVERSE6, SERVER6, settled
from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import entry, tsig_key, write_toml

POOL4, POOL6 = "10.77.0.100 - 10.77.0.150", "fd77::1:0 - fd77::1:ff"
REQUESTS = "[dhcp-ddns]\n"


@dataclass
class KeptEstate:
    """The network while a test runs."""

    net: Network
    segment: str
    server: Host
    lifetime: int
    database: dict[str, Any]
    cleanup: int
    config: Path = field(init=False)
    kea: dict[str, Process] = field(default_factory=dict)
    services: Process | None = None

    def start_dhcpd(self, lifetime: int) -> Path:
        """ISC dhcpd, which updates no DNS; its lease file."""
        path, leases = self.server.folder / "dhcpd.conf", self.server.folder / "dhcpd.leases"
        lifetimes = "".join(f"{word}-lease-time {lifetime};\n" for word in ("default", "max", "min"))
        pool = POOL4.replace(" - ", " ")
        path.write_text(
            f"authoritative;\nddns-update-style none;\n{lifetimes}"
            f"subnet 10.77.0.0 netmask 255.255.255.0 {{ range {pool}; option routers {SERVER}; }}\n"
        )
        leases.touch()
        command = ["-4", "-f", "-q", "-cf", path, "-lf", leases, "-pf", "/run/dhcpd.pid", "eth0"]
        self.kea["dhcpd"] = self.server.start(program("dhcpd"), *command)
        eventually(lambda: ":67 " in self.server.run("ss", "-lun"), "dhcpd listens", 30, self.kea["dhcpd"].printed)
        return leases

    def start_kea(self, family: int, *, asks: bool = True, checks: bool = True) -> None:
        """kea-dhcp4 or kea-dhcp6; it `asks` for names whoever listens on D2's port, and `checks` whose they are."""
        name = f"kea-dhcp{family}"
        pools = {"pools": [{"pool": POOL4 if family == 4 else POOL6}]}
        subnet = {"id": 1, "subnet": "10.77.0.0/24" if family == 4 else "fd77::/64", "interface": "eth0", **pools}
        memfile = {"type": "memfile", "persist": True, "name": str(self.leases(family)), "lfc-interval": self.cleanup}
        body = {
            "interfaces-config": {"interfaces": ["eth0"]},
            "lease-database": self.database or memfile,
            "valid-lifetime": self.lifetime,
            "expired-leases-processing": {"reclaim-timer-wait-time": 1, "flush-reclaimed-timer-wait-time": 2},
            **({"preferred-lifetime": self.lifetime // 2} if family == 6 else {}),
            f"subnet{family}": [subnet],
            "dhcp-ddns": {"enable-updates": asks},
            "ddns-qualifying-suffix": ZONE,
            "ddns-override-client-update": True,
            "ddns-update-on-renew": True,
            "ddns-use-conflict-resolution": checks,
            "loggers": [{"name": name, "severity": "WARN", "output_options": [{"output": "stdout"}]}],
        }
        path = self.server.folder / f"{name}.json"
        path.write_text(json.dumps({f"Dhcp{family}": body}))
        (self.server.folder / "lib" / "kea").mkdir(exist_ok=True)
        environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(self.server.folder / "lib")}
        self.kea[name] = self.server.start(program(name), "-c", path, env=environment)
        port = 67 if family == 4 else 547
        listening = f"{name} listens"
        eventually(lambda: f":{port} " in self.server.run("ss", "-lun"), listening, 30, self.kea[name].printed)

    def leases(self, family: int) -> Path:
        """Kea's lease file."""
        return self.server.folder / f"kea-leases{family}.csv"

    def start_d2(self) -> Process:
        """kea-dhcp-ddns, with the same zones, server and key as tenure has."""
        at = [{"ip-address": SERVER, "port": 53}]
        domains = {zone: {"name": zone, "key-name": KEY, "dns-servers": at} for zone in (ZONE, REVERSE, REVERSE6)}
        config = {
            "tsig-keys": [{"name": KEY, "algorithm": "HMAC-SHA256", "secret": SECRET}],
            "forward-ddns": {"ddns-domains": [domains[ZONE]]},
            "reverse-ddns": {"ddns-domains": [domains[REVERSE], domains[REVERSE6]]},
            "loggers": [{"name": "kea-dhcp-ddns", "severity": "WARN", "output_options": [{"output": "stdout"}]}],
        }
        path = self.server.folder / "kea-dhcp-ddns.json"
        path.write_text(json.dumps({"DhcpDdns": config}))
        environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(self.server.folder / "lib")}
        d2 = self.server.start(program("kea-dhcp-ddns"), "-c", path, env=environment)
        eventually(lambda: ":53001 " in self.server.run("ss", "-lun"), "D2 listens", 30, d2.printed)
        return d2

    def start_tenure(self, *tables: str) -> None:
        """tenure with BIND as primary, and `tables` that say how it hears of leases."""
        domains = [entry("ddns.forward", zone=ZONE, servers=[f"{SERVER}:53"], key=KEY)]
        domains += [entry("ddns.reverse", zone=zone, servers=[f"{SERVER}:53"], key=KEY) for zone in (REVERSE, REVERSE6)]
        self._serve(write_toml(self.server.folder, tsig_key(KEY, SECRET), *domains, *tables))

    def start_tenure_as_d2(self) -> None:
        """tenure with what it takes over from the files of D2 and of kea-dhcp4."""
        files = {name: self.server.folder / f"{name}.json" for name in ("kea-dhcp-ddns", "kea-dhcp4")}
        config = self.server.folder / "tenure.toml"
        words = ["import", "kea-ddns", files["kea-dhcp-ddns"], "--dhcp", files["kea-dhcp4"], "-o", config]
        self.server.run(sys.executable, "-m", "tenure", *words)
        self._serve(config)

    def _serve(self, config: Path) -> None:
        self.config = config
        self.services = self.server.start(sys.executable, "-m", "tenure", "serve", "-c", self.config, private=False)
        eventually(lambda: "service=updater event=started" in self.log(), "the updater runs", 60, self.log)

    def log(self) -> str:
        """What tenure and Kea have said."""
        said = self.services.printed() if self.services else ""
        return said + "".join(process.printed() for process in self.kea.values())

    def tenure(self, *args: str) -> str:
        """What the tenure command prints."""
        return tenure_at(self.server, *args, "-c", self.config)

    def client(self, name: str) -> Host:
        """A machine on the wire whose link-local address can be used."""
        host = self.net.host(name)
        self.net.plug(host, self.segment)
        eventually(lambda: settled(host, "fe80"), f"{name} has its link-local address", 15)
        return host

    def leased(self, host: Host, family: int) -> str:
        """The address that the machine's client has configured."""

        def found() -> list[str]:
            return settled(host, "fd77") if family == 6 else [a for a in host.addresses() if a.startswith("10.77.")]

        def said() -> str:
            return "".join(process.printed() for process in host.processes) + self.log()

        return str(eventually(found, f"{host.name} has an address", 40, said)[0])  # type: ignore[index]

    def dig(self, *question: str) -> list[str]:
        """The answer's RDATA, sorted."""
        command = [program("dig"), f"@{SERVER}", "+short", "+norec", "+time=2", "+tries=2"]
        return sorted(line for line in self.server.run(*command, *question, check=False).splitlines() if line)

    def at(self, name: str) -> dict[str, list[str]]:
        """The addresses of a name; of its proof only how many there are."""
        owner = f"{name}.{ZONE}"
        found = {rtype: self.dig(owner, rtype) for rtype in ("A", "AAAA")}
        return {rtype: values for rtype, values in found.items() if values} | {
            "DHCID": ["one"] * len(self.dig(owner, "DHCID"))
        }

    def named(self, name: str, *addresses: str, seconds: float = 30) -> None:
        """Waits until the name has exactly these addresses and one proof, and each of them has the name."""
        owner = f"{name}.{ZONE}"
        wanted = {"A": [a for a in addresses if ":" not in a], "AAAA": [a for a in addresses if ":" in a]}
        wanted = {rtype: values for rtype, values in wanted.items() if values} | {"DHCID": ["one"] * bool(addresses)}
        eventually(
            lambda: self.at(name) == wanted and all(self.dig("-x", address) == [owner] for address in addresses),
            f"{name} has {addresses}",
            seconds,
            lambda: f"{self.at(name)}\n{self.log()}",
        )

    def gone(self, name: str, *addresses: str, seconds: float = 40) -> None:
        """Waits until nothing is left of the name at all, nor of these addresses."""
        self.named(name, seconds=seconds)
        eventually(lambda: not any(self.dig("-x", one) for one in addresses), "no pointer is left", seconds, self.log)


@contextlib.contextmanager
def kept_estate(lifetime: int = 600, database: dict[str, Any] | None = None, cleanup: int = 0) -> Iterator[KeptEstate]:
    """The wire and BIND. Kea's leases are of `lifetime` seconds, in files unless in `database`.

    Those are cleaned up every so many seconds.
    """
    with network() as net:
        segment = net.segment("lan")
        server = net.host("server")
        net.plug(server, segment, f"{SERVER}/24")
        server.run("ip", "addr", "add", f"{SERVER6}/64", "dev", "eth0", "nodad")
        eventually(lambda: settled(server, "fe80"), "the server has its link-local address", 15)
        start_bind(server, REVERSE6)
        made = KeptEstate(net, segment, server, lifetime, database or {}, cleanup)
        eventually(lambda: made.dig(ZONE, "SOA"), "BIND answers", 30)
        yield made
