"""Numbers as Prometheus' own library reads them: escaped, typed, merged from several processes, asked for over HTTP."""

from __future__ import annotations

import http.client
import io
import socket
from pathlib import Path

import pytest
from ports import free_port
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tenure.serving.metrics import BOUNDS, COMMIT_SECONDS, FAMILIES, Metrics, merged
from tenure.serving.metrics_port import Asked, MetricsPort, open_port
from tenure.serving.report import Report

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "metrics.md"
ODD = 'a "zone"\\with\nall'


def read(text: str) -> dict[str, list[Sample]]:
    """The samples by family."""
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def test_every_kind_of_number_is_read_as_it_was_counted() -> None:
    metrics = Metrics()
    metrics.add("tenure_dns_updates_total", ("", ODD, "NOERROR"), 2)
    metrics.add("tenure_dns_updates_total", ("", ODD, "NOERROR"))
    metrics.watch("one", lambda: [("tenure_updater_tasks", ("example.test.",), 7)])
    metrics.watch("one", lambda: [("tenure_updater_tasks", ("example.test.",), 8)])
    for seconds in (0.0004, 0.001, 0.002, 11.0):
        metrics.observe(COMMIT_SECONDS, (), seconds)
    found = read(metrics.text("dns", {"messages": 5}, {"zone-ledger": 1}))
    (updates,) = found["tenure_dns_updates"]
    assert (updates.labels, updates.value) == ({"service": "dns", "view": "", "zone": ODD, "rcode": "NOERROR"}, 3)
    assert [(one.labels["what"], one.value) for one in found["tenure_happenings"]] == [("messages", 5)]
    assert [(one.labels["code"], one.value) for one in found["tenure_problems"]] == [("zone-ledger", 1)]
    assert [one.value for one in found["tenure_updater_tasks"]] == [8]
    commits = found[COMMIT_SECONDS]
    buckets = {one.labels["le"]: one.value for one in commits if one.name.endswith("_bucket")}
    assert [buckets[le] for le in ("0.0005", "0.001", "0.0025", "10.0", "+Inf")] == [1, 2, 3, 3, 4]
    assert len(buckets) == len(BOUNDS) + 1
    assert {one.name: one.value for one in commits if "le" not in one.labels} == {
        f"{COMMIT_SECONDS}_count": 4,
        f"{COMMIT_SECONDS}_sum": pytest.approx(11.0034),
    }


def test_problems_are_counted_by_fixed_codes_whatever_they_are_about() -> None:
    report = Report("updater", stream=io.StringIO())
    for number in range(300):
        report.problem(f"brake-held z{number}.test.", "too many")
    report.problem("ledger-unavailable", "tenure.db: disk full")
    found = read(report.metrics_text())["tenure_problems"]
    assert {one.labels["code"]: one.value for one in found} == {"brake-held": 300, "ledger-unavailable": 1}
    report.healthy("ledger-unavailable")
    (one,) = read(report.metrics_text())["tenure_problems"]
    assert (one.labels["code"], one.value) == ("brake-held", 300)


def test_families_of_several_processes_stand_together() -> None:
    texts = [Metrics().text(service, {"restarts": number}, {}) for number, service in enumerate(("dns-1", "dns-2"))]
    text = merged([*texts, ""])
    assert text.count("# TYPE tenure_happenings_total counter") == 1
    assert {one.labels["service"]: one.value for one in read(text)["tenure_happenings"]} == {"dns-1": 0, "dns-2": 1}
    assert len(read(text)["tenure_process_resident_bytes"]) == 2
    assert merged([]) == ""


def test_the_port_answers_one_path() -> None:
    port = free_port()
    report = Report("dns", stream=io.StringIO())
    report.count("messages", 3)
    MetricsPort([("127.0.0.1", port)], lambda: [report.metrics_text()])

    def ask(method: str, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    status, text = ask("GET", "/metrics")
    assert (status, read(text)["tenure_happenings"][0].value) == (200, 3)
    assert ask("GET", "/metrics?name=x")[0] == 200
    assert ask("HEAD", "/metrics") == (200, "")
    assert ask("GET", "/")[0] == 404
    assert ask("POST", "/metrics")[0] == 405
    with socket.create_connection(("127.0.0.1", port)) as rude:
        rude.sendall(b"\0" * 20_000)
    assert ask("GET", "/metrics")[0] == 200


def test_a_port_that_is_taken_is_a_problem_and_no_more() -> None:
    log = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        open_port([taken.getsockname()], list, Report("dns", stream=log))
    assert "metrics-port" in log.getvalue()
    assert "Address already in use" in log.getvalue()


def test_a_child_that_does_not_answer_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.serving.metrics_port.ANSWER_SECONDS", 0.05)
    silent, ended = Asked(), Asked()
    ended.born()
    assert silent.ask() == silent.ask() == ended.ask() == ""
    assert silent.childs.recv(9) == b"\1\2"
    silent.childs.sendall(b"\1" + (4).to_bytes(8, "big") + b"late" + b"\3" + (5).to_bytes(8, "big") + b"right")
    assert silent.ask() == "right", "what came late is passed over"
    silent.born()
    silent.close()
    ended.close()


def test_every_family_is_on_its_page() -> None:
    page = PAGE.read_text()
    assert [family for family in FAMILIES if f"`{family}`" not in page] == []
