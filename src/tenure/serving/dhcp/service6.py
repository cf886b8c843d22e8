"""The DHCPv6 service: the lease loop over its sockets, with the rules of `leasing.v6`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from tenure.dhcpwire.v6.codes import MessageType
from tenure.dhcpwire.v6.message import Datagram, begins_with_solicit, parse_datagram
from tenure.leasing.lease import Changes
from tenure.leasing.offers import OfferBook
from tenure.leasing.v6.arrival import SERVER_PORT
from tenure.leasing.v6.decide import decide, rows_needed, tied_to
from tenure.leasing.v6.inquiry import Reply, Server
from tenure.leasing.v6.link import SubnetTable
from tenure.leasing.v6.verdict import Verdict
from tenure.ledger.leases import LeaseLedger
from tenure.serving.dhcp.answers import Unsent, send_alike
from tenure.serving.dhcp.dialogue import BatchView
from tenure.serving.dhcp.loop import LeaseLoop
from tenure.serving.dhcp.socket6 import Received, open_sockets
from tenure.serving.dhcp.waitingroom import WaitingRoom
from tenure.serving.report import Report
from tenure.serving.stop import Stop


class Dhcp6Service:
    """Leases addresses and prefixes to the clients on `interfaces`, and to those whose relays send to `listen`.

    `wake` is called once for each batch after which DNS must change. `spread` (0 to 1) is where in its pools this
    server begins to look for what was never used; servers that share a ledger want different ones.
    """

    def __init__(
        self,
        ledger: LeaseLedger,
        subnets: SubnetTable,
        server: Server,
        interfaces: Sequence[str],
        listen: Sequence[tuple[str, int]],
        wake: Callable[[], None],
        report: Report,
        port: int = SERVER_PORT,
        *,
        spread: float = 0.0,
    ) -> None:
        self._server = server
        self._interfaces, self._listen, self._port = interfaces, listen, port
        self._report = report
        offers = OfferBook(spread=spread)
        self.loop = LeaseLoop(ledger, Dhcp6Dialogue(subnets, server, offers), offers, wake, report)

    def run(self, stop: Stop) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered. `ServiceError` at start."""
        inlets = open_sockets(self._interfaces, self._listen, self._port)
        self._report.info("listening", on=",".join(inlet.where for inlet in inlets), duid=self._server.duid.hex(":"))
        try:
            self.loop.run([WaitingRoom(inlet, begins) for inlet in inlets], stop)
        finally:
            self.loop.close()
            for inlet in inlets:
                inlet.close()


class Dhcp6Dialogue:
    """A `LeaseLoop`'s way to the DHCPv6 messages and rules."""

    def __init__(self, subnets: SubnetTable, server: Server, offers: OfferBook) -> None:
        self._subnets = subnets
        self.knows_devices = subnets.knows_devices
        self.kinds: type[IntEnum] = MessageType
        self._server = server
        self._offers = offers

    def parse(self, received: Received) -> Datagram:
        """The message and its relays; `Malformed`."""
        return parse_datagram(received.octets)

    def kind_of(self, message: Datagram) -> int:
        """What the client's own message is."""
        return message.message.kind

    def rows_needed(self, received: Received, message: Datagram) -> tuple[bytes, Sequence[bytes]]:
        """The client, and the addresses that it speaks of or that a hash points to."""
        return rows_needed(message, received.arrival, self._subnets, self._server)

    def tied_to(self, received: Received, message: Datagram) -> tuple[bytes, ...]:
        """The client and its hardware address."""
        return tied_to(message, received.arrival, self._subnets)

    def begin(self, view: BatchView, now: float, correlation: str) -> bool:  # noqa: ARG002 - nothing else is known
        """Nothing happens besides messages."""
        return False

    def decide(
        self, received: Received, message: Datagram, view: BatchView, now: float, correlation: str
    ) -> tuple[Reply | None, Changes, Verdict]:
        """The decision of `leasing.v6`."""
        decision = decide(message, received.arrival, view, self._offers, self._subnets, self._server, now, correlation)
        return decision.reply, decision.changes, decision.counted

    def settled(self) -> None:
        """Nothing happens besides messages."""

    def answer(self, answers: Sequence[tuple[Received, Reply]]) -> Unsent:
        """From the socket that each request came to."""
        replies = [(received.inlet, reply.destination, reply.octets) for received, reply in answers]
        return send_alike(replies, lambda inlet, destination, alike: inlet.send(alike, destination))


def begins(received: Received) -> bool:
    """Whether the message begins an exchange, and can wait for those that are half way through one."""
    return begins_with_solicit(received.octets)
