"""Over two thousand questions put to us, to BIND and to Knot, with the same zones: the answers agree.

Where they do not, one of the reasons below holds, which docs/conformance/rfc1034.md tells too; a reason that does not
hold for any answer any more is a failure.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from answer_battery import ZONES, questions, write_zone_files, zone_of
from dnspeer import DnsPeer, running
from peers import program
from ports import free_port
from zone_view import MemoryZone, served

from tenure.authority.request import Reply
from tenure.authority.respond import respond

NAMED = """\
options {{
    directory "{directory}"; pid-file none; session-keyfile none; managed-keys-directory "{directory}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; notify no;
    minimal-responses no-auth; minimal-any yes; dnssec-validation no;
}};
controls {{ }};
"""
NAMED_ZONE = """\
zone "{apex}" {{
    type primary; file "{file}"; check-names ignore; check-integrity no; check-mx-cname ignore; check-srv-cname ignore;
}};
"""
KNOT = """\
server:
    rundir: "{directory}"
    listen: 127.0.0.1@{port}
database:
    storage: "{directory}"
template:
  - id: default
    storage: "{directory}"
    semantic-checks: off
zone:
"""
KNOT_ZONE = '  - domain: "{apex}"\n    file: {file}\n'


class Seen(NamedTuple):
    """What an answer says. Records as text in lower case, because a server may compress names whatever their case."""

    rcode: str
    authoritative: bool
    truncated: bool
    answer: frozenset[str]
    authority: frozenset[str]
    additional: frozenset[str]


@contextlib.contextmanager
def bind(directory: Path) -> Iterator[DnsPeer]:
    port = free_port()
    zones = [NAMED_ZONE.format(apex=apex, file=file) for apex, file in write_zone_files(directory)]
    (directory / "named.conf").write_text(NAMED.format(directory=directory, port=port) + "".join(zones))
    command = [program("named"), "-g", "-c", str(directory / "named.conf"), "-n", "1"]
    with running(command, port, directory / "log") as peer:
        yield peer


@contextlib.contextmanager
def knot(directory: Path) -> Iterator[DnsPeer]:
    port = free_port()
    zones = [KNOT_ZONE.format(apex=apex, file=file) for apex, file in write_zone_files(directory)]
    (directory / "knot.conf").write_text(KNOT.format(directory=directory, port=port) + "".join(zones))
    with running([program("knotd"), "-c", str(directory / "knot.conf")], port, directory / "log") as peer:
        yield peer


def seen(message: dns.message.Message) -> Seen:
    def texts(section: list[dns.rrset.RRset]) -> frozenset[str]:
        return frozenset(
            f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text()}".lower()
            for rrset in section
            for rdata in rrset
        )

    flags = message.flags
    sections = texts(message.answer), texts(message.authority), texts(message.additional)
    return Seen(dns.rcode.to_text(message.rcode()), bool(flags & dns.flags.AA), bool(flags & dns.flags.TC), *sections)


# Why an answer of ours may differ from the peer's. Each is given the question, our answer and theirs.


def is_any(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """RFC 8482 lets a server choose what it gives for ANY: the peers choose others, or don't go behind a DNAME."""
    return rtype == "ANY" and ours.authoritative == theirs.authoritative and bool(theirs.answer)


def follows_into_another_zone(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """We follow an alias into another zone that we serve (RFC 1034 section 4.3.2 step 3a); they end, or refer."""
    aliases = [record.split() for record in ours.answer if record.split()[2] == "cname"]
    leaves = any(zone_of(owner) != zone_of(target) is not None for owner, _ttl, _cname, target in aliases)
    return leaves and bool(theirs.answer) and theirs.answer <= ours.answer and theirs.rcode == "NOERROR"


def other_additions(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """Additional records that nobody has to send: only what a referral needs must be there (RFC 9471)."""
    return ours[:5] == theirs[:5] and needed(ours) == needed(theirs)


def needed(one: Seen) -> set[str]:
    """The addresses of name servers below the cut that they serve, of a referral."""
    servers = [record.split() for record in one.authority if record.split()[2] == "ns"]
    hosts = {host for owner, _ttl, _ns, host in servers if host.endswith("." + owner)}
    return {record for record in one.additional if record.split()[0] in hosts}


def loop_is_a_failure(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """BIND answers SERVFAIL to aliases that lead nowhere but to themselves; we give them, as Knot does."""
    return theirs.rcode == "SERVFAIL" and ours.rcode == "NOERROR" and theirs.answer <= ours.answer


def gives_up_sooner(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """How many aliases of a chain without end are given is each server's own choice."""
    return "oldself" in name and theirs.answer < ours.answer and theirs.rcode == ours.rcode == "NOERROR"


def zero_ttl_of_denied_soa(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """BIND's `zero-no-soa-ttl`: the denial of an SOA record has the TTL 0, against an old fault of resolvers."""
    zero = frozenset(" ".join([owner, "0", *rest]) for owner, _ttl, *rest in (r.split() for r in ours.authority))
    return rtype == "SOA" and theirs == ours._replace(authority=zero)


def too_long_is_nxdomain(name: str, rtype: str, ours: Seen, theirs: Seen) -> bool:
    """A name that a DNAME makes too long is YXDOMAIN (RFC 6672 section 2.2), and so it is for BIND."""
    return (ours.rcode, theirs.rcode) == ("YXDOMAIN", "NXDOMAIN")


Reason = Callable[[str, str, Seen, Seen], bool]
BIND_REASONS: list[Reason] = [
    is_any,
    follows_into_another_zone,
    other_additions,
    loop_is_a_failure,
    zero_ttl_of_denied_soa,
]
KNOT_REASONS: list[Reason] = [
    is_any,
    follows_into_another_zone,
    other_additions,
    gives_up_sooner,
    too_long_is_nxdomain,
]


@pytest.mark.parametrize(("server", "reasons"), [(bind, BIND_REASONS), (knot, KNOT_REASONS)], ids=["bind", "knot"])
def test_the_answers_agree(
    tmp_path: Path, server: Callable[[Path], contextlib.AbstractContextManager[DnsPeer]], reasons: list[Reason]
) -> None:
    zones = served(*(MemoryZone.from_text(apex, text) for apex, text in ZONES.items()))
    unexplained = []
    held: set[str] = set()
    with server(tmp_path / "peer") as peer:
        for name, rtype in questions():
            query = dns.message.make_query(name, rtype, use_edns=0, payload=1232)
            reply = respond(query.to_wire(), zones, {}, "127.0.0.1", 1.7e9, stream=False)
            assert isinstance(reply, Reply)
            ours = seen(dns.message.from_wire(reply.octets))
            theirs = seen(dns.query.udp(query, "127.0.0.1", port=peer.port, timeout=10))
            if ours != theirs:
                holding = {reason.__name__ for reason in reasons if reason(name, rtype, ours, theirs)}
                held |= holding
                if not holding:
                    unexplained.append((name, rtype, ours, theirs))
    assert unexplained == []
    assert held == {reason.__name__ for reason in reasons}
