"""Option codes and message types of DHCPv4, and its options that have names (RFC 2132 and later; names are Kea's)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from tenure.dhcpwire.kinds import BOOLEAN, NOTHING, OCTETS, SECONDS, TEXT, Kind, numbers
from tenure.dhcpwire.option_table import KnownOption, OptionTable, codes
from tenure.dhcpwire.v4.kinds import ADDRESS, ADDRESS_PAIRS, ADDRESSES, DOMAIN_LIST, DOMAIN_TEXT, ROUTES
from tenure.dhcpwire.v4.sub_options import SUB_OPTIONS, VENDOR_CLASSES, VENDOR_OPTIONS


class MessageType(IntEnum):
    """Values of option 53 (RFC 2132 section 9.6)."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


class Option(IntEnum):
    """Options that tenure has a rule for."""

    SUBNET_MASK = 1
    ROUTERS = 3
    DOMAIN_NAME_SERVERS = 6
    HOST_NAME = 12
    DOMAIN_NAME = 15
    BROADCAST_ADDRESS = 28
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    OVERLOAD = 52
    MESSAGE_TYPE = 53
    SERVER_IDENTIFIER = 54
    PARAMETER_REQUEST_LIST = 55
    MESSAGE = 56
    MAX_MESSAGE_SIZE = 57
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    VENDOR_CLASS = 60
    CLIENT_IDENTIFIER = 61
    TFTP_SERVER_NAME = 66
    BOOT_FILE_NAME = 67
    RAPID_COMMIT = 80
    CLIENT_FQDN = 81
    RELAY_AGENT_INFORMATION = 82
    SUBNET_SELECTION = 118
    DOMAIN_SEARCH = 119
    CLASSLESS_STATIC_ROUTE = 121
    END = 255


def _message_type(values: Sequence[str]) -> bytes:
    word = "".join(values).strip().upper().removeprefix("DHCP")
    if word not in MessageType.__members__:
        raise ValueError(f"one of {', '.join(MessageType.__members__)} is needed, not {word!r}")
    return bytes((MessageType[word],))


def _message_type_text(data: bytes) -> str:
    if len(data) != 1 or data[0] not in set(MessageType):
        raise ValueError(f"a message type is one octet from 1 to {max(MessageType)}")
    return MessageType(data[0]).name


MESSAGE_TYPE = Kind(_message_type, _message_type_text)
CODES: Final = codes(1, lambda: TABLE)

_LAST: Final = 254  # 255 ends the options
# What the server says by itself in every message; to configure it would contradict the lease.
_SERVERS_OWN: Final = {0, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 80, 81, 82}

