"""`[tsig]` and `[[keys]]`: how messages are signed, and the shared secrets."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from tenure.config.fields import DomainName, one_of
from tenure.config.section import Section


class Algorithm(StrEnum):
    """The TSIG algorithms (RFC 8945 section 6) that a key may have."""

    SHA1 = "hmac-sha1"
    SHA224 = "hmac-sha224"
    SHA256 = "hmac-sha256"
    SHA384 = "hmac-sha384"
    SHA512 = "hmac-sha512"
    SHA256_128 = "hmac-sha256-128"
    SHA384_192 = "hmac-sha384-192"
    SHA512_256 = "hmac-sha512-256"
    MD5 = "hmac-md5"


class Tsig(Section):
    """Signed messages (TSIG, RFC 8945)."""

    allow_md5: bool = False
    """Whether keys of the algorithm hmac-md5 are good. Only for a peer that knows nothing better."""


class KeySection(Section):
    """A TSIG key (RFC 8945). `tenure key generate` makes one."""

    name: DomainName
    """The name by which both ends know the key."""

    algorithm: Annotated[Algorithm, *one_of(Algorithm)] = Algorithm.SHA256
    """How messages are signed. Those with two numbers have shortened signatures; such a key is good for both ways of
    writing them, the registered name and BIND's."""

    secret: str | None = None
    """The secret in base64; then the world must not be able to read this file. Better in a file of its own."""

    secret_file: str | None = None
    """A file that holds the secret in base64, relative to this file; the world must not be able to read it."""

    in_store: bool = False
    """Whether the secret is in the store instead: it is made there when it is first needed, `tenure key rotate` makes
    a new one, and `tenure key export` prints it for the other end."""

    previous_secret: str | None = None
    """The secret that the key had before, in base64: still good, until every peer has the new one."""

    previous_secret_file: str | None = None
    """A file that holds the secret that the key had before."""

    previous_algorithm: Annotated[Algorithm | None, *one_of(Algorithm)] = None
    """The algorithm of the secret that the key had before; left out: the same."""

    previous_until: datetime | None = None
    """When the secret that the key had before ends to be good, such as 2026-12-01T00:00:00Z; left out: when it is
    taken out of this file."""
