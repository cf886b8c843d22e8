"""`tenure key generate`: a TSIG key, as tenure and other servers write it."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from tenure.console.cli.options import WRONG, examples, fail

app = typer.Typer(no_args_is_help=True, help="Make TSIG keys.")

PRIVATE = 0o600


@app.callback()
def key() -> None:
    """Make TSIG keys."""


@app.command(
    epilog=examples("tenure key generate >> tenure.toml", "tenure key generate dhcp. --out dhcp.key >> tenure.toml")
)
def generate(
    name: Annotated[str, typer.Argument(help="The name by which both ends know the key.")] = "dhcp.",
    algorithm: Annotated[str, typer.Option(help="How messages are signed.")] = "hmac-sha256",
    out: Annotated[Path | None, typer.Option(help="Write the secret into this file, for its owner alone.")] = None,
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
        _write_private(out, secret)
    where = f'secret-file = "{out}"' if out is not None else f'secret = "{secret}"'
    print(f'[[keys]]\nname = "{canonical}"\nalgorithm = "{algorithm}"\n{where}')


def _write_private(path: Path, secret: str) -> None:
    """The file is made by us and readable by its owner alone; one that is there is never overwritten."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
            file.write(secret + "\n")
    except FileExistsError:
        raise fail(f"{path} is there already; name another file, or move it away") from None
    except OSError as error:
        raise fail(f"{path} cannot be written ({error.strerror})") from None
