"""Which name a lease gets, who registers it, and what the client is told: the one call that leasing makes for naming.

    a reservation's name, or the client's FQDN option, or its host name option, or a generated name
    -> normalised, completed -> covered, not reserved -> negotiated -> identity, TTL

Made once per lease, so the usual case takes the short way.
"""

from __future__ import annotations

from typing import Final

from tenure.dhcpwire.fqdn import ClientFqdn, NameKind, ascii_field, build_answer
from tenure.dnswire.name import MAX_NAME, ROOT, Name, labels
from tenure.naming.address_text import address_label
from tenure.naming.collision import obstacle_at, settle_name, zone_of
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.hostname import normalise, printable, split_text
from tenure.naming.negotiation import Negotiation, Request, leave_to_client, negotiate, refuse, request_of
from tenure.naming.place import Obstacle, Place, is_randomized
from tenure.naming.policy import ConflictAction, NamingPolicy, RandomizedMac, ReplaceClientName, WhenUnreachable
from tenure.naming.reason import Reason
from tenure.naming.registration import Wished
from tenure.naming.template import BY_ADDRESS, Device
from tenure.naming.ttl import record_ttl

# To look a member up in its enumeration costs more than most steps here.
_CLIENT_FQDN: Final = Reason.CLIENT_FQDN
_HOST_NAME: Final = Reason.HOST_NAME
_GENERATED: Final = Reason.GENERATED
_RESERVATION: Final = Reason.RESERVATION
_GUEST_DEVICE: Final = Reason.GUEST_DEVICE
_CLIENT_UPDATES: Final = Reason.CLIENT_UPDATES
_ZONE_FAILING: Final = Reason.ZONE_FAILING
_UNSAID: Final = Request.UNSAID
_DOTTED: Final = NameKind.DOTTED
_REPLACES_NAMES: Final = frozenset({ReplaceClientName.ALWAYS, ReplaceClientName.WHEN_PRESENT})
_GIVES_NAMES: Final = frozenset({ReplaceClientName.ALWAYS, ReplaceClientName.WHEN_NOT_PRESENT})

_LENGTH: Final = tuple(bytes((value,)) for value in range(64))


class Naming:
    """What is to be registered for a lease, and what the client hears. Nothing is registered when `fqdn` is None."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        fqdn: Name | None,
        dhcid: bytes | None,
        ttl: int,
        forward: bool,
        reverse: bool,
        reason: Reason,
        heard: str,
        reply_fqdn: bytes | None,
        reply_host_name: bytes | None,
        wished: Wished | None = None,
    ) -> None:
        self.fqdn: Final = fqdn  # lower case
        self.dhcid: Final = dhcid  # there exactly when `fqdn` is
        self.ttl: Final = ttl  # seconds
        self.forward: Final = forward  # we keep the address record
        self.reverse: Final = reverse  # we keep the PTR record
        self.reason: Final = reason  # where the name came from, or why there is none or not all of it ours
        self.heard: Final = heard  # what the client called itself: printable ASCII, at most 255 characters
        self.reply_fqdn: Final = reply_fqdn  # data of option 81 or 39; None if the client did not send it
        self.reply_host_name: Final = reply_host_name  # data of option 12
        self.wished: Final = wished  # where another name may stand in for it

    def without_name(self, reason: Reason) -> Naming:
        """The same where nothing is to be registered after all; the client hears what it would have heard."""
        return Naming(
            None, None, self.ttl, False, False, reason, self.heard, self.reply_fqdn, self.reply_host_name, self.wished
        )

    def as_elsewhere(self, reason: Reason, heard: str) -> Naming:
        """The same where the name is one that another lease of the client has: by that one's reason, heard there."""
        told = (self.reply_fqdn, self.reply_host_name, self.wished)
        return Naming(self.fqdn, self.dhcid, self.ttl, self.forward, self.reverse, reason, heard, *told)


class _Wish:
    """A name before it is judged."""

    def __init__(self, spoken: tuple[bytes, ...], complete: bool, source: Reason) -> None:
        self.labels: Final = spoken
        self.complete: Final = complete  # no suffix is to be added
        self.source: Final = source


