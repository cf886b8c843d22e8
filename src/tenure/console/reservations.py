"""Names that reservations keep in DNS: how one stands, and how those are let go that the configuration has no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tenure.config.configuration import Configuration
from tenure.config.standing_names import standing_names
from tenure.console.words import address_text, name_text, reason_text
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.standing_names import StandingNames
from tenure.naming.reason import Reason
from tenure.naming.standing import Situation, StandingName
from tenure.upkeep.standing import forget

PAGE = 500  # names in one transaction


def waiting(ledger: LeaseLedger, now: float) -> Iterator[tuple[StandingName, Reason]]:
    """Those that are not wanted in DNS now, and why: another lease counts for more, or the janitor has yet to look."""
    after = b""
    while found := ledger.unsettled_standing_names(now, after):
        for one in found:
            if not one.is_wanted:
                yield one.standing, one.yields_to or Reason.WAITING
        after = found[-1].standing.address


def reservation_sentence(situation: Situation) -> str:
    """What a reservation wants of DNS, in one sentence."""
    standing = situation.standing
    name, address = name_text(standing.name), address_text(standing.address)
    why = situation.yields_to
    now = "" if why is None else f"; not now, because {reason_text(why)}"
    return f"A reservation keeps {name} at {address} in DNS, whether it is leased or not{now}."


def gone(configuration: Configuration, ledger: LeaseLedger) -> list[StandingName]:
    """Those of which the configuration has no reservation any more."""
    wanted = {one.address for one in standing_names(configuration)}
    return [one for one in ledger.standing_names() if one.address not in wanted]


def let_go(
    ledger: LeaseLedger, names: Sequence[StandingName], actor: str, now: float, correlation: Callable[[], str]
) -> int:
    """Takes names out of DNS, but for those that a lease has; how many were still there."""
    count = 0
    for start in range(0, len(names), PAGE):
        page = {one.address: one for one in names[start : start + PAGE]}

        def work(kept: StandingNames, batch: LeaseBatch, page: dict[bytes, StandingName] = page) -> int:
            found = [one for one in kept.all() if page.get(one.address) == one]
            batch.apply(forget([(one, batch.lease_at(one.address)) for one in found], now, correlation(), actor))
            kept.drop(one.address for one in found)
            return len(found)

        count += ledger.transact_standing(work, now)
    return count
