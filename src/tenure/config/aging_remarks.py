"""How the intervals of aging fit to leases and to the habits of clients, with the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from tenure.authority.settings import AgingIntervals
from tenure.config.configuration import Configuration
from tenure.config.dns import ZoneSection
from tenure.config.problem import Location, Problem
from tenure.config.scavenging import Mode, Scavenging
from tenure.config.subnets import lease_values
from tenure.config.subnets6 import lease6_values
from tenure.config.zones import aging_intervals, granted_key, policy_of
from tenure.dnswire.name import to_text
from tenure.naming.duration import duration_words

CLIENT_SECONDS = 86400  # Windows' clients say their records again once a day
LEAST_TRIES = 3


def worst_case_words(intervals: AgingIntervals, interval: int) -> str:
    """How long a record whose writer has gone can stay, with the arithmetic; `interval` lies between two passes."""
    parts = (*intervals, interval)
    no_refresh, refresh, between = map(duration_words, parts)
    sums = f"{no_refresh} no-refresh + {refresh} refresh + {between} to the next pass"
    return f"worst-case life of a dead record: {duration_words(sum(parts))} ({sums})"


def aging_remarks(configuration: Configuration) -> Iterator[Problem]:
    """Intervals that fight the lifetimes of leases, or leave a client no second try."""
    dns = configuration.dns
    for index, zone in enumerate(dns.zones if dns is not None else ()):
        intervals = aging_intervals(dns, zone) if dns is not None else None
        if dns is not None and intervals is not None:
            at = ("dns", "zones", index, "aging")
            yield from _switched_off(dns.scavenging, at)
            yield from _no_clients(configuration, zone, at)
            yield from _few_tries(intervals, at)
            yield from _beside_leases(configuration, zone, intervals, dns.scavenging.interval, at)


def _switched_off(terms: Scavenging, at: Location) -> Iterator[Problem]:
    if terms.mode is Mode.OFF:
        wrong = "lets records age, and nothing looks for those that are stale"
        yield Problem(at, wrong, 'write mode = "report" or "on" in [dns.scavenging]')


def _no_clients(configuration: Configuration, zone: ZoneSection, at: Location) -> Iterator[Problem]:
    """Where leases are named, what the key writes that the policy grants first goes with leases."""
    keys = {rule.only_key for rule in policy_of(zone)}
    if configuration.names_leases and keys == {granted_key(zone)}:
        key = to_text(granted_key(zone))
        wrong = f"makes nothing age: all that the policy lets in is signed with {key}, and that is the key of leases"
        right = "grant a key of their own to the clients that write their records themselves, in a rule behind it"
        yield Problem(at, wrong, right)


def _few_tries(intervals: AgingIntervals, at: Location) -> Iterator[Problem]:
    tries = intervals.refresh // CLIENT_SECONDS
    if tries < LEAST_TRIES:
        chances = "no chance" if not tries else "one chance" if tries == 1 else f"{tries} chances"
        wrong = f"leaves a client that says its records again once a day {chances} in a refresh interval"
        right = f"make refresh-interval at least {duration_words(LEAST_TRIES * CLIENT_SECONDS)}"
        yield Problem(at, wrong, f"{right}, or be sure that clients speak oftener")


def _beside_leases(
    configuration: Configuration, zone: ZoneSection, intervals: AgingIntervals, interval: int, at: Location
) -> Iterator[Problem]:
    longest = longest_lease(configuration)
    if longest is None:
        return
    lease = duration_words(longest)
    if longest > sum(intervals):
        worst = f"{duration_words(longest + interval)} ({lease} lease + {duration_words(interval)} to the next pass)"
        wrong = (
            f"makes records stale after {duration_words(sum(intervals))}, and a lease of up to {lease} protects them"
        )
        right = "lengthen the intervals, or shorten the leases"
        yield Problem(at, f"{wrong}; worst-case life of a dead record: {worst}", right)
    elif zone.policy:
        wrong = f"an address goes to somebody else {lease} after its host has gone, and what that host wrote stays"
        worst = worst_case_words(intervals, interval)
        yield Problem(at, f"{wrong}; {worst}", "shorten the intervals if that is too long")


def longest_lease(configuration: Configuration) -> int | None:
    """The longest of the lifetimes of leases, in seconds; None: nothing is leased."""
    found = []
    if (dhcp4 := configuration.dhcp4) is not None:
        found += [lease_values(dhcp4, placed.section)["valid_lifetime"] for placed in dhcp4.placed_subnets()]
    if (dhcp6 := configuration.dhcp6) is not None:
        found += [lease6_values(dhcp6, placed.section)["valid_lifetime"] for placed in dhcp6.placed_subnets()]
    return max(found, default=None)
