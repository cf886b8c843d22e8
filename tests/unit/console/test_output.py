from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tenure.console.cli import output
from tenure.console.cli.options import Format


@dataclass
class Row:
    name: str
    note: str
    hidden: int = 7


ROWS = [Row("pc1", "[red]x[/red]"), Row("longer-name", "")]


def test_in_a_pipe_columns_are_plain_and_no_field_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(ROWS, ["name", "note"], Format.TABLE)
    assert capsys.readouterr().out == "name         note\npc1          [red]x[/red]\nlonger-name  -\n"


def test_json_has_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(ROWS, ["name"], Format.JSON)
    assert json.loads(capsys.readouterr().out)[0] == {"name": "pc1", "note": "[red]x[/red]", "hidden": 7}


def test_on_a_terminal_what_clients_sent_is_not_read_as_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output.print_rows(ROWS, ["name", "note"], Format.TABLE)
    assert "[red]x[/red]" in capsys.readouterr().out


def test_a_terminal_is_not_flooded_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(output, "TERMINAL_ROWS", 3)

    def many() -> Iterator[Row]:
        yield from (Row(f"pc{number}", "") for number in range(10))

    output.print_rows(many(), ["name"], Format.TABLE)
    shown = capsys.readouterr()
    assert "pc2" in shown.out
    assert "pc3" not in shown.out
    assert shown.err == "(the first 3 rows; --limit shows more)\n"


def test_a_limit_that_was_asked_for_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(ROWS, ["name"], Format.TABLE, limit=1)
    assert capsys.readouterr() == ("name\npc1\n", "")


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))


@dataclass
class Told:
    name: str
    address: str
    reason: str


TOLD = [Told("pc1", "10.1.0.50", "the name is reserved"), Told("a" * 40, "10.1.0.51", "")]


def test_a_terminal_that_is_wide_enough_shows_one_line_for_each_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, 80)
    output.print_rows(TOLD, ["name", "address", "reason"], Format.TABLE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"{'pc1':42}10.1.0.50  the name is reserved"


def test_on_a_narrow_terminal_sentences_go_below_and_no_value_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, 30)
    output.print_rows(TOLD, ["name", "address", "reason"], Format.TABLE)
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{'pc1':21}10.1.0.50",
        "    the name is reserved",
        f"{'a' * 40}  10.1.0.51",
    ]


def test_a_sentence_is_broken_between_words_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output.say("one two three", 2)
    at_a_terminal(monkeypatch, 10)
    output.say("one two three", 2)
    assert capsys.readouterr().out == "  one two three\n  one two\n  three\n"


@dataclass
class Several:
    """A row of which one value is several."""

    name: str
    servers: list[str]


SEVERAL = [Several("example.test.", ["192.0.2.1: open", "192.0.2.2: closed"]), Several("none.test.", [])]


def test_several_values_stand_beside_one_another_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(SEVERAL, ["name", "servers"], Format.TABLE)
    assert [line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()] == [
        "servers",
        "192.0.2.1: open | 192.0.2.2: closed",
        "-",
    ]


def test_several_values_that_do_not_fit_stand_below_their_row_each_on_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(output, "_width", lambda: 40)
    output.print_rows(SEVERAL, ["name", "servers"], Format.TABLE)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "example.test.",
        "    192.0.2.1: open",
        "    192.0.2.2: closed",
        "none.test.",
    ]
