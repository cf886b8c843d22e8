"""The updater and real BINDs: zones of less than an octet, and servers that know different keys."""

from __future__ import annotations

from pathlib import Path

from claims import A_CLIENT
from dnspeer import KEY
from named import named
from updater_run import UpdaterRun, gone, want

from tenure.dnswire.name import from_text
from tenure.signing.key import Key
from tenure.updating.routing import Domain, Routes

FORWARD, PART = "example.test.", "0-127.0.1.10.in-addr.arpa."
ADDRESS = bytes((10, 1, 0, 5))


def test_a_pointer_is_written_where_the_cname_of_the_zone_above_leads(tmp_path: Path) -> None:
    with named(tmp_path / "bind", [FORWARD, PART]) as peer:
        forward, part = (Domain(from_text(zone), (peer.server,), KEY) for zone in (FORWARD, PART))
        run = UpdaterRun(tmp_path / "ledger", Routes((forward,), (part,)))
        claim = want("pc1.example.test.", ADDRESS, A_CLIENT)
        with run.running():
            run.change(claim)
            run.settled()
            assert "PTR pc1.example.test." in peer.at(f"5.{PART}")
            run.change(gone(claim))
            run.until(lambda: not run.rows())
            assert peer.at(f"5.{PART}") == set()
            run.change(want("pc2.example.test.", bytes((10, 1, 0, 200)), A_CLIENT))  # in no zone: it is another part
            run.until(lambda: (row := run.row("pc2.example.test.")) is not None and row.reverse.state == "refused")
            row = run.row("pc2.example.test.")
            assert row is not None
            assert row.reverse.reason == "no-zone"
            assert row.reverse.detail == (
                "no zone covers 200.0.1.10.in-addr.arpa.; add the zone that it is in under [[ddns.reverse]]"
            )
        run.close()


def test_each_server_is_told_by_the_key_that_it_knows(tmp_path: Path) -> None:
    theirs = Key(from_text("theirs."), KEY.algorithm, KEY.secret)
    with named(tmp_path / "bind", [FORWARD], "grant theirs. zonesub ANY;", keys=["theirs."]) as peer:
        domain = Domain(from_text(FORWARD), (peer.server,), KEY, server_keys={peer.server: theirs})
        run = UpdaterRun(tmp_path / "ledger", Routes((domain,), ()))
        with run.running():
            run.change(want("pc1.example.test.", ADDRESS, A_CLIENT, reverse=False))
            run.settled()
            assert "A 10.1.0.5" in peer.at("pc1.example.test.")
        run.close()


def test_a_part_of_a_zone_is_written_into_the_zone_that_the_server_has(tmp_path: Path) -> None:
    with named(tmp_path / "bind", [FORWARD]) as peer:
        domain = Domain(from_text("dept.example.test."), (peer.server,), KEY)
        run = UpdaterRun(tmp_path / "ledger", Routes((domain,), ()))
        claim = want("pc1.dept.example.test.", ADDRESS, A_CLIENT, reverse=False)
        with run.running():
            run.change(claim)
            run.settled()
            assert "A 10.1.0.5" in peer.at("pc1.dept.example.test.")
            assert '"apex": "example.test."' in run.log.getvalue() or "apex=example.test." in run.log.getvalue()
            run.change(gone(claim))
            run.until(lambda: not run.rows())
            assert peer.at("pc1.dept.example.test.") == set()
        run.close()


def test_and_a_server_that_has_none_of_it_is_not_authoritative(tmp_path: Path) -> None:
    with named(tmp_path / "bind", [FORWARD]) as peer:
        domain = Domain(from_text("other.test."), (peer.server,), KEY)
        run = UpdaterRun(tmp_path / "ledger", Routes((domain,), ()))
        with run.running():
            run.change(want("pc1.other.test.", ADDRESS, A_CLIENT, reverse=False))
            run.until(lambda: (row := run.row("pc1.other.test.")) is not None and row.forward.attempts > 0)
            row = run.row("pc1.other.test.")
            assert row is not None
            assert row.forward.reason == "server-not-authoritative"
        run.close()
