"""Which services a configuration gives something to do, and how each is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from tenure.assembly.service import Service
from tenure.assembly.store import prepare
from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans
from tenure.config.zones import DNS_PORT, zone_settings
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop

if TYPE_CHECKING:
    from tenure.serving.supervision import Held

DHCP4, DHCP6 = 4, 6  # the processes of the DHCP service, where both are configured
# What each module of a service has as `run`: serves until the stop.
Run: TypeAlias = Callable[[Configuration, Report, Stop], None]


def services_of(configuration: Configuration) -> tuple[Service, ...]:
    """The services that `tenure serve` runs: those that the configuration gives something to do."""
    named = {
        Service.DNS: configuration.dns is not None,
        Service.DHCP: configuration.leases,
        Service.REQUESTS: configuration.dhcp_ddns is not None,
        Service.FOLLOWER: bool(configuration.lease_sources),
        Service.UPDATER: configuration.names_leases and bool(all_plans(configuration)),
        Service.TRANSFERS: any(zone.has_neighbours for zone in zone_settings(configuration)),
        Service.JANITOR: configuration.dns is not None or configuration.names_leases,
    }
    return tuple(service for service, runs in named.items() if runs)


def workers_of(service: Service, configuration: Configuration) -> tuple[int, ...]:
    """The numbers of the processes of a service that run beside one another; none where it is one process."""
    if service is Service.DNS and configuration.dns is not None and configuration.dns.workers > 1:
        return tuple(range(1, configuration.dns.workers + 1))
    if service is Service.DHCP and configuration.dhcp4 is not None and configuration.dhcp6 is not None:
        return DHCP4, DHCP6
    return ()


def check_services(services: Sequence[Service]) -> None:
    """`ServiceError` where nothing is left to run: the configuration is that of an agent alone."""
    if not services:
        raise ServiceError("tenure serve", "the configuration has [agent] alone", "run tenure agent")


def check_shared_ports(configuration: Configuration) -> None:
    """Looks whether the ports that workers will share are free; `ServiceError`. One that is alone finds out itself."""
    from tenure.serving.dns.sockets import check_free  # noqa: PLC0415 - a process loads only what it runs

    if configuration.dns is not None and configuration.dns.workers > 1:
        check_free([place.or_port(DNS_PORT) for place in configuration.dns.listen])


def hold_sockets(services: Sequence[Service], configuration: Configuration) -> dict[str, Held]:
    """Sockets that are to outlive the processes of services: by service, with the variable that tells of each.

    `ServiceError`.
    """
    section = configuration.dhcp_ddns
    if Service.REQUESTS not in services or section is None:
        return {}
    from tenure.serving.hearers.request_socket import HELD_SOCKET, open_request_socket  # noqa: PLC0415 - loaded where needed

    return {str(Service.REQUESTS): (HELD_SOCKET, open_request_socket(section.ip_address, section.port))}


def run_service(
    service: Service, configuration: Configuration, report: Report, stop: Stop, worker: int | None = None
) -> None:
    """Runs one service, or the worker of it with this number, until the stop.

    Raises `ServiceError` or `LedgerError` when it cannot start.
    """
    prepare(configuration, report)
    module = str(service)
    if service is Service.DHCP:
        module = "dhcp6" if worker == DHCP6 or configuration.dhcp4 is None else "dhcp4"
    run: Run = import_module(f"tenure.assembly.{module}").run
    run(configuration, report, stop)
