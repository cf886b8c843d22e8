"""What the rules of naming said, in words; see `tell`."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator

from tenure.dhcpwire.fqdn import NameKind
from tenure.dnswire.name import label_to_text, to_text
from tenure.leasing.story.line import Line, Topic
from tenure.leasing.story.witness import Call
from tenure.naming.hostname import printable
from tenure.naming.negotiation import Negotiation, Request
from tenure.naming.reason import WORDS, Reason

_REQUESTS = {
    Request.REVERSE: "the client keeps its forward record itself and leaves the reverse one to us (S and N clear)",
    Request.BOTH: "the client asks for both records (S)",
    Request.NOTHING: "the client asks for no update at all (N)",
    Request.UNSAID: "the client says nothing about who updates DNS (no FQDN option)",
}
_KINDS = {
    NameKind.EMPTY: "empty",
    NameKind.ROOT: "the root alone",
    NameKind.PARTIAL: "partial",
    NameKind.DOTTED: "without a final dot",
    NameKind.FULL: "full",
}
_OPTION_81 = 81  # names of option 39 always are in wire form, so it has no E
_IDENTIFIERS = ("hardware type and address", "client identifier", "DUID")


def _heard(call: Call) -> Iterator[Line]:
    """`name_lease`: what there is to choose from, and at the end what was chosen."""
    option, host_name = call.arguments["fqdn_option"], call.arguments["host_name"]
    if option is not None:
        set_ = (("S", option.s), ("O", option.o), ("N", option.n), ("E", option.e and option.code == _OPTION_81))
        flags = " ".join(letter for letter, is_set in set_ if is_set)
        said = printable(option.labels) or "nothing"
        yield Line(Topic.NAME, f"the FQDN option says {said}, {_KINDS[option.kind]}, with the flags {flags or 'none'}")
        if host_name is not None:
            yield Line(Topic.NAME, "the host name option is not looked at beside it (RFC 4702 section 3.1)")
    elif host_name is not None:
        yield Line(Topic.NAME, f"the host name option says {printable((host_name,))}")
    else:
        yield Line(Topic.NAME, "the client says no name")
    if (reserved := call.arguments["reserved_name"]) is not None:
        yield Line(Topic.NAME, f"its reservation gives it the name {printable((reserved.encode(),))}")


def _named(call: Call) -> Iterator[Line]:
    """What `name_lease` came to."""
    naming = call.result
    name = "no name is registered" if naming.fqdn is None else f"the name is {to_text(naming.fqdn)}"
    yield Line(Topic.NAME, f"{name}: {WORDS[naming.reason]} ({naming.reason})")
    if naming.fqdn is not None:
        records = [what for what, kept in (("forward", naming.forward), ("reverse", naming.reverse)) if kept]
        kept = f"we keep the {' and the '.join(records)} record" if records else "we keep no record"
        yield Line(Topic.NEGOTIATION, f"{kept}, with a TTL of {naming.ttl} s")


def _normalised(call: Call) -> Iterator[Line]:
    heard = tuple(call.arguments["labels"])
    if isinstance(call.result, Reason):
        yield Line(Topic.NAME, f"{printable(heard)} cannot stand in a zone: {WORDS[call.result]} ({call.result})")
        return
    for before, after in zip(heard, call.result, strict=False):
        if before.lower() != after:
            yield Line(Topic.NAME, f"the label {label_to_text(before)} becomes {label_to_text(after)}")
        elif before != after:
            yield Line(Topic.NAME, f"the label {label_to_text(before)} is written in lower case")


def _judged(call: Call) -> Iterator[Line]:
    """`_judge`: the suffix, then whether it is reserved or covered."""
    wish, policy = call.arguments["wish"], call.arguments["policy"]
    if any(isinstance(one.result, Reason) for one in call.within("naming.hostname:normalise")):
        return  # which has told why
    if any(one.result for one in call.within("naming.choice:_ends_in")):
        yield Line(Topic.NAME, "it ends in the suffix already, so none is added")
    elif wish.source is Reason.GUEST_DEVICE:
        yield Line(Topic.NAME, "it is completed with the suffix of guests")
    elif wish.complete:
        yield Line(Topic.NAME, "it is complete, so no suffix is added")
    elif policy.qualifying_suffix is None:
        yield Line(Topic.NAME, "it is not complete, and there is no ddns-qualifying-suffix")
    else:
        yield Line(Topic.NAME, f"it is completed with {to_text(policy.qualifying_suffix)} (ddns-qualifying-suffix)")
    if isinstance(call.result, Reason):
        yield Line(Topic.NAME, f"it is not taken: {WORDS[call.result]} ({call.result})")
    else:
        yield Line(Topic.NAME, f"{to_text(call.result)} is not reserved, and a forward zone covers it")


def _replaced(call: Call) -> Iterator[Line]:
    mode = call.arguments["mode"]
    if call.result:
        yield Line(Topic.NAME, f"a generated name stands in (ddns-replace-client-name is {mode})")


def _generated(call: Call) -> Iterator[Line]:
    if not isinstance(call.result, Reason):
        yield Line(Topic.NAME, f"the generated name is {printable(call.result.labels)}")


def _as_guest(call: Call) -> Iterator[Line]:
    """`_as_guest`: a device that nobody knows, with a randomised hardware address."""
    if call.result is Reason.RANDOMIZED_MAC:
        yield Line(Topic.NAME, "its hardware address is a randomised one: no name for it (ddns-randomized-mac)")
    elif not isinstance(call.result, Reason) and call.result.source is Reason.GUEST_DEVICE:
        suffix = to_text(call.arguments["policy"].guest_suffix)
        yield Line(Topic.NAME, f"its hardware address is a randomised one: it is a guest, under {suffix}")


def _settled(call: Call) -> Iterator[Line]:
    """`settle_name`: other devices' claims on the name."""
    wanted = to_text(call.arguments["name"])
    if call.result is None:
        yield Line(Topic.NAME, f"{wanted} is somebody else's, and nothing stands in for it")
    elif call.result.name != call.arguments["name"]:
        yield Line(Topic.NAME, f"{wanted} is somebody else's: {to_text(call.result.name)} stands in for it")
    else:
        yield Line(Topic.NAME, f"no other device claims {wanted}")


