"""What an updater is going to send, as plain values for people; made by `preview`."""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.registration import Direction


class Answered(NamedTuple):
    """What one answer leads to."""

    rcode: str  # NOERROR
    next_step: str  # the step that follows; empty: it ends there
    reason: str  # then a Reason; empty where it goes on


class Stage(NamedTuple):
    """One UPDATE message, unsigned and with the id 0, and what its answers lead to."""

    step: str
    octets: bytes
    answers: tuple[Answered, ...]


class Exchange(NamedTuple):
    """One direction of a registration on its way to DNS. The first stage is sent; the others follow only as told."""

    direction: Direction
    owner: Name  # where the records stand
    zone: Name | None  # None: no configured domain covers it, and nothing is sent
    servers: tuple[tuple[str, int], ...]
    mode: str  # ddns-conflict-resolution-mode
    waits: bool  # begins only when the forward record did not turn out to be somebody else's
    stages: tuple[Stage, ...]
    key: str = ""  # whose name is the signature's: a key's, or that by Kerberos; empty: nobody signs
