"""The numbers of DHCPv6: message types, options that tenure has a rule for, status codes (RFC 8415 7.3 and 21)."""

from __future__ import annotations

from enum import IntEnum


class MessageType(IntEnum):
    """The first octet of a message."""

    SOLICIT = 1
    ADVERTISE = 2
    REQUEST = 3
    CONFIRM = 4
    RENEW = 5
    REBIND = 6
    REPLY = 7
    RELEASE = 8
    DECLINE = 9
    RECONFIGURE = 10
    INFORMATION_REQUEST = 11
    RELAY_FORW = 12
    RELAY_REPL = 13
    ADDR_REG_INFORM = 36  # RFC 9686
    ADDR_REG_REPLY = 37


class Option(IntEnum):
    """Option codes."""

    CLIENT_ID = 1
    SERVER_ID = 2
    IA_NA = 3
    IA_TA = 4
    IAADDR = 5
    ORO = 6
    PREFERENCE = 7
    ELAPSED_TIME = 8
    RELAY_MSG = 9
    AUTH = 11
    UNICAST = 12
    STATUS_CODE = 13
    RAPID_COMMIT = 14
    USER_CLASS = 15
    VENDOR_CLASS = 16
    VENDOR_OPTS = 17
    INTERFACE_ID = 18
    RECONF_MSG = 19
    RECONF_ACCEPT = 20
    DNS_SERVERS = 23
    DOMAIN_LIST = 24
    IA_PD = 25
    IAPREFIX = 26
    INFORMATION_REFRESH_TIME = 32
    REMOTE_ID = 37  # RFC 4649
    SUBSCRIBER_ID = 38  # RFC 4580
    CLIENT_FQDN = 39  # RFC 4704
    ERO = 43  # RFC 4994
    PD_EXCLUDE = 67  # RFC 6603
    CLIENT_LINKLAYER_ADDR = 79  # RFC 6939
    SOL_MAX_RT = 82
    INF_MAX_RT = 83
    ADDR_REG_ENABLE = 148  # RFC 9686


class Status(IntEnum):
    """Values of the status code option; it is absent where all is well and nothing has to be said (section 21.13)."""

    SUCCESS = 0
    UNSPEC_FAIL = 1
    NO_ADDRS_AVAIL = 2
    NO_BINDING = 3
    NOT_ON_LINK = 4
    USE_MULTICAST = 5
    NO_PREFIX_AVAIL = 6
