"""DNS over TCP: each message behind its length in two octets (RFC 1035 section 4.2.2, RFC 7766 section 8)."""

from __future__ import annotations


def frame(message: bytes) -> bytes:
    """The message with its length in front; `OverflowError` past 65535 octets."""
    return len(message).to_bytes(2, "big") + message


class Deframer:
    """Cuts a stream into messages. Octets come in any portions; several messages may come in one."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, octets: bytes) -> list[bytes]:
        """Take what was read from the stream; the messages that are now whole, in order. One may be empty."""
        pending = self._pending
        pending += octets
        messages = []
        offset = 0
        while len(pending) - offset >= 2:
            end = offset + 2 + int.from_bytes(pending[offset : offset + 2], "big")
            if end > len(pending):
                break
            messages.append(bytes(pending[offset + 2 : end]))
            offset = end
        del pending[:offset]
        return messages

    @property
    def is_within_message(self) -> bool:
        """Whether a message has begun and is not whole: the end of the stream now would cut it off."""
        return bool(self._pending)
