"""A zone whose records age, with a clock of the test's own: updates come as octets, and what is kept is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from dns_exchange import KEY, KEYS, OTHER_KEY
from dns_service import create_zone

from tenure.authority.owner import Role
from tenure.authority.policy import Rule, parse_rule
from tenure.authority.request import Reply
from tenure.authority.respond import Update, respond
from tenure.authority.settings import AgingIntervals, ZoneSettings
from tenure.authority.zones import ServedZone
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.rdata import soa_serial
from tenure.dnswire.rr import RR
from tenure.dnswire.update import build_update
from tenure.ledger.opening import Ledger
from tenure.serving.dns.updates import Pending, UpdateBatches
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request

NOW = 1_700_000_000.0
APEX = from_text("example.test.")
A, NS, CNAME, PTR, TXT, AAAA, DHCID = 1, 2, 5, 12, 16, 28, 49
IN, NONE, ANY = 1, 254, 255
ZONE = "@ 300 NS ns\nns 300 A 192.0.2.1\n"
# `dhcp.` is a client here, and the records of `other.` are those of leases.
POLICY = ("grant dhcp. zonesub ANY", "grant other. zonesub ANY")


class AgedZone:
    """`example.test.` over a ledger, and the updates that it is sent."""

    def __init__(
        self,
        ledger: Ledger,
        intervals: AgingIntervals | None,
        *,
        text: str = ZONE,
        policy: tuple[str | Rule, ...] = POLICY,
        protect_static: bool = True,
        keys: Mapping[Name, Key] = KEYS,
        roles: tuple[Role, ...] | None = None,
        most_names: int = 0,
    ) -> None:
        self.ledger = ledger
        if not ledger.zones.zones():
            create_zone(ledger.zones, "example.test.", text)
        self.zone = ledger.zones.zones()[0]
        self.now = NOW
        settings = ZoneSettings(
            APEX,
            tuple(parse_rule(rule) if isinstance(rule, str) else rule for rule in policy),
            protect_static=protect_static,
            lease_keys=frozenset({OTHER_KEY.name}),
            aging=intervals,
            roles=roles,
            most_names=most_names,
        )
        self._keys = keys
        self._zones = {APEX: ServedZone(settings, ledger.zones.view(self.zone.id))}
        self._batches = UpdateBatches(ledger.zones, {settings.place: self.zone.id})
        self._number = 0

    @property
    def serial(self) -> int:
        return soa_serial(self.ledger.zones.soa(self.zone.id)[1])

    def send(self, *updates: RR, wants: tuple[RR, ...] = (), key: Key = KEY) -> int:
        """The RCODE of an update, alone in its batch."""
        return self.send_together((updates, wants), key=key)[0]

    def send_together(self, *messages: tuple[tuple[RR, ...], tuple[RR, ...]], key: Key = KEY) -> list[int]:
        """The RCODEs of updates in one batch, each of records to update and prerequisites."""
        return self.send_each(*[(key, message) for message in messages])

    def send_each(self, *messages: tuple[Key | None, tuple[tuple[RR, ...], tuple[RR, ...]]]) -> list[int]:
        """The same, each signed with a key of its own; None: it is not signed."""
        pendings = []
        for key, (updates, wants) in messages:
            self._number += 1
            octets = build_update(self._number % 65536, APEX, wants, updates)
            if key is not None:
                octets = sign_request(octets, key, self.now)[0]
            response = respond(octets, self._zones, self._keys, "192.0.2.9", self.now, stream=False)
            assert not isinstance(response, Reply)
            assert isinstance(response, Update)
            pendings.append(Pending(response, "192.0.2.9#4711", lambda _reply: None))
        replies = self._batches.begin(pendings, self.now).replies
        self.ledger.zones.commit()
        codes = []
        for reply in replies:
            assert isinstance(reply, tuple)
            codes.append(reply[1])
        return codes

    def timestamps(self, label: str) -> dict[tuple[int, bytes], int]:
        """What the store has of a name: timestamps by type and RDATA."""
        with self.ledger.zones.kept_records(self.zone.id) as (_zone, kept):
            return {(one.record.rtype, one.record.rdata): one.timestamp for one in kept if one.record.name == at(label)}


def at(label: str) -> Name:
    return from_text(f"{label}.example.test.")


def address(number: int) -> bytes:
    return bytes((10, 0, number >> 8, number & 255))


def rr(label: str, rtype: int = A, rdata: bytes = b"\x0a\0\0\1", *, ttl: int = 300, rclass: int = IN) -> RR:
    return RR(at(label), rtype, rclass, ttl, rdata)
