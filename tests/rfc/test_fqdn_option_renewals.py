"""RFC 4702 section 4 and RFC 4704 section 6 over the life of a lease: every change of what a client asks for, and of
what the policy says, at every kind of renewal. Each answer is of now and says what is stored; nothing of before stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import dhcp4_network as four
import dhcp6_network as six
import pytest
from dhcpv6 import NA, ia, oro
from lease_view import MemoryView

from tenure.leasing.v4 import link as link4
from tenure.leasing.v6 import link as link6
from tenure.naming.policy import MODEL_SWITCHES, NamingPolicy, UpdateModel, WhenUnreachable

POLICIES = {
    "honour": {},
    "override client update": {"override_client_update": True},
    "override no update": {"override_no_update": True},
    "override both": {"override_client_update": True, "override_no_update": True},
    "no updates": {"send_updates": False},
}
ASKED = ("N0 S0", "N0 S1", "N1 S0", "N1 S1")
# the reply's N-S-O, by what is asked and in the order of the policies (docs/conformance/rfc4702.md)
REPLIES = {
    "N0 S0": ("0-0-0", "0-1-1", "0-0-0", "0-1-1", "1-0-0"),
    "N0 S1": ("0-1-0", "0-1-0", "0-1-0", "0-1-0", "1-0-1"),
    "N1 S0": ("1-0-0", "1-0-0", "0-1-1", "0-1-1", "1-0-0"),
    "N1 S1": ("1-0-0", "1-0-0", "0-1-1", "0-1-1", "1-0-0"),
}


class Heard(NamedTuple):
    """A reply's flags, and the name in it."""

    flags: str
    name: bytes


class Four:
    """One DHCPv4 client and its server, whose policy can be changed as by a restart."""

    renewals = ("renew", "rebind", "reboot")
    reply_bits = (8, 1, 2)  # N, S, O

    def __init__(self, policy: NamingPolicy) -> None:
        self.network = four.Network(four.subnet(naming=policy))
        self.view: MemoryView = self.network.view
        self.address = ""

    def restart(self, policy: NamingPolicy) -> None:
        self.network.subnets = link4.SubnetTable((four.subnet(naming=policy),))

    def says(self, asked: str, name: str = "pc") -> four.Client:
        flags = 4 | (8 if "N1" in asked else 0) | (1 if "S1" in asked else 0)
        label = name.encode()
        return self.network.client().saying((81, bytes((flags, 0, 0, len(label))) + label))

    def joins(self, asked: str) -> Heard:
        answer = self.says(asked).join()
        self.address = answer.yiaddr
        return self.heard(answer.options[81], 3)

    def renews(self, how: str, asked: str, name: str = "pc") -> Heard:
        client = self.says(asked, name)
        by: dict[str, Callable[[str], four.Answer]] = {
            "renew": client.renew,
            "rebind": client.rebind,
            "reboot": client.reboot,
        }
        return self.heard(by[how](self.address).options[81], 3)

    def heard(self, option: bytes, head: int) -> Heard:
        return Heard("-".join(str(int(bool(option[0] & bit))) for bit in self.reply_bits), option[head:])


class Six(Four):
    """The same over DHCPv6."""

    renewals = ("renew", "rebind")
    reply_bits = (4, 1, 2)

    def __init__(self, policy: NamingPolicy) -> None:
        self.six = six.Network(six.subnet(naming=policy))
        self.view = self.six.view

    def restart(self, policy: NamingPolicy) -> None:
        self.six.subnets = link6.SubnetTable((six.subnet(naming=policy),))

    def client(self, asked: str, name: str) -> six.Client:
        flags = (4 if "N1" in asked else 0) | (1 if "S1" in asked else 0)
        return self.six.client().saying(six.fqdn(name, flags))

    def joins(self, asked: str) -> Heard:
        answer = self.client(asked, "pc").request(ia(NA, 1), oro(39))
        return self.heard(answer.said.options[39], 1)

    def renews(self, how: str, asked: str, name: str = "pc") -> Heard:
        client = self.client(asked, name)
        answer = {"renew": client.renew, "rebind": client.rebind}[how](ia(NA, 1), oro(39))
        return self.heard(answer.said.options[39], 1)


