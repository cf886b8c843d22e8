"""Owners of names over both engines: who may write where, what is kept of it, and what takes an owner away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from aged_zone import AAAA, ANY, DHCID, IN, NONE, TXT, A, address, at, rr
from ledger_rows import soa
from owned_zone import ADMIN, NOW, ONE, PROXY, REFUSED, THREE, TWO, OwnedZone, role
from scavenged_zone import DAY, PLACE, WEEK, WEEKS

from tenure.authority.owner import NameOwner, RoleKind
from tenure.authority.settings import AgingIntervals, ZoneSettings
from tenure.authority.zone import KeptRecord, Record
from tenure.dnswire.name import to_text
from tenure.dnswire.rr import RR
from tenure.dnswire.update import add, delete_name, delete_rr, name_not_in_use, rrset_equals
from tenure.ledger.opening import Ledger, open_ledger
from tenure.ledger.session import Session
from tenure.ledger.zone_content import Difference, Line
from tenure.ledger.zones import ZoneBatch
from tenure.naming.event import Event
from tenure.serving.janitor.scavenging import Scavenging, ScavengingTerms
from tenure.signing.key import Key
from tenure.upkeep.record_ends import end_records

T = int(NOW)
DHCP = role("dhcp-servers", "one.", "two.")
PROXIES = role("dnsupdateproxy", "proxy.", "two.", kind=RoleKind.UNSECURED)
ADMINS = role("admins", "three.", kind=RoleKind.ADMINISTRATORS)
PC_A = rr("pc", A, address(1))
MARKER = bytes(35)


@pytest.fixture
def ledger(new_url: str) -> Iterator[Ledger]:
    opened = open_ledger(new_url)
    yield opened
    opened.close()


@pytest.fixture
def zone(ledger: Ledger) -> OwnedZone:
    """Where `one.` has written `pc`, an hour ago."""
    made = OwnedZone(ledger)
    assert made.write(ONE, PC_A) == 0
    made.now += 3600
    return made


def test_the_first_who_writes_a_name_owns_it(zone: OwnedZone) -> None:
    assert zone.kept_owner("pc") == NameOwner("key one.", T, T)
    assert zone.events("update-applied")[-1].detail.startswith(
        "serial 2: +A; owned by key one. from now on: pc.example.test.; from"
    )


@pytest.mark.parametrize(
    "update",
    [
        rr("pc", A, address(2)),
        rr("pc", A, b"", ttl=0, rclass=ANY),
        rr("pc", TXT, b"\1a"),
        delete_name(at("pc")),
        delete_rr(at("pc"), A, address(1)),
        PC_A,
        rr("pc", AAAA, b"", ttl=0, rclass=ANY),
    ],
    ids=["change", "delete type", "other type", "delete name", "delete record", "the same", "what is not there"],
)
def test_nobody_else_changes_anything_there(zone: OwnedZone, update: RR) -> None:
    serial = zone.serial
    assert zone.write(TWO, rr("free"), update) == REFUSED
    assert zone.serial == serial
    assert zone.owner("free") == ""
    assert zone.write(ONE, update) == 0
    assert zone.owner("pc") in {"key one.", ""}


def test_case_makes_no_other_name_of_it(zone: OwnedZone) -> None:
    assert zone.write(TWO, RR(b"\2PC" + at("pc")[3:], TXT, IN, 60, b"\1a")) == REFUSED


def test_a_refusal_names_the_owner_when_it_wrote_and_what_would_let_the_writer_in(zone: OwnedZone) -> None:
    zone.write(ONE, rr("pc", TXT, b"\1a"))
    zone.now += 60
    assert zone.write(TWO, rr("pc", TXT, b"\1b")) == REFUSED
    said = "pc.example.test. is owned by key one., which wrote it last at 2023-11-14T23:13:20Z, and not by key two.; "
    said += "`tenure names owner transfer pc.example.test. --to 'key two.'` gives it the name; a role of [[dns.roles]]"
    assert said in zone.refusal()


def test_an_owner_stays_since_when_it_was_and_is_seen_to_write(zone: OwnedZone) -> None:
    assert zone.write(ONE, rr("pc", TXT, b"\1a")) == 0
    assert zone.kept_owner("pc") == NameOwner("key one.", T, T + 3600)
    zone.now += 60
    assert zone.write(ONE, rr("pc", TXT, b"\1a")) == 0  # which changes nothing
    assert zone.kept_owner("pc") == NameOwner("key one.", T, T + 3600)


def test_owners_are_kept_when_the_store_is_opened_again(zone: OwnedZone, new_url: str) -> None:
    again = open_ledger(new_url)
    other = OwnedZone(again)
    assert other.owner("pc") == "key one."
    assert other.write(TWO, rr("pc", TXT, b"\1a")) == REFUSED
    again.close()


def test_a_name_without_records_has_no_owner(zone: OwnedZone) -> None:
    assert zone.write(ONE, rr("pc", TXT, b"\1a")) == 0
    assert zone.write(ONE, rr("pc", A, b"", ttl=0, rclass=ANY)) == 0
    assert zone.owner("pc") == "key one."
    assert zone.write(ONE, delete_name(at("pc"))) == 0
    assert zone.write(TWO, PC_A) == 0
    assert zone.owner("pc") == "key two."
    assert zone.write(ONE, PC_A) == REFUSED


def test_order_within_a_batch_is_order(zone: OwnedZone) -> None:
    messages = [((rr("new"),), ()), ((rr("new", TXT, b"\1a"),), ()), ((delete_name(at("new")),), ())]
    codes = zone.send_each((ONE, messages[0]), (TWO, messages[1]), (ONE, messages[2]), (TWO, messages[1]))
    assert codes == [0, REFUSED, 0, 0]
    assert zone.owner("new") == "key two."
    codes = zone.send_each((TWO, messages[2]), (ONE, messages[0]), (ONE, messages[2]))
    assert codes == [0, 0, 0]
    assert zone.owner("new") == ""
    assert zone.write(TWO, rr("new")) == 0


def test_what_a_member_of_a_role_writes_is_the_roles(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, DHCP)
    assert zone.write(ONE, PC_A) == 0
    assert zone.owner("pc") == "role dhcp-servers"
    assert zone.write(TWO, rr("pc", A, b"", ttl=0, rclass=ANY), rr("pc", A, address(2))) == 0
    assert zone.write(THREE, rr("pc", TXT, b"\1a")) == REFUSED
    assert "so does a place among the members of the role dhcp-servers" in zone.refusal()
    replaced = OwnedZone(ledger, role("dhcp-servers", "three."))
    assert replaced.write(THREE, delete_name(at("pc"))) == 0


def test_who_joins_a_role_keeps_what_it_owned_before(zone: OwnedZone, ledger: Ledger) -> None:
    later = OwnedZone(ledger, DHCP)
    assert later.write(ONE, rr("pc", TXT, b"\1a")) == 0
    assert later.owner("pc") == "key one."
    assert later.write(TWO, rr("pc", TXT, b"\1b")) == REFUSED


def test_names_of_a_role_that_is_gone_are_its_still(ledger: Ledger) -> None:
    OwnedZone(ledger, DHCP).write(ONE, PC_A)
    zone = OwnedZone(ledger)
    assert zone.write(ONE, rr("pc", TXT, b"\1a")) == REFUSED
    assert "no role dhcp-servers is configured any more" in zone.refusal()


def dhcp_updates(number: int, client: bytes) -> tuple[tuple[tuple[RR, ...], tuple[RR, ...]], ...]:
    """What a DHCP server sends for a client (RFC 4703 section 5.3): the name is free, or the client's already."""
    new = (add(at("pc"), A, 300, address(number)), add(at("pc"), DHCID, 300, client))
    replace = (rr("pc", A, b"", ttl=0, rclass=ANY), add(at("pc"), A, 300, address(number)))
    return ((new, (name_not_in_use(at("pc")),)), (replace, (rrset_equals(at("pc"), DHCID, client),)))


