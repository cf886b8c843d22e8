"""Lease files of ISC dhcpd and Kea as those programs write them: what each piece says."""

from __future__ import annotations

import pytest

from tenure.dhcpwire.identity import key_to_text
from tenure.dnswire.name import from_text
from tenure.hearing.dhcpd import entries_of, key_of
from tenure.hearing.entry import Entry, heard_of
from tenure.hearing.heard import HeardLease
from tenure.hearing.memfile import Header, files_in_order
from tenure.naming.dhcid import dhcid_rdata
from tenure.naming.policy import NamingPolicy, ReplaceClientName
from tenure.naming.reason import Reason

POLICY = NamingPolicy(
    qualifying_suffix=from_text("example.test."), forward_zones=frozenset({from_text("example.test.")})
)
STARTS, ENDS = 1795700233, 1795703833  # 2026-11-26 13:37:13 and an hour later

LEASE = rb"""lease 10.1.0.10 {
  starts 4 2026/11/26 13:37:13;
  ends 4 2026/11/26 14:37:13;
  cltt 4 2026/11/26 13:37:13;
  binding state active;
  next binding state free;
  rewind binding state free;
  hardware ethernet 02:00:00:00:00:01;
  uid "\001\002\000\000\000\000;\"}";
  set ddns-rev-name = "10.0.1.10.in-addr.arpa.";
  client-hostname "pc1";
}
"""
ASSOCIATION = rb"""ia-na "\001\000\000\000\000\003\000\001\002\000\000\000\000\001" {
  cltt 4 2026/11/26 13:37:13;
  iaaddr 2001:db8::10 {
    binding state active;
    preferred-life 1800;
    max-life 3600;
    ends 4 2026/11/26 14:37:13;
    set ddns-fwd-name = "pc1.example.test";
  }
  iaaddr 2001:db8::11 {
    binding state expired;
    preferred-life 1800;
    max-life 3600;
    ends 4 2026/11/26 13:37:13;
  }
}
"""


def only(octets: bytes) -> Entry:
    (entry,) = entries_of(octets)
    return entry


def test_a_lease_of_dhcpd() -> None:
    entry = only(LEASE)
    assert entry == Entry(bytes([10, 1, 0, 10]), b'\1\1\2\0\0\0\0;"}', b"pc1", None, ENDS, 3600)
    assert key_of(LEASE.splitlines()[0]) == b"lease 10.1.0.10 {"


def test_a_client_without_an_identifier_is_known_by_its_hardware() -> None:
    lines = [line for line in LEASE.splitlines(keepends=True) if b"uid" not in line]
    assert key_to_text(only(b"".join(lines)).client) == "02:00:00:00:00:01"


@pytest.mark.parametrize(
    ("state", "over"),
    [
        (b"active", None),
        (b"bootp", None),
        (b"free", Reason.LEASE_RELEASED),
        (b"released", Reason.LEASE_RELEASED),
        (b"backup", Reason.LEASE_RELEASED),
        (b"expired", Reason.LEASE_EXPIRED),
        (b"abandoned", Reason.ADDRESS_DECLINED),
    ],
)
def test_the_states_of_dhcpd(state: bytes, over: Reason | None) -> None:
    assert only(LEASE.replace(b"  binding state active", b"  binding state " + state)).over is over


@pytest.mark.parametrize(
    ("ends", "at", "lifetime"),
    [(b"never", None, 0xFFFFFFFF), (b"epoch 1795703833; # Thu Nov 26", ENDS, 3600)],
)
def test_the_ways_to_write_an_end(ends: bytes, at: int | None, lifetime: int) -> None:
    entry = only(LEASE.replace(b"ends 4 2026/11/26 14:37:13", b"ends " + ends))
    assert (entry.ends_at, entry.lifetime) == (at, lifetime)


def test_the_name_that_dhcpd_registered_itself_counts_before_what_the_client_called_itself() -> None:
    said = LEASE.replace(b"  client-host", b'  set ddns-fwd-name = "other.example.test";\n  client-host')
    assert only(said).host_name == b"other.example.test"
    clients = LEASE.replace(b"  client-host", b'  set ddns-client-fqdn = "own.example.test";\n  client-host')
    assert (only(clients).host_name, only(clients).forward) == (b"own.example.test", False)


def test_an_association_of_dhcpd_has_each_of_its_addresses() -> None:
    one, other = entries_of(ASSOCIATION)
    assert one.client == other.client == b"\2\0\3\0\1\2\0\0\0\0\1"
    assert (one.host_name, one.over, one.ends_at, one.lifetime) == (b"pc1.example.test", None, ENDS, 3600)
    assert (len(one.address), other.over) == (16, Reason.LEASE_EXPIRED)


