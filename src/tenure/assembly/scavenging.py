"""Puts together what takes stale records away: for the command, and beside the janitor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tenure.config.configuration import Configuration
from tenure.config.problem import ConfigurationError, Problem
from tenure.config.scavenging import Mode
from tenure.config.zones import zone_settings
from tenure.console.store import leases_to_show, zones_to_show
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.zones import ZoneLedger
from tenure.serving.janitor.scavenging import Scavenging, ScavengingTerms
from tenure.serving.janitor.timed_scavenging import TimedScavenging
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.upkeep.staleness import Hold

_HOLDS = {Mode.OFF: Hold.OFF, Mode.REPORT: Hold.REPORT_ONLY, Mode.ON: None}


def scavenging_terms(configuration: Configuration) -> ScavengingTerms:
    """How the server scavenges."""
    if configuration.dns is None:
        return ScavengingTerms(Hold.OFF)
    section = configuration.dns.scavenging
    return ScavengingTerms(_HOLDS[section.mode], section.interval, section.tombstone_interval)


@contextmanager
def open_scavenging(configuration: Configuration) -> Iterator[Scavenging]:
    """For a command, over the store as it is. `ConfigurationError` where no zone is served."""
    with leases_to_show(configuration) as leases, zones_to_show(configuration) as zones:
        if zones is None:
            missing = Problem(("dns",), "no zone is served here", "add [dns] and zones")
            raise ConfigurationError(configuration.path, {}, [missing])
        yield Scavenging(zones, leases, zone_settings(configuration), scavenging_terms(configuration))


def scavenging_beside(
    configuration: Configuration, leases: LeaseLedger, zones: ZoneLedger | None, report: Report, stop: Stop
) -> AbstractContextManager[None]:
    """While entered, zones whose records age are looked at, and passes are made as they fall due."""
    settings = [zone for zone in zone_settings(configuration) if zone.aging is not None]
    if zones is None or not settings:
        return nullcontext()
    terms = scavenging_terms(configuration)
    return TimedScavenging(zones, leases, settings, terms, report).beside(stop)
