"""Puts together what looks at the store and at DNS as a whole: for the command, and beside the janitor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans, routes
from tenure.config.pool_ranges import pool_ranges, subnet_names
from tenure.config.problem import ConfigurationError, Problem
from tenure.config.secrets import configured_secrets
from tenure.console.reconciliation import Order, Outcome
from tenure.console.store import leases_to_show
from tenure.ledger.leases import LeaseLedger
from tenure.serving.janitor.ledger_numbers import StoreNumbers
from tenure.serving.janitor.reconciling import Reconciliation, Wish
from tenure.serving.janitor.timed_reconciling import TimedReconciling
from tenure.serving.live_keys import LiveKeys
from tenure.serving.report import Report
from tenure.serving.stop import Stop


def reconcile(configuration: Configuration, order: Order, wake: Callable[[], None]) -> Outcome:
    """One pass, as a person orders it. `ConfigurationError` where nothing is registered, `LedgerError` of the store."""
    if not all_plans(configuration):
        missing = Problem(("ddns",), "no domain is configured", "add [[ddns.forward]], or zones under [dns]")
        raise ConfigurationError(configuration.path, {}, [missing])
    stop = Stop.on_signals()
    wish = Wish(
        repairs=not order.dry_run,
        insists=True,
        zones=order.zones,
        over_the_brake=order.over_the_brake,
        actor=order.actor,
        tell=order.tell,
        moved=order.moved,
    )
    with leases_to_show(configuration) as ledger:
        allow_md5 = configuration.tsig.allow_md5
        keys = LiveKeys(
            ledger.keys, configured_secrets(configuration), "updater", Report("reconcile"), allow_md5=allow_md5
        )
        whole = Reconciliation(ledger, routes(configuration, keys.keys), keys.keys, pool_ranges(configuration), stop)
        results = whole.run(wish)
        keys.close()
    if any(result.repaired for result in results):
        wake()
    return Outcome(results, interrupted=stop.is_set())


@contextmanager
def beside_the_janitor(
    configuration: Configuration,
    ledger: LeaseLedger,
    open_keys: Callable[[LeaseLedger], LiveKeys],
    wake: Callable[[], None],
    report: Report,
    stop: Stop,
) -> Iterator[None]:
    """While entered, zones are read back and compared now and then, and scrapes have the numbers of the store."""
    report.metrics.watch("store", StoreNumbers(ledger, subnet_names(configuration)).samples)
    interval = configuration.ddns.reconcile_interval
    if not (configuration.names_leases and all_plans(configuration) and interval):
        yield
        return
    pools = pool_ranges(configuration)
    timed = TimedReconciling(ledger, open_keys, partial(routes, configuration), pools, wake, report, interval)
    with timed.beside(stop):
        yield
