"""The relay agent information option (82): sub-options `code(1) length(1) data` (RFC 3046 section 2.0)."""

from __future__ import annotations

from typing import Final

CIRCUIT_ID: Final = 1
REMOTE_ID: Final = 2
LINK_SELECTION: Final = 5  # RFC 3527
SERVER_IDENTIFIER_OVERRIDE: Final = 11  # RFC 5107


def sub_option(data: bytes, code: int) -> bytes | None:
    """The data of the first sub-option with this code; None if there is none before the end or the first damage.

    The option is a relay's and is echoed as it came, so damage in it costs only what stands behind the damage.
    """
    offset = 0
    end = len(data)
    while offset + 2 <= end:
        after = offset + 2 + data[offset + 1]
        if after > end:
            return None
        if data[offset] == code:
            return data[offset + 2 : after]
        offset = after
    return None
