"""Exchanges that show whose values count for a DHCPv6 client, for any server: `python levels6_battery.py RELAY SERVER`.

Prints as JSON which pools a client got leases of, their lifetimes, and the options that it was told. Run inside a
namespace, beside a server that is configured as `test_levels6_beside_kea` says.
"""

from __future__ import annotations

import json
import sys
from ipaddress import IPv6Address

from dhcp6_battery import Battery
from dhcpv6 import INFORMATION, NA, PD, RENEW, REQUEST, SOLICIT, OptionPair, Said, ia, oro

FLOOR, YARD = "2001:db8:1::1", "2001:db8:3::1"
CAMERA = (16, b"\0\0\0\x09\0\6camera")
BOOTS = (61, b"\0\7")
DROP = (15, b"\0\4drop")
POOLS = {
    "cameras of the first": ("2001:db8:1::10", "2001:db8:1::11"),
    "everybody of the first": ("2001:db8:1::100", "2001:db8:1::1ff"),
    "everybody of the second": ("2001:db8:2::100", "2001:db8:2::10f"),
    "the reserved address": ("2001:db8:1::77", "2001:db8:1::77"),
    "the yard": ("2001:db8:3::100", "2001:db8:3::10f"),
    "prefixes for cameras": ("2001:db8:f0::", "2001:db8:f0:ffff::"),
    "prefixes for everybody": ("2001:db8:f1::", "2001:db8:f1:ffff::"),
}
ASKED = oro(23, 27, 28, 31, 34)


def place_of(lease: str) -> str:
    """The pool of a lease."""
    address = IPv6Address(lease.partition("/")[0])
    return next(name for name, (first, last) in POOLS.items() if IPv6Address(first) <= address <= IPv6Address(last))


def outcome(said: Said | None) -> str:
    """What a reply says."""
    if said is None:
        return "silence"
    leases = [f"{place_of(lease)} {times[0]}/{times[1]}" for lease, times in said.leases.items()]
    statuses = [f"status {one.status}" for one in said.ias if one.status is not None]
    options = [f"{code}=...{data[-1]:x}" for code, data in sorted(said.options.items()) if code not in {1, 2, 13}]
    return ", ".join(leases + statuses + options)


def run(battery: Battery) -> dict[str, str]:
    """All the exchanges, in their order."""
    found: dict[str, str] = {}

    def ask(name: str, kind: int, client: int, *options: OptionPair, link: str = FLOOR) -> Said | None:
        said = battery.ask(name, kind, client, ASKED, *options, link=link)
        found[name] = outcome(said)
        return said

    first = ask("SOLICIT of anybody", SOLICIT, 1, ia(NA, 1), ia(PD, 1))
    assert first is not None, "the server does not answer at all"
    battery.duid = first.options[2]
    ask("SOLICIT of a camera", SOLICIT, 2, ia(NA, 1), ia(PD, 1), CAMERA)
    ask("SOLICIT of a camera for a prefix", SOLICIT, 2, ia(PD, 1), CAMERA)
    ask("SOLICIT of a camera that boots", SOLICIT, 2, ia(NA, 1), CAMERA, BOOTS)
    ask("SOLICIT of anybody that boots", SOLICIT, 3, ia(NA, 1), BOOTS)
    ask("SOLICIT in the class DROP", SOLICIT, 3, ia(NA, 1), DROP)
    ask("SOLICIT of a client with a reservation", SOLICIT, 7, ia(NA, 1))
    ask("SOLICIT of a camera with a reservation", SOLICIT, 7, ia(NA, 1), CAMERA)
    ask("INFORMATION-REQUEST", INFORMATION, 1)
    ask("INFORMATION-REQUEST of a camera", INFORMATION, 2, CAMERA)
    ask("SOLICIT of a camera in the yard", SOLICIT, 2, ia(NA, 1), CAMERA, link=YARD)
    got = ask("REQUEST of a camera", REQUEST, 14, ia(NA, 1), CAMERA)
    assert got is not None
    ask("RENEW of a camera", RENEW, 14, ia(NA, 1, *got.leases), CAMERA)
    ask("RENEW of who is a camera no more", RENEW, 14, ia(NA, 1, *got.leases))
    return found


if __name__ == "__main__":
    print(json.dumps(run(Battery(*sys.argv[1:])), indent=1))
