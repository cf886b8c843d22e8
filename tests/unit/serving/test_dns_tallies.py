"""Replies and updates of the DNS service, counted by view, zone and RCODE, whoever made them ready."""

from __future__ import annotations

import time
from pathlib import Path

import dns.edns
import dns.message
import dns.query
from dns_exchange import KEY
from dns_service import Running, running
from prometheus_client.parser import text_string_to_metric_families

from tenure.authority.request import Reply
from tenure.authority.views import ViewSettings, parse_client
from tenure.dnswire.name import from_text
from tenure.dnswire.update import add, build_update
from tenure.serving.dns.tallies import Tallies
from tenure.signing.tsig import sign_request

ZONE = "example.test."
INSIDE = (ViewSettings("inside", (parse_client("127.0.0.1"),)),)


def numbers(service: Running, family: str) -> dict[tuple[str, str, str], float]:
    text = service.report.metrics.text("dns", {}, {})
    return {
        (sample.labels["view"], sample.labels["zone"], sample.labels["rcode"]): sample.value
        for found in text_string_to_metric_families(text)
        for sample in found.samples
        if sample.name == family
    }


def replies(service: Running, expected: dict[tuple[str, str, str], float]) -> bool:
    """Counted after they are sent; so they are waited for."""
    end = time.monotonic() + 10
    while (found := numbers(service, "tenure_dns_replies_total")) != expected:
        assert time.monotonic() < end, found
        time.sleep(0.005)
    return True


def query(name: str, source: str = "127.0.0.1", *, host: str = "127.0.0.1", port: int, **words: object) -> None:
    dns.query.udp(dns.message.make_query(name, "A", **words), host, port=port, source=source, timeout=10)  # type: ignore[arg-type]


def test_replies_that_were_ready_count_as_those_that_were_made(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        for _ in range(3):
            for tcp in (False, True):
                service.ask("host.example.test.", tcp=tcp)
                service.ask("nobody.example.test.", tcp=tcp)
            cookie = [dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"8 octets")]
            query("host.example.test.", port=service.port, use_edns=0, options=cookie)
        service.ask("host.elsewhere.test.")
        query("host.example.test.", port=service.port, use_edns=1)
        assert replies(
            service,
            {
                ("", ZONE, "NOERROR"): 9,
                ("", ZONE, "NXDOMAIN"): 6,
                ("", "", "REFUSED"): 1,
                ("", "", "BADVERS"): 1,
            },
        )
        assert service.report.counts["queries_from_cache"] == 10


def test_a_shared_zone_is_counted_in_the_view_that_asked(tmp_path: Path) -> None:
    with running(tmp_path, views=INSIDE) as service:
        for _ in range(2):
            query("host.example.test.", port=service.port)
            query("host.elsewhere.test.", port=service.port)
            query("host.example.test.", source="127.0.0.2", port=service.port)
        assert replies(
            service,
            {("inside", ZONE, "NOERROR"): 2, ("inside", "", "REFUSED"): 2, ("", "", "REFUSED"): 2},
        )


def test_listening_on_every_address_counts_too(tmp_path: Path) -> None:
    with running(tmp_path, host="0.0.0.0") as service:
        for _ in range(2):
            query("host.example.test.", port=service.port)
        assert replies(service, {("", ZONE, "NOERROR"): 2})


def test_nobody_makes_labels_by_naming_zones(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        for zone in ("example.test.", "a.test.", "b.test."):
            update = build_update(7, from_text(zone), [], [add(from_text(f"new.{zone}"), 1, 60, b"\x0a\0\0\1")])
            service.send(sign_request(update, KEY, time.time())[0])
        for number in range(3):
            service.ask(f"host.zone{number}.test.")
        assert replies(service, {("", "", "REFUSED"): 3})
        assert numbers(service, "tenure_dns_updates_total") == {("", ZONE, "NOERROR"): 1, ("", "", "NOTAUTH"): 2}


def test_a_reply_without_zone_is_in_order_with_the_others() -> None:
    tallies = Tallies()
    for zone in (from_text("b.test."), None, from_text("a.test.")):
        tallies.of(Reply(b"\0\0\x80\5" + bytes(8), zone=zone)).number += 1
    assert [labels for _, labels, _ in tallies.samples()] == [
        ("", "", "REFUSED"),
        ("", "a.test.", "REFUSED"),
        ("", "b.test.", "REFUSED"),
    ]
