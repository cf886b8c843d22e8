"""What an operator configures for naming; keys and meanings are those of Kea's `ddns-*` parameters. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenure.dnswire.name import Name


class UpdateModel(StrEnum):
    """Who updates DNS, in one word for the switches that say so (`ddns-update-model`)."""

    CLIENT = "client"  # a client that wants to keeps its forward record, the server its reverse record
    SERVER = "server"  # the server keeps both records, whatever the client asks for
    NONE = "none"  # the server writes nothing


MODEL_SWITCHES: Mapping[UpdateModel, Mapping[str, bool]] = {
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
    qualifying_suffix: Name | None = None  # ddns-qualifying-suffix; None: only full names can be registered
    ttl_percent: float = 1 / 3  # ddns-ttl-percent, of the lease
    ttl_min: int = 600  # ddns-ttl-min, seconds
    ttl_max: int | None = None  # ddns-ttl-max, seconds
    ttl: int | None = None  # ddns-ttl: this one whatever the lease
    forward_zones: frozenset[Name] = frozenset()  # names outside all of these are not claimed
    # whole names and first labels that no client can claim (apexes, name servers, static names; wpad, isatap, ...)
    reserved_names: frozenset[Name] = field(default_factory=frozenset)
    reserved_labels: frozenset[bytes] = frozenset({b"wpad", b"isatap", b"localhost"})
