"""A program to be killed: writes batches of leases, claims and events for ever, and says each when it is durable.

    python ledger_writer.py URL FIRST_BATCH

A batch has `LEASES` of each. It counts only when its number was printed, and it must then be there as a whole.
"""

from __future__ import annotations

import sys

from ledger_rows import NOW, changes, event, lease, want

from tenure.ledger.opening import open_leases

LEASES = 20


def main(url: str, first: str) -> None:
    """Writes until it is killed."""
    ledger = open_leases(url)
    for number in range(int(first), 1 << 30):
        rows: list[object] = []
        for index in range(number * LEASES, (number + 1) * LEASES):
            rows += [lease(index, index), want(f"h{index}", index, index)]
            rows.append(event("lease-bound", NOW, correlation=f"b-{number}"))
        decision = changes(*rows)  # type: ignore[arg-type]
        ledger.transact(lambda batch, decision=decision: batch.apply(decision), NOW)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