def name_lease(
    fqdn_option: ClientFqdn | None,
    host_name: bytes | None,
    reserved_name: str | None,
    identity: tuple[int, bytes] | None,
    address: bytes,
    lifetime: int,
    policy: NamingPolicy,
    place: Place | None = None,
    obstacle: Obstacle | None = None,
) -> Naming:
    """The naming of one lease.

    `fqdn_option` is None also when option 81 was malformed; `host_name` is the data of option 12, ignored beside an
    option 81 (RFC 4702 section 3.1); `identity` is from `dhcpwire.identity`; `lifetime` in seconds; `place` is needed
    unless the policy is plain; without `obstacle` no zone is looked into. Never raises for anything a client sends.
    Reasons are given in this order: updates switched off, the client declines, what is wrong with the name, no
    identity, the name is a person's or another device's, the zone fails, the client does the forward record itself;
    else where the name came from.
    """
    if fqdn_option is not None:
        request = request_of(fqdn_option.s, fqdn_option.n)
        source = _CLIENT_FQDN
        spoken = fqdn_option.labels
        # dhclient encodes `fqdn.fqdn "laptop"` with its root; one label is nobody's whole name, whoever says so
        complete = fqdn_option.kind >= _DOTTED and len(spoken) > 1
    else:
        request = _UNSAID
        source = _HOST_NAME
        spoken = split_text(host_name)[0] if host_name else ()
        complete = len(spoken) > 1
    heard = printable(spoken) if spoken else ""
    wish: _Wish | Reason | None = _reserved(reserved_name) if reserved_name else None
    if wish is None:
        if _is_replaced(fqdn_option is not None, bool(spoken), policy.replace_client_name):
            wish = _generate(address, policy, identity, place)
        else:
            wish = _Wish(spoken, complete, source) if spoken else Reason.NO_NAME
        if place is not None:
            wish = _as_guest(wish, policy, place)
    found = _judge(wish, policy) if isinstance(wish, _Wish) else wish
    terms = negotiate(request, policy)

    name = found if isinstance(found, bytes) else None
    if not terms.server_reverse:
        reason = _unwanted(request, policy)
    elif not isinstance(found, bytes):
        reason = found
    elif identity is None:
        reason = Reason.NO_IDENTITY
    else:
        assert isinstance(wish, _Wish)
        reason = wish.source
        if place is not None or obstacle is not None:
            name, reason, terms = _in_place(found, reason, request, terms, identity, policy, place, obstacle)
        if name is not None:
            return Naming(
                name,
                dhcid_rdata(identity[0], identity[1], name),
                record_ttl(lifetime, policy),
                terms.server_forward,
                terms.server_reverse,
                reason if terms.server_forward or reason is _ZONE_FAILING else _CLIENT_UPDATES,
                heard,
                None if fqdn_option is None else _reply_fqdn(fqdn_option, terms, name),
                ascii_field(name, final_dot=False) if fqdn_option is None else None,
                _wished(found, wish.source, policy) if terms.server_forward else None,
            )
    return Naming(
        None,
        None,
        0,
        False,
        False,
        reason,
        heard,
        None if fqdn_option is None else _reply_fqdn(fqdn_option, refuse(request), name),
        _unregistered_host_name(wish, name) if fqdn_option is None else None,
    )


def _unwanted(request: int, policy: NamingPolicy) -> Reason:
    """Why nothing at all is to be registered."""
    if not policy.send_updates:
        return Reason.UPDATES_DISABLED
    return Reason.NOT_ASKED if request == Request.UNSAID else Reason.CLIENT_DECLINES


def _as_guest(wish: _Wish | Reason, policy: NamingPolicy, place: Place) -> _Wish | Reason:
    """What becomes of the wish of a device that nobody knows and whose hardware address is a randomised one."""
    if policy.randomized_mac is RandomizedMac.NAME or place.is_known or not is_randomized(place.hardware):
        return wish
    if policy.randomized_mac is RandomizedMac.UNNAMED:
        return Reason.RANDOMIZED_MAC
    return wish if isinstance(wish, Reason) else _Wish(wish.labels[:1], False, Reason.GUEST_DEVICE)


def _in_place(
    name: Name,
    source: Reason,
    request: int,
    terms: Negotiation,
    identity: tuple[int, bytes],
    policy: NamingPolicy,
    place: Place | None,
    obstacle: Obstacle | None,
) -> tuple[Name | None, Reason, Negotiation]:
    """The name, its reason and the terms after a look at other devices' names, at a person's, and at the zone.

    A reservation's name is given by the operator and to nobody else. What is generated is not looked up: the operator
    chose the template, and every new client would pay. A zone that fails takes nothing back from who was promised its
    record, and changes nothing for who is told nothing.
    """
    reason = source
    look = obstacle if terms.server_forward and source is not _GENERATED else None
    if place is not None and _wished(name, source, policy) is not None:
        settled = settle_name(name, identity, policy, place, look)
        if settled is None:
            return None, Reason.NAME_TAKEN, terms
        name, reason = settled.name, settled.reason or reason
    elif look is not None and (found := obstacle_at(name, identity, policy, look)) is not None:
        return None, found, terms
    if (
        place is not None
        and policy.when_unreachable is not WhenUnreachable.PROMISE
        and request != Request.UNSAID
        and terms.server_forward
        and name != place.promised
        and zone_of(name, policy.forward_zones) in place.names.failing_zones()
    ):
        if policy.when_unreachable is WhenUnreachable.NONE:
            return None, Reason.ZONE_FAILING, terms
        return name, Reason.ZONE_FAILING, leave_to_client(request)
    return name, reason, terms


