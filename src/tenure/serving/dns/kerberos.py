"""Kerberos, by the library `gssapi` (the extra `gss`): the mechanism of the security contexts of GSS-TSIG.

The only file that knows the library. What a client sends never raises here: it becomes words.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tenure.dnswire.name import Name, from_labels
from tenure.serving.errors import ServiceError
from tenure.signing.context import Step

if TYPE_CHECKING:
    from types import ModuleType

KERBEROS, SPNEGO = "1.2.840.113554.1.2.2", "1.3.6.1.5.5.2"
EXTRA = "install Debian's packages libkrb5-dev, gcc and python3-dev, then the extra: pip install 'tenure[gss]'"

# What the library says of a token, and what it means here.
_HINTS = (
    (
        "Clock skew",
        "the client's clock and ours differ by more than Kerberos allows (5 minutes if krb5.conf does not say)",
    ),
    ("Ticket expired", "the client needs a new ticket"),
    ("Ticket not yet valid", "the client's ticket begins later: one of the clocks is wrong"),
    ("replay", "this token was used before"),
    ("Wrong principal", "the ticket is for another service than those of the keytab"),
    ("No key table entry", "the ticket is for another service than those of the keytab"),
    ("not found in keytab", "the ticket is for a service or a version of its key that the keytab does not have"),
    ("key version", "the keytab has another version of the key than the ticket: export the keytab again"),
    ("integrity check failed", "the ticket was not made with the key of the keytab, or was changed on its way"),
)


class Kerberos:
    """Our end of contexts (`signing.context.Mechanism`), with the keys of a keytab."""

    def __init__(self, keytab: str, credential: str = "") -> None:
        """`credential`: the one principal to be, such as DNS/ns.example.test@REALM; empty: any of the keytab.

        `ServiceError`: the library is missing, or the keytab does not have what is needed.
        """
        self._library = _library()
        name = self._library.Name
        try:
            service = (
                name(credential, self._library.NameType.kerberos_principal).canonicalize(self._mechs()[0])
                if credential
                else None
            )
            self._credentials = self._library.Credentials(
                name=service, usage="accept", store={"keytab": keytab}, mechs=self._mechs()
            )
        except self._library.exceptions.GSSError as error:
            what = f"dns.tkey-gssapi-keytab {keytab}"
            who = credential or "DNS/HOST@REALM"
            remedy = f"export the key of {who} into it, and let this user read it"
            raise ServiceError(what, _words(error), remedy) from None

    def begin(self) -> KerberosContext:
        """Our end of a new context."""
        return KerberosContext(self._library, self._credentials)

    def key_name(self) -> Name:
        """A name that no other key has."""
        return from_labels([secrets.token_hex(16).encode()])

    def _mechs(self) -> list[Any]:
        return [self._library.OID.from_int_seq(mech) for mech in (KERBEROS, SPNEGO)]


class KerberosContext:
    """One context (`signing.context.SecurityContext`)."""

    def __init__(self, library: ModuleType, credentials: Any) -> None:
        self._library = library
        self._context = library.SecurityContext(creds=credentials, usage="accept")

    def step(self, token: bytes) -> Step:
        """Go on with a token of the client."""
        if not token:
            return Step(failure="the token is missing")
        try:
            ours = self._context.step(token) or b""
            if not self._context.complete:
                return Step(ours)
            return self._established(ours)
        except self._library.exceptions.GSSError as error:
            return Step(
                getattr(error, "token", None) or b"", failure=f"Kerberos refused the token: {_explained(error)}"
            )

    def sign(self, octets: bytes) -> bytes:
        """The signature of the octets; empty: the context cannot sign any more."""
        try:
            mic: bytes = self._context.get_signature(octets)
        except self._library.exceptions.GSSError:
            return b""
        return mic

    def verify(self, octets: bytes, mic: bytes) -> str:
        """Why this is not the client's signature of the octets, or not one to be taken; empty: it is."""
        raised = self._library.exceptions
        if not mic:
            return "is missing"
        try:
            self._context.verify_signature(octets, mic)
        except raised.DuplicateTokenError:
            return "was seen before: the message is a replay"
        except raised.ExpiredTokenError:
            return "is so old that it cannot be told from a replay"
        except raised.TokenOutOfSequenceError:
            return "is out of sequence, and the client asked for a context that keeps the order"
        except raised.BadMICError:
            return "is wrong: the message was changed, or it was not signed in this context"
        except raised.GSSError as error:
            return f"cannot be verified: {_explained(error)}"
        return ""

    def _established(self, token: bytes) -> Step:
        """Only what shows changed and repeated messages is good enough, and only somebody who has a name."""
        context, flags = self._context, self._library.RequirementFlag
        if context.mech.dotted_form != KERBEROS:
            return Step(failure=f"the context is of the mechanism {context.mech.dotted_form}, not of Kerberos")
        for flag, missing in ((flags.integrity, "integrity"), (flags.replay_detection, "replay detection")):
            if flag not in context.actual_flags:
                return Step(failure=f"the client asked for a context without {missing}")
        if flags.anonymity in context.actual_flags:
            return Step(failure="the client does not say who it is (an anonymous principal)")
        shown = self._library.raw.display_name(context.initiator_name, name_type=False).name
        return Step(token, shown.decode("ascii", "backslashreplace"), float(context.lifetime or 0))


def _library() -> ModuleType:
    try:
        import gssapi  # noqa: PLC0415 - an extra, which needs a library of the system
        import gssapi.exceptions  # noqa: PLC0415
        import gssapi.raw  # noqa: PLC0415
    except ImportError as error:
        raise ServiceError("GSS-TSIG (dns.tkey-gssapi-keytab)", f"gssapi cannot be imported: {error}", EXTRA) from None
    library: ModuleType = gssapi
    return library


def _explained(error: Any) -> str:
    words = _words(error)
    hint = next((meaning for said, meaning in _HINTS if said.lower() in words.lower()), "")
    return f"{words}; {hint}" if hint else words


def _words(error: Any) -> str:
    """What the library says of its mechanism, which is more than it says of itself; on one line of ASCII."""
    said = error.get_all_statuses(error.min_code, False) if error.min_code else []
    said = [one for one in said if one not in {"Success", "Unknown error"}]
    said = said or error.get_all_statuses(error.maj_code, True)
    return " ".join("; ".join(said).encode("ascii", "replace").decode().split())
