"""`[dns]`: the authoritative server and its zones."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tenure.config.dns_server import DnsServer
from tenure.config.fields import (
    DomainName,
    Listen,
    Octets,
    PolicyRule,
    RemotePlace,
    TransferPlace,
    ViewClient,
    ViewName,
    ViewWord,
    one_of,
)
from tenure.config.roles import RoleSection
from tenure.config.scavenging import Interval, Scavenging
from tenure.config.section import Section

Seconds = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Updates(StrEnum):
    """Who may update a zone over the wire."""

    POLICY = "policy"
    SECURE_ONLY = "secure-only"
    NONSECURE_AND_SECURE = "nonsecure-and-secure"
    NONE = "none"


class StaticRecords(StrEnum):
    """Whether updates may change static records."""

    PROTECT = "protect"
    BY_POLICY = "by-policy"


class ZoneType(StrEnum):
    """Where the content of a zone comes from."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Notify(StrEnum):
    """Who is told of the changes of a zone."""

    EXPLICIT = "explicit"
    YES = "yes"
    NO = "no"


class ZoneSection(Section):
    """A zone that is served. Its records live in the store."""

    name: DomainName
    """The apex of the zone."""

    view: ViewWord = ""
    """The view that the zone is in, one of `[[dns.views]]`. Left out, or `shared`: it is served in every view that has
    no zone of this name of its own."""

    file: str | None = None
    """A zone file (RFC 1035 section 5), relative to this file; what it includes is looked for beside it. It is loaded
    once, when the store has no such zone yet; from then on the zone lives in the store. Left out: the zone starts with
    an SOA and an NS record made from this configuration."""

    updates: Annotated[Updates, *one_of(Updates)] = Updates.POLICY
    """`policy`: updates that the policy grants; `secure-only`: the same, but whatever is not signed is refused before
    the policy is asked, and rules that would let it in are errors; `nonsecure-and-secure`: besides what the policy
    grants, anybody may change what is not static, signed or not; `none`: no update at all."""

    policy: list[PolicyRule] = []
    """Who may change what, in BIND's words: `grant|deny KEY RULETYPE [NAME] [TYPE ...]`; the first match decides.
    Behind them may stand `from NETWORK ...`, `only add` or `only delete`, and `static`. Left out: the key of our own
    updater may change everything that is not static."""

    static_records: Annotated[StaticRecords, *one_of(StaticRecords)] = StaticRecords.PROTECT
    """Records that a person wrote, such as those of the zone file. `protect`: only rules of the policy that say
    `static` change them; `by-policy`: they are records like others, as in BIND."""

    ownership: bool = False
    """Whether names have owners, as in a zone of Windows that takes secure updates: the first who writes a name and has
    signed owns it, and others change nothing there, of whatever type, unless they are in a role with the owner."""

    max_names_per_owner: Annotated[int, Field(ge=1)] | None = None
    """How many names of the zone one key or principal may own; what would be more is refused. Roles own any number.
    Left out: so do all."""

    allow_transfer: list[TransferPlace] = []
    """Who may transfer the zone: networks, and `key NAME` for whoever signs with that key. Left out: nobody
    but our own updater, by the key that stays in the store."""

    type: Annotated[ZoneType, *one_of(ZoneType)] = ZoneType.PRIMARY
    """`primary`: the zone is written here; `secondary`: it is transferred from its `primaries`, and follows them."""

    primaries: list[RemotePlace] = []
    """Where a secondary zone is transferred from, in BIND's words: `ADDRESS [port PORT] [key NAME]`, the first that can
    help is asked. The key signs the requests, and the answers must be signed with it."""

    also_notify: list[RemotePlace] = []
    """Who is told when the zone has changed (RFC 1996), written as in `primaries`."""

    notify: Annotated[Notify, *one_of(Notify)] = Notify.EXPLICIT
    """`explicit`: those of `also-notify` are told of changes; `yes`: the zone's name servers too, if their addresses
    stand in zones that are served here; `no`: nobody."""

    allow_update_forwarding: list[TransferPlace] = []
    """Whose updates of a secondary zone are passed on to its primary, signature and all: networks, and `key NAME`. Left
    out: such updates are refused."""

    max_journal_size: Octets | None = None
    """How much of the zone's past is kept for incremental transfers. Left out: as much as the whole zone has, since
    beyond that a whole transfer is shorter; `store.journal-days` holds as well."""

    aging: bool = False
    """Whether the records age that clients write themselves: their timestamps move by updates that say the same again,
    and those that nobody says any more become stale. What a person or a lease wrote does not age."""

    no_refresh_interval: Interval | None = None
    """Left out: that of `[dns.scavenging]`."""

    refresh_interval: Interval | None = None
    """Left out: that of `[dns.scavenging]`."""

    default_ttl: Seconds = 3600
    """TTL of the records that are made from this configuration, in seconds."""

    negative_ttl: Seconds = 60
    """How long resolvers may remember that a name does not exist, in seconds (RFC 2308), for a zone made from this
    configuration. Short, because names appear when clients do."""


class ViewSection(Section):
    """A view: what some of the clients see. The first view whose `match-clients` takes a client answers it."""

    name: ViewName
    """The name of the view, by which zones say that they are in it."""

    match_clients: Annotated[list[ViewClient], Field(min_length=1)] | None = None
    """Who sees the view, in BIND's words: networks, `key NAME` for whoever signs with that key, `any`, `none`, and `!`
    in front of who does not. The first word that speaks of the client decides. Left out: `any`."""


class KeyLifetime(Section):
    """How long the records live that updates with one key add."""

    key: DomainName
    """The name of the key."""

    lifetime: Seconds
    """In seconds. The same update again prolongs it. An update that asks for a lease gets what it asks for instead."""


class UpdateLease(Section):
    """Records that end by themselves (RFC 9664): an update asks how long they live, and hears what it is granted."""

    min_lease: Seconds = 30
    """The shortest lifetime that is granted, in seconds."""

    max_lease: Seconds = 604800
    """The longest lifetime that is granted, in seconds."""

    max_key_lease: Seconds = 1209600
    """The longest lifetime that is granted to KEY records, which hold a name, in seconds."""

    lifetimes: list[KeyLifetime] = []
    """Lifetimes for keys whose updates do not ask for one. Left out: what they add stays until it is deleted."""


class Dns(DnsServer):
    """The authoritative DNS server."""

    listen: Annotated[list[Listen], Field(min_length=1)]
    """Addresses and ports for UDP and TCP; the port is 53 where none is written."""

    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes answer on these addresses; more than there are cores gain nothing. Each keeps its own answers
    ready. Updates over UDP all go to one of them, so that they share commits."""

    server_name: DomainName | None = None
    """The name of this server in the NS and SOA records of zones made from this configuration; left out: `ns` in the
    first forward zone."""

    update_lease: UpdateLease = UpdateLease()
    """Records that end by themselves."""

    scavenging: Scavenging = Scavenging()
    """How records age in zones with `aging`."""

    roles: list[RoleSection] = []
    """Keys and principals that are one where names have owners; also who may change what others own."""

    views: list[ViewSection] = []
    """The views, in the order in which they are tried. Left out: everybody sees all zones."""

    zones: Annotated[list[ZoneSection], Field(min_length=1)]
    """The zones that are served."""
