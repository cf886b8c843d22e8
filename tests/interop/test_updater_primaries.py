"""The updater against a real BIND and a real Knot: what it writes, what it leaves alone, what it says of trouble."""

from __future__ import annotations

import base64
import ipaddress
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from claims import A_CLIENT, OTHER_CLIENT
from dnspeer import KEY, DnsPeer
from knotd import knotd
from named import GRANT, named
from ports import free_port
from powerdns import powerdns
from updater_run import UpdaterRun, gone, leased, want

from tenure.dnswire.name import from_text, to_text
from tenure.ledger.name_orders import Order
from tenure.naming.registration import Part, State
from tenure.naming.txt_marker import txt_markers
from tenure.serving.updater import service
from tenure.signing.key import Key
from tenure.updating.routing import ConflictMode, Domain, Routes

FORWARD, REVERSE = "example.test.", "1.10.in-addr.arpa."
ADDRESS, SECOND, SIX = bytes([10, 1, 0, 5]), bytes([10, 1, 0, 6]), b"\xfd\0" + bytes(13) + b"\5"
CLIENT_KEY, V6 = b"\1\1\2\0\0\0\x0a\1", "AAAA fd00::9"
POINTER, SECOND_POINTER = "5.0.1.10.in-addr.arpa.", "6.0.1.10.in-addr.arpa."


def marker(dhcid: bytes) -> str:
    return "DHCID " + base64.b64encode(dhcid).decode()


def routes(peer: DnsPeer, key: Key | None = KEY, mode: ConflictMode = ConflictMode.CHECK_WITH_DHCID) -> Routes:
    domains = [Domain(from_text(zone), (peer.server,), key, mode) for zone in (FORWARD, REVERSE)]
    return Routes(domains[:1], domains[1:])


