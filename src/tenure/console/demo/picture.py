"""What there is to see of a play at one moment: the value that screen, plain lines and verdict are made of."""

from __future__ import annotations

import os.path
import shlex
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tenure.console.demo.claims import Standing
from tenure.console.demo.judge import Judge, Verdict, percentile
from tenure.console.demo.play import Play
from tenure.console.demo.population import Line
from tenure.console.demo.site import Site
from tenure.console.demo.story import Deed
from tenure.console.lines import NameLine

SPARKS = 30


@dataclass(frozen=True, slots=True)
class Picture:
    """A moment. Times are seconds since the play began, lags are seconds."""

    played: float
    devices: int
    leases: int  # that devices hold
    by_network: tuple[int, int, int]
    counts: Counter[tuple[str, Verdict]]
    wrong: int  # disagreements that lasted, since the beginning
    refusals: tuple[NameLine, ...]
    refused_ever: int
    counted_deeds: tuple[tuple[str, int], ...]
    lag_p50: float | None
    lag_p99: float | None
    gone_p50: float | None
    gone_p99: float | None
    recent_lags: tuple[float, ...]
    answers: int
    ticker: tuple[Line, ...]
    commands: tuple[str, ...]


def take_picture(play: Play, now: float) -> Picture:
    """The moment `now`."""
    judge, population = play.judge, play.population
    networks = Counter(device.network for device in population.bound())
    refusals = sorted(play.refusals, key=lambda refusal: (refusal.name, refusal.address))
    return Picture(
        played=now - play.begun_at,
        devices=len(population.devices),
        leases=networks.total(),
        by_network=(networks[0], networks[1], networks[2]),
        counts=judge.count(),
        wrong=len(judge.offences) + len(judge.complaints),
        refusals=tuple(refusals),
        refused_ever=len(play.refused),
        counted_deeds=(
            *((deed.value, population.deeds[deed]) for deed in Deed),
            ("ran out", judge.claims.expired),
        ),
        lag_p50=percentile(judge.lags, 50),
        lag_p99=percentile(judge.lags, 99),
        gone_p50=percentile(judge.removals, 50),
        gone_p99=percentile(judge.removals, 99),
        recent_lags=tuple(judge.lags)[-SPARKS:],
        answers=judge.answers,
        ticker=tuple(line._replace(at=line.at - play.begun_at) for line in population.ticker),
        commands=suggest_commands(play.site, judge),
    )


def suggest_commands(site: Site, judge: Judge) -> tuple[str, ...]:
    """What to type in another terminal, about a lease that will not soon be gone; short enough for 80 columns."""
    dig = f"dig @127.0.0.1 -p {site.dns_port} +short"
    tenure = tenure_command()
    name, address = "NAME", "ADDRESS"
    for claim in judge.claims.at.values():
        if claim.standing is Standing.OWNER and claim.held.told.forward:
            name, address = claim.name.rstrip("."), claim.held.address
            break
    return (
        f"{dig} {name}",
        f"{dig} -x {address}",
        f"export TENURE_CONFIG={shlex.quote(str(site.configuration))}",
        f"{tenure} explain {name}",
        f"{tenure} names --state refused",
    )


def tenure_command() -> str:
    """How this very tenure is called from the shell that the demo was started in."""
    script = Path(sys.argv[0])
    if script.name != "tenure":
        return "python -m tenure"
    found = shutil.which("tenure")
    return "tenure" if found and Path(found).samefile(script) else shlex.quote(os.path.relpath(script))
