"""The same update policy in BIND and in us, rule type by rule type: what one permits, the other permits too.

Each case is a policy and updates, sent over TCP from 127.0.0.1; each zone is its own. BIND's additions past a count
are ignored with NOERROR, so the records are compared as well.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from dns_exchange import Authority
from dnspeer import SECRET, DnsPeer
from named import named

from tenure.authority.requestor import Inquiry, Requestor
from tenure.dnswire.message import build_message
from tenure.dnswire.name import Name, from_text, to_text
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import add, delete_name, delete_rr, delete_rrset
from tenure.serving.dns.external_policy import ExternalPolicy, question
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request

A, NS, SOA, PTR, TXT, RRSIG, NSEC, DHCID = 1, 2, 6, 12, 16, 46, 47, 49
ONE, TWO, THREE = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3"
SELVES = [f"pc.k{number}.test." for number in range(1, 5)]
KEYS = {word: Key(from_text(word), ALGORITHMS["hmac-sha256"].name, SECRET) for word in ("dhcp.", "other.", *SELVES)}
REVERSE = "127.in-addr.arpa."
SIX_TO_FOUR = "f.7.2.0.0.2.ip6.arpa."
OURS = "1.0.0"  # in both trees: 127.0.0.1
OURS_6TO4 = "1.0.0.0.0.0"


def soa(serial: int) -> bytes:
    tail = b"".join(number.to_bytes(4, "big") for number in (serial, 3600, 600, 86400, 60))
    return from_text("ns.invalid.") + from_text("root.invalid.") + tail


class Case(NamedTuple):
    """A policy with updates; each update: the key's name (empty: unsigned), and records with relative owners."""

    policy: str
    updates: tuple[tuple[str, tuple[RR, ...]], ...]
    zone: str = ""  # empty: one of its own


def a(owner: str, rdata: bytes = ONE, rtype: int = A) -> RR:
    return add(owner.encode(), rtype, 60, rdata)  # the owner becomes a name when the zone is known


def gone(owner: str, rtype: int = A) -> RR:
    return delete_rrset(owner.encode(), rtype)


def all_gone(owner: str) -> RR:
    return delete_name(owner.encode())


def each(key: str, *records: RR) -> tuple[tuple[str, tuple[RR, ...]], ...]:
    """Each record an update of its own."""
    return tuple((key, (record,)) for record in records)


D, OTHER = "dhcp.", "other."
POINTER = from_text("pc.example.test.")
SIG = b"\0\1\x08\2\0\0\1\x2c" + bytes(10) + from_text("x.") + b"sig"

