"""What resolv.conf(5) says: the name servers of the host, and the domains in which names are searched."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, NamedTuple

from tenure.dnswire.name import ROOT, Name, from_text

MOST_SERVERS: Final = 3  # as every resolver counts them (MAXNS)


class ResolvConf(NamedTuple):
    """Its lines that matter here; one that cannot be read counts as not written, as resolvers have it."""

    servers: tuple[str, ...] = ()  # addresses, in the order in which they are asked
    domains: tuple[Name, ...] = ()  # lower-cased


def parse_resolv_conf(text: str) -> ResolvConf:
    """The last `search` or `domain` line counts, and the first three name servers."""
    servers: list[str] = []
    domains: tuple[Name, ...] = ()
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0][0] in "#;":
            continue
        if words[0] == "nameserver" and len(servers) < MOST_SERVERS and _is_address(words[1]):
            servers.append(words[1])
        elif words[0] == "search":
            domains = tuple(found for word in words[1:] if (found := _domain(word)) is not None)
        elif words[0] == "domain":
            domains = tuple(found for word in words[1:2] if (found := _domain(word)) is not None)
    return ResolvConf(tuple(servers), domains)


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _domain(word: str) -> Name | None:
    try:
        name = from_text(word).lower()
    except ValueError:
        return None
    return None if name == ROOT else name
