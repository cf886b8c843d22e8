"""The same DHCPv4 exchanges for any server, from a relay in each network: `python dhcp4_battery.py SERVER`.

Prints as JSON what became of each, in words that do not depend on which addresses a server likes. Run inside a
namespace with the relay's addresses below. The server leases 3600 seconds, 600 to 7200 where it is asked for, in

    10.1.0.0/24   10.1.0.50-.59 to phones (option 60), 10.1.0.100-.139 to all, 10.1.0.7 to client 7 as `printer`
    10.2.0.0/24   without a pool
    10.3.0.0/24   10.3.0.100 alone, on one wire with 10.4.0.0/24, which has 10.4.0.100 and .101
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass, field

from dhcpv4 import request, tlv

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
KINDS = {OFFER: "OFFER", ACK: "ACK", NAK: "NAK"}
HOME, EMPTY, SHARED, NOWHERE = "10.1.0.1", "10.2.0.1", "10.3.0.1", "10.5.0.1"
RELAYS = (HOME, EMPTY, SHARED, NOWHERE)
# What every reply to a client has that asked for nothing, or what is counted otherwise.
NOT_TOLD = {1, 28, 51, 53, 54, 56, 58, 59, 61, 82}
UNASKED = {3, 6, 12, 15}  # told by some whether a client asks for them or not; noted once, in an exchange of its own
PHONE = (60, b"phone v2")
CIRCUIT = (82, tlv(1, b"port 7") + tlv(2, b"switch"))
PLACES = {
    "10.1.0.7": "the reserved address",
    **{f"10.1.0.{number}": "phones" for number in range(50, 60)},
    **{f"10.1.0.{number}": "pool" for number in range(100, 140)},
    "10.3.0.100": "first of the shared",
    "10.4.0.100": "second of the shared",
    "10.4.0.101": "second of the shared",
}


@dataclass
class Reply:
    """A reply taken apart."""

    kind: int
    yiaddr: str
    siaddr: str
    file: bytes
    options: dict[int, bytes]


@dataclass
class Battery:
    """A relay that speaks for many clients."""

    server: str
    said: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("0.0.0.0", 67))
        self.socket.settimeout(1.0)

    def ask(
        self,
        name: str,
        kind: int | None,
        client: int,
        *options: tuple[int, bytes],
        giaddr: str = HOME,
        ciaddr: str = "0.0.0.0",
        **fields: object,
    ) -> Reply | None:
        """One message; what came back is noted under the name, and given."""
        self.number += 1
        head = () if kind is None else ((53, bytes((kind,))),)
        octets = request(
            *head,
            *options,
            xid=self.number,
            hops=1,
            giaddr=socket.inet_aton(giaddr),
            ciaddr=socket.inet_aton(ciaddr),
            **{"chaddr": mac(client), **fields},  # type: ignore[arg-type]
        )
        self.socket.sendto(octets, (self.server, 67))
        reply = self.hear(self.number)
        self.said[name] = "silence" if reply is None else outcome(reply, dict(options))
        return reply

    def hear(self, xid: int) -> Reply | None:
        """The reply to a message; others are late and passed over."""
        while True:
            try:
                octets = self.socket.recv(4096)
            except TimeoutError:
                return None
            if octets[0] == 2 and octets[4:8] == xid.to_bytes(4, "big"):
                return read(octets)

    def join(self, client: int, *options: tuple[int, bytes], wish: str | None = None, giaddr: str = HOME) -> str:
        """DISCOVER and REQUEST, neither of which is noted; the address, empty if there is none."""
        known = dict(self.said)
        wished = () if wish is None else ((50, address(wish)),)
        offered = self.ask("", DISCOVER, client, *options, *wished, giaddr=giaddr)
        if offered is not None:
            self.ask("", REQUEST, client, *selecting(offered), *options, giaddr=giaddr)
        self.said = known
        return "" if offered is None else offered.yiaddr


def mac(client: int) -> bytes:
    """The hardware address of a client."""
    return bytes((2, 0, 0, 0, 0, client))


def address(text: str) -> bytes:
    """Four octets."""
    return socket.inet_aton(text)


def selecting(offered: Reply) -> tuple[tuple[int, bytes], ...]:
    """What a client says that takes an offer."""
    return (54, offered.options[54]), (50, address(offered.yiaddr))


def read(octets: bytes) -> Reply:
    """A reply's fields and options."""
    options: dict[int, bytes] = {}
    offset = 240
    while offset < len(octets) and octets[offset] != 255:
        if octets[offset] == 0:
            offset += 1
            continue
        code, length = octets[offset], octets[offset + 1]
        options[code] = options.get(code, b"") + octets[offset + 2 : offset + 2 + length]
        offset += 2 + length
    kind = options.get(53, b"\0")[0]
    file = octets[108:236].rstrip(b"\0")
    return Reply(kind, socket.inet_ntoa(octets[16:20]), socket.inet_ntoa(octets[20:24]), file, options)