@pytest.fixture(params=[named, knotd, powerdns], ids=["bind", "knot", "powerdns"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DnsPeer]:
    with request.param(tmp_path / "peer", [FORWARD, REVERSE]) as running:
        yield running


@pytest.fixture
def run(peer: DnsPeer, tmp_path: Path) -> Iterator[UpdaterRun]:
    updater = UpdaterRun(tmp_path / "ledger", routes(peer))
    with updater.running():
        yield updater
    updater.close()


def test_a_lease_comes_moves_and_goes(run: UpdaterRun, peer: DnsPeer) -> None:
    first = want("pc1.example.test.", ADDRESS, A_CLIENT)
    run.change(first)
    run.settled()
    assert peer.at("pc1.example.test.") == {"A 10.1.0.5", marker(A_CLIENT)}
    assert peer.at(POINTER) == {"PTR pc1.example.test.", marker(A_CLIENT)}
    row = run.row("pc1.example.test.")
    assert row is not None
    assert (row.forward.state, row.forward.reason, row.reverse.state) == (
        State.REGISTERED,
        "confirmed",
        State.REGISTERED,
    )

    second = want("pc1.example.test.", SECOND, A_CLIENT)
    run.change(second, gone(first, "superseded"))
    run.settled()
    assert peer.at("pc1.example.test.") == {"A 10.1.0.6", marker(A_CLIENT)}
    assert peer.at(POINTER) == set()
    assert peer.at(SECOND_POINTER) == {"PTR pc1.example.test.", marker(A_CLIENT)}

    run.change(gone(second))
    run.until(lambda: not run.rows())
    assert peer.at("pc1.example.test.") == peer.at(SECOND_POINTER) == set()
    kinds = [(event.kind, event.correlation) for event in run.events()]
    assert kinds[:2] == [("registration-confirmed", "packet of pc1.example.test.")] * 2
    assert kinds[-2:] == [("registration-removed", "release")] * 2


def test_another_client_does_not_get_the_name_nor_the_pointer(run: UpdaterRun, peer: DnsPeer) -> None:
    run.change(want("pc1.example.test.", ADDRESS, A_CLIENT))
    run.settled()
    run.change(want("pc1.example.test.", SECOND, OTHER_CLIENT))
    run.settled()
    row = run.row("pc1.example.test.", SECOND)
    assert row is not None
    assert (row.forward.state, row.forward.reason) == (State.REFUSED, "name-taken")
    assert row.forward.detail.startswith("NXRRSET to replace, NOERROR to ask-marker, 127.0.0.1 port")
    assert (row.reverse.state, row.reverse.reason) == (State.REFUSED, "forward-refused")
    assert peer.at("pc1.example.test.") == {"A 10.1.0.5", marker(A_CLIENT)}
    assert peer.at(SECOND_POINTER) == set()
    refused = [event for event in run.events() if event.kind == "registration-refused"]
    assert [event.cause for event in refused] == ["NXRRSET to replace, NOERROR to ask-marker", "forward was refused"]


def test_who_was_second_gets_the_name_as_soon_as_the_first_one_gives_it_up(
    run: UpdaterRun, peer: DnsPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOOK_SECONDS", 600.0)  # not by chance at the next look
    first, second = (want("pc1.example.test.", a, c) for a, c in ((ADDRESS, A_CLIENT), (SECOND, OTHER_CLIENT)))
    run.change(first)
    run.settled()
    run.change(second)
    run.settled()
    run.change(gone(first))
    run.until(lambda: [row.reverse.state for row in run.rows()] == [State.REGISTERED])
    assert peer.at("pc1.example.test.") == {"A 10.1.0.6", marker(OTHER_CLIENT)}
    assert peer.at(SECOND_POINTER) == {"PTR pc1.example.test.", marker(OTHER_CLIENT)}
    assert peer.at(POINTER) == set()


def test_a_name_that_a_person_made_is_left_alone(run: UpdaterRun, peer: DnsPeer) -> None:
    peer.write(FORWARD, "printer.example.test. 300 A 10.1.9.9", "alias.example.test. 300 CNAME printer.example.test.")
    run.change(want("printer.example.test.", ADDRESS, A_CLIENT), want("alias.example.test.", SECOND, A_CLIENT))
    run.settled()
    assert {row.forward.reason for row in run.rows()} == {"name-static"}
    assert peer.at("printer.example.test.") == {"A 10.1.9.9"}
    assert peer.at("alias.example.test.") == {"CNAME printer.example.test."}


def test_records_that_clients_write_themselves(run: UpdaterRun, peer: DnsPeer) -> None:
    """One that it said, one of several, one that it should not have, and one that it never wrote; over IPv6 too."""
    peer.write(
        FORWARD,
        "said.example.test. 300 A 10.1.0.5",
        "said.example.test. 300 A 10.1.9.9",
        f"six.example.test. 300 AAAA {ipaddress.ip_address(SIX)}",
        "defiant.example.test. 300 A 10.1.0.6",
    )
    by = int(time.time())
    own = want("said.example.test.", ADDRESS, A_CLIENT, forward=False, reverse=False)._replace(client_by=by)
    run.change(
        own,
        own._replace(name=from_text("six.example.test."), address=SIX),
        own._replace(name=from_text("silent.example.test.")),
        want("defiant.example.test.", SECOND, OTHER_CLIENT),
    )
    expected = {
        "said": (State.CLIENT, "client-updated"),
        "six": (State.CLIENT, "client-updated"),
        "silent": (State.MISSING, "client-silent"),
        "defiant": (State.REFUSED, "client-wrote"),
    }

    def found() -> dict[str, tuple[str, str]]:
        return {to_text(row.name).partition(".")[0]: (row.forward.state, row.forward.reason) for row in run.rows()}

    run.until(lambda: found() == expected)
    run.settled()
    assert peer.at("defiant.example.test.") == {"A 10.1.0.6"}
    assert peer.at(SECOND_POINTER) == {"PTR defiant.example.test.", marker(OTHER_CLIENT)}


def test_what_others_wrote_at_our_names_survives_the_removal(run: UpdaterRun, peer: DnsPeer) -> None:
    claim = want("pc1.example.test.", ADDRESS, A_CLIENT)
    run.change(claim)
    run.settled()
    peer.write(FORWARD, 'pc1.example.test. 300 TXT "by hand"', "pc1.example.test. 300 MX 10 mail.invalid.")
    peer.write(REVERSE, f'{POINTER} 300 TXT "by hand"')
    run.change(gone(claim))
    run.until(lambda: not run.rows())
    assert peer.at("pc1.example.test.") == {'TXT "by hand"', "MX 10 mail.invalid."}
    assert peer.at(POINTER) == {'TXT "by hand"'}


def test_what_a_person_wrote_beside_a_device_s_records_stays(run: UpdaterRun, peer: DnsPeer) -> None:
    first, second = want("pc1.example.test.", ADDRESS, A_CLIENT), want("pc1.example.test.", SECOND, A_CLIENT)
    run.change(first)
    run.settled()
    peer.write(FORWARD, "pc1.example.test. 300 A 10.1.9.9")
    peer.write(REVERSE, f"{SECOND_POINTER} 300 PTR camera.example.test.", f"{POINTER} 300 PTR camera.example.test.")
    run.change(second, gone(first, "superseded"))
    run.settled()
    assert peer.at("pc1.example.test.") == {"A 10.1.0.6", "A 10.1.9.9", marker(A_CLIENT)}
    assert peer.at(SECOND_POINTER) == peer.at(POINTER) == {"PTR camera.example.test."}
    (row,) = run.rows()
    assert (row.forward.reason, row.reverse.state, row.reverse.reason) == ("confirmed", "refused", "pointer-taken")
    assert row.reverse.detail.startswith("NXRRSET to reverse-compare, 127.0.0.1 port")


def test_a_pointer_that_a_person_made_and_that_is_right_counts_and_stays(run: UpdaterRun, peer: DnsPeer) -> None:
    peer.write(REVERSE, f"{POINTER} 300 PTR pc1.example.test.")
    claim = want("pc1.example.test.", ADDRESS, A_CLIENT)
    run.change(claim)
    run.settled()
    (row,) = run.rows()
    assert (row.reverse.state, row.reverse.reason) == (State.REGISTERED, "confirmed")
    run.change(gone(claim))
    run.until(lambda: not run.rows())
    assert peer.at(POINTER) == {"PTR pc1.example.test."}


def test_a_pointer_of_a_client_that_nobody_removed_is_taken_over(run: UpdaterRun, peer: DnsPeer) -> None:
    peer.write(REVERSE, f"{POINTER} 300 PTR former.example.test.", f"{POINTER} 300 {marker(OTHER_CLIENT)}")
    run.change(want("pc1.example.test.", ADDRESS, A_CLIENT))
    run.settled()
    assert peer.at(POINTER) == {"PTR pc1.example.test.", marker(A_CLIENT)}


def test_a_name_that_dhcpd_wrote_for_the_client_is_its_own(run: UpdaterRun, peer: DnsPeer) -> None:
    """With dhcpd's marker from before DHCID: both change in one message, and the pointer goes with the lease."""
    claim, (text,) = want("pc1.example.test.", ADDRESS, A_CLIENT), txt_markers(CLIENT_KEY, 0)
    marked = f'pc1.example.test. 300 TXT "{text[1:].decode()}"'
    peer.write(FORWARD, marked, "pc1.example.test. 300 A 10.1.0.99", f"pc1.example.test. 300 {V6}")
    peer.write(REVERSE, f"{POINTER} 300 PTR pc1.example.test.")
    run.change(claim, leases=[leased(claim, CLIENT_KEY)])
    run.settled()
    assert peer.at("pc1.example.test.") == {"A 10.1.0.5", V6, marker(A_CLIENT)}
    assert peer.at(POINTER) == {"PTR pc1.example.test.", marker(A_CLIENT)}
    (row,) = run.rows()
    assert (row.forward.state, row.forward.reason) == (State.REGISTERED, "marker-upgraded")
    assert row.forward.detail.startswith("NOERROR to upgrade-marker, 127.0.0.1 port")
    run.change(gone(claim))
    run.until(lambda: not run.rows())
    assert (peer.at("pc1.example.test."), peer.at(POINTER)) == ({V6, marker(A_CLIENT)}, set())


def test_a_name_that_dhcpd_wrote_for_another_client_is_not(run: UpdaterRun, peer: DnsPeer) -> None:
    """Nor is one with more texts than the marker, nor one of a client that is not known here."""
    (ours,), (theirs,) = txt_markers(CLIENT_KEY, 0), txt_markers(CLIENT_KEY[::-1], 0)
    stand = {
        "theirs": [theirs],
        "several": [ours, b"\x06by hand"],
        "unknown": [ours],
        "person": [b"\x07by hand"],
    }
    for name, texts in stand.items():
        peer.write(FORWARD, f"{name}.example.test. 300 A 10.1.9.9")
        peer.write(FORWARD, *(f'{name}.example.test. 300 TXT "{text[1:].decode()}"' for text in texts))
    before = {name: peer.at(f"{name}.example.test.") for name in stand}
    claims = [want(f"{name}.example.test.", bytes([10, 1, 0, n]), A_CLIENT) for n, name in enumerate(stand)]
    known = [leased(claim, CLIENT_KEY)._replace(subnet_id=n) for n, claim in enumerate(claims) if n != 2]
    run.change(*claims, leases=known)
    run.settled()
    assert {to_text(row.name).partition(".")[0]: row.forward.reason for row in run.rows()} == {
        "theirs": "name-taken",
        "several": "name-taken",
        "unknown": "name-taken",
        "person": "name-static",
    }
    assert {row.reverse.reason for row in run.rows()} == {"forward-refused"}
    assert {name: peer.at(f"{name}.example.test.") for name in stand} == before
    details = {to_text(row.name).partition(".")[0]: row.forward.detail for row in run.rows()}
    words = "the TXT marker of ISC dhcpd is another client's, or not alone, NXRRSET to upgrade-marker, 127.0.0.1 port"
    assert details["theirs"].startswith(words)
    assert details["unknown"].startswith("a TXT marker of ISC dhcpd stands there, and")


def test_another_lifetime_gives_the_records_another_ttl(run: UpdaterRun, peer: DnsPeer) -> None:
    run.change(claim := want("pc1.example.test.", ADDRESS, A_CLIENT))
    run.settled()
    run.change(claim._replace(ttl=claim.ttl * 2))
    run.settled()
    assert peer.ttl("pc1.example.test.", "A") == peer.ttl(POINTER, "PTR") == claim.ttl * 2


def test_both_families_of_a_host_live_side_by_side(peer: DnsPeer, tmp_path: Path) -> None:
    four = want("pc1.example.test.", ADDRESS, A_CLIENT, reverse=False)
    six = want("pc1.example.test.", SIX, A_CLIENT, reverse=False)
    run = UpdaterRun(tmp_path / "dual", routes(peer))
    with run.running():
        run.change(four, six)
        run.settled()
        assert peer.at("pc1.example.test.") == {"A 10.1.0.5", "AAAA fd00::5", marker(A_CLIENT)}
        run.change(gone(four))
        run.until(lambda: len(run.rows()) == 1)
        assert peer.at("pc1.example.test.") == {"AAAA fd00::5", marker(A_CLIENT)}
        run.change(gone(six))
        run.until(lambda: not run.rows())
        assert peer.at("pc1.example.test.") == set()
    run.close()


def test_a_crowd_with_conflicts(run: UpdaterRun, peer: DnsPeer) -> None:
    peer.write(FORWARD, *(f"pc{n}.example.test. 300 A 10.1.9.{n}" for n in (3, 77, 150, 151)))
    run.change(*(want(f"pc{n}.example.test.", bytes([10, 1, 1, n]), A_CLIENT) for n in range(250)))
    run.settled(60)
    by_reason: dict[str, set[bytes]] = {}
    for row in run.rows():
        by_reason.setdefault(row.forward.reason, set()).add(row.name)
    assert by_reason.pop("name-static") == {from_text(f"pc{n}.example.test.") for n in (3, 77, 150, 151)}
    assert len(by_reason.pop("confirmed")) == 246
    assert not by_reason
    assert peer.at("77.1.1.10.in-addr.arpa.") == set()
    assert peer.at("78.1.1.10.in-addr.arpa.") == {"PTR pc78.example.test.", marker(A_CLIENT)}
    assert run.ledger.zone_troubles() == [], "each of these servers takes 200 names in a message"


def test_names_that_the_server_s_policy_forbids(tmp_path: Path) -> None:
    policy = f"deny dhcp. name forbidden.{FORWARD} ANY; {GRANT}"
    with named(tmp_path / "named", [FORWARD, REVERSE], policy) as bind:
        run = UpdaterRun(tmp_path / "ledger", routes(bind))
        with run.running():
            crowd = [want(f"pc{n}.example.test.", bytes([10, 1, 1, n]), A_CLIENT) for n in range(20)]
            run.change(*crowd, want("forbidden.example.test.", ADDRESS, A_CLIENT))
            run.settled()
        refused = {(row.name, row.forward.reason) for row in run.rows() if row.forward.reason != "confirmed"}
        assert refused == {(from_text("forbidden.example.test."), "server-refused")}
        # other trouble of forward than a taken name does not hold reverse back
        assert bind.at(POINTER) == {"PTR forbidden.example.test.", marker(A_CLIENT)}
        run.close()


def test_a_name_that_no_zone_of_ours_covers(run: UpdaterRun) -> None:
    run.change(want("pc.elsewhere.", SECOND, A_CLIENT))
    run.settled()
    assert [row.forward.reason for row in run.rows()] == ["no-zone"]


def test_a_zone_that_the_server_does_not_have(peer: DnsPeer, tmp_path: Path) -> None:
    elsewhere = Domain(from_text("elsewhere.test."), (peer.server,), KEY)
    run = UpdaterRun(tmp_path / "ledger", Routes((elsewhere,), ()))
    with run.running():
        run.change(want("pc1.elsewhere.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: any(row.forward.reason == "server-not-authoritative" for row in run.rows()))
    run.close()


def trouble(peer: DnsPeer, folder: Path, key: Key | None) -> Part:
    """What becomes of a claim whose updates are signed with the key."""
    run = UpdaterRun(folder, routes(peer, key))
    with run.running():
        run.change(want("pc1.example.test.", ADDRESS, A_CLIENT, reverse=False))
        run.until(lambda: (row := run.row("pc1.example.test.")) is not None and row.forward.reason != "waiting")
    row = run.row("pc1.example.test.")
    run.close()
    assert row is not None
    assert peer.at("pc1.example.test.") == set()
    return row.forward


@pytest.mark.parametrize(
    "key",
    [
        Key(b"\x07unknown\0", KEY.algorithm, KEY.secret),
        Key(KEY.name, KEY.algorithm, b"another secret of 32 octets ....."),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_a_key_that_is_wrong_is_tried_again(peer: DnsPeer, tmp_path: Path, key: Key) -> None:
    part = trouble(peer, tmp_path / "ledger", key)
    assert part.reason == "key-rejected"
    assert part.due_at is not None


@pytest.mark.parametrize(
    "key", [Key(b"\x05other\0", KEY.algorithm, KEY.secret), None], ids=["key without rights", "unsigned"]
)
def test_who_has_no_rights_is_refused(tmp_path: Path, key: Key | None) -> None:
    with named(tmp_path / "named", [FORWARD, REVERSE]) as bind:
        part = trouble(bind, tmp_path / "ledger", key)
    assert part.reason == "server-refused"
    assert part.due_at is None


@pytest.mark.parametrize("dead", ["forward", "reverse"])
def test_one_dead_direction_does_not_hold_up_the_other(peer: DnsPeer, tmp_path: Path, dead: str) -> None:
    alive = routes(peer)
    nowhere = (Domain(from_text(FORWARD if dead == "forward" else REVERSE), (("127.0.0.1", free_port()),), KEY),)
    divided = Routes(nowhere, alive.reverse) if dead == "forward" else Routes(alive.forward, nowhere)
    run = UpdaterRun(tmp_path / "ledger", divided)
    crowd = [want(f"pc{n}.example.test.", bytes([10, 1, 1, n]), A_CLIENT) for n in range(250)]

    def done() -> bool:
        parts = [(row.forward, row.reverse) if dead == "reverse" else (row.reverse, row.forward) for row in run.rows()]
        return all(one.state == State.REGISTERED and other.reason == "server-unreachable" for one, other in parts)

    with run.running():
        run.change(*crowd)
        run.until(done)
    run.close()
    pointer, name = peer.at("7.1.1.10.in-addr.arpa."), peer.at("pc7.example.test.")
    assert (pointer, name) == (
        (set(), {"A 10.1.1.7", marker(A_CLIENT)})
        if dead == "reverse"
        else ({"PTR pc7.example.test.", marker(A_CLIENT)}, set())
    )


def test_a_dead_server_before_a_live_one(peer: DnsPeer, tmp_path: Path) -> None:
    servers = (("127.0.0.1", free_port()), peer.server)
    domains = [Domain(from_text(zone), servers, KEY) for zone in (FORWARD, REVERSE)]
    run = UpdaterRun(tmp_path / "ledger", Routes(domains[:1], domains[1:]))
    claim = want("pc1.example.test.", ADDRESS, A_CLIENT)
    with run.running():
        run.change(claim)
        run.settled()
        assert peer.at("pc1.example.test.") == {"A 10.1.0.5", marker(A_CLIENT)}
        run.change(gone(claim))
        run.until(lambda: not run.rows())
        assert peer.at("pc1.example.test.") == peer.at(POINTER) == set()
    run.close()


def test_a_server_that_comes_back_gets_what_it_missed(tmp_path: Path) -> None:
    with named(tmp_path / "named", [FORWARD, REVERSE]) as bind:
        port = bind.port
        run = UpdaterRun(tmp_path / "ledger", routes(bind))
    with run.running():
        run.change(want("pc1.example.test.", ADDRESS, A_CLIENT))
        run.until(lambda: any(row.forward.reason == "server-unreachable" for row in run.rows()))
        with named(tmp_path / "named", [FORWARD, REVERSE], port=port) as bind:
            run.settled(30)
            assert bind.at("pc1.example.test.") == {"A 10.1.0.5", marker(A_CLIENT)}
    run.close()


@pytest.mark.parametrize("mode", [ConflictMode.CHECK_EXISTS_WITH_DHCID, ConflictMode.NO_CHECK_WITH_DHCID])
def test_modes_that_take_names_over(peer: DnsPeer, tmp_path: Path, mode: ConflictMode) -> None:
    peer.write(FORWARD, "pc1.example.test. 300 A 10.1.9.9", f"pc1.example.test. 300 {marker(OTHER_CLIENT)}")
    run = UpdaterRun(tmp_path / "ledger", routes(peer, mode=mode))
    claim = want("pc1.example.test.", ADDRESS, A_CLIENT)
    with run.running():
        run.change(claim)
        run.settled()
        assert peer.at("pc1.example.test.") == {"A 10.1.0.5", marker(A_CLIENT)}
        run.change(gone(claim))
        run.until(lambda: not run.rows())
        assert peer.at("pc1.example.test.") == peer.at(POINTER) == set()
    run.close()


@pytest.mark.parametrize("mode", [mode for mode in ConflictMode if mode is not ConflictMode.CHECK_WITH_DHCID])
def test_a_lease_that_another_one_has_written_over_says_so(peer: DnsPeer, tmp_path: Path, mode: ConflictMode) -> None:
    def markers(client: bytes) -> set[str]:
        return set() if mode is ConflictMode.NO_CHECK_WITHOUT_DHCID else {marker(client)}

    def states() -> set[tuple[str, str, str]]:
        return {(str(row.forward.reason), str(row.reverse.state), str(row.reverse.reason)) for row in run.rows()}

    run = UpdaterRun(tmp_path / "ledger", routes(peer, mode=mode))
    first, second = want("pc1.example.test.", ADDRESS, A_CLIENT), want("pc1.example.test.", SECOND, OTHER_CLIENT)
    has = ("confirmed", "registered", "confirmed")
    with run.running():
        run.change(first)
        run.settled()
        run.change(second)
        run.until(lambda: states() == {("name-taken-over", "refused", "forward-refused"), has})
        assert peer.at("pc1.example.test.") == {"A 10.1.0.6"} | markers(OTHER_CLIENT)
        assert (peer.at(POINTER), peer.at(SECOND_POINTER)) == (set(), {"PTR pc1.example.test."} | markers(OTHER_CLIENT))
        run.change(gone(second))
        run.until(lambda: states() == {has})
        assert peer.at("pc1.example.test.") == {"A 10.1.0.5"} | markers(A_CLIENT)
        assert (peer.at(POINTER), peer.at(SECOND_POINTER)) == ({"PTR pc1.example.test."} | markers(A_CLIENT), set())
    run.close()


def test_a_locked_name_stays_as_it_is_until_a_person_says_otherwise(run: UpdaterRun, peer: DnsPeer) -> None:
    def order() -> Order:
        return Order("cli ann", time.time(), "order 1")

    def reasons() -> set[tuple[str, str]]:
        return {(row.forward.state, row.forward.reason) for row in run.rows()}

    orders, name = run.ledger.name_orders, from_text("pc1.example.test.")
    first, second = want("pc1.example.test.", ADDRESS, A_CLIENT), want("pc1.example.test.", SECOND, OTHER_CLIENT)
    as_it_was = {"A 10.1.0.5", marker(A_CLIENT)}
    run.change(first)
    run.settled()
    orders.lock([name], order())
    run.change(gone(first), second)
    run.until(lambda: reasons() == {("removing", "name-locked"), ("refused", "name-locked")})
    run.until(lambda: peer.at(POINTER) == set())
    assert peer.at("pc1.example.test.") == as_it_was
    assert peer.at(SECOND_POINTER) == set()

    orders.unlock([name], order())
    run.settled()
    assert peer.at("pc1.example.test.") == {"A 10.1.0.6", marker(OTHER_CLIENT)}
    assert peer.at(SECOND_POINTER) == {"PTR pc1.example.test.", marker(OTHER_CLIENT)}

    orders.release([name], order(), lock=True)
    run.until(lambda: run.rows() == [])
    assert peer.at("pc1.example.test.") == peer.at(SECOND_POINTER) == set()
    run.change(second)
    run.until(lambda: reasons() == {("refused", "name-locked")})
    run.settled()
    assert peer.at("pc1.example.test.") == peer.at(SECOND_POINTER) == set()
    told = [event.kind for event in run.events() if event.actor == "cli ann"]
    assert told == ["name-locked", "name-unlocked", "name-released", "name-locked"]


@pytest.mark.parametrize(
    "theirs", [("A 192.0.2.7", 'TXT "hand"'), ("A 10.1.0.9", marker(OTHER_CLIENT)), ("CNAME elsewhere.example.test.",)]
)
def test_a_person_gives_a_lease_the_name_that_others_have(
    run: UpdaterRun, peer: DnsPeer, theirs: tuple[str, ...]
) -> None:
    peer.write(FORWARD, *(f"pc1.example.test. 300 {record}" for record in theirs))
    run.change(want("pc1.example.test.", ADDRESS, A_CLIENT))
    run.settled()
    (refused,) = run.rows()
    assert (refused.forward.state, refused.reverse.state) == ("refused", "refused")
    assert peer.at("pc1.example.test.") == set(theirs)

    assert run.ledger.name_orders.adopt([refused], Order("cli ann", time.time(), "order 1")) == 1
    run.until(lambda: {(row.forward.state, row.reverse.state) for row in run.rows()} == {("registered", "registered")})
    kept = {record for record in theirs if record.startswith("TXT")}
    assert peer.at("pc1.example.test.") == {"A 10.1.0.5", marker(A_CLIENT)} | kept
    assert peer.at(POINTER) == {"PTR pc1.example.test.", marker(A_CLIENT)}


def test_a_person_moves_a_name_to_another_device(run: UpdaterRun, peer: DnsPeer) -> None:
    first = want("pc1.example.test.", ADDRESS, A_CLIENT)
    run.change(first)
    run.settled()
    run.change(want("pc1.example.test.", SECOND, OTHER_CLIENT))
    run.settled()
    rows = {row.address: row for row in run.rows()}
    order = Order("cli ann", time.time(), "order 1")
    assert run.ledger.name_orders.transfer([rows[ADDRESS]], [rows[SECOND]], order) == 1
    run.until(lambda: [(row.forward.state, row.reverse.state) for row in run.rows()] == [("registered", "registered")])
    assert peer.at("pc1.example.test.") == {"A 10.1.0.6", marker(OTHER_CLIENT)}
    assert (peer.at(POINTER), peer.at(SECOND_POINTER)) == (set(), {"PTR pc1.example.test.", marker(OTHER_CLIENT)})
    run.change(first)  # who had it renews its lease
    run.settled()
    assert {row.address: row.forward.reason for row in run.rows()} == {ADDRESS: "name-taken", SECOND: "confirmed"}
    assert peer.at("pc1.example.test.") == {"A 10.1.0.6", marker(OTHER_CLIENT)}
