"""What a host is called, and what it is told by its resolver's configuration."""

from __future__ import annotations

import pytest
from host_inventory import address, interface, settings

from tenure.dnswire.name import from_text
from tenure.naming.reason import Reason
from tenure.registering.names import HostNames, Unnamed, host_names, names_of
from tenure.registering.resolv_conf import ResolvConf, parse_resolv_conf
from tenure.registering.selection import Choice, Judged
from tenure.registering.settings import Connection, Settings

OFFICE = from_text("office.example.")


def primary(said: Settings, *searched: bytes) -> bytes:
    found = host_names(said, searched)
    assert isinstance(found, HostNames), found
    return found.primary


def test_the_suffix_is_the_configured_one_or_the_host_name_s_or_the_first_that_is_searched() -> None:
    assert primary(settings("PC.lab.example", primary_suffix=OFFICE), from_text("a.test.")) == from_text(
        "pc.office.example."
    )
    assert primary(settings("PC.lab.example"), from_text("a.test.")) == from_text("pc.lab.example.")
    assert primary(settings("pc"), from_text("a.test."), from_text("b.test.")) == from_text("pc.a.test.")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (settings("pc"), Reason.NO_SUFFIX),
        (settings("pc.lan"), Reason.TOP_LEVEL_ZONE),
        (settings("localhost.localdomain.test"), Reason.NAME_RESERVED),
        (settings("localhost"), Reason.NAME_RESERVED),
        (settings(""), Reason.NAME_INVALID),
        (settings("???", primary_suffix=OFFICE), Reason.NAME_INVALID),
        (
            settings(
                "a" * 63, primary_suffix=b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3f" + b"d" * 60 + b"eee\0"
            ),
            Reason.NAME_INVALID,
        ),
    ],
)
def test_a_host_without_a_name_that_can_be_registered_is_told_why(said: Settings, reason: Reason) -> None:
    found = host_names(said, ())
    assert isinstance(found, Unnamed)
    assert found.reason is reason
    assert found.detail


def test_a_top_level_suffix_is_taken_where_that_is_wanted() -> None:
    assert primary(settings("pc.lan", top_level_zones=True)) == from_text("pc.lan.")


def test_an_address_has_the_primary_name_first_then_the_others_then_its_connection_s() -> None:
    lab, www = from_text("lab.example."), from_text("www.example.")
    said = settings("pc.office.example", names=(www,), connections={"eth1": Connection(suffix=lab)})
    names = host_names(said, ())
    assert isinstance(names, HostNames)
    one, other = (Judged(interface(n, f"eth{n}"), address("10.0.0.1/8", n), Choice.KEPT) for n in (0, 1))
    assert names_of(one, names) == (from_text("pc.office.example."), www)
    assert names_of(other, names) == (from_text("pc.office.example."), www, from_text("pc.lab.example."))


def test_a_connection_s_name_that_is_the_primary_one_counts_once() -> None:
    names = host_names(settings("pc.office.example", connections={"eth0": Connection(suffix=OFFICE)}), ())
    assert isinstance(names, HostNames)
    assert names.of_connections == {}


def test_resolv_conf_is_read_as_resolvers_do() -> None:
    text = """\
# comment
; comment
domain first.test
search A.example b.example.  bad..name
nameserver 192.0.2.1
nameserver fe80::1%eth0
nameserver not-an-address
nameserver 192.0.2.3
nameserver 192.0.2.4
options edns0
nameserver
"""
    found = parse_resolv_conf(text)
    assert found.servers == ("192.0.2.1", "fe80::1%eth0", "192.0.2.3")
    assert found.domains == (from_text("a.example."), from_text("b.example."))
    assert parse_resolv_conf("search a.test\ndomain b.test c.test") == ResolvConf((), (from_text("b.test."),))
    assert parse_resolv_conf("search .\n") == ResolvConf()
