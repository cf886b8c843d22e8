"""A real scrape of `tenure serve`, read by Prometheus' own parser: all processes, after a lease that came into DNS."""

from __future__ import annotations

import os
import signal
import urllib.request
from pathlib import Path

from dhcp_device import DhcpDevice
from ports import free_port
from prometheus_client.parser import text_string_to_metric_families
from tenure_serve import MINIMAL, eventually, tenure_serve
from tenure_toml import section

Found = dict[tuple[str, ...], float]


def scrape(port: int) -> Found:
    """Each sample's value by its name, its service, and the values of its other labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    return {
        (sample.name, sample.labels.pop("service"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_one_port_has_the_numbers_of_all_services(tmp_path: Path) -> None:
    port = free_port()
    template = section("metrics", listen=[f"127.0.0.1:{port}"]) + MINIMAL.replace("[dns]\n", "[dns]\nworkers = 2\n")
    with tenure_serve(tmp_path, template) as server:
        eventually(lambda: len(server.children()) >= 4, "all services run")
        with DhcpDevice(server.dhcp, mac="02:00:5e:10:02:01", relay="10.1.0.1", host_name="pc1") as pc:
            pc.join()
            eventually(lambda: server.reverse("10.1.0.50"), "the lease is in DNS")

            def confirmed() -> Found:
                found = scrape(port)
                recorded = found.get(("tenure_happenings_total", "updater", "outcomes_recorded"))
                return found if recorded == 2 and ("tenure_registrations_due", "janitor") in found else {}

            found = eventually(confirmed, "outcomes are counted, and the janitor has counted what is due")
        assert {key[1] for key in found} == {"serve", "dhcp", "dns-1", "dns-2", "updater", "janitor"}
        assert found["tenure_dhcp_messages_total", "dhcp", "discover"] == 1
        assert found["tenure_dhcp_messages_total", "dhcp", "request"] == 1
        assert found["tenure_store_commit_seconds_count", "dhcp"] >= 1
        where, key = f"127.0.0.1 port {server.dns_port}", "updater.tenure."
        for zone in ("example.test.", "1.10.in-addr.arpa."):
            assert found["tenure_updates_sent_total", "updater", zone, where, key, "NOERROR"] == 1
            assert found["tenure_update_seconds_count", "updater", zone, where] == 1
            assert found["tenure_updater_tasks", "updater", zone] == 0
            applied = [found.get(("tenure_dns_updates_total", f"dns-{n}", "", zone, "NOERROR"), 0) for n in (1, 2)]
            assert sum(applied) == 1
        assert not [key for key in found if key[0] == "tenure_problems"]
        os.kill(server.children()["janitor"], signal.SIGKILL)
        bound = "tenure_leases", "janitor", "10.1.0.0/16", "bound"
        restarted = eventually(lambda: found if bound in (found := scrape(port)) else {}, "the janitor is back")
        assert restarted[bound] == 1
        assert restarted["tenure_happenings_total", "serve", "restarts"] == 1
        assert restarted["tenure_registrations", "janitor", "forward", "registered"] == 1
