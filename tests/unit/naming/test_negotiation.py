from __future__ import annotations

import pytest
from dhcpv4 import vectors

from tenure.dhcpwire.fqdn import build_fqdn81, parse_fqdn81
from tenure.naming.negotiation import Negotiation, Request, negotiate, refuse, request_of
from tenure.naming.policy import NamingPolicy

HONOUR = NamingPolicy()
OVERRIDE_CLIENT_UPDATE = NamingPolicy(override_client_update=True)
OVERRIDE_NO_UPDATE = NamingPolicy(override_no_update=True)
OVERRIDE_BOTH = NamingPolicy(override_client_update=True, override_no_update=True)
DISABLED = NamingPolicy(send_updates=False)
POLICIES = (HONOUR, OVERRIDE_CLIENT_UPDATE, OVERRIDE_NO_UPDATE, OVERRIDE_BOTH, DISABLED)

# reply flags N-S-O by client flags N-S, for each of POLICIES
MATRIX = {
    "0-0": ("0-0-0", "0-1-1", "0-0-0", "0-1-1", "1-0-0"),
    "0-1": ("0-1-0", "0-1-0", "0-1-0", "0-1-0", "1-0-1"),
    "1-0": ("1-0-0", "1-0-0", "0-1-1", "0-1-1", "1-0-0"),
    "1-1": ("1-0-0", "1-0-0", "0-1-1", "0-1-1", "1-0-0"),  # forbidden to clients; taken for 1-0
}
# who does forward and reverse, by reply flags N-S
WORK = {"0-0": (False, True), "0-1": (True, True), "1-0": (False, False)}


@pytest.mark.parametrize("column", range(len(POLICIES)))
@pytest.mark.parametrize("client", MATRIX)
def test_the_whole_matrix(client: str, column: int) -> None:
    n, s = client.split("-")
    found = negotiate(request_of(s=s == "1", n=n == "1"), POLICIES[column])
    assert f"{found.n:d}-{found.s:d}-{found.o:d}" == MATRIX[client][column]
    assert (found.server_forward, found.server_reverse) == WORK[f"{found.n:d}-{found.s:d}"]


@pytest.mark.parametrize("row", vectors("fqdn81")["reply_matrix"], ids=lambda r: f"{r['policy']} {r['client'][:2]}")
def test_each_vector(row: dict[str, object]) -> None:
    policy = NamingPolicy(
        send_updates=bool(row["enable_updates"]),
        override_no_update=bool(row["override_no_update"]),
        override_client_update=bool(row["override_client_update"]),
    )
    client = parse_fqdn81(bytes.fromhex(str(row["client"])))
    found = negotiate(request_of(client.s, client.n), policy)
    assert (found.server_forward, found.server_reverse) == (row["server_forward"], row["server_reverse"])
    assert build_fqdn81(found.s, found.o, found.n, client.e, client.field).hex() == row["reply"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("request_", list(Request)[:3])
def test_laws_of_the_reply(request_: Request, policy: NamingPolicy) -> None:
    found = negotiate(request_, policy)
    assert not (found.n and found.s)
    assert found.o == (found.s != (request_ is Request.BOTH))
    assert found.server_forward == found.s
    assert found.server_reverse == (not found.n)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_client_without_the_option_leaves_both_to_the_server(policy: NamingPolicy) -> None:
    found = negotiate(Request.UNSAID, policy)
    assert found.server_forward == found.server_reverse == policy.send_updates


def test_nothing_to_register_is_said_as_if_updates_were_off() -> None:
    for request_ in Request:
        assert refuse(request_) == negotiate(request_, DISABLED)
    assert refuse(Request.BOTH) == Negotiation(s=False, o=True, n=True, server_forward=False, server_reverse=False)


def test_clients_that_never_asked_can_be_left_out() -> None:
    asked_only = NamingPolicy(update_unasked=False)
    assert negotiate(Request.UNSAID, asked_only) == negotiate(Request.UNSAID, DISABLED)
    for request_ in (Request.REVERSE, Request.BOTH, Request.NOTHING):
        assert negotiate(request_, asked_only) == negotiate(request_, HONOUR)
