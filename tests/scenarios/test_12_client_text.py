"""Invariant 12: client text never reaches a zone, a page, a file or a log unnormalised."""

from __future__ import annotations

import string
from dataclasses import asdict

import pytest
from story import Story

from tenure.console.chain import chain_line
from tenure.console.explain import explain
from tenure.console.lines import lease_line, name_line
from tenure.console.subject import parse_subject
from tenure.dnswire.name import labels
from tenure.ledger.history import EventFilter

EVIL = {
    "terminal escape": b"\x1b[2Jpc",
    "new line": b"pc\nlevel=info event=all-is-well",
    "quote": b'pc" onclick="x()',
    "markup": b"<script>alert(1)</script>",
    "rich markup": b"[red]pc[/red]",
    "zone file": b"pc\n@ IN NS evil.",
    "zero": b"p\0c",
    "utf-8": "pc\u202e\u00e9".encode(),
    "no utf-8": b"pc\xff\xfe",
    "backslash": b"pc\\.example.test",
    "wildcard": b"*",
    "blank": b"  pc  ",
    "sql": b"pc'; drop table lease; --",
    "long": b"p" * 255,
}
OPTIONS = {
    "12": lambda evil: (12, evil),
    "81 ascii": lambda evil: (81, b"\1\0\0" + evil[:200]),
    "81 wire": lambda evil: (81, b"\5\0\0" + bytes((len(evil[:63]),)) + evil[:63]),
}
SEEN = set(string.printable) - set("\t\n\r\x0b\x0c")
IN_A_ZONE = set(b"abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_what_a_client_calls_itself(story: Story, evil: bytes, option: str) -> None:
    world = story.world
    client = world.client(1).saying(OPTIONS[option](evil))
    address = client.join().yiaddr
    world.settle()
    for owner, _rtype, _rdata in world.primary.content() - world.static:
        assert all(set(label) <= IN_A_ZONE for label in labels(owner))
    client.decline(address)
    world.settle()
    assert set(said_everywhere(story, address)) <= SEEN


def test_what_a_client_says_when_it_declines(story: Story) -> None:
    world = story.world
    client = world.client(1).saying((56, b"\x1b[31min use\nevent=lies \xe2\x80\xae"), (12, b"pc"))
    address = client.join().yiaddr
    client.decline(address)
    world.settle()
    said = said_everywhere(story, address)
    assert "in use" in said
    assert set(said) <= SEEN


def said_everywhere(story: Story, address: str) -> str:
    """All that any surface shows of what happened here."""
    world = story.world
    shown: list[str] = [world.log.getvalue().replace("\n", "")]
    lines = [lease_line(lease) for lease in world.all_leases()] + [name_line(row) for row in world.registrations()]
    lines += [chain_line(stored.event) for stored in world.zones.history.events(EventFilter(limit=1000))]
    lines += [chain_line(stored.event) for stored in world.leases.history.events(EventFilter(limit=1000))]
    shown += [str(value) for line in lines for value in asdict(line).values()]
    told = explain(parse_subject(address, ()), world.leases, world.zones, world.now, 1000)
    shown += [*told.now, *(str(value) for line in (*told.held, *told.chain) for value in asdict(line).values())]
    return "".join(shown)
