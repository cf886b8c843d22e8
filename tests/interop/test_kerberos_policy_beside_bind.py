"""The update policy's kinds of Kerberos in BIND and in us, with one keytab: what one permits, the other permits too.

Each update is one of `nsupdate -g`, sent to both by the same principal; afterwards the zones must hold the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import dns.query
import dns.zone
import pytest
from dnspeer import DnsPeer
from kdc import SERVER, Kdc, kdc
from named import named
from secure_dns import SecureDns, nsupdate, secure_dns

V4, V4_MS = "2.0.192.in-addr.arpa.", "100.51.198.in-addr.arpa."
POLICIES = {
    "example.test.": ("grant EXAMPLE.TEST ms-self . A", "grant EXAMPLE.TEST ms-selfsub . TXT"),
    "k1.test.": ("grant EXAMPLE.TEST krb5-self . A AAAA", "grant EXAMPLE.TEST krb5-selfsub . TXT"),
    "k2.test.": ("grant EXAMPLE.TEST krb5-subdomain sub.k2.test. A", "grant EXAMPLE.TEST ms-subdomain ms.k2.test. A"),
    "k3.test.": ("grant EXAMPLE.TEST krb5-subdomain .",),
    "k4.test.": ("grant EXAMPLE.TEST ms-subdomain . ANY",),
    "realm.test.": ("grant OTHER.TEST krb5-subdomain . A", "grant example.test krb5-subdomain . A"),
    "deny.test.": ("deny EXAMPLE.TEST krb5-self . A", "grant EXAMPLE.TEST krb5-subdomain . A TXT"),
    "names.test.": (
        "grant host/pc.k1.test@EXAMPLE.TEST name one.names.test. A",
        "grant alice@example.test subdomain al.names.test. A",
        "grant * name all.names.test. A",
    ),
    V4: ("grant EXAMPLE.TEST krb5-subdomain-self-rhs . PTR SRV TXT",),
    V4_MS: ("grant EXAMPLE.TEST ms-subdomain-self-rhs . PTR SRV",),
}
PC, OTHER, DENIED, SHORT = "host/pc.k1.test", "host/other.k1.test", "host/pc.deny.test", "host/pc"
WS1, WS2, DOTTED = "ws1$", "WS2$", "ws3.sub$"
ALICE, SERVICE, UPPER = "alice", "http/pc.k1.test", "HOST/pc.k1.test"
THREE = "host/pc.k1.test/more"


class Try(NamedTuple):
    """One update."""

    who: str
    zone: str
    line: str


def each(who: str, zone: str, *lines: str) -> list[Try]:
    return [Try(who, zone, line) for line in lines]


BATTERY = [
    *each(WS1, "example.test.", "add ws1.example.test. 60 A 192.0.2.1", "add WS1.Example.TEST. 60 A 192.0.2.2"),
    *each(WS1, "example.test.", "add ws2.example.test. 60 A 192.0.2.1", "add a.ws1.example.test. 60 A 192.0.2.1"),
    *each(WS1, "example.test.", "add a.ws1.example.test. 60 TXT x", "add aws1.example.test. 60 TXT x"),
    *each(WS1, "example.test.", "add ws1.example.test. 60 AAAA 2001:db8::1", "delete ws1.example.test. A"),
    *each(WS2, "example.test.", "add ws2.example.test. 60 A 192.0.2.3"),
    *each(DOTTED, "example.test.", "add ws3.sub.example.test. 60 A 192.0.2.3", "add ws3.example.test. 60 A 192.0.2.3"),
    *each(ALICE, "example.test.", "add alice.example.test. 60 A 192.0.2.4"),
    *each(PC, "example.test.", "add pc.example.test. 60 A 192.0.2.4"),
    *each(PC, "k1.test.", "add pc.k1.test. 60 A 192.0.2.5", "add PC.K1.test. 60 AAAA 2001:db8::5"),
    *each(PC, "k1.test.", "add pc.k1.test. 60 TXT self", "add x.y.pc.k1.test. 60 TXT below", "add k1.test. 60 TXT up"),
    *each(PC, "k1.test.", "add other.k1.test. 60 A 192.0.2.5", "add pc.k1.test. 60 NS ns.example.test."),
    *each(OTHER, "k1.test.", "delete pc.k1.test. A", "delete pc.k1.test."),
    *each(SHORT, "k1.test.", "add pc.k1.test. 60 A 192.0.2.6"),
    *each(SERVICE, "k1.test.", "add pc.k1.test. 60 A 192.0.2.6"),
    *each(UPPER, "k1.test.", "add pc.k1.test. 60 A 192.0.2.6"),
    *each(WS1, "k1.test.", "add ws1.k1.test. 60 A 192.0.2.6"),
    *each(PC, "k1.test.", "delete pc.k1.test."),
    *each(PC, "k2.test.", "add sub.k2.test. 60 A 192.0.2.7", "add x.sub.k2.test. 60 A 192.0.2.7"),
    *each(PC, "k2.test.", "add x.k2.test. 60 A 192.0.2.7", "add x.ms.k2.test. 60 A 192.0.2.7"),
    *each(WS1, "k2.test.", "add y.ms.k2.test. 60 A 192.0.2.7", "add y.sub.k2.test. 60 A 192.0.2.7"),
    *each(ALICE, "k2.test.", "add z.ms.k2.test. 60 A 192.0.2.7"),
    *each(PC, "k3.test.", "add any.k3.test. 60 SRV 0 0 1 x.invalid.", "add any.k3.test. 60 NS x.invalid."),
    *each(PC, "k3.test.", "delete any.k3.test."),
    *each(WS1, "k4.test.", "add any.k4.test. 60 NS x.invalid.", "add any.k4.test. 60 PTR x.invalid."),
    *each(PC, "realm.test.", "add pc.realm.test. 60 A 192.0.2.8"),
    *each(DENIED, "deny.test.", "add pc.deny.test. 60 A 192.0.2.8", "add pc.deny.test. 60 TXT x"),
    *each(DENIED, "deny.test.", "add other.deny.test. 60 A 192.0.2.8"),
    *each(PC, "names.test.", "add one.names.test. 60 A 192.0.2.9", "add two.names.test. 60 A 192.0.2.9"),
    *each(OTHER, "names.test.", "add one.names.test. 60 A 192.0.2.10", "add all.names.test. 60 A 192.0.2.9"),
    *each(ALICE, "names.test.", "add x.al.names.test. 60 A 192.0.2.9", "add one.names.test. 60 A 192.0.2.11"),
    *each(PC, V4, f"add 1.{V4} 60 PTR pc.k1.test.", f"add 2.{V4} 60 PTR other.k1.test.", f"add 3.{V4} 60 TXT x"),
    *each(PC, V4, f"add 1.{V4} 60 PTR PC.K1.test.", f"add 1.{V4} 60 SRV 0 0 1 pc.k1.test."),
    *each(PC, V4, f"add 1.{V4} 60 SRV 0 0 1 other.k1.test.", f"delete 9.{V4} PTR", f"delete 9.{V4}"),
    *each(OTHER, V4, f"delete 1.{V4} PTR", f"delete 1.{V4} PTR pc.k1.test.", f"delete 1.{V4}", f"delete 3.{V4} TXT"),
    *each(OTHER, V4, f"delete 1.{V4} PTR other.k1.test.", f"add 1.{V4} 60 PTR other.k1.test."),
    *each(PC, V4, f"delete 1.{V4} PTR", f"delete 1.{V4}"),
    *each(WS1, V4, f"add 4.{V4} 60 PTR ws1.example.test."),
    *each(WS1, V4_MS, f"add 1.{V4_MS} 60 PTR ws1.example.test.", f"add 2.{V4_MS} 60 PTR ws2.example.test."),
    *each(WS1, V4_MS, f"add 1.{V4_MS} 60 TXT x", f"add 1.{V4_MS} 60 SRV 0 0 1 ws1.example.test."),
    *each(WS2, V4_MS, f"delete 1.{V4_MS} PTR", f"delete 1.{V4_MS}", f"delete 7.{V4_MS} SRV"),
]


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as made:
        yield made


@pytest.fixture(scope="module")
def keytab(realm: Kdc) -> Path:
    return realm.keytab(f"DNS/{SERVER}")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, realm: Kdc, keytab: Path) -> Iterator[SecureDns]:
    with secure_dns(tmp_path_factory.mktemp("tenure"), realm, POLICIES, tkey_gssapi_keytab=str(keytab)) as running:
        yield running


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory, realm: Kdc, keytab: Path) -> Iterator[DnsPeer]:
    folder = tmp_path_factory.mktemp("named")
    for number, zone in enumerate(POLICIES):
        text = f"$TTL 300\n{zone} SOA {SERVER}. root.invalid. 1 3600 600 86400 60\n{zone} NS {SERVER}.\n"
        if zone == "example.test.":
            text += f"{SERVER}. A 127.0.0.1\n"
        (folder / f"zone{number}").write_text(text)
    policy = {zone: " ".join(f"{rule};" for rule in map(_quoted, rules)) for zone, rules in POLICIES.items()}
    options = f'tkey-gssapi-keytab "{keytab}";'
    with named(folder, list(POLICIES), policy, options=options, environment=realm.environment) as running:
        yield running


def _quoted(rule: str) -> str:
    """BIND wants quotes around what is no plain word."""
    action, identity, *rest = rule.split()
    return " ".join([action, f'"{identity}"', *rest])


def content(port: int, zone: str) -> set[str]:
    """All records but those of the apex that differ by themselves."""
    found = dns.zone.from_xfr(dns.query.xfr("127.0.0.1", zone, port=port, lifetime=30))
    lines = found.to_text(relativize=False).splitlines()
    return {line.lower() for line in lines if " SOA " not in line and f" NS {SERVER}" not in line}


def beside(bind: DnsPeer, one: Try, client: Mapping[str, str]) -> str:
    """What BIND says; a busy machine may keep it longer than nsupdate waits, so it is asked up to three times."""
    for _ in range(2):
        said = nsupdate(bind.port, client, f"update {one.line}", zone=one.zone)
        if "timed out" not in said:
            return said
    return nsupdate(bind.port, client, f"update {one.line}", zone=one.zone)


def test_both_permit_the_same(realm: Kdc, ours: SecureDns, bind: DnsPeer) -> None:
    clients = {who: realm.client(who) for who in dict.fromkeys(one.who for one in BATTERY)}
    said = []
    for one in BATTERY:
        here = nsupdate(ours.port, clients[one.who], f"update {one.line}", zone=one.zone)
        there = beside(bind, one, clients[one.who])
        said.append((one, here, there))
        assert here == "" or "REFUSED" in here, (one, here, ours.history("tkey-refused"))
    assert [(one, here) for one, here, _ in said] == [(one, there) for one, _, there in said]
    assert 20 < sum(here == "" for _, here, _ in said) < len(said) - 20  # the battery tells something
