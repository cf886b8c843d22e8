"""What helps where a preflight was refused: each cause has a remedy of its own."""

from __future__ import annotations

import pytest

from tenure.dnswire.codes import Rcode, RRType
from tenure.naming.reason import Reason
from tenure.updating.preflight_remedies import Copy, Objection, Writer, key_remedy, update_remedy

A, AAAA, DHCID, PTR = (int(one) for one in (RRType.A, RRType.AAAA, RRType.DHCID, RRType.PTR))
TYPES = (A, AAAA, DHCID)
WRITER = Writer("the key dhcp.", "grant dhcp. zonesub A AAAA DHCID;", TYPES)
COPY = Copy("example.test.", "ns.example.test.", is_here=False, elsewhere="10.1.0.53")
HERE = COPY._replace(is_here=True, elsewhere="")
UNKNOWN = COPY._replace(elsewhere="")
GRANT = "let the key dhcp. write A, AAAA, DHCID there"


def remedy(rcode: int | None, denied: tuple[int, ...] = TYPES, copy: Copy = HERE) -> str:
    return update_remedy(Objection("it objects", rcode), denied, WRITER, copy)


@pytest.mark.parametrize(
    ("reason", "cause", "words"),
    [
        (Reason.KEY_REJECTED, "BADKEY", "has no key dhcp. with hmac-sha256"),
        (Reason.KEY_REJECTED, "BADSIG", "another secret of dhcp."),
        (Reason.KEY_REJECTED, "unsigned REFUSED", "see that the clocks agree"),
        (Reason.CLOCK_DIFFERS, "BADTIME", "set both clocks by NTP"),
        (Reason.REPLY_UNVERIFIED, "the MAC is wrong", "what its log says"),
    ],
)
def test_of_a_signature(reason: Reason, cause: str, words: str) -> None:
    assert words in key_remedy(reason, cause, "dhcp.", "hmac-sha256")


def test_where_rights_are_missing_they_are_to_be_given() -> None:
    assert remedy(Rcode.REFUSED) == f"{GRANT}, in BIND: grant dhcp. zonesub A AAAA DHCID;"
    assert remedy(None) == remedy(Rcode.REFUSED), "no answer to an update"


def test_who_takes_some_types_is_the_primary_wherever_its_name_leads() -> None:
    assert remedy(Rcode.REFUSED, (DHCID,), COPY) == remedy(Rcode.REFUSED)


def test_who_refuses_all_may_be_a_secondary_if_the_primary_has_another_address() -> None:
    told = remedy(Rcode.REFUSED, copy=COPY)
    assert told.startswith("the server is a secondary of example.test., as it seems: name the zone's primary")
    assert "ns.example.test. by the SOA, at 10.1.0.53" in told
    assert GRANT in told
    told = remedy(Rcode.REFUSED, copy=UNKNOWN)
    assert told.startswith(GRANT)
    assert "if the server is only a secondary of example.test." in told


def test_a_copy_that_says_so_is_no_question_of_rights() -> None:
    told = remedy(Rcode.NOTAUTH, copy=COPY)
    assert "is not its primary" in told
    assert "ns.example.test." in told
    assert GRANT not in told
    assert remedy(Rcode.NOTAUTH, copy=Copy("example.test.", "", is_here=False, elsewhere="")).endswith("under servers")


def test_what_is_not_implemented_is_dhcid_only_if_all_else_is() -> None:
    assert "no-check-without-dhcid" in remedy(Rcode.NOTIMP, (DHCID,))
    assert "takes no updates at all" in remedy(Rcode.NOTIMP)


def test_a_failure_is_no_question_of_rights() -> None:
    told = remedy(Rcode.SERVFAIL)
    assert "its log says why" in told
    assert GRANT not in told
