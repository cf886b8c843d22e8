"""Which name a lease gets, who registers it, and what the client is told: the one call that leasing makes for naming.

    a reservation's name, or the client's FQDN option, or its host name option, or a generated name
    -> normalised, completed -> covered, not reserved -> negotiated -> identity, TTL

Made once per lease, so the result is a NamedTuple and the usual case takes the short way.
"""

from __future__ import annotations

from typing import NamedTuple

from tenure.dhcpwire.fqdn import ClientFqdn, NameKind, ascii_field, build_answer
from tenure.dnswire.name import MAX_NAME, ROOT, Name, labels
from tenure.naming.address_text import hyphenated
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.hostname import normalise, printable, split_text
from tenure.naming.negotiation import Negotiation, Request, negotiate, refuse, request_of
from tenure.naming.policy import NamingPolicy, ReplaceClientName
from tenure.naming.reason import Reason
from tenure.naming.ttl import record_ttl

_LENGTH = tuple(bytes((value,)) for value in range(64))


class Naming(NamedTuple):
    """What is to be registered for a lease, and what the client hears. Nothing is registered when `fqdn` is None."""

    fqdn: Name | None  # lower case
    dhcid: bytes | None  # there exactly when `fqdn` is
    ttl: int  # seconds
    forward: bool  # we keep the address record
    reverse: bool  # we keep the PTR record
    reason: Reason  # where the name came from, or why there is none or not all of it ours
    heard: str  # what the client called itself: printable ASCII, at most 255 characters, empty if nothing
    reply_fqdn: bytes | None  # data of option 81 or 39; None if the client did not send it
    reply_host_name: bytes | None  # data of option 12


class _Wish(NamedTuple):
    """A name before it is judged."""

    labels: tuple[bytes, ...]
    complete: bool  # no suffix is to be added
    source: Reason


def name_lease(
    fqdn_option: ClientFqdn | None,
    host_name: bytes | None,
    reserved_name: str | None,
    identity: tuple[int, bytes] | None,
    address: bytes,
    lifetime: int,
    policy: NamingPolicy,
) -> Naming:
    """The naming of one lease.

    `fqdn_option` is None also when option 81 was malformed; `host_name` is the data of option 12, ignored beside an
    option 81 (RFC 4702 section 3.1); `identity` is from `dhcpwire.identity`; `lifetime` in seconds. Never raises for
    anything a client sends. Reasons are given in this order: updates switched off, the client declines, what is wrong
    with the name, no identity, the client does the forward record itself; else where the name came from.
    """
    if fqdn_option is not None:
        request = request_of(fqdn_option.s, fqdn_option.n)
        source = Reason.CLIENT_FQDN
        spoken, complete = fqdn_option.labels, fqdn_option.kind >= NameKind.DOTTED
    else:
        request = Request.UNSAID
        source = Reason.HOST_NAME
        spoken, final_dot = split_text(host_name) if host_name else ((), False)
        complete = final_dot or len(spoken) > 1
    heard = printable(spoken) if spoken else ""
    wish = _reserved(reserved_name) if reserved_name else None
    if wish is None:
        if _is_replaced(fqdn_option is not None, bool(spoken), policy.replace_client_name):
            wish = _generate(address, policy)
        elif spoken:
            wish = _Wish(spoken, complete, source)
    found = _judge(wish, policy) if wish is not None else Reason.NO_NAME
    terms = negotiate(request, policy)

    name = None if isinstance(found, Reason) else found
    if not terms.server_reverse:
        reason = Reason.CLIENT_DECLINES if policy.send_updates else Reason.UPDATES_DISABLED
    elif isinstance(found, Reason):
        reason = found
    elif identity is None:
        reason = Reason.NO_IDENTITY
    else:
        assert wish is not None
        return Naming(
            found,
            dhcid_rdata(identity[0], identity[1], found),
            record_ttl(lifetime, policy),
            terms.server_forward,
            terms.server_reverse,
            wish.source if terms.server_forward else Reason.CLIENT_UPDATES,
            heard,
            None if fqdn_option is None else _reply_fqdn(fqdn_option, terms, found),
            ascii_field(found, final_dot=False) if fqdn_option is None else None,
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


def _reserved(text: str) -> _Wish | None:
    """The name of a reservation; without a final dot it is completed unless it ends in the suffix, as Kea does."""
    spoken, final_dot = split_text(text.encode("ascii", "replace"))
    return _Wish(spoken, final_dot, Reason.RESERVATION) if spoken else None


def _is_replaced(by_option: bool, spoken: bool, mode: ReplaceClientName) -> bool:
    """Whether a generated name stands in for what the client said, or did not say.

    An FQDN option with an empty name asks the server for one, so it gets one in every mode (RFC 4702 section 2.3).
    """
    if spoken:
        return mode is ReplaceClientName.ALWAYS or mode is ReplaceClientName.WHEN_PRESENT
    return by_option or mode is ReplaceClientName.ALWAYS or mode is ReplaceClientName.WHEN_NOT_PRESENT


def _generate(address: bytes, policy: NamingPolicy) -> _Wish:
    """`prefix-10-1-2-55`; of an IPv6 address the compressed text, so a `0` goes where it would end in a hyphen."""
    text = hyphenated(address)
    if text.endswith("-"):
        text += "0"
    return _Wish((f"{policy.generated_prefix}-{text}".encode("ascii"),), False, Reason.GENERATED)


def _judge(wish: _Wish, policy: NamingPolicy) -> Name | Reason:
    """The lower-cased name that the wish stands for, or why it cannot be registered."""
    fit = normalise(wish.labels)
    if isinstance(fit, Reason):
        return fit
    suffix = ROOT if wish.complete else policy.qualifying_suffix
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
    if wish.source is not Reason.RESERVATION and (fit[0] in policy.reserved_labels or name in policy.reserved_names):
        return Reason.NAME_RESERVED
    return _covered(name, policy.forward_zones)


def _ends_in(fit: tuple[bytes, ...], suffix: Name) -> bool:
    """Whether the labels already end in the suffix and have one more in front."""
    tail = labels(suffix.lower())
    return len(fit) > len(tail) and list(fit[len(fit) - len(tail) :]) == tail


def _covered(name: Name, zones: frozenset[Name]) -> Name | Reason:
    """The name, if it is below the apex of the zone that holds it; nobody claims an apex, not by reservation either."""
    if name in zones:
        return Reason.NAME_RESERVED
    above = name
    while above[0]:
        above = above[above[0] + 1 :]
        if above in zones:
            return name
    return Reason.NAME_NOT_COVERED


def _reply_fqdn(option: ClientFqdn, terms: Negotiation, name: Name | None) -> bytes:
    """Option 81 or 39 of the reply: the complete name in the client's encoding, or what it sent when there is none."""
    if name is None:
        field = option.field
    elif option.e:
        field = name
    else:
        field = ascii_field(name, final_dot=option.kind is NameKind.FULL)
    return build_answer(option, terms.s, terms.o, terms.n, field)


def _unregistered_host_name(wish: _Wish | None, name: Name | None) -> bytes | None:
    """A host is told its reserved name even if DNS is not, because the operator gave it; no other name is.

    Where no zone completes the name, it is told as it was written.
    """
    if wish is None or wish.source is not Reason.RESERVATION:
        return None
    return b".".join(wish.labels) if name is None else ascii_field(name, final_dot=False)
