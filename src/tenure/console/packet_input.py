"""Packets as people hand them over: hex, a file of octets or hex, a capture."""

from __future__ import annotations

import binascii
from pathlib import Path
from typing import BinaryIO

from tenure.dhcpwire.capture import Datagram, datagrams, is_capture
from tenure.octets import Malformed

MOST_OCTETS = 256 << 20  # of a capture


def read_packets(text: str, standard_input: BinaryIO) -> tuple[list[Datagram], str]:
    """The DHCP messages of a hex text, a file, or `-`, the standard input; and what is wrong behind them, or nothing.

    `ValueError` when there is none, `OSError` when the file cannot be read.
    """
    if not text.strip():
        raise ValueError("--packet is empty; write the octets of a message in hex, a file of them, a capture, or -")
    if text != "-" and (octets := octets_of(text)) is not None:
        return [_bare(octets)], ""
    if text == "-":
        content, name = standard_input.read(MOST_OCTETS + 1), "the standard input"
    else:
        path = Path(text)
        if path.is_dir():
            raise ValueError(f"{text} is a folder; name a file with a message or a capture in it")
        if not path.exists():
            raise ValueError(f"{text!r} is neither pairs of hex digits nor a file")
        with path.open("rb") as file:
            content, name = file.read(MOST_OCTETS + 1), text
    if len(content) > MOST_OCTETS:
        raise ValueError(
            f"{name} has more than {MOST_OCTETS >> 20} MiB; cut it down with `tcpdump -r FILE -w SMALLER port 67`"
        )
    if is_capture(content):
        return _captured(content, name)
    octets = octets_of(content.decode("ascii", "replace")) or content
    if not octets:
        raise ValueError(f"{name} is empty")
    return [_bare(octets)], ""


def octets_of(text: str) -> bytes | None:
    """The octets of hex digits, with `0x`, `hex:`, colons or white space among them; None for any other text."""
    digits = "".join(text.split()).removeprefix("0x").removeprefix("hex:").replace(":", "")
    try:
        return binascii.unhexlify(digits) or None
    except ValueError:
        return None


def _captured(content: bytes, name: str) -> tuple[list[Datagram], str]:
    found: list[Datagram] = []
    wrong = ""
    try:
        # one by one, so that those before the damage are known
        for datagram in datagrams(content):
            found.append(datagram)  # noqa: PERF402
    except Malformed as damage:
        wrong = f"{name} is damaged: {damage}; what stands before that is told"
    if not found:
        raise ValueError(f"no DHCP message is in {name}{f', which is damaged: {wrong}' if wrong else ''}")
    return found, wrong


def _bare(octets: bytes) -> Datagram:
    """A message of which nothing is known but its octets."""
    return Datagram(0.0, b"", 0, b"", 0, octets)
