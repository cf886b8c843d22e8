"""The same DHCPv6 exchanges for any server, from a relay on 2001:db8:9::/64: `python dhcp6_battery.py RELAY SERVER`.

Prints as JSON what became of each, in words that do not depend on which addresses a server likes. Run inside a
namespace; the server leases 2001:db8:1::100 to ::10f to clients behind the relay's link address 2001:db8:1::1 and
delegates /56 of 2001:db8:ff00::/40 there; 2001:db8:1::77 is reserved for client 7. It has a second link,
2001:db8:2::/64, without a pool.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass

from dhcpv6 import (
    ADDR_REG_INFORM,
    CONFIRM,
    DECLINE,
    INFORMATION,
    NA,
    PD,
    REBIND,
    RELEASE,
    RENEW,
    REQUEST,
    SOLICIT,
    TA,
    OptionPair,
    Said,
    ia,
    ip,
    message,
    oro,
    read,
    relayed,
)

KINDS = {2: "ADVERTISE", 7: "REPLY", 37: "ADDR-REG-REPLY"}
STATUS = {
    0: "Success",
    1: "UnspecFail",
    2: "NoAddrsAvail",
    3: "NoBinding",
    4: "NotOnLink",
    5: "UseMulticast",
    6: "NoPrefixAvail",
}
IAS = {NA: "NA", TA: "TA", PD: "PD"}
LINK, EMPTY, NOWHERE = "2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"
FQDN = (39, b"\1\3pc1")


@dataclass
class Battery:
    """A relay that speaks for many clients."""

    relay: str
    server: str
    duid: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.bind((self.relay, 547))
        self.socket.settimeout(1.0)
        self.said: dict[str, str] = {}
        self.number = 0

    def ask(
        self,
        name: str,
        kind: int,
        client: int,
        *options: OptionPair,
        link: str = LINK,
        hops: int = 1,
        named: bool | None = None,
    ) -> Said | None:
        """One message; what came back is noted under the name, and given."""
        self.number += 1
        xid = self.number.to_bytes(3, "big")
        names = kind in {REQUEST, RENEW, RELEASE, DECLINE} if named is None else named
        head = [(1, client_id(client)), *([(2, self.duid)] if names else [])]
        octets = message(kind, *head, *options, xid=xid)
        for hop in range(hops):
            octets = relayed(octets, link if hop == 0 else "::", f"fe80::{client}", (18, b"port"), hops=hop)
        self.socket.sendto(octets, (self.server, 547))
        said = self.hear(xid)
        self.said[name] = "silence" if said is None else outcome(said)
        return said

    def hear(self, xid: bytes) -> Said | None:
        """The reply to a message; others are late and passed over."""
        while True:
            try:
                said = read(self.socket.recv(4096))
            except TimeoutError:
                return None
            if said.xid == xid:
                return said


def client_id(client: int) -> bytes:
    """The DUID of a client."""
    return b"\0\3\0\1\2\0\0\0\0" + bytes((client,))


def outcome(said: Said) -> str:
    """What a reply says, without the addresses."""
    parts = [KINDS.get(said.kind, str(said.kind))]
    if said.status is not None:
        parts.append(STATUS[said.status])
    for one in said.ias:
        leased = sum(1 for _, valid in one.leases.values() if valid)
        ended = len(one.leases) - leased
        what = [f"{leased} leased"] * bool(leased) + [f"{ended} ended"] * bool(ended)
        what += [STATUS[one.status]] if one.status is not None else []
        parts.append(f"{IAS[one.code]} {', '.join(what) or 'empty'}")
    told = sorted(set(said.options) - {1, 2, 13})
    return "; ".join(parts + ([f"options {' '.join(map(str, told))}"] if told else []))


def leases(said: Said | None) -> list[str]:
    """What was granted."""
    return [] if said is None else [one for one, (_, valid) in said.leases.items() if valid]


def run(battery: Battery) -> dict[str, str]:
    """All the exchanges, in their order."""
    ask = battery.ask
    first = ask("SOLICIT", SOLICIT, 1, ia(NA, 1))
    assert first is not None, "the server does not answer at all"
    battery.duid = first.options[2]
    ask("SOLICIT for an address and a prefix", SOLICIT, 1, ia(NA, 1), ia(PD, 1))
    ask("SOLICIT for a temporary address", SOLICIT, 1, ia(TA, 1))
    ask("SOLICIT without an association", SOLICIT, 1)
    ask("SOLICIT that names a server", SOLICIT, 1, ia(NA, 1), named=True)
    ask("SOLICIT with rapid commit, not allowed here", SOLICIT, 1, ia(NA, 1), (14, b""))
    ask("SOLICIT where no pool is", SOLICIT, 1, ia(NA, 1), ia(PD, 1), link=EMPTY)
    ask("SOLICIT from a link that is not known", SOLICIT, 1, ia(NA, 1), link=NOWHERE)
    ask("SOLICIT through nine relays", SOLICIT, 1, ia(NA, 1), hops=9)
    ask("SOLICIT of a client with a reservation", SOLICIT, 7, ia(NA, 1))
    ask("SOLICIT with option 39, asked for", SOLICIT, 1, ia(NA, 1), FQDN, oro(39))

    held = leases(ask("REQUEST", REQUEST, 2, ia(NA, 1), ia(PD, 1)))
    address, prefix = held[0], held[1]
    ask("REQUEST again", REQUEST, 2, ia(NA, 1, address), ia(PD, 1, prefix))
    ask("REQUEST of three associations", REQUEST, 3, ia(NA, 1), ia(NA, 2), ia(PD, 9))
    ask("REQUEST of an address that another client has", REQUEST, 4, ia(NA, 1, address))
    ask("REQUEST of an address of another link", REQUEST, 4, ia(NA, 1, "2001:db8:77::5"))
    ask("REQUEST to another server", REQUEST, 4, (2, b"\0\3\0\1other."), ia(NA, 1), named=False)
    ask("REQUEST with DNS servers and search list asked for", REQUEST, 2, ia(NA, 1, address), oro(23, 24))
    ask("REQUEST with option 39, asked for", REQUEST, 5, ia(NA, 1), FQDN, oro(39))
    ask("REQUEST with option 39, not asked for", REQUEST, 6, ia(NA, 1), (39, b"\1\3pc6"))

    ask("RENEW", RENEW, 2, ia(NA, 1, address), ia(PD, 1, prefix))
    ask("RENEW of an association that is not known", RENEW, 8, ia(NA, 1, "2001:db8:1::10a"))
    ask("RENEW of an address that another client has", RENEW, 9, ia(NA, 1, address))
    ask("RENEW of an address of another link", RENEW, 2, ia(NA, 1, "2001:db8:77::5"))
    ask("RENEW where no pool is", RENEW, 10, ia(NA, 1, "2001:db8:2::5"), link=EMPTY)
    ask("REBIND", REBIND, 2, ia(NA, 1, address), ia(PD, 1, prefix))
    ask("REBIND of an association that is not known", REBIND, 11, ia(NA, 1, "2001:db8:1::10b"))
    ask("REBIND of an address of another link, not known", REBIND, 12, ia(NA, 1, "2001:db8:77::5"))

    ask("CONFIRM on the link", CONFIRM, 2, ia(NA, 1, address))
    ask("CONFIRM of an address of another link", CONFIRM, 2, ia(NA, 1, "2001:db8:77::5"))
    ask("CONFIRM without an address", CONFIRM, 2, ia(NA, 1))
    ask("INFORMATION-REQUEST", INFORMATION, 2, oro(23, 24))
    ask("INFORMATION-REQUEST with an association", INFORMATION, 2, ia(NA, 1), oro(23))

    ask("RELEASE of what another client has", RELEASE, 13, ia(NA, 1, address))
    ask("RELEASE of another address than the association has", RELEASE, 2, ia(NA, 1, "2001:db8:1::10f"))
    ask("DECLINE", DECLINE, 3, ia(NA, 1, *leases(ask("RENEW before the DECLINE", RENEW, 3, ia(NA, 1)))))
    ask("RELEASE", RELEASE, 2, ia(NA, 1, address), ia(PD, 1, prefix))
    ask("RELEASE again", RELEASE, 2, ia(NA, 1, address), ia(PD, 1, prefix))
    own = (5, ip("2001:db8:1::aaaa") + b"\0\0\x0e\x10\0\0\x1c\x20")
    battery.said["ADDR-REG-INFORM"] = registered(battery, own)
    return battery.said


def registered(battery: Battery, own: OptionPair) -> str:
    """What becomes of an address that a client made itself, sent from that address."""
    octets = message(ADDR_REG_INFORM, (1, client_id(14)), own, xid=b"reg")
    battery.socket.sendto(relayed(octets, LINK, "2001:db8:1::aaaa"), (battery.server, 547))
    said = battery.hear(b"reg")
    return "silence" if said is None else outcome(said)


if __name__ == "__main__":
    print(json.dumps(run(Battery(*sys.argv[1:])), indent=1))
