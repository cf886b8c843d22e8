"""What a person asks about: a name, an address, a hardware address, a client identifier, or a correlation id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tenure.dhcpwire.identity import client_id_key, duid_key_from_text, hardware_from_text
from tenure.dnswire.name import Name, from_text, to_text

_HARDWARE = re.compile(r"(\d+/)?([0-9a-f]{1,2}[:-]){5,15}[0-9a-f]{1,2}|([0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)

_ALMOST_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_NETWORK = re.compile(r"[0-9.]+/[0-9]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """Exactly one kind of thing is set; a word can be a short name and a correlation id at once."""

    text: str
    address: bytes | None = None
    hardware: bytes | None = None
    client: bytes | None = None
    names: tuple[Name, ...] = ()
    correlation: str | None = None


def parse_subject(text: str, domains: Iterable[Name]) -> Subject:
    """What the text stands for; a word without a dot is completed with each of the domains. `ValueError` if nothing."""
    text = text.strip()
    if not text:
        raise ValueError("nothing is asked about; write a name, an address, a MAC, `id 01:02:...` or a correlation id")
    if (address := _address(text)) is not None:
        return Subject(text, address=address)
    if text.startswith("id "):
        return Subject(text, client=client_id_key(text.removeprefix("id ")))
    if text.startswith("duid "):
        return Subject(text, client=duid_key_from_text(text.removeprefix("duid ")))
    if (prefix := _prefix(text)) is not None:
        return Subject(text, address=prefix)
    if _HARDWARE.fullmatch(text):
        return Subject(text, hardware=hardware_from_text(text))
    _refuse_what_is_nearly_right(text)
    if "." in text:
        return Subject(text, names=(_name(text),))
    return Subject(text, names=tuple(_completed(text, domains)), correlation=text)


def _address(text: str) -> bytes | None:
    try:
        return ip_address(text).packed
    except ValueError:
        return None


def _prefix(text: str) -> bytes | None:
    """The lowest address of an IPv6 prefix, by which its lease is known."""
    if ":" not in text or "/" not in text:
        return None
    try:
        return ip_network(text).network_address.packed
    except ValueError:
        return None


def _refuse_what_is_nearly_right(text: str) -> None:
    """Raises `ValueError` for a mistyped address, which is not to be answered with `nothing is known of it`."""
    if not text.isascii():
        raise ValueError(f"{text!r} is not ASCII; write a name in its A-label form")
    if _ALMOST_ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is not an IPv4 address; write it such as 10.1.2.55")
    if _NETWORK.fullmatch(text):
        raise ValueError(f"{text!r} is a network; write one address, such as 10.1.2.55")
    if ":" in text:
        raise ValueError(f"{text!r} is neither an IPv6 address nor a MAC; a MAC is such as 02:00:5e:10:00:07")


def _name(text: str) -> Name:
    try:
        return from_text(text).lower()
    except ValueError as error:
        raise ValueError(f"{text!r} is not a domain name: {error}") from None


def _completed(text: str, domains: Iterable[Name]) -> Iterable[Name]:
    for domain in domains:
        try:
            yield from_text(f"{text}.{to_text(domain)}").lower()
        except ValueError:  # it can still be a correlation id
            return
