"""nsupdate, knsupdate, dig and kdig as clients of our server."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from dns_exchange import SECRET
from dns_service import Running, running
from peers import program

TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.10\nalias 300 CNAME host\n"
TEXT += "".join(f"h{i} 300 TXT {'x' * 200}\n" for i in range(300))
RULES = ("deny dhcp. name fixed.example.test.", "grant dhcp. zonesub ANY static")
KEY = base64.b64encode(SECRET).decode()
WRONG_KEY = base64.b64encode(b"another secret of thirty-two oct").decode()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, TEXT, RULES) as found:
        yield found


def run(arguments: list[str], text: str = "") -> str:
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def update(
    client: str,
    service: Running,
    *lines: str,
    key: str = KEY,
    name: str = "dhcp",
    tcp: bool = False,
    signed: bool = True,
) -> str:
    script = [f"server {service.host} {service.port}", "zone example.test."]
    script += [f"key hmac-sha256:{name} {key}"] * signed
    script += [*lines, "send", "answer" if client == "knsupdate" else "show", "quit"]
    if client == "nsupdate":
        script = [line for line in script if line not in {"show", "quit"}]
    return run([program(client), *(["-v"] if tcp else [])], "\n".join(script) + "\n")


CLIENTS = pytest.mark.parametrize("client", ["nsupdate", "knsupdate"])


@CLIENTS
@pytest.mark.parametrize("tcp", [False, True])
def test_add_replace_and_delete(service: Running, client: str, tcp: bool) -> None:
    out = update(client, service, "update add new.example.test. 60 A 10.0.0.1", tcp=tcp)
    assert "REFUSED" not in out
    assert str(service.ask("new.example.test.").answer[0][0]) == "10.0.0.1"
    replace = ["update delete new.example.test. A", "update add new.example.test. 60 A 10.0.0.2"]
    update(client, service, *replace, tcp=tcp)
    assert [str(rdata) for rdata in service.ask("new.example.test.").answer[0]] == ["10.0.0.2"]
    update(client, service, "update delete new.example.test.", tcp=tcp)
    assert service.ask("new.example.test.").rcode().name == "NXDOMAIN"
    assert service.ask("example.test.", "SOA").answer[0][0].serial == 4


@CLIENTS
@pytest.mark.parametrize(
    ("lines", "rcode"),
    [
        (["prereq nxdomain host.example.test.", "update add host.example.test. 60 TXT x"], "YXDOMAIN"),
        (["prereq yxdomain nobody.example.test.", "update add host.example.test. 60 TXT x"], "NXDOMAIN"),
        (["prereq nxrrset host.example.test. A", "update add host.example.test. 60 TXT x"], "YXRRSET"),
        (["prereq yxrrset host.example.test. AAAA", "update add host.example.test. 60 TXT x"], "NXRRSET"),
        (["prereq yxrrset host.example.test. A 192.0.2.11", "update add host.example.test. 60 TXT x"], "NXRRSET"),
        (["update add fixed.example.test. 60 TXT x"], "REFUSED"),
    ],
)
def test_refusals_are_understood(service: Running, client: str, lines: list[str], rcode: str) -> None:
    assert rcode in update(client, service, *lines).upper()
    assert service.ask("example.test.", "SOA").answer[0][0].serial == 1


@CLIENTS
@pytest.mark.parametrize(
    "prerequisite",
    [
        "prereq yxdomain host.example.test.",
        "prereq nxdomain nobody.example.test.",
        "prereq yxrrset host.example.test. A",
        "prereq nxrrset host.example.test. AAAA",
        "prereq yxrrset host.example.test. A 192.0.2.10",
    ],
)
def test_prerequisites_that_hold(service: Running, client: str, prerequisite: str) -> None:
    update(client, service, prerequisite, "update add new.example.test. 60 TXT done")
    assert service.ask("new.example.test.", "TXT").answer[0][0].to_text() == '"done"'


@CLIENTS
def test_a_message_of_everything_is_atomic(service: Running, client: str) -> None:
    changes = ["update add new.example.test. 60 A 10.0.0.1", "update delete host.example.test. A"]
    assert "YXDOMAIN" in update(client, service, *changes, "prereq nxdomain alias.example.test.").upper()
    assert service.ask("new.example.test.").rcode().name == "NXDOMAIN"
    assert service.ask("host.example.test.").answer
    update(client, service, *changes, "prereq yxdomain alias.example.test.")
    assert service.ask("new.example.test.").answer
    assert not service.ask("host.example.test.").answer
    assert service.ask("example.test.", "SOA").answer[0][0].serial == 2


@CLIENTS
@pytest.mark.parametrize(
    ("rule", "allowed", "refused"),
    [
        ("grant host.example.test. self . ANY", "host", "other"),
        ("grant host.example.test. selfsub . TXT", "sub.host", "subhost"),
        ("grant host.example.test. subdomain lab.example.test. TXT", "a.b.lab", "collab"),
        ("grant host.example.test. name printer.example.test. TXT", "printer", "x.printer"),
        ("grant *.example.test. wildcard *.lab.example.test. TXT", "a.lab", "lab"),
    ],
)
def test_a_host_with_a_key_of_its_own(tmp_path: Path, client: str, rule: str, allowed: str, refused: str) -> None:
    with running(tmp_path, TEXT, (rule,)) as service:
        for owner, is_allowed in ((allowed, True), (refused, False)):
            line = f"update add {owner}.example.test. 60 TXT mine"
            out = update(client, service, line, name="host.example.test").upper()
            assert ("REFUSED" not in out) == is_allowed
            assert bool(service.ask(f"{owner}.example.test.", "TXT").answer) == is_allowed
        assert "REFUSED" in update(client, service, f"update add {allowed}.example.test. 60 TXT x").upper()


@CLIENTS
@pytest.mark.parametrize("ahead", [-600, 600])
def test_that_the_clocks_differ_is_understood(
    service: Running, client: str, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = SimpleNamespace(time=lambda: time.time() + ahead, monotonic=time.monotonic)
    monkeypatch.setattr("tenure.serving.dns.service.time", clocks)
    out = update(client, service, "update add new.example.test. 60 A 10.0.0.1").upper()
    assert "BADTIME" in out or "CLOCK" in out, out
    assert service.ask("new.example.test.").rcode().name == "NXDOMAIN"


@CLIENTS
def test_a_key_that_nobody_knows_is_understood(service: Running, client: str) -> None:
    out = update(client, service, "update add new.example.test. 60 A 10.0.0.1", name="stranger").upper()
    assert "BADKEY" in out or "NOTAUTH" in out, out
    assert service.ask("new.example.test.").rcode().name == "NXDOMAIN"


@CLIENTS
def test_a_wrong_secret_is_understood(service: Running, client: str) -> None:
    out = update(client, service, "update add new.example.test. 60 A 10.0.0.1", key=WRONG_KEY).upper()
    assert "BADSIG" in out or "NOTAUTH" in out or "TSIG" in out
    assert service.ask("new.example.test.").rcode().name == "NXDOMAIN"


@CLIENTS
def test_unsigned_is_refused(service: Running, client: str) -> None:
    assert "REFUSED" in update(client, service, "update add new.example.test. 60 A 10.0.0.1", signed=False).upper()


@pytest.mark.parametrize("client", ["dig", "kdig"])
@pytest.mark.parametrize("options", [[], ["+tcp"], ["+noedns"], ["+dnssec", "+bufsize=4096"], ["+cookie"]])
def test_questions(service: Running, client: str, options: list[str]) -> None:
    if client == "kdig":
        options = [option.replace("+cookie", "+cookie=0123456789abcdef") for option in options]
    out = run([program(client), f"@{service.host}", "-p", str(service.port), *options, "alias.example.test.", "A"])
    assert "NOERROR" in out
    assert "192.0.2.10" in out
    assert "WARN" not in out.upper().replace("WARNING: RECURSION REQUESTED BUT NOT AVAILABLE", "")


def dig(service: Running, *words: str) -> str:
    return run([program("dig"), f"@{service.host}", "-p", str(service.port), *words])


def test_what_is_too_long_for_a_datagram_comes_over_tcp(tmp_path: Path) -> None:
    long = " ".join(f'"{"y" * 250}{n:02}"' for n in range(40))
    many = "".join(f"many 300 A 10.0.{n // 250}.{n % 250}\n" for n in range(500))
    with running(tmp_path, f"{TEXT}long 300 TXT {long}\n{many}") as service:
        assert "flags: qr aa tc" in dig(service, "+ignore", "+bufsize=512", "long.example.test.", "TXT")
        assert dig(service, "+short", "long.example.test.", "TXT").strip() == long
        assert len(dig(service, "+short", "many.example.test.", "A").split()) == 500
        assert len(dig(service, "+short", "+noedns", "many.example.test.", "A").split()) == 500


@CLIENTS
def test_types_without_a_name(service: Running, client: str) -> None:
    record = r"\# 5 0102030405"
    update(client, service, f"update add odd.example.test. 60 TYPE65280 {record}")
    assert dig(service, "+short", "odd.example.test.", "TYPE65280").strip() == record
    assert "NXRRSET" in update(
        client, service, r"prereq yxrrset odd.example.test. TYPE65280 \# 1 00", "update delete host.example.test."
    )
    update(client, service, f"update delete odd.example.test. TYPE65280 {record}")
    assert "NXDOMAIN" in dig(service, "odd.example.test.", "TYPE65280")


@pytest.mark.parametrize("client", ["dig", "kdig"])
@pytest.mark.parametrize("signed", [False, True])
def test_signed_questions_and_transfers(service: Running, client: str, signed: bool) -> None:
    at = [program(client), f"@{service.host}", "-p", str(service.port)]
    key = ["-y", f"hmac-sha256:dhcp:{KEY}"] if signed else []
    assert "192.0.2.10" in run([*at, *key, "host.example.test.", "A"])
    out = run([*at, *key, "+tcp", "example.test.", "AXFR"])
    assert "verify" not in out.lower()
    assert "failed" not in out.lower()
    lines = [line for line in out.splitlines() if "\tIN\t" in line.replace(" ", "\t") and not line.startswith(";")]
    assert len(lines) == 2 + 4 + 300
    assert lines[0].split() == lines[-1].split()
