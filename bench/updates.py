"""Signed updates a second, one name each: dnsperf -u with a prerequisite, an address and a DHCID, HMAC-SHA256."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from peers import find

from bench import nameservers
from bench.result import Contest, Contestant

KNOT, BIND = "Knot 3.2", "BIND 9.18"
REASON = (
    "The cost of an update is Python's, spread over parsing, signature, policy, prescan, records, journal, history "
    "entry and the socket; no part of it has more than an eighth."
)


def contest(quick: bool = False) -> Contest:
    """The row `signed updates/s`."""
    scale = 10 if quick else 1
    return Contest(
        "signed updates/s, one name each, durable",
        "/s",
        measure("tenure", nameservers.tenure, 200_000 // scale),
        [measure(KNOT, nameservers.knot, 60_000 // scale), measure(BIND, nameservers.bind, 20_000 // scale)],
        {KNOT: 3, BIND: 8},
        reasons={KNOT: REASON, BIND: REASON},
    )


def measure(name: str, make: Callable[[Path, int], list[str]], count: int) -> Contestant:
    """Feed `count` updates, each its own message, and read what dnsperf says."""
    with nameservers.serve(make, name, names=0) as server:
        return drive(server, name, count)


def drive(server: nameservers.Server, name: str, count: int) -> Contestant:
    """Send `count` updates as fast as the server takes them."""
    with tempfile.NamedTemporaryFile("w", suffix=".dnsperf") as feed:
        write_updates(Path(feed.name), count)
        command = feeding(server, feed.name)
        done = subprocess.run([*command, "-c", "8", "-q", "200"], capture_output=True, text=True, check=True)
        return figures(name, done.stdout)


def feeding(server: nameservers.Server, feed: str) -> list[str]:
    """The command that sends the updates of a file once."""
    key = f"hmac-sha256:{nameservers.KEY}:{nameservers.SECRET}"
    command = [find("dnsperf"), "-u", "-s", "127.0.0.1", "-p", str(server.port), "-d", feed, "-n", "1"]
    return [*command, "-t", "10", "-y", key]


def write_updates(path: Path, count: int) -> None:
    """One block per name: it must not be in use; add its address and its DHCID."""
    with path.open("w") as out:
        for n in range(count):
            digest = (b"\0\2\1" + hashlib.sha256(n.to_bytes(4, "big")).digest()).hex()
            address = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
            out.write(
                f"{nameservers.ZONE}\nprohibit u{n}\n"
                f"add u{n} 1200 A {address}\nadd u{n} 1200 TYPE49 \\# 35 {digest}\nsend\n"
            )


def figures(name: str, printed: str) -> Contestant:
    """What dnsperf printed: messages a second, and what was not NOERROR or was lost."""
    rate = re.search(r"(?:Queries|Updates) per second:\s+([\d.]+)", printed)
    sent = re.search(r"(?:Queries|Updates) sent:\s+(\d+)", printed)
    lost = re.search(r"(?:Queries|Updates) lost:\s+(\d+)", printed)
    codes = re.search(r"Response codes:\s+(.*)", printed)
    assert rate, printed
    assert sent, printed
    note = f"{int(sent[1]):,} sent, {int(lost[1]) if lost else 0:,} lost, {codes[1].strip() if codes else 'no replies'}"
    return Contestant(name, float(rate[1]), note)
