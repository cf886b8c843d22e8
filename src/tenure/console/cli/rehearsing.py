"""`tenure explain --packet`: what would become of packets."""

from __future__ import annotations

import sys
import time
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.console.cli.options import WRONG, Format, fail, opened
from tenure.console.cli.output import print_value, say
from tenure.console.cli.packets import print_fields

if TYPE_CHECKING:
    from tenure.console.rehearsal import PacketStories, PacketStory, Rehearse, UpdateLine

HEADINGS = {
    "place": "Where it came from",
    "client": "Who asks",
    "address": "Which address",
    "lifetime": "For how long",
    "name": "Which name",
    "negotiation": "Who updates DNS",
    "proof": "The proof",
    "verdict": "What becomes of it",
}


def explain_packets(
    rehearse: Rehearse,
    config: Path,
    packet: str,
    interface: str | None,
    source: str | None,
    at: str | None,
    limit: int,
    output: Format,
) -> None:
    """Tell what would become of the packets in `packet`; nothing is changed."""
    with opened(config) as configuration:
        from tenure.console.packet_input import read_packets  # noqa: PLC0415 - `tenure --help` does without
        from tenure.console.rehearsal import Question, interface_problem, stories  # noqa: PLC0415
        from tenure.console.words import time_from_text  # noqa: PLC0415
        from tenure.dhcpwire.capture import is_v6  # noqa: PLC0415

        try:
            packets, wrong = read_packets(packet, sys.stdin.buffer)
            now = time.time() if at is None else time_from_text(at)
            sender = None if source is None else _address(source)
        except ValueError as error:
            raise fail(str(error), WRONG) from None
        except OSError as error:
            raise fail(f"{packet} cannot be read: {error.strerror}") from None
        shown = packets[:limit]
        question = Question(shown, [6 if is_v6(one) else 4 for one in shown], interface, sender, now)
        if problem := interface_problem(configuration, question):
            raise fail(problem, WRONG)
        told = stories(question, rehearse(configuration, question))
        if output is Format.JSON:
            print_value(told)
        else:
            _print(told)
        if len(packets) > limit:
            print(f"tenure: the first {limit} of {len(packets)} messages; --limit tells more", file=sys.stderr)
        if wrong:
            raise fail(wrong)


def _address(text: str) -> bytes:
    try:
        return ip_address(text).packed
    except ValueError:
        raise ValueError(f"--from {text!r} is not an address") from None


def _print(told: PacketStories) -> None:
    for story in told.packets:
        _print_story(story)
    say("Nothing of this was sent, and nothing is kept of it.")


def _print_story(story: PacketStory) -> None:
    captured = f", captured {story.captured}" if story.captured else ""
    print(f"Packet {story.number}: {story.message}{captured}")
    print_fields(story.fields)
    topic = ""
    for rule in story.rules:
        if rule.topic != topic:
            topic = rule.topic
            print(f"\n{HEADINGS.get(topic, topic)}:")
        say(rule.text, 2)
    if story.answer is not None:
        print(f"\nThe answer, {story.answer.message} to {story.answer.destination}:")
        print_fields(story.answer.fields)
    _print_written(story)
    print()


def _print_written(story: PacketStory) -> None:
    """What would be in the store, and sent to DNS."""
    if not (story.leases or story.dropped or story.registrations or story.events):
        print("\nNothing would be written.")
        return
    print("\nWhat would be written:")
    for lease in story.leases:
        name = f", {lease.name}" if lease.name else ""
        say(f"lease {lease.address}: {lease.state}, {lease.client}{name}, until {lease.ends}; {lease.reason}.", 2)
    for address in story.dropped:
        say(f"lease {address}: its row goes, because the client has another address in the subnet now.", 2)
    for row in story.registrations:
        say(f"registration {row.name} {row.address}: forward {row.forward}, reverse {row.reverse}; {row.reason}.", 2)
    for event in story.events:
        about = " ".join(part for part in (event.event, event.address, event.name) if part)
        why = "; ".join(part for part in (event.cause, event.detail) if part)
        say(f"history: {about} ({why}).", 2)
    for update in story.updates:
        _print_update(update)
    if story.registrations and not story.updates:
        say("no UPDATE is due: DNS holds what is wanted, or an earlier one is on its way.", 2)


def _print_update(update: UpdateLine) -> None:
    print(f"\nThe {update.direction} record, {update.name}:")
    if not update.zone:
        say("no configured domain covers it, so nothing is sent.", 2)
        return
    signed = f"signed with {update.key}" if update.key else "unsigned"
    after = "; only after the forward record, and unless the name is somebody else's" if update.after_forward else ""
    say(f"UPDATE of {update.zone} to {', else '.join(update.servers)}, {signed} ({update.mode}){after}.", 2)
    for number, stage in enumerate(update.stages):
        print(f"  {'first' if number == 0 else 'or'}: {stage.step}")
        if stage.asks:
            print(f"    asks     {stage.asks}")
        for line in stage.prerequisites:
            print(f"    if       {line}")
        for line in stage.updates:
            print(f"    then     {line}")
        for rcode, follows in stage.answers.items():
            say(f"{rcode:<8} {follows}", 4)
