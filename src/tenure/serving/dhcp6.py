"""The DHCPv6 service: the lease loop over its sockets, with the rules of `leasing.v6`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenure.dhcpwire.v6.message import Datagram, begins_with_solicit, parse_datagram
from tenure.leasing.offers import OfferBook
from tenure.leasing.v6.arrival import SERVER_PORT
from tenure.leasing.v6.decide import decide, rows_needed
from tenure.leasing.v6.inquiry import Decision, Reply, Server
from tenure.leasing.v6.link import SubnetTable
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.leases import LeaseLedger
from tenure.serving.dhcp6socket import Received, open_sockets
from tenure.serving.lease_loop import LeaseLoop
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.waitingroom import WaitingRoom


class Dhcp6Service:
    """Leases addresses and prefixes to the clients on `interfaces`, and to those whose relays send to `listen`.

    For `wake` and `spread` see `LeaseLoop`.
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
        self.loop = LeaseLoop(ledger, Dhcp6Dialogue(subnets, server), wake, report, spread)

    def run(self, stop: Stop) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered. `ServiceError` at start."""
        inlets = open_sockets(self._interfaces, self._listen, self._port)
        self._report.info("listening", on=",".join(inlet.where for inlet in inlets), duid=self._server.duid.hex(":"))
        try:
            self.loop.run([WaitingRoom(inlet, begins) for inlet in inlets], stop)
        finally:
            for inlet in inlets:
                inlet.close()


class Dhcp6Dialogue:
    """A `LeaseLoop`'s way to the DHCPv6 messages and rules."""

    def __init__(self, subnets: SubnetTable, server: Server) -> None:
        self._subnets = subnets
        self._server = server

    def parse(self, received: Received) -> Datagram:
        """The message and its relays; `Malformed`."""
        return parse_datagram(received.octets)

    def rows_needed(self, received: Received, message: Datagram) -> tuple[bytes | None, Sequence[bytes]]:
        """The client, and the addresses that it speaks of or that a hash points to."""
        return rows_needed(message, received.arrival, self._subnets, self._server)

    def decide(
        self,
        received: Received,
        message: Datagram,
        view: LeaseBatch,
        offers: OfferBook,
        now: float,
        correlation: str,
    ) -> Decision:
        """The decision of `leasing.v6`."""
        return decide(message, received.arrival, view, offers, self._subnets, self._server, now, correlation)

    def answer(self, received: Received, answer: Reply) -> None:
        """From the socket that the request came to."""
        received.inlet.send(answer.octets, answer.destination)


def begins(received: Received) -> bool:
    """Whether the message begins an exchange, and can wait for those that are half way through one."""
    return begins_with_solicit(received.octets)
