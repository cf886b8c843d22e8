"""From the text of a test to the function that it means, by recursive descent.

    any      = both { "or" both }          both   = negated { "and" negated }     negated = "not" negated | compared
    compared = joined [ "==" joined ]      joined = single { "+" single }
    single   = "(" any ")" | literal | number | function "(" ... ")" | member('X') | known | unknown | packet words

Values are octets, conditions are true or false. Which of the two a part is, is known when it has been read, so that
parentheses may stand around either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from tenure.leasing.expression import functions
from tenure.leasing.expression.dialect import Dialect, S, Test, Value
from tenure.leasing.expression.packet_words import read_packet_word
from tenure.leasing.expression.reading import Part, Reading, need_test, need_value
from tenure.leasing.expression.tokens import ExpressionError, Sort, Token

KNOWN = "KNOWN"
_DEEPEST = 50  # parentheses within one another
_SMALLEST, _GREATEST = -(2**31), 2**32 - 1


@dataclass(frozen=True, slots=True)
class Expression(Generic[S]):
    """A test ready for packets. `members` are the classes that it asks for."""

    text: str
    test: Test[S]
    members: frozenset[str]


def parse_test(text: str, dialect: Dialect[S]) -> Expression[S]:
    """The test that the text is; `ExpressionError` says where it is none, and what would be right there."""
    parser = _Parser(text, dialect)
    test = need_test(parser.whole())
    return Expression(text, test, frozenset(parser.members))


def parse_value(text: str, dialect: Dialect[S]) -> Value[S]:
    """The value that the text is, such as `relay4[1].hex`; `ExpressionError` as above."""
    return need_value(_Parser(text, dialect).whole())


class _Parser(Generic[S]):
    """One text on its way to a function."""

    def __init__(self, text: str, dialect: Dialect[S]) -> None:
        self._reading = Reading(text)
        self._dialect = dialect
        self._depth = 0
        self.members: set[str] = set()

    def whole(self) -> Part[S]:
        """The whole text."""
        part = self._any()
        if self._reading.here.sort is not Sort.END:
            raise self._reading.wrong("==, + or the end" if part.test is None else "and, or, or the end")
        return part

    def _any(self) -> Part[S]:
        part = self._both()
        while self._reading.skip("or"):
            part = _either(part, self._both())
        return part

    def _both(self) -> Part[S]:
        part = self._negated()
        while self._reading.skip("and"):
            part = _and(part, self._negated())
        return part

    def _negated(self) -> Part[S]:
        column = self._reading.here.column
        if not self._reading.skip("not"):
            return self._compared()
        test = need_test(self._deeper(self._negated))
        return Part(column, None, lambda seen: not test(seen))

    def _compared(self) -> Part[S]:
        left = self._joined()
        if not self._reading.skip("=="):
            return left
        one, other = need_value(left), need_value(self._joined())
        return Part(left.column, None, lambda seen: one(seen) == other(seen))

    def _joined(self) -> Part[S]:
        part = self._single()
        while self._reading.skip("+"):
            part = _concatenated(part, self._single())
        return part

    def _single(self) -> Part[S]:
        token = self._reading.take()
        match token.sort:
            case Sort.LITERAL:
                return _constant(token.column, token.octets)
            case Sort.NUMBER:
                return _constant(token.column, self._octets_of(token))
            case Sort.WORD:
                return self._word(token)
        if token.text != "(":
            raise self._reading.wrong("a value or a condition", token)
        part = self._deeper(self._any)
        self._reading.need(")")
        return part

    def _deeper(self, read: Callable[[], Part[S]]) -> Part[S]:
        """Reads one level further in; there is an end to that, because the machine's stack has one."""
        if self._depth == _DEEPEST:
            raise ExpressionError(self._reading.here.column, f"this is more than {_DEEPEST} levels deep")
        self._depth += 1
        part = read()
        self._depth -= 1
        return part

    def _octets_of(self, token: Token) -> bytes:
        """A number is four octets."""
        number = int(token.text)
        if not _SMALLEST <= number <= _GREATEST:
            raise self._reading.wrong(f"a number up to {_GREATEST}", token)
        return (number % 2**32).to_bytes(4, "big")

    def _word(self, word: Token) -> Part[S]:
        if word.text in {"known", "unknown"}:
            known = self._member(KNOWN)
            return Part(word.column, None, known if word.text == "known" else lambda seen: not known(seen))
        part = read_packet_word(self._reading, self._dialect, word)
        if part is not None:
            return part
        read = self._functions().get(word.text)
        if read is None:
            raise self._reading.wrong("a value or a condition", word)
        self._reading.need("(")
        part = self._deeper(lambda: read(word.column))
        self._reading.need(")")
        return part

    def _functions(self) -> dict[str, Callable[[int], Part[S]]]:
        readers = {
            "member": self._read_member,
            "substring": self._substring,
            "split": self._split,
            "concat": self._concat,
            "ifelse": self._ifelse,
            "hexstring": self._hexstring,
        }
        return readers | {name: self._converter(convert) for name, convert in functions.TO_TEXT.items()}

    def _value(self) -> Value[S]:
        return need_value(self._any())

    def _read_member(self, column: int) -> Part[S]:
        name = self._reading.literal("the name of a class in quotes").decode("ascii", "replace")
        return Part(column, None, self._member(name))

    def _member(self, name: str) -> Test[S]:
        self.members.add(name)
        is_member = self._dialect.is_member
        return lambda seen: is_member(seen, name)

    def _substring(self, column: int) -> Part[S]:
        whole = self._value()
        self._reading.need(",")
        start = self._reading.number(-65535, 65535, "a position")
        self._reading.need(",")
        length = None
        if not self._reading.skip("all"):
            length = self._reading.number(-65535, 65535, "all, or a length")
        return Part(column, lambda seen: functions.substring(whole(seen), start, length), None)

    def _split(self, column: int) -> Part[S]:
        whole = self._value()
        self._reading.need(",")
        delimiters = self._value()
        self._reading.need(",")
        field = self._reading.number(1, 65535, "the number of a field")
        return Part(column, lambda seen: functions.split(whole(seen), delimiters(seen), field), None)

    def _concat(self, column: int) -> Part[S]:
        first = self._any()
        self._reading.need(",")
        return _concatenated(first, self._any())._replace(column=column)

    def _ifelse(self, column: int) -> Part[S]:
        test = need_test(self._any())
        self._reading.need(",")
        one = self._value()
        self._reading.need(",")
        other = self._value()
        return Part(column, lambda seen: one(seen) if test(seen) else other(seen), None)

    def _hexstring(self, column: int) -> Part[S]:
        whole = self._value()
        self._reading.need(",")
        separator = self._value()
        return Part(column, lambda seen: functions.hexstring(whole(seen), separator(seen)), None)

    def _converter(self, convert: Callable[[bytes], bytes]) -> Callable[[int], Part[S]]:
        def read(column: int) -> Part[S]:
            whole = self._value()
            return Part(column, lambda seen: convert(whole(seen)), None)

        return read


def _constant(column: int, octets: bytes) -> Part[S]:
    return Part(column, lambda _seen: octets, None)


def _either(left: Part[S], right: Part[S]) -> Part[S]:
    one, other = need_test(left), need_test(right)
    return Part(left.column, None, lambda seen: one(seen) or other(seen))


def _and(left: Part[S], right: Part[S]) -> Part[S]:
    one, other = need_test(left), need_test(right)
    return Part(left.column, None, lambda seen: one(seen) and other(seen))


def _concatenated(left: Part[S], right: Part[S]) -> Part[S]:
    one, other = need_value(left), need_value(right)
    return Part(left.column, lambda seen: one(seen) + other(seen), None)
