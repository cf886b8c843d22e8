"""A host with an agent, on a wire with the primary of its zones: BIND, or tenure."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from network import Host, Network, Process, eventually, network
from peers import program
from tenure_command import tenure_at
from tenure_toml import section, served, tsig_key, write_toml

PRIMARY, ADDRESS, SECOND = "10.1.0.1", "10.1.0.7", "10.1.0.8"
ZONE, REVERSE = "office.example.", "1.10.in-addr.arpa."
KEY, SECRET = "agent.office.example.", "bGFuIHRlc3Qgc2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzIQ=="
DUID = "00:04:" + ":".join(["5a"] * 16)
TENURE = [sys.executable, "-m", "tenure"]
SOA = "@ 300 SOA ns.{zone} hostmaster.{zone} 1 3600 600 86400 60\n@ 300 NS ns.{zone}\n"


def start_bind(
    host: Host, address: str = PRIMARY, zone: str = ZONE, reverse: str = REVERSE, *, grant: str = ""
) -> Process:
    """BIND as the primary of a zone and of the addresses; the key may write all of both."""
    lines = {
        zone: SOA.format(zone=zone) + f"ns 300 A {address}\n",
        reverse: SOA.format(zone=zone) + "",
    }
    for name, text in lines.items():
        (host.folder / name).write_text(f"$ORIGIN {name}\n{text}")
        (host.folder / f"{name}.jnl").unlink(missing_ok=True)
    grant = grant or f"update-policy {{ grant {KEY} zonesub ANY; }}"
    zones = "".join(
        f'zone "{name}" {{ type primary; file "{host.folder}/{name}"; {grant}; allow-transfer {{ any; }}; }};\n'
        for name in lines
    )
    (host.folder / "named.conf").write_text(f"""
