"""Owners of names with real writers: principals of a real KDC that come by `nsupdate -g`, and updaters of tenure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dns_exchange import SECRET
from kdc import SERVER, Kdc, kdc
from secure_dns import REVERSE, ZONE, SecureDns, nsupdate, secure_dns
from tenure_toml import entry, tsig_key
from updater_run import UpdaterRun, gone, want

from tenure.authority.owner import owner_of_key
from tenure.dnswire.name import from_text
from tenure.naming.reason import Reason
from tenure.naming.registration import State
from tenure.serving.updater.contexts import Terms
from tenure.serving.updater.kerberos import Login, Tickets
from tenure.serving.updater.service import Kerberos
from tenure.signing.key import ALGORITHMS, Key
from tenure.updating.routing import Domain, GssTsig, Routes

FIRST, SECOND, CLIENT, PROXY = "DNS/dhcp1.example.test", "DNS/dhcp2.example.test", "pc1$", "DNS/proxy.example.test"
RULES = ["grant * zonesub A TXT PTR DHCID"]
PC, POINTER = "pc1.example.test.", "7.2.0.192.in-addr.arpa."
PRINCIPALS = ("DHCP/gw1.example.test", "DHCP/gw2.example.test")
KEYS = {name: Key(from_text(name), ALGORITHMS["hmac-sha256"].name, SECRET) for name in ("one.", "two.")}
BASE64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def role(name: str, kind: str, *members: str) -> str:
    return entry("dns.roles", name=name, kind=kind, members=list(members))


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as made, pytest.MonkeyPatch.context() as patch:
        for variable in ("KRB5_CONFIG", "KRB5RCACHEDIR", "KRB5RCACHENAME"):
            patch.setenv(variable, made.environment[variable])
        yield made


@pytest.fixture(scope="module")
def tickets(realm: Kdc) -> dict[str, dict[str, str]]:
    return {principal: realm.client(principal) for principal in (FIRST, SECOND, CLIENT, PROXY)}


@pytest.fixture(scope="module")
def served(realm: Kdc) -> dict[str, Any]:
    """Of every server: zones whose names have owners, and one keytab, since tickets outlive a test."""
    keytab = realm.keytab(f"DNS/{SERVER}")
    return {"zone_keys": {"updates": "secure-only", "ownership": True}, "tkey_gssapi_keytab": str(keytab)}


def owner(server: SecureDns, name: str = PC) -> str:
    (row,) = json.loads(server.run("names", "owner", "show", name, "-o", "json"))
    return str(row["owner"])


def test_a_principal_owns_what_it_wrote_first_until_a_person_gives_it_away(
    tmp_path: Path, realm: Kdc, served: dict[str, Any], tickets: dict[str, dict[str, str]]
) -> None:
    with secure_dns(tmp_path, realm, {ZONE: RULES}, **served) as server:
        add = f"update add {PC} 60 A 192.0.2.7"
        assert nsupdate(server.port, tickets[CLIENT], add) == ""
        assert owner(server) == f"principal {CLIENT}@EXAMPLE.TEST"
        assert "REFUSED" in nsupdate(server.port, tickets[FIRST], f"update add {PC} 60 TXT other")
        refused = server.history("update-refused")[-1]
        explained = " ".join(server.run("explain", refused["correlation"]).split())
        assert f"{PC} is owned by principal {CLIENT}@EXAMPLE.TEST, which wrote it last at 20" in explained
        assert (
            f"`tenure names owner transfer {PC} --to 'principal {FIRST}@EXAMPLE.TEST'` gives it the name" in explained
        )
        server.run("names", "owner", "transfer", PC, "--to", f"principal {FIRST}@EXAMPLE.TEST")
        assert nsupdate(server.port, tickets[FIRST], f"update add {PC} 60 TXT other") == ""
        assert "REFUSED" in nsupdate(server.port, tickets[CLIENT], f"update delete {PC}")
        server.run("names", "owner", "reclaim", PC)
        assert nsupdate(server.port, tickets[CLIENT], add) == ""  # which stands there already
        assert owner(server) == f"principal {CLIENT}@EXAMPLE.TEST"


def test_owners_outlive_the_server(
    tmp_path: Path, realm: Kdc, served: dict[str, Any], tickets: dict[str, dict[str, str]]
) -> None:
    for turn, is_refused in ((CLIENT, False), (FIRST, True)):
        with secure_dns(tmp_path, realm, {ZONE: RULES}, **served) as server:
            said = nsupdate(server.port, tickets[turn], f"update add {PC} 60 A 192.0.2.7")
            assert ("REFUSED" in said) if is_refused else (said == "")
            assert owner(server) == f"principal {CLIENT}@EXAMPLE.TEST"


def test_principals_of_a_role_and_a_key_write_for_one_another(
    tmp_path: Path, realm: Kdc, served: dict[str, Any], tickets: dict[str, dict[str, str]]
) -> None:
    members = (f"{FIRST}@EXAMPLE.TEST", f"{SECOND}@EXAMPLE.TEST")
    tables = [role("dhcp-servers", "owner", *members)]
    with secure_dns(tmp_path, realm, {ZONE: RULES}, **served, tables=tables) as server:
        assert nsupdate(server.port, tickets[FIRST], f"update add {PC} 60 A 192.0.2.7") == ""
        assert owner(server) == "role dhcp-servers"
        assert nsupdate(server.port, tickets[SECOND], f"update delete {PC} A", f"update add {PC} 60 A 192.0.2.8") == ""
        assert server.records(PC, "A") == ["192.0.2.8"]
        assert "REFUSED" in nsupdate(server.port, tickets[CLIENT], f"update delete {PC} A")


def test_a_client_takes_over_what_an_unsecured_role_wrote(
    tmp_path: Path, realm: Kdc, served: dict[str, Any], tickets: dict[str, dict[str, str]]
) -> None:
    """DnsUpdateProxy: the client that registers itself gets the name from its DHCP server."""
    tables = [role("dnsupdateproxy", "unsecured", f"{PROXY}@EXAMPLE.TEST")]
    with secure_dns(tmp_path, realm, {ZONE: RULES}, **served, tables=tables) as server:
        assert nsupdate(server.port, tickets[PROXY], f"update add {PC} 60 A 192.0.2.7") == ""
        assert owner(server) == "nobody"
        assert nsupdate(server.port, tickets[CLIENT], f"update add {PC} 60 A 192.0.2.7") == ""
        assert owner(server) == f"principal {CLIENT}@EXAMPLE.TEST"
        assert "REFUSED" in nsupdate(server.port, tickets[PROXY], f"update delete {PC} A")
        assert "whoever else may update example.test. can take it" in server.run("check-config")


@contextmanager
def updater(folder: Path, server: SecureDns, realm: Kdc, writer: str) -> Iterator[UpdaterRun]:
    """The updater of a DHCP server of its own, with its store and its key, or its principal."""
    key, by_kerberos = KEYS.get(writer), None
    if key is None:
        by_kerberos = Kerberos(Tickets(Login(writer, str(realm.keytab(writer)))), Terms())
    gss = None if key is not None else GssTsig()
    at = (("127.0.0.1", server.port),)
    forward, reverse = (Domain(from_text(zone), at, key, gss_tsig=gss) for zone in (ZONE, REVERSE))
    run = UpdaterRun(folder, Routes([forward], [reverse]), by_kerberos)
    try:
        yield run
    finally:
        run.close()


@pytest.mark.parametrize(
    ("tables", "writers", "is_locked_out"),
    [
        ((), ("one.", "two."), True),
        ((role("dhcp-servers", "owner", "one.", "two."),), ("one.", "two."), False),
        ((role("dnsupdateproxy", "unsecured", "one.", "two."),), ("one.", "two."), False),
        ((), ("one.", "one."), False),
        ((), PRINCIPALS, True),
        ((role("dhcp-servers", "owner", *(f"{one}@EXAMPLE.TEST" for one in PRINCIPALS)),), PRINCIPALS, False),
    ],
    ids=["each for itself", "a role", "an unsecured role", "one credential", "principals", "a role of principals"],
)
def test_the_partner_of_a_dhcp_server_takes_over_its_leases(
    tmp_path: Path,
    realm: Kdc,
    served: dict[str, Any],
    tables: Sequence[str],
    writers: tuple[str, str],
    is_locked_out: bool,
) -> None:
    """The first has registered a lease and dies; its partner renews it, and takes it away when it ends."""
    every = [*(tsig_key(name, BASE64) for name in KEYS), *tables]
    with (
        secure_dns(tmp_path / "dns", realm, {ZONE: RULES, REVERSE: RULES}, **served, tables=every) as dns,
        updater(tmp_path / "1", dns, realm, writers[0]) as first,
        updater(tmp_path / "2", dns, realm, writers[1]) as second,
    ):
        first_owner = (
            owner_of_key(KEYS[writers[0]].name) if writers[0] in KEYS else f"principal {writers[0]}@EXAMPLE.TEST"
        )
        lease = want(PC, b"\xc0\0\2\7", bytes((0, 1, 1, *range(32))))
        with first.running():
            first.change(lease)
            first.settled()
        assert dns.records(PC, "A") == ["192.0.2.7"]
        with second.running():
            second.change(lease)
            second.settled()
            (row,) = second.rows()
            if is_locked_out:
                assert (row.forward.state, row.forward.reason) == (State.REFUSED, Reason.SERVER_REFUSED)
                assert any(f" {PC} is owned by {first_owner}" in one["detail"] for one in dns.history("update-refused"))
            else:
                assert (row.forward.state, row.reverse.state) == (State.REGISTERED, State.REGISTERED)
            second.change(gone(lease))
            second.until(lambda: all(one.forward.attempts and one.reverse.attempts for one in second.rows()))
        assert dns.records(PC, "A") == (["192.0.2.7"] if is_locked_out else [])
        assert dns.records(POINTER, "PTR") == ([PC] if is_locked_out else [])
