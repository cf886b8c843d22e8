from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from namings import PARTS, parts

from tenure.dhcpwire.fqdn import ClientFqdn, parse_fqdn81
from tenure.dnswire.name import Name, from_text, to_text
from tenure.naming.choice import Naming, name_lease
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.policy import NamingPolicy, ReplaceClientName
from tenure.naming.reason import Reason

ZONE = from_text("example.test.")
SUB = from_text("sub.example.test.")
POLICY = NamingPolicy(
    qualifying_suffix=ZONE,
    forward_zones=frozenset({ZONE, SUB, from_text("other.test.")}),
    reserved_names=frozenset({from_text("ns1.example.test."), from_text("www.example.test.")}),
)
ADDRESS = b"\x0a\1\2\x37"
IDENTITY = (0, b"\1\2\0\0\0\x0a\1")
WIRE_PC = b"\2pc"
WIRE_PC_FULL = b"\2pc\7example\4test\0"


def option(flags: int, field: bytes) -> ClientFqdn:
    return parse_fqdn81(bytes((flags, 0, 0)) + field)


def name(
    fqdn_option: ClientFqdn | None = None,
    host_name: bytes | None = None,
    reserved_name: str | None = None,
    identity: tuple[int, bytes] | None = IDENTITY,
    address: bytes = ADDRESS,
    lifetime: int = 3600,
    policy: NamingPolicy = POLICY,
) -> Naming:
    return name_lease(fqdn_option, host_name, reserved_name, identity, address, lifetime, policy)


def text(naming: Naming) -> str | None:
    return None if naming.fqdn is None else to_text(naming.fqdn)


def test_a_client_that_leaves_both_records_to_the_server() -> None:
    assert parts(name(option(0x05, b"\2PC"))) == {
        "fqdn": WIRE_PC_FULL,
        "dhcid": dhcid_rdata(*IDENTITY, WIRE_PC_FULL),
        "ttl": 1200,
        "forward": True,
        "reverse": True,
        "reason": Reason.CLIENT_FQDN,
        "heard": "PC",
        "reply_fqdn": b"\x05\xff\xff" + WIRE_PC_FULL,
        "reply_host_name": None,
        "wished": None,
    }


def test_a_client_that_keeps_its_forward_record() -> None:
    found = name(option(0x04, WIRE_PC_FULL))
    assert (found.fqdn, found.forward, found.reverse) == (WIRE_PC_FULL, False, True)
    assert found.dhcid is not None
    assert found.reason is Reason.CLIENT_UPDATES
    assert found.reply_fqdn == b"\x04\xff\xff" + WIRE_PC_FULL


def test_a_client_that_declines() -> None:
    found = name(option(0x0C, WIRE_PC))
    assert (found.fqdn, found.dhcid, found.forward, found.reverse) == (None, None, False, False)
    assert found.reason is Reason.CLIENT_DECLINES
    assert found.reply_fqdn == b"\x0c\xff\xff" + WIRE_PC_FULL


def test_a_client_that_asks_for_both_and_nothing_gets_nothing() -> None:
    found = name(option(0x0D, WIRE_PC_FULL))
    assert (found.fqdn, found.reason) == (None, Reason.CLIENT_DECLINES)
    assert found.reply_fqdn == b"\x0c\xff\xff" + WIRE_PC_FULL


def test_a_client_with_a_host_name_only() -> None:
    found = name(host_name=b"Printer-7\0")
    assert text(found) == "printer-7.example.test."
    assert (found.forward, found.reverse, found.reason, found.heard) == (True, True, Reason.HOST_NAME, "Printer-7")
    assert (found.reply_fqdn, found.reply_host_name) == (None, b"printer-7.example.test")


# -- which name -----------------------------------------------------------------------------------------------------

SENT = option(0x05, WIRE_PC)
EMPTY = option(0x05, b"")
ROOT = option(0x05, b"\0")
GENERATED = "host-10-1-2-55.example.test."


