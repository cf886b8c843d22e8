"""How long an update takes at 1,000 a second, and how many questions are answered meanwhile."""

from __future__ import annotations

import select
import socket
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from peers import find

from bench import nameservers
from bench.nameservers import ZONE, Server
from bench.queries import questions
from bench.result import Contest, Contestant
from bench.updates import BIND, KNOT, feeding, figures, write_updates
from tenure.dnswire.name import from_text
from tenure.dnswire.update import add, build_update, name_not_in_use
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request

RATE = 1000  # updates a second
REASON = (
    "One process answers questions, decides updates and writes them, all of it Python; the disk is waited for beside "
    "that. BIND has a thread for each."
)
_A = 1


def contests(quick: bool = False) -> list[Contest]:
    """The rows about updates that go on all the while."""
    seconds = 2 if quick else 10
    servers: dict[str, Callable[[Path, int], list[str]]] = {BIND: nameservers.bind, KNOT: nameservers.knot}
    return [
        Contest(
            f"from a signed update to its reply, p99 at {RATE:,}/s",
            "ms",
            lag("tenure", nameservers.tenure, seconds),
            [lag(name, make, seconds) for name, make in servers.items()],
            dict.fromkeys(servers, 1),
            lower_is_better=True,
        ),
        Contest(
            f"queries/s over 100,000 names while {RATE:,} updates/s go on",
            "/s",
            answered("tenure", nameservers.tenure, seconds),
            [answered(BIND, nameservers.bind, seconds)],
            {BIND: 1},
            reasons={BIND: REASON},
        ),
    ]


def lag(name: str, make: Callable[[Path, int], list[str]], seconds: int) -> Contestant:
    """The milliseconds that all but one in a hundred updates take at most; a lost one takes for ever."""
    messages = signed_updates(RATE * seconds)
    with nameservers.serve(make, name, names=100_000) as server:
        lags = send_paced(server, messages)
    middle, high = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    lost = sum(one == float("inf") for one in lags)
    return Contestant(name, high * 1000, f"median {middle * 1000:.2f} ms, {lost} of {len(lags):,} lost")


def signed_updates(count: int) -> list[bytes]:
    """Updates for as many new names; their message ids are their numbers."""
    key = Key(from_text(nameservers.KEY), ALGORITHMS["hmac-sha256"].name, b64decode(nameservers.SECRET))
    now = time.time()
    found = []
    for number in range(count):
        owner = from_text(f"l{number}.{ZONE}")
        address = b"\x0a" + number.to_bytes(3, "big")
        message = build_update(number, from_text(ZONE), [name_not_in_use(owner)], [add(owner, _A, 1200, address)])
        found.append(sign_request(message, key, now)[0])
    return found


def send_paced(server: Server, messages: list[bytes]) -> list[float]:
    """Send one message each 1/RATE second; how long each waited for its reply, ascending."""
    sent: dict[int, float] = {}
    lags: list[float] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", server.port))
        udp.setblocking(False)
        poll = select.poll()
        poll.register(udp, select.POLLIN)
        began = time.monotonic()
        number = 0
        while time.monotonic() < began + len(messages) / RATE + 2:
            now = time.monotonic()
            if number < len(messages) and now >= began + number / RATE:
                sent[number] = now
                udp.send(messages[number])
                number += 1
                continue
            pause = began + number / RATE - now if number < len(messages) else 0.1
            if not poll.poll(pause * 1000):
                continue
            reply = udp.recv(65535)
            lags.append(time.monotonic() - sent.pop(int.from_bytes(reply[:2], "big")))
            if number == len(messages) and not sent:
                break
    return sorted([*lags, *([float("inf")] * len(sent))])


def answered(name: str, make: Callable[[Path, int], list[str]], seconds: int) -> Contestant:
    """Questions a second from a warm start, with the updates beside them."""
    with (
        nameservers.serve(make, name, names=100_000) as server,
        tempfile.NamedTemporaryFile("w", suffix=".dnsperf") as feed,
        questions() as asked,
    ):
        write_updates(Path(feed.name), RATE * (seconds + 4))
        command = [find("dnsperf"), "-s", "127.0.0.1", "-p", str(server.port), "-d", asked, "-c", "8", "-q", "200"]
        subprocess.run([*command, "-l", "2"], capture_output=True, check=True)
        updates = subprocess.Popen(
            [*feeding(server, feed.name), "-Q", str(RATE)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        done = subprocess.run([*command, "-l", str(seconds)], capture_output=True, text=True, check=True)
        printed, _ = updates.communicate(timeout=60)
    found = figures(name, done.stdout)
    return Contestant(name, found.value, f"{found.note}; updates: {figures(name, printed).note}")
