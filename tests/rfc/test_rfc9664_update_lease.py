"""RFC 9664: updates whose records end by themselves, over both engines; messages are written and read by dnspython."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import dns.edns
import dns.message
import dns.rcode
import dns.tsig
import dns.update
import pytest
from dns_exchange import KEY, KEYS, OTHER_KEY
from dns_service import create_zone

from tenure.authority.policy import parse_rule
from tenure.authority.request import Reply
from tenure.authority.respond import Update, respond, update_reply
from tenure.authority.settings import RecordLifetimes, ZoneSettings
from tenure.authority.zones import ServedZone
from tenure.dnswire.edns import UPDATE_LEASE
from tenure.dnswire.name import from_text, to_text
from tenure.dnswire.rdata import soa_serial
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger, open_ledger
from tenure.serving.dns.updates import Pending, UpdateBatches
from tenure.serving.janitor.service import JanitorService
from tenure.serving.report import Report
from tenure.signing.key import Key

NOW = 1_700_000_000.0
APEX = from_text("example.test.")
ZONE = "@ 300 NS ns\nns 300 A 192.0.2.1\n"
POLICY = (parse_rule("grant dhcp. zonesub ANY"), parse_rule("grant other. zonesub ANY"))


@pytest.fixture
def server(new_url: str) -> Iterator[Server]:
    ledger = open_ledger(new_url)
    yield Server(ledger)
    ledger.close()


class Server:
    """The zone `example.test.` with a clock of the test's own; leases of 30 to 7200 s, 9000 s for KEY records."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        create_zone(ledger.zones, "example.test.", ZONE)
        self.zone_id = ledger.zones.zones()[0].id
        self.now = NOW
        self.terms(RecordLifetimes(30, 7200, 9000))

    def terms(self, lifetimes: RecordLifetimes, *, protect_static: bool = True) -> None:
        lease_keys = frozenset({OTHER_KEY.name})
        settings = ZoneSettings(APEX, POLICY, protect_static=protect_static, lease_keys=lease_keys, lifetimes=lifetimes)
        self._zones = {APEX: ServedZone(settings, self.ledger.zones.view(self.zone_id))}
        self._batches = UpdateBatches(self.ledger.zones, {settings.place: self.zone_id})

    @property
    def serial(self) -> int:
        return soa_serial(self.ledger.zones.soa(self.zone_id)[1])

    def send(self, update: dns.update.UpdateMessage, lease: bytes | None = None, key: Key = KEY) -> dns.message.Message:
        """The reply, its signature verified."""
        options = [] if lease is None else [dns.edns.GenericOption(UPDATE_LEASE, lease)]
        update.use_edns(0, options=options) if lease is not None else None
        tsig = dns.tsig.Key(to_text(key.name), key.secret, "hmac-sha256")
        update.use_tsig(tsig)
        octets = _signed_at(update, self.now)
        response = respond(octets, self._zones, KEYS, "192.0.2.9", self.now, stream=False)
        assert not isinstance(response, Reply)
        assert isinstance(response, Update)
        (reply,) = self._batches.begin([Pending(response, "192.0.2.9#4711", lambda _reply: None)], self.now).replies
        self.ledger.zones.commit()
        assert isinstance(reply, tuple)
        made = update_reply(reply[0], reply[1], self.now, reply[2])
        return dns.message.from_wire(made, keyring=False, ignore_trailing=True, continue_on_error=True)

    def owns(self, label: str) -> list[int]:
        return sorted(self.ledger.zones.rrsets_at(self.zone_id, from_text(f"{label}.example.test.")))

    def tidy(self, after: float) -> int:
        """What a janitor ends so long after the start."""
        service = JanitorService(
            self.ledger.leases,
            self.ledger.zones,
            lambda: None,
            Report("janitor", stream=io.StringIO()),
            clock=lambda: NOW + after,
        )
        return service.end_records_batch()