@pytest.mark.parametrize(("roles", "second"), [((), REFUSED), ((DHCP,), 0)], ids=["no role", "a role"])
def test_two_dhcp_servers_lock_each_other_out_without_a_role(ledger: Ledger, roles: tuple[()], second: int) -> None:
    """The partner of a failover pair renews what the first has written, as on Windows without DnsUpdateProxy."""
    zone = OwnedZone(ledger, *roles)
    assert zone.send_together(dhcp_updates(1, MARKER)[0], key=ONE) == [0]
    assert zone.send_together(*dhcp_updates(2, MARKER), key=TWO) == [6, second]
    stands = {rdata for rtype, rdata in zone.timestamps("pc") if rtype == A}
    assert stands == {address(1 if second else 2)}
    assert zone.write(TWO, delete_name(at("pc"))) == second


def test_a_name_of_another_client_is_told_as_such_before_its_owner(ledger: Ledger) -> None:
    zone = OwnedZone(ledger)
    zone.send_together(dhcp_updates(1, MARKER)[0], key=ONE)
    assert zone.send_together(*dhcp_updates(2, MARKER[:-1] + b"\1"), key=TWO) == [6, 8]


def test_one_credential_of_all_servers_needs_no_role(ledger: Ledger) -> None:
    """The dedicated account: both servers sign with one key."""
    zone = OwnedZone(ledger)
    first, second = dhcp_updates(1, MARKER)[0], dhcp_updates(2, MARKER)[1]
    assert zone.send_together(first, second, key=ONE) == [0, 0]
    assert zone.owner("pc") == "key one."


