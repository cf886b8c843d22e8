"""From a configuration to the services that hear other DHCP servers, as `assembly` makes all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tenure.config.configuration import Configuration
from tenure.config.dhcp_ddns_checks import allowed_hosts
from tenure.config.lease_sources import DATABASE_SECONDS, FILE_SECONDS, LeaseSource, SourceKind
from tenure.config.naming_levels import NamingLevel, policy_of_levels
from tenure.ledger.opening import open_leases
from tenure.serving.errors import ServiceError
from tenure.serving.report import Report
from tenure.serving.stop import Stop

if TYPE_CHECKING:
    from tenure.serving.following import Watched
    from tenure.serving.supervision import Held


def held_request_socket(configuration: Configuration) -> Held:
    """The socket of name change requests, with the variable that tells of it. `ServiceError`."""
    from tenure.serving.request_socket import HELD_SOCKET, open_request_socket  # noqa: PLC0415 - loaded where needed

    section = configuration.dhcp_ddns
    assert section is not None, "the service is configured"
    return HELD_SOCKET, open_request_socket(section.ip_address, section.port)


def run_requests(configuration: Configuration, wake: Callable[[], None], report: Report, stop: Stop) -> None:
    """Takes name change requests until the stop; `ServiceError`, `LedgerError` when it cannot start."""
    from tenure.hearing.decide import Terms  # noqa: PLC0415 - a process loads only what it runs
    from tenure.serving.request_socket import RequestSocket, open_request_socket  # noqa: PLC0415
    from tenure.serving.requests import RequestService  # noqa: PLC0415

    section = configuration.dhcp_ddns
    if section is None:
        raise ServiceError(
            "the requests service", "[dhcp-ddns] is not configured", "add it, or do not run this service"
        )
    ledger = open_leases(configuration.store_url)
    inlet = RequestSocket(open_request_socket(section.ip_address, section.port), allowed_hosts(section))
    RequestService(
        ledger,
        inlet,
        Terms(policy_of_levels(configuration, []), section.valid_lifetime),
        wake,
        report,
        mode=configuration.ddns.ddns_conflict_resolution_mode,
    ).run(stop)
    inlet.close()
    ledger.close()


def run_follower(configuration: Configuration, wake: Callable[[], None], report: Report, stop: Stop) -> None:
    """Follows lease databases until the stop; `ServiceError`, `LedgerError` when it cannot start."""
    from tenure.serving.following import FollowerService  # noqa: PLC0415 - a process loads only what it runs

    if not configuration.lease_sources:
        missing = "no [[lease-sources]] is configured"
        raise ServiceError("the follower", missing, "add one, or do not run this service")
    ledger = open_leases(configuration.store_url)
    watched = [_watched(configuration, section) for section in configuration.lease_sources]
    FollowerService(ledger, watched, wake, report).run(stop)
    ledger.close()


def _watched(configuration: Configuration, section: LeaseSource) -> Watched:
    """A source with its policy: what it writes itself goes before what `[ddns]` says."""
    from tenure.hearing.entry import followed_policy  # noqa: PLC0415 - a process loads only what it runs
    from tenure.hearing.follow import Followed  # noqa: PLC0415
    from tenure.serving.following import Watched  # noqa: PLC0415

    level = NamingLevel(f"lease source {section.name}", section.naming)
    policy = followed_policy(policy_of_levels(configuration, [level]))
    if section.kind is not SourceKind.KEA_POSTGRESQL:
        from tenure.serving.lease_files import Dhcpd, FollowedFile, FollowedFiles, KeaMemfile  # noqa: PLC0415

        form = Dhcpd if section.kind is SourceKind.DHCPD else KeaMemfile
        paths = [configuration.beside(file) for file in section.files]
        files = FollowedFiles([FollowedFile(path, form()) for path in paths])
        return Watched(Followed(section.name, policy), files, section.poll_interval or FILE_SECONDS)
    try:
        from tenure.ledger.kea_postgresql import KeaLeases  # noqa: PLC0415 - psycopg is an extra
    except ImportError as error:
        raise ServiceError("the follower", f"psycopg cannot be used ({error})", "install tenure[postgres]") from error
    from tenure.serving.lease_database import FollowedDatabase  # noqa: PLC0415

    assert section.url is not None, "the configuration was checked"
    database = FollowedDatabase(KeaLeases(section.url))
    return Watched(Followed(section.name, policy), database, section.poll_interval or DATABASE_SECONDS)
