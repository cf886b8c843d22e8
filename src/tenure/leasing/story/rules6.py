"""What the rules of DHCPv6 leasing said, in words; see `tell6`."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address

from tenure.dhcpwire.identity import hardware_to_text, key_to_text
from tenure.dhcpwire.v6.codes import Option
from tenure.leasing.lease import Lease, LeaseKind, LeaseState
from tenure.leasing.story.arranging import Tellers
from tenure.leasing.story.line import Line, Topic, address_text, seconds_text
from tenure.leasing.story.witness import Call
from tenure.leasing.v6.inquiry import Inquiry, Wish
from tenure.leasing.v6.prepared import PreparedSubnet

_INTERFACE_ID = int(Option.INTERFACE_ID)


def _placed(call: Call) -> Iterator[Line]:
    """`link_of`: by what the link was found; the address that was looked up is that of the call below."""
    arrival, table = call.arguments["arrival"], call.arguments["self"]
    looked_up = next(call.within("leasing.v6.link:SubnetTable._holding"), None)
    relays = call.arguments["relays"]
    ids = {one.subnet.interface_id for one in call.result} - {None}
    if looked_up is not None:
        address = looked_up.arguments["address"]
        own = "the relay's link-address" if any(one.link_address == address for one in relays) else "our address there"
        found = f"{own} {address_text(address)}"
    elif any(one.options.get(_INTERFACE_ID) in ids for one in relays):
        found = "the relay's interface id"
    elif relays and call.result:
        found = "the relay's link-address, which is named on the subnet,"
    else:
        found = f"the interface {arrival.interface or 'of a socket for relays'}"
    if call.result:
        yield Line(Topic.PLACE, f"{found} leads to {', '.join(network_text(one) for one in call.result)}")
    else:
        tried = ", ".join(network_text(one) for one in table.everything) or "none is configured"
        yield Line(Topic.PLACE, f"{found} leads to no subnet; there are: {tried}")


def _known(call: Call) -> Iterator[Line]:
    if call.result is None:
        yield Line(Topic.CLIENT, "its client identifier is no DUID by its length")
    else:
        yield Line(Topic.CLIENT, f"to leases the client is {key_to_text(call.result)}")


def _hardware(call: Call) -> Iterator[Line]:
    if call.result[0]:
        yield Line(Topic.CLIENT, f"its hardware address, as far as can be told, is {hardware_to_text(call.result[0])}")


def _reservation(call: Call) -> Iterator[Line]:
    """`PreparedSubnet.reservation`, asked in several places with one answer."""
    where, found = network_text(call.arguments["self"]), call.result
    if found is None:
        yield Line(Topic.CLIENT, f"nothing is reserved for it in {where}")
        return
    parts = [address_text(address) for address in found.addresses]
    parts += [f"{IPv6Address(prefix)}/{length}" for prefix, length in found.prefixes]
    parts += [f"the name {found.host_name}"] if found.host_name else []
    yield Line(Topic.CLIENT, f"reserved for it in {where}: {', '.join(parts) or 'options or classes'}")


def _admitted(call: Call) -> Iterator[Line]:
    prepared = call.arguments["self"]
    if not call.result:
        guards = " and ".join(prepared.subnet.guards)
        yield Line(Topic.CLIENT, f"{network_text(prepared)} is not for it: members of {guards} have leases there")


def _wanted(call: Call) -> Iterator[Line]:
    """`choose`: what the association has, and asks for."""
    inquiry, wish = call.arguments["inquiry"], call.arguments["wish"]
    rows = [f"{lease_text(row.address, row.prefix_length or 128)} {_state(inquiry, row)}" for row in wish.rows]
    asked = [lease_text(lease.address, lease.prefix_length) for lease in wish.ia.leases]
    has = f"has {', '.join(rows)}" if rows else "has nothing yet"
    asks = f" and asks for {', '.join(asked)}" if asked else ""
    yield Line(Topic.ADDRESS, f"{association_text(wish)} {has}{asks}")


def _state(inquiry: Inquiry, row: Lease) -> str:
    if row.state == LeaseState.BOUND and row.ends_at > inquiry.now:
        return "(running)"
    return "(ended)"


def _chosen(call: Call) -> Iterator[Line]:
    wish = call.arguments["wish"]
    if not call.result:
        yield Line(Topic.ADDRESS, f"so there is nothing for {association_text(wish)}")
        return
    for choice in call.result:
        where = network_text(choice.prepared)
        text = lease_text(choice.address, choice.length)
        yield Line(Topic.ADDRESS, f"{association_text(wish)} is to have {text} of {where}")
        lasts = f"preferred {seconds_text(choice.preferred)}, valid {seconds_text(choice.valid)}"
        yield Line(Topic.LIFETIME, f"{text}: {lasts}")


def _may_have(call: Call) -> Iterator[Line]:
    text = lease_text(call.arguments["address"], call.arguments["length"])
    if call.result is not None:
        yield Line(Topic.ADDRESS, f"nothing speaks against {text}")
        return
    holder = next((one.result for one in call.within("leasing.v6.prepared:PreparedSubnet.reserved_for")), None)
    if any(True for _ in call.within("leasing.v6.allocation:_is_open")):
        why = "somebody else has it, or it is kept for somebody else"
    elif holder is not None:
        why = "it is reserved for another client"
    elif any(not one.result for one in call.within("leasing.v6.prepared:PreparedSubnet.opens")):
        why = "it is in a pool for clients of another class"
    else:
        why = "no pool here gives it, or another one is reserved for the client"
    yield Line(Topic.ADDRESS, f"not {text}: {why}")


def _found_free(call: Call) -> Iterator[Line]:
    """`find_free`, where a hash points; the pools that are searched tell of themselves."""
    hashed = {one.result for one in call.within("leasing.v6.search:hashed_address")}
    if call.result is not None and call.result[1] in hashed:
        text = address_text(call.result[1])
        yield Line(Topic.ADDRESS, f"{text} is where a hash of client, IAID and a secret points, and free")


def lease_text(address: bytes, length: int) -> str:
    """`2001:db8::7`, `2001:db8:1::/56`."""
    return address_text(address) if length == 128 else f"{address_text(address)}/{length}"


def association_text(wish: Wish) -> str:
    """`the association IA_NA 00000001`."""
    kind = "IA_PD" if wish.kind == LeaseKind.PREFIX else "IA_NA"
    return f"the association {kind} {wish.ia.iaid.hex()}"


def network_text(prepared: PreparedSubnet) -> str:
    """`2001:db8:1::/64`."""
    return f"{IPv6Address(prepared.subnet.prefix)}/{prepared.subnet.prefix_length}"


BEFORE: Tellers = {
    "leasing.v6.allocation:choose": _wanted,
}
AFTER: Tellers = {
    "leasing.v6.link:SubnetTable.link_of": _placed,
    "dhcpwire.identity:duid_key": _known,
    "leasing.v6.decide:_hardware": _hardware,
    "leasing.v6.prepared:PreparedSubnet.reservation": _reservation,
    "leasing.v6.prepared:PreparedSubnet.admits": _admitted,
    "leasing.v6.allocation:may_have": _may_have,
    "leasing.v6.search:find_free": _found_free,
    "leasing.v6.allocation:choose": _chosen,
}
