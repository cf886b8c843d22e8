"""Who a client is: the key of its leases, the identifier that its DHCID is made of, and texts for people.

A client key is `0x00 htype hardware-address` for a DHCPv4 client without a client identifier (option 61), `0x01
option-61-data` for one that has it, and `0x02 DUID` for a DHCPv6 client.
"""

from __future__ import annotations

from typing import Final

from tenure.dhcpwire.v4.packet import Packet

HARDWARE_KEY: Final = 0
CLIENT_ID_KEY: Final = 1
DUID_KEY: Final = 2
CIRCUIT_ID_KEY: Final = 3  # of reservations only: what a relay says of the place (RFC 3046 section 3.1)
FLEX_ID_KEY: Final = 4  # of reservations only: the value of an expression

_CLIENT_IDENTIFIER: Final = 61
_ETHERNET: Final = 1
_MIN_CLIENT_ID: Final = 2  # RFC 2132 section 9.14; a shorter one identifies nobody and is ignored
_RFC4361: Final = 255
_IAID_SIZE: Final = 4
_MIN_DUID: Final = 3
_MAX_DUID: Final = 130  # RFC 8415 section 11.1: 2 octets of type and at most 128 more

# DHCID identifier types (RFC 4701 section 3.3)
HARDWARE_ADDRESS: Final = 0
CLIENT_IDENTIFIER: Final = 1
DUID: Final = 2


def client_key(packet: Packet) -> bytes:
    """The key of this client's leases: option 61 if it is there and at least 2 octets long, else htype and chaddr."""
    client_id = packet.options.get(_CLIENT_IDENTIFIER)
    if client_id is not None and len(client_id) >= _MIN_CLIENT_ID:
        return b"\1" + client_id
    return bytes((HARDWARE_KEY, packet.htype)) + packet.chaddr


def hardware(packet: Packet) -> bytes:
    """The htype octet and the hardware address, as leases keep them."""
    return bytes((packet.htype,)) + packet.chaddr


def dhcid_identity(packet: Packet) -> tuple[int, bytes] | None:
    """Identifier type and identifier for this client's DHCID, None if it is not fit for one; see `key_identity`."""
    return key_identity(client_key(packet))


def key_identity(key: bytes) -> tuple[int, bytes] | None:
    """Identifier type and identifier of the client with this key (RFC 4701 section 3.3).

    None, so that no name is registered, for: a hardware address that is empty or all zero; an option 61 that begins
    as RFC 4361 says (255) but holds no DUID, or one over 130 octets. ISC dhcpd and the letter of RFC 4701 derive
    something from these; two implementations that derive different things would evict each other, so none is made.
    """
    if key[0] == HARDWARE_KEY:
        return (HARDWARE_ADDRESS, key[1:]) if any(key[2:]) else None
    if key[0] == DUID_KEY:
        return DUID, key[1:]
    if key[1] != _RFC4361:
        return CLIENT_IDENTIFIER, key[1:]
    duid = key[2 + _IAID_SIZE :]
    return (DUID, duid) if 1 <= len(duid) <= _MAX_DUID else None


def parse_rfc4361(client_id: bytes) -> tuple[bytes, bytes] | None:
    """IAID and DUID in `255 IAID(4) DUID(1-130)` (RFC 4361 section 6.1), None for any other option 61."""
    iaid, duid = client_id[1 : 1 + _IAID_SIZE], client_id[1 + _IAID_SIZE :]
    if client_id[:1] != b"\xff" or not 1 <= len(duid) <= _MAX_DUID:
        return None
    return iaid, duid


def duid_key(duid: bytes) -> bytes | None:
    """The key of the DHCPv6 client with this DUID; None for one that is no DUID by its length (RFC 8415 section 11.1).

    Nothing else of a DUID is looked at: two are the same if their octets are (section 11).
    """
    return b"\2" + duid if _MIN_DUID <= len(duid) <= _MAX_DUID else None


def hardware_to_text(value: bytes) -> str:
    """`02:00:00:00:0a:01`, with `htype/` in front when it is not Ethernet: `6/02:00:...`."""
    text = value[1:].hex(":")
    return text if value[:1] == b"\1" else f"{value[0]}/{text}"


