"""Cookies with real peers: dig takes ours, and servers that share a secret take one another's (RFC 9018)."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest
from dns_service import running as tenure
from dnspeer import DnsPeer, running, write_zone
from peers import program
from ports import free_port

from tenure.authority.server_settings import CookieSettings, ServerSettings

SECRET = "445536bcd2513298075a5d379663c962"
OURS = ServerSettings(cookies=CookieSettings(require_server_cookie=True, secrets=(bytes.fromhex(SECRET),)))
CLIENT = b"clientck"
ZONE = "other.test."

NAMED = """\
options {{
    directory "{directory}"; pid-file none; session-keyfile none; managed-keys-directory "{directory}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; notify no;
    cookie-algorithm siphash24; cookie-secret "{secret}"; require-server-cookie yes;
}};
controls {{ }};
zone "{zone}" {{ type primary; file "zone"; }};
"""
KNOT = """\
server:
    rundir: "{directory}"
    listen: 127.0.0.1@{port}
database:
    storage: "{directory}"
mod-cookies:
  - id: default
    secret: 0x{secret}
template:
  - id: default
    storage: "{directory}"
    global-module: mod-cookies/default
zone:
  - domain: {zone}
    file: zone
"""


@contextlib.contextmanager
def peer(directory: Path, text: str, command: list[str]) -> Iterator[DnsPeer]:
    directory.mkdir()
    port = free_port()
    write_zone(directory / "zone", ZONE)
    (directory / "conf").write_text(text.format(directory=directory, port=port, secret=SECRET, zone=ZONE))
    with running([*command, "-c", str(directory / "conf")], port, directory / "log") as server:
        yield server


def named(directory: Path) -> contextlib.AbstractContextManager[DnsPeer]:
    return peer(directory, NAMED, [program("named"), "-g", "-n", "1"])


def knotd(directory: Path) -> contextlib.AbstractContextManager[DnsPeer]:
    return peer(directory, KNOT, [program("knotd")])


def ask(port: int, name: str, cookie: bytes) -> tuple[int, bytes]:
    """The RCODE and the cookie of the reply."""
    options = [dns.edns.GenericOption(10, cookie)]
    query = dns.message.make_query(name, "SOA", use_edns=0, options=options)
    reply = dns.query.udp(query, "127.0.0.1", port=port, timeout=10)
    (found,) = [option.to_wire() for option in reply.options if option.otype == 10]
    return reply.rcode(), found


@pytest.mark.parametrize("server", [named, knotd])
def test_servers_with_one_secret_take_one_anothers_cookies(
    tmp_path: Path, server: Callable[[Path], contextlib.AbstractContextManager[DnsPeer]]
) -> None:
    with tenure(tmp_path, server=OURS) as ours, server(tmp_path / "peer") as theirs:
        rcode, of_theirs = ask(theirs.port, ZONE, CLIENT)
        assert rcode == dns.rcode.BADCOOKIE
        rcode, of_ours = ask(ours.port, "example.test.", CLIENT)
        assert rcode == dns.rcode.BADCOOKIE
        assert ask(ours.port, "example.test.", of_theirs)[0] == dns.rcode.NOERROR
        assert ask(theirs.port, ZONE, of_ours)[0] == dns.rcode.NOERROR
        wrong = of_ours[:-1] + bytes([of_ours[-1] ^ 1])
        assert ask(theirs.port, ZONE, wrong)[0] == ask(ours.port, "example.test.", wrong)[0] == dns.rcode.BADCOOKIE


def test_dig_comes_again_with_the_cookie_that_it_got(tmp_path: Path) -> None:
    """It calls the cookie good only when its own comes back, and is asked to come again where ours is required."""
    with tenure(tmp_path, server=OURS) as ours:
        command = [program("dig"), "@127.0.0.1", "-p", str(ours.port), "host.example.test.", "A"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    assert "BADCOOKIE, retrying" in shown
    assert re.search(r"; COOKIE: [0-9a-f]{48} \(good\)", shown)
    assert "192.0.2.10" in shown
