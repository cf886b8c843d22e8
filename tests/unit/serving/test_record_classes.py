"""Of which class the records are that an update writes: by whose key it is, and for which address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dns_exchange import KEY, KEYS, NOW, OTHER_KEY
from dns_service import create_zone

from tenure.authority.policy import parse_rule
from tenure.authority.request import NO_OPTIONS
from tenure.authority.respond import Update, respond
from tenure.authority.settings import RecordLifetimes, ReservedAddresses, ZonePlace, ZoneSettings
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rr import RR
from tenure.dnswire.update import add, build_update, delete_name
from tenure.ledger.opening import open_zones
from tenure.ledger.zones import ZoneLedger
from tenure.naming.reverse import reverse_name
from tenure.serving.dns.updates import Pending, UpdateBatches
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request

FORWARD, REVERSE = from_text("example.test."), from_text("arpa.")
FOUR, SIX, LEASED = b"\x0a\0\0\5", bytes.fromhex("fd000000000000000000000000000005"), b"\x0a\0\0\x63"
RESERVED = ReservedAddresses(frozenset((FOUR, SIX)), frozenset(map(reverse_name, (FOUR, SIX))))
HOST = from_text("host.example.test.")
A, PTR, AAAA, DHCID, UNKNOWN = 1, 12, 28, 49, 65280


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[ZoneLedger]:
    opened = open_zones(f"sqlite:{tmp_path}/tenure.db")
    create_zone(opened, "example.test.", "@ 300 NS ns\nns 300 A 192.0.2.1\n")
    create_zone(opened, "arpa.", "@ 300 NS ns.example.test.\n")
    yield opened
    opened.close()


class Server:
    """Two zones, where `dhcp.` is the key of a DHCP server and `other.` is not."""

    def __init__(self, ledger: ZoneLedger, lifetimes: RecordLifetimes) -> None:
        self.ledger = ledger
        self.ids = {ZonePlace("", zone.name): zone.id for zone in ledger.zones()}
        rules = (parse_rule("grant * zonesub ANY"),)
        self.zones = {
            place.name: ServedZone(
                ZoneSettings(
                    place.name, rules, lease_keys=frozenset((KEY.name,)), reserved=RESERVED, lifetimes=lifetimes
                ),
                ledger.view(zone_id),
            )
            for place, zone_id in self.ids.items()
        }
        self.batches = UpdateBatches(ledger, self.ids)

    def send(self, zone: Name, *records: RR, key: Key = KEY) -> None:
        octets, _mac = sign_request(build_update(7, zone, [], records), key, NOW)
        update = respond(octets, self.zones, KEYS, "192.0.2.9", NOW, stream=False, own=NO_OPTIONS)
        assert isinstance(update, Update)
        outcome = self.batches.begin([Pending(update, "192.0.2.9#53", lambda _reply: None)], NOW)
        self.ledger.commit()
        assert outcome.applied == 1

    def classes(self, zone: Name) -> set[tuple[int, bytes, str]]:
        with self.ledger.kept_records(self.ids[ZonePlace("", zone)]) as (_zone, kept):
            return {(one.record.rtype, one.record.rdata, one.origin) for one in kept if one.origin != "static"}


@pytest.fixture
def server(ledger: ZoneLedger) -> Server:
    return Server(ledger, RecordLifetimes())


def test_what_a_dhcp_server_writes_for_a_reserved_address_is_of_that_class(server: Server) -> None:
    dhcid = add(HOST, DHCID, 60, b"\0\1\1")
    server.send(FORWARD, add(HOST, A, 60, FOUR), add(HOST, A, 60, LEASED), add(HOST, AAAA, 60, SIX), dhcid)
    server.send(FORWARD, add(HOST, UNKNOWN, 60, FOUR))
    assert server.classes(FORWARD) == {
        (A, FOUR, "reservation"),
        (A, LEASED, "lease"),
        (AAAA, SIX, "reservation"),
        (DHCID, b"\0\1\1", "lease"),
        (UNKNOWN, FOUR, "lease"),
    }


@pytest.mark.parametrize(("address", "expected"), [(FOUR, "reservation"), (SIX, "reservation"), (LEASED, "lease")])
def test_what_stands_at_the_reverse_name_is_too(server: Server, address: bytes, expected: str) -> None:
    owner = reverse_name(address)
    server.send(REVERSE, add(owner, PTR, 60, HOST), add(owner, DHCID, 60, b"\0\1\1"))
    assert server.classes(REVERSE) == {(PTR, HOST, expected), (DHCID, b"\0\1\1", expected)}


def test_what_others_write_for_it_is_theirs(server: Server) -> None:
    server.send(FORWARD, add(HOST, A, 60, FOUR), key=OTHER_KEY)
    assert server.classes(FORWARD) == {(A, FOUR, "foreign")}


def test_deleted_and_written_anew_by_one_batch_it_is_of_the_class_of_the_last(server: Server) -> None:
    server.send(FORWARD, add(HOST, A, 60, FOUR), key=OTHER_KEY)
    server.send(FORWARD, delete_name(HOST))
    server.send(FORWARD, add(HOST, A, 60, FOUR))
    assert server.classes(FORWARD) == {(A, FOUR, "reservation")}


def test_records_of_both_classes_end_when_the_lifetime_of_the_key_does(ledger: ZoneLedger) -> None:
    server = Server(ledger, RecordLifetimes(of_keys={KEY.name: 90}))
    server.send(FORWARD, add(HOST, A, 60, FOUR), add(HOST, A, 60, LEASED))
    with ledger.kept_records(server.ids[ZonePlace("", FORWARD)]) as (_zone, kept):
        ends = {one.record.rdata: one.ends_at for one in kept if one.record.name == HOST}
    assert ends == {FOUR: NOW + 90, LEASED: NOW + 90}
