"""`tenure queue` while the first server of a zone is away and the second, a real BIND, takes the updates."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from claims import A_CLIENT
from dnspeer import KEY, SECRET_TEXT
from named import named
from ports import free_port
from tenure_command import tenure
from tenure_toml import entry, leased, tsig_key, write_toml
from updater_run import updating, want

from tenure.dnswire.name import from_text
from tenure.naming.registration import State, Want
from tenure.serving.updater import exchange
from tenure.updating.routing import Domain

ZONE = "example.test."
ZONES = {"forward": ZONE, "reverse": "10.in-addr.arpa."}


def claim(number: int) -> Want:
    return want(f"pc{number}.{ZONE}", bytes([10, 1, 0, number]), A_CLIENT, reverse=False)


def queue(config: Path) -> list[dict[str, Any]]:
    zone, _ = json.loads(tenure("queue", "-c", config, "-o", "json").stdout)
    servers: list[dict[str, Any]] = zone["servers"]
    return servers


def test_a_dark_server_shows_although_another_takes_its_updates_until_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "BACK_SECONDS", 2.0)
    dark = free_port()
    with named(tmp_path / "second", [ZONE]) as second:
        servers = [f"127.0.0.1:{dark}", f"127.0.0.1:{second.port}"]
        config = write_toml(
            tmp_path,
            tsig_key("dhcp.", SECRET_TEXT),
            leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.1-10.1.0.200", ddns_qualifying_suffix=ZONE),
            *(entry(f"ddns.{way}", zone=zone, servers=servers, key="dhcp.") for way, zone in ZONES.items()),
            store="sqlite:ledger/tenure.db",
        )
        domain = Domain(from_text(ZONE), (("127.0.0.1", dark), second.server), KEY)
        with updating(tmp_path, domain) as run:
            run.change(claim(1))
            run.settled()
            assert [row.forward.state for row in run.rows()] == [State.REGISTERED]
            first, other = queue(config)
            assert (first["server"], first["breaker"]) == (f"127.0.0.1 port {dark}", "open")
            assert (first["reason_code"], first["detail"]) == ("server-unreachable", "Connection refused")
            assert first["next_probe"], "it is asked again, later"
            assert (other["server"], other["breaker"], other["reason"]) == (
                f"127.0.0.1 port {second.port}",
                "closed",
                "",
            )
            with named(tmp_path / "first", [ZONE], port=dark):
                numbers = count(2)

                def is_well_after_another() -> bool:
                    run.change(claim(next(numbers)))
                    run.settled()
                    return not run.ledger.server_troubles.all()

                run.until(is_well_after_another)
                first, _ = queue(config)
                assert (first["breaker"], first["since"], first["reason"]) == ("closed", "", "")
