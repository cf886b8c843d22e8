"""`tenure history` and `tenure explain`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import FAILED, WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import on_terminal, print_rows, print_value, say
from tenure.console.cli.rehearsing import explain_packets

if TYPE_CHECKING:
    from tenure.console.chain import ChainLine
    from tenure.console.explain import Explanation
    from tenure.console.rehearsal import Rehearse
    from tenure.console.subject import Subject

PACKETS = "About packets"
CHAIN_COLUMNS = ["time", "correlation", "actor", "event", "name", "address", "cause", "detail"]
HELD_COLUMNS = ["address", "client", "hardware", "name", "since", "until"]

EXPLAIN_EXAMPLES = examples(
    "tenure explain -c tenure.toml pc1",
    "tenure explain -c tenure.toml 10.1.2.55",
    "tenure explain -c tenure.toml 02:00:5e:10:00:07",
    "tcpdump -i eth0 -c 1 -w - port 67 | tenure explain -c tenure.toml --interface eth0 --packet -",
)
HISTORY_EXAMPLES = examples(
    "tenure history -c tenure.toml pc1.example.test. --since '2026-03-01 14:00'",
    "tenure history -c tenure.toml --address 10.1.2.55 --at '2026-03-01 14:02'",
    "tenure history -c tenure.toml --kind registration-refused -o json",
)

TimeOption = Annotated[str | None, typer.Option(help="Local time such as '2026-03-01 14:02'.")]


def explain_command(rehearse: Rehearse) -> Callable[..., None]:
    """The command; `rehearse` decides packets and undoes it."""

    def explain(
        *,
        config: ConfigOption,
        subject: Annotated[
            str | None, typer.Argument(help="A name, an address, a MAC, `id 01:02:...`, or a correlation id.")
        ] = None,
        packet: Annotated[
            str | None,
            typer.Option(
                metavar="HEX|FILE",
                help="Tell what would become of a DHCP message, or of those in a pcap; - reads standard input.",
                rich_help_panel=PACKETS,
            ),
        ] = None,
        interface: Annotated[
            str | None, typer.Option(help="The wire that it came on.", rich_help_panel=PACKETS)
        ] = None,
        source: Annotated[
            str | None, typer.Option("--from", help="The address that it came from.", rich_help_panel=PACKETS)
        ] = None,
        at: Annotated[
            str | None, typer.Option(help="When it comes. Default: now.", metavar="TIME", rich_help_panel=PACKETS)
        ] = None,
        output: FormatOption = Format.TABLE,
        limit: Annotated[int, typer.Option(min=1, help="Show at most so many events, or packets.")] = 200,
    ) -> None:
        """Tell how something stands now and everything that led there, in the order of time.

        With --packet: tell what would be leased, named, answered and written, rule by rule. Nothing is changed.
        """
        if (subject is None) == (packet is None):
            raise fail("what to explain? Either a name, an address, a MAC or an id, or --packet with a message", WRONG)
        if packet is not None:
            explain_packets(rehearse, config, packet, interface, source, at, limit, output)
            return
        assert subject is not None
        if interface is not None or source is not None or at is not None:
            raise fail("--interface, --from and --at are about --packet", WRONG)
        _explain_subject(subject, config, output, limit)

    return explain


def _explain_subject(subject: str, config: Path, output: Format, limit: int) -> None:
    with opened(config) as configuration:
        from tenure.config.domains import domain_plans  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.explain import explain as explained  # noqa: PLC0415
        from tenure.console.store import leases_to_show, zones_to_show  # noqa: PLC0415
        from tenure.naming.registration import Direction  # noqa: PLC0415

        asked = _subject(subject, [plan.zone for plan in domain_plans(configuration, Direction.FORWARD)])
        with leases_to_show(configuration) as leases, zones_to_show(configuration) as zones:
            found = explained(asked, leases, zones, time.time(), limit)
        if output is Format.JSON:
            print_value(found)
        else:
            _print(found)
        if not found.is_known:
            raise typer.Exit(FAILED)


def history(
    config: ConfigOption,
    about: Annotated[str | None, typer.Argument(help="A name, an address, a MAC, or a correlation id.")] = None,
    address: Annotated[str | None, typer.Option(help="Only events of this address.")] = None,
    at: Annotated[str | None, typer.Option(help="With --address: who held it at this time.")] = None,
    since: TimeOption = None,
    until: TimeOption = None,
    kind: Annotated[str | None, typer.Option(help="Only events of this kind, such as lease-bound.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many events, the newest.")] = 100,
    output: FormatOption = Format.TABLE,
) -> None:
    """List what happened; with --at TIME --address ADDRESS, tell who held the address then."""
    with opened(config) as configuration:
        from tenure.console.store import leases_to_show, zones_to_show  # noqa: PLC0415 - `--help` does without
        from tenure.console.timeline import holder_lines, recent_lines  # noqa: PLC0415
        from tenure.naming.event import KINDS  # noqa: PLC0415

        text = address or about
        asked = _subject(text, []) if text else None
        if address and (asked is None or asked.address is None):
            raise fail(f"--address {address!r} is not an address; write it such as 10.1.2.55", WRONG)
        moment, start, end = _time("--at", at), _time("--since", since), _time("--until", until)
        if start is not None and end is not None and start > end:
            raise fail("--since is later than --until, so nothing lies between them; change the two round", WRONG)
        if kind is not None and kind not in KINDS:
            raise fail(f"--kind {kind!r} is not known; write one of {', '.join(KINDS)}", WRONG)
        if moment is not None:
            if asked is None or asked.address is None:
                raise fail("--at asks who held an address; name it with --address", WRONG)
            with leases_to_show(configuration) as leases:
                holders = list(holder_lines(leases, asked.address, moment))
            print_rows(holders, HELD_COLUMNS, output)
            if not holders:
                print(f"(nobody held {text} then, as far as the history goes back)", file=sys.stderr)
            return
        with leases_to_show(configuration) as leases, zones_to_show(configuration) as zones:
            lines = list(recent_lines(asked, leases, zones, start, end, kind, limit))
        if output is Format.TABLE and on_terminal():
            _print_chain(lines)
        else:
            print_rows(lines, CHAIN_COLUMNS, output, limit)


def _subject(text: str, domains: Sequence[bytes]) -> Subject:
    from tenure.console.subject import parse_subject  # noqa: PLC0415 - `tenure --help` does without

    try:
        return parse_subject(text, domains)
    except ValueError as error:
        raise fail(str(error), WRONG) from None


def _time(option: str, text: str | None) -> float | None:
    from tenure.console.words import time_from_text  # noqa: PLC0415 - `tenure --help` does without

    try:
        return None if text is None else time_from_text(text)
    except ValueError as error:
        raise fail(f"{option} {error}", WRONG) from None


def _print(found: Explanation) -> None:
    for sentence in found.now:
        say(sentence)
    if found.held:
        print("\nWho held it when:")
        print_rows(found.held, HELD_COLUMNS, Format.TABLE)
    if found.chain:
        print("\nWhat happened:")
        _print_chain(found.chain)


def _print_chain(chain: Sequence[ChainLine]) -> None:
    """Two lines for each event: when and what, then why."""
    for line in chain:
        about = " ".join(part for part in (line.name, line.address, line.client) if part)
        why = "; ".join(part for part in (line.cause, line.detail) if part)
        print(f"{line.time}  [{line.correlation}]  {line.actor}: {line.event} {about}".rstrip())
        if why:
            say(why, 4)
