"""Zones below a configured one, at real servers: all of them take an update above the cut, and say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.name
import dns.query
import pytest
from claims import A_CLIENT
from dnspeer import KEY, DnsPeer
from knotd import knotd
from named import named
from powerdns import powerdns
from updater_run import UpdaterRun, gone, want

from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction
from tenure.serving.janitor.reconciling import Reconciliation, Wish
from tenure.serving.stop import Stop
from tenure.serving.updater.preflight import Subject, check
from tenure.updating.preflight import Verdict
from tenure.updating.routing import Domain, Routes
from tenure.upkeep.finding import Finding

FORWARD, DEPT, GIVEN = "example.test.", "dept.example.test.", "given.example.test."
REVERSE, PART = "10.in-addr.arpa.", "1.10.in-addr.arpa."
OURS, THEIRS, HERE = f"pc1.a.{DEPT}", f"pc2.{GIVEN}", f"pc3.lab.{FORWARD}"


@pytest.fixture(params=[named, knotd, powerdns], ids=["bind", "knot", "powerdns"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DnsPeer]:
    with request.param(tmp_path / "peer", [FORWARD, DEPT, REVERSE, PART]) as running:
        running.write(FORWARD, f"{GIVEN} 300 NS ns.others.test.")
        yield running


def claims() -> list[str]:
    return [OURS, THEIRS, HERE]


def found_at(peer: DnsPeer, name: str, rtype: str = "A") -> list[str]:
    """What who asks for it is told, as an authoritative answer."""
    answer = dns.query.tcp(dns.message.make_query(name, rtype), "127.0.0.1", port=peer.port, timeout=5)
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


def test_names_stand_where_who_asks_finds_them_or_it_is_said_why_not(peer: DnsPeer, tmp_path: Path) -> None:
    forward, reverse = (Domain(from_text(zone), (peer.server,), KEY) for zone in (FORWARD, REVERSE))
    run = UpdaterRun(tmp_path / "ledger", Routes((forward,), (reverse,)))
    wants = [want(name, bytes((10, number, 0, 5)), A_CLIENT) for number, name in enumerate(claims(), 1)]
    with run.running():
        run.change(*wants)
        run.settled()
        reasons = {row.name: row.forward.reason for row in run.rows()}
        assert reasons == {
            from_text(OURS): "confirmed",
            from_text(THEIRS): "zone-cut",
            from_text(HERE): "confirmed",
        }
        row = run.row(THEIRS)
        assert row is not None
        words = f"{GIVEN} is given to ns.others.test.; add it with them under [[ddns.forward]]"
        assert (row.forward.state, row.forward.detail) == ("refused", words)
        assert (found_at(peer, OURS), found_at(peer, HERE)) == (["10.1.0.5"], ["10.3.0.5"])
        assert found_at(peer, "5.0.1.10.in-addr.arpa.", "PTR") == [OURS]  # in the zone of the smaller network
        assert found_at(peer, "5.0.3.10.in-addr.arpa.", "PTR") == [HERE]
        assert found_at(peer, THEIRS) == []
        assert reconciled(run) == set()
        run.change(*(gone(one) for one in wants))
        run.until(lambda: not run.rows())
        assert not any(found_at(peer, name) for name in claims())
    run.close()


def test_a_check_proves_the_zone_that_the_names_are_in(peer: DnsPeer) -> None:
    """The one above would take all of them, and say nothing."""
    domain = Domain(from_text(FORWARD), (peer.server,), KEY)
    owners = [from_text(f"tenure-check.{suffix}") for suffix in (f"a.{DEPT}", GIVEN, f"lab.{FORWARD}", FORWARD)]
    stop = Stop()
    found = list(check([Subject(domain, Direction.FORWARD, owners)], {}, stop))
    stop.close()
    policy = [(one.verdict, one.text, one.remedy) for one in found if one.check == "policy"]
    words = f"tenure-check.{GIVEN}: the zone {GIVEN} is given to ns.others.test."
    assert policy[:2] == [
        (Verdict.RIGHT, f"may add and remove A, AAAA, DHCID at names such as tenure-check.a.{DEPT}", ""),
        (Verdict.WRONG, words, "add it with them under [[ddns.forward]]"),
    ]


def test_what_stands_below_a_new_cut_can_still_be_taken_away(peer: DnsPeer, tmp_path: Path) -> None:
    run = UpdaterRun(tmp_path / "ledger", Routes((Domain(from_text(FORWARD), (peer.server,), KEY),), ()))
    claim = want(HERE, bytes((10, 1, 0, 5)), A_CLIENT, reverse=False)
    other = want(f"pc4.lab.{FORWARD}", bytes((10, 1, 0, 6)), A_CLIENT, reverse=False)
    with run.running():
        run.change(claim)
        run.settled()
    peer.write(FORWARD, f"lab.{FORWARD} 300 NS ns.others.test.")
    with run.running():  # with nothing in memory
        run.change(gone(claim), other)
        run.until(lambda: [row.forward.reason for row in run.rows()] == ["zone-cut"])
    below = [text for owner, text in peer.records(FORWARD) if owner == dns.name.from_text(HERE)]
    assert below == []
    run.close()


def reconciled(run: UpdaterRun) -> set[str]:
    """The differences that a pass finds; it writes none of them."""
    found: list[Finding] = []
    stop = Stop()
    pools = [(bytes((10, 1, 0, 1)), bytes((10, 3, 0, 250)))]
    Reconciliation(run.ledger, run.routes, {}, pools, stop).run(Wish(repairs=False, insists=True, tell=found.append))
    stop.close()
    return {f"{one.kind} {one.direction} {one.there}" for one in found}
