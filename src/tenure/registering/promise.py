"""What a DHCP server has promised for an address that it leased: which records of the host's name it writes itself.

It says so in the option that it answers with: 81 of DHCPv4 (RFC 4702), 39 of DHCPv6 (RFC 4704). What it leaves to the
client, the agent does, and no more. O says only that S is not what the client asked for, so it decides nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from tenure.dnswire.name import ROOT, Name, from_text, labels
from tenure.registering.settings import Silence, Untold

_S: Final = 0x01
_N81: Final = 0x08
_N39: Final = 0x04
_ENDLESS: Final = 0xFFFFFFFF  # a lease without an end (RFC 2131 section 3.3, RFC 8415 section 7.7)


class Moment(StrEnum):
    """What has become of a lease."""

    BOUND = "bound"  # by a full exchange, from DISCOVER or SOLICIT on
    RENEWED = "renewed"  # renewed or rebound, or confirmed after the client was started again
    ENDED = "ended"  # expired or given back, or its client has ended


class Answer(NamedTuple):
    """The option in a server's answer."""

    s: bool  # the server writes the forward record
    n: bool  # the server writes nothing
    name: Name  # the name that it speaks of, lower-cased; the root: the host's primary name


class Heard(NamedTuple):
    """What a DHCP client tells of one lease."""

    address: bytes  # 4 or 16 octets; empty: all leases of the interface, which have ended
    interface: str
    moment: Moment
    answer: Answer | None  # None: the option was not in the server's answer, or is not told
    seconds: int | None  # of the lease; None: not told
    is_told: bool = True  # whether the client tells of the option at all


class Promise(NamedTuple):
    """What is known of one leased address."""

    address: bytes
    interface: str
    answer: Answer | None  # the last that was given; None: a full exchange without the option
    is_silent: bool  # the lease was renewed without the option, though it was answered before
    heard_at: float  # UTC seconds
    until_at: float | None  # UTC seconds: the end of the lease; None: there is none, or it is not known


class Share(NamedTuple):
    """Which records of an address the host writes."""

    forward: bool
    reverse: bool


_BOTH: Final = Share(forward=True, reverse=True)
# By S and N of the answer. Both together are forbidden (RFC 4702 section 2.1, RFC 4704 section 4.1); then N counts.
_SHARES: Final[dict[tuple[bool, bool], Share]] = {
    (False, False): Share(forward=True, reverse=False),
    (True, False): Share(forward=False, reverse=False),
    (False, True): _BOTH,
    (True, True): _BOTH,
}


def read_answer(flags: int, name: str, address: bytes) -> Answer:
    """The option as a client's hook tells it: its octet of flags, and the name as text; `ValueError`.

    A name of one label is one that the server completes by a suffix we are not told, so it counts as the primary name.
    """
    if not 0 <= flags <= 0xFF:
        raise ValueError(f"the flags are one octet, and {flags} is none")
    whole = from_text(name).lower() if name else ROOT
    if len(labels(whole)) < 2:
        whole = ROOT
    return Answer(bool(flags & _S), bool(flags & (_N81 if len(address) == 4 else _N39)), whole)


def assumed(untold: Untold) -> Answer:
    """The answer that counts where the client does not tell the real one: nothing, as if N had been in it."""
    return Answer(s=untold is Untold.BOTH, n=untold is Untold.NOTHING, name=ROOT)


def with_untold(
    promises: Mapping[bytes, Promise], leases: Iterable[tuple[str, bytes]], untold: Untold, now: float
) -> dict[bytes, Promise]:
    """What is known, and what is assumed of other leases, each an interface and an address."""
    answer = assumed(untold)
    found = {address: Promise(address, on, answer, False, now, None) for on, address in leases}
    return found | dict(promises)


def learn(before: Promise | None, heard: Heard, now: float) -> Promise | None:
    """What is known of the lease from now on; None: nothing, it has ended.

    A renewal without the option breaks no promise by itself: the last answer is kept, and that the server is silent.
    """
    if heard.moment is Moment.ENDED:
        return None
    until_at = None if heard.seconds in {None, _ENDLESS} else now + float(heard.seconds or 0)
    answer, is_silent = heard.answer, False
    if before is not None and (before.interface != heard.interface or is_over(before, now)):
        before = None  # another lease of the same address
    if answer is None and heard.moment is Moment.RENEWED and before is not None and before.answer is not None:
        answer, is_silent = before.answer, True
    return Promise(heard.address, heard.interface, answer, is_silent, now, until_at)


def is_over(promise: Promise, now: float) -> bool:
    """Whether its lease has ended; nobody need have told us."""
    return promise.until_at is not None and promise.until_at <= now


def promised(answer: Answer) -> Share:
    """Which records the server writes by this answer."""
    left = _SHARES[answer.s, answer.n]
    return Share(not left.forward, not left.reverse)


def share(promise: Promise | None, on_silence: Silence) -> Share:
    """What is left to the host for one address; None: nobody leased it, or nobody told us."""
    if promise is None or promise.answer is None:
        return _BOTH
    if promise.is_silent and on_silence is Silence.TAKE_OVER:
        return _BOTH
    return _SHARES[promise.answer.s, promise.answer.n]


def speaks_of(promise: Promise | None, name: Name, primary: Name) -> bool:
    """Whether the server's forward record is that of this name; of other names of the host it knows nothing."""
    if promise is None or promise.answer is None:
        return False
    said = promise.answer.name
    return name == (primary if said == ROOT else said)
