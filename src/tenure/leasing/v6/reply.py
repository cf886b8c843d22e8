"""The octets of a server's message and where they go (RFC 8415 sections 18.3 and 19.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tenure.dhcpwire.v6.association import (
    IA,
    IA_PD,
    IA_TA,
    INFINITE,
    IALease,
    build_address,
    build_association,
    build_excluded_prefix,
    build_lease,
    build_status,
)
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.message import build_reply, encode_option, option_codes
from tenure.leasing.lease import LeaseKind
from tenure.leasing.v6.allocation import Grant
from tenure.leasing.v6.inquiry import Inquiry, Reply
from tenure.leasing.v6.prepared import PreparedSubnet
from tenure.leasing.v6.terms import ReplyOptions
from tenure.naming.choice import Naming

_CLIENT_ID: Final = int(Option.CLIENT_ID)
_SERVER_ID: Final = int(Option.SERVER_ID)
_ORO: Final = int(Option.ORO)
_RAPID_COMMIT: Final = int(Option.RAPID_COMMIT)
_CLIENT_FQDN: Final = int(Option.CLIENT_FQDN)
_PD_EXCLUDE: Final = int(Option.PD_EXCLUDE)
_PREFIX: Final = int(LeaseKind.PREFIX)
_ADVERTISE: Final = int(MessageType.ADVERTISE)
_REPLY: Final = int(MessageType.REPLY)

_STATUS_WORDS: Final[dict[Status, str]] = {
    Status.SUCCESS: "done",
    Status.NO_ADDRS_AVAIL: "no address is free here",
    Status.NO_PREFIX_AVAIL: "no prefix is free here",
    Status.NO_BINDING: "no such lease is known here",
    Status.NOT_ON_LINK: "an address is not right for this link",
    Status.USE_MULTICAST: "send to the group of servers",
}
_STATUS: Final = {status: build_status(status, text) for status, text in _STATUS_WORDS.items()}
_NO_ADDRS: Final = _STATUS[Status.NO_ADDRS_AVAIL]
_RAPID: Final = encode_option(_RAPID_COMMIT, b"")


def advertise(inquiry: Inquiry, grants: Sequence[Grant], naming: Naming | None) -> Reply:
    """An ADVERTISE of what the client would get (section 18.3.9)."""
    prepared, options = _spoken_of(inquiry, grants)
    content = _associations(inquiry, prepared, grants) + options.preference()
    return _reply(inquiry, _ADVERTISE, content + _named(inquiry, naming) + _asked(inquiry, options))


def grant(inquiry: Inquiry, grants: Sequence[Grant], naming: Naming | None, *, rapid: bool = False) -> Reply:
    """A REPLY about leases (sections 18.3.1, 18.3.2, 18.3.4, 18.3.5)."""
    prepared, options = _spoken_of(inquiry, grants)
    content = _associations(inquiry, prepared, grants) + (_RAPID if rapid else b"")
    return _reply(inquiry, _REPLY, content + _named(inquiry, naming) + _asked(inquiry, options))


def status(inquiry: Inquiry, code: Status, unbound: Iterable[IA] = ()) -> Reply:
    """A REPLY with a status, and NoBinding for the associations that the client does not have (section 18.3.7)."""
    content = _STATUS[code]
    for ia in unbound:
        content += build_association(ia, 0, 0, _STATUS[Status.NO_BINDING])
    return _reply(inquiry, _REPLY, content)


def inform(inquiry: Inquiry) -> Reply:
    """A REPLY with parameters alone (section 18.3.6)."""
    options = inquiry.terms(inquiry.link[0], ()).options
    return _reply(inquiry, _REPLY, _asked(inquiry, options, stateless=True))


def _reply(inquiry: Inquiry, kind: int, content: bytes) -> Reply:
    """A message with the server's DUID and, if it sent one, the client's (section 18.3.10)."""
    message = inquiry.datagram.message
    head = encode_option(_SERVER_ID, inquiry.server.duid)
    client_id = message.options.get(_CLIENT_ID)
    if client_id is not None:
        head = encode_option(_CLIENT_ID, client_id) + head
    return send(inquiry, kind, head + content)


def send(inquiry: Inquiry, kind: int, options: bytes) -> Reply:
    """A message of this kind and these options, the way back that the request came."""
    datagram = inquiry.datagram
    return Reply(build_reply(kind, datagram, options), inquiry.arrival.way_back(relayed=bool(datagram.relays)))


def _associations(inquiry: Inquiry, first: PreparedSubnet, grants: Sequence[Grant]) -> bytes:
    """Every association that the client spoke of, with T1 and T2 the same in all (section 18.3.4)."""
    message = inquiry.datagram.message
    shortest = INFINITE
    for one in grants:
        for choice in one.choices:
            shortest = min(shortest, choice.preferred)
    t1, t2 = first.timers(shortest)
    content = b""
    for one in grants:
        ia, inside = one.wish.ia, b""
        for choice in one.choices:
            if ia.code == IA_PD:
                excluded = _excluded(inquiry, choice.prepared, choice.address, choice.length)
                lease = IALease(choice.address, choice.length, choice.preferred, choice.valid)
                inside += build_lease(ia.code, lease, excluded)
            else:
                inside += build_address(choice.address, choice.preferred, choice.valid)
        for gone in one.given_up:
            inside += build_lease(ia.code, gone._replace(preferred=0, valid=0))
        if one.status is not None:
            inside += _STATUS[one.status]
        content += build_association(ia, t1, t2, inside) if one.choices else build_association(ia, 0, 0, inside)
    if len(message.associations) > len(grants):
        # Temporary addresses are not leased: who wants some makes them itself.
        unfit = [ia for ia in message.associations if ia.code == IA_TA]
        content += b"".join([build_association(ia, 0, 0, _NO_ADDRS) for ia in unfit])
    return content


def _excluded(inquiry: Inquiry, prepared: PreparedSubnet, prefix: bytes, length: int) -> bytes:
    """What of a prefix is the delegating side's own, for a client that asks (RFC 6603)."""
    pool = prepared.prefix_pool(prefix, length)
    if pool is None or pool.excluded is None:
        return b""
    if _PD_EXCLUDE not in option_codes(inquiry.datagram.message.options.get(_ORO, b"")):
        return b""
    return encode_option(_PD_EXCLUDE, build_excluded_prefix(prefix, length, *pool.excluded))


