"""What the rule type `external` asks: a program behind a local socket, in BIND's protocol.

One connection for each question (numbers in network order, strings end in a zero octet, names without a final dot):

    version 1 (32 bits) | length of all this (32) | signer | name | address | type | key | token length (32) | token
    the answer: 32 bits, 1: permitted, 0: not

A program that does not answer in time is not asked again for some seconds: meanwhile nothing is permitted by it, and
the other requestors of this server wait no longer than for one question.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

from tenure.authority.requestor import Inquiry, Requestor
from tenure.dnswire.codes import type_to_text
from tenure.dnswire.name import to_text
from tenure.signing.key import ALGORITHMS

ANSWER_SECONDS = 1.0
PAUSE_SECONDS = 5.0  # for which a program that failed is not asked

_VERSION = 1
_HEAD = struct.Struct("!II")
_NUMBER = struct.Struct("!I")
# The numbers by which BIND calls the algorithms (RFC 8945 has names only).
_NUMBERS = {"hmac-md5": 157, "hmac-sha1": 161, "hmac-sha224": 162, "hmac-sha256": 163, "hmac-sha384": 164}
_NUMBERS["hmac-sha512"] = 165
_ALGORITHM_NUMBERS = {algorithm.name: _NUMBERS[text] for text, algorithm in ALGORITHMS.items() if text in _NUMBERS}


class ExternalPolicy:
    """Asks the programs; what one said holds until `forget`, which the service calls for each batch of updates."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[Inquiry, str] = {}
        self._failed: dict[str, tuple[float, str]] = {}  # by socket: when it may be asked again, and what was wrong

    def forget(self) -> None:
        """What was said is no longer known."""
        if self._said:
            self._said.clear()

    def ask(self, inquiry: Inquiry) -> str:
        """Why it is not permitted; empty: it is (`authority.requestor.Ask`)."""
        said = self._said.get(inquiry)
        if said is None:
            said = self._said[inquiry] = self._ask(inquiry)
        return said

    def _ask(self, inquiry: Inquiry) -> str:
        where = f"the program at {inquiry.socket}"
        until, failure = self._failed.get(inquiry.socket, (0.0, ""))
        if self._clock() < until:
            return f"{where} is not asked for {PAUSE_SECONDS:g} s, because it {failure}"
        try:
            answer = _exchange(inquiry.socket, question(inquiry))
        except TimeoutError:
            failure = f"did not answer within {ANSWER_SECONDS:g} s"
        except OSError as error:
            failure = f"cannot be asked ({error.strerror or error})"
        else:
            if answer == _NUMBER.pack(1):
                return ""
            if answer == _NUMBER.pack(0):
                return f"{where} does not permit it"
            failure = f"gave an answer that is none ({answer.hex() or 'nothing'})"
        self._failed[inquiry.socket] = self._clock() + PAUSE_SECONDS, failure
        return f"{where} {failure}"


def question(inquiry: Inquiry) -> bytes:
    """The octets that the program is sent. The token is that of Kerberos, which there is none of."""
    _path, who, name, rtype = inquiry
    signer = _plain(who.key) if who.key else ""
    words = (signer, _plain(name), who.address, type_to_text(rtype), _key_words(who, signer))
    body = b"".join(word.encode("ascii", "replace") + b"\0" for word in words) + _NUMBER.pack(0)
    return _HEAD.pack(_VERSION, _HEAD.size + len(body)) + body


def _exchange(path: str, octets: bytes) -> bytes:
    until = time.monotonic() + ANSWER_SECONDS
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(ANSWER_SECONDS)
        stream.connect(path)
        stream.sendall(octets)
        answer = b""
        while len(answer) < _NUMBER.size:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            stream.settimeout(left)
            piece = stream.recv(_NUMBER.size - len(answer))
            if not piece:
                break
            answer += piece
        return answer


def _plain(name: bytes) -> str:
    return to_text(name).removesuffix(".") or "."


def _key_words(who: Requestor, signer: str) -> str:
    """`NAME/ALGORITHM/0`: the last number is BIND's digest of the secret, which is told to nobody here."""
    if who.algorithm is None:
        return ""
    return f"{signer}/{_ALGORITHM_NUMBERS.get(who.algorithm, 0)}/0"
