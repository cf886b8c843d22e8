"""The kinds of value that only the keys of `[dhcp4]` hold."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, TypeAlias

from tenure.config.fields import Endpoint, kind
from tenure.config.lease_fields import Family, address_of, class_test, class_value, listen_of, network_of, pool_of
from tenure.dhcpwire.identity import circuit_id_key, client_id_key
from tenure.leasing.expression.dialect import Value
from tenure.leasing.expression.parser import Expression
from tenure.leasing.expression.v4 import V4, Sighting
from tenure.leasing.pool import Pool

IPV4 = Family(
    version=4,
    address=IPv4Address,
    network=IPv4Network,
    nobodys=(IPv4Network("0.0.0.0/8"), IPv4Network("224.0.0.0/3")),
    nobodys_text="no host can have (0.0.0.0/8, and 224.0.0.0 and above)",
    example="10.1.0.1",
    example_network="10.1.0.0/16",
    example_pool="10.1.0.50-10.1.0.250",
    example_pool_network="10.1.8.0/24",
    example_listen="10.1.0.1:67",
)
_PAGE = "docs/operate/dhcp.md"

Address: TypeAlias = Annotated[bytes, *address_of(IPV4)]
SubnetPrefix: TypeAlias = Annotated[IPv4Network, *network_of(IPV4)]
PoolRange: TypeAlias = Annotated[Pool, *pool_of(IPV4)]
Listen4: TypeAlias = Annotated[Endpoint, *listen_of(IPV4)]
ClientIdKey: TypeAlias = Annotated[
    bytes, *kind(client_id_key, 'write the octets, such as "01:02:00:5e:10:00:07"', "01:02:00:5e:10:00:07")
]
CircuitIdKey: TypeAlias = Annotated[
    bytes, *kind(circuit_id_key, "write the octets, or text as \"'port 7'\"", "'port 7'")
]
ClassTest: TypeAlias = Annotated[Expression[Sighting], *class_test(V4, _PAGE, "option[60].text == 'phone'")]
ClassValue: TypeAlias = Annotated[Value[Sighting], *class_value(V4, _PAGE, "relay4[1].hex")]
