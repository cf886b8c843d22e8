"""`[ddns]`: which names leases get in DNS, and where they are registered. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenure.config.fields import DomainName, Label, RemotePlace, Replacement, Template, ViewWord, one_of
from tenure.config.gss_tsig import GssTsigSection, UpdateSecurityLevel
from tenure.config.section import Section
from tenure.naming.policy import (
    ConflictAction,
    OneDevice,
    OnMove,
    RandomizedMac,
    ReplaceClientName,
    TxtMarkers,
    UpdateModel,
    WhenUnreachable,
)
from tenure.naming.profile import Profile
from tenure.updating.routing import ConflictMode

Ttl = Annotated[int, Field(ge=1, le=2**31 - 1)]


class DdnsParameters(Section):
    """The parameters that `[ddns]` sets for all leases and the levels below it set again for their own."""

    ddns_update_model: Annotated[UpdateModel | None, *one_of(UpdateModel)] = None
    """Who updates DNS, in one word for the three switches below it. `client`: a client that wants to keeps its forward
    record, the server keeps its reverse record. `server`: the server keeps both, whatever the client asks for. `none`:
    the server writes nothing. A switch that is written beside it, or on a more specific level, counts over it."""

    ddns_send_updates: bool | None = None
    """Whether leases are registered in DNS at all. Default: true."""

    ddns_override_no_update: bool | None = None
    """Register also for a client that asks for no update (N flag of its FQDN option). Default: false."""

    ddns_override_client_update: bool | None = None
    """Keep the forward record also for a client that wants to do it itself (S flag clear). Default: false."""

    ddns_update_unasked: bool | None = None
    """Register also clients that send no FQDN option, and so never asked for it. Default: true."""

    ddns_update_on_renew: bool | None = None
    """Write the records again at each renewal, though nothing changed and DNS is known to hold them. Default: false."""

    ddns_replace_client_name: Annotated[ReplaceClientName | None, *one_of(ReplaceClientName)] = None
    """When a generated name stands in for the client's: `never`, `always`, `when-present` or `when-not-present`.
    Default: `when-not-present`."""

    ddns_generated_prefix: str | None = None
    """What generated names begin with: `host` gives `host-10-1-2-55`. Default: `host`."""

    ddns_name_template: Template | None = None
    """What generated names are made of: `{prefix}`, `{address}`, `{mac}`, `{hash}` (of the client's identity, with a
    key that stays in the store), `{subnet}`, `{circuit}` (of option 82). Default: `{prefix}-{address}`."""

    hostname_char_replacement: Replacement | None = None
    """What stands for a character of a client's name that no host name can have. Default: nothing."""

    ddns_conflict_resolution_mode: Annotated[ConflictMode | None, *one_of(ConflictMode)] = None
    """How the right to a name is proved before it is written, for these leases alone; the words are those of `[ddns]`.
    Leases that share a zone and are not proved in one way can take names from each other. Default: as the name's zone
    says it, or `[ddns]`."""

    ddns_conflict_action: Annotated[ConflictAction | None, *one_of(ConflictAction)] = None
    """What becomes of a name that another device has: `refuse`; `suffix` puts a number behind it (`pc-2`); `guest-zone`
    puts it below ddns-guest-suffix. A reservation's name is refused or its own. Default: `refuse`."""

    ddns_guest_suffix: DomainName | None = None
    """The domain of guests; a forward zone must cover it. Default: none."""

    ddns_guest_lifetime: Annotated[int, Field(ge=60, le=86400)] | None = None
    """The longest lease in seconds of a device that is a guest by its hardware address. Default: 900."""

    ddns_randomized_mac: Annotated[RandomizedMac | None, *one_of(RandomizedMac)] = None
    """What becomes of devices with a randomised (locally administered) hardware address and no reservation: `name`, as
    of all others; `unnamed`; `guest`, below ddns-guest-suffix and with short leases. Virtual machines often have such
    addresses too. Default: `name`."""

    ddns_when_unreachable: Annotated[WhenUnreachable | None, *one_of(WhenUnreachable)] = None
    """What a client is told that leaves its forward record to the server, while the zone takes no update: `promise`,
    that it will be written, as it will; `client`, that it may do so itself; `none`, that nobody here does. Who was
    promised it already is told nothing else. Default: `promise`."""

    ddns_client_update_wait: Annotated[int, Field(ge=0, le=86400)] | None = None
    """How long after its lease a client may take to write a forward record that it wanted to keep itself, in seconds;
    then the primary is asked, and a client that has not done it is reported. 0: nobody looks. Default: 300."""

    ddns_one_device: Annotated[OneDevice | None, *one_of(OneDevice)] = None
    """How the DHCPv4 and DHCPv6 clients of one device are known, so that its addresses have one name and one proof:
    `off`; `seen`, by a hardware address that others than the client saw (in DHCPv4 packets, option 79 of relays,
    link-local addresses); `claimed`, also by one that only its DUID speaks of, which anybody can make up. Default:
    `seen` where `[dhcp4]` and `[dhcp6]` are both there, else `off`."""

    ddns_on_move: Annotated[OnMove | None, *one_of(OnMove)] = None
    """Which names the running leases of a client keep when it takes another one in another subnet, or under another
    client identifier of the same hardware address: `newest`, none, because the new one has them; `all`, theirs;
    `per-subnet`, those that differ from the new one's. Default: `newest`."""

    ddns_register_reservations: bool | None = None
    """Whether a reservation with an address and a host name has its records in DNS from when it is made until it is
    deleted, leased or not; else they come and go with the lease. They are proved by what the reservation knows its
    client by, a hardware address, a client identifier or a DUID, and are the server's to write, whatever the client
    asks for. Default: false."""

    ddns_qualifying_suffix: DomainName | None = None
    """The domain behind names that are not complete; a forward zone must cover it. Default: the forward zone, if there
    is exactly one."""

    ddns_ttl: Ttl | None = None
    """TTL of the records of a lease in seconds, whatever the lease. Default: a part of the lease, see below."""

    ddns_ttl_percent: Annotated[float, Field(gt=0, le=1)] | None = None
    """TTL as a part of the lease. Default: one third (RFC 4702 section 5)."""

    ddns_ttl_min: Ttl | None = None
    """The least TTL in seconds, as long as the lease is longer. Default: 600."""

    ddns_ttl_max: Ttl | None = None
    """The greatest TTL in seconds; goes before the floor of 600 that nobody wrote. Default: none."""


