"""The reference pages that are made from the code: the configuration, its schema, the reasons, the events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.config.reference import page_text, schema_text
from tenure.naming.event import KINDS
from tenure.naming.reason import WORDS

REASONS_HEAD = """\
# Reasons

Made from the code by `make docs`; do not edit. Why a lease has, or has not, its names in DNS. Every lease without
correct DNS has exactly one of these; logs, commands and programs use the code, people read the words.

| code | words |
| --- | --- |
"""

EVENTS_HEAD = """\
# Events

Made from the code by `make docs`; do not edit. What the history keeps, in the transaction of what happened.
`tenure history --kind KIND` lists one kind, `tenure explain` those of a name, an address or a client.

| kind | what has happened |
| --- | --- |
"""


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    return {
        "configuration.md": page_text(),
        "configuration.schema.json": schema_text(),
        "reasons.md": REASONS_HEAD + _rows(WORDS),
        "events.md": EVENTS_HEAD + _rows(KINDS),
    }


def _rows(words: Mapping[Any, str]) -> str:
    return "".join(f"| `{code}` | {sentence} |\n" for code, sentence in words.items())
