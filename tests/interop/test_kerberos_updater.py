"""The updater signs by Kerberos: with a real MIT KDC, against BIND 9.18 and against tenure."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest
from claims import A_CLIENT, OTHER_CLIENT
from dnspeer import KEY, DnsPeer
from kdc import SERVER, Kdc, kdc
from meddler import Meddler, meddler
from named import named
from ports import free_port
from secure_dns import SecureDns, secure_dns
from updater_run import UpdaterRun, gone, updating, want

from tenure.dnswire.codes import Opcode, RRType
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction, Part, State
from tenure.serving.stop import Stop
from tenure.serving.updater import kerberos_check
from tenure.serving.updater.contexts import Terms, TicketSource
from tenure.serving.updater.kerberos import Begun, Login, Tickets
from tenure.serving.updater.preflight import Subject, check
from tenure.serving.updater.service import Kerberos
from tenure.signing.tkey import GSS_TSIG, Mode, Tkey, parse_tkey
from tenure.updating.routing import Domain, GssTsig, Routes

ZONE, REVERSE = "example.test.", "1.10.in-addr.arpa."
US = "DHCP/gw.example.test"
ADDRESS, SECOND = bytes([10, 1, 0, 5]), bytes([10, 1, 0, 6])
PEERS = ("bind", "tenure")


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with known_realm(tmp_path_factory.mktemp("kdc")) as made:
        yield made


@contextlib.contextmanager
def known_realm(folder: Path, more: str = "") -> Iterator[Kdc]:
    """A realm that this process knows."""
    with kdc(folder, more=more) as made, pytest.MonkeyPatch.context() as patch:
        for variable in ("KRB5_CONFIG", "KRB5RCACHEDIR", "KRB5RCACHENAME"):
            patch.setenv(variable, made.environment[variable])
        yield made


@pytest.fixture(scope="module")
def server_keytab(realm: Kdc) -> Path:
    return realm.keytab(f"DNS/{SERVER}")


@pytest.fixture(scope="module")
def keytab(realm: Kdc) -> Path:
    return realm.keytab(US)


@contextlib.contextmanager
def bind(folder: Path, realm: Kdc, keytab: Path, port: int | None = None) -> Iterator[DnsPeer]:
    """BIND with both zones, whose primary has the name that its keytab is for."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, zone in enumerate((ZONE, REVERSE)):
        file = folder / f"zone{number}"
        if not file.exists():
            soa = f"{SERVER}. root.{SERVER}. 1 3600 600 86400 60"
            glue = f"{SERVER}. A 127.0.0.1\n" if zone == ZONE else ""
            file.write_text(f"$TTL 300\n{zone} SOA {soa}\n{zone} NS {SERVER}.\n{glue}")
    options = f'tkey-gssapi-keytab "{keytab}";'
    rules = f'grant "{US}@{realm.realm}" zonesub ANY;'
    with named(folder, [ZONE, REVERSE], rules, port, options=options, environment=realm.environment) as peer:
        yield peer


def tenure(folder: Path, realm: Kdc, keytab: Path, **keys: object) -> contextlib.AbstractContextManager[SecureDns]:
    rules = [f"grant {US}@{realm.realm} zonesub ANY"]
    return secure_dns(folder, realm, {ZONE: rules, REVERSE: rules}, tkey_gssapi_keytab=str(keytab), **keys)


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest, tmp_path: Path, realm: Kdc, server_keytab: Path) -> Iterator[tuple[str, int]]:
    with (bind if request.param == "bind" else tenure)(tmp_path / "peer", realm, server_keytab) as running:
        yield ("127.0.0.1", running.port)


def kerberos(keytab: Path, terms: Terms = Terms(), principal: str = US) -> Kerberos:  # noqa: B008 - it is a tuple
    return Kerberos(Tickets(Login(principal, str(keytab))), terms)


def domain(server: tuple[str, int], gss: GssTsig = GssTsig(), zone: str = ZONE) -> Domain:  # noqa: B008 - it is a tuple
    return Domain(from_text(zone), (server,), None, gss_tsig=gss)


