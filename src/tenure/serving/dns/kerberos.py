"""The server's half of Kerberos: the mechanism of the security contexts of GSS-TSIG that clients negotiate.

What a client sends never raises here: it becomes words.
"""

from __future__ import annotations

import secrets
from types import ModuleType
from typing import Any

from tenure.dnswire.name import Name, from_labels
from tenure.serving.errors import ServiceError
from tenure.serving.gss import KERBEROS, SPNEGO, Hints, MessageSigner, explained, library_for, words_of
from tenure.signing.context import Step

# What the library says of a token, and what it means here.
_HINTS: Hints = (
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
        self._library = library_for("GSS-TSIG (dns.tkey-gssapi-keytab)")
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
            raise ServiceError(what, words_of(error), remedy) from None

    def begin(self) -> KerberosContext:
        """Our end of a new context."""
        return KerberosContext(self._library, self._credentials)

    def key_name(self) -> Name:
        """A name that no other key has."""
        return from_labels([secrets.token_hex(16).encode()])

    def _mechs(self) -> list[Any]:
        return [self._library.OID.from_int_seq(mech) for mech in (KERBEROS, SPNEGO)]


class KerberosContext(MessageSigner):
    """One context (`signing.context.SecurityContext`)."""

    def __init__(self, library: ModuleType, credentials: Any) -> None:
        super().__init__(library, None)
        self._credentials = credentials

    def step(self, token: bytes) -> Step:
        """Go on with a token of the client.

        What the library's call gives tells all of the context; to ask the context for it takes as long as the rest.
        """
        if not token:
            return Step(failure="the token is missing")
        try:
            given = self._library.raw.accept_sec_context(token, self._credentials, self._context)
        except self._library.exceptions.GSSError as error:
            return Step(
                getattr(error, "token", None) or b"", failure=f"Kerberos refused the token: {explained(error, _HINTS)}"
            )
        self._context = given.context
        ours: bytes = given.token or b""
        return Step(ours) if given.more_steps else self._established(given, ours)

    def _established(self, given: Any, token: bytes) -> Step:
        """Only what shows changed and repeated messages is good enough, and only somebody who has a name."""
        flags, known = int(given.flags), self._library.RequirementFlag
        if given.mech.dotted_form != KERBEROS:
            return Step(failure=f"the context is of the mechanism {given.mech.dotted_form}, not of Kerberos")
        for flag, missing in ((known.integrity, "integrity"), (known.replay_detection, "replay detection")):
            if not flags & flag:
                return Step(failure=f"the client asked for a context without {missing}")
        if flags & known.anonymity:
            return Step(failure="the client does not say who it is (an anonymous principal)")
        shown = self._library.raw.display_name(given.initiator_name, name_type=False).name
        return Step(token, shown.decode("ascii", "backslashreplace"), float(given.lifetime or 0))
