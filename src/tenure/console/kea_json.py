"""Kea's configuration files: JSON with comments (`//`, `#`, `/* */`) and commas before a closing bracket."""

from __future__ import annotations

import json
import re
from typing import Any

# A string, a comment, an inclusion, or a comma that nothing follows; strings are found first and stay as they are.
_PIECES = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|\#[^\n]*|/\*.*?\*/|<\?.*?\?>|,(?=\s*(?:(?://|\#)[^\n]*\s*|/\*.*?\*/\s*)*[}\]])',
    re.DOTALL,
)


class UnreadableKeaFile(ValueError):
    """The text is not Kea's; the message says where and why."""


def parse_kea_json(text: str) -> dict[str, Any]:
    """The object that a file of Kea's holds; `UnreadableKeaFile`."""
    try:
        found = json.loads(_PIECES.sub(_without, text))
    except json.JSONDecodeError as error:
        raise UnreadableKeaFile(f"line {error.lineno}: {error.msg[0].lower()}{error.msg[1:]}") from None
    if not isinstance(found, dict):
        raise UnreadableKeaFile("it holds no object")
    return found


def _without(piece: re.Match[str]) -> str:
    """A string as it is; of anything else only its line ends, so that lines keep their numbers."""
    text = piece[0]
    if text.startswith('"'):
        return text
    if text.startswith("<?"):
        raise UnreadableKeaFile(f"it includes another file ({text}); write what is in that into it")
    return "\n" * text.count("\n")
