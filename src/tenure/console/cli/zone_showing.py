"""`tenure zones show` and `tenure zones diff`."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer

from tenure.console.cli.key_showing import key_name, keys_of
from tenure.console.cli.options import WRONG, ConfigOption, Format, FormatOption, LimitOption, examples, fail, opened
from tenure.console.cli.output import print_difference, print_rows
from tenure.console.cli.zone_files import ViewOption, ZoneArgument, zone_of

DIFF_EXAMPLES = examples(
    "tenure zones diff example.test. --server 10.1.0.2 -c tenure.toml",
    "tenure zones diff example.test. --server 10.1.0.2:53 --key transfer. -o json -c tenure.toml",
)
SHOW_EXAMPLES = examples(
    "tenure zones show example.test. -c tenure.toml", "tenure zones show example.test. --class lease -c tenure.toml"
)
DIFFERS, FAILED = 1, 2


def show(
    zone: ZoneArgument,
    config: ConfigOption,
    view: ViewOption = None,
    output: FormatOption = Format.TABLE,
    limit: LimitOption = None,
    record_class: Annotated[
        str | None, typer.Option("--class", help="Only records of this class: static, reservation, lease or foreign.")
    ] = None,
) -> None:
    """List the records of a zone: their class, by who wrote them, and when those end that end by themselves."""
    with opened(config) as configuration:
        from tenure.authority.zone import RecordClass  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import zones_to_show  # noqa: PLC0415
        from tenure.console.zone_lines import record_lines  # noqa: PLC0415

        if record_class is not None and record_class not in set(RecordClass):
            raise fail(f"--class {record_class!r} is not known; write one of {', '.join(RecordClass)}", WRONG)
        with zones_to_show(configuration) as ledger_or_none:
            ledger, found = zone_of(ledger_or_none, zone, view)
            with ledger.kept_records(found.id) as (present, kept):
                rows = record_lines(present, kept, record_class)
                print_rows(rows, ["name", "ttl", "type", "data", "written_by", "ends", "timestamp"], output, limit)


def diff(
    zone: ZoneArgument,
    config: ConfigOption,
    server: Annotated[str, typer.Option(help="The address of the other server, and its port.", show_default=False)],
    key: Annotated[str | None, typer.Option(help="The key that signs the transfer.")] = None,
    view: ViewOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Compare a zone with the same zone of another server, which is asked for all of it (AXFR).

    Lines with `-` are only here, lines with `+` only there. The exit status is 0: the same, 1: they differ, 2: it could
    not be found out.
    """
    try:
        differs = _diff(zone, view, config, server, key, output)
    except typer.Exit:
        raise typer.Exit(FAILED) from None
    if differs:
        raise typer.Exit(DIFFERS)


def _diff(zone: str, view: str | None, config: ConfigOption, server: str, key: str | None, output: Format) -> bool:
    with opened(config) as configuration:
        from tenure.config.fields import parse_endpoint  # noqa: PLC0415 - `tenure --help` does without
        from tenure.config.zones import DNS_PORT  # noqa: PLC0415
        from tenure.console.key_lines import why_no_secret  # noqa: PLC0415
        from tenure.console.store import zones_to_show  # noqa: PLC0415
        from tenure.console.zone_diff import TransferError, diff_lines, fetch_zone  # noqa: PLC0415
        from tenure.dnswire.name import to_text  # noqa: PLC0415

        try:
            place = parse_endpoint(server).or_port(DNS_PORT)
        except ValueError as error:
            raise fail(f"--server: {error}", WRONG) from None
        secret = None
        if key is not None:
            wanted = key_name(key)
            with keys_of(configuration) as state:
                secret = next(iter(state.good(wanted, time.time())), None)
            if secret is None:
                why = why_no_secret(configuration, state, wanted)
                raise fail(f"the key {to_text(wanted)} cannot sign: {why}; see: tenure key list")
        with zones_to_show(configuration) as ledger_or_none:
            ledger, found = zone_of(ledger_or_none, zone, view)
            try:
                there = fetch_zone(found.name, place.host, place.port, secret)
            except TransferError as error:
                raise fail(f"{place.host}:{place.port} did not give the zone: {error}") from None
            with ledger.snapshot(found.id) as snapshot:
                lines = diff_lines(snapshot, there)
    if output is Format.JSON:
        print(json.dumps([{"side": line.side, "name": line.name, "record": line.record} for line in lines], indent=2))
    else:
        print_difference(f"{'-' if line.side == 'here' else '+'} {line.record}" for line in lines)
    sys.stdout.flush()
    return bool(lines)
