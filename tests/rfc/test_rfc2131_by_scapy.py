"""RFC 2131 table 3, each message type: scapy makes the client's messages and reads the replies, independently of us."""

from __future__ import annotations

from typing import Any

import pytest
from dhcp4_network import Network, ip, on_wire, relayed, subnet, unicast
from scapy.layers.dhcp import BOOTP, DHCP

from tenure.leasing.v4.arrival import Arrival, Destination
from tenure.leasing.v4.subnet import Reservation
from tenure.leasing.v4.verdict import Verdict

MAC = bytes((2, 0, 0, 0, 0, 1))
SERVER, ADDRESS = "10.1.0.1", "10.1.0.100"
BROADCAST = 0x8000


class Scapy:
    """A client whose messages scapy makes; the transaction id counts up."""

    def __init__(self, network: Network | None = None, mac: bytes = MAC) -> None:
        self.network = network or Network(subnet(interface="eth0"))
        self.mac = mac
        self.xid = 0
        self.verdict: Verdict | None = None
        self.destination: Destination | None = None

    def say(self, kind: str, *options: tuple[Any, ...], arrival: Arrival | None = None, **fields: Any) -> BOOTP | None:
        """One message and its reply."""
        self.xid += 1
        message = BOOTP(chaddr=self.mac, xid=self.xid, **fields) / DHCP(
            options=[("message-type", kind), *options, "end"]
        )
        decision = self.network.decide(bytes(message), arrival or on_wire())
        self.network.view.apply(decision.changes)
        self.verdict = decision.counted
        if decision.reply is None:
            return None
        self.destination = decision.reply.destination
        reply = BOOTP(decision.reply.octets)
        assert (reply.op, reply.htype, reply.hlen, reply.hops, reply.secs) == (2, 1, 6, 0, 0)
        assert (reply.xid, reply.chaddr[:6], reply.giaddr) == (self.xid, self.mac, fields.get("giaddr", "0.0.0.0"))
        return reply

    def join(self) -> None:
        """A lease of the first address."""
        assert self.say("discover") is not None
        granted = self.say("request", ("server_id", SERVER), ("requested_addr", ADDRESS))
        assert granted is not None
        assert options_of(granted)["message-type"] == 5


def options_of(reply: BOOTP) -> dict[str, Any]:
    """The options by scapy's names; each stands once."""
    found = [one for one in reply[DHCP].options if isinstance(one, tuple)]
    names = [one[0] for one in found]
    assert len(names) == len(set(names))
    return {name: values[0] if len(values) == 1 else values for name, *values in found}


def test_discover_and_offer() -> None:
    client = Scapy()
    asked = [1, 3, 6]
    offer = client.say("discover", ("param_req_list", asked), ("client_id", b"\1" + MAC))
    assert offer is not None
    assert (offer.yiaddr, offer.ciaddr, offer.siaddr) == (ADDRESS, "0.0.0.0", "0.0.0.0")
    options = options_of(offer)
    assert options == {
        "message-type": 2,
        "server_id": SERVER,
        "lease_time": 3600,
        "renewal_time": 1800,
        "rebinding_time": 3150,
        "subnet_mask": "255.255.255.0",
        "router": SERVER,
        "name_server": "10.1.0.53",
        "client_id": b"\1" + MAC,
    }
    # to the address that is offered, in a frame to the hardware address
    assert client.destination == Destination(ip(ADDRESS), 68, MAC)
    broadcast = client.say("discover", flags="B")
    assert broadcast is not None
    assert broadcast.flags == "B"
    assert client.destination == Destination(ip("255.255.255.255"), 68)


def test_request_selecting_and_ack() -> None:
    client = Scapy()
    client.join()
    assert client.verdict is Verdict.ACKNOWLEDGED
    assert client.network.view.rows[ip(ADDRESS)].hardware == b"\1" + MAC


