"""Reverse zones of less than an octet (RFC 2317), whose names can be read in more than one way, or in none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from tenure.config.configuration import Configuration
from tenure.config.domains import domain_plans, reverse_range
from tenure.config.problem import Problem
from tenure.dnswire.name import Name, labels, to_text
from tenure.naming.registration import Direction
from tenure.naming.reverse import IN_ADDR_ARPA, classless_range

_FORMS = (
    "name it after its prefix (64/26.2.0.192.in-addr.arpa.) or its first and last address"
    " (64-127.2.0.192.in-addr.arpa.) if pointers of leases belong there"
)
_PREFIX_LIKE = re.compile(rb"(\d+)-(2[5-9]|3[0-2])")


def reverse_remarks(configuration: Configuration) -> Iterator[Problem]:
    """A zone that is no addresses' by its name, and one whose range looks like the length of a prefix."""
    for plan in domain_plans(configuration, Direction.REVERSE):
        is_written = plan.written_at[0] == "ddns"
        if not plan.zone.endswith(IN_ADDR_ARPA) or not (is_written or configuration.names_leases):
            continue
        key = (*plan.written_at, "zone" if is_written else "name")
        if reverse_range(plan.zone) is None:
            yield Problem(key, "is not understood as addresses, so no lease has its pointer there", _FORMS)
        elif (part := classless_range(plan.zone)) is not None and (prefix := _prefix_meant(plan.zone, *part)):
            first, last = map(IPv4Address, part)
            yield Problem(key, f"is read as the addresses {first} to {last}", f"write {prefix} if the prefix is meant")


def _prefix_meant(zone: Name, first: int, last: int) -> str:
    """The zone as that of a prefix, where its name may have been meant so; empty: it is not.

    A range that is just the addresses of a prefix, such as `0-31`, is a range.
    """
    found = _PREFIX_LIKE.fullmatch(labels(zone)[0])
    size = last - first + 1
    if found is None or first % (1 << 32 - int(found[2])) or (size & size - 1 == 0 and first % size == 0):
        return ""
    return f"{found[1].decode()}/{found[2].decode()}.{to_text(zone).partition('.')[2]}"
