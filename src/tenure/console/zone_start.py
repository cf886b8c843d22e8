"""The zones of a configuration that the store does not have yet: made anew, or what they had is taken along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tenure.authority.zone import Record
from tenure.config.configuration import Configuration
from tenure.config.dns import Dns, ZoneSection, ZoneType
from tenure.config.fields import view_word
from tenure.config.zones import place_of, start_records
from tenure.dnswire.name import to_text
from tenure.ledger.zones import Zone, ZoneLedger, ZonePlace


class Begun(NamedTuple):
    """A zone that is in the store now."""

    place: ZonePlace
    event: str  # `zone-created` or `zone-moved`
    fields: dict[str, object]  # more for the log


class ZoneNotBegun(Exception):
    """A zone that cannot begin: what is wrong with what, and what would help."""

    def __init__(self, what: str, wrong: str, right: str) -> None:
        super().__init__(f"{what}: {wrong}; {right}")
        self.what = what
        self.wrong = wrong
        self.right = right


def begin_zones(
    configuration: Configuration, dns: Dns, ledger: ZoneLedger, service: str, now: float
) -> Iterator[Begun]:
    """Makes the configured zones that the store does not have yet, from their files or from the configuration.

    A zone that was put into a view takes its content along. Where the content of a name could be meant for several
    views, or would come to be seen by others than so far, nothing is made: `ZoneNotBegun` says how to choose.
    """
    stored = {zone.place: zone for zone in ledger.zones()}
    configured = set(map(place_of, dns.zones))
    missing = [zone for zone in dns.zones if place_of(zone) not in stored]
    left = [zone for place, zone in stored.items() if zone.soa_rdata and place not in configured]
    for zone in dns.zones:
        if zone.type is ZoneType.SECONDARY:
            ledger.create_secondary(zone.name, view=zone.view)
        elif zone in missing:
            others = [one for one in missing if one.name == zone.name and one is not zone]
            remains = [one for one in left if one.name == zone.name]
            if remains:
                yield from _take_along(zone, remains, ledger, now, is_plain=not others and zone.file is None)
            else:
                yield from _create(configuration, dns, zone, ledger, service)


def _create(
    configuration: Configuration, dns: Dns, zone: ZoneSection, ledger: ZoneLedger, service: str
) -> Iterator[Begun]:
    count = None
    if zone.file is None:
        soa, *records = [Record(one.name, one.rtype, one.ttl, one.rdata) for one in start_records(dns, zone)]
        ledger.create_zone(zone.name, soa.ttl, soa.rdata, records, view=zone.view)
        count = len(records) + 1
    else:
        from tenure.console.zone_files import start_zone  # noqa: PLC0415 - dnspython, for a new zone only
        from tenure.console.zone_reading import UnusableZoneFile  # noqa: PLC0415

        try:
            count = start_zone(ledger, configuration.beside(zone.file), place_of(zone), service)
        except UnusableZoneFile as error:
            raise ZoneNotBegun(f"zone file {error.path}", error.wrong, error.right) from None
    if count is not None:  # else another service has made it meanwhile
        source = zone.file or "the configuration"
        yield Begun(place_of(zone), "zone-created", {"records": count, "source": source})


def _take_along(
    zone: ZoneSection, remains: Sequence[Zone], ledger: ZoneLedger, now: float, *, is_plain: bool
) -> Iterator[Begun]:
    """Gives the zone the content that everybody has seen so far, if it can be meant for nobody else."""
    place, (first, *more) = place_of(zone), remains
    if is_plain and not first.view and not more:
        if ledger.move_zone(first, zone.view, "start", "the configuration", now):
            yield Begun(place, "zone-moved", {"was": view_word(first.view)})
        return
    name, view = to_text(zone.name), view_word(zone.view)
    raise ZoneNotBegun(
        f"zone {place}",
        f"it is not in the store, which has another zone of this name that is not configured any more: {first.place}",
        f"give it that content with: tenure zones move {name} --from {view_word(first.view)} --view {view}"
        f"; or begin with a zone file: tenure zones import FILE --view {view}",
    )
