"""The agent of a host in a Kerberos realm, with a real MIT KDC: its own name at BIND and tenure, and no other's."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest
from host_inventory import address, interface, inventory, settings
from kdc import SERVER, Kdc, kdc
from named import named
from secure_dns import secure_dns

from tenure.dnswire.name import from_text
from tenure.ledger.agent_memory import AgentMemory
from tenure.naming.registration import State
from tenure.registering.entry import Kept, Place
from tenure.registering.survey import survey
from tenure.serving.agent.notes import Notes
from tenure.serving.agent.service import AgentService
from tenure.serving.agent.terms import Level, Terms
from tenure.serving.report import Report
from tenure.serving.updater.contexts import SecurityContexts
from tenure.serving.updater.contexts import Terms as ContextTerms
from tenure.serving.updater.kerberos import Login, Tickets
from tenure.updating.routing import GssTsig

ZONE = "example.test."
HOST = inventory(interface(2, "eth0"), address("10.1.0.7/16"), address("fd00::7/64"))
KRB5_SELF, MS_SELF = (f"grant EXAMPLE.TEST {kind} . A AAAA DHCID" for kind in ("krb5-self", "ms-self"))


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as made, pytest.MonkeyPatch.context() as patch:
        for variable in ("KRB5_CONFIG", "KRB5RCACHEDIR", "KRB5RCACHENAME"):
            patch.setenv(variable, made.environment[variable])
        yield made


@contextlib.contextmanager
def bind(folder: Path, realm: Kdc, rule: str) -> Iterator[Place]:
    """BIND, whose primary has the name that its keytab is for."""
    folder.mkdir()
    soa = f"{SERVER}. root.{SERVER}. 1 3600 600 86400 60"
    (folder / "zone0").write_text(f"$TTL 300\n{ZONE} SOA {soa}\n{ZONE} NS {SERVER}.\n{SERVER}. A 127.0.0.1\n")
    options = f'tkey-gssapi-keytab "{realm.keytab(f"DNS/{SERVER}")}";'
    with named(folder, [ZONE], f"{rule};", options=options, environment=realm.environment) as peer:
        yield peer.server


@contextlib.contextmanager
def tenure(folder: Path, realm: Kdc, rule: str) -> Iterator[Place]:
    with secure_dns(folder, realm, {ZONE: [rule]}) as running:
        yield "127.0.0.1", running.port


def register(folder: Path, place: Place, name: str, keytab: Path | str, principal: str) -> Kept:
    """What becomes of the name of a host that has this keytab."""
    report = Report("agent", stream=io.StringIO())
    terms = Terms(b"\0\4" + b"\x5a" * 16, level=Level.ONLY_SECURE, gss=GssTsig(), servers=(place,), reverse=False)
    memory = AgentMemory(folder / f"{name}.db")
    notes = Notes(memory, terms, report, time.time)

    def contexts() -> SecurityContexts:
        return SecurityContexts(Tickets(Login(principal, str(keytab))), ContextTerms(), report, time.time)

    AgentService(terms, lambda _: survey(HOST, settings(name), ()), notes, report, time.time, contexts).run_once()
    (kept,) = memory.names()
    memory.close()
    return kept


def at(place: Place, name: str) -> set[str]:
    found = set()
    for rtype in ("A", "AAAA"):
        reply = dns.query.tcp(dns.message.make_query(name, rtype), place[0], port=place[1], timeout=10)
        found |= {record.to_text() for rrset in reply.answer for record in rrset}
    return found


@pytest.mark.parametrize("primary", [bind, tenure])
@pytest.mark.parametrize(
    ("rule", "principal"), [(KRB5_SELF, "host/pc.example.test"), (MS_SELF, "pc$")], ids=["krb5-self", "ms-self"]
)
def test_a_host_writes_its_own_name_and_no_other(
    tmp_path: Path, realm: Kdc, primary: type, rule: str, principal: str
) -> None:
    keytab = realm.keytab(principal)
    with primary(tmp_path / "peer", realm, rule) as place:
        own = register(tmp_path, place, "pc.example.test", keytab, principal)
        assert (own.state, own.zone) == (State.REGISTERED, from_text(ZONE)), own
        assert at(place, "pc.example.test.") == {"10.1.0.7", "fd00::7"}
        other = register(tmp_path, place, "box.example.test", keytab, principal)
        assert (other.state, other.reason) == (State.REFUSED, "server-refused")
        assert "REFUSED to claim" in other.detail
        assert at(place, "box.example.test.") == set()


def test_a_host_without_its_key_writes_nothing_and_says_what_is_missing(tmp_path: Path, realm: Kdc) -> None:
    with tenure(tmp_path / "peer", realm, KRB5_SELF) as place:
        kept = register(tmp_path, place, "pc.example.test", tmp_path / "none.keytab", "host/pc.example.test")
        assert (kept.state, kept.reason) == (State.PENDING, "no-ticket")
        assert "none.keytab is not there" in kept.detail
        assert at(place, "pc.example.test.") == set()