def outcome(reply: Reply, sent: dict[int, bytes]) -> str:
    """What a reply says, without the addresses."""
    parts = [KINDS.get(reply.kind, f"type {reply.kind}")]
    if reply.yiaddr != "0.0.0.0":
        parts[0] += f" of {PLACES.get(reply.yiaddr, reply.yiaddr)}"
    lease = int.from_bytes(reply.options.get(51, b""), "big")
    if lease and not 3540 <= lease <= 3600:  # some tell what is left of it
        parts.append(f"{lease} s")
    if reply.file:
        parts.append(f"file {reply.file.decode('ascii', 'replace')}")
    for code, what in ((61, "client id"), (82, "relay")):
        if code in sent:
            parts.append(f"{what} echoed" if reply.options.get(code) == sent[code] else f"{what} not echoed")
    asked = set(sent.get(55, bytes(range(256))))
    told = sorted(set(reply.options) - NOT_TOLD - (UNASKED - asked))
    return "; ".join(parts + ([f"options {' '.join(map(str, told))}"] if told else []))


def asking(*codes: int) -> tuple[int, bytes]:
    """Option 55."""
    return 55, bytes(codes)


NOTHING = asking(1)  # a client that asks for the mask alone, so that replies are short
CLIENT_ID = (61, b"\0client")


def run(battery: Battery) -> dict[str, str]:
    """All the exchanges, in their order."""
    discoveries(battery)
    requests(battery)
    endings(battery)
    places(battery)
    oddities(battery)
    return battery.said


def discoveries(battery: Battery) -> None:
    """What is offered, and which options with it."""
    ask = battery.ask
    first = ask("DISCOVER", DISCOVER, 1, NOTHING)
    assert first is not None, "the server does not answer at all"
    unasked = sorted(set(first.options) & UNASKED)
    battery.said["what is told unasked"] = " ".join(map(str, unasked)) or "nothing"
    ask("DISCOVER without option 55", DISCOVER, 1)
    ask("DISCOVER that asks for routers, DNS servers and search list", DISCOVER, 1, asking(3, 6, 119))
    ask("DISCOVER that asks for classless routes", DISCOVER, 1, asking(121, 3))
    ask("DISCOVER that asks for routes as Windows does", DISCOVER, 1, asking(249))
    ask("DISCOVER that asks for option 108", DISCOVER, 1, asking(108))
    ask("DISCOVER with a client identifier", DISCOVER, 2, NOTHING, CLIENT_ID)
    ask("DISCOVER with relay information", DISCOVER, 3, NOTHING, CIRCUIT)
    ask("DISCOVER of a phone", DISCOVER, 4, NOTHING, PHONE)
    ask("DISCOVER of a phone that asks for its option", DISCOVER, 4, asking(66, 6), PHONE)
    ask("DISCOVER that asks for a free address", DISCOVER, 5, NOTHING, (50, address("10.1.0.120")))
    ask("DISCOVER that asks for an address in no pool", DISCOVER, 5, NOTHING, (50, address("10.1.0.200")))
    ask("DISCOVER that asks for a short lease", DISCOVER, 6, NOTHING, (51, (100).to_bytes(4, "big")))
    ask("DISCOVER that asks for a longer lease", DISCOVER, 6, NOTHING, (51, (5000).to_bytes(4, "big")))
    ask("DISCOVER that asks for a lease that is too long", DISCOVER, 6, NOTHING, (51, (99999).to_bytes(4, "big")))
    ask("DISCOVER of a client with a reservation", DISCOVER, 7, asking(12))
    ask("DISCOVER with rapid commit, not allowed here", DISCOVER, 8, NOTHING, (80, b""))