def at(server: tuple[str, int], name: str, rtype: str = "A") -> list[str]:
    reply = dns.query.tcp(dns.message.make_query(name, rtype), server[0], port=server[1], timeout=10)
    return sorted(record.to_text() for rrset in reply.answer for record in rrset)


def forward(run: UpdaterRun, name: str) -> Part:
    row = run.row(name)
    assert row is not None
    return row.forward


def registered(run: UpdaterRun, name: str) -> bool:
    return forward(run, name).state == State.REGISTERED


def contexts(run: UpdaterRun) -> int:
    return run.log.getvalue().count("event=security-context ")


def updates(heard: Meddler) -> list[bool]:
    """Of each UPDATE that was sent whether it was signed in a context."""
    messages = [parse_message(octets) for octets in heard.asked]
    return [
        message.tsig is not None and message.tsig.algorithm == GSS_TSIG
        for message in messages
        if message.opcode == Opcode.UPDATE
    ]


def test_a_lease_comes_moves_and_goes(peer: tuple[str, int], tmp_path: Path, keytab: Path) -> None:
    """In both directions, in one context: the principal of the server comes from the zones' primary."""
    routes = Routes([domain(peer)], [domain(peer, zone=REVERSE)])
    run = UpdaterRun(tmp_path / "ledger", routes, kerberos(keytab))
    first, second = (want("pc.example.test.", address, A_CLIENT) for address in (ADDRESS, SECOND))
    with run.running():
        run.change(first)
        run.settled()
        assert at(peer, "pc.example.test.") == ["10.1.0.5"]
        assert at(peer, "5.0.1.10.in-addr.arpa.", "PTR") == ["pc.example.test."]
        assert registered(run, "pc.example.test.")
        run.change(second, gone(first, "superseded"))
        run.settled()
        assert at(peer, "pc.example.test.") == ["10.1.0.6"]
        run.change(gone(second))
        run.until(lambda: not run.rows())
    assert at(peer, "pc.example.test.") == at(peer, "pc.example.test.", "DHCID") == []
    assert contexts(run) == 1
    assert f"principal=DNS/{SERVER}@EXAMPLE.TEST" in run.log.getvalue()
    run.close()


def test_many_names_share_messages_and_the_context(peer: tuple[str, int], tmp_path: Path, keytab: Path) -> None:
    gss = GssTsig(f"DNS/{SERVER}@EXAMPLE.TEST")
    with updating(tmp_path, domain(peer, gss), kerberos=kerberos(keytab)) as run:
        claims = [
            want(f"h{i}.example.test.", bytes([10, 1, i >> 8, i & 255]), A_CLIENT, reverse=False) for i in range(3000)
        ]
        run.change(*claims)
        run.settled(120.0)
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        assert contexts(run) == 1


def test_every_update_is_signed(peer: tuple[str, int], tmp_path: Path, keytab: Path) -> None:
    with meddler(peer) as heard, updating(tmp_path, domain(heard.server), kerberos=kerberos(keytab)) as run:
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: registered(run, "pc.example.test."))
        assert updates(heard)
        assert all(updates(heard))


def test_unsigned_first_where_that_is_configured(peer: tuple[str, int], tmp_path: Path, keytab: Path) -> None:
    """And after it was refused once, no update goes out unsigned any more."""
    gss = GssTsig(unsecure_first=True)
    with meddler(peer) as heard, updating(tmp_path, domain(heard.server, gss), kerberos=kerberos(keytab)) as run:
        for name in ("pc.example.test.", "ws.example.test."):
            run.change(want(name, ADDRESS, A_CLIENT, reverse=False))
            run.until(lambda: registered(run, name))  # noqa: B023
        signed = updates(heard)
        assert signed[:1] == [False]
        assert all(signed[1:])
        assert len(signed) >= 3


