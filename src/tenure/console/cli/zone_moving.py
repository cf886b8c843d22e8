"""`tenure zones move`: a zone with all that it has into another view."""

from __future__ import annotations

import getpass
import time
from typing import Annotated

import typer

from tenure.console.cli.options import ConfigOption, examples, fail, opened
from tenure.console.cli.zone_files import ZoneArgument, view_name, zone_of

MOVE_EXAMPLES = examples(
    "tenure zones move example.test. --view internal -c tenure.toml",
    "tenure zones move example.test. --from internal --view shared -c tenure.toml",
)


def move(
    zone: ZoneArgument,
    config: ConfigOption,
    view: Annotated[str, typer.Option(help="The view that it is in from now on, or `shared`.", show_default=False)],
    source: Annotated[
        str | None, typer.Option("--from", help="The view that it is in, where several have one of its name.")
    ] = None,
) -> None:
    """Put a zone of the store into another view: its records, its journal and its serial come along.

    For a zone whose `view` in the configuration has become another one. Services that run go on as they began; started
    anew, they serve it in its new view.
    """
    with opened(config) as configuration:
        from tenure.config.fields import view_word  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import zones_to_change  # noqa: PLC0415

        into = view_name(view)
        with zones_to_change(configuration) as opened_ledger:
            ledger, found = zone_of(opened_ledger, zone, source, option="--from")
            known = [one.name for one in configuration.dns.views] if configuration.dns else []
            if into and into not in known:
                raise fail(f"{into} is no view under [[dns.views]] (defined: {', '.join(known) or 'none is'})")
            if found.view == into:
                print(f"{found.place}: it is there already")
                return
            if not ledger.move_zone(found, into, f"cli {getpass.getuser()}", "tenure zones move", time.time()):
                raise fail(
                    f"view {view_word(into)} has a zone {found._replace(view='').place} already; nothing was moved"
                )
            print(f"{found.place}: moved to view {view_word(into)}")
