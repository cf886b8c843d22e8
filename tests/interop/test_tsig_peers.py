"""TSIG between us and the real programs: every algorithm with every client, streams, rotation, and faults side by side.

BIND and Knot are the oracles for what is wrong with a signature: each fault goes to them and to us, octet for octet.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import dns.query
import dns.tsig
import dns.zone
import pytest
from claims import A_CLIENT
from dns_service import Running, running
from dnspeer import KEY, SECRET, DnsPeer
from knotd import knotd
from named import CONFIG as NAMED_CONFIG
from named import named
from peers import program
from updater_run import UpdaterRun, want

from tenure.dnswire.message import build_message, parse_message
from tenure.dnswire.name import from_text, to_text
from tenure.dnswire.rr import Question
from tenure.naming.registration import State
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.rotation import Secret, good_secrets, keys_of
from tenure.signing.tsig import sign_request
from tenure.updating.routing import ConflictMode, Domain, Routes

SECRET_TEXT = base64.b64encode(SECRET).decode()
TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.10\n"
TEXT += "".join(f"h{i} 300 TXT {'x' * 200}\n" for i in range(900))  # several messages of a transfer
POLICY = ["grant * zonesub ANY"]
WORDS = sorted(ALGORITHMS)
KNOT_WORDS = [word for word in WORDS if ALGORITHMS[word].mac_size == ALGORITHMS[word].hash_size]
ALL_KEYS = keys_of(
    good_secrets(
        [Secret(from_text(f"{word}.key."), ALGORITHMS[word].name, SECRET) for word in WORDS], 0, allow_md5=True
    )
)
OLD, NEW = b"o" * 32, b"n" * 32
ZONE = from_text("example.test.")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("dns"), TEXT, POLICY, keys=ALL_KEYS) as found:
        yield found


def run(arguments: list[str], text: str = "") -> str:
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def combinations(bind: str, knot: str) -> list[tuple[str, str]]:
    """Each client with each algorithm that it knows; Knot's tools know no truncated ones."""
    return [(bind, word) for word in WORDS] + [(knot, word) for word in KNOT_WORDS]


@pytest.mark.parametrize(("client", "word"), combinations("dig", "kdig"))
def test_a_signed_transfer_of_several_messages(service: Running, client: str, word: str) -> None:
    key = f"{word}:{word}.key.:{SECRET_TEXT}"
    where = [f"@{service.host}", "-p", str(service.port)]
    out = run([program(client), *where, "-y", key, "example.test.", "AXFR", "+time=20"])
    assert out.count("TXT\t") == 900, out[-2000:]
    for trouble in ("failed", "BADSIG", "erify", "WARNING", "rror"):
        assert trouble not in out.replace("NOERROR", "")


@pytest.mark.parametrize(("client", "word"), combinations("nsupdate", "knsupdate"))
def test_a_signed_update(service: Running, client: str, word: str) -> None:
    lines = [f"server {service.host} {service.port}", "zone example.test.", f"key {word}:{word}.key. {SECRET_TEXT}"]
    lines += [f"update add {client}-{word}.example.test. 60 A 10.0.0.1", "send"]
    out = run([program(client)], "\n".join(lines) + "\n")
    assert out == "", out
    assert service.ask(f"{client}-{word}.example.test.").answer


@pytest.mark.parametrize("word", [word for word in WORDS if word != "hmac-sha384-192"])
def test_dnspython_transfers(service: Running, word: str) -> None:
    """Under the registered names of truncated algorithms too, which BIND and Knot do not have."""
    key = dns.tsig.Key(f"{word}.key.", SECRET, to_text(ALGORITHMS[word].name))
    where = {"port": service.port, "keyring": {key.name: key}, "keyname": key.name, "keyalgorithm": key.algorithm}
    zone = dns.zone.from_xfr(dns.query.xfr(service.host, "example.test.", **where))
    assert len(zone.nodes) > 900


class Said(NamedTuple):
    """What a server answers to a signed question, as far as TSIG goes."""

    rcode: int
    error: int | None  # None: no TSIG record
    mac_size: int
    other_size: int


def said(port: int, octets: bytes) -> Said:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(("127.0.0.1", port))
        udp.send(octets)
        reply = parse_message(udp.recv(65535))
    record = reply.tsig
    if record is None:
        return Said(reply.rcode, None, 0, 0)
    return Said(reply.rcode, record.error, len(record.mac), len(record.other))


QUESTION = build_message(7, 0, [Question(ZONE, 6, 1)])
SHA512 = ALGORITHMS["hmac-sha512"].name


def cut_mac(size: int) -> bytes:
    """A question whose MAC is right as far as it goes."""
    octets = sign_request(QUESTION, KEY, time.time())[0]
    record = parse_message(octets).tsig
    assert record is not None
    at = octets.index(record.mac)
    rdlength = len(KEY.algorithm) + 16 + size
    head = octets[: at - 10 - len(KEY.algorithm) - 2] + rdlength.to_bytes(2, "big")
    middle = octets[at - 10 - len(KEY.algorithm) : at - 2]
    return head + middle + size.to_bytes(2, "big") + record.mac[:size] + octets[at + 32 :]