# Names and formats are Kea's; 80, 249 and 252 have none there, 209 to 211 have ISC dhcpd's.
OPTIONS: Final = (
    KnownOption(1, "subnet-mask", ADDRESS),
    KnownOption(2, "time-offset", numbers(4, signed=True)),
    KnownOption(3, "routers", ADDRESSES),
    KnownOption(4, "time-servers", ADDRESSES),
    KnownOption(5, "name-servers", ADDRESSES),
    KnownOption(6, "domain-name-servers", ADDRESSES),
    KnownOption(7, "log-servers", ADDRESSES),
    KnownOption(8, "cookie-servers", ADDRESSES),
    KnownOption(9, "lpr-servers", ADDRESSES),
    KnownOption(10, "impress-servers", ADDRESSES),
    KnownOption(11, "resource-location-servers", ADDRESSES),
    KnownOption(12, "host-name", TEXT),
    KnownOption(13, "boot-size", numbers(2)),
    KnownOption(14, "merit-dump", TEXT),
    KnownOption(15, "domain-name", DOMAIN_TEXT),
    KnownOption(16, "swap-server", ADDRESS),
    KnownOption(17, "root-path", TEXT),
    KnownOption(18, "extensions-path", TEXT),
    KnownOption(19, "ip-forwarding", BOOLEAN),
    KnownOption(20, "non-local-source-routing", BOOLEAN),
    KnownOption(21, "policy-filter", ADDRESS_PAIRS),
    KnownOption(22, "max-dgram-reassembly", numbers(2)),
    KnownOption(23, "default-ip-ttl", numbers(1)),
    KnownOption(24, "path-mtu-aging-timeout", numbers(4)),
    KnownOption(25, "path-mtu-plateau-table", numbers(2, several=True)),
    KnownOption(26, "interface-mtu", numbers(2)),
    KnownOption(27, "all-subnets-local", BOOLEAN),
    KnownOption(28, "broadcast-address", ADDRESS),
    KnownOption(29, "perform-mask-discovery", BOOLEAN),
    KnownOption(30, "mask-supplier", BOOLEAN),
    KnownOption(31, "router-discovery", BOOLEAN),
    KnownOption(32, "router-solicitation-address", ADDRESS),
    KnownOption(33, "static-routes", ADDRESS_PAIRS),
    KnownOption(34, "trailer-encapsulation", BOOLEAN),
    KnownOption(35, "arp-cache-timeout", numbers(4)),
    KnownOption(36, "ieee802-3-encapsulation", BOOLEAN),
    KnownOption(37, "default-tcp-ttl", numbers(1)),
    KnownOption(38, "tcp-keepalive-interval", numbers(4)),
    KnownOption(39, "tcp-keepalive-garbage", BOOLEAN),
    KnownOption(40, "nis-domain", TEXT),
    KnownOption(41, "nis-servers", ADDRESSES),
    KnownOption(42, "ntp-servers", ADDRESSES),
    KnownOption(43, "vendor-encapsulated-options", SUB_OPTIONS),
    KnownOption(44, "netbios-name-servers", ADDRESSES),
    KnownOption(45, "netbios-dd-server", ADDRESSES),
    KnownOption(46, "netbios-node-type", numbers(1)),
    KnownOption(47, "netbios-scope", TEXT),
    KnownOption(48, "font-servers", ADDRESSES),
    KnownOption(49, "x-display-manager", ADDRESSES),
    KnownOption(50, "dhcp-requested-address", ADDRESS),
    KnownOption(51, "dhcp-lease-time", SECONDS),
    KnownOption(52, "dhcp-option-overload", numbers(1)),
    KnownOption(53, "dhcp-message-type", MESSAGE_TYPE),
    KnownOption(54, "dhcp-server-identifier", ADDRESS),
    KnownOption(55, "dhcp-parameter-request-list", CODES),
    KnownOption(56, "dhcp-message", TEXT),
    KnownOption(57, "dhcp-max-message-size", numbers(2)),
    KnownOption(58, "dhcp-renewal-time", SECONDS),
    KnownOption(59, "dhcp-rebinding-time", SECONDS),
    KnownOption(60, "vendor-class-identifier", TEXT),
    KnownOption(61, "dhcp-client-identifier", OCTETS),
    KnownOption(62, "nwip-domain-name", TEXT),
    KnownOption(63, "nwip-suboptions", OCTETS),
    KnownOption(64, "nisplus-domain-name", TEXT),
    KnownOption(65, "nisplus-servers", ADDRESSES),
    KnownOption(66, "tftp-server-name", TEXT),
    KnownOption(67, "boot-file-name", TEXT),
    KnownOption(68, "mobile-ip-home-agent", ADDRESSES),
    KnownOption(69, "smtp-server", ADDRESSES),
    KnownOption(70, "pop-server", ADDRESSES),
    KnownOption(71, "nntp-server", ADDRESSES),
    KnownOption(72, "www-server", ADDRESSES),
    KnownOption(73, "finger-server", ADDRESSES),
    KnownOption(74, "irc-server", ADDRESSES),
    KnownOption(75, "streettalk-server", ADDRESSES),
    KnownOption(76, "streettalk-directory-assistance-server", ADDRESSES),
    KnownOption(77, "user-class", OCTETS),
    KnownOption(78, "slp-directory-agent", OCTETS),
    KnownOption(79, "slp-service-scope", OCTETS),
    KnownOption(80, "rapid-commit", NOTHING),
    KnownOption(81, "fqdn", OCTETS),
    KnownOption(82, "dhcp-agent-options", OCTETS),
    KnownOption(85, "nds-servers", ADDRESSES),
    KnownOption(86, "nds-tree-name", TEXT),
    KnownOption(87, "nds-context", TEXT),
    KnownOption(88, "bcms-controller-names", DOMAIN_LIST),
    KnownOption(89, "bcms-controller-address", ADDRESSES),
    KnownOption(90, "authenticate", OCTETS),
    KnownOption(91, "client-last-transaction-time", SECONDS),
    KnownOption(92, "associated-ip", ADDRESSES),
    KnownOption(93, "client-system", numbers(2, several=True)),
    KnownOption(94, "client-ndi", numbers(1, several=True)),
    KnownOption(97, "uuid-guid", OCTETS),
    KnownOption(98, "uap-servers", TEXT),
    KnownOption(99, "geoconf-civic", OCTETS),
    KnownOption(100, "pcode", TEXT),
    KnownOption(101, "tcode", TEXT),
    KnownOption(108, "v6-only-preferred", numbers(4)),
    KnownOption(112, "netinfo-server-address", ADDRESSES),
    KnownOption(113, "netinfo-server-tag", TEXT),
    KnownOption(114, "v4-captive-portal", TEXT),
    KnownOption(116, "auto-config", numbers(1)),
    KnownOption(117, "name-service-search", numbers(2, several=True)),
    KnownOption(118, "subnet-selection", ADDRESS),
    KnownOption(119, "domain-search", DOMAIN_LIST),
    KnownOption(121, "classless-static-route", ROUTES),
    KnownOption(124, "vivco-suboptions", VENDOR_CLASSES),
    KnownOption(125, "vivso-suboptions", VENDOR_OPTIONS),
    KnownOption(136, "pana-agent", ADDRESSES),
    KnownOption(137, "v4-lost", DOMAIN_LIST),
    KnownOption(138, "capwap-ac-v4", ADDRESSES),
    KnownOption(141, "sip-ua-cs-domains", DOMAIN_LIST),
    KnownOption(143, "v4-sztp-redirect", OCTETS),
    KnownOption(146, "rdnss-selection", OCTETS),
    KnownOption(150, "tftp-server-address", ADDRESSES),
    KnownOption(159, "v4-portparams", OCTETS),
    KnownOption(209, "loader-configfile", TEXT),
    KnownOption(210, "loader-pathprefix", TEXT),
    KnownOption(211, "loader-reboottime", SECONDS),
    KnownOption(212, "option-6rd", OCTETS),
    KnownOption(213, "v4-access-domain", DOMAIN_LIST),
    KnownOption(249, "ms-classless-static-route", ROUTES),
    KnownOption(252, "wpad-url", TEXT),
)
TABLE: Final[OptionTable] = OptionTable("DHCPv4", OPTIONS, _SERVERS_OWN, _LAST)
BY_CODE: Final = TABLE.by_code
BY_NAME: Final = TABLE.by_name
encode_option, option_of = TABLE.encode_option, TABLE.option_of
code_of, name_of = TABLE.code_of, TABLE.name_of
