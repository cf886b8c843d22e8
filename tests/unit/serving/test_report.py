from __future__ import annotations

import io

import pytest

from tenure.serving.report import Report, logfmt_value


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told() -> tuple[Report, io.StringIO, Clock]:
    stream, clock = io.StringIO(), Clock()
    return Report("dhcp", stream=stream, clock=clock), stream, clock


def test_a_line_has_time_level_service_event_and_fields(told: tuple[Report, io.StringIO, Clock]) -> None:
    report, stream, _ = told
    report.info("started", listen="127.0.0.1:67", subnets=2)
    assert stream.getvalue() == (
        "time=2023-11-14T22:13:20.000Z level=info service=dhcp event=started listen=127.0.0.1:67 subnets=2\n"
    )


def test_a_standing_problem_is_said_once_and_then_now_and_then(told: tuple[Report, io.StringIO, Clock]) -> None:
    report, stream, clock = told
    for _ in range(500):
        report.problem("ledger", "disk full")
    assert stream.getvalue().count("\n") == 1
    clock.now += 61
    report.problem("ledger", "disk full")
    assert stream.getvalue().splitlines()[1].endswith('event=ledger text="disk full" repeated=499')


def test_a_changed_problem_is_said_at_once(told: tuple[Report, io.StringIO, Clock]) -> None:
    report, stream, _ = told
    report.problem("ledger", "disk full")
    report.problem("ledger", "file is gone")
    assert "file is gone" in stream.getvalue()


def test_an_outage_is_said_once_and_then_now_and_then_in_whichever_words(
    told: tuple[Report, io.StringIO, Clock],
) -> None:
    report, stream, clock = told
    for number in range(61):
        report.outage("ledger", ("lost", "refused")[number % 2], 3)
        clock.now += 1
    assert report.problems["ledger"].text == "lost"
    report.healthy("ledger")
    report.outage("ledger", "lost")
    assert [line.split("event=")[1] for line in stream.getvalue().splitlines()] == [
        "ledger text=lost",
        "ledger text=lost repeated=59",
        "recovered from=ledger seconds=61.0 unanswered=183",
        "ledger text=lost",
    ]


def test_an_incident_is_said_like_a_problem_and_stands_in_the_way_of_nothing(
    told: tuple[Report, io.StringIO, Clock],
) -> None:
    report, stream, clock = told
    report.incident("request-malformed", "it cannot be read", name="a")
    report.incident("request-malformed", "it cannot be read", name="b")
    clock.now += 61
    report.incident("request-malformed", "it cannot be read", name="c")
    said = stream.getvalue().splitlines()
    assert [("name=a" in line, "name=c repeated=1" in line) for line in said] == [(True, False), (False, True)]
    assert not report.problems
    assert "request-malformed" not in report.metrics_text()


def test_recovery_is_said_once_with_its_length(told: tuple[Report, io.StringIO, Clock]) -> None:
    report, stream, clock = told
    report.problem("ledger", "disk full")
    clock.now += 5
    report.healthy("ledger")
    report.healthy("ledger")
    assert [line.split("event=")[1] for line in stream.getvalue().splitlines()] == [
        'ledger text="disk full"',
        "recovered from=ledger seconds=5.0",
    ]
    assert not report.problems


def test_a_closed_log_does_not_stop_a_service() -> None:
    stream = io.StringIO()
    stream.close()
    Report("dns", stream=stream).info("started")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("a b", '"a b"'),
        ('say "x"', '"say \\"x\\""'),
        ('a\\" level=info x="', '"a\\\\\\" level=info x=\\""'),
        ("a\\032b", "a\\032b"),
        ("a\nlevel=info", '"a\\nlevel=info"'),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202ebidi", "\\u202ebidi"),
        (b"\x00\x01", "0001"),
        (3, "3"),
    ],
)
def test_values_stay_on_one_printable_line(value: object, shown: str) -> None:
    assert logfmt_value(value) == shown