def hardware_from_text(text: str) -> bytes:
    """The htype octet and address of `02:00:00:00:0a:01`, `02-00-...`, `0200.0000.0a01` or `6/02:...`; `ValueError`."""
    htype, slash, address = text.strip().rpartition("/")
    octets = _hex_octets(address, "a hardware address is written 02:00:00:00:0a:01")
    if not 1 <= len(octets) <= 16:
        raise ValueError(f"a hardware address has 1 to 16 octets, {text!r} has {len(octets)}")
    if slash and not (htype.isascii() and htype.isdecimal() and int(htype) <= 255):
        raise ValueError(f"a hardware type is a number up to 255, not {htype!r}")
    return bytes((int(htype) if slash else _ETHERNET,)) + octets


def hardware_key(text: str) -> bytes:
    """The client key of a hardware address that a person wrote; `ValueError`."""
    return b"\0" + hardware_from_text(text)


def client_id_key(text: str) -> bytes:
    """The client key of a client identifier: hex as `01:02:...` or `0x0102...`, or text in quotes; `ValueError`.

    Text stands for the octet 0, "not a hardware address", and the text (RFC 2132 section 9.14), except that Kea's
    single quotes mean the characters alone.
    """
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] == "'" and text.isascii():
        octets = text[1:-1].encode("ascii")
    elif len(text) > 2 and text[0] == text[-1] == '"' and text.isascii():
        octets = b"\0" + text[1:-1].encode("ascii")
    else:
        octets = _hex_octets(text, "a client identifier is written 01:02:00:00:00:0a:01")
    if len(octets) < _MIN_CLIENT_ID:
        raise ValueError(f"a client identifier has at least {_MIN_CLIENT_ID} octets, {text!r} has {len(octets)}")
    return b"\1" + octets


def duid_from_text(text: str) -> bytes:
    """The octets of a DUID that a person wrote, as `00:03:00:01:02:...` or `0x0003...`; `ValueError`."""
    octets = _hex_octets(text.strip(), "a DUID is written 00:03:00:01:02:00:00:00:0a:01")
    if not _MIN_DUID <= len(octets) <= _MAX_DUID:
        raise ValueError(f"a DUID has {_MIN_DUID} to {_MAX_DUID} octets, {text!r} has {len(octets)}")
    return octets


def duid_key_from_text(text: str) -> bytes:
    """The client key of a DUID that a person wrote; `ValueError`."""
    return b"\2" + duid_from_text(text)


def circuit_id_key(text: str) -> bytes:
    """The reservation key of a relay's circuit: hex as `01:02:...` or `0x0102...`, or text in quotes; `ValueError`."""
    return bytes((CIRCUIT_ID_KEY,)) + octets_or_text(text)


def flex_id_key(text: str) -> bytes:
    """The reservation key of the value of an expression, written as a circuit is; `ValueError`."""
    return bytes((FLEX_ID_KEY,)) + octets_or_text(text)


def octets_or_text(text: str) -> bytes:
    """At least one octet, as hex or as text in quotes; `ValueError`."""
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"" and text.isascii():
        return text[1:-1].encode("ascii")
    octets = _hex_octets(text, "octets are written 00:04:00:01 and text 'port 7'")
    if not octets:
        raise ValueError("at least one octet is needed")
    return octets


def key_to_text(key: bytes) -> str:
    """A client key for people: the hardware address, or `id ` or `duid ` and the octets of the identifier in hex."""
    if key[0] == HARDWARE_KEY:
        return hardware_to_text(key[1:])
    return ("duid " if key[0] == DUID_KEY else "id ") + key[1:].hex(":")


def _hex_octets(text: str, right: str) -> bytes:
    digits = text.removeprefix("0x")
    separator = next((mark for mark in ":-." if mark in digits), None)
    groups = digits.split(separator) if separator else [digits]
    if separator in {":", "-"}:
        groups = [group.zfill(2) if group else "?" for group in groups]
    try:
        return bytes.fromhex("".join(groups))
    except ValueError:
        raise ValueError(f"{right}, not {text!r}") from None
