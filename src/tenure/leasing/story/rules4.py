"""What the rules of DHCPv4 leasing said, in words; see `tell4`."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from tenure.dhcpwire.identity import key_to_text
from tenure.dhcpwire.v4.relay_agent import LINK_SELECTION, sub_option
from tenure.leasing.lease import Lease, LeaseState
from tenure.leasing.story.arranging import Tellers
from tenure.leasing.story.line import Line, Topic, address_text, seconds_text
from tenure.leasing.story.witness import Call
from tenure.leasing.v4.prepared import PreparedSubnet
from tenure.leasing.v4.verdict import WORDS

_RELAY_AGENT_INFORMATION, _SUBNET_SELECTION, _REQUESTED_ADDRESS = 82, 118, 50
_NONE = bytes(4)


def _placed(call: Call) -> Iterator[Line]:
    """`link_of`: by what the link was found; the address that was looked up is that of the call below."""
    packet, arrival, table = (call.arguments[name] for name in ("packet", "arrival", "self"))
    looked_up = next(
        (inner.arguments["address"] for inner in call.within("leasing.v4.link:SubnetTable._holding")), None
    )
    relay = packet.options.get(_RELAY_AGENT_INFORMATION)
    selections = [
        (None if relay is None else sub_option(relay, LINK_SELECTION), "the relay's link selection (option 82.5)"),
        (packet.options.get(_SUBNET_SELECTION), "the client's subnet selection (option 118)"),
    ]
    selected = next(((data, what) for data, what in selections if data is not None), None)
    if selected is not None and looked_up is None:
        yield Line(Topic.PLACE, f"{selected[1]} is not an address")
        return
    if looked_up is not None:
        ways = [selected or (None, ""), (packet.giaddr, "giaddr"), (packet.ciaddr, "the client's own address, ciaddr")]
        how = next((what for data, what in ways if data == looked_up), "our address on that wire")
        found = f"{how} {address_text(looked_up)}"
    elif packet.giaddr != _NONE:
        found = f"the relay {address_text(packet.giaddr)}, which is named on the subnet"
    else:
        found = f"the interface {arrival.interface or 'of a socket for relays'}"
    if call.result:
        networks = ", ".join(network_text(one) for one in call.result)
        yield Line(Topic.PLACE, f"{found} leads to {networks}")
    else:
        tried = ", ".join(network_text(one) for one in table.everything) or "none is configured"
        yield Line(Topic.PLACE, f"{found} leads to no subnet; there are: {tried}")


def _known(call: Call) -> Iterator[Line]:
    yield Line(Topic.CLIENT, f"to leases the client is {key_to_text(call.result)}")


def _admitted(call: Call) -> Iterator[Line]:
    prepared = call.arguments["self"]
    if not call.result:
        guards = " and ".join(prepared.subnet.guards)
        yield Line(Topic.CLIENT, f"{network_text(prepared)} is not for it: members of {guards} have addresses there")


def _reservation(call: Call) -> Iterator[Line]:
    """`PreparedSubnet.reservation`, asked in several places with one answer."""
    where = network_text(call.arguments["self"])
    found = call.result
    if found is None:
        yield Line(Topic.CLIENT, f"nothing is reserved for it in {where}")
        return
    parts = [f"the address {address_text(found.address)}"] if found.address is not None else []
    parts += [f"the name {found.host_name}"] if found.host_name else []
    yield Line(Topic.CLIENT, f"reserved for it in {where}: {' and '.join(parts) or 'options or classes'}")


def _state(call: Call) -> Iterator[Line]:
    packet = call.arguments["packet"]
    named = [f"option 54 {address_text(packet.options[54])}"] if len(packet.options.get(54, b"")) == 4 else []
    named += [f"option 50 {address_text(packet.options[50])}"] if len(packet.options.get(50, b"")) == 4 else []
    named += [f"ciaddr {address_text(packet.ciaddr)}"] if packet.ciaddr != _NONE else []
    words = " and ".join(named) or "neither option 54, option 50, nor ciaddr"
    state = "which names no address" if call.result is None else f"so the client is in {call.result}"
    yield Line(Topic.ADDRESS, f"the REQUEST has {words}, {state}")


def _means_us(call: Call) -> Iterator[Line]:
    server_id, arrival = call.arguments["server_id"], call.arguments["inquiry"].arrival
    ours = next((inner.result for inner in call.within("leasing.v4.reply:server_identifier")), arrival.local)
    who = "this server" if call.result else f"another server: ours would be {address_text(ours)}"
    yield Line(Topic.ADDRESS, f"option 54, {address_text(server_id)}, means {who}")


def _reserved(call: Call) -> Iterator[Line]:
    if call.result is not None:
        yield Line(Topic.ADDRESS, f"{chosen(call)} is reserved for it, and free")


def _remembered(call: Call) -> Iterator[Line]:
    if call.result is None:
        rows = call.arguments["inquiry"].view.leases_of(call.arguments["inquiry"].client)
        if not rows:
            yield Line(Topic.ADDRESS, "it has no address, had none, and none stands offered to it")
        return
    prepared, address = call.result
    row = call.arguments["inquiry"].view.lease_at(address)
    yield Line(Topic.ADDRESS, f"{address_text(address)} in {network_text(prepared)} {_why_remembered(call, row)}")


def _why_remembered(call: Call, row: Lease | None) -> str:
    inquiry = call.arguments["inquiry"]
    if row is None or row.client != inquiry.client:
        return "stands offered to it"
    if row.state == LeaseState.BOUND and row.ends_at > inquiry.now:
        return "is its own: its lease is running"
    return "was its own, and nobody has it now"


def _requested(call: Call) -> Iterator[Line]:
    asked = call.arguments["inquiry"].packet.options.get(_REQUESTED_ADDRESS)
    if asked is None:
        yield Line(Topic.ADDRESS, "it asks for no address")
    elif len(asked) != 4:
        yield Line(Topic.ADDRESS, "option 50 is not an address, and counts as not sent")
    elif call.result is not None:
        yield Line(Topic.ADDRESS, f"{address_text(asked)} is what it asks for, and free")
    elif not any(one.holds(asked) for one in call.arguments["inquiry"].link):
        yield Line(Topic.ADDRESS, f"{address_text(asked)}, which it asks for, is not on this link")


def _refused(call: Call) -> Iterator[Line]:
    """`refusal`: why the client may not have an address."""
    if call.result is None:
        yield Line(Topic.ADDRESS, f"nothing speaks against {address_text(call.arguments['address'])}")
    else:
        yield Line(
            Topic.ADDRESS, f"not {address_text(call.arguments['address'])}: {WORDS[call.result]} ({call.result})"
        )


def _chosen(call: Call) -> Iterator[Line]:
    if call.result is None:
        yield Line(Topic.ADDRESS, "so there is none for this client")


def _too_many(call: Call) -> Iterator[Line]:
    if call.result is not None:
        yield Line(Topic.ADDRESS, f"a limit is reached: {WORDS[call.result]} ({call.result})")


def _checked(call: Call) -> Iterator[Line]:
    """`check_of`: an address is asked for before it is offered."""
    check = call.result
    if check is None:
        return
    ways = [way for way, is_one in (("ping", check.ping), (f"ARP on {check.interface}", check.interface)) if is_one]
    how = f"by {' and '.join(ways)}, for up to {check.seconds:g} s"
    yield Line(
        Topic.ADDRESS, f"whether somebody uses {address_text(check.address)} would be asked {how}; here nobody answers"
    )


def _is_known(call: Call) -> Iterator[Line]:
    address = address_text(call.arguments["address"])
    if not call.result:
        yield Line(Topic.ADDRESS, f"no record says that {address} is, was, or is to be its own")


def _lifetime(call: Call) -> Iterator[Line]:
    terms, asked = call.arguments["self"], call.arguments["asked"]
    wish = "it asks for no lifetime"
    if asked is not None:
        is_right = len(asked) == 4
        seconds = seconds_text(int.from_bytes(asked, "big"))
        wish = f"it asks for {seconds}" if is_right else "option 51 is no lifetime, and counts as not sent"
    bounds = f"{terms.shortest} to {seconds_text(terms.longest)} can be had, {seconds_text(terms.valid)} unless it asks"
    yield Line(Topic.LIFETIME, f"{wish}; {bounds}: {seconds_text(call.result)}")


def chosen(call: Call) -> str:
    """The address of a rule that chose one."""
    prepared, address = call.result
    return f"{address_text(address)} in {network_text(prepared)}"


def network_text(prepared: PreparedSubnet) -> str:
    """`10.1.0.0/16`."""
    subnet = prepared.subnet
    return f"{ip_address(subnet.prefix)}/{subnet.prefix_length}"


BEFORE: Tellers = {
    "leasing.v4.request:classify": _state,
}
AFTER: Tellers = {
    "leasing.v4.link:SubnetTable.link_of": _placed,
    "dhcpwire.identity:client_key": _known,
    "leasing.v4.prepared:PreparedSubnet.reservation": _reservation,
    "leasing.v4.prepared:PreparedSubnet.admits": _admitted,
    "leasing.v4.reply:names_us": _means_us,
    "leasing.v4.allocation:_reserved": _reserved,
    "leasing.v4.allocation:_remembered": _remembered,
    "leasing.v4.allocation:_requested": _requested,
    "leasing.v4.allocation:refusal": _refused,
    "leasing.limits:too_many": _too_many,
    "leasing.v4.checks:check_of": _checked,
    "leasing.v4.allocation:choose": _chosen,
    "leasing.v4.request:_knows": _is_known,
    "leasing.v4.terms:Terms.lifetime": _lifetime,
}
