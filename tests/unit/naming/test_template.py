from __future__ import annotations

import pytest

from tenure.naming.template import BY_ADDRESS, WORDS, Device, NameTemplate

ADDRESS = bytes((10, 1, 2, 55))
DEVICE = Device(b"\1\2\0\x5e\x10\0\7", bytes.fromhex("0102005e100007"), bytes((10, 1, 0, 0)), b"eth 0/1/3", b"key")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("{prefix}-{address}", b"host-10-1-2-55"),
        ("{mac}", b"02-00-5e-10-00-07"),
        ("{mac}-{subnet}", b"02-00-5e-10-00-07-10-1-0-0"),
        ("x{circuit}", b"xeth-0-1-3"),
        ("guest", b"guest"),
        ("{prefix}{prefix}", b"hosthost"),
    ],
)
def test_words_are_filled_in(text: str, label: bytes) -> None:
    assert NameTemplate(text).fill("host", ADDRESS, DEVICE) == label


def test_a_hash_is_the_devices_and_the_keys() -> None:
    template = NameTemplate("{hash}")
    found = template.fill("", ADDRESS, DEVICE)
    assert found is not None
    assert len(found) == 8
    assert found.isalnum()
    assert found == template.fill("", bytes(16), DEVICE._replace(hardware=b"\1", circuit=None))
    others = (DEVICE._replace(identity=b"\1\2\0\x5e\x10\0\x08"), DEVICE._replace(key=b"other"))
    assert len({found, *(template.fill("", ADDRESS, other) for other in others)}) == 3


@pytest.mark.parametrize(
    ("word", "device"),
    [
        ("mac", DEVICE._replace(hardware=b"\1")),
        ("hash", DEVICE._replace(key=b"")),
        ("circuit", DEVICE._replace(circuit=None)),
        ("circuit", DEVICE._replace(circuit=b"///")),
        ("mac", None),
        ("hash", None),
        ("circuit", None),
        ("subnet", None),
    ],
)
def test_what_a_device_does_not_have_gives_no_name(word: str, device: Device | None) -> None:
    assert NameTemplate(f"a-{{{word}}}").fill("host", ADDRESS, device) is None


def test_a_circuit_that_is_no_text_is_written_in_hexadecimal() -> None:
    assert NameTemplate("{circuit}").fill("", ADDRESS, DEVICE._replace(circuit=b"\0\4\xff")) == b"0004ff"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{name}", r"has the word \{name\}, which is not known"),
        ("{mac", r"has a \{ that belongs to no word"),
        ("mac}", r"has a \} that belongs to no word"),
        ("{}", "has the word"),
        ("Host-{mac}", "has 'Host-', which cannot stand in a host name"),
        ("{mac}.lab", "has '.lab', which cannot"),
    ],
)
def test_templates_that_are_none(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        NameTemplate(text)


def test_what_tells_devices_apart() -> None:
    assert {word for word in WORDS if NameTemplate(f"{{{word}}}").tells_devices_apart} == {
        "address",
        "mac",
        "hash",
        "circuit",
    }
    assert not NameTemplate("guest").tells_devices_apart
    assert NameTemplate("{prefix}-{address}") == BY_ADDRESS


def test_of_an_ipv6_address_the_compressed_text() -> None:
    assert BY_ADDRESS.fill("h", bytes.fromhex("20010db8" + "0" * 24), None) == b"h-2001-db8--0"
