"""The follower of other servers' lease databases."""

from __future__ import annotations

from tenure.assembly.store import wake_updater
from tenure.config.configuration import Configuration
from tenure.config.lease_sources import DATABASE_SECONDS, FILE_SECONDS, LeaseSource, SourceKind
from tenure.config.naming_levels import NamingLevel, policy_of_levels
from tenure.hearing.entry import followed_policy
from tenure.hearing.follow import Followed
from tenure.ledger.opening import open_leases
from tenure.serving.errors import ServiceError
from tenure.serving.hearers.following import FollowerService, Watched
from tenure.serving.hearers.lease_database import FollowedDatabase
from tenure.serving.hearers.lease_files import Dhcpd, FollowedFile, FollowedFiles, KeaMemfile
from tenure.serving.report import Report
from tenure.serving.stop import Stop


def run(configuration: Configuration, report: Report, stop: Stop) -> None:
    """Follows lease databases until the stop."""
    if not configuration.lease_sources:
        missing = "no [[lease-sources]] is configured"
        raise ServiceError("the follower", missing, "add one, or do not run this service")
    ledger = open_leases(configuration.store_url)
    watched = [_watched(configuration, section) for section in configuration.lease_sources]
    FollowerService(ledger, watched, wake_updater(configuration), report).run(stop)
    ledger.close()


def _watched(configuration: Configuration, section: LeaseSource) -> Watched:
    """A source with its policy: what it writes itself goes before what `[ddns]` says."""
    level = NamingLevel(f"lease source {section.name}", section.naming)
    policy = followed_policy(policy_of_levels(configuration, [level]))
    if section.kind is not SourceKind.KEA_POSTGRESQL:
        form = Dhcpd if section.kind is SourceKind.DHCPD else KeaMemfile
        paths = [configuration.beside(file) for file in section.files]
        files = FollowedFiles([FollowedFile(path, form()) for path in paths])
        return Watched(Followed(section.name, policy), files, section.poll_interval or FILE_SECONDS)
    try:
        from tenure.ledger.kea_postgresql import KeaLeases  # noqa: PLC0415 - psycopg is an extra
    except ImportError as error:
        raise ServiceError("the follower", f"psycopg cannot be used ({error})", "install tenure[postgres]") from error
    assert section.url is not None, "the configuration was checked"
    database = FollowedDatabase(KeaLeases(section.url))
    return Watched(Followed(section.name, policy), database, section.poll_interval or DATABASE_SECONDS)
