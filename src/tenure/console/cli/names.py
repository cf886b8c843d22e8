"""`tenure names`: the list of names, and what a person orders about single ones: lock, release, transfer, and so on."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tenure.console.cli import name_owners
from tenure.console.cli.listing import list_names
from tenure.console.cli.options import (
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
    from tenure.config.configuration import Configuration
    from tenure.console.name_orders import Chosen, OrderLine
    from tenure.dnswire.name import Name
    from tenure.ledger.leases import LeaseLedger
    from tenure.ledger.name_orders import NameOrders, Order
    from tenure.naming.locked_name import LockedName
    from tenure.naming.registration import Registration

NAMES_EXAMPLES = examples("tenure names -c tenure.toml", "tenure names -c tenure.toml --state refused")
LOCK_EXAMPLES = examples("tenure names lock www.example.test. -c tenure.toml", "tenure names locked -c tenure.toml")
RELEASE_EXAMPLES = examples(
    "tenure names release pc1.example.test. -c tenure.toml --dry-run",
    "tenure names release pc1.example.test. -c tenure.toml --lock",
)
ADOPT_EXAMPLES = examples(
    "tenure names adopt pc1.example.test. -c tenure.toml --dry-run",
    "tenure names adopt pc1.example.test. -c tenure.toml --address 10.1.2.55",
)
TRANSFER_EXAMPLES = examples(
    "tenure names transfer pc1.example.test. 10.1.2.55 -c tenure.toml --dry-run",
    "tenure names transfer pc1.example.test. 10.1.2.55 -c tenure.toml",
)
FORGET_EXAMPLES = examples(
    "tenure names forget-reservations -c tenure.toml --dry-run", "tenure names forget-reservations -c tenure.toml"
)
COLUMNS = ["name", "address", "forward", "reverse"]

NamesArgument = Annotated[list[str], typer.Argument(metavar="NAME", help="The names.", show_default=False)]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")]

app = typer.Typer(help="List the names, and say what becomes of single ones.")
app.add_typer(name_owners.app, name="owner")


@app.callback(invoke_without_command=True, epilog=NAMES_EXAMPLES)
def names(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", envvar="TENURE_CONFIG", help="The configuration file.", show_default=False),
    ] = None,
    output: FormatOption = Format.TABLE,
    limit: LimitOption = None,
    state: Annotated[str | None, typer.Option(help="Only names in this state, in either direction.")] = None,
) -> None:
    """List the names: what is in DNS for each, in both directions, and why if it is not; or order something."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise USAGE_ERROR("name the configuration file with -c FILE, or in TENURE_CONFIG", context)
    list_names(config, output, limit, state)


@app.command("locked", epilog=LOCK_EXAMPLES)
def locked(config: ConfigOption, output: FormatOption = Format.TABLE) -> None:
    """List the names that are locked, since when and by whom."""
    with opened(config) as configuration:
        from tenure.console.name_orders import locked_lines  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        with leases_to_show(configuration) as ledger:
            print_rows(locked_lines(ledger.name_orders.locked()), ["name", "since", "by", "held"], output)


@app.command("lock", epilog=LOCK_EXAMPLES)
def lock(
    names: NamesArgument, config: ConfigOption, dry_run: DryRunOption = False, output: FormatOption = Format.TABLE
) -> None:
    """Lock names: nothing but a person's order changes the records there. No lease gets one that it does not have.

    What is already on its way to a server may still be carried out. Pointers to the name follow the leases as ever.
    """
    from tenure.console.name_orders import lock_lines  # noqa: PLC0415 - `tenure --help` does without

    wanted = _names(names)
    _carry_out(
        config, wanted, lock_lines, lambda ledger, order: ledger.name_orders.lock(wanted, order), dry_run, output
    )


@app.command("unlock", epilog=LOCK_EXAMPLES)
def unlock(
    names: NamesArgument, config: ConfigOption, dry_run: DryRunOption = False, output: FormatOption = Format.TABLE
) -> None:
    """Unlock names: what waited for that is written, or taken away, at once."""
    from tenure.console.name_orders import unlock_lines  # noqa: PLC0415 - `tenure --help` does without

    wanted = _names(names)

    def check(ledger: LeaseLedger) -> None:
        known = {one.name for one in ledger.name_orders.locked()}
        _fail_about([name for name in wanted if name not in known], "is not locked; see: tenure names locked")

    _carry_out(
        config,
        wanted,
        unlock_lines,
        lambda ledger, order: ledger.name_orders.unlock(wanted, order),
        dry_run,
        output,
        check,
    )