class DomainSection(Section):
    """A zone in which leases are registered, and the servers that take its updates."""

    zone: DomainName
    """The zone; a name belongs to the longest zone here that covers it."""

    view: ViewWord | None = None
    """Of a zone under `[dns]` that is there in several views: the view that leases belong to, or `shared`."""

    servers: Annotated[list[RemotePlace], Field(min_length=1)] | None = None
    """The primary servers, tried in this order, in BIND's words: `ADDRESS[:PORT] [port PORT] [key NAME]`. The port is
    53 where none is written; a key written here signs what goes to this server. Default for a zone under `[dns]`: this
    server itself."""

    key: DomainName | None = None
    """The key that signs the updates. Default for a zone under `[dns]`: the key that its policy grants; otherwise
    updates are not signed."""

    gss_tsig: bool = False
    """Whether updates are signed by Kerberos (GSS-TSIG, RFC 3645), as `[ddns.gss-tsig]` says, instead of by a key."""

    server_principal: str | None = None
    """The principal of the servers, such as `DNS/dc1.example.test@EXAMPLE.TEST`; Kerberos finds the realm where none is
    written. Left out: `DNS/` and the name that each server gives as the primary in the zone's SOA record."""

    update_security_level: Annotated[UpdateSecurityLevel | None, *one_of(UpdateSecurityLevel)] = None
    """With gss-tsig: `only-secure`, every update is signed; `unsecure-followed-by-secure`, it goes out unsigned, and
    signed where that is refused, as Windows' clients do it. Default: `only-secure`."""

    ddns_conflict_resolution_mode: Annotated[ConflictMode | None, *one_of(ConflictMode)] = None
    """As in `[ddns]`, for this zone alone."""


class Ddns(DdnsParameters):
    """Names of leases in DNS: the defaults for all subnets, and where names are registered."""

    profile: Annotated[Profile | None, *one_of(Profile)] = None
    """Another product whose defaults are taken where nothing is written: `kea`, `windows` or `isc`."""

    forward: Annotated[list[DomainSection], Field(min_length=1)] | None = None
    """The zones that hold names. Default: the zones under `[dns]` that are not reverse zones."""

    reverse: Annotated[list[DomainSection], Field(min_length=1)] | None = None
    """The zones that hold the names of addresses. Default: the reverse zones under `[dns]`."""

    gss_tsig: GssTsigSection | None = None
    """Who the updater is to Kerberos, for the zones that have gss-tsig set."""

    ddns_conflict_resolution_mode: Annotated[ConflictMode, *one_of(ConflictMode)] = ConflictMode.CHECK_WITH_DHCID
    """How the right to a name is proved before it is written: `check-with-dhcid` (RFC 4703), `check-exists-with-dhcid`,
    `no-check-with-dhcid` or `no-check-without-dhcid`. Only the first never takes a name from somebody else."""

    ddns_txt_markers: Annotated[TxtMarkers, *one_of(TxtMarkers)] = TxtMarkers.RECOGNISE
    """What the TXT markers of ISC dhcpd (`ddns-update-style interim`) count where the right to a name is proved:
    `recognise`, the name is the client's whose marker it is, which becomes a DHCID; `ignore`, they are records as any
    other."""

    reconcile_interval: Annotated[int, Field(ge=0, le=604800)] = 3600
    """How often the janitor reads the zones back, compares them with the leases and has put right what is ours, in
    seconds; of a zone that was well only what changed since is read, and all of it once a day. 0: never by itself
    (`tenure reconcile`)."""

    check_interval: Annotated[int, Field(ge=0, le=604800)] = 3600
    """How often the updater proves its way to every server (`tenure ddns check`), in seconds, the first time soon after
    the start; what is wrong is looked at each minute. 0: never by itself."""

    expiry_grace: Annotated[int, Field(ge=0, le=86400)] = 0
    """How long the names of a lease that has expired stay in DNS, in seconds, for devices that come and go: one that is
    back by then keeps its name all the while. Another device that wants the name gets it at once, and with a release
    names go at once. Of leases that tenure gives itself: those of other servers end as those servers say."""

    ddns_reserved_names: list[DomainName] = []
    """Names that no client can claim, besides the apexes and name servers of the zones under `[dns]`."""

    ddns_reserved_labels: list[Label] = ["isatap", "localhost", "wpad"]
    """First labels that no client can claim in any zone."""
