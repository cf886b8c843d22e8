"""The numbers of the DNS: types, classes, opcodes, RCODEs, and their words (RFC 1035, 2136, 6891, 6895, 8945)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class RRType(IntEnum):
    """Resource record types that have a word; any other number is served as opaque RDATA all the same (RFC 3597)."""

    A = 1
    NS = 2
    MD = 3
    MF = 4
    CNAME = 5
    SOA = 6
    MB = 7
    MG = 8
    MR = 9
    NULL = 10
    WKS = 11
    PTR = 12
    HINFO = 13
    MINFO = 14
    MX = 15
    TXT = 16
    RP = 17
    AFSDB = 18
    X25 = 19
    ISDN = 20
    RT = 21
    NSAP = 22
    NSAP_PTR = 23
    SIG = 24
    KEY = 25
    PX = 26
    GPOS = 27
    AAAA = 28
    LOC = 29
    NXT = 30
    EID = 31
    NIMLOC = 32
    SRV = 33
    ATMA = 34
    NAPTR = 35
    KX = 36
    CERT = 37
    A6 = 38
    DNAME = 39
    SINK = 40
    OPT = 41
    APL = 42
    DS = 43
    SSHFP = 44
    IPSECKEY = 45
    RRSIG = 46
    NSEC = 47
    DNSKEY = 48
    DHCID = 49
    NSEC3 = 50
    NSEC3PARAM = 51
    TLSA = 52
    SMIMEA = 53
    HIP = 55
    NINFO = 56
    RKEY = 57
    TALINK = 58
    CDS = 59
    CDNSKEY = 60
    OPENPGPKEY = 61
    CSYNC = 62
    ZONEMD = 63
    SVCB = 64
    HTTPS = 65
    DSYNC = 66
    SPF = 99
    UINFO = 100
    UID = 101
    GID = 102
    UNSPEC = 103
    NID = 104
    L32 = 105
    L64 = 106
    LP = 107
    EUI48 = 108
    EUI64 = 109
    TKEY = 249
    TSIG = 250
    IXFR = 251
    AXFR = 252
    MAILB = 253
    MAILA = 254
    ANY = 255
    URI = 256
    CAA = 257
    AVC = 258
    DOA = 259
    AMTRELAY = 260
    RESINFO = 261
    WALLET = 262
    TA = 32768
    DLV = 32769


class RRClass(IntEnum):
    """Classes; NONE and ANY have their meaning in UPDATE only (RFC 2136 section 2.4)."""

    IN = 1
    CH = 3
    NONE = 254
    ANY = 255


class Opcode(IntEnum):
    """Kinds of message."""

    QUERY = 0
    NOTIFY = 4
    UPDATE = 5


class Rcode(IntEnum):
    """Response codes; those from 16 on need EDNS, or stand in a TSIG or TKEY record's error field."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    YXDOMAIN = 6
    YXRRSET = 7
    NXRRSET = 8
    NOTAUTH = 9
    NOTZONE = 10
    BADVERS = 16
    BADSIG = 16  # the same number, in the error field of a TSIG record
    BADKEY = 17
    BADTIME = 18
    BADMODE = 19
    BADNAME = 20
    BADALG = 21
    BADTRUNC = 22
    BADCOOKIE = 23


# Types that exist only in messages, never in a zone (RFC 2136 section 3.4.1.2, RFC 6895 section 3.1).
META_TYPES: Final = frozenset({41, 249, 250, 251, 252, 253, 254, 255})


def type_to_text(rtype: int) -> str:
    """`A`, `TXT`, ... or `TYPE65280` (RFC 3597 section 5)."""
    try:
        return RRType(rtype).name.replace("_", "-")  # NSAP-PTR
    except ValueError:
        return f"TYPE{rtype}"


def type_from_text(text: str) -> int:
    """The number of `A`, `txt`, ... or `TYPE65280` (RFC 3597 section 5); `ValueError` when it is no type."""
    word = text.upper()
    if (member := RRType.__members__.get(word.replace("-", "_"))) is not None and "_" not in word:
        return int(member)
    digits = word.removeprefix("TYPE")
    if digits != word and digits.isascii() and digits.isdecimal() and int(digits) <= 0xFFFF:
        return int(digits)
    raise ValueError(f"{text!r} is no record type")


def tsig_error_to_text(error: int) -> str:
    """`BADSIG`, ... or `RCODE11`: what the error field of a TSIG record says (RFC 8945 section 3)."""
    return "BADSIG" if error == Rcode.BADSIG else rcode_to_text(error)


def rcode_to_text(rcode: int) -> str:
    """`REFUSED`, ... or `RCODE11`."""
    try:
        return Rcode(rcode).name
    except ValueError:
        return f"RCODE{rcode}"