CASES: dict[str, Case] = {
    "no rule": Case("grant other. zonesub ANY;", each(D, a("x"), gone("x")) + each("", a("x"))),
    "name": Case("grant dhcp. name a.{zone};", each(D, a("a"), a("A"), a("b"), a("x.a"))),
    "subdomain": Case("grant dhcp. subdomain a.{zone} ANY;", each(D, a("a"), a("x.a"), a("y.x.a"), a("xa"), a("b"))),
    "zonesub": Case("grant dhcp. zonesub;", each(D, a("x"), a("y.x"), a("", b"\1t", TXT))),
    "wildcard": Case("grant dhcp. wildcard *.w.{zone};", each(D, a("w"), a("x.w"), a("y.x.w"), a("*.w"), a("xw"))),
    "self": Case(
        "grant pc.k1.test. self pc.k1.test.;",
        (*each(SELVES[0], a("pc"), a("x.pc"), a("x")), *each(D, a("pc"))),
        "k1.test.",
    ),
    "self of any key": Case("grant * self .;", (*each(SELVES[1], a("pc"), a("x.pc")), *each(D, a("pc"))), "k2.test."),
    "selfsub": Case("grant *.k3.test. selfsub *.k3.test.;", each(SELVES[2], a("pc"), a("x.pc"), a("xpc")), "k3.test."),
    "selfwild": Case(
        "grant * selfwild .;", (*each(SELVES[3], a("pc"), a("x.pc"), a("y.x.pc")), *each(D, a("x.pc"))), "k4.test."
    ),
    "deny first": Case("deny dhcp. name a.{zone}; grant dhcp. zonesub;", each(D, a("a"), a("b"), gone("a"))),
    "grant first": Case(
        "grant dhcp. name a.{zone} A; deny dhcp. subdomain a.{zone}; grant dhcp. zonesub ANY;",
        each(D, a("a"), a("a", b"\1t", TXT), a("x.a"), a("b", b"\1t", TXT)),
    ),
    "user types": Case(
        "grant dhcp. zonesub;",
        each(
            D,
            a("x", from_text("ns.invalid."), NS),
            a("", soa(99), SOA),
            a("x", b"\1t", TXT),
            a("x", b"\0\1\1x", DHCID),
            a("x", b"z", 65280),
        ),
    ),
    "any type": Case(
        "grant dhcp. zonesub ANY;",
        each(
            D,
            a("x", from_text("ns.invalid."), NS),
            a("", soa(99), SOA),
            a("x", b"z", 65280),
            a("x", b"\0\0\1\x40", NSEC),
        ),
    ),
    "some types": Case(
        "grant dhcp. zonesub A TXT TYPE65280;",
        each(D, a("x"), a("x", b"\1t", TXT), a("x", b"z", 65280), a("x", b"\0\1\1x", DHCID), gone("x", DHCID)),
    ),
    "delete a name": Case(
        "grant dhcp. zonesub A; grant other. zonesub ANY;",
        (
            *each(OTHER, a("x"), a("x", b"\1t", TXT)),
            *each(D, all_gone("x"), all_gone("absent")),
            *each(OTHER, gone("x", TXT)),
            *each(D, all_gone("x"), all_gone("")),
        ),
    ),
    "one bad record": Case("grant dhcp. name a.{zone};", ((D, (a("a"), a("b"))),)),
    "another key": Case(
        "grant dhcp. zonesub ANY; grant other. name o.{zone};", each(OTHER, a("o"), a("x")) + each(D, a("o", TWO))
    ),
    "count": Case(
        "grant dhcp. zonesub A(2) TXT;",
        (
            (D, (a("x"), a("x", TWO), a("x", THREE))),
            *each(D, a("x", THREE), a("x", ONE), a("y", b"\x01a", TXT), a("y", b"\x01b", TXT), a("z")),
        ),
    ),
    "count, replaced": Case(
        "grant dhcp. zonesub A(1);",
        (*each(D, a("x"), a("x", TWO)), (D, (gone("x"), a("x", THREE))), (D, (a("x", ONE), delete_rr(b"x", A, THREE)))),
    ),
    "count of any": Case(
        "grant dhcp. zonesub A TXT(1) ANY(2);",
        (
            (D, (a("x"), a("x", TWO), a("x", THREE))),
            *each(
                D,
                a("x", b"\x01a", TXT),
                a("x", b"\x01b", TXT),
                a("x", b"\x00\x01\x01x", DHCID),
                a("x", b"\x00\x01\x01y", DHCID),
                a("x", b"\x00\x01\x01z", DHCID),
            ),
        ),
    ),
    "count 0": Case("grant dhcp. zonesub A(0);", each(D, a("x"), a("x", TWO))),
    "count of another rule": Case(
        "grant other. zonesub ANY; grant dhcp. zonesub A(1);",
        each(OTHER, a("x"), a("x", TWO)) + each(D, a("x", THREE), a("y")),
    ),
    "tcp-self": Case(
        "grant * tcp-self . PTR(1);",
        each(
            "",
            a(OURS, POINTER, PTR),
            a(OURS, from_text("b."), PTR),
            a("2.0.0", POINTER, PTR),
            a(OURS, b"\1t", TXT),
            gone(OURS, PTR),
        )
        + each(D, a(OURS, POINTER, PTR)),
        REVERSE,
    ),
    "tcp-self of nobody": Case(
        "grant *.in-addr.test. tcp-self . PTR;", each("", a(OURS, POINTER, PTR)), "0." + REVERSE
    ),
    "6to4-self": Case(
        "grant * 6to4-self . ANY;",
        each(
            "",
            a(OURS_6TO4, from_text("b."), NS),
            a("2.0.0.0.0.0", from_text("b."), NS),
            a("x." + OURS_6TO4, from_text("b."), NS),
        ),
        SIX_TO_FOUR,
    ),
    "external": Case(
        'grant "local:{socket}" external * A TXT; grant dhcp. name b.{zone};',
        each(D, a("yes"), a("no"), a("b"), a("yes", b"\0\1\1x", DHCID))
        + each("", a("yes", TWO), gone("yes"))
        + each(D, all_gone("yes")),
    ),
}
ZONES = {case: one.zone or f"p{number}.test." for number, (case, one) in enumerate(CASES.items())}


