"""The kinds of value that keys hold: text in the file, a value of the cores behind it.

Each kind is parsed in one place; its `ValueError` says what is wrong, and what would be right is added from the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from tenure.authority.policy import Rule, parse_rule
from tenure.authority.settings import RemoteServer
from tenure.authority.views import ClientMatch, parse_client
from tenure.dhcpwire.identity import duid_key
from tenure.dnswire.name import Name, from_text
from tenure.hearing.heard import REQUESTS
from tenure.naming.hostname import normalise
from tenure.naming.template import NameTemplate

_DNS_PORT = 53
SHARED = "shared"  # the word for what is in no view of its own, where the name of a view is asked for
LOOPBACK_OF_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Endpoint(NamedTuple):
    """An address and a port; either was checked. Port 0: none was written."""

    host: str
    port: int

    def or_port(self, port: int) -> Endpoint:
        """With the default port where none was written."""
        return self if self.port else Endpoint(self.host, port)

    def reachable(self) -> Endpoint:
        """Where a client of this machine reaches what listens here: a loopback address for the unspecified one."""
        return Endpoint(LOOPBACK_OF_ANY.get(self.host, self.host), self.port)

    def everywhere(self) -> Endpoint:
        """The same port on all addresses of the same family."""
        return Endpoint("::" if ":" in self.host else "0.0.0.0", self.port)

    def is_specific(self) -> bool:
        """Whether it is one address, not all of the machine's."""
        return self.host not in LOOPBACK_OF_ANY


class Place(NamedTuple):
    """Who may do something without a key: a network, or who holds a key."""

    network: IPv4Network | IPv6Network | None
    key: Name | None


def wrong(text: str, right: str) -> PydanticCustomError:
    """An error of a value: what is wrong with it, and what would be right."""
    return PydanticCustomError("wrong", "{text}; {right}", {"text": text, "right": right})


