"""The authoritative server without sockets: the real authority over a real ledger, and a person who has a key too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from zone_view import MemoryZone

from tenure.authority.policy import parse_rule
from tenure.authority.request import Reply
from tenure.authority.respond import Refused, Update, respond, update_reply
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.authority.views import Views, ViewSettings, parse_client
from tenure.authority.zone import Record
from tenure.authority.zones import ServedZone
from tenure.dnswire.codes import RRType, type_to_text
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import Name, from_text, to_text
from tenure.dnswire.update import add, build_update, delete_name, name_not_in_use
from tenure.dnswire.zonefile import rdata_from_text, rdata_to_text
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns.updates import Pending, UpdateBatches
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request

_SECRET = b"0123456789abcdef0123456789abcdef"
DHCP_KEY = Key(from_text("dhcp."), ALGORITHMS["hmac-sha256"].name, _SECRET)
PERSON_KEY = Key(from_text("person."), ALGORITHMS["hmac-sha256"].name, _SECRET[::-1])
KEYS: Mapping[Name, Key] = {key.name: key for key in (DHCP_KEY, PERSON_KEY)}
POLICY = ("grant dhcp. zonesub ANY", "grant person. zonesub ANY")
SOURCE = "192.0.2.77"

Content: TypeAlias = set[tuple[Name, int, bytes]]  # owner, type, RDATA; without TTLs and SOA


class _AtOnce:
    """A ledger in which a batch is committed as it is begun: nobody does anything meanwhile."""

    def __init__(self, ledger: ZoneLedger) -> None:
        self.begin = ledger.transact


class Primary:
    """Serves the zones in `texts`, by apex, as they are in the ledger."""

    def __init__(self, ledger: ZoneLedger, texts: Mapping[str, str], clock: Callable[[], float]) -> None:
        self.ledger = ledger
        self._clock = clock
        self.keys = KEYS
        self.leads_outside = False  # our key does, to zones of the same names in which there is nothing
        self.zone_ids: dict[Name, int] = {}
        for origin, text in texts.items():
            zone = MemoryZone.from_text(origin, text)
            records = [
                Record(name, rtype, ttl, rdata)
                for name, node in zone.nodes.items()
                for rtype, (ttl, rdatas) in node.items()
                for rdata in rdatas
            ]
            self.zone_ids[zone.apex] = ledger.create_zone(zone.apex, *zone.soa, records).id
        self.start()

    def start(self, *policy: str) -> None:
        """Begin anew with nothing in memory; without a policy the usual one. All see the same zones."""
        self.leads_outside = False
        rules = tuple(parse_rule(rule) for rule in policy or POLICY)
        self._zones: Views | dict[Name, ServedZone] = {
            name: ServedZone(ZoneSettings(name, rules), self.ledger.view(zone_id))
            for name, zone_id in self.zone_ids.items()
        }
        self._updates = UpdateBatches(
            _AtOnce(self.ledger),  # type: ignore[arg-type]
            {ZonePlace("", name): zone_id for name, zone_id in self.zone_ids.items()},
        )

    def split(self, *, key_leads_inside: bool) -> None:
        """From now on everybody sees empty zones of the same names, but who has the DHCP key, if that leads inside."""
        place = {zone.id: zone for zone in self.ledger.zones()}
        empty = [
            self.ledger.create_zone(name, place[zone_id].soa_ttl, place[zone_id].soa_rdata, view="outside")
            for name, zone_id in self.zone_ids.items()
        ]
        outside = [ServedZone(ZoneSettings(zone.name, view="outside"), self.ledger.view(zone.id)) for zone in empty]
        assert isinstance(self._zones, dict)
        self.leads_outside = not key_leads_inside
        keys = frozenset({DHCP_KEY.name}) if key_leads_inside else frozenset[Name]()
        views = [ViewSettings("outside", (parse_client("any"),)), ViewSettings("", (), keys)]
        self._updates = UpdateBatches(_AtOnce(self.ledger), {zone.place: zone.id for zone in self.ledger.zones()})
        self._zones = Views(views, [*self._zones.values(), *outside])

    def answer(self, octets: bytes) -> bytes:
        """The reply to a message that came over TCP; an update is durable before it is here."""
        response = respond(octets, self._zones, self.keys, SOURCE, self._clock(), stream=True)
        if isinstance(response, Reply):
            return response.octets
        assert isinstance(response, Update | Refused)
        outcome = self._updates.begin([Pending(response, SOURCE, lambda _: None)], self._clock())
        (reply,) = outcome.replies
        now = self._clock()
        return update_reply(reply[0], reply[1], now, reply[2]) if isinstance(reply, tuple) else reply(now)

    def rcode(self, octets: bytes, key: Key) -> int:
        """The RCODE of the reply to an unsigned message, signed now."""
        signed, _mac = sign_request(octets, key, int(self._clock()))
        return parse_message(self.answer(signed)).rcode

    def person_adds(self, owner: str, rtype: str, data: str, *, only_new: bool = False) -> Content:
        """What a person has written: this record, or nothing if the name is in use and it should not be."""
        name, type_code = from_text(owner).lower(), int(RRType[rtype])
        rdata = rdata_from_text(type_code, data, name)
        prerequisites = [name_not_in_use(name)] if only_new else []
        octets = build_update(1, self._zone_of(name), prerequisites, [add(name, type_code, 300, rdata)])
        return {(name, type_code, rdata)} if self.rcode(octets, PERSON_KEY) == 0 else set()

    def person_deletes(self, owner: str) -> None:
        """A person takes a name away with all that it owns."""
        name = from_text(owner).lower()
        assert self.rcode(build_update(1, self._zone_of(name), [], [delete_name(name)]), PERSON_KEY) == 0

    def content(self) -> Content:
        """All zones as committed."""
        return {(name, rtype, rdata) for name, rtype, rdata, _ in self.records()}

    def records(self) -> set[tuple[Name, int, bytes, int]]:
        """The same with the TTLs."""
        found: set[tuple[Name, int, bytes, int]] = set()
        for zone_id in self.zone_ids.values():
            with self.ledger.snapshot(zone_id) as snapshot:
                found |= {(record.name, record.rtype, record.rdata, record.ttl) for record in snapshot.records}
        return found

    def become(self, wanted: Content) -> None:
        """A person puts the zones into another state, as from a backup: just the difference, by updates."""
        now = self.content()
        for name in {record[0] for record in now ^ wanted}:
            changes = [delete_name(name)] if any(record[0] == name for record in now) else []
            changes += [add(*record[:2], 300, record[2]) for record in sorted(wanted) if record[0] == name]
            assert self.rcode(build_update(1, self._zone_of(name), [], changes), PERSON_KEY) == 0

    def lines(self, owner: str) -> list[str]:
        """What a name owns: `A 10.1.0.100`, sorted; of a DHCID only the word."""
        name = from_text(owner).lower()
        return sorted(
            "DHCID" if rtype == RRType.DHCID else f"{type_to_text(rtype)} {rdata_to_text(rtype, rdata)}"
            for found, rtype, rdata in self.content()
            if found == name
        )

    def _zone_of(self, name: Name) -> Name:
        zones = [zone for zone in self.zone_ids if name.endswith(zone)]
        assert zones, to_text(name)
        return max(zones, key=len)
