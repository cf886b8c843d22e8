"""A zone of the store beside the same zone of another server, fetched whole (AXFR, RFC 5936)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.query
import dns.tsig

from tenure.authority.zone import Record
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import Name, to_text, tree_key
from tenure.dnswire.rdata import canonical_rdata
from tenure.dnswire.zonefile import record_to_text
from tenure.ledger.zones import Snapshot
from tenure.signing.rotation import Secret

_SOA = int(RRType.SOA)
TIMEOUT_SECONDS = 30.0  # of silence


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One record that only one side has."""

    side: str  # `here` or `there`
    name: str
    record: str


class TransferError(Exception):
    """The other server's zone could not be fetched whole; the text says why."""


def fetch_zone(zone: Name, host: str, port: int, key: Secret | None) -> set[Record]:
    """All records of the zone at another server, the SOA included. Raises `TransferError`."""
    origin = _name(zone)
    keyring = {_name(key.name): dns.tsig.Key(_name(key.name), key.secret, _name(key.algorithm))} if key else None
    found: set[Record] = set()
    soas = 0
    try:
        messages = dns.query.xfr(
            host,
            origin,
            port=port,
            timeout=TIMEOUT_SECONDS,
            relativize=False,
            keyring=keyring,
            keyname=_name(key.name) if key else None,
            keyalgorithm=_name(key.algorithm) if key else dns.tsig.default_algorithm,
        )
        for message in messages:
            for rrset in message.answer:
                owner = rrset.name.to_wire().lower()
                soas += len(rrset) if rrset.rdtype == _SOA else 0
                found |= {Record(owner, int(rrset.rdtype), rrset.ttl, rdata.to_wire()) for rdata in rrset}
    except OSError as error:
        raise TransferError(error.strerror or str(error)) from error
    except (dns.exception.DNSException, EOFError, ValueError) as error:
        raise TransferError(str(error) or type(error).__name__) from error
    if soas < 2:
        raise TransferError("the transfer did not end with the SOA it began with")
    return found


def diff_lines(snapshot: Snapshot, there: Iterable[Record]) -> list[DiffLine]:
    """What only one side has, in the order of the zone; names in RDATA are equal whatever their case."""
    zone = snapshot.zone
    ours = [Record(zone.name, _SOA, zone.soa_ttl, zone.soa_rdata), *snapshot.records]
    here_by, there_by = ({_identity(one): one for one in records} for records in (ours, there))
    found = [(one, "here") for key, one in here_by.items() if key not in there_by]
    found += [(one, "there") for key, one in there_by.items() if key not in here_by]
    found.sort(key=lambda pair: (tree_key(pair[0].name), pair[0].rtype != _SOA, pair[0].rtype, pair[1], pair[0].rdata))
    return [DiffLine(side, to_text(one.name), record_to_text(*one)) for one, side in found]


def _identity(record: Record) -> tuple[Name, int, int, bytes]:
    return record.name, record.rtype, record.ttl, canonical_rdata(record.rtype, record.rdata)


def _name(name: Name) -> dns.name.Name:
    return dns.name.from_wire(name, 0)[0]
