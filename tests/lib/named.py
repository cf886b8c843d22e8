"""A real BIND of a test's own: zones that the key `dhcp.` may update, on loopback, on a port of the system's choice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dnspeer import SECRET_TEXT, DnsPeer, running, write_zone
from peers import program
from ports import free_port

CONFIG = """\
options {{
    directory "{directory}"; pid-file none; session-keyfile none; managed-keys-directory "{directory}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; notify no;
    allow-transfer {{ 127.0.0.1; }}; minimal-responses yes; dnssec-validation no; {options}
}};
controls {{ }};
key "dhcp." {{ algorithm hmac-sha256; secret "{secret}"; }};
key "other." {{ algorithm hmac-sha256; secret "{secret}"; }};
"""
ZONE = 'zone "{zone}" {{ type primary; file "{file}"; {updates} journal "{file}.jnl"; }};\n'
BY_ADDRESS = "allow-update { 127.0.0.1; };"
GRANT = "grant dhcp. zonesub ANY;"


@contextlib.contextmanager
def named(
    directory: Path,
    zones: Sequence[str],
    policy: str | Mapping[str, str] = GRANT,
    port: int | None = None,
    keys: Sequence[str] = (),
    *,
    by_address: bool = False,
    options: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[DnsPeer]:
    """BIND with these empty zones (names with the final dot), in a directory of its own.

    `policy`: of all zones, or by zone; `keys`: more names that know the secret; `by_address`: no update is signed;
    `options`: more of them, in BIND's words; `environment`: of the process, left out: ours.
    """
    directory.mkdir(parents=True, exist_ok=True)
    binary = program("named")
    port = port or free_port()
    config = CONFIG.format(directory=directory, port=port, secret=SECRET_TEXT, options=options)
    config += "".join(f'key "{key}" {{ algorithm hmac-sha256; secret "{SECRET_TEXT}"; }};\n' for key in keys)
    for number, zone in enumerate(zones):
        file = directory / f"zone{number}"
        if not file.exists():
            write_zone(file, zone)
        rules = policy if isinstance(policy, str) else policy[zone]
        updates = BY_ADDRESS if by_address else f"update-policy {{ {rules} }};"
        config += ZONE.format(zone=zone, file=file, updates=updates)
    (directory / "named.conf").write_text(config)
    command = [binary, "-g", "-c", str(directory / "named.conf"), "-n", "1"]
    with running(command, port, directory / "log", environment) as peer:
        yield peer
