"""Response rate limits beside BIND's with the same words: of a burst, as many replies are whole, cut, and held back."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import pytest
from dns_service import running as tenure
from dnspeer import running
from peers import program
from ports import free_port

from tenure.authority.server_settings import RateLimits, ServerSettings

TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.10\nsub 300 NS ns.sub\nns.sub 300 A 192.0.2.11\n"
NAMED = """\
options {{
    directory "{directory}"; pid-file none; session-keyfile none; managed-keys-directory "{directory}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; notify no;
    rate-limit {{ {words} }};
}};
controls {{ }};
zone "example.test." {{ type primary; file "zone"; }};
"""
WORDS = "responses-per-second 10; nxdomains-per-second 6; errors-per-second 4; window 5; slip {slip};"
BURST = 30


@contextlib.contextmanager
def bind(directory: Path, slip: int) -> Iterator[int]:
    directory.mkdir()
    port = free_port()
    text = f"$ORIGIN example.test.\n@ 3600 SOA ns hostmaster 1 3600 600 86400 60\n{TEXT}"
    (directory / "zone").write_text(text)
    config = NAMED.format(directory=directory, port=port, words=WORDS.format(slip=slip))
    (directory / "named.conf").write_text(config)
    command = [program("named"), "-g", "-c", str(directory / "named.conf"), "-n", "1"]
    with running(command, port, directory / "log"):
        yield port


@contextlib.contextmanager
def ours(directory: Path, slip: int) -> Iterator[int]:
    directory.mkdir()
    limits = RateLimits(responses_per_second=10, nxdomains_per_second=6, errors_per_second=4, window=5, slip=slip)
    with tenure(directory, TEXT, server=ServerSettings(rate_limit=limits)) as service:
        yield service.port


def burst(port: int, name: str) -> Counter[str]:
    """What becomes of many equal queries that come at once."""
    query = dns.message.make_query(name, "A").to_wire()
    found: Counter[str] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", port))
        udp.settimeout(0.3)
        time.sleep(1.02 - time.time() % 1)  # both count by the second: no burst goes across its end
        for _ in range(BURST):
            udp.send(query)
        with contextlib.suppress(TimeoutError):
            while True:
                reply = dns.message.from_wire(udp.recv(4096))
                found["cut" if reply.flags & dns.flags.TC else "whole"] += 1
    found["held back"] = BURST - found.total()
    return found


@pytest.mark.parametrize("slip", [0, 1, 2, 3])
@pytest.mark.parametrize("server", [ours, bind])
def test_a_burst(
    tmp_path: Path, server: Callable[[Path, int], contextlib.AbstractContextManager[int]], slip: int
) -> None:
    with server(tmp_path / "server", slip) as port:
        for name, limit in [("host.example.test.", 10), ("no.example.test.", 6), ("www.sub.example.test.", 10)]:
            over = BURST - limit
            cut = -(-over // slip) if slip else 0  # the first of each so many
            expected = Counter({"whole": limit, "cut": cut, "held back": over - cut})
            assert burst(port, name) == expected, name
