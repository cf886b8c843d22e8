"""The names of a host: the primary name for all its addresses, more where a connection has a suffix of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.dnswire.name import Name, from_labels, labels, to_text
from tenure.naming.hostname import normalise, split_text
from tenure.naming.reason import Reason
from tenure.registering.selection import Judged
from tenure.registering.settings import Settings

_LOCAL: Final = frozenset({b"localhost", b"localhost4", b"localhost6"})


class HostNames(NamedTuple):
    """What the host is called."""

    label: bytes  # its first label, fit for a zone
    primary: Name  # lower-cased
    others: tuple[Name, ...]  # for all addresses too
    of_connections: dict[str, Name]  # by interface


class Unnamed(NamedTuple):
    """The host has no name that can be registered."""

    reason: Reason
    detail: str


def host_names(settings: Settings, searched: Sequence[Name]) -> HostNames | Unnamed:
    """The names of the host; `searched` are the domains of its resolver.

    The primary suffix is the configured one, else the domain in the host name, else the first that is searched. A host
    that calls itself `localhost` has no name yet.
    """
    parts, _ = split_text(settings.host_name.encode("utf-8", "surrogateescape"))
    fit = normalise(parts)
    if isinstance(fit, Reason):
        return Unnamed(fit, f"the host calls itself {settings.host_name!r}; set its host name, or host-name")
    label, rest = fit[0], fit[1:]
    if label in _LOCAL:
        return Unnamed(Reason.NAME_RESERVED, f"the host calls itself {settings.host_name!r}; set its host name")
    suffix = settings.primary_suffix
    if suffix is None:
        suffix = from_labels(rest) if rest else next(iter(searched), None)
    if suffix is None:
        return Unnamed(Reason.NO_SUFFIX, "set primary-suffix, or a domain in the host name or in resolv.conf")
    if len(labels(suffix)) < 2 and not settings.top_level_zones:
        return Unnamed(Reason.TOP_LEVEL_ZONE, f"the suffix is {to_text(suffix)}; set update-top-level-domain-zones")
    try:
        primary = from_labels([label, *labels(suffix)]).lower()
        own = {
            name: from_labels([label, *labels(one.suffix)]).lower()
            for name, one in settings.connections.items()
            if one.suffix is not None
        }
    except ValueError as error:
        return Unnamed(Reason.NAME_INVALID, str(error))
    others = tuple(name for name in dict.fromkeys(settings.names) if name != primary)
    return HostNames(label, primary, others, {name: one for name, one in own.items() if one != primary})


def host_label(settings: Settings) -> bytes | None:
    """The first label of the host's name, which it has also where its domain is not known; None: it has no name yet."""
    parts, _ = split_text(settings.host_name.encode("utf-8", "surrogateescape"))
    fit = normalise(parts)
    return None if isinstance(fit, Reason) or fit[0] in _LOCAL else fit[0]


def names_of(judged: Judged, names: HostNames) -> tuple[Name, ...]:
    """The names of one address that is kept; its reverse record has the first of them."""
    own = names.of_connections.get(judged.interface.name)
    return (names.primary, *names.others, *(() if own is None else (own,)))
