"""`tenure queue`, and the lists of `tenure leases`, `tenure names` and `tenure zones`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tenure.console.cli.options import WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import print_rows

QUEUE_EXAMPLES = examples("tenure queue -c tenure.toml", "tenure queue -c tenure.toml -o json")


def list_leases(config: Path, output: Format, limit: int | None, *, everything: bool) -> None:
    """List the leases: who holds which address until when, under which name."""
    with opened(config) as configuration:
        from tenure.console.lines import lease_lines  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415
        from tenure.leasing.lease import LeaseState  # noqa: PLC0415
        from tenure.ledger.reading import LeaseFilter  # noqa: PLC0415

        wanted = LeaseFilter() if everything else LeaseFilter(state=LeaseState.BOUND)
        columns = ["address", *(["state"] if everything else []), "client", "name", "ends", "reason"]
        dhcp6 = configuration.dhcp6
        if dhcp6 is not None and any(one.section.pd_pools for one in dhcp6.placed_subnets()):
            columns.append("route")
        with leases_to_show(configuration) as ledger:
            print_rows(lease_lines(ledger, wanted), columns, output, limit)


def list_names(config: Path, output: Format, limit: int | None, state: str | None) -> None:
    """List the names: what is in DNS for each, in both directions, and why if it is not."""
    with opened(config) as configuration:
        from tenure.console.lines import in_table, name_lines  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.read_back import VERIFIED, ReadBack  # noqa: PLC0415
        from tenure.console.sources import trouble_lines  # noqa: PLC0415
        from tenure.console.store import leases_to_show  # noqa: PLC0415
        from tenure.ledger.reading import RegistrationFilter  # noqa: PLC0415
        from tenure.naming.registration import State  # noqa: PLC0415

        if state is not None and state not in {*State, VERIFIED}:
            raise fail(f"--state {state!r} is not known; write one of {', '.join([*State, VERIFIED])}", WRONG)
        columns = ["name", "address", "forward", "reverse", "reason", "since", "lag", "server"]
        with leases_to_show(configuration) as ledger:
            if ledger.standing_names():
                columns.append("wanted_by")
            wanted = RegistrationFilter(state=State.REGISTERED if state == VERIFIED else state)
            rows = name_lines(ledger, wanted, ReadBack(configuration, ledger), time.time())
            if state == VERIFIED:
                rows = (row for row in rows if VERIFIED in (row.forward, row.reverse))
            print_rows(map(in_table, rows) if output is Format.TABLE else rows, columns, output, limit)
            for trouble in trouble_lines(ledger):
                print(f"(of {trouble.source}, {trouble})", file=sys.stderr)


def queue(config: ConfigOption, output: FormatOption = Format.TABLE) -> None:
    """List the zones that leases are registered in: what waits for each, since when, and what stands in its way."""
    with opened(config) as configuration:
        from tenure.console.queue import queue_lines  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        with leases_to_show(configuration) as ledger:
            rows = list(queue_lines(ledger, configuration, time.time()))
        staying = ["staying"] if any(row.staying for row in rows) else []
        columns = ["zone", "direction", "waiting", "removing", *staying, "oldest", "breaker", "reason", "servers"]
        print_rows(rows, columns, output)


def list_zones(config: Path, output: Format) -> None:
    """List the zones of the store, their serials and where they came from."""
    with opened(config) as configuration:
        from tenure.config.zones import place_of  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.lines import zone_lines  # noqa: PLC0415
        from tenure.console.store import zones_to_show  # noqa: PLC0415

        configured = configuration.dns.zones if configuration.dns else []
        sources = {place_of(zone): f"loaded from {zone.file}" if zone.file else "configuration" for zone in configured}
        secondaries = {place_of(zone) for zone in configured if zone.primaries}
        sources |= dict.fromkeys(secondaries, "transfer")
        views = ["view"] if configuration.dns and configuration.dns.views else []
        columns = ["zone", *views, "type", "serial", "source", "served"]
        if secondaries:
            columns += ["primary", "refreshed", "next", "expires", "error"]
        with zones_to_show(configuration) as ledger:
            rows = zone_lines(ledger, sources, secondaries, time.time()) if ledger else iter(())
            print_rows(rows, columns, output)
