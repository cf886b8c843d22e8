"""An entry of the history: what happened, to what, caused by what, by whom; and the catalogue of what can happen."""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.dnswire.name import Name


class Event(NamedTuple):
    """Appended in the transaction of the change that it tells of, and never changed."""

    at: float  # UTC seconds
    kind: str  # one of KINDS
    actor: str  # who acted: `dhcp4`, `updater`, `janitor`, `dns key dhcp.`, `cli root`
    cause: str  # what made it happen: `REQUEST SELECTING from 10.1.0.1`, a Reason code, an RCODE
    correlation: str  # the same in everything that follows from one packet
    address: bytes | None = None  # 4 or 16 octets
    name: Name | None = None
    client: bytes | None = None  # the lease's identity key
    hardware: bytes | None = None  # htype octet and hardware address
    detail: str = ""  # more for people, in words


KINDS: Final[dict[str, str]] = {
    "lease-bound": "a client has leased an address that it did not hold",
    "lease-renewed": "a client holds its address longer, perhaps under another name",
    "lease-released": "a client gave its address back",
    "lease-taken-away": "a person ended a lease, or the registration of an address that its host made itself",
    "lease-declined": "a client found its address in use by somebody else; it is in quarantine",
    "conflict-found": "an address that was to be offered is used by somebody who has no lease; it is in quarantine",
    "quarantine-lifted": "a person ended the quarantine of an address before its time",
    "lease-superseded": "a client has another address now, so the lease of the one before ended",
    "device-tied": "a client's identity was seen with a hardware address for the first time, or again after another's",
    "lease-proved-anew": "a lease keeps its name under the proof that its device has for it",
    "lease-renamed": "DNS refused a lease its name, or a person gave it another; its client hears of it when it renews",
    "lease-expired": "a lease ran out",
    "reservation-named": "a reservation has its name in DNS from here on, leased or not (ddns-register-reservations)",
    "reservation-unnamed": "a reservation is gone, or another lease counts for its name or address: its records go",
    "option-malformed": "a client's FQDN option cannot be read, and counts as not sent",
    "request-refused": "a client asked for an address that it cannot have: it was refused (DHCPNAK), or not answered",
    "name-requested": "another DHCP server asked for the records of a lease of its own (a name change request)",
    "name-taken-back": "another DHCP server asked to take the records of a lease away",
    "change-refused": "a name change request was not followed, because its name cannot stand in DNS",
    "heard-lease-followed": "a lease of a followed DHCP server began, or has another name or other records now",
    "heard-lease-ended": "a lease of another DHCP server is over",
    "registration-confirmed": "an authoritative server has confirmed what DNS says for a lease, in one direction",
    "registration-removed": "an authoritative server has confirmed that what tenure wrote for a lease is gone",
    "registration-refused": "DNS cannot say what a lease wants, and the reason is permanent",
    "name-taken-over": "a lease lost its name to another one, which wrote over it (ddns-conflict-resolution-mode)",
    "registration-failed": "DNS could not be changed for now; it is tried again",
    "registration-drifted": "DNS was read and does not say what was registered, or what stood in the way is gone",
    "name-locked": "a person has locked a name: no automatic way changes what DNS says of it",
    "name-unlocked": "a person has unlocked a name: what waited for that goes on",
    "name-adopted": "a person gave a lease the name that DNS had refused it: what stands there is written over",
    "name-transferred": "a person moved a name to another lease: the one that had it loses its records",
    "name-released": "a person had the records of a lease taken out of DNS",
    "record-stale": "a record that tenure wrote stands in DNS, and no lease wants it: it is taken away",
    "zone-reconciled": "a zone was read and compared with the registrations",
    "client-updated": "a client has written the forward record that it keeps itself",
    "client-silent": "a client said that it writes its forward record itself, and has not done so in time",
    "zone-failing": "no server of a zone gives an answer that counts, so its names cannot be written",
    "zone-well": "a zone that failed takes updates again",
    "update-applied": "our DNS server has carried out an update",
    "update-refused": "our DNS server has refused an update",
    "update-ignored": "our DNS server has accepted an update, and left some of its records as they were",
    "name-owned": "a name has got an owner by an update that said only what was there already",
    "owner-transferred": "a person has given a name to another owner",
    "owner-reclaimed": "a person has taken a name from its owner: the next who writes it by a signature gets it",
    "transfer-refused": "our DNS server has refused to give a zone away as a whole, or what changed in it",
    "tkey-refused": "our DNS server has refused a security context (GSS-TSIG), or to end one",
    "updates-not-recorded": "more updates, transfers and contexts were refused in a second than the history keeps",
    "records-ended": "records whose lifetime their writer had limited (RFC 9664) are gone",
    "records-scavenged": "records that nobody has refreshed for both intervals were taken out of their zone",
    "records-restored": "records that were scavenged are back, as a person wanted",
    "zone-scavenged": "a pass has looked for stale records in a zone, and has removed them or says why not",
    "zone-transferred": "a secondary zone was taken over from its primary",
    "zone-created": "a zone was made from its file, as the configuration says",
    "zone-moved": "a zone with all that it has is in another view",
    "zone-imported": "a zone file was taken in",
    "zone-edited": "a person has changed a zone",
    "key-rotated": "a TSIG key has a new secret beside the one before",
    "key-retired": "an older secret of a TSIG key, or the whole key, was ended before its time",
}
