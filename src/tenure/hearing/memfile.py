"""Kea's lease files (memfile): comma-separated values, a line for each change, the last line of an address counts.

The first line names the columns, which differ between versions and families. A comma in a value is written `&#x2c`. A
lease that was deleted has the lifetime 0. Beside the file stand those that the lease file cleanup (LFC) makes:

    .2, .1          what was there when it began, older ones first
    .completed      what it made of them, and not renamed to .2 yet: then it stands for both
    .output, .pid   its own
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_address
from typing import Final

from tenure.dhcpwire.identity import CLIENT_ID_KEY, DUID_KEY, HARDWARE_KEY
from tenure.hearing.entry import Entry, point_in_time
from tenure.naming.reason import Reason
from tenure.naming.ttl import INFINITE

COMPLETED: Final = ".completed"
PREVIOUS: Final = ".2"
COPY: Final = ".1"

_DEFAULT: Final = 0
_DECLINED: Final = 1
_RECLAIMED: Final = 2
_ADDRESS_LEASE: Final = "0"  # `lease_type`; 2 is a prefix
_ETHERNET: Final = b"\1"
_ESCAPED: Final = re.compile(rb"&#x([0-9a-fA-F]{2})")


def files_in_order(present: Collection[str], name: str) -> list[str]:
    """Of the files that are there, those that together are the leases of `name`, older ones first."""
    first = [name + COMPLETED] if name + COMPLETED in present else [name + PREVIOUS, name + COPY]
    return [one for one in (*first, name) if one in present]


class Header:
    """Where the columns are. `ValueError` for a line that does not name the columns that are needed."""

    def __init__(self, line: bytes) -> None:
        self._at = {column: place for place, column in enumerate(line.decode("ascii", "replace").split(","))}
        needed = {"address", "valid_lifetime", "expire", "fqdn_fwd", "fqdn_rev", "hostname", "state"}
        self.is_v6 = "duid" in self._at
        missing = needed - self._at.keys()
        if missing:
            raise ValueError(f"its first line does not name {', '.join(sorted(missing))}: it is no lease file of Kea")

    def entry(self, line: bytes) -> Entry | None:
        """What a line says; None if it is of a prefix. `ValueError` if it cannot be read."""
        values = line.split(b",")
        if len(values) < len(self._at):
            raise ValueError("it has too few columns")

        def text(column: str) -> str:
            place = self._at.get(column)
            return "" if place is None else values[place].decode("ascii", "replace")

        if self.is_v6 and text("lease_type") != _ADDRESS_LEASE:
            return None
        lifetime, state = int(text("valid_lifetime")), int(text("state"))
        return entry_of(
            ip_address(text("address")).packed,
            self._client(text),
            _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), values[self._at["hostname"]]),
            lifetime,
            int(text("expire")),
            state,
            (text("fqdn_fwd") == "1", text("fqdn_rev") == "1"),
        )

    def _client(self, text: Callable[[str], str]) -> bytes:
        if self.is_v6:
            return client_key(duid=bytes.fromhex(text("duid").replace(":", "")))
        hardware, client_id = text("hwaddr"), text("client_id")
        return client_key(bytes.fromhex(hardware.replace(":", "")), bytes.fromhex(client_id.replace(":", "")))


def client_key(hardware: bytes = b"", client_id: bytes = b"", duid: bytes = b"") -> bytes:
    """The identity key of a client of Kea's; empty where nobody has the address. Hardware is taken for Ethernet."""
    if duid:
        return bytes((DUID_KEY,)) + duid if len(duid) > 1 else b""  # of a declined address Kea writes one zero
    if len(client_id) > 1:
        return bytes((CLIENT_ID_KEY,)) + client_id
    return bytes((HARDWARE_KEY,)) + _ETHERNET + hardware if hardware else b""


def entry_of(
    address: bytes,
    client: bytes,
    host_name: bytes,
    lifetime: int,
    expire: int,
    state: int,
    keeps: Sequence[bool],
) -> Entry:
    """The entry of a row of Kea's, from a file or a database; `ValueError`. `keeps`: its fqdn_fwd and fqdn_rev.

    Where both are clear, Kea's own DDNS is off, or the client wanted nothing: then our policy says what is kept.
    """
    over = None
    if state == _RECLAIMED or lifetime == 0:
        over = Reason.LEASE_RELEASED if lifetime == 0 else Reason.LEASE_EXPIRED
    elif state != _DEFAULT:
        over = Reason.ADDRESS_DECLINED if state == _DECLINED else Reason.LEASE_RELEASED
    forward, reverse = keeps if any(keeps) else (None, None)
    if not 0 <= lifetime <= INFINITE:
        raise ValueError("it is no lifetime")
    ends_at = None if lifetime == INFINITE else point_in_time(expire)
    return Entry(address, client, host_name, over, ends_at, max(1, lifetime), forward, reverse)
