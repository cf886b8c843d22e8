"""The DHCPv6 service: parse a batch, decide it in one transaction, reply with what the transaction gave, wake once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tenure.dhcpwire.v6.message import Datagram, begins_with_solicit, parse_datagram
from tenure.leasing.lease import NOTHING
from tenure.leasing.offers import OfferBook
from tenure.leasing.v6.arrival import SERVER_PORT
from tenure.leasing.v6.decide import decide, rows_needed
from tenure.leasing.v6.inquiry import Reply, Server
from tenure.leasing.v6.link import SubnetTable
from tenure.leasing.v6.subnet import Subnet
from tenure.leasing.v6.verdict import Verdict
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.octets import Malformed
from tenure.serving.batchloop import run_batches
from tenure.serving.collector import rare_collections
from tenure.serving.dhcp6socket import Received, open_sockets
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.waitingroom import WaitingRoom

_COUNTERS = {verdict: "packets_" + verdict.replace("-", "_") for verdict in Verdict}


class Committed(NamedTuple):
    """What a transaction gives once it is durable; replies are made of nothing else."""

    replies: list[tuple[Received, Reply]]
    counts: Counter[Verdict]
    claims: bool  # something in DNS is to change
    wrote: bool  # the store was not only read


class Dhcp6Service:
    """Leases addresses and prefixes to the clients on `interfaces`, and to those whose relays send to `listen`.

    `wake` is called once for each batch after which DNS must change. `spread` (0 to 1) is where in its pools this
    server begins to look for what was never used; servers that share a ledger want different ones.
    """

    def __init__(
        self,
        ledger: LeaseLedger,
        subnets: Sequence[Subnet],
        server: Server,
        interfaces: Sequence[str],
        listen: Sequence[tuple[str, int]],
        wake: Callable[[], None],
        report: Report,
        port: int = SERVER_PORT,
        *,
        spread: float = 0.0,
    ) -> None:
        self._ledger = ledger
        self._subnets = SubnetTable(subnets)
        self._server = server
        self._offers = OfferBook(spread=spread)
        self._interfaces, self._listen, self._port = interfaces, listen, port
        self._rooms: list[WaitingRoom[Received]] = []
        self._wake = wake
        self._report = report

    def run(self, stop: Stop) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered. `ServiceError` at start."""
        inlets = open_sockets(self._interfaces, self._listen, self._port)
        self._report.info("listening", on=",".join(inlet.where for inlet in inlets), duid=self._server.duid.hex(":"))
        self._rooms = [WaitingRoom(inlet, begins) for inlet in inlets]
        try:
            with rare_collections():
                run_batches(self._rooms, self._serve, stop)
        finally:
            for inlet in inlets:
                inlet.close()

    def _serve(self, batch: list[Received]) -> None:
        """One batch. When the ledger fails nobody is answered: clients ask again, and find it recovered or not."""
        now = time.time()
        messages = self._parse(batch)
        if not messages:
            return
        try:
            committed = self._ledger.transact(lambda view: self._decide(messages, view, now), now)
        except LedgerUnavailable as error:
            self._report.problem("ledger-unavailable", f"{error}; no lease is given until it is back")
            self._report.count("packets_without_ledger", len(messages))
            return
        if committed.wrote:  # a store that can only be read answers a SOLICIT, and is not well
            self._report.healthy("ledger-unavailable")
        self._reply(committed.replies)
        if committed.claims:
            self._wake()
        for verdict, number in committed.counts.items():
            self._report.count(_COUNTERS[verdict], number)
        self._notice_overload()

    def _notice_overload(self) -> None:
        turned_away = sum(room.turned_away() for room in self._rooms)
        if turned_away:
            self._report.count("packets_turned_away", turned_away)
            self._report.problem("overloaded", "more clients come than can be served; some have to ask again")
        elif not any(room.is_waiting for room in self._rooms):
            self._report.healthy("overloaded")

    def _parse(self, batch: list[Received]) -> list[tuple[Received, Datagram]]:
        messages = []
        malformed = 0
        for received in batch:
            try:
                messages.append((received, parse_datagram(received.octets)))
            except Malformed:
                malformed += 1
        if malformed:
            self._report.count(_COUNTERS[Verdict.MALFORMED], malformed)
        return messages

    def _decide(self, messages: list[tuple[Received, Datagram]], view: LeaseBatch, now: float) -> Committed:
        """Every message in its order, each seeing what the ones before it did. May be called again for one batch."""
        self._prefetch(messages, view)
        offers, subnets, server = self._offers, self._subnets, self._server
        batch_id = f"{int(now * 1000):x}{os.urandom(2).hex()}"
        replies = []
        verdicts = []
        claims = wrote = False
        for index, (received, datagram) in enumerate(messages):
            reply, changes, verdict = decide(
                datagram, received.arrival, view, offers, subnets, server, now, f"{batch_id}-{index}"
            )
            if changes is not NOTHING:
                view.apply(changes)
                wrote = True
                claims = claims or bool(changes.wants or changes.withdraws)
            if reply is not None:
                replies.append((received, reply))
            verdicts.append(verdict)
        return Committed(replies, Counter(verdicts), claims, wrote)

    def _prefetch(self, messages: list[tuple[Received, Datagram]], view: LeaseBatch) -> None:
        """Reads in one look what the messages speak of, and what new clients among them will be offered."""
        clients: list[bytes] = []
        addresses: list[bytes] = []
        for received, datagram in messages:
            client, spoken_of = rows_needed(datagram, received.arrival, self._subnets, self._server)
            if client:
                clients.append(client)
            addresses += spoken_of
        view.prefetch(clients, addresses + self._offers.upcoming(len(messages)))

    def _reply(self, replies: list[tuple[Received, Reply]]) -> None:
        unsent = 0
        for (_, _, inlet), (octets, destination) in replies:
            try:
                inlet.send(octets, destination)
            except OSError as error:
                unsent += 1
                why = f"a reply could not be sent from {inlet.where}: {error.strerror}"
        if unsent:
            self._report.count("replies_unsent", unsent)
            self._report.problem("replies-unsent", why, number=unsent)
        elif replies:
            self._report.healthy("replies-unsent")


def begins(received: Received) -> bool:
    """Whether the message begins an exchange, and can wait for those that are half way through one."""
    return begins_with_solicit(received.octets)
