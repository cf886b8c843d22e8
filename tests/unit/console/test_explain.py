from __future__ import annotations

import pytest

from tenure.console.explain import STATE_WORDS, heard_sentence, lease_sentence, registration_sentences
from tenure.console.lines import lease_line, name_line
from tenure.console.words import time_text
from tenure.dnswire.name import from_text
from tenure.hearing.heard import HeardLease
from tenure.leasing.lease import Lease, LeaseState
from tenure.naming.reason import Reason
from tenure.naming.registration import Part, Registration, State

ADDRESS = bytes([10, 1, 0, 50])
NAME = from_text("pc1.example.test.")
HARDWARE = bytes.fromhex("0102005e100007")
LEASE = Lease(
    *(ADDRESS, 1, b"\0" + HARDWARE, HARDWARE, LeaseState.BOUND, 1000, 2000, 1000, "pc1", NAME, b"d" * 35),
    *(True, True, Reason.HOST_NAME, None, "c1"),
)
END = time_text(2000)
NEVER_TRIED = Part(State.PENDING, 1000.0, 0, Reason.WAITING, "", 1000.0)
GOOD = Part(State.REGISTERED, None, 0, Reason.CONFIRMED, "", 1001.0)


def registration(forward: Part, reverse: Part) -> Registration:
    return Registration(NAME, ADDRESS, b"d" * 35, 600, 2000, 1, 1000.0, "", "c1", forward, reverse)


@pytest.mark.parametrize(
    ("lease", "now", "sentence"),
    [
        (
            LEASE,
            1500,
            f"10.1.0.50 is leased to 02:00:5e:10:00:07 until {END} as pc1.example.test.; the client calls itself pc1.",
        ),
        (
            LEASE._replace(fqdn=None, heard_name="", reason=Reason.NO_NAME),
            1500,
            f"10.1.0.50 is leased to 02:00:5e:10:00:07 until {END} without a name: "
            "the client sent no name that can be read, and none is generated here.",
        ),
        (
            LEASE._replace(heard_name=""),
            2500,
            f"10.1.0.50 was leased to 02:00:5e:10:00:07 until {END} as pc1.example.test.; "
            "the janitor will end the lease.",
        ),
        (
            LEASE._replace(state=LeaseState.RELEASED),
            2500,
            f"10.1.0.50 is free: the lease of 02:00:5e:10:00:07 was released at {END}.",
        ),
        (
            LEASE._replace(state=LeaseState.RELEASED, client=None),
            2500,
            f"10.1.0.50 is free: its quarantine was ended at {END}.",
        ),
        (
            LEASE._replace(state=LeaseState.EXPIRED),
            2500,
            f"10.1.0.50 is free: the lease of 02:00:5e:10:00:07 expired at {END}.",
        ),
        (
            LEASE._replace(state=LeaseState.DECLINED, client=None),
            1500,
            f"10.1.0.50 is not given out until {END}: a client found that somebody else uses it.",
        ),
    ],
)
def test_how_an_address_stands(lease: Lease, now: float, sentence: str) -> None:
    assert lease_sentence(lease, now) == sentence


@pytest.mark.parametrize(
    ("source", "ends_at", "sentence"),
    [
        ("kea", 2000, f"10.1.0.50 is leased as pc1.example.test. by another DHCP server, as kea says, until {END}."),
        (
            "dhcp-ddns",
            None,
            "Another DHCP server has asked for pc1.example.test. at 10.1.0.50 (a name change request);"
            " when that ends is not known.",
        ),
    ],
)
def test_what_another_server_says(source: str, ends_at: int | None, sentence: str) -> None:
    assert heard_sentence(HeardLease(ADDRESS, source, NAME, b"d" * 35, 600, True, True, ends_at)) == sentence


def test_how_both_records_stand() -> None:
    failing = Part(State.PENDING, 1060.0, 3, Reason.SERVER_FAILED, "SERVFAIL from 10.1.0.53", 1000.0)
    forward, reverse = registration_sentences(registration(GOOD, failing), 1050)
    assert forward == (
        f"The forward record pc1.example.test. to 10.1.0.50 is in DNS since {time_text(1001)}: "
        "the authoritative server has confirmed the record."
    )
    assert reverse == (
        f"The reverse record 10.1.0.50 to pc1.example.test. is not confirmed yet since {time_text(1000)}: "
        f"the server could not carry out the update (SERVFAIL from 10.1.0.53); next try {time_text(1060)}."
    )


def test_every_state_has_words() -> None:
    assert set(STATE_WORDS) == set(State)


@pytest.mark.parametrize(
    ("forward", "reverse", "reason"),
    [
        (GOOD, GOOD, "the authoritative server has confirmed the record"),
        (GOOD, NEVER_TRIED, "the update is on its way"),
        (NEVER_TRIED, GOOD, "the update is on its way"),
        (
            GOOD._replace(state=State.REFUSED, reason=Reason.NAME_TAKEN),
            GOOD._replace(state=State.REFUSED, reason=Reason.FORWARD_REFUSED),
            "the name belongs to another client (its DHCID is not this client's)",
        ),
        (
            GOOD._replace(state=State.NONE, reason=Reason.CLIENT_UPDATES),
            GOOD,
            "the authoritative server has confirmed the record",
        ),
    ],
)
def test_a_name_shows_the_reason_of_what_is_not_as_it_should_be(forward: Part, reverse: Part, reason: str) -> None:
    assert name_line(registration(forward, reverse)).reason == reason


def test_what_a_client_calls_itself_is_printable() -> None:
    assert lease_line(LEASE._replace(heard_name="\x1b[2Jpc")).heard == "\\x1b[2Jpc"
