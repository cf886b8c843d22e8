"""RFC 2132 section 9.6 and the assigned numbers of the options: what scapy calls them, we call them."""

from __future__ import annotations

import pytest
from scapy.layers.dhcp import DHCPOptions, DHCPTypes

from tenure.dhcpwire.v4.options import MessageType, Option

SCAPY = {
    Option.SUBNET_MASK: "subnet_mask",
    Option.ROUTERS: "router",
    Option.DOMAIN_NAME_SERVERS: "name_server",
    Option.HOST_NAME: "hostname",
    Option.DOMAIN_NAME: "domain",
    Option.BROADCAST_ADDRESS: "broadcast_address",
    Option.REQUESTED_ADDRESS: "requested_addr",
    Option.LEASE_TIME: "lease_time",
    Option.OVERLOAD: "dhcp-option-overload",
    Option.MESSAGE_TYPE: "message-type",
    Option.SERVER_IDENTIFIER: "server_id",
    Option.PARAMETER_REQUEST_LIST: "param_req_list",
    Option.MESSAGE: "error_message",
    Option.MAX_MESSAGE_SIZE: "max_dhcp_size",
    Option.RENEWAL_TIME: "renewal_time",
    Option.REBINDING_TIME: "rebinding_time",
    Option.VENDOR_CLASS: "vendor_class_id",
    Option.CLIENT_IDENTIFIER: "client_id",
    Option.CLIENT_FQDN: "client_FQDN",
    Option.RELAY_AGENT_INFORMATION: "relay_agent_information",
    Option.CLASSLESS_STATIC_ROUTE: "classless_static_routes",
    Option.END: "end",
}


@pytest.mark.parametrize("option", SCAPY)
def test_codes(option: Option) -> None:
    entry = DHCPOptions[int(option)]
    name = entry if isinstance(entry, str) else entry.name
    assert name.lower() == SCAPY[option].lower()


@pytest.mark.parametrize("kind", MessageType)
def test_message_types(kind: MessageType) -> None:
    assert DHCPTypes[int(kind)] == kind.name.lower()
