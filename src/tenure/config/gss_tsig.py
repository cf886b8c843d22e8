"""`[ddns.gss-tsig]`: how the updater signs by Kerberos. The words are those of Kea's hook."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tenure.config.section import Section
from tenure.dnswire.name import Name
from tenure.signing.principal import identity_of, parse_principal


class UpdateSecurityLevel(StrEnum):
    """In which order updates are sent unsigned and signed; the words of Windows' policy for its DNS clients."""

    ONLY_SECURE = "only-secure"
    UNSECURE_FIRST = "unsecure-followed-by-secure"


class GssTsigSection(Section):
    """Who the updater is to Kerberos, for the zones that have gss-tsig set. It needs the extra `gss`."""

    client_principal: str | None = None
    """The principal that the updater signs as, such as `DHCP/gw.example.test@EXAMPLE.TEST`. Left out: the first one of
    the keytab, or the one whose the cache is."""

    client_keytab: str | None = None
    """A keytab, relative to this file, with the key of that principal: tickets are taken by it, and new ones before
    they run out. The world must not be able to read it."""

    credentials_cache: str | None = None
    """Where tickets are kept, such as `FILE:/run/tenure/tickets`. Without client-keytab something else has to fill it.
    Left out: in memory."""

    tkey_lifetime: Annotated[int, Field(ge=60, le=86400)] = 3600
    """For how many seconds servers are asked to keep a security context."""

    rekey_interval: Annotated[int, Field(ge=30, le=86400)] = 2700
    """After how many seconds a new context is negotiated while the old one is still good; after three quarters of its
    life at the latest."""


def client_identity(section: GssTsigSection) -> Name | None:
    """What zones of our own know the updater by; None: its principal is not written, or without a realm."""
    try:
        return identity_of(parse_principal(section.client_principal or ""))
    except ValueError:
        return None
