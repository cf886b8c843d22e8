"""The DHCP clients that the agent knows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Client(StrEnum):
    """A DHCP client."""

    DHCLIENT = "dhclient"
    DHCPCD = "dhcpcd"
    NETWORK_MANAGER = "networkmanager"
    NETWORKD = "networkd"  # tells nobody; the agent reads its leases


NAMES: Final = {
    Client.DHCLIENT: "ISC dhclient",
    Client.DHCPCD: "dhcpcd",
    Client.NETWORK_MANAGER: "NetworkManager",
    Client.NETWORKD: "systemd-networkd",
}
