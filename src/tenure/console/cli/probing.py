"""`tenure dhcp probe`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import FAILED, WRONG, Format, FormatOption, examples, fail
from tenure.console.cli.output import print_value, say
from tenure.console.cli.packets import print_fields

if TYPE_CHECKING:
    from tenure.console.probe.asked import Asked
    from tenure.console.probe.asking import Told
    from tenure.console.probe.lines import MessageLine, ProbeLine
    from tenure.console.probe.wire import OpenWire, Route

MOST_CLIENTS = 256

EXAMPLES = examples(
    "tenure dhcp probe --server 10.1.0.1 --offer-only",
    "tenure dhcp probe --interface eth0 --fqdn pc1.example.test. --release",
    "tenure dhcp probe -6 --interface eth0 --pd --offer-only",
    "tenure dhcp probe --server 127.0.0.1:6767 --giaddr 10.1.0.1 --circuit-id port-7 --option 60=0x4d534654 -o json",
)

_IDENTITY, _SAYS, _RELAY, _STEPS = "Who asks", "What it says", "Through a relay", "How far it goes"


def commands(open_wire: OpenWire) -> typer.Typer:
    """`probe`, on wires that `open_wire` opens."""
    app = typer.Typer()
    app.command("probe", epilog=EXAMPLES)(_probe(open_wire))
    return app


def _probe(open_wire: OpenWire) -> Callable[..., None]:

    def probe(
        *,
        v6: Annotated[bool, typer.Option("-6/-4", help="DHCPv6, or DHCPv4.", show_default="DHCPv4")] = False,
        server: Annotated[
            str | None,
            typer.Option(
                help="Ask this server as a relay does: ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT.", metavar="ADDRESS"
            ),
        ] = None,
        interface: Annotated[
            str | None, typer.Option(help="Ask every server on this wire, as a client does; needs root.")
        ] = None,
        mac: Annotated[
            str | None,
            typer.Option(help="The client's hardware address. Default: a random one.", rich_help_panel=_IDENTITY),
        ] = None,
        client_id: Annotated[
            str | None,
            typer.Option(help="Client identifier: 01:02:..., 0x..., or '\"text\"'.", rich_help_panel=_IDENTITY),
        ] = None,
        duid: Annotated[
            str | None, typer.Option(help="DUID in hex; of DHCPv4 it makes option 61.", rich_help_panel=_IDENTITY)
        ] = None,
        iaid: Annotated[str, typer.Option(help="IAID, a number.", rich_help_panel=_IDENTITY)] = "1",
        host_name: Annotated[str | None, typer.Option(help="Host name (DHCPv4).", rich_help_panel=_SAYS)] = None,
        fqdn: Annotated[
            str | None, typer.Option(help="FQDN option; full with a final dot.", rich_help_panel=_SAYS)
        ] = None,
        fqdn_flags: Annotated[
            str, typer.Option(help="Its flags, out of S, N, O, and of DHCPv4 E.", rich_help_panel=_SAYS)
        ] = "SE",
        request: Annotated[
            list[str] | None,
            typer.Option(help="Ask for this option, by name or code; several times.", rich_help_panel=_SAYS),
        ] = None,
        option: Annotated[
            list[str] | None,
            typer.Option(
                help="Say any option: NAME=VALUE or CODE=0xHEX; several times.",
                metavar="NAME=VALUE",
                rich_help_panel=_SAYS,
            ),
        ] = None,
        requested_address: Annotated[
            str | None, typer.Option(help="The address, or of DHCPv6 the prefix, to begin with.", rich_help_panel=_SAYS)
        ] = None,
        pd: Annotated[bool, typer.Option("--pd", help="Ask for a prefix too (DHCPv6).", rich_help_panel=_SAYS)] = False,
        lease_time: Annotated[
            int | None, typer.Option(min=0, max=2**32 - 1, help="Seconds asked for.", rich_help_panel=_SAYS)
        ] = None,
        broadcast: Annotated[
            bool, typer.Option("--broadcast", help="Ask for broadcast answers (DHCPv4).", rich_help_panel=_SAYS)
        ] = False,
        giaddr: Annotated[
            str | None, typer.Option(help="The relay's address (DHCPv4). Default: ours.", rich_help_panel=_RELAY)
        ] = None,
        circuit_id: Annotated[
            str | None,
            typer.Option(help="Circuit id, of DHCPv6 the interface id; text or 0xHEX.", rich_help_panel=_RELAY),
        ] = None,
        remote_id: Annotated[str | None, typer.Option(help="Remote id, text or 0xHEX.", rich_help_panel=_RELAY)] = None,
        link_address: Annotated[
            str | None,
            typer.Option(
                help="The link that the client is on (RFC 3527); of DHCPv6 an address on it.", rich_help_panel=_RELAY
            ),
        ] = None,
        offer_only: Annotated[
            bool, typer.Option("--offer-only", help="Stop before anything is committed.", rich_help_panel=_STEPS)
        ] = False,
        rapid_commit: Annotated[
            bool, typer.Option("--rapid-commit", help="Ask for a lease at once.", rich_help_panel=_STEPS)
        ] = False,
        reboot: Annotated[
            str | None,
            typer.Option(
                help="Begin as a client that had this address: INIT-REBOOT, or CONFIRM.", rich_help_panel=_STEPS
            ),
        ] = None,
        inform: Annotated[
            str | None,
            typer.Option(
                help="Only ask for parameters, as a client that has this address, to which the answer goes.",
                rich_help_panel=_STEPS,
            ),
        ] = None,
        information: Annotated[
            bool,
            typer.Option("--information", help="The same of DHCPv6, which needs no address.", rich_help_panel=_STEPS),
        ] = False,
        renew: Annotated[bool, typer.Option("--renew", help="Renew the lease.", rich_help_panel=_STEPS)] = False,
        release: Annotated[
            bool, typer.Option("--release", help="Give the lease back at the end.", rich_help_panel=_STEPS)
        ] = False,
        count: Annotated[
            int,
            typer.Option(
                min=1, max=MOST_CLIENTS, help="So many clients one after the other; their hardware addresses count up."
            ),
        ] = 1,
        timeout: Annotated[
            float,
            typer.Option(
                min=0.1, max=60, help="Seconds to wait for each answer; in that time it is asked for three times."
            ),
        ] = 6.0,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Be a DHCP client for once: a real exchange with any server, every field of every message, with times.

        Without --offer-only the server leases an address, as it does to any client; --release gives it back. The exit
        status is 1 when nobody answers or a server refuses.
        """
        from tenure.console.probe.asked import Asked, counted, hardware_of  # noqa: PLC0415 - `--help` does without
        from tenure.console.probe.lines import ProbeReport  # noqa: PLC0415
        from tenure.console.probe.start import route_to  # noqa: PLC0415

        asked = Asked(
            client_id=client_id,
            duid=duid,
            iaid=iaid,
            host_name=host_name,
            fqdn=fqdn,
            fqdn_flags=fqdn_flags,
            giaddr=giaddr,
            circuit_id=circuit_id,
            remote_id=remote_id,
            link_address=link_address,
            request=tuple(request or ()),
            options=tuple(option or ()),
            requested_address=requested_address,
            reboot=reboot,
            inform=inform,
            information=information,
            pd=pd,
            lease_time=lease_time,
            rapid_commit=rapid_commit,
            broadcast=broadcast,
            offer_only=offer_only,
            renew=renew,
            release=release,
            patience=timeout,
        )
        try:
            hardware = hardware_of(mac) if mac else b"\x02" + secrets.token_bytes(5)
            clients = [counted(hardware, index) for index in range(count)]
            route = route_to(6 if v6 else 4, server, interface, asked)
        except ValueError as error:
            raise fail(str(error), WRONG) from None
        lines = [_probe_one(open_wire, route, asked, client, output) for client in clients]
        if output is Format.JSON:
            print_value(ProbeReport(tuple(lines)))
        elif count > 1:
            say(f"{sum(line.done for line in lines)} of {count} clients were served.")
        if not all(line.done for line in lines):
            raise typer.Exit(FAILED)

    return probe


