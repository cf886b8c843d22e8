"""BIND, Knot and NSD of a test's own, as secondaries of a server or as primaries, for one zone and the key `dhcp.`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.query
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone
from dnspeer import SECRET_TEXT, running
from peers import program

ZONE = "example.test."
SOA = "@ 300 SOA ns root {serial} 60 2 86400 60\n"
BASE = "@ 300 NS ns\nns 300 A 192.0.2.1\n" + "".join(f"h{n} 300 TXT {'x' * 100}\n" for n in range(300))
KEYRING = dns.tsigkeyring.from_text({"dhcp.": SECRET_TEXT})

BIND = """\
options {{ directory "{folder}"; pid-file none; session-keyfile none; listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; allow-transfer {{ 127.0.0.1; }};
  managed-keys-directory "{folder}"; notify explicit; max-ixfr-ratio unlimited; }};
controls {{ }};
key "dhcp." {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "{zone}" {{ {role} }};
"""
BIND_SECONDARY = """type secondary; file "copy"; primaries {{ 127.0.0.1 port {other} key "dhcp."; }};
  allow-notify {{ 127.0.0.1; }};"""
BIND_PRIMARY = """type primary; file "zone"; update-policy {{ grant dhcp. zonesub ANY; }};
  also-notify {{ 127.0.0.1 port {other} key "dhcp."; }}; notify-delay 0;"""

KNOT = """\
server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
log:
  - target: stderr
    any: info
database:
    storage: "{folder}"
key:
  - id: dhcp.
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: other
    address: 127.0.0.1@{other}
    key: dhcp.
acl:
  - id: everybody
    address: 127.0.0.1
    action: [transfer, notify]
  - id: updaters
    key: dhcp.
    action: [transfer, notify, update]
zone:
  - domain: {zone}
    storage: "{folder}"
    file: "zone"
    zonefile-sync: -1
    journal-max-depth: 100000
    acl: [everybody, updaters]
    {role}
"""
NSD = """\
server:
    ip-address: 127.0.0.1@{port}
    port: {port}
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: ""
    xfrdfile: "{folder}/xfrd"
    zonelistfile: "{folder}/zones"
    xfrdir: "{folder}"
    rrl-ratelimit: 0
    server-count: 1
remote-control:
    control-enable: no
key:
    name: "dhcp."
    algorithm: hmac-sha256
    secret: "{secret}"
zone:
    name: "{zone}"
    zonefile: "{folder}/zone"
    provide-xfr: 127.0.0.1 NOKEY
    provide-xfr: 127.0.0.1 dhcp.
    {role}
"""
NSD_SECONDARY = "allow-notify: 127.0.0.1 dhcp.\n    request-xfr: 127.0.0.1@{other} dhcp."

CONFIGS = {"bind": (BIND, "named.conf"), "knot": (KNOT, "knot.conf"), "nsd": (NSD, "nsd.conf")}
ROLES = {
    ("bind", "secondary"): BIND_SECONDARY,
    ("bind", "primary"): BIND_PRIMARY,
    ("knot", "secondary"): "master: other",
    ("knot", "primary"): "notify: other",
    ("nsd", "secondary"): NSD_SECONDARY,
    ("nsd", "primary"): "notify: 127.0.0.1@{other} dhcp.",
}
COMMANDS: dict[str, Callable[[str], list[str]]] = {
    "bind": lambda config: [program("named"), "-g", "-c", config, "-n", "1"],
    "knot": lambda config: [program("knotd"), "-c", config],
    "nsd": lambda config: [program("nsd"), "-d", "-c", config],
}


@dataclass
class TransferPeer:
    """One server, with what a test does to its zone."""

    kind: str
    folder: Path
    port: int
    pid: int
    serial: int = 1

    def change(self, number: int) -> None:
        """One change of the zone where this server is its primary: NSD has no UPDATE, so its file is written anew."""
        if self.kind == "nsd":
            self.serial += 1
            added = "".join(f"u{n} 300 A 192.0.2.{n % 250}\n" for n in range(number + 1))
            (self.folder / "zone").write_text(SOA.format(serial=self.serial) + BASE + added)
            os.kill(self.pid, signal.SIGHUP)
        else:
            change(self.port, number)


def change(port: int, number: int, *, tcp: bool = False, timeout: float = 10) -> int:
    """A signed update of one name at the server at this port; the RCODE."""
    update = dns.update.UpdateMessage(ZONE, keyring=KEYRING, keyalgorithm=dns.tsig.HMAC_SHA256)
    update.replace(f"u{number}", 300, "A", f"192.0.2.{number % 250}")
    if number % 3 == 2:
        update.delete(f"u{number - 1}")
    send = dns.query.tcp if tcp else dns.query.udp
    return int(send(update, "127.0.0.1", port=port, timeout=timeout).rcode())


def zone_at(port: int) -> dns.zone.Zone | None:
    """The whole zone as this server transfers it; None while it has none."""
    found = dns.zone.Zone(ZONE)
    try:
        dns.query.inbound_xfr("127.0.0.1", found, port=port, timeout=10, lifetime=30)
    except (OSError, dns.exception.DNSException):
        return None
    return found


@contextmanager
def transfer_peer(kind: str, role: str, folder: Path, port: int, other: int) -> Iterator[TransferPeer]:
    """A running server of this kind: a secondary of the one at port `other`, or a primary that tells it of changes."""
    folder.mkdir()
    if role == "primary":
        (folder / "zone").write_text(f"$ORIGIN {ZONE}\n" + SOA.format(serial=1) + BASE)
    template, name = CONFIGS[kind]
    text = template.format(
        folder=folder, port=port, secret=SECRET_TEXT, zone=ZONE, other=other, role=ROLES[kind, role].format(other=other)
    )
    (folder / name).write_text(text)
    with running(COMMANDS[kind](str(folder / name)), port, folder / "log") as peer:
        yield TransferPeer(kind, folder, port, peer.process.pid)
