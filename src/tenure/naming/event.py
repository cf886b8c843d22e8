"""An entry of the history: what happened, to what, caused by what, by whom. Values only."""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name


class Event(NamedTuple):
    """Appended in the transaction of the change that it tells of, and never changed."""

    at: float  # UTC seconds
    kind: str  # `lease-bound`, `lease-renewed`, `registration-confirmed`, `update-refused`, ... see docs/reference
    actor: str  # who acted: `dhcp4`, `updater`, `janitor`, `dns key dhcp.`, `cli root`
    cause: str  # what made it happen: `REQUEST SELECTING from 10.1.0.1`, a Reason code, an RCODE
    correlation: str  # the same in everything that follows from one packet
    address: bytes | None = None  # 4 or 16 octets
    name: Name | None = None
    client: bytes | None = None  # the lease's identity key
    hardware: bytes | None = None  # htype octet and hardware address
    detail: str = ""  # more for people, in words
