"""How many updates one requestor may send in a second."""

from __future__ import annotations

import dns.message
import pytest
from dns_exchange import CLIENT, KEY, KEYS, NOW, OTHER_KEY, ZONE
from hypothesis import given
from hypothesis import strategies as st
from zone_view import MemoryZone, served

from tenure.authority import quota
from tenure.authority.quota import UpdateQuota
from tenure.authority.respond import Refused, Update, respond
from tenure.dnswire.name import from_text
from tenure.dnswire.update import add, build_update
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request

ZONES = served(MemoryZone.from_text(ZONE, "@ 300 NS ns\n"))
APEX, OWNER = from_text(ZONE), from_text(f"pc.{ZONE}")


def update(key: Key | None = KEY, client: str = CLIENT) -> Update:
    octets = build_update(7, APEX, [], [add(OWNER, 1, 60, b"\x0a\0\0\1")])
    if key is not None:
        octets, _ = sign_request(octets, key, NOW)
    found = respond(octets, ZONES, KEYS, client, NOW, stream=False)
    assert isinstance(found, Update)
    return found


def admitted(accounts: UpdateQuota, number: int, at: float, key: Key | None = KEY, client: str = CLIENT) -> int:
    """How many of so many updates are let through."""
    one = update(key, client)
    return sum(accounts.admit(one, client, at) is one for _ in range(number))


def test_each_requestor_has_an_account_of_its_own() -> None:
    accounts = UpdateQuota(3)
    assert admitted(accounts, 5, 100.0) == 3
    assert admitted(accounts, 5, 100.0, OTHER_KEY) == 3
    assert admitted(accounts, 5, 100.0, None) == 3
    assert admitted(accounts, 5, 100.0, None, "192.0.2.78") == 3
    assert admitted(accounts, 1, 100.0, KEY, "192.0.2.78") == 0  # a key is the same wherever it comes from


def test_what_is_not_used_is_saved_up_for_a_second() -> None:
    accounts = UpdateQuota(4)
    assert admitted(accounts, 9, 100.0) == 4
    assert admitted(accounts, 9, 100.5) == 2
    assert admitted(accounts, 9, 200.0) == 4


def test_what_is_too_much_is_refused_in_words() -> None:
    accounts = UpdateQuota(1)
    admitted(accounts, 1, 100.0)
    refused = accounts.admit(update(), CLIENT, 100.0)
    assert isinstance(refused, Refused)
    assert refused.refusal.reason == "more than 1 updates in a second by key dhcp."
    assert (refused.name, refused.key) == (OWNER, KEY.name)
    reply = dns.message.from_wire(refused.reply(NOW, None), keyring=False, ignore_trailing=True)
    assert reply.rcode() == 5
    assert reply.had_tsig


def test_forged_addresses_take_no_room_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "MOST_ACCOUNTS", 10)
    accounts = UpdateQuota(1)
    for number in range(100):
        admitted(accounts, 1, 100.0 + number / 100, None, f"192.0.2.{number}")
        assert len(accounts._accounts) <= 10


@given(st.integers(1, 5), st.lists(st.floats(0, 0.7), max_size=60))
def test_in_no_second_more_than_twice_as_many_go_through(per_second: int, gaps: list[float]) -> None:
    """A full account and what grows in that second."""
    accounts, one, now, taken = UpdateQuota(per_second), update(), 100.0, []
    for gap in gaps:
        now += gap
        if accounts.admit(one, CLIENT, now) is one:
            taken.append(now)
    for start in taken:
        assert sum(start <= at < start + 1 for at in taken) <= 2 * per_second
