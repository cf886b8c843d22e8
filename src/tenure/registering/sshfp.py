"""SSHFP records of a host's keys (RFC 4255, 6594, 7479, 8709), from the files that sshd has them in.

The RDATA:  algorithm of the key (8)  |  type of the fingerprint (8)  |  fingerprint of the key's blob

A file has one line: the name of the key's kind, its blob in base64, and mostly a comment (sshd(8)). The blob begins
with the name once more, as a length (32) and text (RFC 4253 section 6.6).
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Final

_SHA256: Final = 2
# The other kinds of file beside them are certificates, whose fingerprints no client looks for, and keys in hardware.
_ALGORITHMS: Final = {
    "ssh-rsa": 1,
    "ssh-dss": 2,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "ssh-ed25519": 4,
    "ssh-ed448": 6,
}


def fingerprint(line: str) -> bytes | None:
    """The RDATA with the SHA-256 of a public key; None for what is no key of a kind that SSHFP has a number for."""
    kind, _, rest = line.strip().partition(" ")
    algorithm = _ALGORITHMS.get(kind)
    if algorithm is None:
        return None
    try:
        blob = binascii.a2b_base64(rest.partition(" ")[0], strict_mode=True)
    except ValueError:
        return None
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind.encode()):
        return None
    return bytes((algorithm, _SHA256)) + hashlib.sha256(blob).digest()


def fingerprint_text(rdata: bytes) -> str:
    """The fields as zone files have them."""
    return f"{rdata[0]} {rdata[1]} {rdata[2:].hex()}"
