"""Going through the tokens of an expression: what stands here, and what was expected instead."""

from __future__ import annotations

from typing import Generic, NamedTuple

from tenure.leasing.expression.dialect import S, Test, Value
from tenure.leasing.expression.tokens import ExpressionError, Sort, Token, tokens


class Part(NamedTuple, Generic[S]):
    """A part of an expression: exactly one of value and test."""

    column: int
    value: Value[S] | None
    test: Test[S] | None


class Reading:
    """The tokens of one text, and how far they have been read."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0

    @property
    def here(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """The next token, which is read then; the end is never passed."""
        token = self.here
        if token.sort is not Sort.END:
            self._at += 1
        return token

    def skip(self, text: str) -> bool:
        """Whether this mark or word stands here; if so, it is read."""
        found = self.here.text == text and self.here.sort in {Sort.MARK, Sort.WORD}
        if found:
            self._at += 1
        return found

    def after_dot(self) -> str:
        """The word behind a dot that stands here; empty if no dot does."""
        return self._tokens[self._at + 1].text if self.here.text == "." else ""

    def need(self, text: str) -> None:
        """Read a mark or word that must stand here; `ExpressionError`."""
        if not self.skip(text):
            raise self.wrong(f"'{text}'")

    def literal(self, what: str) -> bytes:
        """The octets of a literal that must stand here; `ExpressionError`."""
        if self.here.sort is not Sort.LITERAL:
            raise self.wrong(what)
        return self.take().octets

    def number(self, least: int, most: int, what: str) -> int:
        """A number that must stand here; `ExpressionError`."""
        if self.here.sort is not Sort.NUMBER or not least <= int(self.here.text) <= most:
            raise self.wrong(f"{what} from {least} to {most}")
        return int(self.take().text)

    def word(self, *words: str) -> str:
        """One of the words, which must stand here; `ExpressionError`."""
        if self.here.sort is not Sort.WORD or self.here.text not in words:
            raise self.wrong(" or ".join(words))
        return self.take().text

    def wrong(self, expected: str, at: Token | None = None) -> ExpressionError:
        """What stands here is not what must."""
        token = at or self.here
        stands = "the end of the text" if token.sort is Sort.END else token.text
        return ExpressionError(token.column, f"{expected} is expected here, not {stands}")


def need_value(part: Part[S]) -> Value[S]:
    """The value that a part must be; `ExpressionError`."""
    if part.value is None:
        raise ExpressionError(part.column, "a value is expected here, and this is a condition")
    return part.value


def need_test(part: Part[S]) -> Test[S]:
    """The condition that a part must be; `ExpressionError`."""
    if part.test is None:
        raise ExpressionError(part.column, "a condition is expected here, and this is a value; compare it with ==")
    return part.test
