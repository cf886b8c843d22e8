"""Every option in both directions: whatever a peer sends is words or one error, and the words can be written."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenure.dhcpwire.option_table import KnownOption
from tenure.dhcpwire.v4.options import BY_NAME, OPTIONS, option_of


@settings(max_examples=1500)
@given(option=st.sampled_from(OPTIONS), data=st.binary(max_size=80))
def test_any_octets_are_words_or_a_value_error(option: KnownOption, data: bytes) -> None:
    try:
        words = option.kind.decode(data)
    except ValueError:
        return
    assert words.isascii()
    assert words.isprintable()


def one_of_its_formats(option: KnownOption) -> st.SearchStrategy[bytes]:
    address = st.binary(min_size=4, max_size=4).filter(any)
    word = st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True).map(str.encode)
    domains = st.lists(word, min_size=1, max_size=3).map(lambda ws: b"".join(bytes((len(w),)) + w for w in ws) + b"\0")
    route = st.tuples(st.integers(0, 4), address).map(lambda one: bytes((one[0] * 8,)) + b"\x0a" * one[0] + one[1])
    several = st.lists(address, min_size=2, max_size=2).map(b"".join)
    return st.one_of(address, several, word, domains, route, st.binary(min_size=0, max_size=2))


@settings(max_examples=1500)
@given(option=st.sampled_from(OPTIONS), data=st.data())
def test_what_is_shown_can_be_written_and_means_the_same(option: KnownOption, data: st.DataObject) -> None:
    octets = data.draw(one_of_its_formats(option))
    try:
        words = option.kind.decode(octets)
        assume("\\" not in words and words == words.strip())  # text that people don't write: they take hex for it
        written = option_of(option.name, words)
    except ValueError:  # not of this format, or a value that nobody may set
        return
    assert option.kind.decode(written[1]) == words
    assert written[0] == option.code == BY_NAME[option.name].code
