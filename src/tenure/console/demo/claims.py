"""What DNS has to say, worked out from what devices did and what their ACKs told them; the ledger is never asked.

Each ACK that promises a record is a claim. A name belongs to the device that had it first, for as long as that device
has a lease; whoever asks for it meanwhile is refused both records (RFC 4703). Where the protocol leaves it open for a
moment what is right (a name whose holder has just left, the second before a lease ends), several answers are allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from tenure.console.demo.device import Held

ENDING_SECONDS = 1.0  # a server that counts whole seconds may end a lease a little earlier than its device does


class Subject(NamedTuple):
    """One question to DNS."""

    rtype: str  # `A` or `PTR`
    owner: str  # with its final dot


class Expectation(NamedTuple):
    """The answers that are right, each a set of record texts, and why."""

    allowed: tuple[frozenset[str], ...]
    because: str

    @property
    def wants_records(self) -> bool:
        """Whether there has to be a record."""
        return frozenset() not in self.allowed

    @property
    def wants_none(self) -> bool:
        """Whether there must be none."""
        return self.allowed == (NOTHING,)


NOTHING: frozenset[str] = frozenset()


class Standing(Enum):
    """What a claim on a name is worth."""

    OWNER = "owner"
    REFUSED = "refused"  # another device has the name
    OPEN = "open"  # the other device has just left: the next renewal decides
    LEFT = "left"  # its device has another lease now; this one only runs out


@dataclass(slots=True)
class Claim:
    """The records that one lease has a right to, or would like to have."""

    held: Held
    standing: Standing

    @property
    def name(self) -> str:
        """The name; empty if none was promised."""
        return self.held.told.name or ""


class Claims:
    """All leases that are running, by address and by name."""

    def __init__(self) -> None:
        self.at: dict[str, Claim] = {}
        self.on: dict[str, list[Claim]] = {}
        self.expired = 0  # leases that ran out
        self._ended: dict[str, str] = {}  # why the last lease of an address or the last claim on a name is over
        self._had: dict[str, str] = {}  # the device that had a name last

    def bound(self, held: Held, seen: frozenset[str] | None) -> list[Subject]:
        """A device has an ACK; gives the questions whose right answer this may change.

        `seen` is what DNS is known to say about the name now, None if that is not settled.
        """
        touched: list[Subject] = []
        claim = self.at.get(held.address)
        if claim is not None and (claim.held.device, claim.name) == (held.device, held.told.name or ""):
            claim.held = held
        else:
            if claim is not None:
                touched += self._end(claim, "the address has another name now")
            claim = self.at[held.address] = Claim(held, Standing.OPEN)
            if held.told.forward and claim.name:
                self.on.setdefault(claim.name, []).append(claim)
        for other in [c for c in self.at.values() if c is not claim and c.held.device == held.device]:
            touched += self._supersede(other)
        if claim.standing is not Standing.OWNER:
            claim.standing = self._stand(claim, seen)
        if claim.standing is Standing.OWNER and claim.held.told.forward:
            self._had[claim.name] = held.device
        return touched + subjects_of(held)

    def released(self, address: str) -> list[Subject]:
        """The lease of an address was given back."""
        return self._end(self.at[address], "the lease was released")

    def expire(self, now: float) -> list[Subject]:
        """Ends the leases that have run out; also gives the questions about those that are about to."""
        touched: list[Subject] = []
        for claim in [c for c in self.at.values() if c.held.ends_at - ENDING_SECONDS <= now]:
            if claim.held.ends_at <= now:
                self.expired += 1
                touched += self._end(claim, "the lease ran out")
            else:
                touched += subjects_of(claim.held)
                for rival in self.on.get(claim.name, ()):
                    touched += subjects_of(rival.held)
        return touched

    def expectation(self, subject: Subject, now: float) -> Expectation:
        """The right answers to a question."""
        return self._forward(subject.owner, now) if subject.rtype == "A" else self._reverse(subject.owner, now)

    def _forward(self, name: str, now: float) -> Expectation:
        live = [c for c in self.on.get(name, ()) if c.standing is not Standing.LEFT]
        for claim in live:
            if claim.standing is Standing.OWNER:
                right = frozenset({claim.held.address})
                if not _is_ending(claim, now):
                    return Expectation((right,), f"{claim.held.device} holds {claim.held.address}")
                heirs = [frozenset({c.held.address}) for c in live if c is not claim]
                return Expectation((right, NOTHING, *heirs), "the lease is about to run out")
        if waiting := [frozenset({c.held.address}) for c in live]:
            return Expectation((NOTHING, *waiting), "the name is free, and a renewal may take it")
        return Expectation((NOTHING,), self._ended.get(name, "nobody was promised this record"))

    def _reverse(self, owner: str, now: float) -> Expectation:
        address = address_of(owner)
        claim = self.at.get(address)
        if claim is None:
            return Expectation((NOTHING,), self._ended.get(address, "nobody holds the address"))
        if not claim.held.told.reverse or not claim.name:
            return Expectation((NOTHING,), f"{claim.held.device} was promised no reverse record")
        right = frozenset({claim.name})
        if _is_ending(claim, now):
            return Expectation((right, NOTHING), "the lease is about to run out")
        if claim.standing is Standing.REFUSED:
            owners = [c for c in self.on[claim.name] if c.standing is Standing.OWNER]
            if not any(_is_ending(owner, now) for owner in owners):
                return Expectation((NOTHING,), f"{claim.name} belongs to another device")
        if claim.standing is Standing.OWNER:
            return Expectation((right,), f"{claim.held.device} holds the address")
        return Expectation((NOTHING, right), "its device is about to have the name, or another lease")

    def _stand(self, claim: Claim, seen: frozenset[str] | None) -> Standing:
        if not claim.held.told.forward:
            return Standing.OWNER
        claimants = self.on[claim.name]
        others = [c for c in claimants if c is not claim and c.standing is not Standing.LEFT]
        if any(c.standing is Standing.OWNER for c in others):
            return Standing.REFUSED
        for other in others:
            if seen == frozenset({other.held.address}):
                other.standing = Standing.OWNER
                return Standing.REFUSED
        if self._had.get(claim.name, claim.held.device) == claim.held.device and not others:
            return Standing.OWNER
        own = {c.held.address for c in claimants if c.held.device == claim.held.device}
        return Standing.OWNER if seen is not None and seen <= own else Standing.OPEN

    def _supersede(self, claim: Claim) -> Iterator[Subject]:
        """The device has another lease: names follow it at once, the old address when its lease is over."""
        if claim.standing is not Standing.LEFT:
            claim.standing = Standing.LEFT
            self._ended[claim.name] = "its device has another lease now"
            yield from subjects_of(claim.held)

    def _end(self, claim: Claim, why: str) -> list[Subject]:
        del self.at[claim.held.address]
        self._ended[claim.held.address] = why
        claimants = self.on.get(claim.name, [])
        if claim in claimants:
            claimants.remove(claim)
            if claim.standing is not Standing.LEFT:
                self._ended[claim.name] = why
        if not claimants:
            self.on.pop(claim.name, None)
        touched = subjects_of(claim.held)
        if claim.standing is Standing.OWNER:
            for other in claimants:
                if other.standing is Standing.REFUSED:
                    other.standing = Standing.OPEN
                    touched += subjects_of(other.held)
        return touched

    def concerns(self, subject: Subject) -> bool:
        """Whether a running lease raises this question."""
        return subject.owner in self.on if subject.rtype == "A" else address_of(subject.owner) in self.at

    def forget(self, subject: Subject) -> None:
        """Drops why a record is gone: nobody asks about it any more."""
        key = subject.owner if subject.rtype == "A" else address_of(subject.owner)
        self._ended.pop(key, None)
        self._had.pop(key, None)


def _is_ending(claim: Claim, now: float) -> bool:
    """Whether these are the last moments of the lease, when the server may already have ended it."""
    return now >= claim.held.ends_at - ENDING_SECONDS


def subjects_of(held: Held) -> list[Subject]:
    """The questions that a lease raises."""
    reverse = Subject("PTR", reverse_owner(held.address))
    return [reverse] if held.told.name is None else [Subject("A", held.told.name), reverse]


def reverse_owner(address: str) -> str:
    """`7.0.1.10.in-addr.arpa.` for `10.1.0.7`."""
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa."


def address_of(owner: str) -> str:
    """`10.1.0.7` for `7.0.1.10.in-addr.arpa.`."""
    return ".".join(reversed(owner.split(".")[:4]))
