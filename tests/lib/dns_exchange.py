"""Requests to the authority in memory: written and read by dnspython, which knows nothing of our code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import dns.message
import dns.name
import dns.rcode
import dns.update
from zone_view import MemoryZone, served

from tenure.authority.policy import parse_rule
from tenure.authority.request import Reply
from tenure.authority.requestor import Ask, Requestor, nobody_to_ask
from tenure.authority.respond import Refused, Update, respond, update_reply
from tenure.authority.settings import ZoneSettings
from tenure.authority.update import Applied, decide_update
from tenure.authority.zone import Refusal
from tenure.dnswire.message import build_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR, Question
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request

NOW = 1_700_000_000.0
SECRET = b"0123456789abcdef0123456789abcdef"
KEY = Key(from_text("dhcp."), ALGORITHMS["hmac-sha256"].name, SECRET)
OTHER_KEY = Key(from_text("other."), ALGORITHMS["hmac-sha256"].name, SECRET[::-1])
HOST_KEY = Key(from_text("host.example.test."), ALGORITHMS["hmac-sha256"].name, SECRET)  # named as its machine is
KEYS = {key.name: key for key in (KEY, OTHER_KEY, HOST_KEY)}
ZONE = "example.test."
CLIENT = "192.0.2.77"
GRANT_ALL = "grant dhcp. zonesub ANY"


class TransferBegun(Exception):
    """The request is one that a service would answer with a stream."""


class Authority:
    """The zone `example.test.` with a policy; requests go in, replies come out, applied changes stay."""

    def __init__(
        self,
        text: str = "@ 300 NS ns\nns 300 A 192.0.2.1\n",
        *policy: str,
        origin: str = ZONE,
        keys: Mapping[str, Key] | None = None,
        client: str = CLIENT,
    ) -> None:
        self.keys = KEYS if keys is None else {key.name: key for key in keys.values()}
        self.client = client
        self.zone = MemoryZone.from_text(origin, text)
        rules = tuple(parse_rule(rule) for rule in policy or (GRANT_ALL,))
        self.settings = ZoneSettings(self.zone.apex, rules)
        self.zones = served((self.zone, self.settings))
        self.refusal: Refusal | None = None  # of the last request
        self.rule = ""
        self.static = False  # whether what the last update wrote is of class static
        self.ignored: list[str] = []
        self.program: Ask = nobody_to_ask  # behind the socket of an external rule

    def ask(self, name: str, rtype: str = "A", **more: object) -> dns.message.Message:
        """The reply to an ordinary question, parsed by dnspython."""
        stream = bool(more.pop("stream", False))
        query = dns.message.make_query(name, rtype, **more)  # type: ignore[arg-type]  # passed through
        octets = self.send(query.to_wire(), stream=stream)
        reply = dns.message.from_wire(octets)
        assert query.is_response(reply)
        return reply

    def update(self, build: Callable[[dns.update.UpdateMessage], object], *, key: Key | None = KEY) -> str:
        """The RCODE of the reply to an update that `build` fills."""
        message = dns.update.UpdateMessage(dns.name.from_wire(self.zone.apex, 0)[0])
        build(message)
        return self.rcode(message.to_wire(), key=key)

    def records(
        self, prerequisites: Sequence[RR] = (), updates: Sequence[RR] = (), *, key: Key | None = KEY, zone: str = ZONE
    ) -> str:
        """The RCODE of the reply to an update with exactly these records, whatever they are."""
        questions = [Question(from_text(zone), 6, 1)]
        return self.rcode(build_message(7, 0x2800, questions, prerequisites, updates), key=key)

    def rcode(self, octets: bytes, *, key: Key | None = None, stream: bool = False) -> str:
        """The RCODE in the header of the reply, to the message signed with the key."""
        if key is not None:
            octets, _mac = sign_request(octets, key, NOW)
        return dns.rcode.to_text(dns.rcode.Rcode(self.send(octets, stream=stream)[3] & 15))

    def send(self, octets: bytes, *, stream: bool = False, now: float = NOW) -> bytes:
        """The reply's octets; an update that is allowed is applied to the zone."""
        self.refusal = None
        self.ignored = []
        response = respond(octets, self.zones, self.keys, self.client, now, stream=stream)
        match response:
            case Reply():
                self.refusal = response.refusal
                return response.octets
            case Refused():
                self.refusal = response.refusal
                return response.reply(now, None)
            case Update(request):
                key = request.verified.key if request.verified else None
                who = Requestor(key and key.name, key and key.algorithm, self.client, request.stream)
                decision = decide_update(request.message, who, self.settings, self.zone, self.program)
                if isinstance(decision, Applied):
                    self.rule = decision.rule
                    self.static = decision.static
                    self.ignored = list(decision.ignored)
                    if decision.change is not None:
                        self.zone.apply(decision.change)
                    return update_reply(request, 0, now)
                self.refusal = decision
                return update_reply(request, decision.rcode, now)
        raise TransferBegun(response)
