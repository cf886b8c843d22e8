"""The screen fits its terminal and says what is wrong; the verdict's exit status follows the judge."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

from rich.console import Console

from tenure.console.demo.claims import Expectation, Subject
from tenure.console.demo.device import Held
from tenure.console.demo.judge import Answer, Judge, Offence, Verdict
from tenure.console.demo.picture import Picture, suggest_commands
from tenure.console.demo.population import Line
from tenure.console.demo.running import plain_line
from tenure.console.demo.screen import render_screen, seconds_text, sparkline
from tenure.console.demo.site import Site
from tenure.console.demo.verdict import Ending, exit_status, print_verdict
from tenure.console.demo.wish import Told
from tenure.console.lines import NameLine

SITE = Site(Path("/tmp/tenure-demo-c6gc5fw4"), 45157, 58104, 300, 20)
REASON = "the name belongs to another client (its DHCID is not this client's)"


def picture(wrong: int = 0) -> Picture:
    refused = NameLine("host.example.test.", "10.1.0.8", "refused", "refused", REASON, "name-taken", "", "")
    return Picture(
        played=83.0,
        devices=300,
        leases=250,
        by_network=(90, 80, 80),
        counts=Counter({("A", Verdict.RIGHT): 240, ("PTR", Verdict.PENDING): 3, ("gone", Verdict.WRONG): wrong}),
        wrong=wrong,
        refusals=(refused,) * 9,
        refused_ever=12,
        counted_deeds=(("joined", 300), ("renewed", 1200)),
        lag_p50=0.012,
        lag_p99=1.25,
        gone_p50=None,
        gone_p99=None,
        recent_lags=(0.01, 0.02, 0.04),
        answers=5000,
        ticker=tuple(Line(80.0, number % 3, f"laptop-{number:03d}", "has 10.1.0.7") for number in range(40)),
        commands=suggest_commands(SITE, Judge()),
    )


def drawn(width: int, height: int, wrong: int = 0) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(render_screen(picture(wrong), height))
    return capture.get().rstrip("\n").splitlines()


def test_it_fits_its_terminal() -> None:
    for width, height in ((100, 30), (80, 24)):
        lines = drawn(width, height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width
        for command in suggest_commands(SITE, Judge()):
            assert any(f" {command} " in line for line in lines), "a command that is cut off cannot be copied"


def test_at_full_size_the_reason_of_a_refusal_can_be_read() -> None:
    assert any(REASON in line for line in drawn(100, 30))


def test_it_says_whether_dns_is_right() -> None:
    assert "DNS and leases agree" in drawn(100, 30)[0]
    assert "2 times DNS was wrong" in drawn(100, 30, wrong=2)[0]


def test_a_plain_line_has_the_numbers() -> None:
    line = plain_line(picture(wrong=2))
    assert "250 leases, DNS: 240 right, 3 pending, 2 wrong; 9 claims refused; lag p50 12 ms, p99 1.2 s" in line


def test_words_for_seconds_and_bars_for_lags() -> None:
    assert (seconds_text(None), seconds_text(0.9999), seconds_text(0.012)) == ("-", "1.0 s", "12 ms")
    assert sparkline([]) == ""
    assert sparkline([0.0, 1.0]) == "▁█"


def test_the_exit_status_is_the_judges() -> None:
    judge = Judge()
    judge.answers = 1
    assert exit_status(judge, Ending.PLAYED_OUT) == 0
    assert exit_status(judge, Ending.CUT_OFF) == 1
    judge.bound(Held("one", "10.1.0.7", 0, Told("host.example.test.", True, True), 100, 0.0, 100.0), 0.0)
    assert exit_status(judge, Ending.PLAYED_OUT) == 1  # nobody knows yet
    assert exit_status(judge, Ending.STOPPED) == 0
    judge.complaints.append("one at 10.1.0.7: asked for both records, was promised no record")
    assert exit_status(judge, Ending.STOPPED) == 1


def verdict(judge: Judge, ending: Ending) -> str:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        print_verdict(console, picture(), judge, ending)
    return capture.get()


def test_a_run_that_compared_nothing_or_was_cut_off_agrees_to_nothing() -> None:
    judge = Judge()
    assert exit_status(judge, Ending.STOPPED) == 1
    assert "Nothing was compared yet." in verdict(judge, Ending.STOPPED)
    judge.answers = 1
    assert "cut off before its end" in verdict(judge, Ending.CUT_OFF)
    assert "Every lease and its names agreed." in verdict(judge, Ending.PLAYED_OUT)


def test_the_verdict_names_each_disagreement_and_why() -> None:
    judge = Judge()
    expected = Expectation((frozenset({"10.1.0.7"}),), "one holds 10.1.0.7")
    judge.offences.append(Offence(9.0, Subject("A", "host.example.test."), expected, Answer(frozenset()), 6.1))
    text = verdict(judge, Ending.PLAYED_OUT)
    assert "host.example.test. A was answered with no record for 6.1 s, right is 10.1.0.7: one holds 10.1.0.7" in text
    assert "agreed" not in text
