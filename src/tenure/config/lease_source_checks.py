"""The rules of `[[lease-sources]]`: each has what its kind needs, and there is a zone to write into."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans
from tenure.config.lease_sources import LeaseSource, SourceKind
from tenure.config.problem import Location, Problem, without_password
from tenure.config.repeated import repeated
from tenure.config.secrets import is_readable_by_everybody


def check_lease_sources(configuration: Configuration) -> Iterator[Problem]:
    """Every problem of the sources."""
    sources = configuration.lease_sources
    for index, first in repeated(source.name for source in sources):
        at = ("lease-sources", index, "name")
        yield Problem(at, f"is the name of lease-sources[{first}] too", "give each source a name of its own")
    for index, source in enumerate(sources):
        yield from _check_place(configuration, source, ("lease-sources", index))
    if sources and not all_plans(configuration):
        remedy = "write [[ddns.forward]] and [[ddns.reverse]], or [[dns.zones]]"
        yield Problem(("lease-sources",), "no zone is there to write the names into", remedy)


def _check_place(configuration: Configuration, source: LeaseSource, at: Location) -> Iterator[Problem]:
    needed, other = ("url", "files") if source.kind is SourceKind.KEA_POSTGRESQL else ("files", "url")
    if not getattr(source, needed):
        yield Problem((*at, needed), f"is missing, and {source.kind} needs it", f"write {needed}")
    if getattr(source, other):
        yield Problem((*at, other), f"means nothing to {source.kind}", f"write {needed} instead")
    url = source.url
    if url is None:
        return
    if not url.startswith(("postgresql://", "postgres://")):
        yield Problem((*at, "url"), "is no URL of PostgreSQL", 'write "postgresql://USER@HOST/DATABASE"')
    elif without_password(url) != url and is_readable_by_everybody(configuration.path):
        wrong = "has a password and stands in a file that is readable by everybody"
        yield Problem((*at, "url"), wrong, f"run: chmod o-rwx {configuration.path}, or use a .pgpass file")
