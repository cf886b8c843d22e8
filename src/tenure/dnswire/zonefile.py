"""Records as people write them (RFC 1035 section 5), to text and back. By dnspython, off the hot path.

Apart from the rest of the room, so that only those who read or show text pay for importing dnspython.
"""

from __future__ import annotations

from typing import Final

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zone
import dns.zonefile

from tenure.dnswire.codes import RRType, type_from_text, type_to_text
from tenure.dnswire.name import ROOT, Name, parse_name, to_text
from tenure.dnswire.raretypes import FIELDS, rare_from_text, rare_to_text
from tenure.octets import Malformed

_IN: Final = dns.rdataclass.IN
_A: Final = int(RRType.A)
_ONE_NAME: Final = frozenset(map(int, (RRType.NS, RRType.CNAME, RRType.PTR, RRType.DNAME)))

# Types whose words BIND, Knot and NSD have known for years. BIND alone has words for HIP, X25, PX, AMTRELAY and others.
_PORTABLE_WORDS: Final = """A NS CNAME SOA PTR HINFO MX TXT RP AFSDB RT KEY AAAA LOC SRV NAPTR KX CERT DNAME APL DS
SSHFP IPSECKEY RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA CDS CDNSKEY OPENPGPKEY CSYNC SVCB
HTTPS SPF NID L32 L64 LP EUI48 EUI64 URI CAA"""
_PORTABLE: Final = frozenset(map(type_from_text, _PORTABLE_WORDS.split()))


def rdata_to_text(rtype: int, rdata: bytes) -> str:
    r"""The RDATA as a zone file has it. What is not well formed comes as `\# 3 0102ff` (RFC 3597 section 5)."""
    try:
        if rtype in FIELDS:
            return rare_to_text(rtype, rdata)
        found = dns.rdata.from_wire(_IN, _rdatatype(rtype), rdata, 0, len(rdata))
        return _octets_text(rdata) if isinstance(found, dns.rdata.GenericRdata) else found.to_text()
    except (dns.exception.DNSException, Malformed, ValueError):
        return _octets_text(rdata)


def rdata_from_text(rtype: int, text: str, origin: Name) -> bytes:
    """The RDATA that a person wrote; relative names are below `origin`. `ValueError` says what is wrong."""
    try:
        if rtype in FIELDS and not text.startswith("\\#"):
            return rare_from_text(rtype, text, origin)
        return _wire(dns.rdata.from_text(_IN, _rdatatype(rtype), text, origin=_name(origin), relativize=False))
    except dns.exception.DNSException as error:
        if "does not start with" in str(error):
            raise ValueError(
                rf"RDATA of {type_to_text(rtype)} is written as \# LENGTH HEX (RFC 3597 section 5)"
            ) from error
        raise ValueError(str(error)) from error


def record_to_text(name: Name, rtype: int, ttl: int, rdata: bytes, *, portable: bool = False) -> str:
    r"""The record as a line that `rdata_from_text` and BIND take back as the same octets; any server, if `portable`.

    RDATA that its own text would not give back is written as `TYPE65280 \# 3 0102ff` (RFC 3597 section 5), and if
    `portable` so is every type that not all servers of the day have a word for.
    """
    if portable and rtype not in _PORTABLE:
        return f"{to_text(name)} {ttl} IN TYPE{rtype} {_octets_text(rdata)}"
    if rtype == _A and len(rdata) == 4:
        text = f"{rdata[0]}.{rdata[1]}.{rdata[2]}.{rdata[3]}"
    elif rtype in _ONE_NAME and _is_name(rdata):
        text = to_text(rdata)
    else:
        text = _checked_text(rtype, rdata)
    return f"{to_text(name)} {ttl} IN {type_to_text(rtype)} {text}"


def _checked_text(rtype: int, rdata: bytes) -> str:
    text = rdata_to_text(rtype, rdata)
    try:
        if rdata_from_text(rtype, text, ROOT) == rdata:
            return text
    except ValueError:
        pass
    return _octets_text(rdata)


def _octets_text(rdata: bytes) -> str:
    return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def _is_name(rdata: bytes) -> bool:
    try:
        return parse_name(rdata, 0) == (rdata, len(rdata))
    except Malformed:
        return False


def _name(name: Name) -> dns.name.Name:
    return dns.name.from_wire(name, 0)[0]


def _rdatatype(rtype: int) -> dns.rdatatype.RdataType:
    return dns.rdatatype.RdataType.make(rtype)


def _wire(value: dns.name.Name | dns.rdata.Rdata) -> bytes:
    octets = value.to_wire()
    assert octets is not None, "only writing to a file gives None"
    return octets
