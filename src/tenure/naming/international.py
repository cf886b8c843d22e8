"""Host names beyond ASCII: what a client says in UTF-8 becomes an A-label, and A-labels are checked (RFC 5890, 5891).

`idna` brings the tables of IDNA2008. It is loaded with the first such name: most servers never meet one, and the
tables take a few hundred kilobytes of each process.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from tenure.dnswire.name import MAX_LABEL

A_LABEL: Final = b"xn--"


def a_label(label: bytes, replacement: str = "") -> bytes | None:
    """The label as it can stand in a zone, None if it is no UTF-8 or no U-label comes of it.

    Mapped before as RFC 5895 has it: lower case, full width to usual width, composed. `replacement` takes the place of
    characters that no host name may have: without one, `Büro Süd` is the A-label of `bürosüd`. What is ASCII then
    stays so.
    """
    import idna  # noqa: PLC0415 - see above

    try:
        text = label.decode()
    except UnicodeDecodeError:
        return None
    mapped = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    for classes in (("PVALID", "CONTEXTJ", "CONTEXTO"), ("PVALID",)):
        kept = "".join(sign if _is_among(sign, classes) else replacement for sign in mapped).strip("-")
        if kept.isascii():
            return _unless_false(kept.encode())
        try:
            return idna.alabel(kept)
        except idna.IDNAError:  # a joiner or a dot where its neighbours do not allow it: once more without
            continue
    return None


def is_a_label(label: bytes) -> bool:
    """Whether a lower-case label that begins with `xn--` is what some U-label becomes, and nothing else."""
    import idna  # noqa: PLC0415 - see above

    try:
        return len(label) <= MAX_LABEL and idna.alabel(idna.ulabel(label)) == label
    except idna.IDNAError:
        return False


def _unless_false(label: bytes) -> bytes | None:
    """An ASCII label, unless it is none, too long, or says to be an A-label and is not."""
    if not 1 <= len(label) <= MAX_LABEL or (label.startswith(A_LABEL) and not is_a_label(label)):
        return None
    return label


def _is_among(sign: str, classes: tuple[str, ...]) -> bool:
    from idna import idnadata, intranges_contain  # noqa: PLC0415 - see above

    return any(intranges_contain(ord(sign), idnadata.codepoint_classes[one]) for one in classes)
