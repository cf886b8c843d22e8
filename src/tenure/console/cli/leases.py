"""`tenure leases`: the list of leases, questions about them, and the order that one ends."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Callable
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
from tenure.console.cli.output import print_rows, say

if TYPE_CHECKING:
    from tenure.console.lease_query import Query

LEASES_EXAMPLES = examples(
    "tenure leases -c tenure.toml", "tenure leases -c tenure.toml --all -o json | jq -r '.[] | .address'"
)
QUERY_EXAMPLES = examples(
    "tenure leases query -c tenure.toml --address 10.1.2.55",
    "tenure leases query -c tenure.toml --circuit-id \"'port 7'\" -o json",
)
RELEASE_EXAMPLES = examples(
    "tenure leases release 10.1.2.55 -c tenure.toml --dry-run",
    "tenure leases release 2001:db8:8000::/56 -c tenure.toml",
)
RELEASE_COLUMNS = ["address", "was", "client", "ends", "forward", "reverse"]
QUERY_COLUMNS = ["address", "state", "client", "name", "circuit", "remote", "last_transaction", "ends"]

app = typer.Typer(help="List the leases, ask about them, and end one.")


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
    """List the leases: who holds which address until when, under which name; or ask about one, or end it."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise USAGE_ERROR("name the configuration file with -c FILE, or in TENURE_CONFIG", context)
    list_leases(config, output, limit, everything=everything)


@app.command("query", epilog=QUERY_EXAMPLES)
def query(
    config: ConfigOption,
    address: Annotated[str | None, typer.Option(help="An address, such as 10.1.2.55, or a prefix.")] = None,
    mac: Annotated[str | None, typer.Option(help="A hardware address, such as 02:00:5e:10:00:07.")] = None,
    client_id: Annotated[str | None, typer.Option(help="A client identifier, such as 01:02:00:5e:10:00:07.")] = None,
    duid: Annotated[
        str | None,
        typer.Option(help="A DUID, such as 00:03:00:01:02:00:5e:10:00:07; in a DHCPv4 client identifier, too."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="A name, whole or without its domain.")] = None,
    circuit_id: Annotated[
        str | None,
        typer.Option(help="A relay's circuit, or interface id of DHCPv6: octets, or text as \"'port 7'\"."),
    ] = None,
    remote_id: Annotated[
        str | None,
        typer.Option(help="A relay's remote id, written as a circuit is; of DHCPv6 with its enterprise number or not."),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Tell who has an address, where and since when, as a lease query does (RFC 4388, 5007); 1 if nobody is found."""
    asked = _asked(
        {
            "--address": address,
            "--mac": mac,
            "--client-id": client_id,
            "--duid": duid,
            "--name": name,
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


@app.command("release", epilog=RELEASE_EXAMPLES)
def release(
    address: Annotated[
        str, typer.Argument(help="The address, or the delegated prefix with its length.", show_default=False)
    ],
    config: ConfigOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """End a lease as if its client had released it: the address is free at once, and its names leave DNS.

    Also the quarantine of an address that somebody else was found to use, and the registration of an address that its
    host made itself (RFC 9686). A client that is still there is not told: it goes on with the address until it renews,
    and then has it again, unless another client has got it.
    """
    with opened(config) as configuration:
        from tenure.console.lease_orders import (  # noqa: PLC0415 - `tenure --help` does without
            leased_from_text,
            release_line,
            why_not_released,
        )
        from tenure.console.store import leases_to_show  # noqa: PLC0415
        from tenure.ledger.name_orders import Order  # noqa: PLC0415

        try:
            wanted = leased_from_text(address)
        except ValueError as error:
            raise fail(str(error), WRONG) from None
        with leases_to_show(configuration) as ledger:
            order = Order(f"cli {getpass.getuser()}", time.time(), f"n{secrets.token_hex(4)}")
            lease = ledger.lease_over(wanted.address)
            why = why_not_released(ledger, wanted, lease, order.at)
            if lease is None or why:
                raise fail(f"{why}; nothing was done")
            line = release_line(ledger, lease, done=not dry_run)
            if not dry_run and not ledger.lease_orders.release(lease, order):
                raise fail(f"{address}: another client has it by now, or it is free; look again with: tenure leases")
            print_rows([line], RELEASE_COLUMNS, output)
    if output is Format.TABLE and lease.client is not None:
        say("A client that is still there has the lease again when it renews, unless another one has got it by then.")


def _asked(said: dict[str, str | None]) -> Query:
    """The question; wrong usage ends the command."""
    from tenure.console.lease_orders import leased_from_text  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.lease_query import Query  # noqa: PLC0415
    from tenure.dhcpwire.identity import (  # noqa: PLC0415
        circuit_id_key,
        client_id_key,
        duid_from_text,
        hardware_from_text,
    )
    from tenure.dnswire.name import from_text  # noqa: PLC0415

    readers: dict[str, Callable[[str], Query]] = {
        "--address": lambda text: Query(*leased_from_text(text)),
        "--mac": lambda text: Query(hardware=hardware_from_text(text)),
        "--client-id": lambda text: Query(client=client_id_key(text)),
        "--duid": lambda text: Query(duid=duid_from_text(text)),
        "--name": lambda text: Query(name=from_text(text).lower()),
        "--circuit-id": lambda text: Query(circuit=circuit_id_key(text)[1:]),
        "--remote-id": lambda text: Query(remote=circuit_id_key(text)[1:]),
    }
    given = {option: text for option, text in said.items() if text is not None}
    if len(given) != 1:
        raise fail(f"ask by one of {', '.join(said)}", WRONG)
    ((option, text),) = given.items()
    try:
        return readers[option](text)
    except ValueError as error:
        raise fail(f"{option}: {error}", WRONG) from None