options {{ directory "{host.folder}"; listen-on {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file "{host.folder}/named.pid"; session-keyfile "{host.folder}/session.key"; dnssec-validation no; notify no; }};
controls {{ }};
key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
{zones}""")
    return host.start(program("named"), "-g", "-n", "1", "-c", host.folder / "named.conf", private=False)


def start_tenure(host: Host) -> Process:
    """tenure as the primary; it makes the zones itself, and grants leases of ten seconds and more."""
    dns = served(f"{PRIMARY}:53", ZONE, REVERSE, policy=[f"grant {KEY} zonesub ANY"], allow_transfer=["0.0.0.0/0"])
    dns = dns.replace("[dns]\n", f'[dns]\nserver-name = "ns.{ZONE}"\n')
    path = write_toml(host.folder, tsig_key(KEY, SECRET), dns, section("dns.update-lease", min_lease=10))
    return host.start(*TENURE, "serve", "-c", path, private=False)


@dataclass
class Agent:
    """The host with its agent, and the primary."""

    net: Network
    host: Host
    primary: Host
    process: Process | None = None
    keys: dict[str, str | int | float | bool | list[str]] = field(default_factory=dict)
    more: str = ""
    mounts: dict[str, str] = field(default_factory=dict)  # folders of the host that its commands see, by their places

    def start(self, name: str = "pc") -> Process:
        """The agent, on a host of this name."""
        path = self.write()
        self.process = self.host.start("unshare", "-u", "sh", "-c", self._line(name, "agent", "-c", str(path)))
        return self.process

    def write(self) -> str:
        """Its configuration."""
        keys = {"duid": DUID, "key": KEY, "state": str(self.host.folder / "agent.db"), **self.keys}
        path = self.host.folder / "agent.toml"
        path.touch(mode=0o600)
        path.write_text(
            section("agent", **{k: v for k, v in keys.items() if v != ""}) + self.more + tsig_key(KEY, SECRET)
        )
        return str(path)

    def command(self, *words: str, name: str = "pc", check: bool = True) -> str:
        """What another command of the agent prints, on the same host."""
        line = self._line(name, "agent", *words, "-c", self.write())
        return self.host.run("unshare", "-u", "sh", "-c", line, check=check)

    def _line(self, name: str, *words: str) -> str:
        """A command on a host of this name, whose SSH keys are those in its folder `ssh`, if it has one."""
        keys = self.host.folder / "ssh"
        mounts = self.mounts | ({"/etc/ssh": str(keys)} if keys.is_dir() else {})
        mount = "".join(
            f"mkdir -p {place} && {program('mount')} --bind {folder} {place} && " for place, folder in mounts.items()
        )
        return f"{mount}hostname {name} && exec {' '.join([*TENURE, *words])}"

    def status(self) -> dict[str, dict[str, str]]:
        """Its memory, by name."""
        shown = tenure_at(self.host, "agent", "status", "-o", "json", "-c", self.write())
        return {row["name"]: row for row in json.loads(shown)}

    def states(self) -> set[str]:
        return {row["state"] for row in self.status().values()}

    def rename(self, name: str) -> None:
        """Give the host another name while the agent runs."""
        assert self.process is not None
        self.host.run("nsenter", "-t", str(self.process.popen.pid), "-u", "hostname", name)

    def ip(self, *words: str) -> None:
        self.host.run(program("ip"), *words)

    def records(self, server: str = PRIMARY, zone: str = ZONE, reverse: str = REVERSE) -> set[str]:
        """Everything in both zones but what they began with, as `NAME TYPE RDATA`; DHCIDs without their RDATA."""
        found = set()
        for name in (zone, reverse):
            for line in self.host.run(program("dig"), f"@{server}", name, "AXFR", "+noall", "+answer").splitlines():
                words = line.split(maxsplit=4)
                if len(words) == 5 and words[3] not in {"SOA", "NS"} and words[0] != f"ns.{zone}":
                    found.add(f"{words[0]} {words[3]}" + ("" if words[3] == "DHCID" else f" {words[4]}"))
        return found

    def serials(self) -> list[str]:
        """Of both zones: they move with each change."""
        asked = [self.host.run(program("dig"), "+short", f"@{PRIMARY}", zone, "SOA") for zone in (ZONE, REVERSE)]
        return [text.split()[2] for text in asked]

    def wait_until_served(self, server: str = PRIMARY, zone: str = ZONE) -> None:
        """Until the server answers for the zone."""
        ask = [program("dig"), "+short", "+tries=1", "+timeout=1", f"@{server}", zone, "SOA"]
        eventually(lambda: "ns." in self.host.run(*ask, check=False), f"{server} serves {zone}", 40)

    def log(self) -> str:
        return self.process.printed() if self.process else ""

    def settles(self, *records: str, seconds: float = 40) -> None:
        """Wait until just these stand in both zones."""
        wanted = set(records)
        eventually(lambda: self.records() == wanted, f"{wanted}", seconds, lambda: f"{self.records()}\n{self.log()}")


def of_host(name: str, *addresses: str, marked: bool = True) -> list[str]:
    """What stands in both zones for a host with these addresses."""
    full = f"{name}.{ZONE}"
    found = [f"{full} A {address}" for address in addresses] + ([f"{full} DHCID"] if marked and addresses else [])
    for address in addresses:
        pointer = f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa."
        found += [f"{pointer} PTR {full}"] + ([f"{pointer} DHCID"] if marked else [])
    return found


@contextlib.contextmanager
def agent_lan(primary: str = "bind", grant: str = "") -> Iterator[Agent]:
    """The network; the agent is not started yet."""
    with network() as net:
        wire = net.segment("lan")
        server, host = net.host("dns"), net.host("pc")
        net.plug(server, wire, f"{PRIMARY}/16")
        net.plug(host, wire, f"{ADDRESS}/16")
        (host.folder / "resolv.conf").write_text(f"search {ZONE}\nnameserver {PRIMARY}\n")
        made = Agent(net, host, server)
        start_tenure(server) if primary == "tenure" else start_bind(server, grant=grant)
        made.wait_until_served()
        yield made
