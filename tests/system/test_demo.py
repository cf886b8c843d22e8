"""`tenure demo --once` as people run it: it agrees, it notices when DNS does not, and it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pytest

from tenure.console.demo.story import Deed

LONGEST_SECONDS = 240.0  # after which it hangs, even where everything is slow


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tenure", "demo", "--once", "--devices", "36"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as run:
        yield run
        if run.poll() is None:
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=20)


def read_until(run: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert run.stdout is not None
    for line in run.stdout:
        if found := re.search(pattern, line):
            return found
    pytest.fail(f"the demo ended without saying {pattern}")


def servers_of(folder: Path) -> list[int]:
    """The processes that run on a configuration below the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(argument.startswith(bytes(folder)) for argument in arguments):
                found.append(int(entry.name))
    return found


def test_a_bounded_run_agrees(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    text, _ = demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 0, text
    assert "Every lease and its names agreed." in text
    flat = " ".join(text.split())
    for word in [*Deed, "ran out"]:
        assert re.search(rf"\b{word} [1-9]", flat), f"nobody {word}:\n{text}"
    assert "the name belongs to another client" in text
    assert list(tmp_path.iterdir()) == []
    assert servers_of(tmp_path) == []


def test_a_record_that_somebody_takes_away_is_noticed(demo: subprocess.Popen[str]) -> None:
    configuration = Path(read_until(demo, r"configuration (\S+)")[1])
    read_until(demo, r"\b3[0-9] leases")
    settings = tomllib.loads(configuration.read_text())
    host, _, port = settings["dns"]["listen"][0].partition(":")
    secret = configuration.with_name(settings["keys"][0]["secret-file"]).read_text().strip()
    # Deterministic names do not say who has which address, so the addresses are asked.
    taken = 0
    for last in range(10, 18):
        query = dns.message.make_query(f"{last}.0.1.10.in-addr.arpa.", "PTR")
        for rrset in dns.query.udp(query, host, port=int(port), timeout=5).answer:
            keyring = dns.tsigkeyring.from_text({settings["keys"][0]["name"]: secret})
            update = dns.update.UpdateMessage("example.test.", keyring=keyring, keyalgorithm="hmac-sha256")
            update.delete(rrset[0].target, "A")
            answer = dns.query.tcp(update, host, port=int(port), timeout=5)
            assert answer.rcode() == dns.rcode.NOERROR
            taken += 1
    assert taken > 1
    text, _ = demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 1, text
    assert re.search(r"example\.test\. A was answered with no record for .* s, right is 10\.1\.0\.", text), text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(demo: subprocess.Popen[str], tmp_path: Path, number: signal.Signals) -> None:
    read_until(demo, r"[1-9][0-9]* leases")
    demo.send_signal(number)
    text, _ = demo.communicate(timeout=20)
    assert demo.returncode == 1, text
    assert "cut off before its end" in text
    assert list(tmp_path.iterdir()) == []
    assert servers_of(tmp_path) == []


def test_a_run_without_an_end_is_ended_by_an_interrupt(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tenure", "demo", "--devices", "24"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        read_until(run, r"[1-9][0-9]* right")
        run.send_signal(signal.SIGINT)
        text, errors = run.communicate(timeout=20)
    assert (run.returncode, errors) == (0, ""), text
    assert "Every lease and its names agreed." in text
    assert list(tmp_path.iterdir()) == []


def test_its_server_does_not_outlive_it(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    read_until(demo, r"[1-9][0-9]* leases")
    assert servers_of(tmp_path)
    demo.kill()
    demo.wait()
    deadline = time.monotonic() + 15
    while servers_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert servers_of(tmp_path) == []
