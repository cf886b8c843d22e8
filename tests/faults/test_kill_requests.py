"""`kill -9` of the requests service in a burst of 10,000 name change requests: none is lost, and all come into DNS."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from ncr import numbered, send
from tenure_serve import TenureServe, eventually
from tenure_toml import served

BURST = 10_000
SERVED = served("127.0.0.1:{dns}", "example.test.", "1.10.in-addr.arpa.") + "[dhcp-ddns]\nport = {dhcp}\n"
LISTENING = "service=requests event=listening"


def test_no_request_of_a_burst_is_lost_however_often_the_service_is_killed(tmp_path: Path) -> None:
    serve = TenureServe(tmp_path, SERVED)
    try:
        for quarter in range(4):
            eventually(lambda nth=quarter: serve.log.count(LISTENING) > nth, "requests are taken")
            send(serve.dhcp_port, map(numbered, range(quarter * BURST // 4, (quarter + 1) * BURST // 4)))
            os.kill(serve.children()["requests"], signal.SIGKILL)
        eventually(lambda: len(serve.rows("names", "--limit", "20000")) == BURST, "every request is in the store", 120)
        eventually(lambda: serve.query(f"h{BURST - 1}.example.test.", "A"), "the last of them is in DNS", 120)
        assert "requests-dropped" not in serve.log
    finally:
        serve.abandon()


def test_requests_wait_while_the_configuration_is_read_again(tmp_path: Path) -> None:
    serve = TenureServe(tmp_path, SERVED)
    try:
        eventually(lambda: LISTENING in serve.log, "requests are taken")
        serve.process.send_signal(signal.SIGHUP)
        eventually(lambda: "event=reloading" in serve.log, "it begins again")
        for number in range(200):
            send(serve.dhcp_port, [numbered(number)])
            time.sleep(0.01)
        eventually(lambda: len(serve.rows("names", "--limit", "300")) == 200, "every request is in the store", 60)
    finally:
        serve.abandon()


def test_a_port_in_use_is_said_before_anything_runs(tmp_path: Path) -> None:
    first = TenureServe(tmp_path, SERVED)
    try:
        eventually(lambda: LISTENING in first.log, "requests are taken")
        (tmp_path / "other").mkdir()
        other = TenureServe(tmp_path / "other", SERVED.replace("{dhcp}", str(first.dhcp_port)))
        other.process.wait(30)
        assert other.stop() == 2
        assert "end kea-dhcp-ddns" in other.log
    finally:
        first.abandon()
