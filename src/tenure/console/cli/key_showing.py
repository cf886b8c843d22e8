"""`tenure key list`, `show` and `export`: keys as they are, and as other programs want them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import print_rows
from tenure.console.cli.private_file import write_private

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration
    from tenure.config.fields import Endpoint
    from tenure.console.key_lines import KeyState
    from tenure.dnswire.name import Name

LIST_COLUMNS = ["key", "secret", "state", "until", "algorithm", "source", "last_used", "used_by"]
EXPORT_EXAMPLES = examples(
    "tenure key export dhcp. bind -c tenure.toml",
    "tenure key export dhcp. nsupdate -c tenure.toml --out dhcp.key && nsupdate -k dhcp.key",
    "tenure key export k8s. external-dns -c tenure.toml --server 10.1.0.1",
)

NameArgument = Annotated[str, typer.Argument(help="The name of the key.")]


def list_keys(config: ConfigOption, output: FormatOption = Format.TABLE) -> None:
    """List the keys: each secret with its end, where it comes from, who uses the key, and when it was last used."""
    with opened(config) as configuration, keys_of(configuration) as state:
        from tenure.console.key_lines import key_lines  # noqa: PLC0415 - `tenure --help` does without

        print_rows(key_lines(configuration, state, time.time()), LIST_COLUMNS, output)


def show(
    name: NameArgument,
    config: ConfigOption,
    output: FormatOption = Format.TABLE,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the secrets too.")] = False,
) -> None:
    """Show one key with all its secrets; the secrets themselves only with --show-secret."""
    with opened(config) as configuration, keys_of(configuration) as state:
        from tenure.console.key_lines import key_lines, open_line  # noqa: PLC0415 - `tenure --help` does without
        from tenure.dnswire.name import to_text  # noqa: PLC0415

        wanted = to_text(key_name(name))
        lines = [line for line in key_lines(configuration, state, time.time()) if line.key == wanted]
        if not lines:
            raise fail(f"there is no key {wanted} in the configuration or the store; see: tenure key list")
        if show_secret:
            secrets = (*state.stored, *state.configured)
            print_rows([open_line(line, secrets) for line in lines], [*LIST_COLUMNS[1:], "base64"], output)
        else:
            print_rows(lines, LIST_COLUMNS[1:], output)


def export(
    name: NameArgument,
    program: Annotated[
        str, typer.Argument(help="tenure, bind, kea, dhcpd, nsupdate, external-dns or terraform.", show_default=False)
    ],
    config: ConfigOption,
    output: FormatOption = Format.TABLE,
    out: Annotated[Path | None, typer.Option(help="Write into this new file, for its owner alone.")] = None,
    server: Annotated[str | None, typer.Option(help="The address, and the port, at which updates are taken.")] = None,
    previous: Annotated[bool, typer.Option("--previous", help="The secret before the newest.")] = False,
) -> None:
    """Print a key with its secret as another program wants it, ready to paste."""
    with opened(config) as configuration, keys_of(configuration) as state:
        from tenure.console.key_export import Program, export_text, exported_key  # noqa: PLC0415
        from tenure.console.key_lines import updatable_zones, why_no_secret  # noqa: PLC0415
        from tenure.dnswire.name import to_text  # noqa: PLC0415

        if program not in set(Program):
            raise fail(f"{program!r} is not known; write one of {', '.join(Program)}", WRONG)
        wanted = key_name(name)
        good = state.good(wanted, time.time())
        if len(good) <= previous:
            why = "it has no secret beside its newest" if good else why_no_secret(configuration, state, wanted)
            raise fail(f"the key {to_text(wanted)} cannot be exported: {why}; see: tenure key list")
        key = exported_key(good[previous], _server(configuration, server), updatable_zones(configuration, wanted))
        try:
            text = export_text(key, Program(program))
        except ValueError as error:
            raise fail(str(error)) from None
        if output is Format.JSON:
            described = {"key": key.name, "algorithm": key.algorithm, "secret": key.secret, "program": program}
            text = json.dumps({**described, "text": text}, indent=2) + "\n"
        if out is not None:
            write_private(out, text)
        else:
            print(text, end="")


@contextmanager
def keys_of(configuration: Configuration) -> Iterator[KeyState]:
    """What is known of the keys; where there is no store yet, what the configuration says."""
    from tenure.console.key_lines import key_state  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.store import has_leases, leases_to_show  # noqa: PLC0415

    if not has_leases(configuration):
        yield key_state(configuration)
        return
    with leases_to_show(configuration) as ledger:
        yield key_state(configuration, ledger.keys.secrets(), ledger.keys.uses())


def key_name(text: str) -> Name:
    """The name of a key as somebody typed it."""
    from tenure.dnswire.name import from_text  # noqa: PLC0415 - `tenure --help` does without

    try:
        return from_text(text).lower()
    except ValueError as error:
        raise fail(f"{text!r} is no key name: {error}", WRONG) from None


def _server(configuration: Configuration, text: str | None) -> Endpoint | None:
    """Where updates are sent to: as it was typed, or the first address of ours that means this machine alone."""
    from tenure.config.fields import parse_endpoint  # noqa: PLC0415 - `tenure --help` does without
    from tenure.config.zones import DNS_PORT  # noqa: PLC0415

    if text is not None:
        try:
            return parse_endpoint(text).or_port(DNS_PORT)
        except ValueError as error:
            raise fail(f"--server: {error}", WRONG) from None
    listen = configuration.dns.listen if configuration.dns else []
    return next((place.or_port(DNS_PORT) for place in listen if place.is_specific()), None)
