"""What an operator configures for naming; keys and meanings are those of Kea's `ddns-*` parameters. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tenure.dnswire.name import Name
from tenure.naming.template import BY_ADDRESS, NameTemplate


class UpdateModel(StrEnum):
    """Who updates DNS, in one word for the switches that say so (`ddns-update-model`)."""

    CLIENT = "client"  # a client that wants to keeps its forward record, the server its reverse record
    SERVER = "server"  # the server keeps both records, whatever the client asks for
    NONE = "none"  # the server writes nothing


MODEL_SWITCHES: Final[Mapping[UpdateModel, Mapping[str, bool]]] = {
    UpdateModel.CLIENT: {"send_updates": True, "override_client_update": False, "override_no_update": False},
    UpdateModel.SERVER: {"send_updates": True, "override_client_update": True, "override_no_update": True},
    UpdateModel.NONE: {"send_updates": False},
}


class ReplaceClientName(StrEnum):
    """When a generated name stands in for the client's (`ddns-replace-client-name`)."""

    NEVER = "never"
    ALWAYS = "always"
    WHEN_PRESENT = "when-present"
    WHEN_NOT_PRESENT = "when-not-present"


class ConflictAction(StrEnum):
    """What becomes of a name that another device has (`ddns-conflict-action`)."""

    REFUSE = "refuse"  # the lease has none
    SUFFIX = "suffix"  # a number goes behind it: `pc-2`
    GUEST_ZONE = "guest-zone"  # it goes below `ddns-guest-suffix`


class RandomizedMac(StrEnum):
    """What becomes of devices with a randomised hardware address (`ddns-randomized-mac`; RFC 9724)."""

    NAME = "name"  # the same as of all others
    UNNAMED = "unnamed"
    GUEST = "guest"  # below `ddns-guest-suffix`, with leases of at most `ddns-guest-lifetime`


class TxtMarkers(StrEnum):
    """What a marker counts that ISC dhcpd has left at a name from before there was DHCID (`ddns-txt-markers`)."""

    RECOGNISE = "recognise"  # it proves whose the name is, and becomes a DHCID
    IGNORE = "ignore"  # it is a record as any other


class WhenUnreachable(StrEnum):
    """What a client is told that leaves its name to us, while the name's zone takes no update."""

    PROMISE = "promise"  # that we write it, as we shall
    CLIENT = "client"  # that it may write its forward record itself
    NONE = "none"  # that nobody here does


class OneDevice(StrEnum):
    """How the clients of one device are known, so that IPv4 and IPv6 share a name (`ddns-one-device`)."""

    OFF = "off"  # each client is a device
    SEEN = "seen"  # by a hardware address that others than the client saw
    CLAIMED = "claimed"  # also by one that only the client's DUID speaks of


class OnMove(StrEnum):
    """Which leases of a client that begins another one elsewhere keep their names (`ddns-on-move`)."""

    NEWEST = "newest"  # only the new one has names
    ALL = "all"  # all that run
    PER_SUBNET = "per-subnet"  # those that have another name than the new one


@dataclass(frozen=True, slots=True)
class NamingPolicy:
    """The effective policy of one subnet, after defaults and precedence."""

    send_updates: bool = True  # ddns-send-updates
    override_no_update: bool = False  # ddns-override-no-update: a client's N flag is not honoured
    override_client_update: bool = False  # ddns-override-client-update: we do forward even if the client wants to
    update_unasked: bool = True  # ddns-update-unasked: also for clients that send no FQDN option
    update_on_renew: bool = False  # ddns-update-on-renew: DNS is written at each renewal, changed or not
    replace_client_name: ReplaceClientName = ReplaceClientName.WHEN_NOT_PRESENT
    generated_prefix: str = "host"  # ddns-generated-prefix
    name_template: NameTemplate = BY_ADDRESS  # ddns-name-template, of generated names
    hostname_char_replacement: str = ""  # for what cannot stand in a host name
    qualifying_suffix: Name | None = None  # ddns-qualifying-suffix; None: only full names can be registered
    ttl_percent: float = 1 / 3  # ddns-ttl-percent, of the lease
    ttl_min: int = 600  # ddns-ttl-min, seconds
    ttl_max: int | None = None  # ddns-ttl-max, seconds
    ttl: int | None = None  # ddns-ttl: this one whatever the lease
    conflict_resolution_mode: str | None = None  # ddns-conflict-resolution-mode (Kea's word); None: as the zone says
    conflict_action: ConflictAction = ConflictAction.REFUSE
    guest_suffix: Name | None = None  # ddns-guest-suffix; must be there where something puts devices into it
    guest_lifetime: int = 900  # ddns-guest-lifetime, seconds
    randomized_mac: RandomizedMac = RandomizedMac.NAME
    when_unreachable: WhenUnreachable = WhenUnreachable.PROMISE  # ddns-when-unreachable
    client_update_wait: int = 300  # ddns-client-update-wait, seconds until its forward record is looked for; 0: never
    one_device: OneDevice = OneDevice.OFF  # ddns-one-device; SEEN where DHCPv4 and DHCPv6 are both served
    on_move: OnMove = OnMove.NEWEST  # ddns-on-move
    register_reservations: bool = False  # ddns-register-reservations: their names are in DNS leased or not
    # of a reservation that does so: the identity key that proves the name, and the addresses at which it stands
    proved_by: bytes | None = None
    stands_at: frozenset[bytes] = frozenset()
    hash_key: bytes = field(default=b"", repr=False)  # of `{hash}` in the template; kept in the ledger
    forward_zones: frozenset[Name] = frozenset()  # names outside all of these are not claimed
    own_zones: frozenset[Name] = frozenset()  # of these, the ones that are looked into before a name is promised
    # whole names and first labels that no client can claim (apexes, name servers, static names; wpad, isatap, ...)
    reserved_names: frozenset[Name] = field(default_factory=frozenset)
    reserved_labels: frozenset[bytes] = frozenset({b"wpad", b"isatap", b"localhost"})
    # whether a name can be chosen from the client's words and address alone, as mostly it can
    is_plain: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        plain = (
            {"prefix", "address"}.issuperset(self.name_template.words)
            and self.conflict_action is ConflictAction.REFUSE
            and self.randomized_mac is RandomizedMac.NAME
            and self.when_unreachable is WhenUnreachable.PROMISE
        )
        object.__setattr__(self, "is_plain", plain)