class Program:
    """What external rules ask, as BIND's own tests have it: yes to names that begin with `yes`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.questions: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                stream, _ = self._socket.accept()
            except OSError:
                return
            with stream:
                asked = stream.recv(4096)
                self.questions.append(asked)
                stream.sendall((asked[8:].split(b"\0")[1].startswith(b"yes")).to_bytes(4, "big"))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    found = Program(tmp_path_factory.mktemp("program") / "s")
    yield found
    found.close()


def policy_of(case: str, program: Program) -> str:
    return CASES[case].policy.format(zone=ZONES[case], socket=program.path)


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[DnsPeer]:
    policies = {ZONES[case]: policy_of(case, program) for case in CASES}
    with named(tmp_path_factory.mktemp("named"), list(policies), policies, keys=SELVES) as peer:
        yield peer


def message(apex: Name, records: Sequence[RR]) -> bytes:
    full = [rr._replace(name=from_text(rr.name.decode() + ".")[:-1] + apex if rr.name else apex) for rr in records]
    return build_message(7, 0x2800, [Question(apex, SOA, 1)], (), full)


def to_bind(peer: DnsPeer, octets: bytes, key: str) -> str:
    if key:
        octets, _mac = sign_request(octets, KEYS[key], time.time())
    with socket.create_connection(peer.server, timeout=10) as stream:
        stream.sendall(len(octets).to_bytes(2, "big") + octets)
        reply = stream.recv(4096)
    return dns.rcode.to_text(dns.rcode.Rcode(reply[5] & 15))


def of_bind(peer: DnsPeer, zone: str) -> set[tuple[bytes, int]]:
    """Owner and type of all records, each as often as there are records of the type."""
    records = []
    for one in dns.query.xfr("127.0.0.1", zone, port=peer.port, relativize=False, lifetime=30):
        for rrset in one.answer:
            records += [
                (from_text(rrset.name.to_text()).lower(), int(rrset.rdtype)) for _ in rrset if rrset.rdtype != SOA
            ]
    return {(*record, records.count(record)) for record in records}


@pytest.mark.parametrize("case", CASES)
def test_what_is_permitted(bind: DnsPeer, program: Program, case: str) -> None:
    apex = from_text(ZONES[case])
    rules = [rule.strip() for rule in policy_of(case, program).split(";") if rule.strip()]
    head = f"$TTL 300\n{ZONES[case]} SOA ns.invalid. root.invalid. 1 3600 600 86400 60\n@ NS ns.invalid.\n"
    ours = Authority(head, *rules, origin=ZONES[case], keys=KEYS, client="127.0.0.1")
    external = ExternalPolicy()
    ours.program = external.ask
    for key, records in CASES[case].updates:
        octets = message(apex, records)
        theirs = to_bind(bind, octets, key)
        external.forget()
        assert ours.rcode(octets, key=KEYS[key] if key else None, stream=True) == theirs, (key, records, ours.refusal)
    kept = {(o, t, len(rs)) for o, node in ours.zone.nodes.items() for t, (_ttl, rs) in node.items()}
    assert kept == of_bind(bind, ZONES[case])


def test_what_the_program_is_asked(bind: DnsPeer, program: Program) -> None:
    """Octet for octet but for the last number of the key, which BIND makes of its secret."""
    zone = ZONES["external"]
    for key in ("dhcp.", ""):
        program.questions.clear()
        to_bind(bind, message(from_text(zone), [a("yes.q", b"\1t", TXT)]), key)
        algorithm = KEYS[key].algorithm if key else None
        who = Requestor(from_text(key) if key else None, algorithm, "127.0.0.1", True)
        ours = question(Inquiry("", who, from_text("yes.q." + zone), TXT))
        (theirs,) = program.questions
        assert _without_number(theirs) == _without_number(ours)


def _without_number(octets: bytes) -> list[bytes]:
    words = octets[8:].split(b"\0")
    assert int.from_bytes(octets[4:8], "big") == len(octets)
    return [octets[:4], *words[:4], words[4].rpartition(b"/")[0], *words[5:]]


@pytest.mark.parametrize("case", [case for case, one in CASES.items() if "self" in one.policy and "tcp" in case])
def test_udp_shows_nobody(bind: DnsPeer, case: str) -> None:
    octets = message(from_text(ZONES[case]), [a(OURS, POINTER, PTR)])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(bind.server)
        udp.send(octets)
        assert udp.recv(512)[3] & 15 == 5
    assert Authority(origin=ZONES[case], client="127.0.0.1").rcode(octets) == "REFUSED"
    assert to_text(from_text(ZONES[case])) == ZONES[case]
