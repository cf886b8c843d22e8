"""DHCPv4 requests for tests, made by hand, so that no code under test makes its own input; and the vectors."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"
MAC = bytes.fromhex("020000000a01")


def vectors(name: str) -> dict[str, Any]:
    """One file of vectors."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


def tlv(code: int, data: bytes) -> bytes:
    """One instance of an option."""
    return bytes((code, len(data))) + data


def request(
    *options: tuple[int, bytes],
    op: int = 1,
    htype: int = 1,
    hlen: int | None = None,
    hops: int = 0,
    xid: int = 0x12345678,
    secs: int = 0,
    flags: int = 0,
    ciaddr: bytes = bytes(4),
    giaddr: bytes = bytes(4),
    chaddr: bytes = MAC,
    sname: bytes = b"",
    file: bytes = b"",
    cookie: bytes = b"\x63\x82\x53\x63",
    end: bytes = b"\xff",
) -> bytes:
    """A message from a client."""
    header = struct.pack(
        "!BBBBIHH4s4s4s4s16s64s128s4s",
        op,
        htype,
        len(chaddr) if hlen is None else hlen,
        hops,
        xid,
        secs,
        flags,
        ciaddr,
        bytes(4),
        bytes(4),
        giaddr,
        chaddr,
        sname,
        file,
        cookie,
    )
    return header + b"".join(tlv(code, data) for code, data in options) + end