def test_nobody_owns_what_an_unsecured_role_writes_until_another_takes_it(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, PROXIES)
    assert zone.write(PROXY, PC_A) == 0
    assert zone.owner("pc") == ""
    assert zone.write(TWO, rr("pc", A, b"", ttl=0, rclass=ANY), rr("pc", A, address(2))) == 0  # a member as well
    assert zone.owner("pc") == ""
    assert zone.write(ONE, rr("pc", TXT, b"\1a")) == 0
    assert zone.owner("pc") == "key one."
    assert zone.write(PROXY, rr("pc", A, address(3))) == REFUSED
    assert zone.write(THREE, rr("pc", A, address(3))) == REFUSED


def test_who_says_what_stands_there_already_takes_it_too(ledger: Ledger) -> None:
    """A client that registers itself says the address that its DHCP server has written."""
    zone = OwnedZone(ledger, PROXIES)
    zone.write(PROXY, PC_A)
    serial = zone.serial
    assert zone.write(ONE, PC_A) == 0
    assert (zone.owner("pc"), zone.serial) == ("key one.", serial)
    (event,) = zone.events("name-owned")
    assert (event.actor, event.name) == ("dns key one.", at("pc"))
    assert event.detail.startswith("example.test.; owned by key one. from now on: pc.example.test.; from")
    assert zone.write(ONE, PC_A) == 0
    assert len(zone.events("name-owned")) == 1


def test_a_deletion_that_does_nothing_takes_nothing(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, PROXIES)
    zone.write(PROXY, PC_A)
    assert zone.write(ONE, rr("pc", TXT, b"", ttl=0, rclass=ANY)) == 0
    assert zone.owner("pc") == ""
    assert zone.write(ONE, rr("pc", A, address(1), ttl=0, rclass=NONE)) == 0  # and one of the last record neither
    assert (zone.owner("pc"), zone.timestamps("pc")) == ("", {})
    assert "owned by" not in zone.events("update-applied")[-1].detail


