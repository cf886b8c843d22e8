"""The catalogue of reasons: why a lease has, or has not, its names in DNS. One code, one sentence for people.

Every surface (log, command line, pages) takes its words from here, so they are the same everywhere.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The code of a reason; its value is what is stored and shown."""

    # where a name came from
    CLIENT_FQDN = "client-fqdn"
    HOST_NAME = "host-name"
    RESERVATION = "reservation"
    GENERATED = "generated"
    NUMBERED = "numbered"
    GUEST_NAME = "guest-name"
    GUEST_DEVICE = "guest-device"
    # why there is none, or none of ours
    NO_NAME = "no-name"
    NAME_INVALID = "name-invalid"
    NAME_RESERVED = "name-reserved"
    NAME_NOT_COVERED = "name-not-covered"
    NO_SUFFIX = "no-suffix"
    TOP_LEVEL_ZONE = "top-level-zone"
    TEMPLATE_UNFILLED = "template-unfilled"
    RANDOMIZED_MAC = "randomized-mac"
    NO_IDENTITY = "no-identity"
    UPDATES_DISABLED = "updates-disabled"
    NOT_ASKED = "not-asked"
    CLIENT_DECLINES = "client-declines"
    CLIENT_UPDATES = "client-updates"
    PREFIX = "prefix"
    ZONE_FAILING = "zone-failing"
    # what became of a registration
    WAITING = "waiting"
    NAME_ADOPTED = "name-adopted"
    TXT_MARKER = "txt-marker"
    CONFIRMED = "confirmed"
    MARKER_UPGRADED = "marker-upgraded"
    NAME_TAKEN = "name-taken"
    NAME_TAKEN_OVER = "name-taken-over"
    NAME_STATIC = "name-static"
    NAME_IN_USE = "name-in-use"
    LEFT_TO_DHCP = "left-to-dhcp"
    NAME_ALIAS = "name-alias"
    NAME_LOCKED = "name-locked"
    CLIENT_WROTE = "client-wrote"
    MARKER_GONE = "marker-gone"
    CLIENT_UPDATED = "client-updated"
    CLIENT_SILENT = "client-silent"
    FORWARD_REFUSED = "forward-refused"
    POINTER_TAKEN = "pointer-taken"
    NO_ZONE = "no-zone"
    NO_PRIMARY = "no-primary"
    PUBLIC_SERVER = "public-server"
    ZONE_CUT = "zone-cut"
    SERVER_REFUSED = "server-refused"
    SERVER_FAILED = "server-failed"
    SERVER_UNREACHABLE = "server-unreachable"
    SERVER_NOT_AUTHORITATIVE = "server-not-authoritative"
    SERVER_TAKES_FEWER = "server-takes-fewer"
    KEY_REJECTED = "key-rejected"
    NO_TICKET = "no-ticket"
    CONTEXT_REFUSED = "context-refused"
    CLOCK_DIFFERS = "clock-differs"
    REPLY_UNVERIFIED = "reply-unverified"
    UPDATE_REJECTED = "update-rejected"
    RECORD_MISSING = "record-missing"
    RECORD_CHANGED = "record-changed"
    OBSTACLE_GONE = "obstacle-gone"
    # why a registration is taken away
    LEASE_EXPIRED = "lease-expired"
    LEASE_RELEASED = "lease-released"
    LEASE_TAKEN_AWAY = "lease-taken-away"
    ADDRESS_DECLINED = "address-declined"
    ADDRESS_IN_USE = "address-in-use"
    NAME_CHANGED = "name-changed"
    SUPERSEDED = "superseded"
    DEVICE_TIED = "device-tied"
    TAKEN_BACK = "taken-back"
    OTHER_LEASE = "other-lease"
    SOURCE_FORGOTTEN = "source-forgotten"
    STALE_RECORD = "stale-record"
    RESERVATION_GONE = "reservation-gone"
    NAME_RELEASED = "name-released"
    NAME_TRANSFERRED = "name-transferred"
    NOT_OURS = "not-ours"
    REMOVED = "removed"


