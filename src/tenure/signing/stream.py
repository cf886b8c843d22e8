"""TSIG over the messages of one TCP answer, as a zone transfer makes (RFC 8945 section 5.3.1).

The first message is signed as any response. Each later one digests

    size of the last MAC (16) | the last MAC | unsigned messages since then | this message
    time signed (48) | fudge (16)
"""

from __future__ import annotations

import hmac
from typing import Final

from tenure.dnswire.message import Message
from tenure.signing.digest import FUDGE, append_record, sized, timers, unsigned_part, variables
from tenure.signing.key import Key
from tenure.signing.tsig import Unverified, Verified, check_response_record, check_response_time

MOST_UNSIGNED: Final = 99  # messages between two signed ones


class StreamSigner:
    """Signs every message of an answer, in order."""

    __slots__ = ("_key", "_last_mac", "_size", "_started")

    def __init__(self, verified: Verified) -> None:
        self._key = verified.key
        self._last_mac = verified.mac
        self._size = len(verified.mac)
        self._started = False

    def sign(self, message: bytes, now: float) -> bytes:
        """The next message of the answer with its TSIG record."""
        key = self._key
        time_signed = int(now)
        tail = timers(time_signed, FUDGE) if self._started else variables(key, time_signed, FUDGE)
        mac = key.short_mac(sized(self._last_mac) + message + tail, self._size)
        self._last_mac = mac
        self._started = True
        return append_record(message, key.record_head, key.algorithm, time_signed, FUDGE, mac, original_id=message[:2])


class StreamVerifier:
    """Verifies an answer message by message. After any fault the whole answer is worth nothing."""

    __slots__ = ("_key", "_last_mac", "_pending", "_started", "_unsigned")

    def __init__(self, key: Key, request_mac: bytes) -> None:
        self._key = key
        self._last_mac = request_mac
        self._pending = bytearray()  # unsigned messages since the last signed one
        self._unsigned = 0
        self._started = False

    def verify(self, octets: bytes, message: Message, now: float) -> Unverified | None:
        """None as long as the answer can be right; an unsigned message is settled by the next signed one."""
        record = message.tsig
        if record is None:
            self._unsigned += 1
            self._pending += octets
            return None if self._started and self._unsigned <= MOST_UNSIGNED else Unverified.UNSIGNED
        fault = check_response_record(record, self._key)
        if fault is not None:
            return fault
        key = self._key
        if self._started:
            tail = timers(record.time_signed, record.fudge)
        else:
            tail = variables(key, record.time_signed, record.fudge, record.error, record.other)
        digested = sized(self._last_mac) + self._pending + unsigned_part(octets, record) + tail
        expected = key.mac(digested)[: len(record.mac)]
        if not hmac.compare_digest(expected, record.mac):
            return Unverified.WRONG_MAC
        self._last_mac = record.mac
        self._pending.clear()
        self._unsigned = 0
        self._started = True
        return check_response_time(record, now)

    def finish(self) -> Unverified | None:
        """To be asked behind the last message: None if that was signed."""
        return None if self._started and not self._unsigned else Unverified.UNSIGNED
