"""`tenure leases`: the list of leases, and questions about them."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.listing import list_leases
from tenure.console.cli.options import (
    FAILED,
    USAGE_ERROR,
    WRONG,
    ConfigOption,
    Format,
    FormatOption,
    LimitOption,
    examples,
    fail,
    opened,
)
from tenure.console.cli.output import print_rows

if TYPE_CHECKING:
    from tenure.console.lease_query import Query

LEASES_EXAMPLES = examples(
    "tenure leases -c tenure.toml", "tenure leases -c tenure.toml --all -o json | jq -r '.[] | .address'"
)
QUERY_EXAMPLES = examples(
    "tenure leases query -c tenure.toml --address 10.1.2.55",
    "tenure leases query -c tenure.toml --circuit-id \"'port 7'\" -o json",
)
QUERY_COLUMNS = ["address", "state", "client", "name", "circuit", "remote", "last_transaction", "ends"]

app = typer.Typer(help="List the leases, and ask about them.")


@app.callback(invoke_without_command=True, epilog=LEASES_EXAMPLES)
def leases(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", envvar="TENURE_CONFIG", help="The configuration file.", show_default=False),
    ] = None,
    output: FormatOption = Format.TABLE,
    limit: LimitOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also addresses that are free again or in quarantine.")
    ] = False,
) -> None:
    """List the leases: who holds which address until when, under which name; or ask about one, with a command."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise USAGE_ERROR("name the configuration file with -c FILE, or in TENURE_CONFIG", context)
    list_leases(config, output, limit, everything=everything)


@app.command("query", epilog=QUERY_EXAMPLES)
def query(
    config: ConfigOption,
    address: Annotated[str | None, typer.Option(help="An address, such as 10.1.2.55.")] = None,
    mac: Annotated[str | None, typer.Option(help="A hardware address, such as 02:00:5e:10:00:07.")] = None,
    client_id: Annotated[str | None, typer.Option(help="A client identifier, such as 01:02:00:5e:10:00:07.")] = None,
    circuit_id: Annotated[str | None, typer.Option(help="A relay's circuit: octets, or text as \"'port 7'\".")] = None,
    remote_id: Annotated[str | None, typer.Option(help="What a relay calls itself, written as a circuit is.")] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Tell who has an address, where and since when, as a lease query does (RFC 4388); 1 if nobody is found."""
    asked = _asked(
        {
            "--address": address,
            "--mac": mac,
            "--client-id": client_id,
            "--circuit-id": circuit_id,
            "--remote-id": remote_id,
        }
    )
    with opened(config) as configuration:
        from tenure.console import lease_query  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        with leases_to_show(configuration) as ledger:
            found = list(lease_query.query(configuration, ledger, asked, time.time()))
            print_rows(found, QUERY_COLUMNS, output)
    if not found:
        raise typer.Exit(FAILED)


def _asked(said: dict[str, str | None]) -> Query:
    """The question; wrong usage ends the command."""
    from tenure.console.lease_query import Query  # noqa: PLC0415 - `tenure --help` does without
    from tenure.dhcpwire.identity import circuit_id_key, client_id_key, hardware_from_text  # noqa: PLC0415

    readers: dict[str, tuple[str, Callable[[str], bytes]]] = {
        "--address": ("address", lambda text: ip_address(text).packed),
        "--mac": ("hardware", hardware_from_text),
        "--client-id": ("client", client_id_key),
        "--circuit-id": ("circuit", lambda text: circuit_id_key(text)[1:]),
        "--remote-id": ("remote", lambda text: circuit_id_key(text)[1:]),
    }
    given = {option: text for option, text in said.items() if text is not None}
    if len(given) != 1:
        raise fail(f"ask by one of {', '.join(said)}", WRONG)
    ((option, text),) = given.items()
    name, read = readers[option]
    try:
        return Query(**{name: read(text)})
    except ValueError as error:
        raise fail(f"{option}: {error}", WRONG) from None
