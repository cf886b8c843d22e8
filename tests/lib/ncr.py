"""Name change requests as Kea's DHCP servers send them, made by hand, so that our parser is not its own witness."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from typing import Any

DHCID = "000001989C76F648722F390DA94F9506EF6CE954C0EDA96809E7F62C9193635FCFAF67"


def body(**changed: Any) -> dict[str, Any]:
    """What kea-dhcp4 2.2 writes for a lease of an hour, an hour's third from the client's last transaction on."""
    said: dict[str, Any] = {
        "change-type": 0,
        "forward-change": True,
        "reverse-change": True,
        "fqdn": "pc1.example.test.",
        "ip-address": "10.1.0.10",
        "dhcid": DHCID,
        "lease-expires-on": "20261126135713",
        "lease-length": 1200,
        "use-conflict-resolution": True,
    }
    said |= {key.replace("_", "-"): value for key, value in changed.items()}
    return {key: value for key, value in said.items() if value is not None}


def packed(said: dict[str, Any]) -> bytes:
    """The datagram."""
    text = json.dumps(said, separators=(",", ":")).encode()
    return len(text).to_bytes(2, "big") + text


def request(**changed: Any) -> bytes:
    """The datagram of a request."""
    return packed(body(**changed))


def numbered(number: int, **changed: Any) -> bytes:
    """The request of one of many clients, which was heard just now."""
    expires = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 1200))
    of_client = {
        "fqdn": f"h{number}.example.test.",
        "ip_address": f"10.1.{number // 250}.{number % 250 + 1}",
        "dhcid": "000001" + f"{number:064X}",
        "lease_expires_on": expires,
    }
    return request(**(of_client | changed))


def send(port: int, datagrams: Iterable[bytes]) -> None:
    """All of them, as fast as they go."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for datagram in datagrams:
            out.sendto(datagram, ("127.0.0.1", port))