def _spoken_of(inquiry: Inquiry, grants: Sequence[Grant]) -> tuple[PreparedSubnet, ReplyOptions]:
    """The subnet whose timers a message has, that of its first lease, and its options: of all its leases there.

    Of their pools those of addresses go before those of prefixes, as in Kea.
    """
    first = next((one.choices[0] for one in grants if one.choices), None)
    if first is None:
        return inquiry.link[0], inquiry.terms(inquiry.link[0], ()).options
    prepared = first.prepared
    if prepared.is_plain:
        return prepared, first.terms.options
    pools = {
        number for one in grants for choice in one.choices if choice.prepared is prepared for number in choice.pools
    }
    return prepared, inquiry.terms(prepared, tuple(sorted(pools))).options


def _asked(inquiry: Inquiry, options: ReplyOptions, *, stateless: bool = False) -> bytes:
    return options.asked(inquiry.datagram.message.options.get(_ORO), stateless=stateless)


def _named(inquiry: Inquiry, naming: Naming | None) -> bytes:
    """Option 39, for a client that sent it and asks for it."""
    if naming is None or naming.reply_fqdn is None or not is_told_its_name(inquiry):
        return b""
    return encode_option(_CLIENT_FQDN, naming.reply_fqdn)


def is_told_its_name(inquiry: Inquiry) -> bool:
    """Whether the client hears of its name: it sent option 39, and asks for it too (RFC 4704 section 6)."""
    options = inquiry.datagram.message.options
    return _CLIENT_FQDN in options and _CLIENT_FQDN in option_codes(options.get(_ORO, b""))
