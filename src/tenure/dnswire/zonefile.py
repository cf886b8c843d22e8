"""Records as people write them (RFC 1035 section 5), to text and back. By dnspython, off the hot path.

Apart from the rest of the room, so that only those who read or show text pay for importing dnspython.
"""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zone
import dns.zonefile

from tenure.dnswire.codes import RRType
from tenure.dnswire.name import ROOT, Name, parse_name, to_text
from tenure.octets import Malformed

_IN = dns.rdataclass.IN
_A = int(RRType.A)
_ONE_NAME = frozenset(map(int, (RRType.NS, RRType.CNAME, RRType.PTR, RRType.DNAME)))

# Types whose words BIND, Knot and NSD have known for years; any other is written by its number.
_WORDS = """A NS CNAME SOA PTR HINFO MX TXT RP AFSDB RT KEY AAAA LOC SRV NAPTR KX CERT DNAME APL DS SSHFP IPSECKEY RRSIG
NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA CDS CDNSKEY OPENPGPKEY CSYNC SVCB HTTPS SPF NID L32 L64 LP EUI48 EUI64
URI CAA"""
_TYPE_WORDS = {int(dns.rdatatype.from_text(word)): word for word in _WORDS.split()}


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


def record_to_text(name: Name, rtype: int, ttl: int, rdata: bytes) -> str:
    r"""The record as a line that any server takes back as the same octets.

    Types that not every server of the day knows, and RDATA that its own text would not give back, are written as
    `TYPE65280 \# 3 0102ff` (RFC 3597 section 5).
    """
    if rtype == _A and len(rdata) == 4:
        text = f"{rdata[0]}.{rdata[1]}.{rdata[2]}.{rdata[3]}"
    elif rtype in _ONE_NAME and _is_name(rdata):
        text = to_text(rdata)
    else:
        text = _checked_text(rtype, rdata)
    return f"{to_text(name)} {ttl} IN {_TYPE_WORDS.get(rtype) or f'TYPE{rtype}'} {text}"


def _checked_text(rtype: int, rdata: bytes) -> str:
    if rtype in _TYPE_WORDS:
        text = rdata_to_text(rtype, rdata)
        try:
            if rdata_from_text(rtype, text, ROOT) == rdata:
                return text
        except ValueError:
            pass
    return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def _is_name(rdata: bytes) -> bool:
    try:
        return parse_name(rdata, 0) == (rdata, len(rdata))
    except Malformed:
        return False


def _name(name: Name) -> dns.name.Name:
    return dns.name.from_wire(name, 0)[0]


def _wire(value: dns.name.Name | dns.rdata.Rdata) -> bytes:
    octets = value.to_wire()
    assert octets is not None, "only writing to a file gives None"
    return octets
