"""From a configuration to running services: opens the store, makes what it must hold, builds each service, runs it.

Services know nothing of the configuration, and the configuration knows nothing of services; they meet here. Imports
of a service stand in the function that builds it, so that a process loads only what it runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from tenure.authority.settings import ZoneSettings
from tenure.config.configuration import Configuration
from tenure.config.dhcp4 import Dhcp4
from tenure.config.dhcp6 import Dhcp6
from tenure.config.dns import Dns
from tenure.config.dns_views import view_settings
from tenure.config.domains import all_plans, own_places, routes
from tenure.config.load_balance import share_of
from tenure.config.naming_levels import policy_of_levels
from tenure.config.problem import key_path
from tenure.config.remarks import remarks
from tenure.config.reserved_hosts import reserved_hosts
from tenure.config.secrets import configured_secrets, stored_algorithms
from tenure.config.server import server_settings
from tenure.config.subnets import client_classes, limits, subnets
from tenure.config.subnets6 import client_classes6, subnets6
from tenure.config.zones import DNS_PORT, journal_sizes, zone_settings
from tenure.console.zone_start import ZoneNotBegun, begin_zones
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases, open_zones, sqlite_path
from tenure.ledger.zones import ZoneLedger
from tenure.serving.errors import ServiceError
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.signing.key import hash_size
from tenure.signing.rotation import Secret

if TYPE_CHECKING:
    from tenure.leasing.v4.link import SubnetTable
    from tenure.leasing.v6.inquiry import Server
    from tenure.leasing.v6.link import SubnetTable as SubnetTable6
    from tenure.serving.supervision import Held

DHCP_PORT, DHCP6_PORT = 67, 547
DHCP4, DHCP6 = 4, 6  # the processes of the DHCP service, where both are configured
DUID_SECRET, ADDRESSES_SECRET = "dhcp6-duid", "dhcp6-addresses"
WAKE_UPDATER = "updater"
HOST_NAME_HASH = "host-name-hash"  # under this purpose the store has the key of `{hash}` in generated names


class Service(StrEnum):
    """The services, each a process; the value is its command."""

    DHCP = "dhcp"
    DNS = "dns"
    REQUESTS = "requests"
    FOLLOWER = "follower"
    UPDATER = "updater"
    TRANSFERS = "transfers"
    JANITOR = "janitor"


def services_of(configuration: Configuration) -> tuple[Service, ...]:
    """The services that `tenure serve` runs: those that the configuration gives something to do."""
    named = {
        Service.DNS: configuration.dns is not None,
        Service.DHCP: configuration.leases,
        Service.REQUESTS: configuration.dhcp_ddns is not None,
        Service.FOLLOWER: bool(configuration.lease_sources),
        Service.UPDATER: configuration.names_leases and bool(all_plans(configuration)),
        Service.TRANSFERS: any(map(_has_neighbours, zone_settings(configuration))),
        Service.JANITOR: True,
    }
    return tuple(service for service, runs in named.items() if runs)


def _has_neighbours(zone: ZoneSettings) -> bool:
    return bool(zone.primaries or zone.also_notify or zone.notify_names)


def prepare(configuration: Configuration, report: Report) -> None:
    """Proves that the store can be written, upgrades its schema, and makes the key and the zones that it must hold.

    Does nothing that is done already, so every service does it at its start too. Raises `LedgerError`, `ServiceError`.
    """
    ledger = open_leases(configuration.store_url)
    try:
        report.info("store-ready", store=ledger.check_writable())
        make_stored_keys(configuration, ledger)
    finally:
        ledger.close()
    if configuration.dns is not None:
        zones = open_zones(configuration.store_url)
        try:
            create_zones(configuration, configuration.dns, zones, report)
        finally:
            zones.close()


def workers_of(service: Service, configuration: Configuration) -> tuple[int, ...]:
    """The numbers of the processes of a service that run beside one another; none where it is one process."""
    if service is Service.DNS and configuration.dns is not None and configuration.dns.workers > 1:
        return tuple(range(1, configuration.dns.workers + 1))
    if service is Service.DHCP and configuration.dhcp4 is not None and configuration.dhcp6 is not None:
        return DHCP4, DHCP6
    return ()


def check_shared_ports(configuration: Configuration) -> None:
    """Looks whether the ports that workers will share are free; `ServiceError`. One that is alone finds out itself."""
    from tenure.serving.dns_sockets import check_free  # noqa: PLC0415 - a process loads only what it runs

    if configuration.dns is not None and configuration.dns.workers > 1:
        check_free([place.or_port(DNS_PORT) for place in configuration.dns.listen])


def hold_sockets(services: Sequence[Service], configuration: Configuration) -> dict[str, Held]:
    """Sockets that are to outlive the processes of services: by service, with the variable that tells of each.

    `ServiceError`.
    """
    if Service.REQUESTS not in services:
        return {}
    from tenure.hearers import held_request_socket  # noqa: PLC0415 - a process loads only what it runs

    return {str(Service.REQUESTS): held_request_socket(configuration)}


def run_service(
    service: Service, configuration: Configuration, report: Report, stop: Stop, worker: int | None = None
) -> None:
    """Runs one service, or the worker of it with this number, until the stop.

    Raises `ServiceError` or `LedgerError` when it cannot start.
    """
    prepare(configuration, report)
    runners: dict[Service, Callable[[Configuration, Report, Stop], None]] = {
        Service.DHCP: _run_dhcp6 if worker == DHCP6 or configuration.dhcp4 is None else _run_dhcp4,
        Service.DNS: _run_dns,
        Service.REQUESTS: _run_requests,
        Service.FOLLOWER: _run_follower,
        Service.UPDATER: _run_updater,
        Service.TRANSFERS: _run_transfers,
        Service.JANITOR: _run_janitor,
    }
    runners[service](configuration, report, stop)


def create_zones(configuration: Configuration, dns: Dns, ledger: ZoneLedger, report: Report) -> None:
    """Makes the configured zones that the store does not have yet; `ServiceError` when one of them cannot begin."""
    try:
        for begun in begin_zones(configuration, dns, ledger, report.service, report.now()):
            report.info(begun.event, zone=begun.place, **begun.fields)
    except ZoneNotBegun as error:
        raise ServiceError(error.what, error.wrong, error.right) from None


def live_keys(configuration: Configuration, ledger: LeaseLedger, service: Service, report: Report) -> LiveKeys:
    """The keys of a service: those of the configuration, and those that are kept in the store."""
    make_stored_keys(configuration, ledger)
    configured, allow_md5 = configured_secrets(configuration), configuration.tsig.allow_md5
    return LiveKeys(ledger.keys, configured, str(service), report, allow_md5=allow_md5)


def make_stored_keys(configuration: Configuration, ledger: LeaseLedger) -> None:
    """Makes the secrets that are to be in the store and are not there yet: once, whoever comes first."""
    kept = {secret.name for secret in ledger.keys.secrets()}
    for name, algorithm in stored_algorithms(configuration).items():
        if name not in kept:
            new = Secret(name, algorithm, secrets.token_bytes(hash_size(algorithm)))
            ledger.keys.change(name, partial(_kept_or, new))


def _kept_or(new: Secret, kept: Sequence[Secret]) -> Sequence[Secret]:
    return kept or [new]


def _run_dhcp4(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.serving.dhcp4 import Dhcp4Service  # noqa: PLC0415 - a process loads only what it runs

    assert configuration.dhcp4 is not None
    _remark(configuration, report)
    ledger = _leases_beside_zones(configuration)
    listen = [place.or_port(DHCP_PORT) for place in configuration.dhcp4.listen]
    wake = wake_updater(configuration)
    interfaces, spread = configuration.dhcp4.interfaces, spread_of(configuration, configuration.dhcp4)
    table = subnet_table(configuration, configuration.dhcp4, _hash_key(ledger))
    Dhcp4Service(ledger, table, interfaces, listen, wake, report, spread=spread).run(stop)
    ledger.close()


def _run_dhcp6(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.serving.dhcp6 import Dhcp6Service  # noqa: PLC0415 - a process loads only what it runs

    if configuration.dhcp6 is None:
        missing = "neither [dhcp4] nor [dhcp6] is configured"
        raise ServiceError("the DHCP service", missing, "add one of them, or do not run this service")
    if configuration.dhcp4 is None:
        _remark(configuration, report)
    ledger = _leases_beside_zones(configuration)
    listen = [place.or_port(DHCP6_PORT) for place in configuration.dhcp6.listen]
    Dhcp6Service(
        ledger,
        subnet_table6(configuration, configuration.dhcp6, _hash_key(ledger)),
        dhcp6_server(configuration.dhcp6.server_id, ledger),
        configuration.dhcp6.interfaces,
        listen,
        wake_updater(configuration),
        report,
        spread=spread_of(configuration, configuration.dhcp6),
    ).run(stop)
    ledger.close()


def _leases_beside_zones(configuration: Configuration) -> LeaseLedger:
    """The lease half, which knows what a person wrote in zones of ours that names are registered in."""
    ledger = open_leases(configuration.store_url)
    if places := own_places(configuration):
        zones = open_zones(configuration.store_url)
        ledger.static_names = zones.static_names(places)
        zones.close()
    return ledger


def _remark(configuration: Configuration, report: Report) -> None:
    """Says in the log what `tenure check-config` remarks; once, in whichever DHCP process is first."""
    for remark in remarks(configuration):
        report.info("remark", key=key_path(remark.key), text=f"{remark.wrong}; {remark.right}")


def dhcp6_server(configured: bytes | None, ledger: LeaseLedger) -> Server:
    """What DHCPv6 servers on one store have in common, made once: a DUID of a UUID (RFC 6355), and a secret."""
    from tenure.leasing.v6.inquiry import Server  # noqa: PLC0415 - a process loads only what it runs

    duid = configured or ledger.secrets.shared(DUID_SECRET, b"\0\4" + uuid4().bytes)
    return Server(duid, ledger.secrets.shared(ADDRESSES_SECRET, secrets.token_bytes(32)))


def _hash_key(ledger: LeaseLedger) -> bytes:
    """What generated names hide identities with: made once, so that they stay the same, and kept in the store."""
    return ledger.secrets.shared(HOST_NAME_HASH, secrets.token_bytes(32))


def subnet_table(configuration: Configuration, dhcp4: Dhcp4, hash_key: bytes) -> SubnetTable:
    """The subnets of the DHCPv4 server, with its classes and limits."""
    from tenure.leasing.v4.link import SubnetTable  # noqa: PLC0415 - a process loads only what it runs

    return SubnetTable(
        subnets(configuration, hash_key),
        client_classes(dhcp4),
        dhcp4.identifier_expression,
        limits(dhcp4),
        share_of(dhcp4.load_balance),
    )


def subnet_table6(configuration: Configuration, dhcp6: Dhcp6, hash_key: bytes) -> SubnetTable6:
    """The subnets of the DHCPv6 server, with its classes."""
    from tenure.leasing.v6.link import SubnetTable  # noqa: PLC0415 - a process loads only what it runs

    return SubnetTable(
        subnets6(configuration, hash_key),
        share_of(dhcp6.load_balance),
        client_classes6(dhcp6),
        dhcp6.identifier_expression,
        reserved_hosts(configuration),
    )


def spread_of(configuration: Configuration, section: Dhcp4 | Dhcp6) -> float:
    """Where in its pools this node begins to look for unused addresses: nodes on one database each elsewhere."""
    share = share_of(section.load_balance)
    if share is not None:
        return share.spread
    if sqlite_path(configuration.store_url) is not None:
        return 0.0
    return secrets.randbelow(2**16) / 2**16


def _run_dns(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.serving.dns import DnsService  # noqa: PLC0415 - a process loads only what it runs

    if configuration.dns is None:
        raise ServiceError("the DNS service", "[dns] is not configured", "add it, or do not run this service")
    leases = open_leases(configuration.store_url)
    keys = live_keys(configuration, leases, Service.DNS, report)
    ledger = open_zones(configuration.store_url)
    listen = [place.or_port(DNS_PORT) for place in configuration.dns.listen]
    shared = configuration.dns.workers > 1
    settings = server_settings(configuration)
    DnsService(
        ledger,
        zone_settings(configuration),
        keys.keys,
        listen,
        report,
        keys.look,
        shared=shared,
        settings=settings,
        views=view_settings(configuration),
        open_ledger=partial(open_zones, configuration.store_url),
    ).run(stop)
    keys.close()
    leases.close()
    ledger.close()


def _run_requests(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.hearers import run_requests  # noqa: PLC0415 - a process loads only what it runs

    run_requests(configuration, wake_updater(configuration), report, stop)


def _run_follower(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.hearers import run_follower  # noqa: PLC0415 - a process loads only what it runs

    run_follower(configuration, wake_updater(configuration), report, stop)


def _run_updater(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.leasing.second_choice import choose_again  # noqa: PLC0415 - a process loads only what it runs
    from tenure.preflight import checks_beside  # noqa: PLC0415
    from tenure.serving.updater import UpdaterService  # noqa: PLC0415
    from tenure.serving.wakeup import WakeReceiver, wake_path  # noqa: PLC0415

    if not all_plans(configuration):
        remedy = "add [[ddns.forward]] or [[dns.zones]], or do not run this service"
        raise ServiceError("the updater", "no domain is configured", remedy)
    ledger = open_leases(configuration.store_url)
    ledger.choose_again = partial(choose_again, policy=policy_of_levels(configuration, []))
    path = sqlite_path(configuration.store_url)
    wake_source = ledger.listen() if path is None else WakeReceiver(wake_path(path, WAKE_UPDATER))
    keys = live_keys(configuration, ledger, Service.UPDATER, report)
    open_keys = partial(live_keys, configuration, service=Service.UPDATER, report=report)
    with checks_beside(configuration, ledger, open_keys, report, stop):
        UpdaterService(ledger, routes(configuration, keys.keys), wake_source, report, keys=keys).run(stop)
    keys.close()
    if wake_source is not None:
        wake_source.close()
    ledger.close()


def _run_transfers(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.serving.transfers import TransferService  # noqa: PLC0415 - a process loads only what it runs

    zones = [zone for zone in zone_settings(configuration) if _has_neighbours(zone)]
    if not zones:
        remedy = "add also-notify or primaries to a zone, or do not run this service"
        raise ServiceError("the transfer service", "no zone has another server to talk to", remedy)
    leases = open_leases(configuration.store_url)
    keys = live_keys(configuration, leases, Service.TRANSFERS, report)
    TransferService(
        partial(open_zones, configuration.store_url), zone_settings(configuration), keys.keys, report, keys.look
    ).run(stop)
    keys.close()
    leases.close()


def _run_janitor(configuration: Configuration, report: Report, stop: Stop) -> None:
    from tenure.reading_back import beside_the_janitor  # noqa: PLC0415 - a process loads only what it runs
    from tenure.serving.janitor import JanitorService  # noqa: PLC0415

    ledger = open_leases(configuration.store_url)
    wake = wake_updater(configuration)
    zones = open_zones(configuration.store_url) if configuration.dns is not None else None
    store = configuration.store
    janitor = JanitorService(
        ledger,
        zones,
        wake,
        report,
        history_days=store.history_days,
        history_entries=store.history_entries,
        journal_days=store.journal_days,
        journal_octets=journal_sizes(configuration),
        grace=configuration.ddns.expiry_grace,
    )
    open_keys = partial(live_keys, configuration, service=Service.JANITOR, report=report)
    with beside_the_janitor(configuration, ledger, open_keys, wake, report, stop):
        janitor.run(stop)
    ledger.close()
    if zones is not None:
        zones.close()


def wake_updater(configuration: Configuration) -> Callable[[], None]:
    """What to call when a registration was committed; PostgreSQL wakes by itself, in the transaction."""
    from tenure.serving.wakeup import WakeSender, wake_path  # noqa: PLC0415 - a process loads only what it runs

    path = sqlite_path(configuration.store_url)
    return (lambda: None) if path is None else WakeSender(wake_path(path, WAKE_UPDATER)).wake
