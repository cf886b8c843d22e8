"""Puts preflights together from a configuration: for `tenure ddns check`, and for the timer beside the updater."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from tenure.assembly.gss_tsig import signs_by_kerberos, tickets
from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans, routes
from tenure.config.naming_checks import suffixes
from tenure.config.problem import ConfigurationError, Problem
from tenure.config.secrets import configured_secrets, stored_algorithms
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6
from tenure.console.store import leases_or_none_yet
from tenure.dnswire.name import Name, from_labels, labels
from tenure.leasing.v4.subnet import Subnet
from tenure.leasing.v6.subnet import Subnet as Subnet6
from tenure.ledger.leases import LeaseLedger
from tenure.naming.registration import Direction
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.updater.kerberos import Tickets
from tenure.serving.updater.preflight import Subject, check
from tenure.serving.updater.timed_preflight import TimedPreflight
from tenure.signing.key import Key
from tenure.updating.preflight import Finding
from tenure.updating.routing import Domain, Routes

MOST_OWNERS = 4  # names that are tried in one domain
_STANDING_IN = bytes(1)  # for the secret of a key that has none yet; nothing is signed with it


def check_domains(configuration: Configuration, tell: Callable[[Finding], None], *, gss: bool = False) -> bool:
    """Check every configured domain once and tell what was found; False if it was interrupted.

    Where no service has made the store yet, there are the secrets of the configuration alone, and it still is not made.
    `gss`: those alone that are signed for by Kerberos. `ConfigurationError` where nothing is registered, `LedgerError`
    of the store.
    """
    if not all_plans(configuration):
        missing = Problem(("ddns",), "no domain is configured", "add [[ddns.forward]], or zones under [dns]")
        raise ConfigurationError(configuration.path, {}, [missing])
    if gss and not signs_by_kerberos(configuration):
        missing = Problem(("ddns",), "no zone is signed for by Kerberos", "add gss-tsig = true to [[ddns.forward]]")
        raise ConfigurationError(configuration.path, {}, [missing])
    stop = Stop.on_signals()
    with leases_or_none_yet(configuration) as ledger:
        report = Report("ddns")
        secrets_ = configured_secrets(configuration)
        keys = LiveKeys(ledger.keys, secrets_, "updater", report, allow_md5=configuration.tsig.allow_md5)
        subjects = subjects_of(configuration, keys.keys)
        if gss:
            subjects = [subject for subject in subjects if subject.domain.gss_tsig is not None]
        for finding in check(subjects, keys.keys, stop, _open_tickets(configuration)):
            if stop.is_set():
                break
            tell(finding)
        keys.close()
    return not stop.is_set()


@contextmanager
def checks_beside(
    configuration: Configuration,
    ledger: LeaseLedger,
    open_keys: Callable[[LeaseLedger], LiveKeys],
    report: Report,
    stop: Stop,
) -> Iterator[None]:
    """While entered, the domains are checked at the start and then now and then."""
    interval = configuration.ddns.check_interval
    if not interval:
        yield
        return
    subjects, open_tickets = partial(subjects_of, configuration), _open_tickets(configuration)
    with TimedPreflight(ledger, open_keys, subjects, report, interval, open_tickets).beside(stop):
        yield


def _open_tickets(configuration: Configuration) -> Callable[[], Tickets] | None:
    section = configuration.ddns.gss_tsig
    return None if section is None else partial(tickets, section, configuration)


def subjects_of(configuration: Configuration, keys: Mapping[Name, Key]) -> list[Subject]:
    """Every configured domain, with names that leases could get in it.

    Forward: a label that nobody has, below each suffix of leases that lies in the domain. Reverse: the first address
    of each pool; where nothing is leased by ourselves, a label below the apex.
    """
    algorithms = stored_algorithms(configuration)
    unmade = {name: Key(name, algorithms[name], _STANDING_IN) for name in algorithms.keys() - keys.keys()}
    known = routes(configuration, {**keys, **unmade})
    ours: list[Subnet | Subnet6] = [*subnets(configuration), *subnets6(configuration)]
    named = [subnet for subnet in ours if subnet.naming.send_updates]
    label = b"tenure-check-" + secrets.token_hex(6).encode()
    forward = [from_labels([label, *labels(suffix)]) for suffix in suffixes(configuration)]
    reverse = [known.route_pointer(pool.first)[0] for subnet in named for pool in subnet.pools]
    shortest = min((subnet.valid_lifetime for subnet in named), default=None)
    found = [
        *_placed(known, Direction.FORWARD, known.forward, forward, label, shortest),
        *_placed(known, Direction.REVERSE, known.reverse, reverse, label, shortest),
    ]
    return [replace(one, unmade_keys=_keys_among(one.domain, unmade)) for one in found]


def _keys_among(domain: Domain, some: Container[Name]) -> dict[tuple[str, int], Name]:
    """The servers of a domain whose key is one of these, and which."""
    by_server = {server: domain.key_of(server) for server in domain.servers}
    return {server: key.name for server, key in by_server.items() if key is not None and key.name in some}


def _placed(
    known: Routes,
    direction: Direction,
    domains: Sequence[Domain],
    owners: Sequence[Name],
    label: bytes,
    shortest: int | None,
) -> Iterator[Subject]:
    lying: dict[int, list[Name]] = {id(domain): [] for domain in domains}
    for owner in dict.fromkeys(owner.lower() for owner in owners):
        domain = known.route(direction, owner)
        if domain is not None:
            lying[id(domain)].append(owner)
    for domain in domains:
        mine = lying[id(domain)]
        spare = [from_labels([label, *labels(domain.zone.lower())])]
        yield Subject(domain, direction, mine[:MOST_OWNERS] or spare, len(mine) if owners else None, shortest)
