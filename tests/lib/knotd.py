"""A real Knot of a test's own: zones that the key `dhcp.` may update, on loopback, on a port of the system's choice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from dnspeer import SECRET_TEXT, DnsPeer, running, write_zone
from peers import program
from ports import free_port

CONFIG = """\
server:
    rundir: "{directory}"
    listen: 127.0.0.1@{port}
log:
  - target: stderr
    any: info
database:
    storage: "{directory}"
key:
  - id: dhcp.
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: writes
    key: dhcp.
    action: [update, transfer]
  - id: reads
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: "{directory}"
    acl: [writes, reads]
zone:
"""


@contextlib.contextmanager
def knotd(directory: Path, zones: Sequence[str]) -> Iterator[DnsPeer]:
    """Knot with these empty zones (names with the final dot), in a directory of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    binary = program("knotd")
    port = free_port()
    config = CONFIG.format(directory=directory, port=port, secret=SECRET_TEXT)
    for number, zone in enumerate(zones):
        write_zone(directory / f"zone{number}", zone)
        config += f"  - domain: {zone}\n    file: zone{number}\n"
    (directory / "knot.conf").write_text(config)
    command = [binary, "-c", str(directory / "knot.conf")]
    with running(command, port, directory / "log") as peer:
        yield peer