@pytest.mark.parametrize(
    ("fqdn_option", "host_name", "reserved", "expected", "reason"),
    [
        (SENT, b"other", None, "pc.example.test.", Reason.CLIENT_FQDN),
        (SENT, b"other", "desk", "desk.example.test.", Reason.RESERVATION),
        (None, b"other", "desk", "desk.example.test.", Reason.RESERVATION),
        (None, None, "desk", "desk.example.test.", Reason.RESERVATION),
        (None, b"other", None, "other.example.test.", Reason.HOST_NAME),
        (None, b"other", "", "other.example.test.", Reason.HOST_NAME),
        (None, b"other", ".", "other.example.test.", Reason.HOST_NAME),
        (EMPTY, b"other", None, GENERATED, Reason.GENERATED),
        (ROOT, b"other", None, GENERATED, Reason.GENERATED),
        (None, None, None, GENERATED, Reason.GENERATED),
        (None, b"", None, GENERATED, Reason.GENERATED),
        (None, b"\0", None, GENERATED, Reason.GENERATED),
        (None, b"...", None, GENERATED, Reason.GENERATED),
    ],
)
def test_what_wins(
    fqdn_option: ClientFqdn | None, host_name: bytes | None, reserved: str | None, expected: str, reason: Reason
) -> None:
    found = name(fqdn_option, host_name, reserved)
    assert (text(found), found.reason) == (expected, reason)


@pytest.mark.parametrize(
    ("mode", "sent", "unsent"),
    [
        ("never", "pc", None),
        ("always", "generated", "generated"),
        ("when-present", "generated", None),
        ("when-not-present", "pc", "generated"),
    ],
)
def test_replace_client_name(mode: str, sent: str, unsent: str | None) -> None:
    policy = replace(POLICY, replace_client_name=ReplaceClientName(mode))
    names = {"pc": "pc.example.test.", "generated": GENERATED, None: None}
    assert text(name(SENT, policy=policy)) == names[sent]
    assert text(name(host_name=b"pc", policy=policy)) == names[sent]
    assert text(name(EMPTY, policy=policy)) == GENERATED
    assert text(name(policy=policy)) == names[unsent]
    assert text(name(SENT, reserved_name="desk", policy=policy)) == "desk.example.test."


def test_no_name_at_all() -> None:
    found = name(policy=replace(POLICY, replace_client_name=ReplaceClientName.NEVER))
    assert parts(found) == dict(
        zip(PARTS, (None, None, 0, False, False, Reason.NO_NAME, "", None, None, None), strict=True)
    )


def test_a_generated_name_is_told_in_option_12() -> None:
    assert name().reply_host_name == GENERATED.removesuffix(".").encode()
    assert name(EMPTY).reply_host_name is None


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("20010db8000100010000000000000001", "host-2001-db8-1-1--1"),
        ("20010db8000000000000000000000000", "host-2001-db8--0"),
        ("00000000000000000000000000000001", "host---1"),
    ],
)
def test_generated_names_of_ipv6_addresses(address: str, label: str) -> None:
    assert text(name(address=bytes.fromhex(address))) == f"{label}.example.test."


# -- completing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fqdn_option", "expected"),
    [
        (option(0x05, b"\2pc"), "pc.example.test."),
        (option(0x05, b"\2pc\3lab"), "pc.lab.example.test."),
        (option(0x05, b"\2pc\7example\4test"), "pc.example.test."),  # ends in the suffix already
        (option(0x05, b"\7example\4test"), "example.test.example.test."),  # the suffix alone does not count
        (option(0x05, b"\2pc\5other\4test\0"), "pc.other.test."),
        (option(0x05, b"\2pc\0"), "pc.example.test."),  # dhclient, told `fqdn.fqdn "pc"`: no host is a whole name
        (option(0x01, b"pc."), "pc.example.test."),
        (option(0x01, b"pc"), "pc.example.test."),
        (option(0x01, b"PC.Other.Test"), "pc.other.test."),  # as Windows sends its full name
        (option(0x01, b"PC.Other.Test."), "pc.other.test."),
    ],
)
def test_names_of_option_81_are_completed(fqdn_option: ClientFqdn, expected: str) -> None:
    assert text(name(fqdn_option)) == expected


