"""The caches of one service, one for each view of its zones, and what makes what they keep outdated."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from tenure.authority.views import View, Views
from tenure.dnswire.name import Name
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns.cache import QueryCache
from tenure.serving.dns.commits import LEDGER_PROBLEM
from tenure.serving.report import Report


class Seen(NamedTuple):
    """What a client sees that signs nothing, and what is ready for it."""

    view: View
    cache: QueryCache


class Caches:
    """`cache` is the one that watches the zones of the views."""

    def __init__(self, ledger: ZoneLedger, views: Views, cache: QueryCache, report: Report) -> None:
        self._ledger = ledger
        self._views = views
        self._report = report
        self._caches = [cache, *(QueryCache(cache) for _ in range(views.count - 1))]
        self._by_all = None if views.only is None else Seen(views.only, cache)  # where everybody sees the same

    @property
    def depend_on_client(self) -> bool:
        """Whether what is ready depends on who asks."""
        return len(self._caches) > 1

    def seen_by(self, client: str) -> Seen:
        """What is seen from there without a signature."""
        if self._by_all is not None:
            return self._by_all
        view = self._views.of(client, None)
        return Seen(view, self._caches[view.number])

    def each(self) -> list[Seen]:
        """The views with zones, with what is ready for them."""
        return [Seen(view, self._caches[view.number]) for view in self._views.each]

    def drop_outdated(self) -> bool:
        """What is ready for names that were changed, by whatever process, is stale; False: that could not be told."""
        self._ledger.end_reads()
        try:
            names = self._ledger.foreign_names()
        except LedgerUnavailable as error:
            self._report.outage(LEDGER_PROBLEM, str(error))
            return False
        if names is None:
            self.forget_all()
        elif names:
            self.forget(names)
        return True

    def forget(self, names: Collection[Name]) -> None:
        """They have changed, and with them the serial of their zone."""
        changes = self._caches[0].changes_by(names)
        for cache in self._caches:
            cache.forget(changes)

    def forget_all(self) -> None:
        """Anything may have changed."""
        for cache in self._caches:
            cache.forget_all()
