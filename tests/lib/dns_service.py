"""A DNS service on loopback over a new store, running in a thread of the test."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from queue import Queue

import dns.message
import dns.query
from dns_exchange import KEYS
from zone_view import MemoryZone

from tenure.authority.policy import parse_rule
from tenure.authority.server_settings import ServerSettings
from tenure.authority.settings import AgingIntervals, ZoneSettings
from tenure.authority.views import ViewSettings
from tenure.authority.zone import Record
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.tcp import Deframer, frame
from tenure.ledger.opening import open_zones
from tenure.ledger.zones import ZoneLedger
from tenure.serving.dns.service import DnsService
from tenure.serving.report import Report
from tenure.serving.stop import Stop
from tenure.signing.context import Contexts
from tenure.signing.key import Key

ZONE_TEXT = "@ 300 NS ns\nns 300 A 192.0.2.1\nhost 300 A 192.0.2.10\n"
DEFAULTS = ServerSettings()
POLICY = ("grant dhcp. zonesub ANY static",)  # the tests change what the zone file has


@dataclass
class Running:
    """What a test needs of the service."""

    host: str
    port: int
    url: str
    report: Report
    log: io.StringIO
    service: DnsService
    stop: Stop

    def ask(self, name: str, rtype: str = "A", *, tcp: bool = False) -> dns.message.Message:
        query = dns.message.make_query(name, rtype)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, self.host, port=self.port, timeout=10)

    def send(self, octets: bytes) -> bytes:
        """The reply over UDP."""
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(10)
            udp.connect((self.host, self.port))
            udp.send(octets)
            return udp.recv(65535)

    def send_tcp(self, octets: bytes) -> bytes:
        """The reply over a TCP connection of its own."""
        with socket.create_connection((self.host, self.port), 10) as tcp:
            tcp.sendall(frame(octets))
            tcp.shutdown(socket.SHUT_WR)
            deframer, found = Deframer(), []
            while received := tcp.recv(65536):
                found += deframer.feed(received)
        (reply,) = found
        return reply

    def ledger(self) -> ZoneLedger:
        """A second connection, as another process has one; the caller closes it."""
        return open_zones(self.url)


def create_zone(ledger: ZoneLedger, origin: str, text: str, *, view: str = "") -> None:
    zone = MemoryZone.from_text(origin, text)
    found = [Record(n, t, ttl, r) for n, node in zone.nodes.items() for t, (ttl, rs) in node.items() for r in rs]
    ledger.create_zone(zone.apex, *zone.soa, found, view=view)


@contextmanager
def running(
    folder: Path,
    text: str = ZONE_TEXT,
    policy: Sequence[str] = POLICY,
    *,
    host: str = "127.0.0.1",
    keys: Mapping[Name, Key] = KEYS,
    server: ServerSettings = DEFAULTS,
    views: Sequence[ViewSettings] = (),
    store: str = "",
    prepare: Callable[[DnsService, ZoneLedger], None] = lambda service, ledger: None,
    contexts: Contexts | None = None,
    aging: AgingIntervals | None = None,
) -> Iterator[Running]:
    """The service of `example.test.`, listening on a port that the system chose; ended at the end.

    `store`: its URL; left out, an SQLite file in the folder.
    """
    url = store or f"sqlite:{folder / 'tenure.db'}"
    stop = Stop()
    began: Queue[Running | BaseException] = Queue()

    def serve() -> None:
        try:
            ledger = open_zones(url)
            create_zone(ledger, "example.test.", text)
            rules = tuple(map(parse_rule, policy))
            everyone = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
            settings = ZoneSettings(from_text("example.test."), rules, transfer_networks=everyone, aging=aging)
            log = io.StringIO()
            report = Report("dns", stream=log)
            service = DnsService(
                ledger,
                [settings],
                keys,
                [(host, 0)],
                report,
                settings=server,
                views=views,
                contexts=contexts,
            )
            prepare(service, ledger)
            port = service.open()[0][1]
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test can see it
            began.put(error)
            return
        began.put(
            Running(
                "::1" if host == "::" else "127.0.0.1" if host == "0.0.0.0" else host,
                port,
                url,
                report,
                log,
                service,
                stop,
            )
        )
        service.run(stop)
        ledger.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        found = began.get(timeout=120)
        if isinstance(found, BaseException):
            raise found
        yield found
    finally:
        stop.set()
        thread.join(30)
        stop.close()
    assert not thread.is_alive()