@app.command("release", epilog=RELEASE_EXAMPLES)
def release(
    names: NamesArgument,
    config: ConfigOption,
    lock: Annotated[bool, typer.Option("--lock", help="Lock the names too, so that no lease gets them back.")] = False,
    dry_run: DryRunOption = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take what tenure wrote for leases under these names out of DNS, in both directions; the leases stay.

    Only our own records go: those with the lease's marker. Without --lock a lease claims its name again when it is
    renewed, and a reservation that keeps a name in DNS when the services start again. A locked name is released too,
    as a person orders it, and stays locked.
    """
    from tenure.console.name_orders import registrations_of, release_lines  # noqa: PLC0415 - as above

    wanted = _names(names)

    def check(ledger: LeaseLedger) -> None:
        without = [name for name in wanted if not registrations_of(ledger, name)]
        _fail_about(without, "stands for no lease, so there is nothing of ours to take away; see: tenure names")

    def carry_out(ledger: LeaseLedger, order: Order) -> None:
        ledger.name_orders.release(wanted, order, lock=lock)

    _carry_out(config, wanted, release_lines, carry_out, dry_run, output, check)
    if output is Format.TABLE and not lock:
        say("A lease that is renewed claims its name again, unless the name is locked (--lock).")


@app.command("adopt", epilog=ADOPT_EXAMPLES)
def adopt(
    name: Annotated[str, typer.Argument(help="The name.", show_default=False)],
    config: ConfigOption,
    address: Annotated[
        str | None,
        typer.Option(help="The address of the lease, where several want the name, or it has another one instead."),
    ] = None,
    dry_run: DryRunOption = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Give a lease the name that DNS has refused it: what stands there is written over, whosever it is.

    The updater writes it by one update. Addresses of the same family, an alias and markers go; records of other types,
    and addresses of the other family unless the client has a lease of that too, stay. A lease that goes by another
    name instead (ddns-conflict-action) is meant by --address: it has this name from here on, and the other one goes.
    """
    from tenure.console.name_orders import adopt_lines, why_not_adopted  # noqa: PLC0415 - as above

    (wanted,) = _names([name])
    packed = None if address is None else _address(address)

    def give(orders: NameOrders, _rows: Sequence[Registration], chosen: Chosen, order: Order) -> int:
        return orders.adopt(chosen.refused, order, chosen.stand_ins)

    def lines(
        _rows: Sequence[Registration], chosen: Chosen, locked: Sequence[LockedName], *, done: bool
    ) -> Iterator[OrderLine]:
        return adopt_lines(wanted, chosen, locked, done=done)

    _give(config, wanted, packed, _Giving(why_not_adopted, give, lines), dry_run, output)


@app.command("transfer", epilog=TRANSFER_EXAMPLES)
def transfer(
    name: Annotated[str, typer.Argument(help="The name.", show_default=False)],
    to: Annotated[str, typer.Argument(metavar="TO", help="The address of the lease that gets it.", show_default=False)],
    config: ConfigOption,
    dry_run: DryRunOption = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Move a name from the lease that has it to another one that asked for it, with all leases of that client.

    The other one is refused the name, or goes by another one instead (ddns-conflict-action), which it gives up. What
    the first lease has in DNS goes, in both directions, and then the other's is written. When the first one is renewed
    it claims the name again, and is refused it, or gets another one instead.
    """
    from tenure.console.name_orders import (  # noqa: PLC0415 - `tenure --help` does without
        holders_beside,
        transfer_lines,
        why_not_transferred,
    )

    (wanted,) = _names([name])
    address = _address(to, "TO")

    def why_not(rows: Sequence[Registration], claims: Sequence[Registration], locked: Sequence[LockedName]) -> str:
        return why_not_transferred(rows, claims, address, locked)

    def give(orders: NameOrders, rows: Sequence[Registration], chosen: Chosen, order: Order) -> int:
        return orders.transfer(holders_beside(rows, chosen.claims), chosen.refused, order, chosen.stand_ins)

    def lines(
        rows: Sequence[Registration], chosen: Chosen, locked: Sequence[LockedName], *, done: bool
    ) -> Iterator[OrderLine]:
        return transfer_lines(wanted, rows, chosen, locked, done=done)

    _give(config, wanted, address, _Giving(why_not, give, lines), dry_run, output)


@app.command("forget-reservations", epilog=FORGET_EXAMPLES)
def forget_reservations(config: ConfigOption, dry_run: DryRunOption = False) -> None:
    """Take the names of reservations out of DNS that the configuration has no more.

    The janitor does so by itself when it starts, but for very many at once, which it leaves to a person. A name that a
    lease has stays until that ends.
    """
    with opened(config) as configuration:
        from tenure.console.reservations import gone, let_go  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        with leases_to_show(configuration) as ledger:
            names = gone(configuration, ledger)
            if not names:
                say("Every name that a reservation keeps in DNS has one in the configuration.")
                return
            if dry_run:
                say(f"{len(names)} names of reservations would be taken away.")
                return
            done = let_go(ledger, names, f"cli {getpass.getuser()}", time.time(), lambda: f"n{secrets.token_hex(4)}")
            say(f"{done} names of reservations are being taken away: tenure history -c {config}")


def _address(text: str, word: str = "--address") -> bytes:
    try:
        return ip_address(text).packed
    except ValueError:
        raise fail(f"{word} {text!r} is no address; write 10.1.2.55 or 2001:db8::55", WRONG) from None


class _Giving(NamedTuple):
    """How an order gives a name to leases."""

    why_not: Callable[[Sequence[Registration], Sequence[Registration], Sequence[LockedName]], str]
    give: Callable[[NameOrders, Sequence[Registration], Chosen, Order], int]  # to how many
    lines: Callable[..., Iterator[OrderLine]]


def _give(config: Path, wanted: Name, address: bytes | None, how: _Giving, dry_run: bool, output: Format) -> None:
    """Give a name to leases, unless it is only to be told, and print what it comes to."""
    with opened(config) as configuration:
        from tenure.console.name_orders import chosen_for, registrations_of  # noqa: PLC0415 - as above
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        _check_zones(configuration, [wanted])
        with leases_to_show(configuration) as ledger:
            rows, locked = registrations_of(ledger, wanted), ledger.name_orders.locked()
            chosen = chosen_for(ledger, wanted, rows, address, time.time())
            if why := how.why_not(rows, chosen.claims, locked):
                _fail_about([wanted], why)
            if not dry_run and not how.give(ledger.name_orders, rows, chosen, _order()):
                _fail_about([wanted], "is not what the lease wants by now; look again with: tenure names")
            print_rows(list(how.lines(rows, chosen, locked, done=not dry_run)), COLUMNS, output)


def _order() -> Order:
    from tenure.ledger.name_orders import Order  # noqa: PLC0415 - `tenure --help` does without

    return Order(f"cli {getpass.getuser()}", time.time(), f"n{secrets.token_hex(4)}")


def _carry_out(
    config: Path,
    wanted: Sequence[Name],
    lines: Callable[..., Iterator[OrderLine]],
    carry_out: Callable[[LeaseLedger, Order], None],
    dry_run: bool,
    output: Format,
    check: Callable[[LeaseLedger], None] = lambda _ledger: None,
) -> None:
    """Give an order, unless it is only to be told, and print what it comes to. `check` ends what cannot be done."""
    with opened(config) as configuration:
        from tenure.console.name_orders import registrations_of  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.store import leases_to_show  # noqa: PLC0415

        _check_zones(configuration, wanted)
        with leases_to_show(configuration) as ledger:
            check(ledger)
            found: list[tuple[Name, list[Registration]]] = [(name, registrations_of(ledger, name)) for name in wanted]
            if not dry_run:
                carry_out(ledger, _order())
            print_rows([line for name, rows in found for line in lines(name, rows, done=not dry_run)], COLUMNS, output)


def _check_zones(configuration: Configuration, names: Sequence[Name]) -> None:
    from tenure.config.domains import routes  # noqa: PLC0415 - `tenure --help` does without
    from tenure.dnswire.name import to_text  # noqa: PLC0415
    from tenure.naming.registration import Direction  # noqa: PLC0415

    known = routes(configuration, None)
    zones = ", ".join(sorted(to_text(domain.zone) for domain in known.forward)) or "none"
    outside = [name for name in names if known.route(Direction.FORWARD, name) is None]
    _fail_about(outside, f"is in no zone that leases are registered in; write it whole (the zones are: {zones})")


def _fail_about(names: Sequence[Name], words: str) -> None:
    from tenure.dnswire.name import to_text  # noqa: PLC0415 - `tenure --help` does without

    if names:
        raise fail("; ".join(f"{to_text(name)} {words}" for name in names) + "; nothing was done")


def _names(texts: Sequence[str]) -> list[Name]:
    """The names that a person wrote, each once; ends the command when one is none."""
    from tenure.dnswire.name import from_text  # noqa: PLC0415 - `tenure --help` does without

    found: dict[Name, None] = {}
    for text in texts:
        try:
            found[from_text(text).lower()] = None
        except ValueError as error:
            raise fail(f"{text!r} is no name: {error}", WRONG) from None
    return list(found)
