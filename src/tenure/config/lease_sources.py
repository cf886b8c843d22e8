"""`[[lease-sources]]`: lease databases of other DHCP servers, which are followed and never written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tenure.config.fields import DomainName, SourceName, one_of
from tenure.config.section import Section
from tenure.naming.policy import ReplaceClientName

FILE_SECONDS, DATABASE_SECONDS = 1.0, 5.0


class SourceKind(StrEnum):
    """Whose leases they are, and where they stand."""

    DHCPD = "dhcpd"
    KEA_MEMFILE = "kea-memfile"
    KEA_POSTGRESQL = "kea-postgresql"


class LeaseSource(Section):
    """A lease database of another DHCP server. Its leases are named as ours are, by `[ddns]`."""

    name: SourceName
    """What it is called in messages and commands."""

    kind: Annotated[SourceKind, *one_of(SourceKind)]
    """`dhcpd`: lease files of ISC dhcpd; `kea-memfile`: lease files of Kea; `kea-postgresql`: a database of Kea."""

    files: list[str] = []
    """The lease files, of IPv4, IPv6 or both, relative to this file. Those of Kea's clean-up beside them count too."""

    url: str | None = None
    """The database, `postgresql://...`; its user needs to read `lease4` and `lease6`. A password is best in .pgpass."""

    poll_interval: Annotated[float, Field(ge=0.1, le=3600)] | None = None
    """How often it is looked at, in seconds. Default: 1 for files, of which only what is new is read; 5 for databases,
    which are read whole."""

    ddns_qualifying_suffix: DomainName | None = None
    """As in `[ddns]`, for the leases of this source."""

    ddns_replace_client_name: Annotated[ReplaceClientName | None, *one_of(ReplaceClientName)] = None
    """As in `[ddns]`, for the leases of this source: `never` leaves those without a name unnamed."""

    @property
    def naming(self) -> dict[str, object]:
        """What it writes about naming, by field of `NamingPolicy`."""
        written = {
            "qualifying_suffix": self.ddns_qualifying_suffix,
            "replace_client_name": self.ddns_replace_client_name,
        }
        return {name: value for name, value in written.items() if value is not None}