@pytest.mark.parametrize(
    ("host_name", "expected"),
    [
        (b"pc", "pc.example.test."),
        (b"pc.", "pc.example.test."),
        (b"pc.other.test", "pc.other.test."),
        (b"pc.other.test.", "pc.other.test."),
    ],
)
def test_names_of_option_12_are_completed(host_name: bytes, expected: str) -> None:
    assert text(name(host_name=host_name)) == expected


@pytest.mark.parametrize(
    ("reserved", "expected"),
    [
        ("Desk", "desk.example.test."),
        ("desk.lab", "desk.lab.example.test."),
        ("desk.example.test", "desk.example.test."),
        ("desk.other.test.", "desk.other.test."),
    ],
)
def test_names_of_reservations_are_completed(reserved: str, expected: str) -> None:
    assert text(name(reserved_name=reserved)) == expected


# -- judging --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (from_text("pc.elsewhere.test."), Reason.NAME_NOT_COVERED),
        (from_text("pc.xexample.test."), Reason.NAME_NOT_COVERED),
        (from_text("example.test."), Reason.NAME_RESERVED),
        (from_text("sub.example.test."), Reason.NAME_RESERVED),
        (b"\3sub", Reason.NAME_RESERVED),
        (from_text("NS1.example.test."), Reason.NAME_RESERVED),
        (from_text("w_w_w.example.test."), Reason.NAME_RESERVED),
        (b"\4wpad", Reason.NAME_RESERVED),
        (b"\5W_pad", Reason.NAME_RESERVED),
        (b"\6ISATAP", Reason.NAME_RESERVED),
        (from_text("wpad.sub.example.test."), Reason.NAME_RESERVED),
        (b"\4_tcp", Reason.NAME_RESERVED),
        (from_text("pc._msdcs.example.test."), Reason.NAME_RESERVED),
        (b"\1*", Reason.NAME_INVALID),
        (from_text("*.example.test."), Reason.NAME_INVALID),
        (b"\2\xff\xfe", Reason.NAME_INVALID),
        ((b"\x3f" + b"a" * 63) * 3 + b"\x31" + b"a" * 0x31, Reason.NAME_INVALID),  # too long with the suffix
    ],
)
def test_names_that_nobody_gets(field: bytes, reason: Reason) -> None:
    found = name(option(0x05, field))
    assert (found.fqdn, found.dhcid, found.forward, found.reverse) == (None, None, False, False)
    assert found.reason is reason
    assert found.reply_fqdn == b"\x0e\xff\xff" + field  # N: we do nothing; O: not what it asked for
    assert found.heard


@pytest.mark.parametrize(
    ("flags", "reply"),
    [(0x05, 0x0E), (0x04, 0x0C), (0x0C, 0x0C), (0x0D, 0x0C), (0x01, 0x0A), (0x00, 0x08), (0xF7, 0x0E)],
)
def test_the_reply_tells_the_truth_when_nothing_is_registered(flags: int, reply: int) -> None:
    field = b"\4wpad" if flags & 4 else b"wpad"
    for policy in (POLICY, replace(POLICY, override_client_update=True, override_no_update=True)):
        found = name(option(flags, field), policy=policy)
        assert found.fqdn is None
        assert found.reply_fqdn == bytes((reply, 255, 255)) + field


def test_option_12_is_not_answered_when_nothing_is_registered() -> None:
    found = name(host_name=b"wpad")
    assert (found.reason, found.heard, found.reply_host_name) == (Reason.NAME_RESERVED, "wpad", None)
    assert name(host_name=b"a..b").reason is Reason.NAME_INVALID
    assert name(host_name=b"pc.lab").reason is Reason.NAME_NOT_COVERED  # two labels are a whole name


def test_an_operator_may_reserve_what_clients_cannot_claim() -> None:
    assert text(name(reserved_name="wpad")) == "wpad.example.test."
    assert text(name(reserved_name="ns1")) == "ns1.example.test."
    assert name(reserved_name="example.test.").reason is Reason.NAME_RESERVED
    assert name(reserved_name="desk.elsewhere.test.").reason is Reason.NAME_NOT_COVERED


