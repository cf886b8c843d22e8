"""The one door of the DHCPv6 lease way: a message and the rows go in, a decision comes out.

What each message type must and must not have is one table (RFC 8415 section 16, RFC 9686 section 4.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import partial
from typing import Final

from tenure.dhcpwire.identity import HARDWARE_KEY, duid_key
from tenure.dhcpwire.v6.association import IA, IA_PD
from tenure.dhcpwire.v6.codes import MessageType, Option, Status
from tenure.dhcpwire.v6.hardware import hardware_of_duid, hardware_of_link_local, hardware_of_option
from tenure.dhcpwire.v6.message import Datagram, Message
from tenure.leasing.classes import DROP, Classes
from tenure.leasing.expression.v6 import Sighting
from tenure.leasing.identities import Identities
from tenure.leasing.lease import NOTHING, LeaseView
from tenure.leasing.link import reservation_on
from tenure.leasing.offers import OfferBook
from tenure.leasing.tie import Learned
from tenure.leasing.v6 import reply
from tenure.leasing.v6.arrival import Arrival
from tenure.leasing.v6.ending import decline, release
from tenure.leasing.v6.granting import rebind, renew, request, solicit
from tenure.leasing.v6.identities import identities
from tenure.leasing.v6.inquiry import Decision, Inquiry, Server, holder_of, silent
from tenure.leasing.v6.link import Link, SubnetTable
from tenure.leasing.v6.search import hashed_address
from tenure.leasing.v6.self_made import register
from tenure.leasing.v6.stateless import confirm, information_request
from tenure.leasing.v6.verdict import Verdict

_CLIENT_ID: Final = int(Option.CLIENT_ID)
_SERVER_ID: Final = int(Option.SERVER_ID)
_LINKLAYER: Final = int(Option.CLIENT_LINKLAYER_ADDR)
_IAADDR: Final = int(Option.IAADDR)
_ORO: Final = int(Option.ORO)
_ELAPSED: Final = int(Option.ELAPSED_TIME)
_SOLICIT: Final = int(MessageType.SOLICIT)
_INFORMATION_REQUEST: Final = int(MessageType.INFORMATION_REQUEST)
_ADDR_REG_INFORM: Final = int(MessageType.ADDR_REG_INFORM)


class Has(IntEnum):
    """Whether a message has an option."""

    MAY = 0
    MUST = 1
    MUST_NOT = 2


class Rule:
    """What a message type asks for."""

    def __init__(
        self,
        decide: Callable[[Inquiry, SubnetTable], Decision],
        client_id: Has,
        server_id: Has,
        *,
        told_of_unicast: bool,
        anywhere: bool = False,
    ) -> None:
        self.decide: Final = decide
        self.client_id: Final = client_id
        self.server_id: Final = server_id
        # one sent to our own address is never heard; the client may be told so by the status UseMulticast
        self.told_of_unicast: Final = told_of_unicast
        self.anywhere: Final = anywhere  # answered wherever the client is


# To look a member up in its enumeration costs more than most steps here.
_MUST: Final = Has.MUST
_MUST_NOT: Final = Has.MUST_NOT
_OF_DUID: Final = Learned.DUID


def _here(decide: Callable[[Inquiry], Decision]) -> Callable[[Inquiry, SubnetTable], Decision]:
    return lambda inquiry, _subnets: decide(inquiry)


_RULES: Final[dict[int, Rule]] = {
    MessageType.SOLICIT: Rule(_here(solicit), Has.MUST, Has.MUST_NOT, told_of_unicast=False),
    MessageType.REQUEST: Rule(_here(request), Has.MUST, Has.MUST, told_of_unicast=True),
    MessageType.CONFIRM: Rule(_here(confirm), Has.MUST, Has.MUST_NOT, told_of_unicast=False),
    MessageType.RENEW: Rule(_here(renew), Has.MUST, Has.MUST, told_of_unicast=True),
    MessageType.REBIND: Rule(_here(rebind), Has.MUST, Has.MUST_NOT, told_of_unicast=False),
    MessageType.RELEASE: Rule(release, Has.MUST, Has.MUST, told_of_unicast=True, anywhere=True),
    MessageType.DECLINE: Rule(decline, Has.MUST, Has.MUST, told_of_unicast=True, anywhere=True),
    MessageType.INFORMATION_REQUEST: Rule(_here(information_request), Has.MAY, Has.MAY, told_of_unicast=True),
    MessageType.ADDR_REG_INFORM: Rule(_here(register), Has.MUST, Has.MUST_NOT, told_of_unicast=False),
}


def decide(
    datagram: Datagram,
    arrival: Arrival,
    view: LeaseView,
    offers: OfferBook,
    subnets: SubnetTable,
    server: Server,
    now: float,
    correlation: str,
) -> Decision:
    """What becomes of a message. Its changes must be in `view` before the next one is decided."""
    relays, message = datagram.relays, datagram.message
    rule = _RULES.get(message.kind)
    if rule is None:
        return silent(Verdict.UNKNOWN_MESSAGE_TYPE)
    options = message.options
    duid = options.get(_CLIENT_ID)
    client = None if duid is None else duid_key(duid)
    if client is None and (duid is not None or rule.client_id is _MUST):
        return silent(Verdict.NO_IDENTITY)
    refused = _refusal(rule, options.get(_SERVER_ID), server)
    if refused is not None:
        return silent(refused)
    kind = message.kind
    if (kind == _ADDR_REG_INFORM and _ORO in options) or (kind == _INFORMATION_REQUEST and message.associations):
        return silent(Verdict.ASSOCIATIONS_NAMED)
    if (
        subnets.share is not None
        and kind == _SOLICIT
        and client is not None
        and subnets.share.leaves(client, _waited_seconds(message))
    ):
        return silent(Verdict.OTHER_NODE)
    link = subnets.link_of(relays, arrival)
    hardware, learned = _hardware(datagram, arrival, client, subnets.hosts)
    known_as: Identities = ()
    classes: Classes = ()
    if subnets.has_reservations:
        known_as = identities(datagram, arrival, client or b"", hardware, subnets.flex)
    if not subnets.classes.is_empty:
        reservation = reservation_on(link, known_as)
        reserved = None if reservation is None else reservation.client_classes
        classes = subnets.classes.classify(partial(Sighting, datagram, arrival), reserved)
        if DROP in classes:
            return silent(Verdict.DROPPED)
        if subnets.is_guarded:
            link = tuple([one for one in link if one.admits(classes)])
    inquiry = Inquiry(
        datagram,
        arrival,
        server,
        link,
        client or b"",
        hardware,
        learned,
        view,
        offers,
        now,
        correlation,
        classes,
        known_as,
    )
    if not relays and not arrival.multicast:
        if not rule.told_of_unicast:
            return silent(Verdict.UNICAST)
        return Decision(reply.status(inquiry, Status.USE_MULTICAST), NOTHING, Verdict.REFUSED_UNICAST)
    if not link and not rule.anywhere:
        return silent(Verdict.NO_SUBNET)
    return rule.decide(inquiry, subnets)


def _refusal(rule: Rule, server_id: bytes | None, server: Server) -> Verdict | None:
    """Whether the message is for another server, or names one where it must not."""
    if server_id is None:
        return Verdict.OTHER_SERVER if rule.server_id is _MUST else None
    if rule.server_id is _MUST_NOT:
        return Verdict.SERVER_NAMED
    return None if server_id == server.duid else Verdict.OTHER_SERVER


def _waited_seconds(message: Message) -> float:
    """For how long the client has tried (RFC 8415 section 21.9)."""
    return int.from_bytes(message.options.get(_ELAPSED, b""), "big") / 100


def _hardware(
    datagram: Datagram, arrival: Arrival, client: bytes | None, hosts: Mapping[bytes, bytes]
) -> tuple[bytes, Learned]:
    """The client's hardware address: what its relay saw, else what its link-local address is made of.

    Else what reservations say of the host, or what its DUID is made of.
    """
    source = arrival.source
    if datagram.relays:
        nearest = datagram.relays[-1]
        source = nearest.peer_address
        seen = nearest.options.get(_LINKLAYER)
        if seen is not None and (found := hardware_of_option(seen)) is not None:
            return found, Learned.RELAY
    if (found := hardware_of_link_local(source)) is not None:
        return found, Learned.LINK_LOCAL
    if client is None:
        return b"", _OF_DUID
    if (reserved := hosts.get(client)) is not None:
        return reserved, Learned.RESERVATION
    return hardware_of_duid(client[1:]) or b"", _OF_DUID


def tied_to(datagram: Datagram, arrival: Arrival, subnets: SubnetTable) -> tuple[bytes, ...]:
    """The keys whose ties a decision about the message looks at first."""
    client = duid_key(datagram.message.options.get(_CLIENT_ID, b""))
    seen, _ = _hardware(datagram, arrival, client, subnets.hosts)
    return tuple(key for key in (client, bytes((HARDWARE_KEY,)) + seen if seen else None) if key is not None)


def rows_needed(
    datagram: Datagram, arrival: Arrival, subnets: SubnetTable, server: Server
) -> tuple[bytes, list[bytes]]:
    """The client, empty if it does not say, and addresses: what the ledger can read for a whole batch at once.

    Those that it speaks of; and for a new one, where a hash will point.
    """
    message = datagram.message
    client = duid_key(message.options.get(_CLIENT_ID, b"")) or b""
    addresses = [lease.address for ia in message.associations for lease in ia.leases]
    if (told := message.options.get(_IAADDR)) is not None:
        addresses.append(told[:16])
    if message.kind == _SOLICIT and client:
        link = subnets.link_of(datagram.relays, arrival)
        addresses += _hashed(message.associations, client, link, server)
    return client, addresses


def _hashed(associations: Sequence[IA], client: bytes, link: Link, server: Server) -> list[bytes]:
    pools = [pool for prepared in link for pool in prepared.hashed]
    if not pools:
        return []
    holders = [holder_of(ia, client) for ia in associations if ia.code != IA_PD]
    return [hashed_address(server.secret, holder, pool) for holder in holders for pool in pools]
