"""The services by name."""

from __future__ import annotations

from enum import StrEnum


class Service(StrEnum):
    """The services, each a process; the value is its command."""

    DHCP = "dhcp"
    DNS = "dns"
    REQUESTS = "requests"
    FOLLOWER = "follower"
    UPDATER = "updater"
    TRANSFERS = "transfers"
    JANITOR = "janitor"
