"""What a check of rights costs our own DNS server, and what it leaves behind there: numbers, and no history."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from dns_exchange import KEY, OTHER_KEY
from dns_service import Running, running

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.update import NOBODYS_MARKER, add, build_update, name_in_use, rrset_equals
from tenure.leasing.lease import Changes
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import RegistrationFilter
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Direction, Outcome, State, Want
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.updater.preflight import Subject, check
from tenure.serving.updater.timed_preflight import TimedPreflight
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request
from tenure.updating.preflight import Finding, Verdict
from tenure.updating.routing import ConflictMode, Domain

APEX, OWNER = from_text("example.test."), from_text("tenure-check-1.example.test.")
MARKER = rrset_equals(OWNER, int(RRType.DHCID), NOBODYS_MARKER)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, policy=("grant dhcp. zonesub ANY",)) as found:
        yield found


def findings(service: Running, key: Key, mode: ConflictMode = ConflictMode.CHECK_WITH_DHCID) -> list[Finding]:
    stop = Stop()
    try:
        domain = Domain(APEX, ((service.host, service.port),), key, mode)
        return list(check([Subject(domain, Direction.FORWARD, [OWNER], 1, 3600)], {}, stop))
    finally:
        stop.close()


def history(service: Running) -> list[Event]:
    ledger = service.ledger()
    try:
        return [stored.event for stored in ledger.history.events(EventFilter(limit=100))]
    finally:
        ledger.close()


def send(service: Running, *prerequisites: RR) -> int:
    update = build_update(7, APEX, prerequisites, [add(OWNER, int(RRType.A), 60, b"\x0a\0\0\1")])
    return parse_message(service.send(sign_request(update, KEY, time.time())[0])).rcode


@pytest.mark.parametrize("mode", [ConflictMode.CHECK_WITH_DHCID, ConflictMode.NO_CHECK_WITHOUT_DHCID])
def test_a_check_takes_four_messages_and_no_room_in_the_history(service: Running, mode: ConflictMode) -> None:
    found = findings(service, KEY, mode)
    assert [(one.check, one.verdict) for one in found] == [
        (what, Verdict.RIGHT) for what in ("udp", "tcp", "key", "policy")
    ]
    assert service.report.counts["messages"] == 4
    assert history(service) == []
    text = service.report.metrics.text("dns", {}, {})
    assert 'tenure_dns_updates_total{service="dns",view="",zone="example.test.",rcode="NXRRSET"} 1' in text
    assert service.report.counts["updates_refused"] == 1


def test_who_has_no_rights_is_in_the_history(service: Running) -> None:
    last = findings(service, OTHER_KEY)[-1]
    assert (last.check, last.verdict) == ("policy", Verdict.WRONG)
    assert {(event.kind, event.cause) for event in history(service)} == {("update-refused", "REFUSED")}


def test_nothing_else_hides_behind_the_marker(service: Running) -> None:
    assert send(service, MARKER) == Rcode.NXRRSET
    assert history(service) == []
    assert send(service, MARKER, name_in_use(OWNER)) == Rcode.NXDOMAIN
    assert send(service, MARKER, rrset_equals(OWNER, int(RRType.A), b"\x0a\0\0\2")) == Rcode.NXRRSET
    assert send(service, rrset_equals(OWNER, int(RRType.TXT), NOBODYS_MARKER[1:])) in {Rcode.NXRRSET, Rcode.FORMERR}
    assert len(history(service)) == 3


class Keys:
    """No secret is rotated."""

    keys: ClassVar[dict[Name, Key]] = {}

    def look(self, now: float) -> None:
        """Nothing has changed."""


def test_what_was_refused_is_claimed_again_when_the_server_takes_updates(service: Running, tmp_path: Path) -> None:
    ledger = open_leases(f"sqlite:{tmp_path / 'leases.db'}")
    key = (from_text("pc.example.test."), bytes((10, 1, 0, 1)), b"\0\0\1" + bytes(32))
    claim = Want(*key, 600, True, True, 2**31, "c")
    ledger.transact(lambda batch: batch.apply(Changes(wants=(claim,))), time.time())
    refused = Outcome(*key, 1, Direction.FORWARD, State.REFUSED, Reason.SERVER_REFUSED, "REFUSED to add", None, 0)
    ledger.record_outcomes([refused], [], time.time())
    used = [OTHER_KEY]

    def subjects(_keys: object) -> list[Subject]:
        domain = Domain(APEX, ((service.host, service.port),), used[-1])
        return [Subject(domain, Direction.FORWARD, [OWNER], 1, 3600)]

    log, stop = io.StringIO(), Stop()
    timed = TimedPreflight(ledger, lambda _: Keys(), subjects, Report("updater", stream=log), 3600)  # type: ignore[arg-type,return-value]  # as far as it goes
    for _ in range(2):
        assert not timed.look(Keys(), stop, ledger)  # type: ignore[arg-type]
        (row,) = ledger.registrations(RegistrationFilter())
        assert (row.forward.state, row.forward.reason) == (State.REFUSED, Reason.SERVER_REFUSED)
    used.append(KEY)
    assert timed.look(Keys(), stop, ledger)  # type: ignore[arg-type]
    (row,) = ledger.registrations(RegistrationFilter())
    assert (row.forward.state, row.forward.reason) == (State.PENDING, Reason.WAITING)
    assert "event=claimed-again zone=example.test. direction=forward registrations=1" in log.getvalue()
    ledger.record_outcomes([refused._replace(generation=row.generation)], [], time.time())
    assert timed.look(Keys(), stop, ledger)  # type: ignore[arg-type]
    (row,) = ledger.registrations(RegistrationFilter())
    assert row.forward.state == State.REFUSED, "it did take updates, so this is of the one name"
    stop.close()
    ledger.close()
