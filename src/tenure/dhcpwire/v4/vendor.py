"""Vendor-identifying options (RFC 3925): several vendors in one option, each under its enterprise number.

option 124   enterprise(4) length(1) { chunk-length(1) chunk }*
option 125   enterprise(4) length(1) { code(1) length(1) data }*
"""

from __future__ import annotations


def vendor_options(data: bytes) -> list[tuple[int, bytes]]:
    """Enterprise and sub-options of each vendor, in their order, up to the first damage."""
    found = []
    offset = 0
    while offset + 5 <= len(data):
        after = offset + 5 + data[offset + 4]
        if after > len(data):
            break
        found.append((int.from_bytes(data[offset : offset + 4], "big"), data[offset + 5 : after]))
        offset = after
    return found


def vendor_classes(data: bytes) -> list[tuple[int, list[bytes]]]:
    """The classes of each vendor, which may be named several times; vendors in their order, up to the first damage."""
    found: dict[int, list[bytes]] = {}
    for enterprise, body in vendor_options(data):
        found.setdefault(enterprise, []).append(body)
    return list(found.items())
