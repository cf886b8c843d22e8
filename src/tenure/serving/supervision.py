"""`tenure serve`: one child process for each service, restarted when it dies, drained when the end is asked for.

A child holds the reading end of a pipe, its lifeline, whose writing end only the supervisor has. However the
supervisor ends, the pipe closes then, and the child drains and stops by itself. The one broad `except` of the house
stands here, around a whole service.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from socket import socket
from typing import TypeAlias

from tenure.compiled import form
from tenure.ledger.errors import LedgerError, LedgerUnusable
from tenure.serving.errors import ServiceError
from tenure.serving.metrics_port import ASKED_BY, Asked
from tenure.serving.report import Report
from tenure.serving.stop import Stop

LIFELINE = "TENURE_LIFELINE"  # environment: the number of the descriptor
DONE, FAILED, MISCONFIGURED = 0, 1, 2

SETTLED_SECONDS = 10.0  # who ran this long did not die at once
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 10.0
DRAIN_SECONDS = 10.0


Held: TypeAlias = tuple[str, socket]  # the environment variable that has its number, and what outlives a child
NOTHING_HELD: Mapping[str, Held] = {}


class Child:
    """One service's process, and when to start it again."""

    def __init__(self, name: str, command: Sequence[str], held: Held | None = None) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.start_at = 0.0  # monotonic seconds; counts while there is no process
        self._command = command
        self._held = held
        self._asked: Asked | None = None
        self._pidfd = -1
        self._started_at = 0.0
        self._delay = FIRST_DELAY_SECONDS

    def start(self, lifeline: int) -> None:
        """Start the process; besides the log it inherits the lifeline, and the socket that is held for it."""
        environment = os.environ | {LIFELINE: str(lifeline)}
        inherited = [lifeline]
        if self._held is not None:
            variable, held = self._held
            environment[variable] = str(held.fileno())
            inherited.append(held.fileno())
        self._asked = Asked()
        environment[ASKED_BY] = str(self._asked.childs.fileno())
        inherited.append(self._asked.childs.fileno())
        self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, pass_fds=inherited, env=environment)
        self._asked.born()
        self._pidfd = os.pidfd_open(self.process.pid)
        self._started_at = time.monotonic()

    def fileno(self) -> int:
        """Readable when the process has ended."""
        return self._pidfd

    def reap(self) -> int:
        """The exit status of the ended process; when to start again doubles while it dies at once."""
        assert self.process is not None
        status = self.process.wait()
        os.close(self._pidfd)
        self.process = None
        if self._asked is not None:
            self._asked.close()
        now = time.monotonic()
        if now - self._started_at >= SETTLED_SECONDS:
            self._delay = FIRST_DELAY_SECONDS
        self.start_at = now + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY_SECONDS)
        return status

    def metrics_text(self) -> str:
        """The process's numbers; none while there is no process. For another thread than the supervisor's."""
        return self._asked.ask() if self._asked is not None and self.process is not None else ""

    @property
    def seconds_until_start(self) -> float:
        """How long the next start is away."""
        return max(0.0, self.start_at - time.monotonic())

    @property
    def is_settled(self) -> bool:
        """Whether it has run long enough not to have died at once."""
        return self.process is not None and time.monotonic() - self._started_at >= SETTLED_SECONDS

    @property
    def seconds_until_turn(self) -> float:
        """When the supervisor must look at it, if nothing happens: to start it, or to see that it has settled."""
        if self.process is None:
            return self.seconds_until_start
        return SETTLED_SECONDS if self.is_settled else self._started_at + SETTLED_SECONDS - time.monotonic()


