"""How values are shown to people, the same on every surface. What a client sent comes out printable."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

from tenure.dhcpwire.identity import hardware_to_text, key_to_text
from tenure.dnswire.name import Name, to_text
from tenure.leasing.lease import FOREVER, Lease, LeaseState
from tenure.leasing.whereabouts import Whereabouts, parse_whereabouts
from tenure.naming.reason import WORDS, Reason

_LONGEST_INTERFACE = 16  # IFNAMSIZ, with the final zero


def address_text(address: bytes | None) -> str:
    """`10.1.2.55`, empty for none."""
    return "" if address is None else str(ip_address(address))


def leased_text(lease: Lease) -> str:
    """What is leased: `10.1.2.55`, or a prefix with its length, `2001:db8:8000::/56`."""
    return address_text(lease.address) + (f"/{lease.prefix_length}" if lease.prefix_length else "")


def route_text(lease: Lease) -> str:
    """How packets get to a prefix: `via fe80::1 dev eth0`, or `behind 2001:db8:1::1 via fe80::1`; else empty.

    On a wire of ours the client is the next hop, and its interface's name is known. Behind a relay the route is that
    one's to have: the next hop is told, and the relay by the address that it has on the client's link.
    """
    if not lease.prefix_length or lease.relay is None or (place := parse_whereabouts(lease.relay)) is None:
        return ""
    hop = f"via {address_text(place.link_local)}"
    if place.relay is None:
        return f"{hop} dev {_octets_text(place.interface)}"
    return f"behind {address_text(place.relay)} {hop}"


def place_text(lease: Lease) -> str:
    """Where a DHCPv6 client is, by its relay's words for the place; empty for what is not known."""
    if not lease.is_dhcpv6 or lease.relay is None or (place := parse_whereabouts(lease.relay)) is None:
        return ""
    return ", ".join(_place_words(place))


def _place_words(place: Whereabouts) -> list[str]:
    words = [] if place.relay is None else [f"relay {address_text(place.relay)}"]
    for word, octets in (("interface", place.interface), ("remote id", place.remote_id)):
        words += [f"{word} {_octets_text(octets)}"] if octets else []
    return words + ([f"subscriber {_octets_text(place.subscriber_id)}"] if place.subscriber_id else [])


def _octets_text(octets: bytes) -> str:
    """Text as it is where it is printable, else hexadecimal."""
    text = octets.decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() else "0x" + octets.hex()


def interface_name(text: str) -> str:
    """The name of an interface as a person or a hook gives it; `ValueError`."""
    if not 0 < len(text.encode()) < _LONGEST_INTERFACE or "/" in text or not text.isprintable():
        raise ValueError(f"{text!r} is no interface")
    return text


def name_text(name: Name | None) -> str:
    """`host.example.test.`, empty for none."""
    return "" if name is None else to_text(name)


def hardware_text(hardware: bytes | None) -> str:
    """`02:00:5e:10:00:07`, empty for none."""
    return "" if not hardware else hardware_to_text(hardware)


def client_text(client: bytes | None) -> str:
    """The identity of a lease: a hardware address, or `id` and octets; empty for none."""
    return "" if client is None else key_to_text(client)


def time_text(at: float | None) -> str:
    """Local time with its distance from UTC, to the second; `never` for an infinite lease's end; empty for none."""
    if at is None:
        return ""
    if at >= FOREVER:
        return "never"
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(sep=" ", timespec="seconds")


def time_from_text(text: str) -> float:
    """UTC seconds of `2026-03-01 14:02`, in local time unless it says otherwise; `ValueError` says what is right."""
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time; write 2026-03-01 14:02, or 2026-03-01T14:02:00+01:00") from None


def reason_text(reason: str) -> str:
    """The sentence of a reason's code; the code itself where it is not one that we know."""
    return WORDS[Reason(reason)] if reason in set(Reason) else reason


def lease_state_text(state: int) -> str:
    """The word for where an address stands."""
    return LeaseState(state).name.lower()


def printable(text: str) -> str:
    """The text with everything that is not printable ASCII written as an escape, for terminals."""
    if text.isascii() and text.isprintable():
        return text
    return text.encode("unicode_escape").decode("ascii")