FAULTS: dict[str, Callable[[], bytes]] = {
    "none": lambda: sign_request(QUESTION, KEY, time.time())[0],
    "unknown name": lambda: sign_request(QUESTION, Key(from_text("nobody."), KEY.algorithm, SECRET), time.time())[0],
    "other algorithm": lambda: sign_request(QUESTION, Key(KEY.name, SHA512, SECRET), time.time())[0],
    "other secret": lambda: sign_request(QUESTION, Key(KEY.name, KEY.algorithm, OLD), time.time())[0],
    "412 s behind": lambda: sign_request(QUESTION, KEY, time.time() - 412)[0],
    "412 s ahead": lambda: sign_request(QUESTION, KEY, time.time() + 412)[0],
    "other secret and 412 s behind": lambda: sign_request(
        QUESTION, Key(KEY.name, KEY.algorithm, OLD), time.time() - 412
    )[0],
    "MAC of 16 octets": lambda: cut_mac(16),
    "MAC of 15 octets": lambda: cut_mac(15),
    "no MAC": lambda: cut_mac(0),
}
# The same from all three, but for these; docs/conformance/rfc8945.md says why.
BIND_DIFFERS = {
    "MAC of 15 octets": Said(1, 16, 0, 0),  # RFC 8945 section 5.2.2.1: FORMERR; it has a TSIG record beside it
}
KNOT_DIFFERS = {  # it takes whole MACs only, and calls every other one wrong
    "MAC of 16 octets": Said(9, 16, 0, 0),
    "MAC of 15 octets": Said(9, 16, 0, 0),
}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("ours"), keys={KEY.name: KEY}) as found:
        yield found.port


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with named(tmp_path_factory.mktemp("named"), ["example.test."]) as peer:
        yield peer.port


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with knotd(tmp_path_factory.mktemp("knot"), ["example.test."]) as peer:
        yield peer.port


@pytest.mark.parametrize("fault", FAULTS)
def test_bind_says_the_same(ours: int, bind: int, fault: str) -> None:
    octets = FAULTS[fault]()
    assert said(bind, octets) == BIND_DIFFERS.get(fault, said(ours, octets))


@pytest.mark.parametrize("fault", FAULTS)
def test_knot_says_the_same(ours: int, knot: int, fault: str) -> None:
    octets = FAULTS[fault]()
    assert said(knot, octets) == KNOT_DIFFERS.get(fault, said(ours, octets))


@pytest.mark.parametrize("secret", [OLD, NEW])
@pytest.mark.parametrize("client", ["nsupdate", "knsupdate"])
def test_clients_with_either_secret_of_a_rotated_key(tmp_path: Path, client: str, secret: bytes) -> None:
    """They believe the reply, so it was signed with the secret that they know."""
    secrets = [Secret(KEY.name, KEY.algorithm, OLD), Secret(KEY.name, KEY.algorithm, NEW, 1)]
    with running(tmp_path, policy=POLICY, keys=keys_of(good_secrets(secrets, 2))) as service:
        lines = [f"server {service.host} {service.port}", "zone example.test."]
        lines += [f"key hmac-sha256:dhcp. {base64.b64encode(secret).decode()}"]
        lines += ["update add new.example.test. 60 A 10.0.0.1", "send"]
        assert run([program(client)], "\n".join(lines) + "\n") == ""
        assert service.ask("new.example.test.").answer


@contextlib.contextmanager
def updating(folder: Path, peer: DnsPeer, key: Key) -> Iterator[UpdaterRun]:
    domain = Domain(ZONE, (peer.server,), key, ConflictMode.CHECK_WITH_DHCID)
    updater = UpdaterRun(folder, Routes([domain], []))
    try:
        with updater.running():
            yield updater
    finally:
        updater.close()


@pytest.mark.parametrize("server", [named, knotd])
def test_the_updater_signs_with_the_older_secret_where_a_server_knows_no_other(
    tmp_path: Path, server: Callable[[Path, list[str]], contextlib.AbstractContextManager[DnsPeer]]
) -> None:
    rotated = Key(KEY.name, KEY.algorithm, NEW, other=KEY)
    with server(tmp_path / "server", ["example.test."]) as peer, updating(tmp_path / "ledger", peer, rotated) as run:
        for number in (1, 2, 3):
            run.change(want(f"pc{number}.example.test.", bytes([10, 1, 0, number]), A_CLIENT, reverse=False))
            run.settled()
        assert [row.forward.state for row in run.rows()] == [State.REGISTERED] * 3
        assert [row.forward.attempts for row in run.rows()] == [0] * 3
        assert "A 10.1.0.3" in peer.at("pc3.example.test.")
        assert rotated.use.at == 0
        assert KEY.use.at > 0


def test_the_updater_signs_truncated_in_the_way_of_bind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("named.CONFIG", NAMED_CONFIG.replace("algorithm hmac-sha256;", "algorithm hmac-sha256-128;"))
    short = keys_of([Secret(KEY.name, ALGORITHMS["hmac-sha256-128"].name, SECRET)])[KEY.name]
    with named(tmp_path / "server", ["example.test."]) as peer, updating(tmp_path / "ledger", peer, short) as run:
        run.change(want("pc1.example.test.", bytes([10, 1, 0, 1]), A_CLIENT, reverse=False))
        run.settled()
        (row,) = run.rows()
        assert (row.forward.state, row.forward.attempts) == (State.REGISTERED, 0)


def test_the_updater_gives_up_when_a_server_knows_neither(tmp_path: Path) -> None:
    rotated = Key(KEY.name, KEY.algorithm, NEW, other=Key(KEY.name, KEY.algorithm, OLD))
    with named(tmp_path / "server", ["example.test."]) as peer, updating(tmp_path / "ledger", peer, rotated) as run:
        run.change(want("pc1.example.test.", bytes([10, 1, 0, 1]), A_CLIENT, reverse=False))
        run.until(lambda: any(row.forward.attempts for row in run.rows()))
        (row,) = run.rows()
        assert (row.forward.state, row.forward.reason) == (State.PENDING, "key-rejected")
