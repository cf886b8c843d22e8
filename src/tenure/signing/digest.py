"""The octets of TSIG: what is digested, and the record that carries the result (RFC 8945 sections 4.2 and 4.3).

What is digested for a single message:

    of a response only: size of the request's MAC (16) | the request's MAC
    the message as it was signed: without the TSIG record, with the original ID
    key name | class ANY | TTL 0 | algorithm | time signed (48) | fudge (16) | error (16) | other size (16) | other

The record is the key name, type TSIG, class ANY, TTL 0, and

    algorithm | time signed (48) | fudge (16) | MAC size (16) | MAC | original ID (16) | error (16) | other size, other
"""

from __future__ import annotations

from struct import Struct
from typing import Final, TypeAlias

from tenure.dnswire.message import TsigRecord
from tenure.dnswire.name import Name
from tenure.signing.context import Context
from tenure.signing.key import Key

Signer: TypeAlias = Key | Context  # what signs, and verifies what the other side has signed

FUDGE: Final = 300  # seconds that two clocks may differ (section 10)

_HEADER: Final = Struct("!H8sH")  # of a message: ID, what is between, ARCOUNT
_TIMES: Final = Struct("!HIH")  # time signed (48), fudge
_VARIABLES: Final = Struct("!HIHHH")  # time signed (48), fudge, error, other size
_RDATA_HEAD: Final = Struct("!HIHH")  # time signed (48), fudge, MAC size
_RDATA_TAIL: Final = Struct("!HH")  # error, other size
_U16: Final = Struct("!H")


def unsigned_part(octets: bytes, record: TsigRecord) -> bytes:
    """The message as its signer had it: without TSIG, and with the ID that a forwarder may have replaced."""
    count = (octets[10] << 8 | octets[11]) - 1
    return _HEADER.pack(record.original_id, octets[2:10], count) + octets[12 : record.offset]


def variables(key: Signer, time_signed: int, fudge: int, error: int = 0, other: bytes = b"") -> bytes:
    """The TSIG variables (section 4.3.3)."""
    times = _VARIABLES.pack(time_signed >> 32, time_signed & 0xFFFFFFFF, fudge, error, len(other))
    return key.digest_head + times + other


def timers(time_signed: int, fudge: int) -> bytes:
    """What stands for the variables from the second signed message of a stream on (section 5.3.1)."""
    return _TIMES.pack(time_signed >> 32, time_signed & 0xFFFFFFFF, fudge)


def sized(mac: bytes) -> bytes:
    """A MAC behind its size, as a digest begins with an earlier one."""
    return _U16.pack(len(mac)) + mac


def append_record(
    message: bytes,
    head: bytes,
    algorithm: Name,
    time_signed: int,
    fudge: int,
    mac: bytes,
    *,
    original_id: bytes,
    error: int = 0,
    other: bytes = b"",
) -> bytes:
    """The message with a TSIG record behind it and counted; `head` is the record up to its RDLENGTH."""
    high, low = time_signed >> 32, time_signed & 0xFFFFFFFF
    return b"".join(
        (
            message[:10],
            _U16.pack((message[10] << 8 | message[11]) + 1),
            message[12:],
            head,
            _U16.pack(len(algorithm) + 16 + len(mac) + len(other)),
            algorithm,
            _RDATA_HEAD.pack(high, low, fudge, len(mac)),
            mac,
            original_id,
            _RDATA_TAIL.pack(error, len(other)),
            other,
        )
    )
