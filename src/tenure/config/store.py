"""`[store]` and `[[keys]]`: where state is kept, and the shared secrets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tenure.config.fields import DomainName, StoreUrl, one_of
from tenure.config.section import Section


class Algorithm(StrEnum):
    """The TSIG algorithms (RFC 8945 section 6) that a key may have; MD5 is not among them."""

    SHA1 = "hmac-sha1"
    SHA224 = "hmac-sha224"
    SHA256 = "hmac-sha256"
    SHA384 = "hmac-sha384"
    SHA512 = "hmac-sha512"


class Store(Section):
    """Where leases, registrations, zones and history are kept."""

    url: StoreUrl = "sqlite:tenure.db"
    """`sqlite:PATH`, relative to this file, or a `postgresql://` URL."""

    history_days: Annotated[int, Field(ge=1, le=36500)] = 90
    """How long the history is kept, in days."""

    history_entries: Annotated[int, Field(ge=1000, le=2**40)] = 20_000_000
    """How many entries of the history are kept at most; the oldest go first."""

    journal_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """How long the changes of zones are kept for incremental transfers (IXFR), in days."""


class KeySection(Section):
    """A TSIG key (RFC 8945). `tenure key generate` makes one."""

    name: DomainName
    """The name by which both ends know the key."""

    algorithm: Annotated[Algorithm, *one_of(Algorithm)] = Algorithm.SHA256
    """How messages are signed."""

    secret: str | None = None
    """The secret in base64. Better in a file of its own."""

    secret_file: str | None = None
    """A file that holds the secret in base64, relative to this file; the world must not be able to read it."""
