"""Response rate limiting: a server that answers forged requests must not be an amplifier. The words are BIND's.

Each network has an account for each thing that it hears of: the answers for a name and type, the denials within a
zone, the referrals to a zone, the errors. An account gets so many replies a second and can owe `window` seconds of
them; while it owes any, replies are held back. The first of every `slip` of those goes out empty with TC set, so that
someone who really asks comes again over TCP, where no address is forged.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple, TypeAlias

from tenure.authority.server_settings import RateLimits
from tenure.dnswire.codes import Opcode, Rcode
from tenure.dnswire.message import AA, TC, Message, build_message, parse_message
from tenure.dnswire.name import Name
from tenure.octets import Malformed

_REMEMBERED_REPLIES: Final = 8192


class Kind(Enum):
    """What a reply is, as far as limits differ."""

    RESPONSE = "responses"
    REFERRAL = "referrals"
    NODATA = "nodata"
    NXDOMAIN = "nxdomains"
    ERROR = "errors"
    ALL = "all"


Subject: TypeAlias = tuple[Kind, Name, int]  # what an account is about; the name is lower-cased
_AccountKey: TypeAlias = tuple[bytes, Subject]
_ALL: Final[Subject] = (Kind.ALL, b"", 0)


class _Account(NamedTuple):
    balance: int  # replies; below zero: it owes
    second: int  # when that was
    held_back: int  # replies, since the balance was positive


class Limited(NamedTuple):
    """What becomes of a reply."""

    octets: bytes  # to be sent; empty: nothing
    held_back: bool  # whether it was one too many


class RateLimiter:
    """The accounts of one process."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        usual = limits.responses_per_second
        self._rates = {
            Kind.RESPONSE: usual,
            Kind.REFERRAL: _or(limits.referrals_per_second, usual),
            Kind.NODATA: _or(limits.nodata_per_second, usual),
            Kind.NXDOMAIN: _or(limits.nxdomains_per_second, usual),
            Kind.ERROR: _or(limits.errors_per_second, usual),
            Kind.ALL: limits.all_per_second,
        }
        self._accounts: dict[_AccountKey, _Account] = {}  # the one used last stands last
        self._network = lru_cache(maxsize=_REMEMBERED_REPLIES)(self._network_of)

    def limit(self, reply: bytes, client: str, now: float) -> Limited:
        """The reply as it may be sent to the address; `now` in seconds."""
        subject = _subject_of(reply[2:])
        network = self._network(client)
        if subject is None or network is None:
            return Limited(reply, held_back=False)
        account = self._charge((network, subject), int(now))
        whole = self._charge((network, _ALL), int(now))
        if account is None and whole is None:
            return Limited(reply, held_back=False)
        if self._limits.log_only:
            return Limited(reply, held_back=True)
        held_back = (account or whole or _Account(0, 0, 0)).held_back
        if account is None or not self._limits.slip or (held_back - 1) % self._limits.slip:
            return Limited(b"", held_back=True)
        return Limited(reply if subject[0] is Kind.ERROR else _truncated(reply), held_back=True)

    def _charge(self, key: _AccountKey, second: int) -> _Account | None:
        """Takes one reply from an account; gives the account if it owes, None if it does not or has no limit."""
        rate = self._rates[key[1][0]]
        if not rate:
            return None
        found = self._accounts.pop(key, None)
        if found is None:
            if len(self._accounts) >= self._limits.max_table_size:
                del self._accounts[next(iter(self._accounts))]
            found = _Account(rate, second, 0)
        balance = min(rate, found.balance + max(0, second - found.second) * rate) - 1
        owes = balance < 0
        account = _Account(max(balance, -self._limits.window * rate), second, found.held_back + 1 if owes else 0)
        self._accounts[key] = account
        return account if owes else None

    def _network_of(self, client: str) -> bytes | None:
        """The network that an address is counted with; None: it is exempt."""
        address = ip_address(client)
        if any(address in network for network in self._limits.exempt_clients):
            return None
        length = self._limits.ipv4_prefix_length if address.version == 4 else self._limits.ipv6_prefix_length
        return ip_network((address.packed, length), strict=False).network_address.packed


def _or(limit: int | None, usual: int) -> int:
    return usual if limit is None else limit


@lru_cache(maxsize=_REMEMBERED_REPLIES)
def _subject_of(tail: bytes) -> Subject | None:
    """What account a reply (without its id) is on; None: none, because it is signed, or carries an update out.

    What a primary answered to an update that was passed on is none of ours, readable or not.
    """
    try:
        message = parse_message(b"\0\0" + tail)
    except Malformed:
        return None
    if message.tsig is not None and message.tsig.mac:
        return None
    rcode = message.rcode
    if rcode == Rcode.NXDOMAIN and message.authorities:
        return Kind.NXDOMAIN, message.authorities[0].name.lower(), 0
    if rcode != Rcode.NOERROR or (message.edns is not None and message.edns.extended_rcode):
        return Kind.ERROR, b"", 0
    return _subject_of_answer(message)


def _subject_of_answer(message: Message) -> Subject | None:
    if message.opcode != Opcode.QUERY or not message.questions:
        return None
    question = message.questions[0]
    name = question.name.lower()
    if message.answers or message.flags & TC:
        return Kind.RESPONSE, name, question.rtype
    if message.authorities and not message.flags & AA:
        return Kind.REFERRAL, message.authorities[0].name.lower(), 0
    return Kind.NODATA, name, 0


def _truncated(reply: bytes) -> bytes:
    """The question, OPT and TC: what makes a requestor come again over TCP."""
    message = parse_message(reply)
    return build_message(message.id, message.flags | TC, message.questions, edns=message.edns)
