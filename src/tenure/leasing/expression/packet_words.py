"""The words of an expression that look into a packet: `option[60].hex`, `relay4[1].exists`, `pkt4.mac`, `vendor[9]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tenure.leasing.expression.dialect import Dialect, Maybe, S, Value
from tenure.leasing.expression.reading import Part, Reading
from tenure.leasing.expression.tokens import ExpressionError, Sort, Token

T = TypeVar("T")

_ANY = 0  # as an enterprise: whatever it is


def read_packet_word(reading: Reading, dialect: Dialect[S], word: Token) -> Part[S] | None:
    """What the word, which has been read, and those behind it look at; None for a word of another kind."""
    match word.text:
        case "option":
            code = _code(reading, dialect)
            return _look(reading, dialect, word, dialect.option(code), code)
        case "relay4":
            if dialect.relay4 is None:
                raise ExpressionError(word.column, "relay4 is of DHCPv4; a DHCPv6 relay is relay6[0]")
            sub_code = _number_in_brackets(reading, 0, 255, "the code of a sub-option")
            return _look(reading, dialect, word, dialect.relay4(sub_code), sub_code)
        case "relay6":
            return _relay6(reading, dialect, word)
        case "vendor":
            return _vendor(reading, dialect, word)
        case "vendor-class":
            return _vendor_class(reading, dialect, word)
        case "pkt" | "pkt4" | "pkt6":
            return Part(word.column, _field(reading, dialect, word), None)
    return None


def _code(reading: Reading, dialect: Dialect[S]) -> int:
    """The code of an option in brackets, as a number or by name."""
    reading.need("[")
    if reading.here.sort is Sort.WORD:
        code = dialect.option_codes.get(reading.here.text)
        if code is None:
            raise reading.wrong("the code of an option, or Kea's name for it,")
        reading.take()
    else:
        code = reading.number(0, 65535, "the code of an option, or Kea's name for it,")
    reading.need("]")
    return code


def _number_in_brackets(reading: Reading, least: int, most: int, what: str) -> int:
    reading.need("[")
    number = reading.number(least, most, what)
    reading.need("]")
    return number


def _options(reading: Reading, dialect: Dialect[S], found: Maybe[S], code: int | None) -> Maybe[S]:
    """The option that was named, or the sub-option of it that follows: `.option[n]`."""
    while reading.after_dot() == "option":
        reading.need(".")
        reading.need("option")
        inner = _number_in_brackets(reading, 0, 65535, "the code of a sub-option")
        found, code = _inside(dialect, found, code, inner), inner
    return found


def _inside(dialect: Dialect[S], found: Maybe[S], code: int | None, inner: int) -> Maybe[S]:
    def read(seen: S) -> bytes | None:
        data = found(seen)
        return None if data is None else dialect.sub_option(code, data, inner)

    return read


def _look(reading: Reading, dialect: Dialect[S], word: Token, found: Maybe[S], code: int | None = None) -> Part[S]:
    """`.hex` is what stands there, `.text` the same without zero octets behind it, `.exists` whether it is there."""
    found = _options(reading, dialect, found, code)
    reading.need(".")
    match reading.word("hex", "text", "exists"):
        case "exists":
            return Part(word.column, None, lambda seen: found(seen) is not None)
        case "text":
            return Part(word.column, lambda seen: (found(seen) or b"").rstrip(b"\0"), None)
    return Part(word.column, lambda seen: found(seen) or b"", None)


def _relay6(reading: Reading, dialect: Dialect[S], word: Token) -> Part[S]:
    if dialect.relay6_option is None:
        raise ExpressionError(word.column, "relay6 is of DHCPv6; what a DHCPv4 relay says is relay4[1]")
    relay = _number_in_brackets(reading, -32, 32, "the number of a relay")
    reading.need(".")
    which = reading.word("option", *dialect.relay6_fields)
    if which == "option":
        code = _code(reading, dialect)
        return _look(reading, dialect, word, dialect.relay6_option(relay, code), code)
    return Part(word.column, dialect.relay6_fields[which](relay), None)


def _field(reading: Reading, dialect: Dialect[S], word: Token) -> Value[S]:
    """A field of the message or of its way here."""
    known = sorted(name.partition(".")[2] for name in dialect.fields if name.startswith(f"{word.text}."))
    if not known:
        raise ExpressionError(word.column, f"{word.text} is of the other protocol")
    reading.need(".")
    return dialect.fields[f"{word.text}.{reading.word(*known)}"]


def _enterprise(reading: Reading) -> int:
    reading.need("[")
    number = _ANY if reading.skip("*") else reading.number(0, 2**32 - 1, "the number of an enterprise, or *,")
    reading.need("]")
    return number


def _vendor(reading: Reading, dialect: Dialect[S], word: Token) -> Part[S]:
    """`vendor.enterprise`, `vendor[n].exists`, `vendor[n].option[m].hex`."""
    everything = dialect.vendor
    if reading.skip("."):
        reading.word("enterprise")
        return Part(word.column, lambda seen: _first_enterprise(everything(seen)), None)
    enterprise = _enterprise(reading)

    def data(seen: S) -> bytes | None:
        return _of_enterprise(everything(seen), enterprise)

    if reading.after_dot() == "option":
        return _look(reading, dialect, word, data)
    reading.need(".")
    reading.word("exists")
    return Part(word.column, None, lambda seen: data(seen) is not None)


def _vendor_class(reading: Reading, dialect: Dialect[S], word: Token) -> Part[S]:
    """`vendor-class.enterprise`, `vendor-class[n].exists`, `vendor-class[n].data`, `vendor-class[n].data[m]`."""
    everything = dialect.vendor_class
    if reading.skip("."):
        reading.word("enterprise")
        return Part(word.column, lambda seen: _first_enterprise(everything(seen)), None)
    enterprise = _enterprise(reading)
    reading.need(".")
    if reading.word("exists", "data") == "exists":
        return Part(word.column, None, lambda seen: _of_enterprise(everything(seen), enterprise) is not None)
    index = _number_in_brackets(reading, 0, 255, "the number of a chunk") if reading.here.text == "[" else 0

    def chunk(seen: S) -> bytes:
        chunks = _of_enterprise(everything(seen), enterprise) or ()
        return chunks[index] if index < len(chunks) else b""

    return Part(word.column, chunk, None)


def _first_enterprise(found: Sequence[tuple[int, object]]) -> bytes:
    return found[0][0].to_bytes(4, "big") if found else b""


def _of_enterprise(found: Sequence[tuple[int, T]], enterprise: int) -> T | None:
    """What the first one with this enterprise has; None if there is none."""
    return next((one for number, one in found if enterprise in {_ANY, number}), None)
