"""The options of DHCPv6 that have names: Kea's names and formats (RFC 8415, 3646 and later)."""

from __future__ import annotations

from typing import Final

from tenure.dhcpwire.kinds import NOTHING, OCTETS, numbers
from tenure.dhcpwire.option_table import KnownOption, OptionTable, codes
from tenure.dhcpwire.v6.kinds import ADDRESS, ADDRESSES, NAME, NAMES, NTP_SERVERS, PARAMETERS, UTF8, number

_LAST: Final = 0xFFFF
# What the server says by itself, or what says something of one lease; to configure it would contradict that.
_SERVERS_OWN: Final = {0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 18, 19, 20, 25, 26, 39, 67, 79, 148}

CODES: Final = codes(2, lambda: TABLE)

OPTIONS: Final = (
    KnownOption(1, "clientid", OCTETS),
    KnownOption(2, "serverid", OCTETS),
    KnownOption(3, "ia-na", OCTETS),
    KnownOption(4, "ia-ta", OCTETS),
    KnownOption(5, "iaaddr", OCTETS),
    KnownOption(6, "oro", CODES),
    KnownOption(7, "preference", number(1)),
    KnownOption(8, "elapsed-time", number(2)),
    KnownOption(9, "relay-msg", OCTETS),
    KnownOption(11, "auth", OCTETS),
    KnownOption(12, "unicast", ADDRESS),
    KnownOption(13, "status-code", OCTETS),
    KnownOption(14, "rapid-commit", NOTHING),
    KnownOption(15, "user-class", PARAMETERS),
    KnownOption(16, "vendor-class", OCTETS),
    KnownOption(17, "vendor-opts", OCTETS),
    KnownOption(18, "interface-id", OCTETS),
    KnownOption(19, "reconf-msg", number(1)),
    KnownOption(20, "reconf-accept", NOTHING),
    KnownOption(21, "sip-server-dns", NAMES),
    KnownOption(22, "sip-server-addr", ADDRESSES),
    KnownOption(23, "dns-servers", ADDRESSES),
    KnownOption(24, "domain-search", NAMES),
    KnownOption(25, "ia-pd", OCTETS),
    KnownOption(26, "iaprefix", OCTETS),
    KnownOption(27, "nis-servers", ADDRESSES),
    KnownOption(28, "nisp-servers", ADDRESSES),
    KnownOption(29, "nis-domain-name", NAMES),
    KnownOption(30, "nisp-domain-name", NAMES),
    KnownOption(31, "sntp-servers", ADDRESSES),
    KnownOption(32, "information-refresh-time", number(4, least=600)),
    KnownOption(33, "bcmcs-server-dns", NAMES),
    KnownOption(34, "bcmcs-server-addr", ADDRESSES),
    KnownOption(37, "remote-id", OCTETS),
    KnownOption(38, "subscriber-id", OCTETS),
    KnownOption(39, "client-fqdn", OCTETS),
    KnownOption(40, "pana-agent", ADDRESSES),
    KnownOption(41, "new-posix-timezone", UTF8),
    KnownOption(42, "new-tzdb-timezone", UTF8),
    KnownOption(43, "ero", CODES),
    KnownOption(56, "ntp-server", NTP_SERVERS),
    KnownOption(59, "bootfile-url", UTF8),
    KnownOption(60, "bootfile-param", PARAMETERS),
    KnownOption(61, "client-arch-type", numbers(2, several=True)),
    KnownOption(62, "nii", numbers(1, several=True)),
    KnownOption(64, "aftr-name", NAME),
    KnownOption(65, "erp-local-domain-name", NAME),
    KnownOption(66, "rsoo", OCTETS),
    KnownOption(67, "pd-exclude", OCTETS),
    KnownOption(79, "client-linklayer-addr", OCTETS),
    KnownOption(82, "solmax-rt", number(4, 60, 86400)),
    KnownOption(83, "inf-max-rt", number(4, 60, 86400)),
    KnownOption(88, "dhcp4o6-server-addr", ADDRESSES),
    KnownOption(103, "v6-captive-portal", UTF8),
    KnownOption(135, "relay-source-port", number(2)),
    KnownOption(143, "ipv6-address-andsf", ADDRESSES),
    KnownOption(148, "addr-reg-enable", NOTHING),
)
TABLE: Final[OptionTable] = OptionTable("DHCPv6", OPTIONS, _SERVERS_OWN, _LAST)
BY_CODE: Final = TABLE.by_code
BY_NAME: Final = TABLE.by_name
encode_option, option_of = TABLE.encode_option, TABLE.option_of
code_of, name_of = TABLE.code_of, TABLE.name_of
