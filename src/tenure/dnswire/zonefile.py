"""Records as people write them (RFC 1035 section 5): zone files and RDATA as text. By dnspython, off the hot path.

Apart from the rest of the room, so that only those who read or show text pay for importing dnspython.
"""

from __future__ import annotations

from collections.abc import Iterator

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zone
import dns.zonefile

from tenure.dnswire.name import Name
from tenure.dnswire.rr import RR

_IN = dns.rdataclass.IN


def rdata_to_text(rtype: int, rdata: bytes) -> str:
    r"""The RDATA as a zone file has it. What is not well formed comes as `\# 3 0102ff` (RFC 3597 section 5)."""
    try:
        return dns.rdata.from_wire(_IN, dns.rdatatype.RdataType.make(rtype), rdata, 0, len(rdata)).to_text()
    except (dns.exception.DNSException, ValueError):
        return f"\\# {len(rdata)} {rdata.hex()}"


def rdata_from_text(rtype: int, text: str, origin: Name) -> bytes:
    """The RDATA that a person wrote; relative names are below `origin`. `ValueError` says what is wrong."""
    try:
        rdatatype = dns.rdatatype.RdataType.make(rtype)
        return _wire(dns.rdata.from_text(_IN, rdatatype, text, origin=_name(origin), relativize=False))
    except dns.exception.DNSException as error:
        raise ValueError(str(error)) from error


def parse_zone_file(text: str, origin: Name) -> Iterator[RR]:
    """The records of a zone file, SOA included, each once. `$INCLUDE` is refused.

    `ValueError` with the line; a record outside of the zone is an error too, not left out.
    """
    zone = dns.zone.Zone(_name(origin), relativize=False)
    words = _Words(text)
    try:
        with zone.writer(replacement=True) as transaction:
            reader = dns.zonefile.Reader(words, _IN, transaction)
            reader.zone_origin = dns.name.root  # else it would leave out silently what is outside of the zone
            reader.read()
    except dns.exception.SyntaxError as error:  # "file:line: reason", but its line is often the next one
        raise ValueError(f"line {words.line}: {str(error).partition(': ')[2]}") from error
    except (dns.exception.DNSException, ValueError, KeyError) as error:
        raise ValueError(f"line {words.line}: {error.args[0] if error.args else error}") from error
    for owner, ttl, rdata in zone.iterate_rdatas():
        yield RR(_wire(owner), int(rdata.rdtype), int(rdata.rdclass), ttl, _wire(rdata))


class _Words(dns.tokenizer.Tokenizer):
    """Knows the line of the last word; dnspython's own count is one ahead once it has looked at the line's end."""

    line = 1

    def get(self, want_leading: bool = False, want_comment: bool = False) -> dns.tokenizer.Token:
        token = super().get(want_leading, want_comment)
        if not token.is_eol_or_eof():
            self.line = self.line_number - (self.ungotten_char == "\n")
        return token


def _name(name: Name) -> dns.name.Name:
    return dns.name.from_wire(name, 0)[0]


def _wire(value: dns.name.Name | dns.rdata.Rdata) -> bytes:
    octets = value.to_wire()
    assert octets is not None, "only writing to a file gives None"
    return octets
