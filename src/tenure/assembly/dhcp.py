"""What the DHCP services of both families have in common, and what a rehearsal of them needs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from tenure.authority.settings import ZonePlace
from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4
from tenure.config.dhcp6 import Dhcp6
from tenure.config.domains import own_places, proving_places, recognises_markers
from tenure.config.load_balance import share_of
from tenure.config.problem import key_path
from tenure.config.remarks import remarks
from tenure.dnswire.name import Name
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases, open_zones, sqlite_path
from tenure.ledger.static_names import StaticNames
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dhcp.interface import addresses4
from tenure.serving.dhcp.socket6 import addresses_of
from tenure.serving.report import Report

HOST_NAME_HASH = "host-name-hash"  # under this purpose the store has the key of `{hash}` in generated names


def leases_beside_zones(configuration: Configuration) -> LeaseLedger:
    """The lease half, which knows what a person wrote in zones of ours that names are registered in."""
    ledger = open_leases(configuration.store_url)
    if places := own_places(configuration):
        zones = open_zones(configuration.store_url)
        ledger.static_names = look_into(configuration, zones, places)
        zones.close()
    return ledger


def look_into(configuration: Configuration, zones: ZoneLedger, places: Mapping[Name, ZonePlace]) -> StaticNames:
    """How these zones are looked into before a name is promised."""
    markers = recognises_markers(configuration)
    return zones.static_names(places, proving_places(configuration), reads_markers=markers)


def remark_on(configuration: Configuration, report: Report) -> None:
    """Says in the log what `tenure check-config` remarks; once, in whichever DHCP process is first."""
    for remark in remarks(configuration, own_addresses()):
        report.info("remark", key=key_path(remark.key), text=f"{remark.wrong}; {remark.right}")


def own_addresses() -> list[bytes]:
    """The addresses that this host has now, of both families."""
    return addresses4() + addresses_of(None)


def host_name_hash(ledger: LeaseLedger) -> bytes:
    """What generated names hide identities with: made once, so that they stay the same, and kept in the store."""
    return ledger.secrets.shared(HOST_NAME_HASH, secrets.token_bytes(32))


def spread_of(configuration: Configuration, section: Dhcp4 | Dhcp6) -> float:
    """Where in its pools this node begins to look for unused addresses: nodes on one database each elsewhere."""
    share = share_of(section.load_balance)
    if share is not None:
        return share.spread
    if sqlite_path(configuration.store_url) is not None:
        return 0.0
    return secrets.randbelow(2**16) / 2**16
