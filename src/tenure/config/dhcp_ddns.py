"""`[dhcp-ddns]`: name change requests of Kea's DHCP servers, in the place of D2. Keys and meanings are D2's."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tenure.config.fields import IpAddress, Network, one_of
from tenure.config.section import Section

PORT = 53001


class NcrProtocol(StrEnum):
    """How requests come. Kea has no other."""

    UDP = "UDP"


class NcrFormat(StrEnum):
    """How requests are written. Kea has no other."""

    JSON = "JSON"


class DhcpDdns(Section):
    """Names of leases that Kea's DHCP servers give, which ask for them as they would ask `kea-dhcp-ddns`."""

    ip_address: IpAddress = "127.0.0.1"
    """Where requests come to. Requests are not signed, so other machines are let in by allow-from only."""

    port: Annotated[int, Field(ge=1, le=65535)] = PORT
    """The UDP port that requests come to."""

    ncr_protocol: Annotated[NcrProtocol, *one_of(NcrProtocol)] = NcrProtocol.UDP
    """How requests come: `UDP`."""

    ncr_format: Annotated[NcrFormat, *one_of(NcrFormat)] = NcrFormat.JSON
    """How requests are written: `JSON`."""

    allow_from: list[Network] = []
    """From where requests are followed. Default: this machine. Needed where ip-address is not a loopback address."""

    valid_lifetime: Annotated[int, Field(ge=60, le=2**32 - 2)] | None = None
    """The longest lease in seconds that those DHCP servers give: so long after a client was last heard its records go,
    though no removal comes. Only right where Kea has `ddns-update-on-renew` = true, because otherwise it does not tell
    of renewals. Default: records go when Kea asks for it, or when a source that is followed says that the lease is
    over."""
