"""What the rules about devices said, in words: which clients are one, by which of them a name is proved, what it moves.

Nothing is said where clients are looked at one by one (`ddns-one-device` is off). See `arranging`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tenure.dhcpwire.identity import key_identity, key_to_text
from tenure.leasing.story.line import Line, Topic, address_text
from tenure.leasing.story.witness import Call
from tenure.leasing.tie import WORDS, Learned
from tenure.naming.dhcid import dhcid_rdata


def _seen(call: Call) -> Iterator[Line]:
    """`speaker_of`: whether the hardware address counts, and how it was seen."""
    speaker, hardware = call.result, call.arguments["hardware"]
    if speaker is None or not any(hardware[1:]):
        return
    learned = Learned(call.arguments["learned"])
    if speaker.hardware:
        shown = [key_to_text(tie.identity) for tie in speaker.ties]
        tied = f", and ties {' and '.join(shown)} to it" if shown else ""
        yield Line(Topic.CLIENT, f"its hardware address counts, seen by {WORDS[learned]}{tied}")
    else:
        how = call.arguments["policy"].one_device
        only = f"only {WORDS[learned]}, speaks of it"
        yield Line(Topic.CLIENT, f"its hardware address is not seen: {only} (ddns-one-device is {how})")


def _proved(call: Call) -> Iterator[Line]:
    """`name_device`: the identities that the device could prove a name by, and the one that does."""
    keys: list[bytes] = next((one.result for one in call.within("leasing.device:_all_keys")), [])
    if (reserved := call.arguments["policy"].proved_by) is not None:
        keys = list(dict.fromkeys([reserved, *keys]))
    if len(keys) < 2:
        return
    yield Line(Topic.CLIENT, f"one device with it are, as far as was seen: {', '.join(map(key_to_text, keys))}")
    speaker, naming = call.arguments["speaker"], call.result
    if naming.fqdn is None:
        return
    proving = next((key for key in keys if _proves(key, naming.fqdn, naming.dhcid)), None)
    if proving is None:
        return
    stands = any(claim.stands and claim.dhcid == naming.dhcid for claim in speaker.view.claims_on(naming.fqdn))
    why = "it stands under this one already" if stands else "it stands under none of them, and this is the first"
    yield Line(Topic.PROOF, f"{key_to_text(proving)} proves the name: {why}")


def _proves(key: bytes, name: bytes, dhcid: bytes | None) -> bool:
    identity = key_identity(key)
    return identity is not None and dhcid_rdata(*identity, name) == dhcid


def _learned(call: Call) -> Iterator[Line]:
    """`news`: what the ledger does not have yet."""
    for tie in call.result:
        identity, hardware = key_to_text(tie.identity), key_to_text(tie.hardware)
        yield Line(Topic.CLIENT, f"that {identity} is at {hardware} is new, and is kept")


def _proved_anew(call: Call) -> Iterator[Line]:
    """`reprove`: other leases of the device that had the name by another proof."""
    for lease in call.result.leases:
        yield Line(Topic.PROOF, f"{address_text(lease.address)} of the same device is claimed anew under this proof")


def _beside(call: Call) -> Iterator[Line]:
    """`leases_beside`: what the same hardware address has under other client identifiers."""
    for lease in call.result:
        yield Line(
            Topic.CLIENT, f"its hardware address has {address_text(lease.address)} under another client identifier"
        )


def _unnamed(call: Call) -> Iterator[Line]:
    """`_unname`: an older lease loses its names because the client is here now."""
    row, why = call.arguments["row"], call.arguments["why"]
    yield Line(Topic.NAME, f"{address_text(row.address)} runs on without its names (ddns-on-move): {why}")


AFTER: dict[str, Callable[[Call], Iterator[Line]]] = {
    "leasing.device:speaker_of": _seen,
    "leasing.device:name_device": _proved,
    "leasing.device:news": _learned,
    "leasing.device:reprove": _proved_anew,
    "leasing.device:leases_beside": _beside,
    "leasing.ending:_unname": _unnamed,
}
