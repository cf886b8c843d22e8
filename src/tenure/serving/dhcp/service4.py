"""The DHCPv4 service: the lease loop over its sockets, with the rules of `leasing`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, TypeAlias

from tenure.dhcpwire.v4.options import MessageType, Option
from tenure.dhcpwire.v4.packet import Packet, begins_with_discover, parse_packet
from tenure.leasing.lease import Changes
from tenure.leasing.offers import AddressCheck, OfferBook
from tenure.leasing.v4.arrival import SERVER_PORT, Destination
from tenure.leasing.v4.checks import Found, quarantine
from tenure.leasing.v4.decide import decide, rows_needed, tied_to
from tenure.leasing.v4.inquiry import Reply
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v4.verdict import Verdict
from tenure.ledger.leases import LeaseLedger
from tenure.serving.dhcp.addresscheck import AddressChecker
from tenure.serving.dhcp.answers import Unsent, send_alike
from tenure.serving.dhcp.dialogue import BatchView
from tenure.serving.dhcp.loop import LeaseLoop
from tenure.serving.dhcp.socket4 import Outlet, Received, open_sockets
from tenure.serving.dhcp.waitingroom import WaitingRoom
from tenure.serving.report import Report
from tenure.serving.stop import Stop

Answer: TypeAlias = Reply | AddressCheck  # a check is what has to be done before there is a reply

SEEN_FREE_SECONDS: Final = 60.0  # how long an address that nobody answered from is not asked for again

_MESSAGE_TYPE: Final = int(Option.MESSAGE_TYPE)


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
        offers = OfferBook(spread=spread)
        self._interfaces, self._listen, self._port = interfaces, listen, port
        self._dialogue = Dhcp4Dialogue(subnets, offers)
        self._report = report
        self.loop = LeaseLoop[Received, Packet, Answer](ledger, self._dialogue, offers, wake, report)

    def run(self, stop: Stop) -> None:
        """Serve until `stop` is set; the batch under work then is committed and answered. `ServiceError` at start."""
        inlets = open_sockets(self._interfaces, self._listen, self._port)
        self._report.info("listening", on=",".join(inlet.where for inlet in inlets))
        try:
            checker = self._dialogue.open_checker(self._interfaces)
            others = [] if checker is None else [checker]
            self.loop.run([WaitingRoom(inlet, begins) for inlet in inlets], stop, others)
        finally:
            self.loop.close()
            self._dialogue.close()
            for inlet in inlets:
                inlet.close()


class Dhcp4Dialogue:
    """A `LeaseLoop`'s way to the DHCPv4 packets and rules, and to the checks of addresses that are on offer."""

    def __init__(self, subnets: SubnetTable, offers: OfferBook) -> None:
        self._subnets = subnets
        self.knows_devices = subnets.knows_devices
        self.kinds: type[IntEnum] = MessageType
        self._offers = offers
        self._checker: AddressChecker | None = None
        self._in_use: dict[bytes, Found] = {}  # until that is in the store
        self._recorded: set[bytes] = set()  # of these, what a batch found there

    def open_checker(self, interfaces: Sequence[str]) -> AddressChecker | None:
        """Where packets wait for an address to be known about; None where no address is checked. `ServiceError`."""
        if self._subnets.checks_addresses:
            self._checker = AddressChecker(interfaces, self.see_free, self.see_used)
        return self._checker

    def close(self) -> None:
        """End the checks."""
        if self._checker is not None:
            self._checker.close()

    def see_free(self, address: bytes) -> None:
        """Nobody answered for the address: it can be offered."""
        self._offers.see_free(address, time.time() + SEEN_FREE_SECONDS)

    def see_used(self, found: Found) -> None:
        """Somebody uses the address: the next batch puts it into quarantine."""
        self._in_use[found.address] = found
        self._offers.forget(found.address)

    def parse(self, received: Received) -> Packet:
        """The packet; `Malformed`."""
        return parse_packet(received.octets)

    def kind_of(self, message: Packet) -> int:
        """Option 53."""
        kind = message.options.get(_MESSAGE_TYPE)
        return kind[0] if kind else 0

    def rows_needed(self, received: Received, message: Packet) -> tuple[bytes, Sequence[bytes]]:  # noqa: ARG002
        """The client, and the address that it speaks of."""
        client, address = rows_needed(message)
        return client, () if address is None else (address,)

    def tied_to(self, received: Received, message: Packet) -> tuple[bytes, ...]:  # noqa: ARG002
        """The hardware address."""
        return tied_to(message)

    def begin(self, view: BatchView, now: float, correlation: str) -> bool:
        """Puts the addresses that somebody was found to use into quarantine; whether there were any."""
        kept_out = False
        for address, found in list(self._in_use.items()):
            changes = quarantine(found, self._subnets.subnet_of(address), view.lease_at(address), now, correlation)
            if changes is None:
                self._recorded.add(address)
            else:
                self._recorded.discard(address)  # a commit failed, or the quarantine is over
                view.apply(changes)
                kept_out = True
        return kept_out

    def decide(
        self, received: Received, message: Packet, view: BatchView, now: float, correlation: str
    ) -> tuple[Answer | None, Changes, Verdict]:
        """The decision of `leasing`; what there is to do first where it waits for an address to be known about."""
        decision = decide(message, received.arrival, view, self._offers, self._subnets, now, correlation)
        if decision.counted is Verdict.CHECKING:
            return self._offers.wanted, decision.changes, decision.counted
        return decision.reply, decision.changes, decision.counted

    def settled(self) -> None:
        """What was found in quarantine needs not be put there again."""
        for address in self._recorded:
            self._in_use.pop(address, None)
        self._recorded.clear()

    def answer(self, answers: Sequence[tuple[Received, Answer]]) -> Unsent:
        """From the socket that each request came to; a packet that waits for a check begins to wait."""
        replies: list[tuple[Outlet, tuple[Destination, bytes], bytes]] = []
        for received, answer in answers:
            if isinstance(answer, Reply):
                replies.append((received.inlet, (answer.destination, received.arrival.local), answer.octets))
            else:
                assert self._checker is not None
                self._checker.begin(answer, received)
        return send_alike(replies, lambda inlet, how, alike: inlet.send(alike, *how))


def begins(received: Received) -> bool:
    """Whether the packet begins an exchange, and can wait for those that are half way through one."""
    return begins_with_discover(received.octets)
