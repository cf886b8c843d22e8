"""`tenure ddns check --gss`: each step of the way to a security context, right and broken, with a real MIT KDC."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from kdc import SERVER, Kdc, kdc
from named import named
from peers import program
from ports import free_port
from secure_dns import ZONE, secure_dns
from tenure_toml import entry, section, write_toml

from tenure.ledger.opening import open_leases

US = "DHCP/gw.example.test"
SOA = "{primary} root.example.test. 1 3600 600 86400 60"


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as made:
        yield made


@pytest.fixture(scope="module")
def server_keytab(realm: Kdc) -> Path:
    return realm.keytab("DNS/localhost")


@pytest.fixture(scope="module")
def keytab(realm: Kdc) -> Path:
    return realm.keytab(US)


@contextlib.contextmanager
def bind(folder: Path, realm: Kdc, keytab: Path | None, primary: str = "localhost.", grants: str = US) -> Iterator[int]:
    """BIND with the zone; its port. The name of the primary leads to it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zone0").write_text(f"$TTL 300\n{ZONE} SOA {SOA.format(primary=primary)}\n{ZONE} NS ns.invalid.\n")
    options = "" if keytab is None else f'tkey-gssapi-keytab "{keytab}";'
    rules = f'grant "{grants}@EXAMPLE.TEST" zonesub ANY;'
    with named(folder, [ZONE], rules, options=options, environment=realm.environment) as peer:
        yield peer.port


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, realm: Kdc, server_keytab: Path) -> Iterator[int]:
    with bind(tmp_path_factory.mktemp("bind"), realm, server_keytab) as found:
        yield found


def checked(
    folder: Path,
    port: int,
    environment: Mapping[str, str],
    keytab: Path,
    principal: str = US,
    *options: str,
    **zone: object,
) -> tuple[int, str]:
    """The exit status and what was printed."""
    config = write_toml(
        folder,
        section("dns", listen=[f"127.0.0.1:{free_port()}"]),
        entry("dns.zones", name="other.test."),
        section("ddns.gss-tsig", client_principal=f"{principal}@EXAMPLE.TEST", client_keytab=str(keytab)),
        entry("ddns.forward", zone=ZONE, servers=[f"127.0.0.1:{port}"], gss_tsig=True, **zone),
        entry("ddns.forward", zone="unsigned.test.", servers=[f"127.0.0.1:{port}"]),
    )
    open_leases(f"sqlite:{folder / 'tenure.db'}").close()
    command = [sys.executable, "-m", "tenure", "ddns", "check", "-c", str(config), "--gss", *options]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def lines(*arguments: object, **zone: object) -> list[dict[str, str]]:
    """The findings, as JSON has them."""
    folder, port, environment, keytab, *more = arguments
    principal = str(more[0]) if more else US
    assert isinstance(folder, Path)
    assert isinstance(port, int)
    assert isinstance(environment, Mapping)
    assert isinstance(keytab, Path)
    status, said = checked(folder, port, environment, keytab, principal, "-o", "json", **zone)
    found: list[dict[str, str]] = json.loads(said)
    assert status == int(any(line["verdict"] == "wrong" for line in found)), said
    return found


def verdicts(found: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(line["check"], line["verdict"]) for line in found]


RIGHT = [(step, "right") for step in ("udp", "tcp", "name", "kdc", "ticket", "service", "tkey", "policy")]


def right_until(step: str) -> list[tuple[str, str]]:
    return [*RIGHT[: [name for name, _ in RIGHT].index(step)], (step, "wrong")]


def test_all_is_right_and_nothing_else_is_asked(tmp_path: Path, port: int, realm: Kdc, keytab: Path) -> None:
    found = lines(tmp_path, port, realm.environment, keytab)
    assert verdicts(found) == RIGHT, found[-1]["text"]
    assert {line["zone"] for line in found} == {ZONE}
    texts = {line["check"]: line["text"] for line in found}
    assert texts["name"] == "the zone's primary is localhost, at this address"
    assert texts["ticket"] == f"we are {US}@EXAMPLE.TEST, for 24.0 h"
    assert texts["service"] == "the KDC has given a ticket for DNS/localhost"
    assert texts["tkey"] == "the server is DNS/localhost@EXAMPLE.TEST, and agrees on a security context"


def test_for_people(tmp_path: Path, port: int, realm: Kdc, keytab: Path) -> None:
    status, said = checked(tmp_path, port, realm.environment, keytab, "DHCP/nobody.example.test")
    assert status == 1
    assert said.splitlines()[-2:] == [
        f"  wrong     ticket   client-keytab {keytab} has no key of DHCP/nobody.example.test@EXAMPLE.TEST",
        "                     compare them with `klist -k`",
    ]


def test_against_our_own_server(tmp_path: Path, realm: Kdc, keytab: Path) -> None:
    """Whose name leads nowhere here, which is only doubtful."""
    rules = [f"grant {US}@EXAMPLE.TEST zonesub ANY"]
    server_keytab = realm.keytab(f"DNS/{SERVER}")
    with secure_dns(tmp_path / "dns", realm, {ZONE: rules}, tkey_gssapi_keytab=str(server_keytab)) as running:
        found = lines(tmp_path, running.port, realm.environment, keytab)
        assert verdicts(found) == [(step, "doubtful" if step == "name" else verdict) for step, verdict in RIGHT]
        assert found[2]["text"] == f"the zone's primary is {SERVER}, which resolves to no address here"
        assert running.history("update-refused") == running.history("tkey-refused") == []


