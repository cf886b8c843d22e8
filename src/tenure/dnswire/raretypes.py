"""RDATA of old and rare types that BIND writes in words and dnspython does not know, to text and back.

Each is a row of fields. A6, NXT, ATMA and DOA are left out: they have rules of their own, and no use any more.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final

import dns.exception
import dns.name

from tenure.dnswire.name import Name, to_text
from tenure.dnswire.shapes import plain_name_end
from tenure.octets import Malformed

# n: a name; 1, 2: a number of so many octets; x, b: what follows, in hex or base64.
FIELDS: Final[dict[int, str]] = {
    **dict.fromkeys((7, 8, 9), "n"),  # MB, MG, MR (RFC 1035 section 3.3)
    **dict.fromkeys((14, 58), "nn"),  # MINFO (RFC 1035 section 3.3.7), TALINK
    **dict.fromkeys((31, 32), "x"),  # EID, NIMLOC
    40: "111b",  # SINK
    57: "211b",  # RKEY
    32768: "211x",  # TA, as DS
}


def rare_to_text(rtype: int, rdata: bytes) -> str:
    """The words of RDATA whose type has a row; `Malformed` if it is not as the row says."""
    words, at = [], 0
    for field in FIELDS[rtype]:
        if field == "n":
            end = plain_name_end(rdata, at, len(rdata))
            words.append(to_text(rdata[at:end]))
        elif field in "12":
            end = at + int(field)
            if end > len(rdata):
                raise Malformed("a number is missing", at)
            words.append(str(int.from_bytes(rdata[at:end], "big")))
        else:
            end = len(rdata)
            words.append(rdata[at:].hex() if field == "x" else b64encode(rdata[at:]).decode())
        at = end
    if at != len(rdata):
        raise Malformed("octets are left over", at)
    return " ".join(words)


def rare_from_text(rtype: int, text: str, origin: Name) -> bytes:
    """The RDATA of words; relative names are below `origin`. `ValueError` says what is wrong."""
    fields, words = FIELDS[rtype], text.split()
    if len(words) < len(fields) or (len(words) > len(fields) and fields[-1] == "n"):
        raise ValueError(f"{len(fields)} fields are wanted, {len(words)} are here")
    rest = "".join(words[len(fields) - 1 :])  # hex and base64 may stand in several words
    return b"".join(_octets(*pair, origin) for pair in zip(fields, [*words[: len(fields) - 1], rest], strict=True))


def _octets(field: str, word: str, origin: Name) -> bytes:
    try:
        if field == "n":
            return dns.name.from_text(word, dns.name.from_wire(origin, 0)[0]).to_wire() or b""
        if field in "12":
            return int(word).to_bytes(int(field), "big")
        return bytes.fromhex(word) if field == "x" else b64decode(word, validate=True)
    except (dns.exception.DNSException, ValueError, OverflowError):
        raise ValueError(f"{word!r} is no {_FIELDS_WORDS[field]}") from None


_FIELDS_WORDS: Final = {"n": "name", "1": "number below 256", "2": "number below 65536", "x": "hex", "b": "base64"}
