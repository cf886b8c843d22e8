"""The modes of a zone for updates, as Windows has them: what unsigned and signed updates may do in each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dns_exchange import KEY, OTHER_KEY, Authority

from tenure.authority.policy import parse_rule, rule_for_anybody
from tenure.authority.requestor import Requestor
from tenure.authority.settings import ZoneSettings
from tenure.authority.update import Applied, decide_update
from tenure.authority.zone import Refusal
from tenure.dnswire.message import Message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import add, delete_rrset
from tenure.signing.key import Key
from tenure.signing.principal import identity_of, parse_principal

A, SOA, TXT = 1, 6, 16
NEW, HOST = from_text("new.example.test."), from_text("host.example.test.")
TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.1\n"
ANYBODY = rule_for_anybody("updates = nonsecure-and-secure")
ADD = add(NEW, A, 60, b"\xc0\0\2\7")


def decide(settings: ZoneSettings, who: Requestor, update: RR = ADD) -> Applied | Refusal:
    authority = Authority(TEXT)
    authority.zone.static[HOST] = frozenset((A,))
    message = Message(1, 0x2800, (Question(settings.name, SOA, 1),), (), (update,), (), None, None)
    return decide_update(message, who, settings, authority.zone)


def settings(*rules: str, **more: object) -> ZoneSettings:
    made = ZoneSettings(from_text("example.test."), tuple(map(parse_rule, rules)))
    return replace(made, **more)  # type: ignore[arg-type]  # passed through


def of(key: Key | None, *, stream: bool = True) -> Requestor:
    return Requestor(key and key.name, key and key.algorithm, "192.0.2.77", stream)


PRINCIPAL = parse_principal("host/new.example.test@EXAMPLE.TEST")
BY_KERBEROS = Requestor(identity_of(PRINCIPAL), None, "192.0.2.77", True, PRINCIPAL)
UNSIGNED = [of(None), of(None, stream=False)]


@pytest.mark.parametrize("who", UNSIGNED)
def test_secure_only_refuses_what_is_not_signed_whatever_the_rules(who: Requestor) -> None:
    zone = settings("grant * tcp-self .", "grant local:/x external .", signed_only=True)
    found = decide(replace(zone, policy=(*zone.policy, ANYBODY)), who)
    assert isinstance(found, Refusal)
    assert found.rcode == 5
    assert found.reason == "example.test. takes secure updates only, and this one is not signed"


def test_secure_only_lets_keys_and_principals_do_what_the_rules_say() -> None:
    zone = settings("grant dhcp. zonesub A", "grant EXAMPLE.TEST krb5-self . A", signed_only=True)
    assert isinstance(decide(zone, of(KEY)), Applied)
    assert isinstance(decide(zone, BY_KERBEROS), Applied)
    assert isinstance(decide(zone, of(OTHER_KEY)), Refusal)
    assert isinstance(decide(zone, BY_KERBEROS, add(HOST, A, 60, b"\xc0\0\2\7")), Refusal)


@pytest.mark.parametrize("who", [*UNSIGNED, of(OTHER_KEY), BY_KERBEROS])
def test_nonsecure_lets_anybody_in_but_not_to_what_is_static_or_the_servers(who: Requestor) -> None:
    zone = settings("grant dhcp. zonesub ANY static")
    zone = replace(zone, policy=(*zone.policy, ANYBODY))
    found = decide(zone, who)
    assert isinstance(found, Applied)
    assert (found.rule, found.static) == ("updates = nonsecure-and-secure", False)
    assert isinstance(decide(zone, who, delete_rrset(HOST, A)), Refusal)
    assert isinstance(decide(zone, who, add(from_text("example.test."), 2, 60, from_text("x."))), Refusal)
    assert isinstance(decide(zone, of(KEY), delete_rrset(HOST, A)), Applied)


def test_nonsecure_comes_behind_all_rules() -> None:
    zone = settings("deny * name new.example.test.")
    zone = replace(zone, policy=(*zone.policy, ANYBODY))
    assert isinstance(decide(zone, of(OTHER_KEY)), Refusal)
    assert isinstance(decide(zone, of(None)), Applied)


def test_policy_lets_nobody_in_without_a_signature_but_by_such_a_rule() -> None:
    assert isinstance(decide(settings("grant dhcp. zonesub ANY"), of(None)), Refusal)
