"""The updater service in a thread, over a ledger in a file, with the ledger open here too to want things and look."""

from __future__ import annotations

import contextlib
import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes, Lease, LeaseState
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.event import Event
from tenure.naming.registration import Registration, Want, Withdraw
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.updater.service import Kerberos, UpdaterService
from tenure.serving.wakeup import WakeReceiver, WakeSender
from tenure.updating.routing import Domain, Routes


class UpdaterRun:
    """A ledger, and the updater that works on it while `running` is entered."""

    def __init__(self, directory: Path, routes: Routes, kerberos: Kerberos | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.url = f"sqlite:{directory / 'tenure.db'}"
        self.routes = routes
        self.kerberos = kerberos
        self.clock: Callable[[], float] = time.time  # of the service
        self.ledger = open_leases(self.url)
        self.log = io.StringIO()
        self.report = Report("updater", stream=self.log)
        self._wake_path = directory / "updater.wake"
        self._sender = WakeSender(self._wake_path)

    @contextlib.contextmanager
    def running(self) -> Iterator[UpdaterRun]:
        """The service runs in here; its failure is the test's."""
        stop, failures = Stop(), []

        def serve() -> None:
            ledger, wake = open_leases(self.url), WakeReceiver(self._wake_path)
            try:
                service = UpdaterService(
                    ledger, self.routes, wake, self.report, kerberos=self.kerberos, clock=self.clock
                )
                service.run(stop)
            except BaseException as error:  # noqa: BLE001  a thread's failure would be lost
                failures.append(error)
            finally:
                wake.close()
                ledger.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join(15)
            stop.close()
        assert not thread.is_alive(), "the service did not stop"
        assert not failures, failures

    def close(self) -> None:
        """Give the ledger back."""
        self._sender.close()
        self.ledger.close()

    def change(self, *claims: Want | Withdraw, leases: Sequence[Lease] = ()) -> None:
        """Commit claims as a lease does, with leases where a test needs them, and wake the updater."""
        wants = tuple(claim for claim in claims if isinstance(claim, Want))
        withdraws = tuple(claim for claim in claims if isinstance(claim, Withdraw))
        changes = Changes(tuple(leases), wants=wants, withdraws=withdraws)
        self.ledger.transact(lambda batch: batch.apply(changes), time.time())
        self._sender.wake()

    def rows(self, limit: int = 10_000) -> list[Registration]:
        """All registrations."""
        return self.ledger.registrations(RegistrationFilter(limit=limit))

    def row(self, name: str, address: bytes | None = None) -> Registration | None:
        """The registration of a name, None when it is settled and gone."""
        found = [r for r in self.rows() if r.name == from_text(name) and address in {None, r.address}]
        assert len(found) <= 1, found
        return found[0] if found else None

    def events(self) -> Sequence[Event]:
        """The history, oldest first."""
        stored = self.ledger.history.events(EventFilter(newest_first=False, limit=100_000))
        return [entry.event for entry in stored]

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait for something to come true."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{self.rows(20)}\n{self.events()[-20:]}\n{self.log.getvalue()}"
            time.sleep(0.02)

    def settled(self, seconds: float = 20.0) -> None:
        """Wait until nothing is on its way: every direction is registered, refused or gone."""
        waiting = {"pending", "removing"}
        self.until(lambda: not any({r.forward.state, r.reverse.state} & waiting for r in self.rows()), seconds)


def want(
    name: str,
    address: bytes,
    dhcid: bytes,
    *,
    forward: bool = True,
    reverse: bool = True,
    seconds: int = 3600,
) -> Want:
    """A claim for an hour."""
    until = int(time.time()) + seconds
    return Want(from_text(name), address, dhcid, 600, forward, reverse, until, f"packet of {name}")


def leased(claim: Want, client: bytes) -> Lease:
    """The lease of a claim, held by the client with this key."""
    now = int(time.time())
    return Lease(
        address=claim.address,
        subnet_id=1,
        client=client,
        hardware=b"\1\2\0\0\0\x0a\1",
        state=LeaseState.BOUND,
        started_at=now,
        ends_at=claim.until,
        valid_lifetime=claim.until - now,
        heard_name="",
        fqdn=claim.name,
        dhcid=claim.dhcid,
        forward=claim.forward,
        reverse=claim.reverse,
        reason="host-name",
        relay=None,
        correlation=claim.correlation,
    )


def gone(claim: Want, cause: str = "lease-released") -> Withdraw:
    """The withdrawal of a claim."""
    return Withdraw(claim.name, claim.address, claim.dhcid, cause, "release")


@contextlib.contextmanager
def updating(tmp_path: Path, *domains: Domain, kerberos: Kerberos | None = None) -> Iterator[UpdaterRun]:
    """An updater for these forward domains, with a ledger of its own."""
    run = UpdaterRun(tmp_path / "ledger", Routes(domains, ()), kerberos)
    try:
        with run.running():
            yield run
    finally:
        run.close()
