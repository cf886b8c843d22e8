"""Kerberos, by the library `gssapi` (the extra `gss`): what both ends of a security context of GSS-TSIG have in common.

How contexts begin is in `dns.kerberos` for clients that come to us, in `updater.kerberos` for servers we go to.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, TypeAlias

from tenure.serving.errors import ServiceError

KERBEROS, SPNEGO = "1.2.840.113554.1.2.2", "1.3.6.1.5.5.2"
EXTRA = "install Debian's packages libkrb5-dev, gcc and python3-dev, then the extra: pip install 'tenure[gss]'"

Hints: TypeAlias = Sequence[tuple[str, str]]  # what the library says, and what it means here


def library_for(what: str) -> ModuleType:
    """The library; `ServiceError` where it is missing, which `what` needs."""
    try:
        import gssapi  # noqa: PLC0415 - an extra, which needs a library of the system
        import gssapi.exceptions  # noqa: PLC0415
        import gssapi.raw  # noqa: PLC0415
    except ImportError as error:
        raise ServiceError(what, f"gssapi cannot be imported: {error}", EXTRA) from None
    library: ModuleType = gssapi
    return library


class MessageSigner:
    """A context that is established, or will be: it signs, and verifies what the other end has signed."""

    def __init__(self, library: ModuleType, context: Any) -> None:
        """`context`: None while the library has none yet."""
        self._library = library
        self._context = context

    def sign(self, octets: bytes) -> bytes:
        """The signature of the octets; empty: the context cannot sign any more."""
        try:
            mic: bytes = self._library.raw.get_mic(self._context, octets)
        except self._library.exceptions.GSSError:
            return b""
        return mic

    def verify(self, octets: bytes, mic: bytes) -> str:
        """Why this is not the other end's signature of the octets, or not one to be taken; empty: it is."""
        raised = self._library.exceptions
        if not mic:
            return "is missing"
        try:
            self._library.raw.verify_mic(self._context, octets, mic)
        except raised.DuplicateTokenError:
            return "was seen before: the message is a replay"
        except raised.ExpiredTokenError:
            return "is so old that it cannot be told from a replay"
        except raised.TokenOutOfSequenceError:
            return "is out of sequence, and the client asked for a context that keeps the order"
        except raised.BadMICError:
            return "is wrong: the message was changed, or it was not signed in this context"
        except raised.GSSError as error:
            return f"cannot be verified: {words_of(error)}"
        return ""


def explained(error: Any, hints: Hints) -> str:
    """What the library says, and the first of the hints that fits."""
    words = words_of(error)
    hint = next((meaning for said, meaning in hints if said.lower() in words.lower()), "")
    return f"{words}; {hint}" if hint else words


def words_of(error: Any) -> str:
    """What the library says of its mechanism, which is more than it says of itself; on one line of ASCII."""
    said = error.get_all_statuses(error.min_code, False) if error.min_code else []
    said = [one for one in said if one not in {"Success", "Unknown error"}]
    said = said or error.get_all_statuses(error.maj_code, True)
    return " ".join("; ".join(said).encode("ascii", "replace").decode().split())