def test_administrators_change_what_others_own_and_own_what_they_write_first(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, ADMINS)
    zone.write(ONE, PC_A)
    zone.now += 60
    assert zone.write(THREE, rr("pc", TXT, b"\1a")) == 0
    assert zone.kept_owner("pc") == NameOwner("key one.", T, T)  # when the owner itself last wrote
    assert zone.write(THREE, rr("new")) == 0
    assert zone.owner("new") == "role admins"
    assert zone.write(ONE, rr("new", TXT, b"\1a")) == REFUSED


def test_where_a_person_wrote_nobody_else_writes(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, ADMINS)
    assert zone.write(ONE, rr("ns", TXT, b"\1a")) == REFUSED
    assert "ns.example.test. has static records, which a person wrote" in zone.refusal()
    assert zone.write(THREE, rr("ns", TXT, b"\1a")) == 0  # of an administrator
    assert zone.write(THREE, rr("ns", A, b"", ttl=0, rclass=ANY)) == REFUSED  # whose rule covers no static records
    assert zone.write(ADMIN, rr("ns", A, address(9)), rr("www", A, address(9))) == 0
    assert zone.owner("www") == ""
    assert zone.write(ONE, rr("www", TXT, b"\1a")) == REFUSED  # static, as what `admin.` writes is


def test_a_rule_that_covers_static_records_does_so_beside_others(ledger: Ledger) -> None:
    zone = OwnedZone(ledger)
    assert zone.write(ADMIN, rr("www", A, address(9))) == 0
    assert zone.write(TWO, rr("www", TXT, b"\1a"), rr("pc")) == 0
    assert zone.write(TWO, rr("www", TXT, b"\1b"), rr("ns", TXT, b"\1a")) == REFUSED
    assert zone.write(TWO, rr("www", TXT, b"\1b"), rr("pc", TXT, b"\1a")) == 0
    assert (set(zone.timestamps("www")), zone.owner("www")) == ({(A, address(9)), (TXT, b"\1a"), (TXT, b"\1b")}, "")
    assert zone.owner("pc") == "key two."


def test_records_of_zone_files_are_like_others_where_that_is_said(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, protect_static=False)
    assert zone.write(ONE, rr("ns", TXT, b"\1a")) == 0
    assert zone.owner("ns") == "key one."


def test_what_a_dhcp_client_is_known_by_is_no_static_record(ledger: Ledger) -> None:
    marker = "AAIBY2/AuCccoJbJanlit9W4l4A0gr2osLHoL0mYYMWw3Bw="
    zone = OwnedZone(ledger, text=f"@ 300 NS ns\nns 300 A 192.0.2.1\npc 300 A 10.0.0.1\npc 300 DHCID {marker}\n")
    assert zone.write(ONE, rr("pc", A, address(2))) == 0
    assert zone.owner("pc") == "key one."


def test_records_that_end_take_the_owner_with_them(zone: OwnedZone) -> None:
    record = Record(at("pc"), A, 300, address(1))

    def work(batch: ZoneBatch) -> None:
        batch.apply(zone.zone.id, *end_records(batch.soa(zone.zone.id), [record], zone.now, "e1"))

    zone.ledger.zones.transact(work, zone.now)
    assert zone.write(TWO, PC_A) == 0
    assert zone.owner("pc") == "key two."


