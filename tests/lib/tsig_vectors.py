"""The vectors of tests/vectors/tsig.json: messages with what a server or client must find in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tenure.dnswire.name import from_text
from tenure.signing.key import Key

_PATH = Path(__file__).parents[1] / "vectors" / "tsig.json"
_FILE: dict[str, list[dict[str, Any]]] = json.loads(_PATH.read_text())

VECTORS = {vector["id"]: vector for vector in _FILE["vectors"]}
STREAMS = {stream["id"]: stream for stream in _FILE["streams"]}


def vector_key(vector: dict[str, Any], least_mac: int = 0) -> Key:
    """The key of a vector."""
    name, algorithm = from_text(vector["key_name"].lower()), from_text(vector["algorithm"])
    return Key(name, algorithm, bytes.fromhex(vector["secret"]), least_mac)


def wire(vector: dict[str, Any]) -> bytes:
    """Its octets."""
    return bytes.fromhex(vector["wire"])


def without_tsig(octets: bytes, offset: int) -> bytes:
    """The message in front of the TSIG record that begins at `offset`."""
    return octets[:10] + (int.from_bytes(octets[10:12], "big") - 1).to_bytes(2, "big") + octets[12:offset]