def test_without_a_suffix_only_full_names_are_registered() -> None:
    policy = replace(POLICY, qualifying_suffix=None)
    assert name(SENT, policy=policy).reason is Reason.NAME_NOT_COVERED
    assert name(policy=policy).reason is Reason.NAME_NOT_COVERED
    assert text(name(option(0x05, WIRE_PC_FULL), policy=policy)) == "pc.example.test."


def test_the_suffix_may_be_written_in_upper_case() -> None:
    assert text(name(SENT, policy=replace(POLICY, qualifying_suffix=ZONE.upper()))) == "pc.example.test."
    full = option(0x05, b"\2pc\7example\4test")
    assert text(name(full, policy=replace(POLICY, qualifying_suffix=ZONE.upper()))) == "pc.example.test."


# -- who and why ----------------------------------------------------------------------------------------------------


def test_no_identity_no_name() -> None:
    found = name(SENT, identity=None)
    assert (found.fqdn, found.reason) == (None, Reason.NO_IDENTITY)
    assert found.reply_fqdn == b"\x0e\xff\xff" + WIRE_PC_FULL
    assert name(host_name=b"pc", identity=None).reply_host_name is None


@pytest.mark.parametrize(("fqdn_option", "reply"), [(SENT, 0x0E), (option(0x04, WIRE_PC), 0x0C), (None, None)])
def test_updates_disabled(fqdn_option: ClientFqdn | None, reply: int | None) -> None:
    found = name(fqdn_option, b"pc", policy=replace(POLICY, send_updates=False))
    assert (found.fqdn, found.reason) == (None, Reason.UPDATES_DISABLED)
    assert found.reply_fqdn == (None if reply is None else bytes((reply, 255, 255)) + WIRE_PC_FULL)


def test_a_host_hears_its_reserved_name_even_without_updates() -> None:
    found = name(host_name=b"pc", reserved_name="desk", policy=replace(POLICY, send_updates=False))
    assert (found.fqdn, found.reply_host_name) == (None, b"desk.example.test")


@pytest.mark.parametrize(
    ("kwargs", "reason"),
    [
        ({"fqdn_option": option(0x0C, b"\1*"), "policy": replace(POLICY, send_updates=False)}, Reason.UPDATES_DISABLED),
        ({"fqdn_option": option(0x0C, b"\1*"), "identity": None}, Reason.CLIENT_DECLINES),
        ({"fqdn_option": option(0x04, b"\1*"), "identity": None}, Reason.NAME_INVALID),
        ({"fqdn_option": option(0x04, b"\2pc"), "identity": None}, Reason.NO_IDENTITY),
        ({"fqdn_option": option(0x04, b"\2pc")}, Reason.CLIENT_UPDATES),
    ],
)
def test_the_first_reason_counts(kwargs: dict[str, Any], reason: Reason) -> None:
    assert name(**kwargs).reason is reason


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (b"\0\0\0DESKTOP", b"\0\xff\xffdesktop.example.test"),
        (b"\1\0\0WS-0042.corp.example.test", b"\1\xff\xffws-0042.corp.example.test"),
        (b"\1\0\0AsciiHost.Example.TEST.", b"\1\xff\xffasciihost.example.test."),
        (b"\4\0\0\2PC", b"\4\xff\xff" + WIRE_PC_FULL),
    ],
)
def test_the_reply_has_the_clients_encoding(sent: bytes, reply: bytes) -> None:
    assert name(parse_fqdn81(sent)).reply_fqdn == reply


def test_heard_is_printable_and_bounded() -> None:
    assert name(host_name=b"a\x1b[31m<b>\xff").heard == r"a\027[31m<b>\255"
    assert len(name(host_name=b"\0" * 200 + b"x").heard) == 255
    assert name(SENT, b"other", "desk").heard == "pc"
    assert name(None, b"other", "desk").heard == "other"


def test_each_name_has_its_own_proof() -> None:
    proofs = {name(host_name=host).dhcid for host in (b"a", b"b", b"c")}
    assert len(proofs) == 3


@pytest.mark.parametrize("suffix", [ZONE, SUB, from_text("deep.sub.example.test.")])
def test_any_suffix_below_a_zone_will_do(suffix: Name) -> None:
    found = name(SENT, policy=replace(POLICY, qualifying_suffix=suffix))
    assert found.fqdn == b"\2pc" + suffix
