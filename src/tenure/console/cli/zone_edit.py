"""`tenure zones edit`: the zone in a person's editor, and back into the store as one change."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import ConfigOption, fail, opened
from tenure.console.cli.output import print_difference
from tenure.console.cli.zone_files import ViewOption, ZoneArgument, zone_of

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration
    from tenure.console.zone_edit import Edit
    from tenure.ledger.zones import Zone, ZoneLedger

MOST_ROUNDS = 20  # of a text that is wrong each time: an editor that is a program would err for ever
EDITOR = "vi"  # where neither VISUAL nor EDITOR says another


def edit(
    zone: ZoneArgument,
    config: ConfigOption,
    view: ViewOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the difference is applied.")] = False,
) -> None:
    """Change a zone as text in $VISUAL or $EDITOR; just the difference is applied, in one transaction.

    The services go on running, and what they change meanwhile stays. Where both changed the same, nothing is applied,
    and it is said what that is. A text that is wrong comes back into the editor with each error above its line.
    """
    with opened(config) as configuration:
        from tenure.console.store import zones_to_show  # noqa: PLC0415 - `tenure --help` does without

        with zones_to_show(configuration) as ledger_or_none:
            ledger, found = zone_of(ledger_or_none, zone, view)
            _check_primary(configuration, found)
            with tempfile.TemporaryDirectory(prefix="tenure-") as folder:
                _edit(ledger, found, Path(folder) / "zone", dry_run=dry_run, ask=not yes and sys.stdin.isatty())


def _check_primary(configuration: Configuration, zone: Zone) -> None:
    from tenure.config.dns import ZoneType  # noqa: PLC0415 - `tenure --help` does without
    from tenure.config.zones import place_of  # noqa: PLC0415

    sections = configuration.dns.zones if configuration.dns else []
    if any(place_of(section) == zone.place and section.type is ZoneType.SECONDARY for section in sections):
        raise fail(f"{zone.place} is a secondary zone; change it at its primary")


def _edit(ledger: ZoneLedger, zone: Zone, path: Path, *, dry_run: bool, ask: bool) -> None:
    from tenure.console.zone_edit import ClashError, apply_edit, zone_text  # noqa: PLC0415 - as above

    with ledger.kept_records(zone.id) as (present, kept):
        text = zone_text(present, kept)
    wanted = _edited(text, present, path)
    lines = wanted.lines() if wanted else []
    if wanted is None or not lines:
        print(f"{zone.place}: nothing was changed")
        return
    print_difference(lines)
    if dry_run:
        return
    if ask and not typer.confirm("Apply this?", default=True):
        raise fail(f"{zone.place}: nothing was changed; {_kept_text(path)}")
    try:
        serial = apply_edit(ledger, present, wanted, time.time())
    except ClashError as error:
        for which in error.which:
            print(f"changed by others meanwhile: {which}", file=sys.stderr)
        raise fail(f"{zone.place}: nothing was changed; {_kept_text(path)}") from None
    done = "all of it is so already" if serial is None else f"changed, serial {serial}"
    print(f"{zone.place}: {done}")


def _edited(text: str, zone: Zone, path: Path) -> Edit | None:
    """What the person wants, once the text is right; None: the text came back as it was."""
    from tenure.console.zone_edit import Edit, ZoneText, parse_text, with_errors, without_errors  # noqa: PLC0415

    before = parse_text(text, zone.name)
    if not isinstance(before, ZoneText):
        raise fail(f"the store has what no text can say: {before[0][1]}")
    shown = text
    for left in reversed(range(MOST_ROUNDS)):
        path.write_text(shown, encoding="utf-8", errors="surrogateescape")
        _run_editor(path)
        came_back = path.read_text(encoding="utf-8", errors="surrogateescape")
        edited = without_errors(came_back)
        if edited == text:
            return None
        after = parse_text(edited, zone.name)
        if isinstance(after, ZoneText):
            return Edit(before, after)
        if came_back == shown or not left:
            for number, reason in after:
                print(f"line {number}: {reason}", file=sys.stderr)
            raise fail(f"nothing was changed: the text is still wrong; {_kept_text(path)}")
        shown = with_errors(edited, after)
    raise AssertionError("the last round returns or raises")


def _run_editor(path: Path) -> None:
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not chosen and not sys.stdin.isatty():
        raise fail(f"there is no terminal for {EDITOR}; set EDITOR to a program that changes the file that it is given")
    command = shlex.split(chosen or EDITOR)
    try:
        status = subprocess.run([*command, str(path)], check=False).returncode
    except OSError as error:
        remedy = "set EDITOR to the editor that you want"
        raise fail(f"the editor {command[0]} cannot be run ({error.strerror}); {remedy}") from None
    if status:
        raise fail(f"nothing was changed: the editor {command[0]} ended with status {status}")


def _kept_text(path: Path) -> str:
    """Where the text is that would be lost, in words."""
    handle, name = tempfile.mkstemp(prefix="tenure-zone-")
    with os.fdopen(handle, "wb") as file:
        file.write(path.read_bytes())
    return f"your text is in {name}"
