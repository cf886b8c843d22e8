"""`tenure import`: the configurations of other programs as tenure's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.console.cli.options import WRONG, examples, fail
from tenure.console.cli.private_file import write_private

if TYPE_CHECKING:
    from tenure.console.kea_ddns import Imported

KEA_EXAMPLES = examples(
    "tenure import kea-ddns /etc/kea/kea-dhcp-ddns.conf -o tenure.toml",
    "tenure import kea-ddns kea-dhcp-ddns.conf --dhcp kea-dhcp4.conf --dhcp kea-dhcp6.conf",
)

app = typer.Typer(help="Take over the configuration of another program.", no_args_is_help=True)


@app.callback()
def importing() -> None:
    """Take over the configuration of another program."""


@app.command("kea-ddns", epilog=KEA_EXAMPLES)
def kea_ddns(
    file: Annotated[Path, typer.Argument(help="The configuration of kea-dhcp-ddns.", show_default=False)],
    dhcp: Annotated[
        list[Path] | None,
        typer.Option("--dhcp", help="A DHCP server that asks it, for its lifetimes and conflict mode."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write it into this new file, for its owner alone."),
    ] = None,
) -> None:
    """Turn the configuration of Kea's D2 into tenure's: domains, servers, keys with their secrets, the port.

    What cannot be taken over is said on standard error, one line each.
    """
    from tenure.console.kea_ddns import import_kea_ddns  # noqa: PLC0415 - `tenure --help` does without

    documents = [_read(path) for path in (file, *(dhcp or ()))]
    try:
        made = import_kea_ddns(documents[0], documents[1:])
    except ValueError as error:
        raise fail(f"{file}: {error}", WRONG) from None
    _write(made, out)


def _read(path: Path) -> dict[str, Any]:
    from tenure.console.kea_json import UnreadableKeaFile, parse_kea_json  # noqa: PLC0415

    try:
        return parse_kea_json(path.read_text())
    except OSError as error:
        raise fail(f"{path} cannot be read ({error.strerror})", WRONG) from None
    except (UnreadableKeaFile, UnicodeDecodeError) as error:
        raise fail(f"{path} is not a configuration of Kea: {error}", WRONG) from None


def _write(made: Imported, out: Path | None) -> None:
    for note in made.notes:
        print(note, file=sys.stderr)
    if out is None:
        print(made.text, end="")
        return
    write_private(out, made.text)
    print(f"{out} is written, with {len(made.notes)} remarks; next: tenure check-config -c {out}")