def test_no_update_goes_out_unsigned_because_there_is_no_ticket(
    peer: tuple[str, int], tmp_path: Path, keytab: Path
) -> None:
    """A name of the server that the KDC does not know: what is wrong, and what helps, is said of the row."""
    gss = GssTsig("DNS/other.example.test", unsecure_first=True)
    with meddler(peer) as heard, updating(tmp_path, domain(heard.server, gss), kerberos=kerberos(keytab)) as run:
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "pc.example.test.").attempts >= 2)
        found = forward(run, "pc.example.test.")
        assert found.reason == "no-ticket"
        assert "DNS/other.example.test@EXAMPLE.TEST not found in Kerberos database" in found.detail
        assert "set server-principal" in found.detail
        assert updates(heard) == [False]
    assert at(peer, "pc.example.test.") == []


def test_a_principal_that_the_zone_does_not_know(peer: tuple[str, int], tmp_path: Path, realm: Kdc) -> None:
    stranger = kerberos(realm.keytab("DHCP/stranger.example.test"), principal="DHCP/stranger.example.test")
    with updating(tmp_path, domain(peer), kerberos=stranger) as run:
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "pc.example.test.").reason == "server-refused")
    assert at(peer, "pc.example.test.") == []


def test_a_server_that_is_started_again_knows_no_context(
    tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path
) -> None:
    """Killed, because BIND keeps the contexts over an orderly end."""
    port = free_port()
    with contextlib.ExitStack() as stack:
        with bind(tmp_path / "peer", realm, server_keytab, port) as peer:
            run = stack.enter_context(updating(tmp_path, domain(peer.server), kerberos=kerberos(keytab)))
            run.change(want("before.example.test.", ADDRESS, A_CLIENT, reverse=False))
            run.until(lambda: registered(run, "before.example.test."))
            peer.process.kill()
            peer.process.wait()
        run.change(want("meanwhile.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "meanwhile.example.test.").reason == "server-unreachable")
        with bind(tmp_path / "peer", realm, server_keytab, port) as peer:
            run.change(want("after.example.test.", SECOND, A_CLIENT, reverse=False))
            for name in ("meanwhile.example.test.", "after.example.test."):
                run.until(lambda: registered(run, name), 60.0)  # noqa: B023
            assert contexts(run) == 2
            assert at(peer.server, "before.example.test.") == at(peer.server, "meanwhile.example.test.") == ["10.1.0.5"]


def test_a_context_that_the_server_gave_to_another(
    tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path
) -> None:
    """The server keeps one context of a principal, and two updaters have that: each negotiates again and again."""
    with tenure(tmp_path / "peer", realm, server_keytab, tkey_contexts_per_principal=1) as running:
        server = ("127.0.0.1", running.port)
        with (
            updating(tmp_path / "a", domain(server), kerberos=kerberos(keytab)) as one,
            updating(tmp_path / "b", domain(server), kerberos=kerberos(keytab)) as two,
        ):
            for number in range(3):
                for letter, run in (("a", one), ("b", two)):
                    name = f"{letter}{number}.example.test."
                    run.change(want(name, bytes([10, 1, number, ord(letter)]), A_CLIENT, reverse=False))
                    run.until(lambda: registered(run, name))  # noqa: B023
            assert contexts(one) == contexts(two) == 3
            assert not any(row.forward.attempts for run in (one, two) for row in run.rows())


def test_contexts_and_tickets_are_renewed_before_they_run_out(tmp_path: Path) -> None:
    """Tickets of eight seconds, and with them contexts: nothing waits for a new one, and nothing fails."""
    with known_realm(tmp_path / "kdc") as realm:
        server_keytab, keytab = realm.keytab(f"DNS/{SERVER}"), realm.keytab(US)
        realm.admin(f"modprinc -maxlife 8seconds {US}")
        with (
            bind(tmp_path / "peer", realm, server_keytab) as peer,
            updating(tmp_path, domain(peer.server), kerberos=kerberos(keytab)) as run,
        ):
            over_at = time.monotonic() + 20
            number = 0
            while time.monotonic() < over_at:
                number += 1
                run.change(want(f"h{number}.example.test.", bytes([10, 1, 1, number]), A_CLIENT, reverse=False))
                run.settled()
                time.sleep(0.3)
            rows = run.rows()
            assert {row.forward.state for row in rows} == {State.REGISTERED}
            assert len(rows) == number
            assert contexts(run) >= 3
            assert "level=error" not in run.log.getvalue(), run.log.getvalue()


def test_a_kdc_that_is_away(tmp_path: Path) -> None:
    """Who has a context goes on; who needs one waits, and says why; when the KDC is back all is registered."""
    with known_realm(tmp_path / "kdc") as realm:
        server_keytab, keytab = realm.keytab(f"DNS/{SERVER}"), realm.keytab(US)
        with bind(tmp_path / "peer", realm, server_keytab) as peer:
            with updating(tmp_path / "a", domain(peer.server), kerberos=kerberos(keytab)) as has_one:
                has_one.change(want("a.example.test.", ADDRESS, A_CLIENT, reverse=False))
                has_one.until(lambda: registered(has_one, "a.example.test."))
                realm.stop()
                has_one.change(want("b.example.test.", ADDRESS, A_CLIENT, reverse=False))
                has_one.until(lambda: registered(has_one, "b.example.test."))
            with updating(tmp_path / "b", domain(peer.server), kerberos=kerberos(keytab)) as run:
                run.change(want("c.example.test.", ADDRESS, A_CLIENT, reverse=False))
                run.until(lambda: forward(run, "c.example.test.").reason == "no-ticket", 60.0)
                detail = forward(run, "c.example.test.").detail
                assert "Cannot contact any KDC for realm 'EXAMPLE.TEST'; see that the KDC runs" in detail
                realm.start()
                run.until(lambda: registered(run, "c.example.test."), 90.0)
                assert run.row("c.example.test.") is not None


def test_a_kdc_that_is_silent_holds_up_no_other_zone(tmp_path: Path) -> None:
    """The library waits for it in a thread, for long; zones that are signed for by a key go on meanwhile."""
    with known_realm(tmp_path / "kdc") as realm:
        server_keytab, ours = realm.keytab(f"DNS/{SERVER}"), realm.keytab(US)
        with (
            bind(tmp_path / "gss", realm, server_keytab) as gss,
            named(tmp_path / "tsig", ["other.test."]) as tsig,
            updating(
                tmp_path,
                domain(gss.server),
                Domain(from_text("other.test."), (tsig.server,), KEY),
                kerberos=kerberos(ours),
            ) as run,
        ):
            with realm.silent():
                run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
                for number in range(3):
                    name = f"pc{number}.other.test."
                    run.change(want(name, bytes([10, 1, 2, number]), A_CLIENT, reverse=False))
                    run.until(lambda: registered(run, name))  # noqa: B023
                assert forward(run, "pc.example.test.").attempts == 0
            run.until(lambda: registered(run, "pc.example.test."), 90.0)


def test_a_context_of_few_seconds_is_renewed_in_time(
    tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path
) -> None:
    """The server says in its reply how long it keeps one, and no update meets one that has ended."""
    with (
        tenure(tmp_path / "peer", realm, server_keytab, tkey_context_lifetime=10) as running,
        updating(tmp_path, domain(("127.0.0.1", running.port)), kerberos=kerberos(keytab)) as run,
    ):
        number = 0
        while contexts(run) < 3:
            number += 1
            run.change(want(f"h{number}.example.test.", bytes([10, 1, 1, number]), A_CLIENT, reverse=False))
            run.settled(60.0)
            assert number < 200
            time.sleep(0.2)
        assert {row.forward.state for row in run.rows()} == {State.REGISTERED}
        assert running.history("update-refused") == []


def test_a_server_is_told_of_a_context_that_is_not_used_any_more(
    peer: tuple[str, int], tmp_path: Path, keytab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a newer one has taken its place for a while, and of all when the updater ends; the server agrees."""
    monkeypatch.setattr("tenure.serving.updater.contexts.RETIRE_SECONDS", 0.5)
    deleted: list[Tkey] = []

    def listen(reply: bytes) -> bytes:
        records = [parse_tkey(rr.rdata) for rr in parse_message(reply).answers if rr.rtype == RRType.TKEY]
        deleted.extend(record for record in records if record.mode == Mode.DELETION)
        return reply

    with meddler(peer) as between:
        between.change = listen
        with updating(tmp_path, domain(between.server), kerberos=kerberos(keytab, Terms(rekey=1))) as run:
            run.change(want("a.example.test.", ADDRESS, A_CLIENT, reverse=False))
            run.until(lambda: registered(run, "a.example.test."))
            number = 0
            while not deleted:
                number += 1
                run.change(want(f"b{number}.example.test.", SECOND, A_CLIENT, reverse=False))
                run.settled()
                assert number < 200
                time.sleep(0.1)
            older = len(deleted)
        queries = [parse_message(octets) for octets in between.asked]
        ends = [
            q for q in queries for rr in q.additionals if rr.rtype == RRType.TKEY and parse_tkey(rr.rdata).mode == 5
        ]
        assert all(query.tsig is not None for query in ends)
        assert len(ends) == len(deleted) == contexts(run)
        assert len(deleted) > older
        assert not any(record.error for record in deleted)


class Slow:
    """Tickets that are on their way for long: what is signed is old when it arrives."""

    def __init__(self, tickets: TicketSource, seconds: float) -> None:
        self._tickets, self._seconds = tickets, seconds

    def begin(self, server_principal: str) -> Begun:
        begun = self._tickets.begin(server_principal)
        time.sleep(self._seconds)
        return begun

    def doubt(self) -> None:
        self._tickets.doubt()


def test_clocks_that_differ(tmp_path: Path) -> None:
    """More than Kerberos allows, which is two seconds in this realm; the server's own word of it is told."""
    with known_realm(tmp_path / "kdc", "clockskew = 2") as realm:
        keytab = realm.keytab(US)
        late = Kerberos(Slow(Tickets(Login(US, str(keytab))), 4.0), Terms())
        with (
            tenure(tmp_path / "peer", realm, realm.keytab(f"DNS/{SERVER}")) as running,
            updating(tmp_path, domain(("127.0.0.1", running.port)), kerberos=late) as run,
        ):
            run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
            run.until(lambda: forward(run, "pc.example.test.").reason == "context-refused", 60.0)
            detail = forward(run, "pc.example.test.").detail
            assert detail.startswith("BADKEY in the TKEY record")
            assert "Clock skew too great; set the clocks of this host and of the server by NTP" in detail


def test_a_clock_of_ours_that_only_the_reply_tells_of(
    peer: tuple[str, int], tmp_path: Path, keytab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kerberos forgives a client its clock, as it has the time of the KDC; a signature of the server is an hour old."""
    run = UpdaterRun(tmp_path / "ledger", Routes([domain(peer)], []), kerberos(keytab))
    run.clock = lambda: time.time() + 3600
    with run.running():
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False, seconds=7200))
        run.until(lambda: forward(run, "pc.example.test.").reason == "clock-differs")
        assert at(peer, "pc.example.test.") == []
    run.close()
    real, stop = time.time, Stop()
    monkeypatch.setattr(kerberos_check.time, "time", lambda: real() + 3600)
    subject = Subject(domain(peer), Direction.FORWARD, [from_text("pc.example.test.")], 1, 3600)
    *_, last = check([subject], {}, stop, lambda: Tickets(Login(US, str(keytab))))
    stop.close()
    assert (last.check, last.remedy) == ("tkey", "set the clocks of this host and of the server by NTP")


@pytest.mark.parametrize(
    ("admin", "says"),
    [
        (f"modprinc -allow_tix {US}", "the account is locked or disabled: have it opened"),
        (f"delprinc -force {US}", "the KDC knows no such principal"),
        (f"cpw -randkey {US}", "the keytab has an older key: export it again"),
    ],
)
def test_who_gets_no_ticket_is_told_why(tmp_path: Path, realm: Kdc, server_keytab: Path, admin: str, says: str) -> None:
    name = f"DHCP/{abs(hash(admin))}.example.test"
    keytab = realm.keytab(name)
    realm.admin(f"modprinc +requires_preauth {name}", admin.replace(US, name))
    with (
        tenure(tmp_path / "peer", realm, server_keytab) as running,
        updating(tmp_path, domain(("127.0.0.1", running.port)), kerberos=kerberos(keytab, principal=name)) as run,
    ):
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "pc.example.test.").reason == "no-ticket")
        assert says in forward(run, "pc.example.test.").detail


def test_the_key_of_the_server_was_changed(tmp_path: Path) -> None:
    """Its keytab has the new key alone, and the ticket that is kept is for the old one: a new one is taken."""
    with known_realm(tmp_path / "kdc") as realm:
        realm.keytab(f"DNS/{SERVER}")
        tickets = Tickets(Login(US, str(realm.keytab(US))))
        tickets.begin(f"DNS/{SERVER}")
        tickets._renewed_at -= 3600.0
        with (
            bind(tmp_path / "peer", realm, realm.keytab(f"DNS/{SERVER}")) as peer,
            updating(tmp_path, domain(peer.server), kerberos=Kerberos(tickets, Terms())) as run,
        ):
            run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
            run.until(lambda: registered(run, "pc.example.test."), 60.0)
            assert "context-refused" in run.log.getvalue()


def without_signature(octets: bytes) -> bytes:
    """A reply to an update without its TSIG record."""
    message = parse_message(octets)
    if message.opcode != Opcode.UPDATE or message.tsig is None:
        return octets
    return octets[:10] + b"\0\0" + octets[12 : message.tsig.offset]


def badly_signed(octets: bytes) -> bytes:
    """A reply to an update whose signature is of something else."""
    message = parse_message(octets)
    if message.opcode != Opcode.UPDATE or message.tsig is None:
        return octets
    place = octets.index(message.tsig.mac, message.tsig.offset) + 20
    return octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]


def never_done(octets: bytes) -> bytes:
    """What a liar says to every update: done, of what was not even signed rightly."""
    return without_signature(octets)[:3] + b"\0" + without_signature(octets)[4:]


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (without_signature, "unsigned NOERROR; read back unsigned: the zone holds the record"),
        (badly_signed, "the response's signature is wrong; read back unsigned: the zone holds the record"),
    ],
)
def test_a_reply_that_cannot_be_believed(
    peer: tuple[str, int], tmp_path: Path, keytab: Path, lie: object, says: str
) -> None:
    """The update was carried out, and that is read back and told; registered it is only by a reply that is signed."""
    with meddler(peer) as between, updating(tmp_path, domain(between.server), kerberos=kerberos(keytab)) as run:
        between.change = lie  # type: ignore[assignment]
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "pc.example.test.").attempts > 0)
        found = forward(run, "pc.example.test.")
        assert (found.state, found.reason) == (State.PENDING, "reply-unverified"), found
        assert says in found.detail
        assert at(peer, "pc.example.test.") == ["10.1.0.5"]
        failed = [event for event in run.events() if event.kind == "registration-failed"]
        assert [event.cause for event in failed] == [says]
        between.change = lambda reply: reply
        run.until(lambda: registered(run, "pc.example.test."), 60.0)


def test_a_server_that_signs_no_errors(tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path) -> None:
    """As Windows: an error is the request itself with the RCODE. Names that are in use are known by it."""
    with (
        bind(tmp_path / "peer", realm, server_keytab) as running,
        meddler(running.server) as between,
        updating(tmp_path, domain(between.server), kerberos=kerberos(keytab)) as run,
    ):

        def as_windows(reply: bytes) -> bytes:
            message = parse_message(reply)
            if message.opcode != Opcode.UPDATE or not message.rcode:
                return reply
            request = next(octets for octets in reversed(between.asked) if octets[:2] == reply[:2])
            return request[:2] + bytes([request[2] | 0x80, message.rcode]) + request[4:]

        between.change = as_windows
        first = want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False)
        run.change(first)
        run.until(lambda: registered(run, "pc.example.test."))
        run.change(want("pc.example.test.", SECOND, A_CLIENT, reverse=False), gone(first, "superseded"))
        run.until(lambda: at(running.server, "pc.example.test.") == ["10.1.0.6"])
        run.settled()
        run.change(want("pc.example.test.", bytes([10, 1, 0, 7]), OTHER_CLIENT, reverse=False))
        run.until(lambda: any(row.forward.reason == "name-taken" for row in run.rows()))
        assert at(running.server, "pc.example.test.") == ["10.1.0.6"]
        assert contexts(run) == 1


def test_a_server_that_has_forgotten_a_context_and_says_refused(
    tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one may that signs no errors: in an old context it is asked once more, in a new one."""
    monkeypatch.setattr("tenure.serving.updater.exchange.OLD_CONTEXT_SECONDS", 0.5)
    forgotten: set[bytes] = set()
    with (
        bind(tmp_path / "peer", realm, server_keytab) as running,
        meddler(running.server) as between,
        updating(tmp_path, domain(between.server), kerberos=kerberos(keytab)) as run,
    ):

        def refuse(reply: bytes) -> bytes:
            tsig = parse_message(reply).tsig
            if tsig is None or tsig.name not in forgotten:
                return reply
            request = next(octets for octets in reversed(between.asked) if octets[:2] == reply[:2])
            return request[:2] + bytes([request[2] | 0x80, 5]) + request[4:]

        between.change = refuse
        run.change(want("a.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: registered(run, "a.example.test."))
        began = time.monotonic()
        forgotten |= {message.tsig.name for message in map(parse_message, between.asked) if message.tsig}
        while time.monotonic() < began + 1.0:  # the context becomes old by itself alone
            time.sleep(0.1)
        run.change(want("b.example.test.", SECOND, A_CLIENT, reverse=False))
        run.until(lambda: registered(run, "b.example.test."))
        assert contexts(run) == 2
        assert not any(row.forward.attempts for row in run.rows())


def test_a_liar_who_says_that_it_is_done(tmp_path: Path, realm: Kdc, server_keytab: Path) -> None:
    """The server has refused the update; the reply in between says NOERROR, and nobody believes it."""
    stranger = kerberos(realm.keytab("DHCP/liar.example.test"), principal="DHCP/liar.example.test")
    with (
        tenure(tmp_path / "peer", realm, server_keytab) as running,
        meddler(("127.0.0.1", running.port)) as between,
        updating(tmp_path, domain(between.server), kerberos=stranger) as run,
    ):
        between.change = lambda reply: never_done(reply) if parse_message(reply).opcode == Opcode.UPDATE else reply
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "pc.example.test.").attempts > 0)
        found = forward(run, "pc.example.test.")
        assert (found.state, found.reason) == (State.PENDING, "reply-unverified"), found
        assert "read back unsigned: the zone does not hold the record" in found.detail


def test_a_liar_in_the_negotiation_gets_no_context(
    tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path
) -> None:
    """A reply whose token, or whose signature, was changed on its way establishes nothing; then all goes on."""
    with (
        bind(tmp_path / "peer", realm, server_keytab) as running,
        meddler(running.server) as between,
        updating(tmp_path, domain(between.server), kerberos=kerberos(keytab)) as run,
    ):
        between.change = lambda reply: (
            reply[:-20] + bytes([reply[-20] ^ 1]) + reply[-19:] if parse_message(reply).tsig else reply
        )
        run.change(want("pc.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: forward(run, "pc.example.test.").reason == "context-refused")
        assert contexts(run) == 0
        assert not updates(between)
        between.change = lambda reply: reply
        run.until(lambda: registered(run, "pc.example.test."), 60.0)
