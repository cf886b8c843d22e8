"""RDATA as text, and back."""

from __future__ import annotations

import pytest

from tenure.dnswire.name import from_text
from tenure.dnswire.zonefile import rdata_from_text, rdata_to_text

ORIGIN = from_text("Example.test.")


@pytest.mark.parametrize(("rtype", "text"), [(1, "x"), (1, ""), (15, "10"), (2, "a..b"), (65280, "abc")])
def test_text_that_is_no_rdata(rtype: int, text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        rdata_from_text(rtype, text, ORIGIN)


def test_relative_names_are_below_the_origin() -> None:
    assert rdata_from_text(2, "ns1", ORIGIN) == b"\3ns1" + ORIGIN
    assert rdata_to_text(2, b"\3ns1" + ORIGIN) == "ns1.Example.test."


def test_rdata_that_is_not_well_formed_can_still_be_shown() -> None:
    assert rdata_to_text(1, b"\1\2\3") == r"\# 3 010203"
    assert rdata_from_text(65280, r"\# 3 010203", ORIGIN) == b"\1\2\3"
