"""Vendor options of DHCPv6 (RFC 8415 sections 21.16 and 21.17): one vendor in each, under its enterprise number.

VENDOR_CLASS   enterprise(4) { length(2) chunk }*
VENDOR_OPTS    enterprise(4) { code(2) length(2) data }*
"""

from __future__ import annotations


def vendor_options(data: bytes) -> list[tuple[int, bytes]]:
    """The enterprise of VENDOR_OPTS and its sub-options as they came; nothing of what is too short."""
    return [(int.from_bytes(data[:4], "big"), data[4:])] if len(data) >= 4 else []


def vendor_classes(data: bytes) -> list[tuple[int, list[bytes]]]:
    """The enterprise of VENDOR_CLASS and its chunks, up to the first damage."""
    chunks, offset = [], 4
    while offset + 2 <= len(data):
        after = offset + 2 + int.from_bytes(data[offset : offset + 2], "big")
        if after > len(data):
            break
        chunks.append(data[offset + 2 : after])
        offset = after
    return [(int.from_bytes(data[:4], "big"), chunks)] if len(data) >= 4 else []
