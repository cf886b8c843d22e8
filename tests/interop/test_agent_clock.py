"""An agent whose clock is wrong, at a BIND that checks signatures: it says so in words, and loses nothing by it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from agent_lan import ADDRESS, PRIMARY, ZONE, Agent, agent_lan, of_host

# tenure with another idea of the time.
SKEWED = "import time; now = time.time; time.time = lambda: now() + {seconds}; from tenure.__main__ import main; main()"


@pytest.fixture
def agent() -> Iterator[Agent]:
    with agent_lan() as made:
        yield made


def register(agent: Agent, seconds: int) -> str:
    """One look at everything, by a host whose clock is wrong by so much."""
    script = agent.host.folder / "skewed.py"
    script.write_text(SKEWED.format(seconds=seconds))
    line = f"hostname pc && exec {sys.executable} {script} agent register -o json -c {agent.write()}"
    return agent.host.run("unshare", "-u", "sh", "-c", line, check=False)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3600, "our clock is about 3600 s ahead of the server's"), (-600, "our clock is about 600 s behind the server's")],
)
def test_a_clock_that_is_wrong_is_said_in_words_and_mended_when_it_is_right(
    agent: Agent, seconds: int, words: str
) -> None:
    printed = register(agent, seconds)
    rows = {row["name"]: row for row in json.loads(printed[printed.index("[") : printed.rindex("]") + 1])}
    row = rows[f"pc.{ZONE}"]
    assert (row["state"], row["code"]) == ("pending", "clock-differs"), printed
    said = "the clocks of the server and this machine are too far apart for TSIG"
    assert row["reason"].startswith(f"{said}: BADTIME: {words}"), row["reason"]
    assert PRIMARY in row["server"] + row["reason"]
    assert {one["state"] for one in rows.values()} == {"pending"}
    assert agent.status()[f"pc.{ZONE}"]["reason"] == row["reason"]
    assert agent.records() == set()
    agent.command("register")
    assert agent.states() == {"registered"}
    assert agent.records() == set(of_host("pc", ADDRESS))
    register(agent, seconds)  # what stands is not taken away by it
    assert agent.status()[f"pc.{ZONE}"]["code"] == "clock-differs"
    assert agent.records() == set(of_host("pc", ADDRESS))
