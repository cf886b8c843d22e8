"""The options in `option-data` of either family: each can be encoded, and none contradicts the lease."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tenure.config.problem import Location, Problem
from tenure.dhcpwire.v4.options import TABLE as OPTIONS4
from tenure.dhcpwire.v6.options import TABLE as OPTIONS6

# What a client is told of its lease has keys of its own.
_OPTION_KEYS = {
    ("1", "subnet-mask"): "subnet",
    ("51", "dhcp-lease-time"): "valid-lifetime",
    ("54", "dhcp-server-identifier"): "server-identifier",
    ("58", "dhcp-renewal-time"): "renew-timer",
    ("59", "dhcp-rebinding-time"): "rebind-timer",
}
_KEY_OF_OPTION = {word: key for words, key in _OPTION_KEYS.items() for word in words}


def check_options(option_data: Mapping[str, list[str]], at: Location) -> Iterator[Problem]:
    """Each option by itself, and each once; those of DHCPv6 where that is the table that they stand in."""
    is_dhcpv6 = at[0] == "dhcp6"
    table = OPTIONS6 if is_dhcpv6 else OPTIONS4
    example = 'dns-servers = ["2001:db8:1::1"]' if is_dhcpv6 else 'routers = ["10.1.0.1"]'
    written = dict[int, str]()
    for name, words in option_data.items():
        if not is_dhcpv6 and name in _KEY_OF_OPTION:
            yield Problem((*at, name), "follows from the lease", f"leave it out; {_KEY_OF_OPTION[name]} decides it")
            continue
        try:
            code, _ = table.encode_option(name, words if len(words) > 1 else words[0])
            if code in written:
                yield Problem((*at, name), f"is the option of {written[code]} too", "write the option once")
            written[code] = name
        except ValueError as error:
            wrong, _, right = str(error).partition("; ")
            yield Problem((*at, name), wrong, right or f"write Kea's names and values, such as {example}")