WORDS: Final[dict[Reason, str]] = {
    Reason.CLIENT_FQDN: "the client sent this name in its FQDN option",
    Reason.HOST_NAME: "the client sent this name in its host name option",
    Reason.RESERVATION: "a reservation gives this name",
    Reason.GENERATED: "the name was generated (ddns-name-template)",
    Reason.NUMBERED: "the name belongs to somebody else, so a number was put behind it (ddns-conflict-action)",
    Reason.GUEST_NAME: "the name belongs to somebody else, so it stands in the guest zone (ddns-conflict-action)",
    Reason.GUEST_DEVICE: "the hardware address is a randomised one, so the name is a guest's (ddns-randomized-mac)",
    Reason.NO_NAME: "the client sent no name that can be read, and none is generated here",
    Reason.NAME_INVALID: "nothing of the name that the client sent can stand in a zone",
    Reason.NAME_RESERVED: "the name is reserved and cannot be claimed by a client",
    Reason.NAME_NOT_COVERED: "no forward zone covers the name; add the one that it is in under [[ddns.forward]]",
    Reason.NO_SUFFIX: "the host has a name, and no domain below which it stands",
    Reason.TOP_LEVEL_ZONE: "the name is directly below a top-level domain, where hosts are not registered by default",
    Reason.TEMPLATE_UNFILLED: "the template of generated names speaks of something that this client does not have",
    Reason.RANDOMIZED_MAC: "the hardware address is a randomised one, and those are left unnamed (ddns-randomized-mac)",
    Reason.NO_IDENTITY: "the client's identity is not fit to prove who owns a name (RFC 4701)",
    Reason.UPDATES_DISABLED: "updates are switched off here (ddns-send-updates)",
    Reason.NOT_ASKED: "the client sent no FQDN option that can be read; no others count (ddns-update-unasked)",
    Reason.CLIENT_DECLINES: "the client asked for no update at all (N flag)",
    Reason.CLIENT_UPDATES: "the client keeps its forward record itself (S flag clear)",
    Reason.PREFIX: "only addresses have names, and this is a delegated prefix",
    Reason.ZONE_FAILING: "the zone took no update then, so none was promised to the client (ddns-when-unreachable)",
    Reason.WAITING: "the update is on its way",
    Reason.NAME_ADOPTED: "a person gave this lease the name (tenure names adopt): it is written over what is there",
    Reason.TXT_MARKER: "a TXT marker of ISC dhcpd stands at the name: if it is this client's, it becomes a DHCID",
    Reason.MARKER_UPGRADED: "confirmed: the name had this client's TXT marker of ISC dhcpd, which is a DHCID now",
    Reason.CONFIRMED: "the authoritative server has confirmed the record",
    Reason.NAME_TAKEN: "the name belongs to another client (its DHCID is not this client's)",
    Reason.NAME_TAKEN_OVER: "another lease has written its address over this one's (ddns-conflict-resolution-mode)",
    Reason.NAME_STATIC: "records without a DHCID stand at the name: a person or another program made them",
    Reason.NAME_IN_USE: "the name has other records than this host wrote, and the agent stops there (conflict)",
    Reason.LEFT_TO_DHCP: "the DHCP server that leased the address has promised to write it (options 81 and 39)",
    Reason.NAME_ALIAS: "an alias (CNAME) stands there, and no other record can stand beside it",
    Reason.NAME_LOCKED: "a person has locked the name, so it stays as it is until they unlock it (tenure names unlock)",
    Reason.CLIENT_WROTE: "the client wrote its forward record itself, though it was told that the server does (O flag)",
    Reason.MARKER_GONE: "somebody took the DHCID that proved the name out of DNS; what stands there is left as it is",
    Reason.CLIENT_UPDATED: "the client has written its forward record itself, as it said",
    Reason.CLIENT_SILENT: "the client said that it writes its forward record itself, and it has not",
    Reason.FORWARD_REFUSED: "the address has no reverse record, because the name was refused",
    Reason.POINTER_TAKEN: "a person made the address's reverse record; delete it, or keep the address out of the pools",
    Reason.NO_ZONE: "no configured zone covers the record",
    Reason.NO_PRIMARY: "no name server says in which zone the name is, and which server takes its updates",
    Reason.PUBLIC_SERVER: "a private address is nothing for the server, which is a public one",
    Reason.ZONE_CUT: "the record is in a zone below the configured one, which other servers have",
    Reason.SERVER_REFUSED: "the server's policy, or the owner of the name, does not let this key write the record",
    Reason.SERVER_FAILED: "the server could not carry out the update",
    Reason.SERVER_UNREACHABLE: "the server does not answer",
    Reason.SERVER_NOT_AUTHORITATIVE: "the server is not authoritative for the zone",
    Reason.SERVER_TAKES_FEWER: "the server takes updates, with fewer names in a message than are sent otherwise",
    Reason.KEY_REJECTED: "the server does not accept the TSIG key",
    Reason.NO_TICKET: "Kerberos gives no ticket to sign updates with (GSS-TSIG)",
    Reason.CONTEXT_REFUSED: "the server agrees on no security context to sign updates in (GSS-TSIG)",
    Reason.CLOCK_DIFFERS: "the clocks of the server and this machine are too far apart for TSIG",
    Reason.REPLY_UNVERIFIED: "the server's reply was not signed with our key and cannot be believed",
    Reason.UPDATE_REJECTED: "the server called the update malformed or outside its zone",
    Reason.RECORD_MISSING: "the record was registered and is not in DNS any more; it is written again",
    Reason.RECORD_CHANGED: "something else than was registered stands in DNS; the record is written again",
    Reason.OBSTACLE_GONE: "what stood in the way in DNS is gone, so it is tried again",
    Reason.LEASE_EXPIRED: "the lease ended by expiry",
    Reason.LEASE_RELEASED: "the client released the lease",
    Reason.LEASE_TAKEN_AWAY: "a person ended the lease (tenure leases release)",
    Reason.ADDRESS_DECLINED: "the client found the address in use and declined it",
    Reason.ADDRESS_IN_USE: "somebody who has no lease of it was found to use the address",
    Reason.NAME_CHANGED: "the client has another name now",
    Reason.SUPERSEDED: "the client has another lease now",
    Reason.DEVICE_TIED: "the client turned out to be one device with another, and proves the name as that one does",
    Reason.TAKEN_BACK: "the DHCP server that asked for the record asked to take it away",
    Reason.OTHER_LEASE: "the address is leased to another client, or under another name, now",
    Reason.SOURCE_FORGOTTEN: "the leases that asked for the record are not followed any more",
    Reason.STALE_RECORD: "tenure wrote the record, and no lease wants it any longer",
    Reason.RESERVATION_GONE: "the reservation that kept the name in DNS is gone, or keeps another one there now",
    Reason.NAME_RELEASED: "a person had the lease's records taken out of DNS (tenure names release)",
    Reason.NAME_TRANSFERRED: "a person moved the name to another lease (tenure names transfer)",
    Reason.NOT_OURS: "the record belongs to somebody else now and was left alone",
    Reason.REMOVED: "the record was taken away",
}

# Somebody else has the name in DNS, or a person keeps it, so it is refused in both directions.
NAME_REFUSALS: Final = frozenset({Reason.NAME_TAKEN, Reason.NAME_TAKEN_OVER, Reason.NAME_STATIC, Reason.NAME_LOCKED})