@pytest.mark.parametrize(
    "broken",
    [
        *(LEASE.replace(b"2026/11/26 14", b"tomorrow 14"), LEASE.replace(b"10.1.0.10", b"10.1.0"), b"lease {"),
        LEASE.replace(b"2026/11/26 14", b"9999999999/11/26 14"),
        LEASE.replace(b"ends 4 2026/11/26 14:37:13", b"ends epoch " + b"9" * 30),
        LEASE.replace(b"ends 4 2026/11/26 14:37:13", b"ends epoch " + b"9" * 5000),
    ],
)
def test_what_dhcpd_would_not_write(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        list(entries_of(broken))


HEAD4 = b"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context"
LINE4 = b"10.1.0.10,02:00:00:00:00:01,01:02:00:00:00:00:01,3600,1795703833,1,1,1,pc1.example.test,0,"
HEAD6 = (
    b"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
    b"hostname,hwaddr,state,user_context"
)
LINE6 = b"2001:db8::10,00:03:00:01:02:00:00:00:00:01,3600,1795703833,1,1800,0,1,128,1,1,pc1.example.test,,0,"


def test_lines_of_kea() -> None:
    entry = Header(HEAD4).entry(LINE4)
    assert entry == Entry(
        *(bytes([10, 1, 0, 10]), b"\1\1\2\0\0\0\0\1", b"pc1.example.test", None, ENDS, 3600, True, True)
    )
    six = Header(HEAD6).entry(LINE6)
    assert six is not None
    assert (six.client, len(six.address)) == (b"\2\0\3\0\1\2\0\0\0\0\1", 16)
    assert Header(HEAD6).entry(LINE6.replace(b",1800,0,", b",1800,2,")) is None, "a prefix has no name"


@pytest.mark.parametrize(
    ("lifetime", "state", "over"),
    [
        (b"3600", b"0", None),
        (b"0", b"0", Reason.LEASE_RELEASED),
        (b"3600", b"1", Reason.ADDRESS_DECLINED),
        (b"3600", b"2", Reason.LEASE_EXPIRED),
        (b"3600", b"3", Reason.LEASE_RELEASED),
    ],
)
def test_the_states_of_kea(lifetime: bytes, state: bytes, over: Reason | None) -> None:
    entry = Header(HEAD4).entry(LINE4.replace(b",3600,", b"," + lifetime + b",")[: -len(b"0,")] + state + b",")
    assert entry is not None
    assert entry.over is over


def test_a_lease_of_kea_without_end_and_with_a_comma_in_its_name() -> None:
    entry = Header(HEAD4).entry(LINE4.replace(b",3600,", b",4294967295,").replace(b"pc1", b"pc&#x2c1"))
    assert entry is not None
    assert (entry.ends_at, entry.host_name) == (None, b"pc,1.example.test")


def test_where_kea_keeps_nothing_our_policy_says_what_is_kept() -> None:
    entry = Header(HEAD4).entry(LINE4.replace(b"1,1,1,pc1.example.test", b"1,0,0,pc1"))
    assert entry is not None
    assert (entry.forward, entry.reverse) == (None, None)


@pytest.mark.parametrize(
    "line",
    [
        *(LINE4[:20], LINE4.replace(b"3600", b"long"), LINE4.replace(b"10.1.0.10", b"here")),
        *(LINE4.replace(b"3600", b"4294967296"), LINE4.replace(b"3600", b"-1")),
        *(LINE4.replace(b"1795703833", b"9" * 30), LINE4.replace(b"1795703833", b"-1")),
    ],
)
def test_what_kea_would_not_write(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Header(HEAD4).entry(line)


def test_a_file_that_is_none_of_kea_is_named() -> None:
    with pytest.raises(ValueError, match=r"hostname.*no lease file of Kea"):
        Header(b"address,valid_lifetime")


@pytest.mark.parametrize(
    ("present", "read"),
    [
        ([""], [""]),
        (["", ".1"], [".1", ""]),
        (["", ".2", ".1", ".output"], [".2", ".1", ""]),
        (["", ".2", ".1", ".completed"], [".completed", ""]),
        ([".1"], [".1"]),
    ],
)
def test_the_files_of_kea_s_cleanup_in_their_order(present: list[str], read: list[str]) -> None:
    assert files_in_order([f"leases{one}" for one in present], "leases") == [f"leases{one}" for one in read]


def test_a_lease_is_named_by_our_policy_and_proved_as_kea_would() -> None:
    entry = only(LEASE)
    heard = heard_of(entry, "dhcpd", POLICY)
    name = from_text("pc1.example.test.")
    assert heard == HeardLease(
        *(entry.address, "dhcpd", name, dhcid_rdata(1, entry.client[1:], name), 1200, True, True, ENDS)
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"host_name": b"wpad"}, Reason.NAME_RESERVED),
        ({"host_name": b"pc.elsewhere.test"}, Reason.NAME_NOT_COVERED),
        ({"host_name": b"\xff\xfe"}, Reason.NAME_INVALID),
        ({"client": b""}, Reason.NO_IDENTITY),
        ({"forward": False, "reverse": False}, Reason.CLIENT_UPDATES),
    ],
)
def test_why_a_lease_has_no_name(changed: dict[str, object], reason: Reason) -> None:
    assert heard_of(only(LEASE)._replace(**changed), "dhcpd", POLICY) is reason


def test_a_lease_without_a_name_has_one_by_the_policy_or_none() -> None:
    nameless = only(LEASE)._replace(host_name=b"")
    heard = heard_of(nameless, "dhcpd", POLICY)
    assert isinstance(heard, HeardLease)
    assert heard.name == from_text("host-10-1-0-10.example.test.")
    never = NamingPolicy(
        replace_client_name=ReplaceClientName.NEVER,
        qualifying_suffix=POLICY.qualifying_suffix,
        forward_zones=POLICY.forward_zones,
    )
    assert heard_of(nameless, "dhcpd", never) is Reason.NO_NAME
