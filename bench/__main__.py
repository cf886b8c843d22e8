"""`make bench`, or `python -m bench [--only ROW ...] [--quick]`: run the contests, show the table, write the page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bench import TOP, dhcp4, latency, queries, registration, updates
from bench.result import Contest, page, show

ROWS: dict[str, Callable[[bool], Contest]] = {
    "dhcp4": dhcp4.contest,
    "updates": updates.contest,
    "registration": registration.contest,
    "queries": queries.contest,
    "latency": latency.contest,
}


def main() -> int:
    """Run what was asked for; the page is written only by a full run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ROWS, help="these rows only; the page is left alone")
    parser.add_argument("--quick", action="store_true", help="a short run to see that it works; the page is left alone")
    chosen = parser.parse_args()
    contests = []
    for name in chosen.only or ROWS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        contests.append(ROWS[name](chosen.quick))
        show(contests[-1:])
    show(contests)
    if not chosen.only and not chosen.quick:
        (TOP / "docs" / "benchmarks.md").write_text(page(contests))
    return 0


sys.exit(main())
