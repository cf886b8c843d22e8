"""`make bench`, or `python -m bench [--only ROW ...] [--quick]`: run the contests, show the table, write the page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from bench import (
    TOP,
    agent_rest,
    big_zone,
    dhcp4,
    dhcp4_postgres,
    dhcp6,
    full_pool,
    latency,
    many_leases,
    many_names,
    overload,
    queries,
    registration,
    secure_updates,
    storm,
    update_lag,
    updates,
)
from bench.result import Contest, page, show

ROWS: dict[str, Callable[[bool], Sequence[Contest]]] = {
    "dhcp4": lambda quick: [dhcp4.contest(quick)],
    "dhcp4-postgres": lambda quick: [dhcp4_postgres.contest(quick)],
    "dhcp4-full-pool": full_pool.contests,
    "dhcp4-overload": lambda quick: [overload.contest(quick)],
    "dhcp4-many-leases": many_leases.contests,
    "dhcp6": dhcp6.contests,
    "updates": lambda quick: [updates.contest(quick)],
    "secure-updates": secure_updates.contests,
    "update-lag": update_lag.contests,
    "registration": registration.contests,
    "storm": storm.contests,
    "many-names": many_names.contests,
    "queries": queries.contests,
    "agent-rest": agent_rest.contests,
    "latency": lambda quick: [latency.contest(quick)],
    "big-zone": big_zone.contests,
}


def main() -> int:
    """Run what was asked for; the page is written only by a full run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ROWS, help="these rows only; the page is left alone")
    parser.add_argument("--quick", action="store_true", help="a short run to see that it works; the page is left alone")
    chosen = parser.parse_args()
    contests: list[Contest] = []
    for name in chosen.only or ROWS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found = ROWS[name](chosen.quick)
        show(found)
        contests += found
    show(contests)
    if not chosen.only and not chosen.quick:
        (TOP / "docs" / "benchmarks.md").write_text(page(contests))
    return 0


sys.exit(main())