def _signed_at(update: dns.update.UpdateMessage, now: float) -> bytes:
    """dnspython takes the time of the machine; the test has its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: now)
        return update.to_wire()


def add(label: str, *records: tuple[str, str]) -> dns.update.UpdateMessage:
    update = dns.update.UpdateMessage("example.test.")
    for rtype, rdata in records or [("A", "10.0.0.1")]:
        update.add(label, 300, rtype, rdata)
    return update


def granted(reply: dns.message.Message) -> bytes | None:
    assert reply.rcode() == dns.rcode.NOERROR
    found = [option.to_wire() for option in reply.options if option.otype == UPDATE_LEASE]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(("asked", "given"), [(3600, 3600), (1, 30), (0, 30), (0xFFFFFFFF, 7200)])
def test_4_1_the_basic_form_is_granted_within_bounds(server: Server, asked: int, given: int) -> None:
    assert granted(server.send(add("a"), struct.pack("!I", asked))) == struct.pack("!I", given)
    assert server.ledger.zones.next_record_end() == NOW + given


def test_4_1_the_extended_form_has_a_lease_of_its_own_for_key_records(server: Server) -> None:
    update = add("a", ("A", "10.0.0.1"), ("KEY", "512 3 8 AQAB"))
    assert granted(server.send(update, struct.pack("!2I", 60, 99999))) == struct.pack("!2I", 60, 9000)
    assert server.tidy(60) == 1
    assert server.owns("a") == [25]
    assert server.tidy(8999) == 0
    assert server.tidy(9000) == 1
    assert server.owns("a") == []


@pytest.mark.parametrize("data", [b"", b"\0\0\1", b"\0\0\0\0\1", bytes(12)])
def test_4_an_option_of_another_length_is_malformed(server: Server, data: bytes) -> None:
    assert server.send(add("a"), data).rcode() == dns.rcode.FORMERR
    assert server.owns("a") == []


def test_an_update_without_the_option_has_no_end_and_no_option_in_its_reply(server: Server) -> None:
    assert granted(server.send(add("a"))) is None
    assert server.ledger.zones.next_record_end() is None


def test_5_the_same_again_prolongs_and_leaves_the_serial(server: Server) -> None:
    server.send(add("a", ("PTR", "Host.example.test.")), struct.pack("!I", 100))
    serial = server.serial
    server.now = NOW + 80
    assert granted(server.send(add("a", ("PTR", "host.example.test.")), struct.pack("!I", 100))) is not None
    assert server.serial == serial
    assert server.tidy(179) == 0
    assert server.owns("a") == [12]
    assert server.tidy(180) == 1


def test_6_what_ran_out_goes_and_nothing_else(server: Server) -> None:
    server.send(add("a", ("A", "10.0.0.1"), ("TXT", "x")), struct.pack("!I", 100))
    server.send(add("a", ("A", "10.0.0.2")))
    server.send(add("b"), struct.pack("!I", 200))
    serial = server.serial
    assert server.tidy(100) == 2
    assert server.ledger.zones.rrsets_at(server.zone_id, from_text("a.example.test.")) == {1: (300, (b"\n\0\0\2",))}
    assert server.owns("b") == [1]
    assert server.serial == serial + 1
    (entry,) = server.ledger.zones.journal_since(server.zone_id, serial) or []
    assert {record.rtype for record in entry.deletions} == {1, 16}
    (stored,) = server.ledger.zones.history.events(EventFilter(kind="records-ended"))
    assert (stored.event.cause, stored.event.name) == ("its lifetime ended", from_text("a.example.test."))


def test_what_was_ignored_and_what_somebody_else_wrote_gets_no_end(server: Server) -> None:
    server.send(add("leased"), key=OTHER_KEY)
    server.send(add("leased"), struct.pack("!I", 60))
    server.terms(RecordLifetimes(), protect_static=False)
    server.send(add("ns"), struct.pack("!I", 60))
    server.send(add("ns", ("A", "192.0.2.1")), struct.pack("!I", 60))
    server.send(add("leased", ("CNAME", "ns.example.test.")), struct.pack("!I", 60))
    assert server.tidy(60) == 1
    assert server.owns("leased") == [1]
    assert server.ledger.zones.rrsets_at(server.zone_id, from_text("ns.example.test."))[1][1] == (b"\xc0\0\2\1",)


def test_the_name_servers_of_the_zone_never_end(server: Server) -> None:
    server.terms(RecordLifetimes(), protect_static=False)
    server.send(add("@", ("NS", "other.example.test."), ("TXT", "x")), struct.pack("!I", 60))
    assert server.tidy(60) == 1


def test_deletions_have_no_end(server: Server) -> None:
    server.send(add("a", ("A", "10.0.0.1"), ("TXT", "x")))
    update = dns.update.UpdateMessage("example.test.")
    update.delete("a", "A", "10.0.0.1")
    server.send(update, struct.pack("!I", 60))
    assert server.ledger.zones.next_record_end() is None


def test_a_key_with_a_lifetime_need_not_ask(server: Server) -> None:
    server.terms(RecordLifetimes(30, 7200, 9000, {KEY.name: 500}))
    assert granted(server.send(add("a"))) is None
    assert server.ledger.zones.next_record_end() == NOW + 500
    server.now = NOW + 100
    server.send(add("a"))
    assert server.ledger.zones.next_record_end() == NOW + 600
    server.send(add("b"), key=OTHER_KEY)
    assert granted(server.send(add("a"), struct.pack("!I", 60))) == struct.pack("!I", 60)
    assert server.ledger.zones.next_record_end() == NOW + 160
    assert server.tidy(9999) == 1