@pytest.mark.parametrize(
    ("arrival", "fields", "options"),
    [
        (on_wire(), {}, [("requested_addr", ADDRESS)]),  # INIT-REBOOT
        (unicast(ADDRESS), {"ciaddr": ADDRESS}, []),  # RENEWING
        (on_wire(), {"ciaddr": ADDRESS}, []),  # REBINDING
        (relayed(), {"ciaddr": ADDRESS, "giaddr": "10.1.0.254"}, []),  # REBINDING, past a relay
    ],
)
def test_request_of_who_has_a_lease(arrival: Arrival, fields: dict[str, Any], options: list[tuple[str, Any]]) -> None:
    client = Scapy()
    client.join()
    ack = client.say("request", *options, arrival=arrival, **fields)
    assert ack is not None
    told = options_of(ack)
    assert (told["message-type"], told["server_id"], told["lease_time"]) == (5, SERVER, 3600)
    assert (ack.yiaddr, ack.ciaddr) == (ADDRESS, fields.get("ciaddr", "0.0.0.0"))


def test_nak() -> None:
    client = Scapy()
    nak = client.say("request", ("requested_addr", "10.77.0.9"))
    assert nak is not None
    assert options_of(nak) == {
        "message-type": 6,
        "server_id": SERVER,
        "error_message": b"the address is not on the network where the client is",
    }
    assert (nak.yiaddr, nak.ciaddr, nak.siaddr) == ("0.0.0.0", "0.0.0.0", "0.0.0.0")
    assert client.destination == Destination(ip("255.255.255.255"), 68)
    past_a_relay = client.say("request", ("requested_addr", "10.77.0.9"), arrival=relayed(), giaddr="10.1.0.254")
    assert past_a_relay is not None
    assert past_a_relay.flags == "B"
    assert client.destination == Destination(ip("10.1.0.254"), 67)


def test_release() -> None:
    client = Scapy()
    client.join()
    said = client.say("release", ("server_id", SERVER), arrival=unicast(ADDRESS), ciaddr=ADDRESS)
    assert (said, client.verdict) == (None, Verdict.RELEASED)


def test_decline() -> None:
    client = Scapy()
    client.join()
    said = client.say("decline", ("server_id", SERVER), ("requested_addr", ADDRESS))
    assert (said, client.verdict) == (None, Verdict.DECLINED)
    again = client.say("discover")
    assert again is not None
    assert again.yiaddr == "10.1.0.101"


def test_inform() -> None:
    client = Scapy()
    ack = client.say("inform", ("param_req_list", [3]), arrival=unicast("10.1.0.9"), ciaddr="10.1.0.9")
    assert ack is not None
    assert options_of(ack) == {"message-type": 5, "server_id": SERVER, "router": SERVER}
    assert (ack.yiaddr, ack.ciaddr) == ("0.0.0.0", "10.1.0.9")
    assert client.destination == Destination(ip("10.1.0.9"), 68)


def test_relay_information_is_the_last_option() -> None:
    client = Scapy()
    circuit = b"\1\6port 7"
    offer = client.say("discover", ("relay_agent_information", circuit), arrival=relayed(), giaddr="10.1.0.254")
    assert offer is not None
    options = [one for one in offer[DHCP].options if isinstance(one, tuple)]
    assert options[-1][0] == "relay_agent_information"


def test_a_reserved_name_is_offered() -> None:
    key = b"\0\1" + MAC
    client = Scapy(Network(subnet(interface="eth0", reservations={key: Reservation(None, "printer")})))
    offer = client.say("discover", ("param_req_list", [12]))
    assert offer is not None
    assert options_of(offer)["hostname"] == b"printer.example.test"


@pytest.mark.parametrize("kind", ["offer", "ack", "nak", "lease_query"])
def test_what_a_server_does_not_take(kind: str) -> None:
    client = Scapy()
    assert client.say(kind) is None
    assert client.verdict is Verdict.UNKNOWN_MESSAGE_TYPE


def test_a_reply_that_comes_to_the_server() -> None:
    client = Scapy()
    assert client.say("offer", op=2) is None
    assert client.verdict is Verdict.NOT_A_REQUEST
