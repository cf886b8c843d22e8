"""`tenure key`: its commands, and `generate`, which makes a key for the configuration."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from tenure.console.cli import key_changing, key_showing
from tenure.console.cli.options import WRONG, Format, FormatOption, examples, fail
from tenure.console.cli.private_file import write_private

app = typer.Typer(no_args_is_help=True, help="Make, list, rotate and export TSIG keys.")
app.command("list")(key_showing.list_keys)
app.command("show")(key_showing.show)
app.command("rotate", epilog=key_changing.ROTATE_EXAMPLES)(key_changing.rotate)
app.command("retire")(key_changing.retire)
app.command("export", epilog=key_showing.EXPORT_EXAMPLES)(key_showing.export)


@app.callback()
def key() -> None:
    """Make, list, rotate and export TSIG keys."""


@app.command(
    epilog=examples("tenure key generate >> tenure.toml", "tenure key generate dhcp. --out dhcp.key >> tenure.toml")
)
def generate(
    name: Annotated[str, typer.Argument(help="The name by which both ends know the key.")] = "dhcp.",
    algorithm: Annotated[str, typer.Option(help="How messages are signed.")] = "hmac-sha256",
    out: Annotated[Path | None, typer.Option(help="Write the secret into this file, for its owner alone.")] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make a key and print what to write into the configuration; with --out the secret goes into a file of its own."""
    from tenure.config.keys import Algorithm  # noqa: PLC0415 - `tenure --help` does without
    from tenure.dnswire.name import from_text, to_text  # noqa: PLC0415
    from tenure.signing.key import ALGORITHMS  # noqa: PLC0415

    if algorithm not in set(Algorithm):
        raise fail(f"--algorithm {algorithm!r} is not known; write one of {', '.join(Algorithm)}", WRONG)
    try:
        canonical = to_text(from_text(name).lower())
    except ValueError as error:
        raise fail(f"{name!r} is no key name: {error}", WRONG) from None
    secret = base64.b64encode(secrets.token_bytes(ALGORITHMS[algorithm].hash_size)).decode("ascii")
    if out is not None:
        write_private(out, secret + "\n")
    if output is Format.JSON:
        source = {"secret": secret} if out is None else {"secret_file": str(out)}
        print(json.dumps({"key": canonical, "algorithm": algorithm, **source}, indent=2))
        return
    where = f'secret-file = "{out}"' if out is not None else f'secret = "{secret}"'
    print(f'[[keys]]\nname = "{canonical}"\nalgorithm = "{algorithm}"\n{where}')