def test_the_order_is_said(tmp_path: Path, port: int, realm: Kdc, keytab: Path) -> None:
    found = lines(tmp_path, port, realm.environment, keytab, update_security_level="unsecure-followed-by-secure")
    assert found[2]["check"] == "order"
    assert found[2]["verdict"] == "doubtful"


def test_a_zone_without_a_primary(tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path) -> None:
    with bind(tmp_path / "peer", realm, server_keytab, ".") as port:
        found = lines(tmp_path, port, realm.environment, keytab)
        assert verdicts(found) == right_until("name")
        assert found[-1]["remedy"] == "set server-principal, or let the SOA name one"
        found = lines(tmp_path, port, realm.environment, keytab, server_principal="DNS/localhost@EXAMPLE.TEST")
        assert verdicts(found) == RIGHT, found[-1]["text"]


def test_a_kdc_that_is_away(tmp_path: Path, port: int, realm: Kdc, keytab: Path) -> None:
    realm.stop()
    try:
        found = lines(tmp_path, port, realm.environment, keytab)
    finally:
        realm.start()
    assert verdicts(found) == right_until("kdc")
    assert found[-1]["text"] == "Cannot contact any KDC for realm 'EXAMPLE.TEST'"
    assert found[-1]["remedy"] == "see that the KDC runs, and that port 88 is let through on the way"


@pytest.mark.parametrize(
    ("admin", "remedy"),
    [
        ("modprinc -allow_tix {}", "the account is locked or disabled: have it opened"),
        ("delprinc -force {}", "the KDC knows no such principal: compare it with `klist -k` of the keytab"),
        ("cpw -randkey {}", "the keytab has an older key: export it again"),
    ],
)
def test_no_ticket_for_us(tmp_path: Path, port: int, realm: Kdc, admin: str, remedy: str) -> None:
    name = f"DHCP/{admin.split(maxsplit=1)[0]}.example.test"
    keytab = realm.keytab(name)
    realm.admin(f"modprinc +requires_preauth {name}", admin.format(name))
    found = lines(tmp_path, port, realm.environment, keytab, name)
    assert verdicts(found) == [*RIGHT[:3], ("ticket", "wrong")]
    assert found[-1]["remedy"] == remedy


def test_no_ticket_for_the_server(tmp_path: Path, port: int, realm: Kdc, keytab: Path) -> None:
    found = lines(tmp_path, port, realm.environment, keytab, server_principal="DNS/none.example.test")
    assert [one for one in verdicts(found) if one[0] != "name"] == [
        one for one in right_until("service") if one[0] != "name"
    ]
    assert "DNS/none.example.test@EXAMPLE.TEST not found in Kerberos database" in found[-1]["text"]
    assert found[-1]["remedy"].startswith("add the principal for the DNS server, or set server-principal")


def test_a_server_that_negotiates_with_nobody(tmp_path: Path, realm: Kdc, server_keytab: Path, keytab: Path) -> None:
    with bind(tmp_path / "peer", realm, None) as port:
        found = lines(tmp_path, port, realm.environment, keytab)
        assert verdicts(found) == right_until("tkey")
        assert "tkey-gssapi-keytab" in found[-1]["remedy"] or "keytab" in found[-1]["remedy"], found[-1]
    assert server_keytab.exists()


def test_a_server_with_another_key(tmp_path: Path, realm: Kdc, keytab: Path) -> None:
    """Of another principal than its name says."""
    with bind(tmp_path / "peer", realm, realm.keytab("DNS/elsewhere.example.test")) as port:
        found = lines(tmp_path, port, realm.environment, keytab)
        assert verdicts(found) == right_until("tkey")
        assert "BADKEY in the TKEY record" in found[-1]["text"]
        assert "see that the server's keytab has the key of DNS/localhost" in found[-1]["remedy"]


def test_a_principal_without_rights(tmp_path: Path, port: int, realm: Kdc) -> None:
    name = "DHCP/stranger.example.test"
    found = lines(tmp_path, port, realm.environment, realm.keytab(name), name)
    assert verdicts(found) == right_until("policy"), found[-1]
    assert "answers REFUSED" in found[-1]["text"]
    grant = found[-1]["remedy"].partition("in BIND: ")[2]
    assert grant == f'grant "{name}@EXAMPLE.TEST" zonesub A AAAA DHCID;'
    config = tmp_path / "named.conf"
    config.write_text(f'zone "{ZONE}" {{ type primary; file "x"; update-policy {{ {grant} }}; }};\n')
    done = subprocess.run([program("named-checkconf"), str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_zone_is_signed_for_so(tmp_path: Path, realm: Kdc) -> None:
    config = write_toml(tmp_path, section("dns", listen=["127.0.0.1:5300"]), entry("dns.zones", name="example.test."))
    command = [sys.executable, "-m", "tenure", "ddns", "check", "-c", str(config), "--gss"]
    done = subprocess.run(command, env=realm.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no zone is signed for by Kerberos; add gss-tsig = true to [[ddns.forward]]" in done.stderr
