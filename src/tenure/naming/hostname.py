"""The one strict normaliser: whatever a client calls itself becomes labels fit for a zone, or a reason.

Fit means letters, digits and hyphens, lower case, no hyphen at either end, 1 to 63 octets (RFC 952, RFC 1123 section
2.1). What cannot stand is dropped, as Kea does by default. A label of which nothing is left makes the whole name
invalid: to leave it out would move the host to another place in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tenure.dnswire.name import MAX_LABEL, label_to_text
from tenure.naming.reason import Reason

MAX_HEARD = 255

_FIT = re.compile(rb"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch
_PRINTABLE = re.compile(rb"[!-\[\]-~]*").fullmatch  # without the backslash, which begins an escape
_UNFIT = bytes(octet for octet in range(256) if octet not in b"abcdefghijklmnopqrstuvwxyz0123456789-")


def normalise(labels: Iterable[bytes]) -> tuple[bytes, ...] | Reason:
    """The labels as they can stand in a zone, or NAME_RESERVED or NAME_INVALID; never an empty tuple.

    A label that begins with an underscore names a service, not a host (RFC 8552): it is refused and not stripped,
    so that nobody gets `tcp` for `_tcp`.
    """
    found = []
    for label in labels:
        lower = label.lower()
        if _FIT(lower):
            found.append(lower)
            continue
        if lower.startswith(b"_"):
            return Reason.NAME_RESERVED
        kept = lower.translate(None, _UNFIT).strip(b"-")
        if not 1 <= len(kept) <= MAX_LABEL:
            return Reason.NAME_INVALID
        found.append(kept)
    return tuple(found) or Reason.NAME_INVALID


def split_text(text: bytes) -> tuple[tuple[bytes, ...], bool]:
    """The labels of a name in text form (option 12, a reservation), and whether it ends in a dot.

    Zero octets behind it are stripped (RFC 2132 section 2: no terminator is needed). Nothing but dots gives no label.
    """
    text = text.rstrip(b"\0")
    full = text.endswith(b".")
    if not text.strip(b"."):
        return (), full
    return tuple((text[:-1] if full else text).split(b".")), full


def printable(labels: Iterable[bytes]) -> str:
    """What the client said, for people: printable ASCII, other octets as `\\DDD`, at most 255 characters."""
    text = b".".join(labels)
    if len(text) <= MAX_HEARD and _PRINTABLE(text):
        return text.decode("ascii")
    return ".".join(label_to_text(label) for label in labels)[:MAX_HEARD]
