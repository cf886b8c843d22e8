from __future__ import annotations

import pytest

from tenure.naming.hostname import normalise, printable, split_text
from tenure.naming.reason import Reason


@pytest.mark.parametrize(
    ("labels", "fit"),
    [
        ((b"pc",), (b"pc",)),
        ((b"PC", b"Example"), (b"pc", b"example")),
        ((b"my_host",), (b"myhost",)),
        ((b"Anna's iPhone",), (b"annasiphone",)),
        ((b"-pc-",), (b"pc",)),
        ((b"--_pc",), (b"pc",)),
        ((b"a.b",), (b"ab",)),
        ((b"pc\0",), (b"pc",)),
        (("Büro".encode(),), (b"xn--bro-hoa",)),
        (("BÜRO_7".encode(),), (b"xn--bro7-0ra",)),
        (("имя".encode(),), (b"xn--h1ai1d",)),
        (("Anna\u2019s iPhone".encode(),), (b"annasiphone",)),
        (("\uff30\uff23".encode(),), (b"pc",)),
        (("1א".encode(),), (b"1",)),  # breaks the rule of direction (RFC 5893): what is ASCII of it
        ((b"caf\xe9",), (b"caf",)),  # no UTF-8
        ((b"xn--bro-hoa",), (b"xn--bro-hoa",)),
        ((b"7",), (b"7",)),
        ((b"-x!",), (b"x",)),
        ((b"a" * 63,), (b"a" * 63,)),
        ((b"-" + b"a" * 63,), (b"a" * 63,)),
        ((b"<script>",), (b"script",)),
    ],
)
def test_what_cannot_stand_is_dropped(labels: tuple[bytes, ...], fit: tuple[bytes, ...]) -> None:
    assert normalise(labels) == fit


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ((), Reason.NAME_INVALID),
        ((b"",), Reason.NAME_INVALID),
        ((b"*",), Reason.NAME_INVALID),
        ((b"*", b"example", b"test"), Reason.NAME_INVALID),
        ((b"pc", b"!", b"test"), Reason.NAME_INVALID),
        ((b"---",), Reason.NAME_INVALID),
        ((b"a" * 64,), Reason.NAME_INVALID),
        (("💻".encode(),), Reason.NAME_INVALID),
        (("ü".encode() * 60,), Reason.NAME_INVALID),  # over 63 octets as an A-label
        ((b"xn--a",), Reason.NAME_INVALID),
        ((b"xn--pc-",), Reason.NAME_INVALID),
        ((b"XN--_a",), Reason.NAME_INVALID),
        (("💻xn--a".encode(),), Reason.NAME_INVALID),
        ((b"_tcp",), Reason.NAME_RESERVED),
        ((b"_",), Reason.NAME_RESERVED),
        ((b"pc", b"_msdcs", b"example"), Reason.NAME_RESERVED),
    ],
)
def test_what_has_no_fit_form(labels: tuple[bytes, ...], reason: Reason) -> None:
    assert normalise(labels) is reason


@pytest.mark.parametrize(
    ("text", "labels", "full"),
    [
        (b"pc", (b"pc",), False),
        (b"pc\0", (b"pc",), False),
        (b"pc.example.test", (b"pc", b"example", b"test"), False),
        (b"pc.", (b"pc",), True),
        (b"pc.example.\0", (b"pc", b"example"), True),
        (b"a..b", (b"a", b"", b"b"), False),
        (b"..", (), True),
        (b"\0", (), False),
        (b"", (), False),
    ],
)
def test_labels_of_a_text(text: bytes, labels: tuple[bytes, ...], full: bool) -> None:
    assert split_text(text) == (labels, full)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ((b"PC", b"Example"), "PC.Example"),
        ((b"a b",), r"a\032b"),
        ((b"a\nb\x1b[31m",), r"a\010b\027[31m"),
        ((b"a.b", b"c\0"), r"a\.b.c\000"),
        ((b"a\\b",), r"a\\b"),
        (("ü".encode(),), r"\195\188"),
        ((b"<b>",), "<b>"),
        ((), ""),
    ],
)
def test_what_people_see(labels: tuple[bytes, ...], text: str) -> None:
    assert printable(labels) == text


def test_what_people_see_is_bounded() -> None:
    assert printable((b"\0" * 200,)) == (r"\000" * 200)[:255]
    assert printable((b"a" * 300,)) == "a" * 255


@pytest.mark.parametrize(
    ("label", "replacement", "fit"),
    [
        (b"my_host", "-", b"my-host"),
        (b"my_host", "x", b"myxhost"),
        (b"Anna's iPhone", "-", b"anna-s-iphone"),
        (b"!pc!", "-", b"pc"),
        ("Büro_7".encode(), "-", b"xn--bro-7-kva"),
        ("Anna\u2019s iPhone".encode(), "-", b"anna-s-iphone"),
    ],
)
def test_what_cannot_stand_is_replaced(label: bytes, replacement: str, fit: bytes) -> None:
    assert normalise((label,), replacement) == (fit,)
