"""The reference pages that are made from the code: the configuration, its schema, the reasons, the commands."""

from __future__ import annotations

from tenure.config.reference import page_text, schema_text
from tenure.naming.reason import WORDS

REASONS_HEAD = """\
# Reasons

Made from the code by `make docs`; do not edit. Why a lease has, or has not, its names in DNS. Every lease without
correct DNS has exactly one of these; logs, commands and programs use the code, people read the words.

| code | words |
| --- | --- |
"""


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    return {
        "configuration.md": page_text(),
        "configuration.schema.json": schema_text(),
        "reasons.md": REASONS_HEAD + "".join(f"| `{reason}` | {words} |\n" for reason, words in WORDS.items()),
    }
