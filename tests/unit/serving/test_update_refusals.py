"""What an update that is refused, or loses something, leaves behind: an id, an entry, a text for who sent OPT."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.tsig
import dns.update
import pytest
from dns_exchange import KEY, SECRET
from dns_service import Running, running

from tenure.authority.zone import RecordClass
from tenure.console.explain import update_sentences
from tenure.console.subject import parse_subject
from tenure.dnswire.name import from_text
from tenure.dnswire.update import add, build_update
from tenure.ledger.history import EventFilter
from tenure.ledger.zones import ZoneLedger
from tenure.naming.event import Event
from tenure.serving.dns.updates import REFUSALS_PER_SECOND, RefusalBudget
from tenure.signing.tsig import sign_request

TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.10\nalias 300 CNAME host\n"
RULES = ("deny dhcp. name fixed.example.test.", "grant dhcp. zonesub ANY", "grant other. zonesub ANY static")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, TEXT, RULES) as found:
        yield found


@pytest.fixture
def ledger(service: Running) -> Iterator[ZoneLedger]:
    found = service.ledger()
    yield found
    found.close()


def told(
    service: Running, update: dns.update.UpdateMessage, secret: bytes = SECRET, key: str = "dhcp."
) -> tuple[str, str, int]:
    """RCODE, the extended error's text and its code."""
    update.use_edns(0)
    if secret:
        update.use_tsig(dns.tsig.Key(key, secret, "hmac-sha256"))
    try:
        reply = dns.query.tcp(update, service.host, port=service.port, timeout=10)
    except dns.tsig.PeerBadSignature:
        return "BADSIG", "", 0
    errors = [option for option in reply.options if isinstance(option, dns.edns.EDEOption)]
    return (
        dns.rcode.to_text(reply.rcode()),
        errors[0].text or "" if errors else "",
        int(errors[0].code) if errors else -1,
    )


def change(**what: tuple[object, ...]) -> dns.update.UpdateMessage:
    made = dns.update.UpdateMessage("example.test.")
    for method, arguments in what.items():
        getattr(made, method)(*arguments)
    return made


def entry(ledger: ZoneLedger, text: str) -> Event:
    """The one entry of the history that the id in the text leads to."""
    correlation = re.match(r"u[0-9a-f]{8}-[0-9a-f]+-\d+(?=: )", text)
    assert correlation, text
    (found,) = ledger.history.events(EventFilter(correlation=correlation[0]))
    return found.event


@pytest.mark.parametrize(
    ("update", "rcode", "code", "reason", "more"),
    [
        (
            change(add=("fixed", 60, "A", "10.0.0.1")),
            "REFUSED",
            18,
            "rule `deny dhcp. name fixed.example.test.` denies it",
            "",
        ),
        (change(delete=("host", "A")), "REFUSED", 18, "A of host.example.test. is static", "add the word `static`"),
        (change(absent=("host",)), "YXDOMAIN", 0, "host.example.test. is in use", "it owns A"),
        (change(present=("nobody",)), "NXDOMAIN", 0, "nobody.example.test. owns no record", ""),
        (
            change(present=("host", "A", "10.0.0.1")),
            "NXRRSET",
            0,
            "A is not what",
            "it has 192.0.2.10; wanted is 10.0.0.1",
        ),
    ],
)
def test_a_refusal(
    service: Running,
    ledger: ZoneLedger,
    update: dns.update.UpdateMessage,
    rcode: str,
    code: int,
    reason: str,
    more: str,
) -> None:
    heard = told(service, update)
    assert heard[0] == rcode
    assert heard[2] == code
    assert reason in heard[1]
    assert "192.0.2.10" not in heard[1]  # what the zone had is for the operator
    event = entry(ledger, heard[1])
    assert (event.kind, event.actor, event.cause) == ("update-refused", "dns key dhcp.", rcode)
    assert reason in event.detail
    assert more in event.detail
    (sentence,) = update_sentences(parse_subject(event.correlation, ()), [event])
    assert f"was refused with {rcode}" in sentence
    assert reason in sentence


def test_a_zone_that_is_not_ours(service: Running, ledger: ZoneLedger) -> None:
    made = dns.update.UpdateMessage("example.org.")
    rcode, text, code = told(service, made)
    assert (rcode, code) == ("NOTAUTH", 20)
    assert "example.org. is not a zone that is served here" in entry(ledger, text).detail


def test_nobodys_signature(service: Running, ledger: ZoneLedger) -> None:
    rcode, text, _code = told(service, change(add=("x", 60, "A", "10.0.0.1")), b"")
    assert rcode == "REFUSED"
    assert entry(ledger, text).actor == "dns without a proved key"
    assert "the update is not signed" in text


def test_what_is_ignored_is_told_and_written_down(service: Running, ledger: ZoneLedger) -> None:
    rcode, text, code = told(service, change(add=("host", 60, "CNAME", "x")))
    assert (rcode, code) == ("NOERROR", 0)
    event = entry(ledger, text)
    assert event.kind == "update-ignored"
    assert "addition of CNAME at host.example.test.: the name owns A" in event.detail
    made = change(add=("host", 60, "CNAME", "x"))
    made.add("new", 60, "A", "10.0.0.1")
    rcode, text, _code = told(service, made)
    event = entry(ledger, text)
    assert event.kind == "update-applied"
    assert "ignored: addition of CNAME" in event.detail
    assert service.ask("new.example.test.").answer


