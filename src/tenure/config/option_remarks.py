"""Options that clients take otherwise than they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4
from tenure.config.lease_parameters import LeaseParameters, TermParameters
from tenure.config.problem import Location, Problem
from tenure.config.subnets import encoded_options
from tenure.dhcpwire.v4.options import code_of

V6_ONLY_PREFERRED = 108
LEAST_V6_ONLY_SECONDS = 300  # MIN_V6ONLY_WAIT (RFC 8925 section 3.4)


def option_remarks(configuration: Configuration) -> Iterator[Problem]:
    """How long hosts go without IPv4 is shorter than they will."""
    if configuration.dhcp4 is None:
        return
    for at, options in _placed_options(configuration.dhcp4):
        for name, words in options.items():
            if code_of(name) != V6_ONLY_PREFERRED:
                continue
            seconds = int.from_bytes(encoded_options({name: words})[V6_ONLY_PREFERRED], "big")
            if seconds < LEAST_V6_ONLY_SECONDS:
                wrong = f"says {seconds} s, and clients go without IPv4 for at least {LEAST_V6_ONLY_SECONDS} s"
                yield Problem((*at, name), f"{wrong} (RFC 8925 section 3.4)", f"write {LEAST_V6_ONLY_SECONDS} or more")


def _placed_options(dhcp4: Dhcp4) -> Iterator[tuple[Location, Mapping[str, list[str]]]]:
    """All that is written as `option-data`, and where."""
    places: list[tuple[Location, Sequence[LeaseParameters | TermParameters]]] = [
        (("dhcp4", "client-classes"), dhcp4.client_classes),
        (("dhcp4", "shared-networks"), dhcp4.shared_networks),
    ]
    places += [((*at, "pools"), subnet.pools) for at, subnet in dhcp4.placed_subnets()]
    yield ("dhcp4", "option-data"), dhcp4.option_data
    for table, sections in places:
        for number, section in enumerate(sections):
            yield (*table, number, "option-data"), section.option_data
    for at, subnet in dhcp4.placed_subnets():
        yield (*at, "option-data"), subnet.option_data
    for at, reservation in dhcp4.placed_reservations():
        yield (*at, "option-data"), reservation.option_data