def _stood(call: Call) -> Iterator[Line]:
    """`obstacle_at`: what a zone of ours has at a name."""
    name = to_text(call.arguments["name"])
    if call.result is Reason.NAME_TAKEN:
        yield Line(Topic.NAME, f"{name} has another client's DHCID in our own zone: it cannot be had")
    elif call.result:
        yield Line(Topic.NAME, f"{name} has records in our own zone that are not a DHCP client's: it cannot be had")
    elif call.arguments["policy"].own_zones:
        yield Line(Topic.NAME, f"no records but a DHCP client's stand at {name} in our own zone")


def _left_to_client(call: Call) -> Iterator[Line]:
    yield Line(Topic.NEGOTIATION, f"the zone fails at this time: {_terms(call.result, call.arguments['request'])}")


def _negotiated(call: Call) -> Iterator[Line]:
    request, policy, terms = call.arguments["request"], call.arguments["policy"], call.result
    yield Line(Topic.NEGOTIATION, _REQUESTS[Request(request)])
    unasked = [f"ddns-update-unasked {_word(policy.update_unasked)}"] if request == Request.UNSAID else []
    switches = [
        f"ddns-send-updates {_word(policy.send_updates)}",
        f"ddns-override-no-update {_word(policy.override_no_update)}",
        f"ddns-override-client-update {_word(policy.override_client_update)}",
    ]
    yield Line(Topic.NEGOTIATION, f"the policy says {', '.join(switches + unasked)}: {_terms(terms, request)}")


def _refused(call: Call) -> Iterator[Line]:
    """`refuse`: nothing is registered, whatever the table would have allowed."""
    request = call.arguments["request"]
    if request != Request.UNSAID:
        yield Line(
            Topic.NEGOTIATION,
            f"nothing is registered, so that is what the client is told: {_terms(call.result, request)}",
        )


def _terms(terms: Negotiation, request: int) -> str:
    kept = [what for what, ours in (("forward", terms.server_forward), ("reverse", terms.server_reverse)) if ours]
    ours = f"ours {'are' if len(kept) > 1 else 'is'} {' and '.join(kept)}" if kept else "nothing is ours"
    if request == Request.UNSAID:
        return ours
    flags = [letter for letter, is_set in (("S", terms.s), ("O", terms.o), ("N", terms.n)) if is_set]
    return f"{ours}, and the reply's flags are {' '.join(flags) or 'none'}"


def _proved(call: Call) -> Iterator[Line]:
    kind, identifier = call.arguments["identifier_type"], call.arguments["identifier"]
    text = b64encode(call.result).decode("ascii")
    yield Line(
        Topic.PROOF,
        f"DHCID {text}: type {kind}, SHA-256 over the {_IDENTIFIERS[kind]} {identifier.hex()}"
        f" and the name {call.arguments['fqdn'].lower().hex()} ({to_text(call.arguments['fqdn'])})",
    )


def _unproved(call: Call) -> Iterator[Line]:
    if call.result is None:
        yield Line(Topic.PROOF, f"no DHCID: {WORDS[Reason.NO_IDENTITY]}")


def _word(value: bool) -> str:
    return "true" if value else "false"


# By the function that was called, told when it was called and when it was done.
BEFORE: dict[str, Callable[[Call], Iterator[Line]]] = {
    "naming.choice:name_lease": _heard,
}
AFTER: dict[str, Callable[[Call], Iterator[Line]]] = {
    "naming.choice:name_lease": _named,
    "naming.choice:_is_replaced": _replaced,
    "naming.choice:_generate": _generated,
    "naming.choice:_as_guest": _as_guest,
    "naming.hostname:normalise": _normalised,
    "naming.choice:_judge": _judged,
    "naming.collision:settle_name": _settled,
    "naming.collision:obstacle_at": _stood,
    "naming.negotiation:leave_to_client": _left_to_client,
    "naming.negotiation:negotiate": _negotiated,
    "naming.negotiation:refuse": _refused,
    "naming.dhcid:dhcid_rdata": _proved,
    "dhcpwire.identity:key_identity": _unproved,
}
