"""The octets of an OFFER, ACK or NAK and where they go (RFC 2131 tables 3 and section 4.1)."""

from __future__ import annotations

from typing import Final

from tenure.dhcpwire.v4.encoding import encode_options
from tenure.dhcpwire.v4.options import MessageType
from tenure.dhcpwire.v4.packet import BROADCAST, NO_ADDRESS, Packet, build_reply
from tenure.dhcpwire.v4.relay_agent import SERVER_IDENTIFIER_OVERRIDE, sub_option
from tenure.leasing.v4.arrival import CLIENT_PORT, SERVER_PORT, Arrival, Destination
from tenure.leasing.v4.inquiry import Inquiry, Reply
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.terms import Terms
from tenure.leasing.v4.verdict import WORDS, Verdict
from tenure.naming.choice import Naming

_HOST_NAME: Final = 12
_REQUEST_LIST: Final = 55
_MESSAGE: Final = 56
_CLIENT_ID: Final = 61
_RAPID_COMMIT: Final = 80
_CLIENT_FQDN: Final = 81
_RELAY_AGENT_INFORMATION: Final = 82
_SUBNET_SELECTION: Final = 118
_EVERYBODY: Final = b"\xff\xff\xff\xff"
_ETHERNET: Final = 1
_ETHERNET_SIZE: Final = 6
_OFFER: Final = int(MessageType.OFFER)
_ACK: Final = int(MessageType.ACK)
_NAK: Final = int(MessageType.NAK)


def server_identifier(prepared: PreparedSubnet, packet: Packet, arrival: Arrival) -> bytes:
    """Option 54 of a reply: what the relay wants there (RFC 5107), else the configured address, else where it came.

    Of several addresses on the wire it is one in the client's own subnet, which it reaches without a router.
    """
    relay = packet.options.get(_RELAY_AGENT_INFORMATION)
    if relay is not None:
        override = sub_option(relay, SERVER_IDENTIFIER_OVERRIDE)
        if override is not None and len(override) == 4:
            return override
    if prepared.subnet.server_identifier is not None:
        return prepared.subnet.server_identifier
    return _nearest(prepared, arrival) if arrival.addresses and arrival.broadcast else arrival.local


def _nearest(prepared: PreparedSubnet, arrival: Arrival) -> bytes:
    """Of our addresses on the wire, the one that is told to the clients of a subnet."""
    if not prepared.holds(arrival.local):
        for address in arrival.addresses:
            if prepared.holds(address):
                return address
    return arrival.local


def names_us(server_id: bytes, inquiry: Inquiry) -> bool:
    """Whether a client's option 54 means this server."""
    arrival = inquiry.arrival
    if server_id == arrival.local or server_id in arrival.addresses:
        return True
    return any(server_id == server_identifier(one, inquiry.packet, arrival) for one in inquiry.link)


def offer(
    inquiry: Inquiry, prepared: PreparedSubnet, terms: Terms, address: bytes, lifetime: int, naming: Naming | None
) -> Reply:
    """A DHCPOFFER of the address."""
    return _grant(inquiry, prepared, terms, _OFFER, address, lifetime, naming, NO_ADDRESS)


def acknowledge(
    inquiry: Inquiry,
    prepared: PreparedSubnet,
    terms: Terms,
    address: bytes,
    lifetime: int,
    naming: Naming,
    *,
    rapid: bool = False,
) -> Reply:
    """A DHCPACK of a lease; `rapid` adds option 80 (RFC 4039)."""
    return _grant(inquiry, prepared, terms, _ACK, address, lifetime, naming, inquiry.packet.ciaddr, rapid=rapid)


def _grant(
    inquiry: Inquiry,
    prepared: PreparedSubnet,
    terms: Terms,
    message_type: int,
    address: bytes,
    lifetime: int,
    naming: Naming | None,
    ciaddr: bytes,
    *,
    rapid: bool = False,
) -> Reply:
    packet, arrival = inquiry.packet, inquiry.arrival
    asked = packet.options.get(_REQUEST_LIST)
    server_id = server_identifier(prepared, packet, arrival)
    tail = terms.options.head(message_type, server_id, lifetime, asked)
    own = _of_the_client(packet, asked, naming)
    if rapid:
        own.append((_RAPID_COMMIT, b""))
    if own:
        tail += encode_options(own)
    octets = build_reply(
        packet,
        (),
        tail,
        ciaddr=ciaddr,
        yiaddr=address,
        siaddr=terms.next_server,
        sname=terms.server_name,
        file=terms.boot_file_name,
    )
    return Reply(octets, _to_client(packet, arrival, address))