class Supervisor:
    """Keeps one child for each command until the stop. Both are by the name of the service."""

    def __init__(
        self, commands: Mapping[str, Sequence[str]], report: Report, held: Mapping[str, Held] = NOTHING_HELD
    ) -> None:
        self._children = [Child(name, command, held.get(name)) for name, command in commands.items()]
        self._report = report
        self._lifeline, self._held = os.pipe()

    def run(self, stop: Stop) -> int:
        """Run until the stop, then drain; `DONE`, or `FAILED` if a child had to be killed."""
        services = " ".join(child.name for child in self._children)
        self._report.info("serving", services=services, pid=os.getpid(), rooms=form())
        while not stop.is_set():
            for child in self._children:
                if child.process is None and child.seconds_until_start <= 0:
                    child.start(self._lifeline)
                elif child.is_settled:
                    self._report.healthy(f"{child.name}-cannot-start")
            self._reap(self._wait(stop))
        return self._drain()

    def metrics_texts(self) -> list[str]:
        """The numbers of all processes, the supervisor's own among them."""
        return [self._report.metrics_text(), *(child.metrics_text() for child in self._children)]

    def _wait(self, stop: Stop | None, limit: float | None = None) -> list[Child]:
        """The children that have ended; returns also when it is time to start one, or when the stop is set."""
        running = {child.fileno(): child for child in self._children if child.process is not None}
        poller = select.poll()
        for descriptor in [*running, *([stop.fileno()] if stop else [])]:
            poller.register(descriptor, select.POLLIN)
        pauses = [child.seconds_until_turn for child in self._children if stop]
        timeout = min([*pauses, *([limit] if limit is not None else [])], default=None)
        ready = poller.poll(None if timeout is None else timeout * 1000 + 1)
        return [running[descriptor] for descriptor, _ in ready if descriptor in running]

    def _reap(self, ended: Sequence[Child]) -> None:
        for child in ended:
            status = child.reap()
            if status == MISCONFIGURED:
                text = "it cannot run as configured, as its own line says; it is tried again now and then"
                self._report.problem(f"{child.name}-cannot-start", text)
            else:
                self._report.info("service-ended", name=child.name, by=status_text(status), restart="yes")
            self._report.count("restarts")

    def _drain(self) -> int:
        """Ask all children to end and wait for them; those that do not are killed."""
        for child in self._children:
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._running() and (left := deadline - time.monotonic()) > 0:
            for child in self._wait(None, left):
                child.reap()
        stuck = self._running()
        for child in stuck:
            assert child.process is not None
            child.process.kill()
            child.reap()
            self._report.problem(f"{child.name}-killed", f"it did not end within {DRAIN_SECONDS:.0f} s")
        os.close(self._held)
        os.close(self._lifeline)
        self._report.info("stopped")
        return FAILED if stuck else DONE

    def _running(self) -> list[Child]:
        return [child for child in self._children if child.process is not None]


def hand_on(held: Iterable[Held]) -> None:
    """Leaves what is held to the program that this process becomes next, if it becomes one."""
    for variable, one in held:
        os.set_inheritable(one.fileno(), True)
        os.environ[variable] = str(one.fileno())


def status_text(status: int) -> str:
    """An exit status in words."""
    return f"signal {-status}" if status < 0 else f"status {status}"


def has_supervisor() -> bool:
    """Whether this process is a child that holds a lifeline, which is to be followed still."""
    return LIFELINE in os.environ


def follow_lifeline(stop: Stop) -> None:
    """Set the stop when the supervisor is gone; nothing happens where there is none."""
    lifeline = os.environ.pop(LIFELINE, None)
    if lifeline is None:
        return

    def wait() -> None:
        with suppress(OSError):
            os.read(int(lifeline), 1)
        stop.set()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def guard(run: Callable[[], None], report: Report) -> int:
    """The exit status of a service: what stops it is said in one line, and with its trace if it is our fault."""
    try:
        run()
    except (ServiceError, LedgerUnusable) as error:
        report.problem("cannot-start", str(error))
        return MISCONFIGURED
    except LedgerError as error:
        report.problem("ledger-unavailable", str(error))
        return FAILED
    except Exception as error:  # noqa: BLE001 - a service that fails by our fault must say so and be started again
        report.problem("crashed", f"{type(error).__name__}: {error}")
        traceback.print_exc(file=sys.stderr)
        return FAILED
    return DONE


@contextmanager
def thread_beside(run: Callable[[], None], name: str, report: Report, stop: Stop) -> Iterator[None]:
    """`run` goes on in a thread while this is entered, and ends by the stop.

    If it fails by our fault the stop is set, so the whole service ends and is started again.
    """

    def work() -> None:
        if guard(run, report):
            stop.set()

    thread = threading.Thread(target=work, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def in_child(run: Callable[[], None], report: Report) -> int:
    """`guard` in a process of its own: what it imports (a migration needs 40 MB) does not stay with the caller.

    To be called before any thread is started.
    """
    pid = os.fork()
    if pid == 0:
        status = FAILED
        try:
            status = guard(run, report)
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
