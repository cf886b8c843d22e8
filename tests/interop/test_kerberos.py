"""Clients that sign by Kerberos, with a real MIT KDC: BIND's nsupdate, and what an attacker could send."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gss_client import GssClient, build_update, send, send_all, tkey_error, verdict
from kdc import SERVER, Kdc, kdc
from ports import free_port
from secure_dns import ZONE, SecureDns, nsupdate, secure_dns
from tenure_serve import eventually
from tenure_toml import entry, section, write_toml

PC, WS = "host/pc.example.test", "ws1$"
RULES = ["grant EXAMPLE.TEST krb5-selfsub . A TXT", "grant EXAMPLE.TEST ms-self . A"]
BADKEY = (9, 17)


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as made, pytest.MonkeyPatch.context() as patch:
        for variable in ("KRB5_CONFIG", "KRB5RCACHEDIR", "KRB5RCACHENAME"):
            patch.setenv(variable, made.environment[variable])
        yield made


@pytest.fixture(scope="module")
def keytab(realm: Kdc) -> Path:
    return realm.keytab(f"DNS/{SERVER}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, realm: Kdc, keytab: Path) -> Iterator[SecureDns]:
    with secure_dns(tmp_path_factory.mktemp("dns"), realm, {ZONE: RULES}, tkey_gssapi_keytab=str(keytab)) as running:
        yield running


@pytest.fixture(scope="module")
def pc(realm: Kdc) -> dict[str, str]:
    return realm.client(PC)


@pytest.fixture
def client(server: SecureDns, pc: dict[str, str]) -> GssClient:
    """One whose context is established."""
    found = GssClient(server.port, pc)
    assert tkey_error(found.negotiate()) == 0
    return found


def newest(server: SecureDns, kind: str) -> dict[str, str]:
    return server.history(kind)[-1]


def test_hosts_register_themselves_and_nobody_else(server: SecureDns, realm: Kdc, pc: dict[str, str]) -> None:
    ws = realm.client(WS)
    assert nsupdate(server.port, pc, "update add pc.example.test. 60 A 192.0.2.7") == ""
    assert nsupdate(server.port, ws, "update add ws1.example.test. 60 A 192.0.2.8") == ""
    assert server.records("pc.example.test.", "A") == ["192.0.2.7"]
    assert server.records("ws1.example.test.", "A") == ["192.0.2.8"]
    assert newest(server, "update-applied")["actor"] == "dns principal ws1$@EXAMPLE.TEST"
    assert "REFUSED" in nsupdate(server.port, ws, "update delete pc.example.test. A")
    assert "REFUSED" in nsupdate(server.port, pc, "update add ws1.example.test. 60 A 192.0.2.9")
    refused = newest(server, "update-refused")
    assert refused["actor"] == f"dns principal {PC}@EXAMPLE.TEST"
    assert f"principal {PC}@EXAMPLE.TEST may not add A at ws1.example.test." in refused["detail"]
    explained = server.run("explain", refused["correlation"])
    assert f"by dns principal {PC}@EXAMPLE.TEST" in explained
    assert server.records("pc.example.test.", "A") == ["192.0.2.7"]


def test_who_has_no_ticket_gets_nothing_done(server: SecureDns, realm: Kdc) -> None:
    nobody = {**realm.environment, "KRB5CCNAME": f"FILE:{realm.folder}/none.ccache"}
    assert nsupdate(server.port, nobody, "update add pc.example.test. 60 A 192.0.2.66") != ""
    assert verdict(send(server.port, build_update("pc.example.test.", "192.0.2.66")))[0] == 5
    assert "192.0.2.66" not in server.records("pc.example.test.", "A")


@pytest.mark.parametrize("udp", [False, True])
def test_over_udp_as_over_tcp(server: SecureDns, pc: dict[str, str], udp: bool) -> None:
    found = GssClient(server.port, pc)
    assert tkey_error(found.negotiate(udp=udp)) == 0
    for number in range(5):
        reply = found.send(found.update(f"u{number}.pc.example.test."), udp=udp)
        assert verdict(reply) == (0, 0)


def test_a_message_that_is_sent_again_is_a_replay(server: SecureDns, client: GssClient) -> None:
    message = client.update("replayed.pc.example.test.")
    assert verdict(client.send(message)) == (0, 0)
    for udp in (False, True, False):
        assert verdict(client.send(message, udp=udp)) == BADKEY
    detail = newest(server, "update-refused")["detail"]
    assert f"the signature in the context of {PC}@EXAMPLE.TEST was seen before: the message is a replay" in detail


def test_a_forged_message_is_refused(server: SecureDns, client: GssClient) -> None:
    message = bytearray(client.update("forged.pc.example.test."))
    message[message.index(b"\xc0\0\2\7")] ^= 1
    assert verdict(client.send(bytes(message))) == BADKEY
    assert "is wrong: the message was changed" in newest(server, "update-refused")["detail"]
    assert server.records("forged.pc.example.test.", "A") == []
    assert verdict(client.send(client.update("forged.pc.example.test."))) == (0, 0)


def test_a_signature_of_one_context_is_none_in_another(
    server: SecureDns, client: GssClient, pc: dict[str, str]
) -> None:
    other = GssClient(server.port, pc)
    other.negotiate()
    client.key, other.key = other.key, client.key
    assert verdict(client.send(client.update("crossed.pc.example.test."))) == BADKEY


def test_the_order_counts_where_the_client_asked_for_that(server: SecureDns, pc: dict[str, str]) -> None:
    for flags, expected in ((("out_of_sequence_detection",), BADKEY), ((), (0, 0))):
        found = GssClient(server.port, pc, ("mutual_authentication", "replay_detection", "integrity", *flags))
        found.negotiate()
        first, second = found.update("one.pc.example.test."), found.update("two.pc.example.test.")
        assert verdict(found.send(second)) == expected
        assert verdict(found.send(first)) == expected
    assert "is out of sequence" in newest(server, "update-refused")["detail"]


def test_a_context_without_replay_detection_is_none(server: SecureDns, pc: dict[str, str]) -> None:
    found = GssClient(server.port, pc, ("mutual_authentication", "integrity"))
    assert tkey_error(found.negotiate()) == 17
    assert "a context without replay detection" in newest(server, "tkey-refused")["detail"]


def test_tokens_that_are_forged_cut_or_seen_before(server: SecureDns, pc: dict[str, str]) -> None:
    found = GssClient(server.port, pc)
    token = found.token
    middle = len(token) // 2
    changed = token[:middle] + bytes([token[middle] ^ 1]) + token[middle + 1 :]
    for number, forged in enumerate((b"", b"x", token[:50], token[:-1], changed, token + b"x" * 60000)):
        reply = send(server.port, found.query(forged, key=b"\4" + b"%04d" % number + b"\0"))
        assert verdict(reply) == (0, 0)
        assert b"\0\3\0\x11" in reply  # mode 3, BADKEY
    assert tkey_error(found.negotiate()) == 0
    reply = send(server.port, found.query(key=b"\5other\0"))
    assert b"\0\3\0\x11" in reply
    refused = newest(server, "tkey-refused")
    assert "Request is a replay; this token was used before" in refused["detail"]
    assert (refused["cause"], refused["name"]) == ("BADKEY", "other.")
    explained = server.run("explain", refused["correlation"])
    assert "with the key name other." in explained
    assert "was refused with BADKEY: Kerberos refused the token: Request is a replay" in explained


def test_a_context_is_ended_by_its_client_alone(server: SecureDns, realm: Kdc, client: GssClient) -> None:
    stranger = GssClient(server.port, realm.client("alice"))
    stranger.negotiate()
    deletion = stranger.signed(stranger.query(b"", key=client.key, mode=5))
    assert verdict(stranger.send(deletion)) == (5, 0)
    assert "may not end the context" in newest(server, "tkey-refused")["detail"]
    assert verdict(client.send(client.update("pc.example.test."))) == (0, 0)
    assert verdict(client.send(client.signed(client.query(b"", mode=5)))) == (0, 0)
    assert verdict(client.send(client.update("pc.example.test."))) == BADKEY


def test_a_service_that_the_keytab_lacks(server: SecureDns, realm: Kdc, pc: dict[str, str]) -> None:
    realm.admin("addprinc -randkey DNS/elsewhere.example.test")
    found = GssClient(server.port, pc, target="elsewhere.example.test")
    assert tkey_error(found.negotiate()) == 17
    detail = newest(server, "tkey-refused")["detail"]
    assert "DNS/elsewhere.example.test@EXAMPLE.TEST" in detail
    assert "the ticket is for" in detail


def test_principals_that_look_like_a_machine_are_none(server: SecureDns, realm: Kdc) -> None:
    for principal in ("HOST/pc.example.test", "pc.example.test", "http/pc.example.test"):
        found = GssClient(server.port, realm.client(principal))
        assert tkey_error(found.negotiate()) == 0
        assert verdict(found.send(found.update("pc.example.test.", "192.0.2.66"))) == (5, 0)
    assert "192.0.2.66" not in server.records("pc.example.test.", "A")


def test_another_realm_that_is_trusted_has_no_machines_of_ours(tmp_path: Path, realm: Kdc, server: SecureDns) -> None:
    trust = "krbtgt/EXAMPLE.TEST@OTHER.TEST"
    realm.admin(f"addprinc -pw trust {trust}")
    with kdc(tmp_path / "other", "OTHER.TEST", trusted_by=realm) as other:
        other.admin(f"addprinc -pw trust {trust}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KRB5_CONFIG", other.environment["KRB5_CONFIG"])
            stranger = other.client(PC)
            line = "update add pc.example.test. 60 A 192.0.2.66"
            said = nsupdate(server.port, stranger, "realm EXAMPLE.TEST", line)
    assert "REFUSED" in said, said
    assert newest(server, "update-refused")["actor"] == f"dns principal {PC}@OTHER.TEST"
    assert "192.0.2.66" not in server.records("pc.example.test.", "A")


def test_a_new_key_in_the_keytab_counts_at_once(tmp_path: Path, realm: Kdc, pc: dict[str, str]) -> None:
    own = realm.keytab(f"DNS/{SERVER}2")
    with secure_dns(tmp_path, realm, {ZONE: RULES}, tkey_gssapi_keytab=str(own)) as running:
        realm.admin(f"ktadd -k {own} DNS/{SERVER}2")
        found = GssClient(running.port, realm.client(PC), target=f"{SERVER}2")
        assert tkey_error(found.negotiate()) == 0
        realm.admin(f"change_password -randkey DNS/{SERVER}2")
        late = GssClient(running.port, realm.client(PC), target=f"{SERVER}2")
        assert tkey_error(late.negotiate()) == 17
        assert "keytab is likely out of date" in newest(running, "tkey-refused")["detail"]


def test_contexts_and_garbage_by_the_thousand(tmp_path: Path, realm: Kdc, keytab: Path) -> None:
    pc = realm.client(PC)
    keys = {"tkey_gssapi_keytab": str(keytab), "tkey_contexts": 20, "tkey_contexts_per_principal": 10}
    with secure_dns(tmp_path, realm, {ZONE: RULES}, **keys) as running:
        alice = GssClient(running.port, realm.client("alice"))
        alice.negotiate()
        clients = [GssClient(running.port, pc) for _ in range(60)]
        assert [tkey_error(one.negotiate()) for one in clients] == [0] * 60
        said = [verdict(one.send(one.update("many.pc.example.test."))) for one in clients]
        assert said == [BADKEY] * 50 + [(0, 0)] * 10
        assert verdict(alice.send(alice.update("pc.example.test."))) == (5, 0)  # known still, and may not
        garbage = [clients[0].query(os.urandom(200), key=b"\6%06d\0" % number) for number in range(2000)]
        assert all(b"\0\3\0\x11" in reply for reply in send_all(running.port, garbage))
        assert all(b"\0\3\0\x11" in send(running.port, one, udp=True) for one in garbage[:50])
        assert verdict(clients[-1].send(clients[-1].update("many.pc.example.test."))) == (0, 0)

        def is_counted() -> bool:
            send(running.port, garbage[0])  # what a second had too much is told by what comes after it
            return bool(running.history("updates-not-recorded"))

        eventually(is_counted, "what was too much is counted")


@pytest.mark.parametrize("workers", [3])
def test_a_context_works_whichever_worker_a_message_reaches(
    tmp_path: Path, realm: Kdc, keytab: Path, pc: dict[str, str], workers: int
) -> None:
    with secure_dns(tmp_path, realm, {ZONE: RULES}, workers, tkey_gssapi_keytab=str(keytab)) as running:
        for number in range(10):
            assert nsupdate(running.port, pc, f"update add n{number}.pc.example.test. 60 A 192.0.2.7") == ""
        client = GssClient(running.port, pc)
        client.negotiate()
        for number in range(30):
            message = client.update(f"w{number}.pc.example.test.")
            assert verdict(client.send(message, udp=number % 2 == 0)) == (0, 0)
            assert [verdict(client.send(message, udp=udp)) for udp in (True, False, False)] == [BADKEY] * 3
        over_udp = [GssClient(running.port, pc) for _ in range(10)]
        assert [tkey_error(one.negotiate(udp=True)) for one in over_udp] == [0] * 10
        for number, pid in enumerate(running.pids(), 1):  # among them is the one that keeps the contexts
            os.kill(pid, signal.SIGKILL)
            eventually(lambda begun=workers + number: running.begun() >= begun, "it is back", 120)
            said = nsupdate(running.port, pc, "update add again.pc.example.test. 60 A 192.0.2.7")
            assert said == "", said
        assert verdict(client.send(client.update("pc.example.test."))) == BADKEY
        assert tkey_error(GssClient(running.port, pc).negotiate()) == 0


def test_tickets_and_clocks_that_are_over(tmp_path: Path) -> None:
    """A token that is old when it arrives; the realm allows clocks to differ by two seconds."""
    with kdc(tmp_path / "kdc", more="clockskew = 2") as strict, pytest.MonkeyPatch.context() as patch:
        for variable in ("KRB5_CONFIG", "KRB5RCACHEDIR", "KRB5RCACHENAME"):
            patch.setenv(variable, strict.environment[variable])
        with secure_dns(tmp_path / "dns", strict, {ZONE: RULES}) as running:
            late = GssClient(running.port, strict.client(PC))
            short = strict.client("alice", lifetime="8s")
            expired, held = GssClient(running.port, short), GssClient(running.port, short)
            assert tkey_error(held.negotiate()) == 0
            over_at = time.monotonic() + 8 + 2 + 1
            while time.monotonic() < over_at:  # the ticket ends by itself alone
                time.sleep(0.2)
            assert verdict(held.send(held.update("pc.example.test."))) == BADKEY  # a context ends with its ticket
            assert tkey_error(expired.negotiate()) == 17
            assert "Ticket expired; the client needs a new ticket" in newest(running, "tkey-refused")["detail"]
            assert tkey_error(late.negotiate()) == 17
            detail = newest(running, "tkey-refused")["detail"]
            assert "Clock skew too great; the client's clock and ours differ by more than Kerberos allows" in detail


def test_a_context_ends_after_its_lifetime(tmp_path: Path, realm: Kdc, keytab: Path) -> None:
    keys = {"tkey_gssapi_keytab": str(keytab), "tkey_context_lifetime": 10}
    with secure_dns(tmp_path, realm, {ZONE: RULES}, **keys) as running:
        client = GssClient(running.port, realm.client(PC))
        client.negotiate()
        assert verdict(client.send(client.update("pc.example.test."))) == (0, 0)
        eventually(
            lambda: verdict(client.send(client.update("pc.example.test."))) == BADKEY, "the context has ended", 60
        )
        assert "the client has to negotiate a new one" in newest(running, "update-refused")["detail"]


@pytest.mark.parametrize(
    ("keytab_text", "mode", "says"),
    [
        (None, 0o600, "cannot be read (No such file or directory)"),
        (b"\5\2", 0o644, "is readable by everybody"),
        (b"\5\2", 0o600, "is nonexistent or empty"),
    ],
)
def test_a_keytab_that_is_of_no_use(
    tmp_path: Path, realm: Kdc, keytab_text: bytes | None, mode: int, says: str
) -> None:
    path = tmp_path / "dns.keytab"
    if keytab_text is not None:
        path.write_bytes(keytab_text)
        path.chmod(mode)
    config = write_toml(
        tmp_path,
        section("dns", listen=[f"127.0.0.1:{free_port()}"], tkey_gssapi_keytab="dns.keytab"),
        entry("dns.zones", name=ZONE, policy=RULES),
    )
    command = [sys.executable, "-m", "tenure", "dns", "-c", str(config)]
    done = subprocess.run(command, env=realm.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert says in done.stderr, done.stderr
