"""What the DHCP services would do with packets: decided by their own code over the store's rows, and then undone.

What a running server remembers between packets, the offers that it made, is not in the store and not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tenure.dhcpwire.capture import Datagram
from tenure.leasing.lease import LeaseView
from tenure.leasing.offers import OfferBook
from tenure.leasing.story.line import Story
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.rehearsal import Rehearsal
from tenure.naming.registration import Registration, Want, Withdraw
from tenure.octets import Malformed
from tenure.updating.preview import preview
from tenure.updating.routing import Routes
from tenure.updating.stage import Exchange


@dataclass(frozen=True, slots=True)
class Doorway:
    """How packets of which that is not known are taken to have come."""

    interface: str | None  # the wire
    source: bytes | None  # who sent it
    listen: Sequence[tuple[str, int]]  # where relays send to
    interfaces: Sequence[str]  # the wires with clients on them

    @property
    def wire(self) -> str | None:
        """The wire of a client's own message: the one that is named, or the only one there is."""
        if self.interface is not None or len(self.interfaces) != 1:
            return self.interface
        return self.interfaces[0]


class Stage(Protocol):
    """One protocol's server, ready to decide."""

    def tell(self, datagram: Datagram, view: LeaseView, offers: OfferBook, now: float, correlation: str) -> Story:
        """The story of a message; `Malformed` for octets that are none."""


class Act(NamedTuple):
    """What would become of one packet."""

    story: Story | None  # None: it is not a message
    registrations: tuple[Registration, ...]  # as they would be then; without those of which nothing is left
    exchanges: tuple[Exchange, ...]


NOTHING = Act(None, (), ())


def rehearse(ledger: LeaseLedger, scenes: Sequence[tuple[Stage, Datagram]], routes: Routes, now: float) -> list[Act]:
    """What would become of the packets if they came `now`, one after the other. Nothing is kept of it."""

    def work(rehearsal: Rehearsal) -> list[Act]:
        offers = OfferBook()
        return [
            _act(rehearsal, stage, datagram, routes, offers, now, f"rehearsal-{number}")
            for number, (stage, datagram) in enumerate(scenes)
        ]

    return ledger.rehearse(work, now)


def _act(
    rehearsal: Rehearsal,
    stage: Stage,
    datagram: Datagram,
    routes: Routes,
    offers: OfferBook,
    now: float,
    correlation: str,
) -> Act:
    def decide_one(view: LeaseBatch) -> Story:
        story = stage.tell(datagram, view, offers, now, correlation)
        view.apply(story.changes)
        return story

    try:
        story = rehearsal.play(decide_one)
    except Malformed:
        return NOTHING
    registrations = tuple(_registrations(rehearsal, story))
    exchanges = tuple(exchange for row in registrations for exchange in preview(row, routes, now))
    return Act(story, registrations, exchanges)


def _registrations(rehearsal: Rehearsal, story: Story) -> Iterator[Registration]:
    """The rows that the decision claims or gives up, each once."""
    claims: Sequence[Want | Withdraw] = (*story.changes.withdraws, *story.changes.wants)
    for claim in {(claim.name, claim.address, claim.dhcid): claim for claim in claims}.values():
        row = rehearsal.registration_of(claim)
        if row is not None:
            yield row