def _wished(name: Name, source: Reason, policy: NamingPolicy) -> Wished | None:
    """By what another name stands in for one that cannot be had; None: none does."""
    if policy.conflict_action is ConflictAction.REFUSE or source is _RESERVATION:
        return None
    return Wished(name, policy.guest_suffix if policy.conflict_action is ConflictAction.GUEST_ZONE else None)


def _reserved(text: str) -> _Wish | None:
    """The name of a reservation; without a final dot it is completed unless it ends in the suffix, as Kea does."""
    spoken, final_dot = split_text(text.encode())
    return _Wish(spoken, final_dot, Reason.RESERVATION) if spoken else None


def _is_replaced(by_option: bool, spoken: bool, mode: ReplaceClientName) -> bool:
    """Whether a generated name stands in for what the client said, or did not say.

    An FQDN option with an empty name asks the server for one, so it gets one in every mode (RFC 4702 section 2.3).
    """
    return mode in _REPLACES_NAMES if spoken else by_option or mode in _GIVES_NAMES


def _generate(
    address: bytes, policy: NamingPolicy, identity: tuple[int, bytes] | None, place: Place | None
) -> _Wish | Reason:
    """The name that the template gives."""
    template = policy.name_template
    if template is BY_ADDRESS:  # a good deal faster than the usual way
        label: bytes | None = f"{policy.generated_prefix}-{address_label(address)}".encode("ascii")
    else:
        device = None
        if place is not None and identity is not None:
            device = Device(identity[1], place.hardware, place.network, place.circuit, policy.hash_key)
        label = template.fill(policy.generated_prefix, address, device)
    return Reason.TEMPLATE_UNFILLED if label is None else _Wish((label,), False, _GENERATED)


def _judge(wish: _Wish, policy: NamingPolicy) -> Name | Reason:
    """The lower-cased name that the wish stands for, or why it cannot be registered."""
    fit = normalise(wish.labels, policy.hostname_char_replacement)
    if not isinstance(fit, tuple):
        return fit
    suffix = ROOT if wish.complete else policy.qualifying_suffix
    if wish.source is _GUEST_DEVICE:
        suffix = policy.guest_suffix
    if suffix is None:
        return Reason.NAME_NOT_COVERED
    if len(fit) == 1:
        name = _LENGTH[len(fit[0])] + fit[0] + suffix.lower()
    else:
        suffix = ROOT if _ends_in(fit, suffix) else suffix.lower()
        name = b"".join([_LENGTH[len(label)] + label for label in fit]) + suffix
    if len(name) > MAX_NAME:
        return Reason.NAME_INVALID
    # Reserved names are kept from clients; an operator who reserves `wpad` for a host means it.
    if wish.source is not _RESERVATION and (fit[0] in policy.reserved_labels or name in policy.reserved_names):
        return Reason.NAME_RESERVED
    return _covered(name, policy.forward_zones)


def _ends_in(fit: tuple[bytes, ...], suffix: Name) -> bool:
    """Whether the labels already end in the suffix and have one more in front."""
    tail = labels(suffix.lower())
    return len(fit) > len(tail) and list(fit[len(fit) - len(tail) :]) == tail


def _covered(name: Name, zones: frozenset[Name]) -> Name | Reason:
    """The name, if it is below the apex of the zone that holds it; nobody claims an apex, not by reservation either."""
    zone = zone_of(name, zones)
    if zone is None:
        return Reason.NAME_NOT_COVERED
    return Reason.NAME_RESERVED if zone == name else name


def _reply_fqdn(option: ClientFqdn, terms: Negotiation, name: Name | None) -> bytes:
    """Option 81 or 39 of the reply: the complete name in the client's encoding, or what it sent when there is none."""
    if name is None:
        field = option.field
    elif option.e:
        field = name
    else:
        field = ascii_field(name, final_dot=option.kind is NameKind.FULL)
    return build_answer(option, terms.s, terms.o, terms.n, field)


def _unregistered_host_name(wish: _Wish | Reason, name: Name | None) -> bytes | None:
    """A host is told its reserved name even if DNS is not, because the operator gave it; no other name is.

    Where no zone completes the name, it is told as it was written.
    """
    if not isinstance(wish, _Wish) or wish.source is not _RESERVATION:
        return None
    return b".".join(wish.labels) if name is None else ascii_field(name, final_dot=False)
