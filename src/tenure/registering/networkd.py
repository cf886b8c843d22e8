"""What systemd-networkd writes down of a lease: lines of NAME=VALUE, in a file named after the interface's number.

It says which address is leased. It does not say what the server has answered in option 81, also where that was
requested, and leases of DHCPv6 are not among the files at all (systemd 252).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

_ADDRESS: Final = "ADDRESS="


def leased_address(text: str) -> bytes | None:
    """The address; None: there is none that could be read. systemd promises nothing of the form of these files."""
    for line in text.splitlines():
        if line.startswith(_ADDRESS):
            try:
                return IPv4Address(line.removeprefix(_ADDRESS)).packed
            except ValueError:
                return None
    return None
