"""The one strict normaliser: whatever a client calls itself becomes labels fit for a zone, or a reason.

Fit means letters, digits and hyphens, lower case, no hyphen at either end, 1 to 63 octets (RFC 952, RFC 1123 section
2.1). UTF-8 becomes an A-label. What cannot stand is dropped or replaced, as Kea does. A label of which nothing is left
makes the whole name invalid: to leave it out would move the host to another place in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tenure.dnswire.name import MAX_LABEL, label_to_text
from tenure.naming.international import A_LABEL, a_label, is_a_label
from tenure.naming.reason import Reason

MAX_HEARD: Final = 255

_FIT: Final = re.compile(rb"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch
_PRINTABLE: Final = re.compile(rb"[!-\[\]-~]*").fullmatch  # without the backslash, which begins an escape
_UNFIT: Final = re.compile(rb"[^a-z0-9-]")


def normalise(labels: Iterable[bytes], replacement: str = "") -> tuple[bytes, ...] | Reason:
    """The labels as they can stand in a zone, or NAME_RESERVED or NAME_INVALID; never an empty tuple.

    `replacement` stands for each character that cannot (Kea's `hostname-char-replacement`).

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
        kept = _made_fit(lower, replacement)
        if kept is None:
            return Reason.NAME_INVALID
        found.append(kept)
    return tuple(found) or Reason.NAME_INVALID


def _made_fit(lower: bytes, replacement: str) -> bytes | None:
    """What is left of a label that is not fit as it is, None if nothing is."""
    if not lower.isascii() and (found := a_label(lower, replacement)) is not None:
        return found
    kept = _UNFIT.sub(replacement.encode(), lower).strip(b"-")
    if not 1 <= len(kept) <= MAX_LABEL or (kept.startswith(A_LABEL) and not is_a_label(kept)):
        return None
    return kept


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
