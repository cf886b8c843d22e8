"""Profiles: the defaults of other products, for who comes from them. What is written in the configuration goes first.

A profile never loosens the proof of who owns a name; what each product does, and where that is said, is told in
`docs/operate/profiles.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from tenure.naming.policy import ReplaceClientName


class Profile(StrEnum):
    """The product."""

    KEA = "kea"  # Kea 2.2 to 2.6
    WINDOWS = "windows"  # the DHCP service of Windows Server
    ISC = "isc"  # ISC dhcpd 4.4 with `ddns-update-style standard`


DEFAULTS: Final[Mapping[Profile, Mapping[str, Any]]] = {
    Profile.KEA: {
        "replace_client_name": ReplaceClientName.NEVER,
        "generated_prefix": "myhost",
    },
    Profile.WINDOWS: {
        "update_unasked": False,  # only with "dynamically update DNS records for DHCP clients that do not request"
        "replace_client_name": ReplaceClientName.NEVER,
        "ttl": 900,
    },
    Profile.ISC: {
        "replace_client_name": ReplaceClientName.NEVER,
        "ttl_percent": 0.5,
        "ttl_min": 1,
        "ttl_max": 3600,
    },
}