def kind(parse: Callable[[str], object], right: str, example: str) -> Any:  # what Annotated takes
    """The annotation of a key whose text `parse` reads; `right` says what would be, if that raises `ValueError`."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise wrong("is not text in quotes", right)
        try:
            return parse(value.strip())
        except ValueError as error:
            raise wrong(str(error), right) from None

    schema = {"type": "string", "description": right[0].upper() + right[1:], "examples": [example]}
    return PlainValidator(validate), WithJsonSchema(schema)


def _parse_name(text: str) -> Name:
    return from_text(text).lower()


def parse_endpoint(text: str) -> Endpoint:
    """The address and the port that somebody wrote; `ValueError` says what is wrong."""
    host, port = _split_port(text)
    if ambiguous := _ambiguous(text):
        raise ValueError(ambiguous)
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError(f"{host!r} is not an IP address") from None
    if port and not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        raise ValueError(f"{port!r} is not a port from 1 to 65535")
    return Endpoint(str(address), int(port or 0))


def _ambiguous(text: str) -> str:
    """How an IPv6 address without brackets could end in a port that nobody sees; empty where it cannot."""
    host, _, last = text.rpartition(":")
    if text.startswith("[") or not (last.isascii() and last.isdecimal() and len(last) > 1):
        return ""
    try:
        IPv6Address(host)
    except ValueError:
        return ""
    return f"ends in a port or is an address without one; write [{host}]:{last} or [{text}]"


def _split_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or rest == ":":
            raise ValueError("the brackets around an IPv6 address are not closed, or no port follows them")
        return host, rest[1:]
    if text.count(":") > 1:
        return text, ""
    host, colon, port = text.partition(":")
    if colon and not port:
        raise ValueError("the port behind the colon is missing")
    return host, port


def _parse_interface(text: str) -> str:
    # What Linux accepts as a name (dev_valid_name), without the names that look like a pattern.
    if not re.fullmatch(r"[^\s/:*]{1,15}", text) or text in {".", ".."}:
        raise ValueError("is not the name of an interface")
    return text


def _parse_label(text: str) -> str:
    if normalise([text.encode()]) != (text.lower().encode(),):
        raise ValueError("is not the first label of a host name")
    return text.lower()


def _parse_new_view(text: str) -> str:
    if text.lower() == SHARED:
        raise ValueError("is the word for zones that all views share")
    return parse_view(text)


def parse_view(text: str) -> str:
    """The name of a view that somebody wrote, empty for the word `shared`; `ValueError` says what is wrong."""
    if normalise([text.encode()]) != (text.lower().encode(),):
        raise ValueError("is not the name of a view")
    return "" if text.lower() == SHARED else text.lower()


def view_word(view: str) -> str:
    """The word by which people name a view."""
    return view or SHARED


def _parse_source(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,62})", text) or text == REQUESTS:
        raise ValueError("is the word for what was requested" if text == REQUESTS else "is no name of a source")
    return text


def _parse_replacement(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]*", text):
        raise ValueError("cannot stand in a host name itself")
    return text


def _parse_duid(text: str) -> bytes:
    octets = bytes.fromhex(text.replace(":", ""))
    if duid_key(octets) is None:
        raise ValueError("is no DUID by its length")
    return octets


def _parse_place(text: str) -> Place:
    words = text.split()
    if len(words) == 2 and words[0] == "key":
        return Place(None, _parse_name(words[1]))
    if text == "any":
        raise ValueError("is not a network; for everybody, write both 0.0.0.0/0 and ::/0")
    try:
        return Place(ip_network(text), None)
    except ValueError as error:
        raise ValueError(str(error)) from None


def _parse_remote(text: str) -> RemoteServer:
    """`ADDRESS[:PORT] [port PORT] [key NAME]`, as a BIND server is named in `primaries`."""
    words = text.split()
    said = dict(zip(words[1::2], words[2::2], strict=False))
    host = words[0] if words else ""
    bare = host.count(":") > 1 and not host.startswith("[")
    endpoint = parse_endpoint(f"[{host}]" if bare and "port" in said else host)
    if len(words) % 2 == 0 or len(said) != len(words) // 2 or not said.keys() <= {"port", "key"}:
        raise ValueError("is not an address with a port and a key, each of them once")
    if "port" in said:
        endpoint = parse_endpoint(f"[{endpoint.host}]:{said['port']}")
    key = _parse_name(said["key"]) if "key" in said else None
    return RemoteServer(endpoint.host, endpoint.or_port(_DNS_PORT).port, key)


def _parse_size(text: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,11})([kKmMgG]?)", text)
    if found is None:
        raise ValueError("is not a number of octets")
    return int(found[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[found[2].lower()]


def _parse_store(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    if scheme not in {"sqlite", "postgresql"} or not colon or not rest:
        raise ValueError("names neither of the two stores")
    if scheme == "sqlite" and rest.startswith("//") and not rest.startswith("///"):
        raise ValueError("has no host: a path follows the colon")
    if scheme == "postgresql" and not rest.startswith("//"):
        raise ValueError("has no slashes behind the colon")
    if scheme == "postgresql" and rest.partition("?")[0].count("@") > 1:
        raise ValueError("has more than one @; in a password it is written %40")
    return text


def one_of(choices: type[StrEnum]) -> Any:
    """The annotation of a key that holds one word of a closed set."""
    words = ", ".join(f'"{choice}"' for choice in choices)

    def parse(text: str) -> StrEnum:
        if text not in set(choices):
            raise ValueError("is none of the words known here")
        return choices(text)

    validator, _ = kind(parse, f"write one of {words}", next(iter(choices)))
    return (
        validator,
        PlainSerializer(str, return_type=str),
        WithJsonSchema({"type": "string", "enum": [str(choice) for choice in choices]}),
    )


DomainName: TypeAlias = Annotated[
    Name, *kind(_parse_name, 'write a domain name, such as "example.test."', "example.test.")
]
Listen: TypeAlias = Annotated[
    Endpoint,
    *kind(parse_endpoint, 'write an address and a port, such as "10.1.0.1:53" or "[::1]:53"', "127.0.0.1:53"),
]
Interface: TypeAlias = Annotated[
    str, *kind(_parse_interface, 'write the name of one interface, such as "eth0"', "eth0")
]
Template: TypeAlias = Annotated[
    NameTemplate,
    *kind(
        NameTemplate,
        'write lower-case letters, digits, hyphens and words, such as "{prefix}-{address}"',
        "{prefix}-{address}",
    ),
]
Replacement: TypeAlias = Annotated[
    str, *kind(_parse_replacement, 'write lower-case letters, digits or a hyphen, such as "-"', "-")
]
Label: TypeAlias = Annotated[str, *kind(_parse_label, 'write letters, digits and hyphens, such as "wpad"', "wpad")]
ViewName: TypeAlias = Annotated[
    str, *kind(_parse_new_view, 'write letters, digits and hyphens, such as "internal"', "internal")
]
ViewWord: TypeAlias = Annotated[
    str, *kind(parse_view, 'write the name of a view, such as "internal", or "shared"', "internal")
]
ViewClient: TypeAlias = Annotated[
    ClientMatch,
    *kind(
        parse_client,
        'write a network, such as "10.1.0.0/16", "key dhcp.", "any" or "none", and "!" in front for those not',
        "10.1.0.0/16",
    ),
]
PolicyRule: TypeAlias = Annotated[
    Rule, *kind(parse_rule, 'write a rule as for BIND, such as "grant dhcp. zonesub ANY"', "grant dhcp. zonesub ANY")
]
SourceName: TypeAlias = Annotated[str, *kind(_parse_source, 'write letters, digits and hyphens, such as "kea"', "kea")]
Duid: TypeAlias = Annotated[
    bytes, *kind(_parse_duid, 'write a DUID in hexadecimal, such as "00:04:6b:c6:..."', "00:03:00:01:02:00:00:00:00:01")
]
IpAddress: TypeAlias = Annotated[
    str, *kind(lambda text: str(ip_address(text)), 'write an address, such as "127.0.0.1" or "::1"', "127.0.0.1")
]
Network: TypeAlias = Annotated[
    IPv4Network | IPv6Network,
    *kind(ip_network, 'write a network, such as "10.1.0.0/16" or "fd00:1::/32"', "10.1.0.0/16"),
]
TransferPlace: TypeAlias = Annotated[
    Place, *kind(_parse_place, 'write a network, such as "10.1.0.0/16", or a key, such as "key dhcp."', "key dhcp.")
]
RemotePlace: TypeAlias = Annotated[
    RemoteServer,
    *kind(
        _parse_remote,
        'write an address with what it needs of port and key, such as "10.1.0.2 port 5300 key transfer."',
        "10.1.0.2 port 5300 key transfer.",
    ),
]
Octets: TypeAlias = Annotated[int, *kind(_parse_size, 'write a number of octets, such as "500k", "64M" or "2G"', "64M")]
StoreUrl: TypeAlias = Annotated[
    str, *kind(_parse_store, 'write "sqlite:PATH" or "postgresql://USER@HOST/DATABASE"', "sqlite:tenure.db")
]