def requests(battery: Battery) -> None:
    """REQUEST in each state."""
    ask = battery.ask
    offered = ask("DISCOVER before the REQUEST", DISCOVER, 20, NOTHING)
    assert offered is not None
    mine = offered.yiaddr
    ask("REQUEST to another server", REQUEST, 20, NOTHING, (54, address("10.8.8.8")), (50, address(mine)))
    ask("REQUEST SELECTING", REQUEST, 20, NOTHING, *selecting(offered))
    ask("REQUEST SELECTING again", REQUEST, 20, NOTHING, *selecting(offered))
    ask("DISCOVER of who has a lease", DISCOVER, 20, NOTHING)
    us = (54, offered.options[54])
    ask("REQUEST SELECTING of what another client has", REQUEST, 21, NOTHING, us, (50, address(mine)))
    ask(
        "REQUEST SELECTING of an address that is reserved for another",
        REQUEST,
        21,
        NOTHING,
        us,
        (50, address("10.1.0.7")),
    )
    ask("REQUEST SELECTING of an address of another network", REQUEST, 21, NOTHING, us, (50, address("10.77.0.9")))
    ask("REQUEST INIT-REBOOT", REQUEST, 20, NOTHING, (50, address(mine)))
    ask("REQUEST INIT-REBOOT of another address", REQUEST, 20, NOTHING, (50, address("10.1.0.139")))
    ask("REQUEST INIT-REBOOT on another network", REQUEST, 20, NOTHING, (50, address("10.77.0.9")))
    ask("REQUEST INIT-REBOOT of a client that is not known", REQUEST, 22, NOTHING, (50, address("10.1.0.138")))
    ask("REQUEST INIT-REBOOT of what another client has", REQUEST, 22, NOTHING, (50, address(mine)))
    ask("REQUEST REBINDING", REQUEST, 20, NOTHING, ciaddr=mine)
    ask("REQUEST REBINDING of a client that is not known", REQUEST, 23, NOTHING, ciaddr="10.1.0.137")
    ask("REQUEST REBINDING of what another client has", REQUEST, 23, NOTHING, ciaddr=mine)
    ask("REQUEST REBINDING on another network", REQUEST, 20, NOTHING, ciaddr="10.77.0.9")
    ask("REQUEST that names no address", REQUEST, 24, NOTHING)
    phone = battery.join(25, NOTHING, PHONE, wish="10.1.0.55")
    ask("REQUEST REBINDING of a phone that is none any more", REQUEST, 25, NOTHING, ciaddr=phone)
    reserved = ask("DISCOVER before the REQUEST of what is reserved", DISCOVER, 7, asking(12))
    assert reserved is not None
    ask("REQUEST SELECTING of what is reserved for it", REQUEST, 7, asking(12), *selecting(reserved))


def endings(battery: Battery) -> None:
    """RELEASE, DECLINE, INFORM."""
    ask = battery.ask
    offered = ask("DISCOVER before the RELEASE", DISCOVER, 30, NOTHING)
    assert offered is not None
    us, mine = (54, offered.options[54]), offered.yiaddr
    battery.join(30, NOTHING)
    ask("RELEASE of what another client has", RELEASE, 31, us, ciaddr=mine)
    ask("REQUEST REBINDING after that", REQUEST, 30, NOTHING, ciaddr=mine)
    ask("RELEASE", RELEASE, 30, us, ciaddr=mine)
    again = ask("DISCOVER after the RELEASE", DISCOVER, 30, NOTHING)
    battery.said["the address after the RELEASE"] = "the same" if again and again.yiaddr == mine else "another"
    ask("REQUEST REBINDING after the RELEASE", REQUEST, 30, NOTHING, ciaddr=mine)
    declined = battery.join(32, NOTHING)
    ask("DECLINE", DECLINE, 32, us, (50, address(declined)))
    after = ask("DISCOVER after the DECLINE", DISCOVER, 32, NOTHING)
    battery.said["the address after the DECLINE"] = "the same" if after and after.yiaddr == declined else "another"


def places(battery: Battery) -> None:
    """Where clients are: networks without pools, shared ones, and selections."""
    ask = battery.ask
    ask("DISCOVER where no pool is", DISCOVER, 40, NOTHING, giaddr=EMPTY)
    ask("DISCOVER from a network that is not known", DISCOVER, 40, NOTHING, giaddr=NOWHERE)
    for number, name in ((41, "first"), (42, "second"), (43, "third"), (44, "fourth")):
        battery.join(number, NOTHING, giaddr=SHARED)
        ask(f"DISCOVER of the {name} client on a shared network", DISCOVER, number, NOTHING, giaddr=SHARED)
    ask("DISCOVER with link selection", DISCOVER, 45, NOTHING, (82, tlv(5, address("10.1.0.0"))), giaddr=SHARED)
    ask("DISCOVER with subnet selection", DISCOVER, 46, NOTHING, (118, address("10.1.0.0")), giaddr=SHARED)


def oddities(battery: Battery) -> None:
    """Messages that are none, or that nobody answers."""
    ask = battery.ask
    ask("a message without a type (BOOTP)", None, 50)
    ask("a message with type 9", 9, 50, NOTHING)
    ask("DISCOVER without a hardware address", DISCOVER, 0, NOTHING, chaddr=b"", htype=0)
    ask(
        "DISCOVER without a hardware address, with a client identifier",
        DISCOVER,
        0,
        NOTHING,
        CLIENT_ID,
        chaddr=b"",
        htype=0,
    )


if __name__ == "__main__":
    print(json.dumps(run(Battery(sys.argv[1])), indent=1))
