"""`tenure zones test-update`: what a key or a principal may do to a zone, and which rule says so."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.console.cli.options import FAILED, WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import print_rows
from tenure.console.cli.zone_files import view_name

TEST_EXAMPLES = examples(
    "tenure zones test-update example.test. pc1 --key dhcp. -c tenure.toml",
    "tenure zones test-update example.test. pc1 --principal host/pc1.example.test@EXAMPLE.TEST -c tenure.toml",
    "tenure zones test-update example.test. www --key dhcp. --type A --operation delete --from 10.1.0.2 -o json",
)
COLUMNS = ["operation", "name", "type", "allowed", "rule", "reason"]
USUAL_TYPES = ("A", "AAAA", "PTR", "CNAME", "TXT", "SRV", "DHCID", "NS", "SOA")


def try_update(  # noqa: PLR0917 - what a person may write, one option each
    zone: Annotated[str, typer.Argument(help="The zone.", show_default=False)],
    name: Annotated[str, typer.Argument(help="The name that would change; without a final dot it is in the zone.")],
    config: ConfigOption,
    key: Annotated[str | None, typer.Option(help="The key that signs; left out: the update is not signed.")] = None,
    principal: Annotated[
        str | None, typer.Option(help="The principal who signs by Kerberos, such as host/pc.example.test@REALM.")
    ] = None,
    rtype: Annotated[list[str] | None, typer.Option("--type", help="A record type; left out: the usual ones.")] = None,
    operation: Annotated[str | None, typer.Option(help="add or delete; left out: both.")] = None,
    source: Annotated[str, typer.Option("--from", help="The address that the update comes from.")] = "127.0.0.1",
    view: Annotated[
        str | None, typer.Option(help="The view of the zone; left out: the one that such an update falls into.")
    ] = None,
    tcp: Annotated[bool, typer.Option("--tcp/--udp", help="How it comes.")] = True,
    output: FormatOption = Format.TABLE,
) -> None:
    """Tell what an update may do, and which rule of the policy decides. Nothing is changed or sent.

    The exit status is 1 when anything that was asked about is not allowed.
    """
    with opened(config) as configuration:
        from tenure.config.permission import OPERATIONS, Asked, permissions, zone_asked  # noqa: PLC0415 - `--help` does without
        from tenure.console.store import zones_to_show  # noqa: PLC0415
        from tenure.dnswire.codes import type_from_text  # noqa: PLC0415
        from tenure.dnswire.name import from_text, to_text  # noqa: PLC0415
        from tenure.signing.principal import identity_of, parse_principal  # noqa: PLC0415

        if key is not None and principal is not None:
            raise fail("--key and --principal: an update is signed by one of them", WRONG)
        if operation is not None and operation not in OPERATIONS:
            raise fail(f"--operation {operation!r} is not known; write one of {', '.join(OPERATIONS)}", WRONG)
        try:
            apex = from_text(zone).lower()
            full = name if name.endswith(".") else to_text(apex) if name == "@" else f"{name}.{to_text(apex)}"
            signer = None if principal is None else parse_principal(principal)
            asked = Asked(
                key=identity_of(signer) if signer else None if key is None else from_text(key).lower(),
                address=source,
                tcp=tcp,
                name=from_text(full).lower(),
                rtypes=tuple(map(type_from_text, rtype or USUAL_TYPES)),
                operations=OPERATIONS if operation is None else (operation,),
                principal=signer,
            )
            place = zone_asked(configuration, apex, None if view is None else view_name(view), asked)
            with zones_to_show(configuration) as ledger:
                known = {one.place: one.id for one in ledger.zones()} if ledger else {}
                there = ledger is not None and place in known
                static = ledger.static_types(known[place], asked.name) if ledger and there else frozenset()
                owner = ledger.owners.at(known[place], asked.name) if ledger and there else None
            rows = list(permissions(configuration, place, asked, static, owner))
        except ValueError as error:
            raise fail(str(error), WRONG) from None
        print_rows(rows, COLUMNS, output)
        if any(row.allowed == "no" for row in rows):
            raise typer.Exit(FAILED)
