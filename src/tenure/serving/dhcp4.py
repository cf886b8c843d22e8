"""The DHCPv4 service: parse a batch, decide it in one transaction, reply with what the transaction gave, wake once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from tenure.dhcpwire.v4.packet import Packet, begins_with_discover, parse_packet
from tenure.leasing.arrival import SERVER_PORT, Destination
from tenure.leasing.checks import Found, quarantine
from tenure.leasing.decide import decide, rows_needed
from tenure.leasing.inquiry import Reply
from tenure.leasing.lease import NOTHING
from tenure.leasing.link import SubnetTable
from tenure.leasing.offers import AddressCheck, OfferBook
from tenure.leasing.verdict import Verdict
from tenure.ledger.batch import LeaseBatch
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.lease_pipeline import LeasePipeline
from tenure.ledger.leases import LeaseLedger
from tenure.octets import Malformed
from tenure.serving.addresscheck import AddressChecker
from tenure.serving.batchloop import Intake, run_batches
from tenure.serving.collector import rare_collections
from tenure.serving.dhcp4socket import Dhcp4Socket, Received, open_sockets
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.serving.waitingroom import WaitingRoom

SEEN_FREE_SECONDS = 60.0  # how long an address that nobody answered from is not asked for again

_COUNTERS = {verdict: "packets_" + verdict.replace("-", "_") for verdict in Verdict}


class Committed(NamedTuple):
    """What a transaction gives once it is durable; replies are made of nothing else."""

    replies: list[tuple[Received, Reply]]
    counts: Counter[Verdict]
    claims: bool  # something in DNS is to change
    wrote: bool  # the store was not only read
    held: list[tuple[AddressCheck, Received]]  # packets that wait until it is known whether an address is in use


class Dhcp4Service:
    """Leases addresses to the clients on `interfaces`, and to those whose relays send to `listen`.

    `wake` is called once for each batch after which DNS must change. `spread` (0 to 1) is where in its pools this
    server begins to look for unused addresses; servers that share a ledger want different ones.
    """

    def __init__(
        self,
        ledger: LeaseLedger,
        subnets: SubnetTable,
        interfaces: Sequence[str],
        listen: Sequence[tuple[str, int]],
        wake: Callable[[], None],
        report: Report,
        port: int = SERVER_PORT,
        *,
        spread: float = 0.0,
    ) -> None:
        self._pipeline: LeasePipeline[Committed] = ledger.pipeline(self._settled)
        self._subnets = subnets
        self._offers = OfferBook(spread=spread)
        self._interfaces, self._listen, self._port = interfaces, listen, port
        self._rooms: list[WaitingRoom[Received]] = []
        self._checker: AddressChecker | None = None
        self._in_use: dict[bytes, Found] = {}  # until that is in the store
        self._wake = wake
        self._report = report

    def run(self, stop: Stop) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered. `ServiceError` at start."""
        inlets = open_sockets(self._interfaces, self._listen, self._port)
        self._report.info("listening", on=",".join(inlet.where for inlet in inlets))
        self._rooms = [WaitingRoom(inlet, begins) for inlet in inlets]
        try:
            with rare_collections():
                run_batches(self._open_checker(), self._serve, stop, self._pipeline.settle)
        finally:
            self._pipeline.close()
            if self._checker is not None:
                self._checker.close()
            for inlet in inlets:
                inlet.close()

    def _open_checker(self) -> Sequence[Intake[Received]]:
        """Everything that packets come from: the wires, and where they wait for an address to be known about."""
        if not self._subnets.checks_addresses:
            return self._rooms
        self._checker = AddressChecker(self._interfaces, self._see_free, self._see_used)
        return [*self._rooms, self._checker]

    def _see_free(self, address: bytes) -> None:
        self._offers.see_free(address, time.time() + SEEN_FREE_SECONDS)

    def _see_used(self, found: Found) -> None:
        self._in_use[found.address] = found
        self._offers.forget(found.address)

    def _serve(self, batch: list[Received]) -> None:
        """One batch. When the ledger fails nobody is answered: clients ask again, and find it recovered or not."""
        now = time.time()
        packets = self._parse(batch)
        if packets:
            try:
                self._pipeline.submit(partial(self._prefetch, packets), partial(self._decide, packets, now), now)
            except LedgerUnavailable as error:
                self._notice_unavailable(error, len(packets))
            self._notice_overload()

    def _settled(self, committed: Committed, error: LedgerUnavailable | None) -> None:
        """A batch is durable and can be answered, or never will be."""
        if error is not None:
            self._notice_unavailable(error, committed.counts.total())
            return
        if committed.wrote:  # a store that can only be read answers a DISCOVER, and is not well
            self._report.healthy("ledger-unavailable")
        self._reply(committed.replies)
        for check, received in committed.held:
            assert self._checker is not None
            self._checker.begin(check, received)
        if committed.claims:
            self._wake()
        for verdict, number in committed.counts.items():
            self._report.count(_COUNTERS[verdict], number)

    def _notice_unavailable(self, error: LedgerUnavailable, packets: int) -> None:
        self._report.problem("ledger-unavailable", f"{error}; no lease is given until it is back")
        self._report.count("packets_without_ledger", packets)

    def _notice_overload(self) -> None:
        turned_away = sum(room.turned_away() for room in self._rooms)
        if turned_away:
            self._report.count("packets_turned_away", turned_away)
            self._report.problem("overloaded", "more clients come than can be served; some have to ask again")
        elif not any(room.is_waiting for room in self._rooms):
            self._report.healthy("overloaded")

    def _parse(self, batch: list[Received]) -> list[tuple[Received, Packet]]:
        packets = []
        malformed = 0
        for received in batch:
            try:
                packets.append((received, parse_packet(received.octets)))
            except Malformed:
                malformed += 1
        if malformed:
            self._report.count(_COUNTERS[Verdict.MALFORMED], malformed)
        return packets

    def _decide(self, packets: list[tuple[Received, Packet]], now: float, view: LeaseBatch) -> Committed:
        """Every packet in its order, each seeing what the ones before it did. May be called again for one batch."""
        offers, subnets, apply = self._offers, self._subnets, view.apply
        batch_id = f"{int(now * 1000):x}{os.urandom(2).hex()}"
        replies = []
        verdicts = []
        held = []
        claims = wrote = bool(self._in_use) and self._keep_out(view, now, batch_id)
        for index, (received, packet) in enumerate(packets):
            reply, changes, verdict = decide(
                packet, received.arrival, view, offers, subnets, now, f"{batch_id}-{index}"
            )
            if changes is not NOTHING:
                apply(changes)
                wrote = True
                claims = claims or bool(changes.wants or changes.withdraws)
            if reply is not None:
                replies.append((received, reply))
            verdicts.append(verdict)
            if verdict is Verdict.CHECKING and offers.wanted is not None:
                held.append((offers.wanted, received))
        return Committed(replies, Counter(verdicts), claims, wrote, held)

    def _keep_out(self, view: LeaseBatch, now: float, correlation: str) -> bool:
        """Puts the addresses that somebody was found to use into quarantine; whether there were any."""
        kept_out = False
        for address, found in list(self._in_use.items()):
            changes = quarantine(found, self._subnets.subnet_of(address), view.lease_at(address), now, correlation)
            if changes is None:
                del self._in_use[address]
            else:
                view.apply(changes)
                kept_out = True
        return kept_out

    def _prefetch(self, packets: list[tuple[Received, Packet]], view: LeaseBatch) -> None:
        """Reads in one look what the packets speak of, and what new clients among them will be offered."""
        clients: list[bytes] = []
        addresses: list[bytes] = []
        for _, packet in packets:
            client, address = rows_needed(packet)
            clients.append(client)
            if address is not None:
                addresses.append(address)
        view.prefetch(clients, addresses + self._offers.upcoming(len(packets) - len(addresses)))

    def _reply(self, replies: list[tuple[Received, Reply]]) -> None:
        """Sends the replies. Those of one size to one relay leave in one call, which costs far less than many."""
        together: dict[tuple[Dhcp4Socket, Destination, bytes, int], list[bytes]] = {}
        for (_, arrival, inlet), (octets, destination) in replies:
            key = inlet, destination, arrival.local, len(octets)
            if key in together:
                together[key].append(octets)
            else:
                together[key] = [octets]
        unsent = 0
        for (inlet, destination, local, _), alike in together.items():
            try:
                inlet.send(alike, destination, local)
            except OSError as error:
                unsent += len(alike)
                why = f"a reply could not be sent from {inlet.where}: {error.strerror}"
        if unsent:
            self._report.count("replies_unsent", unsent)
            self._report.problem("replies-unsent", why, number=unsent)
        elif replies:
            self._report.healthy("replies-unsent")


def begins(received: Received) -> bool:
    """Whether the packet begins an exchange, and can wait for those that are half way through one."""
    return begins_with_discover(received.octets)
