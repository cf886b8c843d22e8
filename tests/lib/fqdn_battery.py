"""Every mixture of flags in option 81 for any DHCPv4 server: `python fqdn_battery.py SERVER`, run as `dhcp4_battery`.

Prints as JSON, for each mixture of the client, the N, S and O flags and the name of the answer's option.
"""

from __future__ import annotations

import itertools
import json
import sys

from dhcp4_battery import DISCOVER, REQUEST, Battery, selecting

ASKS = (55, bytes((1, 3, 81)))
N, E, S = 8, 4, 1


def answered(option: bytes | None) -> str:
    """`N-S-O name`, or that there is none."""
    if option is None:
        return "no option"
    flags, field = option[0], option[3:]
    name = field.decode("ascii", "replace")
    if flags & E:
        labels = []
        while field and field[0]:
            labels.append(field[1 : field[0] + 1].decode("ascii", "replace"))
            field = field[field[0] + 1 :]
        name = ".".join([*labels, ""])
    return f"{bool(flags & N):d}-{bool(flags & S):d}-{bool(flags & 2):d} {name}"


def main(server: str) -> None:
    battery, found = Battery(server), {}
    for client, (n, s) in enumerate(itertools.product((0, 1), (0, 1)), 1):
        option = (81, bytes((N * n | S * s | E, 0, 0)) + b"\2pc\7example\4test\0")
        offered = battery.ask("", DISCOVER, client, option, ASKS)
        reply = offered and battery.ask("", REQUEST, client, *selecting(offered), option, ASKS)
        found[f"N{n} S{s}"] = "silence" if reply is None else answered(reply.options.get(81))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