def inform(inquiry: Inquiry, prepared: PreparedSubnet) -> Reply:
    """The DHCPACK to a DHCPINFORM: parameters, no lease (RFC 2131 section 4.3.5)."""
    packet, arrival = inquiry.packet, inquiry.arrival
    asked = packet.options.get(_REQUEST_LIST)
    terms = inquiry.terms(prepared, packet.ciaddr)
    tail = terms.options.head(_ACK, server_identifier(prepared, packet, arrival), None, asked)
    tail += encode_options(_of_the_client(packet, asked, None))
    octets = build_reply(
        packet,
        (),
        tail,
        ciaddr=packet.ciaddr,
        siaddr=terms.next_server,
        sname=terms.server_name,
        file=terms.boot_file_name,
    )
    if packet.ciaddr == NO_ADDRESS:
        return Reply(octets, _to_client(packet, arrival, NO_ADDRESS))
    return Reply(octets, _direct(packet.ciaddr, arrival))


def refuse(inquiry: Inquiry, prepared: PreparedSubnet, verdict: Verdict) -> Reply:
    """A DHCPNAK with the reason in words.

    Through a relay its broadcast bit is set, because a client may not be able to take a frame for the address that it
    must give up (RFC 2131 section 4.3.2).
    """
    packet, arrival = inquiry.packet, inquiry.arrival
    options = [
        (53, b"\x06"),
        (54, server_identifier(prepared, packet, arrival)),
        (_MESSAGE, WORDS[verdict].encode("ascii")),
    ]
    client_id = packet.options.get(_CLIENT_ID)
    if client_id is not None:
        options.append((_CLIENT_ID, client_id))
    relayed = packet.giaddr != NO_ADDRESS
    octets = build_reply(packet, options, flags=packet.flags | BROADCAST if relayed else packet.flags)
    if relayed:
        return Reply(octets, _to_relay(packet.giaddr, arrival))
    if arrival.interface is None:
        return Reply(octets, _back(arrival))
    return Reply(octets, Destination(_EVERYBODY, CLIENT_PORT))


def _of_the_client(packet: Packet, asked: bytes | None, naming: Naming | None) -> list[tuple[int, bytes]]:
    """The options that differ from client to client: its name; unchanged, its identifier and the subnet it selected.

    RFC 6842 and RFC 3011 section 2 want these two back.
    """
    options = []
    if naming is not None:
        if naming.reply_fqdn is not None:
            options.append((_CLIENT_FQDN, naming.reply_fqdn))
        elif naming.reply_host_name is not None and (
            asked is None or _HOST_NAME in asked or _HOST_NAME in packet.options
        ):
            options.append((_HOST_NAME, naming.reply_host_name))
    client_id = packet.options.get(_CLIENT_ID)
    if client_id is not None:
        options.append((_CLIENT_ID, client_id))
    selected = packet.options.get(_SUBNET_SELECTION)
    if selected is not None:
        options.append((_SUBNET_SELECTION, selected))
    return options


def _to_client(packet: Packet, arrival: Arrival, address: bytes) -> Destination:
    """Where an OFFER or ACK goes (RFC 2131 section 4.1)."""
    if packet.giaddr != NO_ADDRESS:
        return _to_relay(packet.giaddr, arrival)
    if packet.ciaddr != NO_ADDRESS:
        return _direct(packet.ciaddr, arrival)
    if arrival.interface is None:
        return _back(arrival)
    if packet.flags & BROADCAST or packet.htype != _ETHERNET or packet.hlen != _ETHERNET_SIZE or address == NO_ADDRESS:
        return Destination(_EVERYBODY, CLIENT_PORT)
    return Destination(address, CLIENT_PORT, packet.chaddr)


def _to_relay(giaddr: bytes, arrival: Arrival) -> Destination:
    """The relay's server port; on a port other than the usual one, wherever its packet came from."""
    if arrival.port != SERVER_PORT:
        return _back(arrival)
    return tuple.__new__(Destination, (giaddr, SERVER_PORT, None))  # what `Destination` calls, after a detour


def _direct(address: bytes, arrival: Arrival) -> Destination:
    """A client that has its address."""
    if arrival.port != SERVER_PORT:
        return _back(arrival)
    return Destination(address, CLIENT_PORT)


def _back(arrival: Arrival) -> Destination:
    return Destination(arrival.source, arrival.source_port)
