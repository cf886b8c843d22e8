"""Several nodes on one ledger, killed at any time: whatever clients hear of whom, an address has one holder.

A node is what it remembers (its offers) over rows that all nodes have in common. The rows change in one order, as the
database makes them; that it does so is tried in `tests/faults`.
"""

from __future__ import annotations

from dhcp4_network import ACK, OFFER, Answer, Client, Network, ip, subnet
from dhcp6_network import LINK
from dhcp6_network import Network as Network6
from dhcp6_network import subnet as subnet6
from dhcpv6 import NA, ia
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lease_view import MemoryView

from tenure.leasing.ending import is_named
from tenure.leasing.lease import LeaseState
from tenure.leasing.offers import OfferBook
from tenure.leasing.share import Share

NODES, CLIENTS = 2, 5
NODE = st.integers(0, NODES - 1)
CLIENT = st.integers(1, CLIENTS)


class SeveralNodes(RuleBasedStateMachine):
    """Two nodes with three addresses between them, and five clients. The model is what the clients were told."""

    @initialize(balanced=st.booleans())
    def start(self, balanced: bool) -> None:
        self.view = MemoryView()
        self.nodes = [
            Network(subnet(pools="10.1.0.100-10.1.0.102", valid_lifetime=1000), view=self.view) for _ in range(NODES)
        ]
        self.balanced = balanced
        for number in range(NODES):
            self.restart(number)
        self.offered: dict[int, tuple[int, str]] = {}  # client to the node that made the offer, and the address
        self.holds: dict[int, tuple[str, float]] = {}  # client to its address and until when, as acknowledged

    def client(self, node: int, number: int) -> Client:
        return self.nodes[node].client(number, server=f"10.1.0.{node + 1}").saying((12, b"pc%d" % number))

    def heard(self, node: int, number: int, answer: Answer) -> None:
        if answer.type == OFFER:
            self.offered[number] = node, answer.yiaddr
        if answer.type == ACK:
            now = self.nodes[node].now
            for other, (address, until) in self.holds.items():
                assert other == number or address != answer.yiaddr or until <= now, "given to two clients"
            self.holds[number] = answer.yiaddr, now + answer.lease_time

    @rule(node=NODE)
    def restart(self, node: int) -> None:
        """Killed and started again: what was offered is forgotten."""
        share = Share(NODES, node + 1, 3)
        self.nodes[node].subnets.share = share if self.balanced else None
        self.nodes[node].offers = OfferBook(spread=share.spread)

    @rule(number=CLIENT, reaches=st.sets(NODE, min_size=1), secs=st.sampled_from([0, 0, 3]))
    def discover(self, number: int, reaches: set[int], secs: int) -> None:
        """The relays send it to both nodes, of which one may be dead. The client takes the first offer, or the last."""
        answers = {node: self.client(node, number).discover(secs=secs) for node in sorted(reaches)}
        for node, answer in answers.items():
            self.heard(node, number, answer)
        has_lease = number in self.holds and self.holds[number][1] > self.nodes[0].now
        if has_lease and reaches == set(range(NODES)):
            offers = {answer.yiaddr for answer in answers.values() if answer.type == OFFER}
            assert offers == {self.holds[number][0]}, "every node knows what the client has"

    @rule(number=CLIENT, reaches=st.sets(NODE, min_size=1))
    def select(self, number: int, reaches: set[int]) -> None:
        """The client names its server; the others let their offers go."""
        assume(number in self.offered)
        server, address = self.offered.pop(number)
        for node in sorted(reaches):
            answer = self.client(node, number).select(address, server=f"10.1.0.{server + 1}")
            assert node == server or answer.type is None
            self.heard(node, number, answer)

    @rule(number=CLIENT, node=NODE, how=st.sampled_from(["renew", "rebind", "reboot"]))
    def goes_on(self, number: int, node: int, how: str) -> None:
        """Whatever node it reaches confirms what any node gave."""
        assume(number in self.holds)
        address, until = self.holds[number]
        assume(until > self.nodes[node].now)
        answer: Answer = getattr(self.client(node, number), how)(address)
        assert answer.type == ACK, answer.verdict
        assert answer.yiaddr == address
        self.heard(node, number, answer)

    @rule(number=CLIENT, node=NODE)
    def release(self, number: int, node: int) -> None:
        assume(number in self.holds)
        address, until = self.holds.pop(number)
        assume(until > self.nodes[node].now)
        self.client(node, number).release(address)

    @rule(seconds=st.sampled_from([1, 100, 1500]))
    def wait(self, seconds: int) -> None:
        for node in self.nodes:
            node.now += seconds

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        for number, (address, until) in getattr(self, "holds", {}).items():
            if until > self.nodes[0].now:
                row = self.view.rows[ip(address)]
                assert row.client == b"\0\1" + self.client(0, number).mac
                assert row.state == LeaseState.BOUND

    @invariant()
    def every_lease_has_its_registration(self) -> None:
        if hasattr(self, "view"):
            bound = [row for row in self.view.rows.values() if row.state == LeaseState.BOUND]
            assert {(row.fqdn, row.address, row.dhcid) for row in bound if row.fqdn} == set(self.view.wanted)


TestSeveralNodes = SeveralNodes.TestCase
TestSeveralNodes.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)


STEP6 = st.tuples(
    st.sampled_from(["solicit", "request", "renew", "rebind", "release", "killed"]),
    CLIENT,
    NODE,
    st.sampled_from([0, 0, 0, 30, 4000]),
    st.booleans(),
)


@given(st.booleans(), st.lists(STEP6, max_size=40))
@settings(max_examples=100)
def test_dhcpv6_nodes_are_one_server(balanced: bool, steps: list[tuple[str, int, int, int, bool]]) -> None:
    """They have one DUID, so each takes what the other one offered, and confirms what the other one gave."""
    view = MemoryView()
    nodes = [Network6(subnet6(pools=f"{LINK}100-{LINK}102"), view=view) for _ in range(NODES)]
    for number, node in enumerate(nodes):
        node.subnets.share = Share(NODES, number + 1, 3) if balanced else None
    holds: dict[int, tuple[str, float]] = {}
    offered: dict[int, str] = {}
    for kind, number, at, later, waited in steps:
        for node in nodes:
            node.now += later
        now, node = nodes[0].now, nodes[at]
        if kind == "killed":
            node.offers = OfferBook(spread=at / NODES)
            continue
        mine, until = holds.get(number, ("", 0.0))
        has_lease = until > now
        lease = offered.get(number, "") if kind == "request" else mine if has_lease else ""
        if not lease and kind != "solicit":
            continue
        elapsed = (8, b"\1\x2c" if waited else b"\0\0")
        client = node.client(number).saying((39, b"\1\3pc%d" % number), elapsed)
        answer = getattr(client, kind)(ia(NA, 1, *([lease] if lease else [])))
        granted = [text for text, (_, valid) in answer.leases.items() if valid] if answer.octets else []
        if kind == "solicit":
            offered.update((number, text) for text in granted)
            if has_lease and granted:
                assert granted == [mine]
        elif kind == "release":
            del holds[number]
        else:
            if has_lease and lease == mine:
                assert granted == [mine], "any node confirms what any node gave"
            for text in granted:
                assert all(who == number or text != other or end <= now for who, (other, end) in holds.items())
                holds[number] = text, now + answer.leases[text][1]
        bound = [row for row in view.rows.values() if row.state == LeaseState.BOUND]
        assert {(row.fqdn, row.address, row.dhcid) for row in bound if is_named(row)} == set(view.wanted)
