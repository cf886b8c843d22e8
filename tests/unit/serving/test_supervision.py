"""The supervisor with small stand-ins for services; the real ones are in tests/system."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tenure.ledger.errors import LedgerUnavailable, SchemaTooNew
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.supervision import Supervisor, guard, in_child

OBEDIENT = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def supervise(commands: dict[str, list[str]], until: Callable[[str], bool]) -> tuple[int, str]:
    """Runs the supervisor until the log satisfies `until`; the exit status and the log."""
    stream = io.StringIO()
    stop = Stop()

    def watch() -> None:
        deadline = time.monotonic() + 20
        while not until(stream.getvalue()) and time.monotonic() < deadline:
            time.sleep(0.01)
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = Supervisor(commands, Report("serve", stream=stream)).run(stop)
    watcher.join()
    stop.close()
    return status, stream.getvalue()


def test_a_service_that_dies_is_started_again_with_growing_pauses() -> None:
    began = time.monotonic()
    status, log = supervise({"dies": python("raise SystemExit(3)")}, lambda log: log.count("service-ended") >= 4)
    assert status == 0
    assert 'name=dies by="status 3"' in log
    assert time.monotonic() - began >= 0.1 + 0.2 + 0.4


def test_one_that_cannot_run_as_configured_is_said_once() -> None:
    counted = Report("serve", stream=io.StringIO())
    stop = Stop()
    threading.Timer(2.0, stop.set).start()
    Supervisor({"bad": python("raise SystemExit(2)")}, counted).run(stop)
    assert counted.counts["restarts"] >= 3
    assert isinstance(counted._stream, io.StringIO)
    assert counted._stream.getvalue().count("bad-cannot-start") == 1
    stop.close()


def test_stopping_waits_for_children_to_drain() -> None:
    slow = "import signal, sys, time\ndef end(*_): time.sleep(0.5); sys.exit(0)\nsignal.signal(signal.SIGTERM, end)\n"
    began = time.monotonic()
    status, _ = supervise({"slow": python(slow + "signal.pause()")}, lambda _: time.monotonic() - began > 0.5)
    assert status == 0
    assert time.monotonic() - began >= 1.0


def test_a_child_that_does_not_end_is_killed_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.serving.supervision.DRAIN_SECONDS", 0.3)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    began = time.monotonic()
    commands = {"deaf": python(deaf), "good": python(OBEDIENT)}
    status, log = supervise(commands, lambda _: time.monotonic() - began > 0.5)
    assert status == 1
    assert "event=deaf-killed" in log
    assert "event=good-killed" not in log


def test_children_hold_the_lifeline() -> None:
    code = "import os; os.fstat(int(os.environ['TENURE_LIFELINE'])); raise SystemExit(7)"
    _, log = supervise({"child": python(code)}, lambda log: "service-ended" in log)
    assert 'by="status 7"' in log


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ServiceError("listening on :67", "the port is in use", "listen elsewhere"), 2, "cannot-start"),
        (SchemaTooNew("tenure.db", "9", "1"), 2, "cannot-start"),
        (LedgerUnavailable("tenure.db", "disk full"), 1, "ledger-unavailable"),
        (RuntimeError("ours"), 1, "crashed"),
    ],
)
@pytest.mark.parametrize("run", [guard, in_child])
def test_what_stops_a_service_is_said_and_has_its_status(
    error: Exception,
    status: int,
    code: str,
    run: Callable[[Callable[[], None], Report], int],
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    assert run(fail, Report("dhcp")) == status
    told = capfd.readouterr().err
    assert f"event={code} text=" in told
    assert ("Traceback" in told) == (code == "crashed")


def test_a_service_that_returns_is_done() -> None:
    assert guard(lambda: None, Report("dhcp")) == 0
    assert in_child(lambda: None, Report("dhcp")) == 0
