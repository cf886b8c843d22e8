"""Zone serial numbers: 32-bit serial number arithmetic (RFC 1982)."""

from __future__ import annotations


def serial_gt(a: int, b: int) -> bool:
    """Whether serial `a` is after serial `b`; at a distance of exactly 2^31, which RFC 1982 leaves open, it is not."""
    return 0 < (a - b) & 0xFFFFFFFF < 0x80000000


def next_serial(serial: int) -> int:
    """The serial after this one; 0 is skipped, because some servers take it to mean unset."""
    return (serial + 1) & 0xFFFFFFFF or 1