@pytest.mark.parametrize("most", [0, 20_000])
def test_another_content_of_the_zone_leaves_no_owner_behind(
    zone: OwnedZone, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("tenure.ledger.zone_content.MOST_JOURNALED", most)
    zone.write(TWO, rr("kept", A, address(3)))
    content = [rr_record("@", 2, b"\2ns" + at("pc")[3:]), rr_record("kept", A, address(3))]

    def describe(_difference: Difference) -> Event:
        return Event(zone.now, "zone-imported", "cli test", "", "i1")

    with zone.ledger.zones.gather() as gathered:
        gathered.add([Line(one) for one in content])
        gathered.replace(zone.zone.id, lambda _soa, _moves: (3600, soa(9)), describe, zone.now, whole=True)
    assert zone.owner("kept") == "key two."
    assert zone.send_unsigned(PC_A) == 0
    assert zone.owner("pc") == ""


def test_an_owner_that_is_left_of_a_name_without_records_is_none(zone: OwnedZone) -> None:
    zone.ledger.zones.transact(
        lambda batch: batch.zone(zone.zone.id).owners.put(at("new"), NameOwner("key one.", 1, 1)), zone.now
    )
    assert zone.write(TWO, rr("new")) == 0
    assert zone.owner("new") == "key two."


def rr_record(label: str, rtype: int, rdata: bytes) -> Record:
    return Record(at("pc")[3:] if label == "@" else at(label), rtype, 300, rdata)


class Spy:
    """What a session is asked."""

    def __init__(self, session: Session) -> None:
        self.asked: list[str] = []
        for method in ("one", "rows", "rows_among", "write"):
            setattr(session, method, self._noting(getattr(session, method)))

    def _noting(self, call: Callable[..., object]) -> Callable[..., object]:
        def noted(statement: str, *arguments: object, **more: object) -> object:
            self.asked.append(statement)
            return call(statement, *arguments, **more)

        return noted

    def count(self, table: str) -> int:
        found = sum(table in statement for statement in self.asked)
        self.asked.clear()
        return found


@pytest.mark.plain
def test_a_batch_looks_at_owners_once_and_elsewhere_never(tmp_path_factory: pytest.TempPathFactory) -> None:
    ledger = open_ledger(f"sqlite:{tmp_path_factory.mktemp('spied')}/tenure.db")
    zone = OwnedZone(ledger)
    spy = Spy(ledger.zones._session)
    many = [((rr(f"pc{number}"),), ()) for number in range(50)]
    assert set(zone.send_together(*many, key=ONE)) == {0}
    assert spy.count("name_owner") == 1  # written; there were none to be looked for
    assert set(zone.send_together(*many, key=TWO)) == {REFUSED}
    assert spy.count("name_owner") == 1  # looked for
    other = OwnedZone(ledger, owned=False)
    assert set(other.send_together(*many, key=TWO)) == {0}
    assert spy.count("name_owner") == 0
    ledger.close()


def test_a_zone_that_had_owners_once_is_tidy_when_it_has_them_no_more(zone: OwnedZone, ledger: Ledger) -> None:
    without = OwnedZone(ledger, owned=False)
    assert without.write(TWO, delete_name(at("pc"))) == 0
    assert without.write(TWO, PC_A) == 0
    assert OwnedZone(ledger).owner("pc") == ""


def test_nobody_refreshes_the_records_of_others(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, aging=AgingIntervals(DAY, WEEK))
    zone.write(ONE, PC_A)
    zone.now += 2 * DAY
    wants = (rr("pc", A, b"", ttl=0, rclass=ANY),)
    assert zone.write(TWO, wants=wants) == 0
    assert zone.timestamps("pc") == {(A, address(1)): T}
    assert zone.write(ONE, wants=wants) == 0
    assert zone.timestamps("pc") == {(A, address(1)): T + 2 * DAY}


@pytest.fixture
def scavenged(zone: OwnedZone) -> Scavenging:
    """After a pass that has taken `pc`, with a record of `two.` left at `both`."""
    settings = ZoneSettings(zone.zone.name, aging=WEEKS, roles=())
    zone.write(TWO, rr("both", A, address(5)))
    zone.now += 15 * DAY
    zone.write(TWO, rr("both", TXT, b"\1a"))
    made = Scavenging(zone.ledger.zones, zone.ledger.leases, [settings], ScavengingTerms(None))
    made.observe(zone.now)
    state = zone.ledger.zones.aging.states()[zone.zone.id]
    zone.ledger.zones.aging.put({zone.zone.id: state._replace(since_at=zone.now - 8 * DAY)})
    assert {kept_name(one) for one in made.run(PLACE, "cli test", zone.now).removed} == {at("pc"), at("both")}
    return made


def kept_name(one: KeptRecord) -> bytes:
    return one.record.name


def test_the_bin_brings_back_owners(zone: OwnedZone, scavenged: Scavenging) -> None:
    assert zone.owner("pc") == ""
    assert zone.owner("both") == "key two."
    scavenged.restore(PLACE, lambda _one: True, "cli test", zone.now)
    assert zone.kept_owner("pc") == NameOwner("key one.", T, T)
    assert zone.owner("both") == "key two."
    told = {event.name: event.detail for event in zone.events("records-restored")}
    assert told[at("pc")].endswith("; owned by key one. again")
    assert "owned" not in told[at("both")]
    assert zone.write(TWO, rr("pc", TXT, b"\1a")) == REFUSED


def test_a_name_that_is_anothers_by_then_stays_so(zone: OwnedZone, scavenged: Scavenging) -> None:
    assert zone.write(TWO, rr("pc", TXT, b"\1a")) == 0
    scavenged.restore(PLACE, lambda _one: True, "cli test", zone.now)
    assert set(zone.timestamps("pc")) == {(A, address(1)), (TXT, b"\1a")}
    assert zone.owner("pc") == "key two."


def test_of_writers_who_come_at_once_one_gets_the_name(ledger: Ledger, new_url: str) -> None:
    """Two processes, each with a connection of its own, and the same new names in each batch."""
    codes: dict[str, list[int]] = {}
    meet = threading.Barrier(2)
    OwnedZone(ledger)

    def write(writer: Key) -> None:
        opened = open_ledger(new_url)
        zone, name = OwnedZone(opened), to_text(writer.name)
        codes[name] = []
        for batch in range(20):
            meet.wait(60)
            codes[name] += zone.send_together(*[((rr(f"pc{batch}-{n}"),), ()) for n in range(5)], key=writer)
        opened.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in (ONE, TWO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    zone = OwnedZone(ledger)
    owners = [zone.owner(f"pc{batch}-{n}") for batch in range(20) for n in range(5)]
    for place, (one, two) in enumerate(zip(codes["one."], codes["two."], strict=True)):
        assert {one, two} == {0, REFUSED}
        assert owners[place] == ("key two." if one else "key one.")


def test_nobody_owns_what_comes_unsigned(zone: OwnedZone) -> None:
    assert zone.send_unsigned(rr("pc", TXT, b"\1a")) == REFUSED
    assert "and 192.0.2.9 without a signature is nobody" in zone.refusal()
    assert zone.send_unsigned(rr("open", TXT, b"\1a")) == 0
    assert zone.owner("open") == ""
    assert zone.write(TWO, rr("open", TXT, b"\1b")) == 0
    assert zone.send_unsigned(rr("open", TXT, b"\1c")) == REFUSED


def test_one_owner_has_so_many_names_and_no_more(ledger: Ledger) -> None:
    zone = OwnedZone(ledger, role("servers", "two."), most_names=2)
    one, two, three = (((rr(label),), ()) for label in ("a", "b", "c"))
    assert zone.send_together(one, two, three, one, key=ONE) == [0, 0, REFUSED, 0]
    said = "key one. owns 2 names of example.test., and no more than 2 are for one owner"
    assert said in zone.refusal()
    assert zone.send_together(three, ((delete_name(at("a")),), ()), three, key=ONE) == [REFUSED, 0, 0]
    assert zone.write(ONE, rr("b", TXT, b"\1a")) == 0
    assert zone.write(TWO, rr("d"), rr("e"), rr("f")) == 0  # a role's
    assert zone.write(THREE, rr("g"), rr("h"), rr("i")) == REFUSED
    assert OwnedZone(ledger, most_names=2).write(ONE, rr("j")) == REFUSED


def test_what_the_change_was_is_journaled_as_ever(zone: OwnedZone) -> None:
    serial = zone.serial
    zone.write(ONE, rr("pc", TXT, b"\1a"))
    (entry,) = zone.ledger.zones.journal_since(zone.zone.id, serial) or []
    assert entry.additions == (Record(at("pc"), TXT, 300, b"\1a"),)
