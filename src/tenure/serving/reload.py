"""SIGHUP: the configuration is read again by starting anew in the same process, but only if it is right.

What is made at a start (zones, keys, which services there are) is made so at a reload, by the same code. Whoever waits
for a lease meanwhile asks again, and a resolver asks another time: draining and starting take about a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from tenure.serving.report import Report
from tenure.serving.stop import Stop


class Reload:
    """Listens for SIGHUP from `listen` on. Main thread only, as Python's signals are."""

    def __init__(self, path: Path, report: Report, stop: Stop) -> None:
        self._path = path
        self._report = report
        self._stop = stop
        self._asked = threading.Event()
        self._is_wanted = False

    def listen(self) -> None:
        """Take the signal. The check is made beside the service, which goes on answering."""

        def heard(_number: int, _frame: FrameType | None) -> None:
            self._asked.set()

        signal.signal(signal.SIGHUP, heard)
        threading.Thread(target=self._watch, name="reload", daemon=True).start()

    def begin_again(self) -> None:
        """Become a new start of the same command, if that was asked for; called when everything has drained."""
        if not self._is_wanted:
            return
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the new start listens; ignored signals outlive exec
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - there is no shell to avoid

    def _watch(self) -> None:
        while not self._is_wanted:
            self._asked.wait()
            self._asked.clear()
            wrong = problems_of(self._path)
            if wrong:
                self._report.problem(
                    "not-reloaded", f"the configuration of before stays, the new one is wrong: {wrong}"
                )
            else:
                self._report.healthy("not-reloaded")
                self._report.info("reloading", configuration=str(self._path))
                self._is_wanted = True
                self._stop.set()


def problems_of(path: Path) -> str:
    """What `tenure check-config` finds wrong, on one line; empty if it is right.

    It runs as a process of its own: what reads a configuration needs 40 MB, which a service does not keep.
    """
    command = [sys.executable, "-P", "-m", "tenure", "check-config", "-c", str(path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    lines = (done.stderr or done.stdout or f"check-config ended with {done.returncode}").splitlines()
    return "; ".join(line.strip() for line in lines if line.strip())


def leave_to_supervisor() -> None:
    """A child ignores SIGHUP: whether and when it starts again is for its supervisor to say."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
