"""Real DHCP clients from Debian's packages, each started on one machine with the name that it shall claim."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from network import Host, Process
from peers import program


@dataclass
class Client:
    """A running client and the way to make it give up its lease."""

    process: Process
    release: Callable[[], object]

    def vanish(self) -> None:
        """Gone without a word."""
        self.process.stop(signal.SIGKILL)


def dhclient(host: Host, *settings: str, more: str = "", script: Path | None = None) -> Client:
    """ISC dhclient with `send` statements, `more` lines of configuration, and a script in place of Debian's."""
    conf, leases, pid = host.folder / "dhclient.conf", host.folder / "dhclient.leases", host.folder / "dhclient.pid"
    sends = "".join(f"send {s};\n" for s in settings)
    conf.write_text(f"timeout 20;\nretry 2;\ninitial-interval 1;\n{sends}{more}\n")
    files = ["-cf", conf, "-lf", leases, "-pf", pid, *(["-sf", script] if script else [])]
    process = host.start(program("dhclient"), "-4", "-d", *files, "eth0")
    return Client(process, lambda: host.run(program("dhclient"), "-4", "-r", *files, "eth0", check=False))


@dataclass
class Told:
    """A script for dhclient that configures the address and writes down what else the server said."""

    host: Host

    @property
    def script(self) -> Path:
        """The script's path; written when asked for."""
        path = self.host.folder / "dhclient-script"
        path.write_text(f"""#!/bin/sh
case $reason in BOUND|RENEW|REBIND|REBOOT)
  env | grep ^new_ > {self.host.folder}/told
  ip addr replace $new_ip_address/24 dev $interface;;
esac
""")
        path.chmod(0o755)
        return path

    def variables(self) -> dict[str, str]:
        """What dhclient passed on of the lease."""
        lines = (self.host.folder / "told").read_text().splitlines()
        return dict(line.partition("=")[::2] for line in lines)


def dhclient_host_name(host: Host, name: str) -> Client:
    """Option 12 only."""
    return dhclient(host, f'host-name "{name}"')


def dhclient_fqdn(host: Host, name: str) -> Client:
    """Option 81, canonical encoding, S set."""
    return dhclient(host, f'fqdn.fqdn "{name}.lan.test."', "fqdn.encoded on", "fqdn.server-update on")


def dhclient_fqdn_short(host: Host, name: str) -> Client:
    """Option 81, canonical encoding; dhclient ends the short name in the root, as if it were a whole one."""
    return dhclient(host, f'fqdn.fqdn "{name}"', "fqdn.encoded on", "fqdn.server-update on")


def dhclient_fqdn_ascii(host: Host, name: str) -> Client:
    """Option 81, ASCII encoding, a partial name, S set."""
    return dhclient(host, f'fqdn.fqdn "{name}"', "fqdn.encoded off", "fqdn.server-update on")


def dhcpcd(host: Host, name: str, fqdn: str, *more: str, probes: bool = False) -> Client:
    """dhcpcd with `fqdn` both, ptr, none or disable; `probes`: it asks by ARP whether its address is free."""
    conf = host.folder / "dhcpcd.conf"
    words = [f"hostname {name}", f"fqdn {fqdn}", "clientid", "noipv6", "nohook resolv.conf", "timeout 20", *more]
    conf.write_text("\n".join([*words, *([] if probes else ["noarp"])]) + "\n")
    process = host.start(program("dhcpcd"), "-4", "-B", "-d", "-f", conf, "eth0")
    return Client(process, lambda: process.stop(signal.SIGALRM))


def udhcpc(host: Host, *settings: str) -> Client:
    """BusyBox udhcpc with `-F NAME` (option 81) or `-x hostname:NAME` (option 12)."""
    process = host.start(program("udhcpc"), "-f", "-R", "-T", "1", "-t", "20", "-i", "eth0", *settings)
    return Client(process, lambda: process.stop(signal.SIGTERM))


# What the client is called in a test, and how it is started: a machine and the name that it claims.
BOTH_DIRECTIONS: dict[str, Callable[[Host, str], Client]] = {
    "dhclient-option-12": dhclient_host_name,
    "dhclient-option-81": dhclient_fqdn,
    "dhclient-option-81-short": dhclient_fqdn_short,
    "dhclient-option-81-ascii": dhclient_fqdn_ascii,
    "dhcpcd-both": lambda host, name: dhcpcd(host, name, "both"),
    "udhcpc-F": lambda host, name: udhcpc(host, "-F", name),
    "udhcpc-x-hostname": lambda host, name: udhcpc(host, "-x", f"hostname:{name}"),
}
