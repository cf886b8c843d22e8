"""What the identifiers of clients and servers say, in words: option 61 (RFC 2132 section 9.14, RFC 4361) and DUIDs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tenure.dhcpwire.words import hex_of, octets_text

_HARDWARE = {1: "Ethernet", 6: "IEEE 802", 7: "ARCNET", 15: "frame relay", 24: "IEEE 1394", 27: "EUI-64"}
_HARDWARE[32] = "InfiniBand"
_DUID_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # RFC 8415 section 11.2


def hardware_type_text(htype: int) -> str:
    """`Ethernet`, or `hardware type 99`."""
    return _HARDWARE.get(htype, f"hardware type {htype}")


def client_id_text(data: bytes) -> str:
    """The data of option 61; `ValueError` for less than its two octets."""
    if len(data) < 2:
        raise ValueError("a client identifier has at least 2 octets; it is ignored")
    kind, rest = data[0], data[1:]
    if kind == 0:
        return f"not a hardware address: {octets_text(rest)}"
    if kind == 255 and len(rest) > 4:
        return f"IAID {rest[:4].hex()}, {duid_text(rest[4:])}"
    if kind == 255:
        raise ValueError("the type says IAID and DUID (RFC 4361), and there is no DUID")
    if kind == 1 and len(rest) == 6:
        return f"Ethernet {rest.hex(':')}"
    return f"type {kind}: {octets_text(rest)}"


def duid_text(duid: bytes) -> str:
    """`DUID-LL Ethernet 02:00:00:00:0a:01`; a kind that is not known, or too short for it, in hex."""
    kind = int.from_bytes(duid[:2], "big")
    if len(duid) > 8 and kind == 1:
        made_at = _DUID_EPOCH + timedelta(seconds=int.from_bytes(duid[4:8], "big"))
        htype = hardware_type_text(int.from_bytes(duid[2:4], "big"))
        return f"DUID-LLT {htype} {duid[8:].hex(':')} of {made_at:%Y-%m-%d %H:%M:%S}Z"
    if len(duid) > 6 and kind == 2:
        return f"DUID-EN enterprise {int.from_bytes(duid[2:6], 'big')}, {octets_text(duid[6:])}"
    if len(duid) > 4 and kind == 3:
        return f"DUID-LL {hardware_type_text(int.from_bytes(duid[2:4], 'big'))} {duid[4:].hex(':')}"
    if len(duid) == 18 and kind == 4:
        return f"DUID-UUID {uuid_text(duid[2:])}"
    return f"DUID of an unknown kind, {hex_of(duid)}"


def uuid_text(octets: bytes) -> str:
    """16 octets in the groups of RFC 4122 section 3."""
    digits = octets.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