def policy(settings: dict[str, bool]) -> NamingPolicy:
    return replace(four.NAMING, **settings)


def check(house: Four, heard: Heard, expected: str, name: bytes = b"\2pc\7example\4test\0") -> None:
    """What is said is `expected`; what is stored, and wanted of DNS, is what is said."""
    assert heard.flags == expected
    n, s, _ = (digit == "1" for digit in expected.split("-"))
    (row,) = house.view.rows.values()
    assert (row.forward, row.reverse) == (s, not n)
    wanted = list(house.view.wanted.values())
    if n:
        assert wanted == []
        assert row.fqdn is None
        return
    (want,) = wanted
    assert heard.name == want.name == row.fqdn == name
    assert (want.forward, want.reverse) == (s, True)
    assert (want.client_by is None) == s, "who is told to do it is looked after"


@pytest.mark.parametrize("protocol", [Four, Six], ids=["81", "39"])
@pytest.mark.parametrize("after", POLICIES)
@pytest.mark.parametrize("before", POLICIES)
def test_no_answer_is_of_yesterday(protocol: type[Four], before: str, after: str) -> None:
    """What was asked for and promised at first, and what is asked for now, under the policy of then and of now."""
    columns = list(POLICIES)
    for first, now, how in product(ASKED, ASKED, protocol.renewals):
        house = protocol(policy(POLICIES[before]))
        check(house, house.joins(first), REPLIES[first][columns.index(before)])
        house.restart(policy(POLICIES[after]))
        check(house, house.renews(how, now), REPLIES[now][columns.index(after)])
        check(house, house.renews(how, now), REPLIES[now][columns.index(after)])


@pytest.mark.parametrize("protocol", [Four, Six], ids=["81", "39"])
@pytest.mark.parametrize("model", UpdateModel)
def test_each_model_at_each_kind_of_renewal(protocol: type[Four], model: UpdateModel) -> None:
    column = {UpdateModel.CLIENT: 0, UpdateModel.SERVER: 3, UpdateModel.NONE: 4}[model]
    for asked, how in product(ASKED, protocol.renewals):
        house = protocol(policy(dict(MODEL_SWITCHES[model])))
        check(house, house.joins(asked), REPLIES[asked][column])
        check(house, house.renews(how, asked), REPLIES[asked][column])


@pytest.mark.parametrize("protocol", [Four, Six], ids=["81", "39"])
def test_a_new_name_takes_the_old_ones_place(protocol: type[Four]) -> None:
    for first, now, how in product(ASKED[:2], ASKED[:2], protocol.renewals):
        house = protocol(policy({}))
        house.joins(first)
        check(house, house.renews(how, now, "laptop"), REPLIES[now][0], b"\6laptop\7example\4test\0")


@pytest.mark.parametrize("protocol", [Four, Six], ids=["81", "39"])
@pytest.mark.parametrize(("when", "flags"), [("promise", "0-1-0"), ("client", "0-0-1"), ("none", "1-0-1")])
def test_while_the_zone_fails(protocol: type[Four], when: str, flags: str) -> None:
    """A promise from before stands; a new one is made by policy; with the zone comes the usual answer."""
    failing = replace(policy({}), when_unreachable=WhenUnreachable(when))
    for how in protocol.renewals:
        house = protocol(failing)
        check(house, house.joins("N0 S1"), "0-1-0")
        house.view.failing = {four.ZONE}
        check(house, house.renews(how, "N0 S1"), "0-1-0")
        check(house, house.renews(how, "N0 S0"), "0-0-0")
        check(house, house.renews(how, "N0 S1"), flags)
        house.view.failing = set()
        check(house, house.renews(how, "N0 S1"), "0-1-0")
