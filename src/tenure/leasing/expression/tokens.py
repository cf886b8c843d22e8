"""An expression as a row of tokens, each with its place in the text; and the one error of a text that is none."""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import ip_address
from typing import NamedTuple

# Longer forms first. A word may hold hyphens, because the names of options do.
_TOKEN = re.compile(
    r"\s*(?:"
    r"'(?P<text>[^']*)'"
    r"|0[xX](?P<hex>[0-9a-fA-F]+)(?![\w:])"
    r"|(?P<address>\d+(?:\.\d+){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+(?:\.\d+){0,3})(?![\w:])"
    r"|(?P<number>-?\d+)(?!\w)"
    r"|(?P<word>[A-Za-z_][\w-]*)"
    r"|(?P<mark>==|[()\[\],.+*])"
    r"|(?P<end>$)"
    r")"
)


class ExpressionError(ValueError):
    """A text that is no expression: the column, from 1, and what would be right there."""

    def __init__(self, column: int, problem: str) -> None:
        self.column = column
        self.problem = problem
        super().__init__(f"column {column}: {problem}")


class Sort(Enum):
    """What a token is; the value names it in messages."""

    LITERAL = "a value"
    NUMBER = "a number"
    WORD = "a word"
    MARK = "a mark"
    END = "the end"


class Token(NamedTuple):
    """One token. `octets` are a literal's; `text` is the token as it was written."""

    sort: Sort
    column: int  # from 1
    text: str
    octets: bytes = b""


def tokens(text: str) -> list[Token]:
    """The tokens of the text, the last one its end; `ExpressionError`."""
    found: list[Token] = []
    position = 0
    while not found or found[-1].sort is not Sort.END:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise _stranger(text, position)
        start = match.start(match.lastgroup)
        if match.lastgroup in {"text", "hex"}:
            start -= 1 if match.lastgroup == "text" else 2
        found.append(_token(match.lastgroup, match[match.lastgroup], text[start : match.end()], start + 1))
        position = match.end()
    return found


def _token(group: str, body: str, written: str, column: int) -> Token:
    match group:
        case "text":
            try:
                return Token(Sort.LITERAL, column, written, body.encode("ascii"))
            except UnicodeEncodeError:
                raise ExpressionError(column, "text is ASCII; write other octets as 0x...") from None
        case "hex":
            return Token(Sort.LITERAL, column, written, bytes.fromhex(body.zfill(len(body) + len(body) % 2)))
        case "address":
            try:
                return Token(Sort.LITERAL, column, written, ip_address(body).packed)
            except ValueError:
                raise ExpressionError(column, f"{body} is not an IP address") from None
        case "number":
            return Token(Sort.NUMBER, column, written)
        case "word":
            return Token(Sort.WORD, column, written)
        case "mark":
            return Token(Sort.MARK, column, written)
    return Token(Sort.END, column, "")


def _stranger(text: str, position: int) -> ExpressionError:
    start = position + len(text[position:]) - len(text[position:].lstrip())
    if text[start] == "'":
        return ExpressionError(start + 1, "the quote that begins here is not closed")
    piece = text[start:].split(maxsplit=1)[0]
    return ExpressionError(start + 1, f"{piece!r} is nothing that an expression is made of")