def test_without_opt_nothing_is_told_but_it_is_written_down(service: Running, ledger: ZoneLedger) -> None:
    made = change(add=("host", 60, "CNAME", "x"))
    made.use_tsig(dns.tsig.Key("dhcp.", SECRET, "hmac-sha256"))
    reply = dns.query.tcp(made, service.host, port=service.port, timeout=10)
    assert reply.edns == -1
    assert len(ledger.history.events(EventFilter(kind="update-ignored"))) == 1


def test_who_writes_what(service: Running, ledger: ZoneLedger) -> None:
    """A rule with `static` makes its key a peer of the zone file; other keys write foreign records."""
    assert told(service, change(add=("mine", 60, "A", "10.0.0.1")))[0] == "NOERROR"
    assert told(service, change(add=("theirs", 60, "A", "10.0.0.1")), SECRET[::-1], "other.")[0] == "NOERROR"
    (zone,) = ledger.zones()
    assert ledger.static_types(zone.id, from_text("mine.example.test.")) == set()
    assert ledger.static_types(zone.id, from_text("theirs.example.test.")) == {1}
    assert told(service, change(delete=("theirs",)))[0] == "REFUSED"
    assert told(service, change(delete=("mine",)))[0] == "NOERROR"
    assert RecordClass.STATIC == "static"


def test_past_the_budget_it_is_counted_and_says_so(service: Running, ledger: ZoneLedger) -> None:
    """In one batch: a connection's messages are read together, so they are decided in one second."""
    update = change(add=("fixed", 60, "A", "10.0.0.1"))
    update.use_edns(0)
    update.use_tsig(dns.tsig.Key("dhcp.", SECRET, "hmac-sha256"))
    wire = update.to_wire()
    texts = []
    with socket.create_connection((service.host, service.port), timeout=10) as stream:
        reader = stream.makefile("rb")
        for _ in range(4 * REFUSALS_PER_SECOND):
            stream.sendall(len(wire).to_bytes(2, "big") + wire)
            size = int.from_bytes(reader.read(2), "big")
            octets = reader.read(size)
            texts.append(octets)
    unrecorded = sum(b"not in the history, too many in one second" in octets for octets in texts)
    assert service.report.counts["updates_refused"] == len(texts)
    assert unrecorded == service.report.counts["updates_not_recorded"]
    written = ledger.history.events(EventFilter(kind="update-refused", limit=1000))
    assert len(written) + unrecorded == len(texts)


def test_the_budget_of_a_second() -> None:
    budget = RefusalBudget()
    assert budget.begin(100.0) == 0
    assert [budget.take() for _ in range(REFUSALS_PER_SECOND + 3)].count(True) == REFUSALS_PER_SECOND
    budget.begin_again()  # the transaction is decided once more
    assert [budget.take() for _ in range(REFUSALS_PER_SECOND + 3)].count(True) == REFUSALS_PER_SECOND
    assert budget.begin(100.9) == 0
    assert not budget.take()
    assert budget.begin(101.0) == 4
    assert budget.take()


def test_the_largest_message(service: Running) -> None:
    """65,535 octets over TCP (RFC 2136 section 2.1 leaves the size to the transport)."""
    names = [from_text(f"big{number}.example.test.") for number in range(245)]
    signature = len(sign_request(b"\0" * 12, KEY, time.time())[0]) - 12
    records = [add(name, 16, 60, b"\xf0" + b"x" * 240) for name in names]
    empty = len(build_update(1, from_text("example.test."), [], [*records, add(names[0], 65280, 60, b"")]))
    records.append(add(names[0], 65280, 60, b"z" * (65535 - signature - empty)))
    octets, _mac = sign_request(build_update(1, from_text("example.test."), [], records), KEY, time.time())
    assert len(octets) == 65535
    with socket.create_connection((service.host, service.port), timeout=10) as stream:
        stream.sendall(len(octets).to_bytes(2, "big") + octets)
        assert stream.recv(512)[5] & 15 == 0
    assert service.ask("big244.example.test.", "TXT").answer
    assert service.ask("big0.example.test.", "TYPE65280", tcp=True).answer


@pytest.mark.parametrize("tcp", [False, True])
def test_a_refused_transfer_is_in_the_history_too(service: Running, ledger: ZoneLedger, tcp: bool) -> None:
    query = dns.message.make_query("elsewhere.test.", "AXFR" if tcp else "IXFR", use_edns=0)
    ask = dns.query.tcp if tcp else dns.query.udp
    reply = ask(query, service.host, port=service.port, timeout=10)
    assert reply.rcode() == dns.rcode.NOTAUTH
    ((_id, event),) = ledger.history.events(EventFilter(limit=10))
    assert (event.kind, event.actor, event.cause) == ("transfer-refused", "dns without a proved key", "NOTAUTH")
    assert event.detail.startswith(
        "elsewhere.test.: elsewhere.test. is not a zone that is served here; from 127.0.0.1#"
    )
    (error,) = [option for option in reply.options if isinstance(option, dns.edns.EDEOption)]
    assert error.text == f"{event.correlation}: elsewhere.test. is not a zone that is served here"
    (sentence,) = update_sentences(parse_subject(event.correlation, ()), [event])
    assert sentence.startswith(
        f"The transfer {event.correlation} of elsewhere.test. that dns without a proved key asked"
    )
    assert "was refused with NOTAUTH: elsewhere.test.:" in sentence
