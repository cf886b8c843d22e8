"""What the DNS service takes from the store when it begins: the numbers of its zones, and secrets that are shared."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from tenure.authority.cookie import Cookies, derived_secrets, fixed_secrets
from tenure.authority.server_settings import CookieSettings
from tenure.authority.settings import ZonePlace, ZoneSettings
from tenure.ledger.zones import ZoneLedger
from tenure.serving.errors import ServiceError


def cookies_of(ledger: ZoneLedger, settings: CookieSettings) -> Cookies | None:
    """Cookies as configured: of the operator's secrets, or of one that all servers on this store share."""
    if not settings.answer:
        return None
    if settings.secrets:
        made_with = fixed_secrets(settings.secrets)
    else:
        made_with = derived_secrets(ledger.secrets.shared("dns-cookie", secrets.token_bytes(32)))
    return Cookies(made_with, required=settings.require_server_cookie)


def zone_ids(ledger: ZoneLedger, zones: Sequence[ZoneSettings]) -> dict[ZonePlace, int]:
    """The numbers that the store has for the zones; `ServiceError`: it does not have one of them."""
    stored = {zone.place: zone.id for zone in ledger.zones()}
    for zone in zones:
        if zone.place not in stored:
            what = f"zone {zone.place}"
            raise ServiceError(what, "it is configured, but not in the store", "create it there first")
    return {zone.place: stored[zone.place] for zone in zones}


def contexts_secret(ledger: ZoneLedger) -> bytes:
    """What the address is made of at which workers hand on what is signed by Kerberos."""
    return ledger.secrets.shared("dns-contexts", secrets.token_bytes(16))
