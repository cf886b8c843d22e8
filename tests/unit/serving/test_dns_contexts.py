"""Security contexts in the DNS service: what is counted, and what goes into the history. Kerberos is pretended."""

from __future__ import annotations

from pathlib import Path

import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TKEY
import dns.rrset
import pytest
from dns_service import running
from pretended_gss import AGAIN, PretendedMechanism

from tenure.ledger.history import EventFilter
from tenure.serving.dns.contexts import common_address
from tenure.signing.context import ContextLimits, Contexts


def query(name: str, token: bytes) -> bytes:
    message = dns.message.make_query(name, dns.rdatatype.TKEY, dns.rdataclass.ANY)
    algorithm = dns.name.from_text("gss-tsig.")
    record = dns.rdtypes.ANY.TKEY.TKEY(dns.rdataclass.ANY, dns.rdatatype.TKEY, algorithm, 0, 0, 3, 0, token)
    message.additional.append(dns.rrset.from_rdata(dns.name.from_text(name), 0, record))
    return message.to_wire()


@pytest.mark.parametrize("tcp", [False, True])
def test_what_is_counted_and_kept(tmp_path: Path, tcp: bool) -> None:
    contexts = Contexts(PretendedMechanism(), ContextLimits(per_principal=2))
    with running(tmp_path, contexts=contexts) as service:
        send = service.send_tcp if tcp else service.send
        for number in range(5):
            assert send(query(f"k{number}.", b"alice@R"))[3] & 15 == 0
        send(query("bad.", b"bad"))
        send(query("more.", AGAIN))
        counts = service.report.counts
        assert (counts["contexts_established"], counts["contexts_displaced"], counts["contexts_refused"]) == (5, 3, 1)
        assert counts["updates"] == 0
        samples = [
            line for line in service.report.metrics_text().splitlines() if line.startswith("tenure_dns_contexts{")
        ]
        assert sorted(line.rpartition(" ")[2] for line in samples) == ["1", "2"]
        ledger = service.ledger()
        (stored,) = ledger.history.events(EventFilter(kind="tkey-refused"))
        event = stored.event
        ledger.close()
        assert (event.cause, event.name, event.actor) == ("BADKEY", b"\3bad\0", "dns without a proved key")
        assert event.detail.startswith("the token is bad; from 127.0.0.1#")


def test_where_nobody_comes_by_kerberos_it_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        assert service.send(query("k.", b"alice@R"))[3] & 15 == 5


def test_the_common_address_is_of_one_store_and_one_place() -> None:
    one = common_address(b"secret", [("127.0.0.1", 53), ("::1", 53)])
    assert one == common_address(b"secret", [("::1", 53), ("127.0.0.1", 53)])
    others = [common_address(b"other", [("127.0.0.1", 53), ("::1", 53)]), common_address(b"secret", [("::1", 53)])]
    assert len({one, *others}) == 3
    assert one.startswith("\0tenure-")
    assert len(one) < 108