def _probe_one(open_wire: OpenWire, route: Route, asked: Asked, hardware: bytes, output: Format) -> ProbeLine:
    """One client's exchange, told as it goes."""
    from tenure.console.probe.asking import follow  # noqa: PLC0415 - `--help` does without
    from tenure.console.probe.lines import ProbeLine, message_line  # noqa: PLC0415
    from tenure.console.probe.start import begin  # noqa: PLC0415

    try:
        talk = begin(route, asked, hardware)
    except ValueError as error:
        raise fail(str(error), WRONG) from None
    messages: list[MessageLine] = []

    def show(told: Told) -> None:
        messages.append(message_line(told))
        if output is Format.TABLE:
            _print_message(messages[-1])

    try:
        wire = open_wire(replace(route, hardware=hardware))
        try:
            outcome = follow(talk(wire), show)
        finally:
            wire.close()
    except OSError as error:
        if error.errno is not None:  # of the output: a wire says in words what the machine refuses it
            raise
        raise fail(str(error)) from None
    if output is Format.TABLE:
        say(f"{hardware.hex(':')}: {outcome.words}.")
    return ProbeLine(hardware.hex(":"), outcome.done, outcome.words, outcome.address, tuple(messages))


def _print_message(line: MessageLine) -> None:
    size = f"{len(line.octets) // 2} octets"
    if line.direction == "sent":
        print(f"{line.message} to {line.peer}, {size}")
    else:
        print(f"{line.message} from {line.peer} after {line.milliseconds:.1f} ms, {size}")
    if line.note:
        print(f"  ! it does not count: {line.note}")
    print_fields(line.fields)
    print(flush=True)
