"""RFC 3645 section 4 and 5, and RFC 2930: the server's half of GSS-TSIG, with a mechanism that pretends.

Queries are written and replies read by dnspython; what is digested is held against an exchange that BIND had.
"""

from __future__ import annotations

import json
from pathlib import Path

import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TKEY
import dns.rrset
import pytest
from dns_exchange import KEYS, ZONE
from pretended_gss import AGAIN, LAST, PretendedMechanism, mic
from zone_view import MemoryZone, served

from tenure.authority.policy import parse_rule
from tenure.authority.request import Reply
from tenure.authority.respond import Refused, Update, respond, update_reply
from tenure.authority.settings import ZoneSettings
from tenure.authority.tkey import TkeyAnswer
from tenure.authority.zone import Refusal
from tenure.dnswire.message import Message, parse_message
from tenure.dnswire.name import Name, from_text
from tenure.signing.context import Context, Contexts, Step
from tenure.signing.digest import append_record, sized, unsigned_part, variables
from tenure.signing.principal import parse_principal
from tenure.signing.tkey import GSS_TSIG, Mode, Tkey, build_tkey, parse_tkey
from tenure.signing.tsig import Verified, verify_request

NOW = 1_700_000_000.0
CLIENT = "192.0.2.77"
KEY = "1234.sig-ns.example.test."
PRINCIPAL = "host/pc.example.test@EXAMPLE.TEST"
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "gsstsig.json").read_text())


class Server:
    """`example.test.` whose updates are for a principal, and its contexts."""

    def __init__(self) -> None:
        self.mechanism = PretendedMechanism()
        self.contexts = Contexts(self.mechanism)
        zone = MemoryZone.from_text(ZONE, "@ 300 NS ns\nns 300 A 192.0.2.1\n")
        self.zones = served((zone, ZoneSettings(zone.apex, (parse_rule("grant EXAMPLE.TEST krb5-self . A"),))))
        self.refusal: Refusal | None = None
        self.numbers = iter(range(1000))

    def send(self, octets: bytes, *, stream: bool = True, now: float = NOW, client: str = CLIENT) -> bytes:
        self.refusal = None
        found = respond(octets, self.zones, KEYS, client, now, stream=stream, contexts=self.contexts)
        match found:
            case Reply():
                return found.octets
            case TkeyAnswer():
                return found.reply(now)
            case Refused():
                self.refusal = found.refusal
                return found.reply(now, None)
            case Update(request):
                self.request = request
                return update_reply(request, 0, now)
        raise AssertionError(found)

    def negotiate(self, token: bytes = PRINCIPAL.encode(), **more: object) -> Message:
        stream, now = bool(more.pop("stream", True)), float(more.pop("now", NOW))  # type: ignore[arg-type]  # a number
        client = str(more.pop("client", CLIENT))
        return parse_message(self.send(query(token, **more), stream=stream, now=now, client=client))  # type: ignore[arg-type]  # passed through

    def signed(self, octets: bytes, *, number: int | None = None, now: float = NOW, key: str = KEY) -> bytes:
        """The message signed as a client in that context does it."""
        owner = from_text(key).lower()
        digested = octets + owner + b"\0\xff\0\0\0\0" + GSS_TSIG
        time = int(now).to_bytes(6, "big")
        digested += time + b"\1\x2c" + b"\0\0\0\0"
        signature = mic(next(self.numbers) if number is None else number, digested)
        head = owner + b"\0\xfa\0\xff\0\0\0\0"
        return append_record(octets, head, GSS_TSIG, int(now), 300, signature, original_id=octets[:2])


def query(
    token: bytes,
    name: str = KEY,
    mode: int = Mode.GSS_API,
    algorithm: str = "gss-tsig.",
    error: int = 0,
    section: str = "additional",
    owner: str = "",
) -> bytes:
    """A TKEY query."""
    message = dns.message.make_query(name, dns.rdatatype.TKEY, dns.rdataclass.ANY, flags=0)
    record = dns.rdtypes.ANY.TKEY.TKEY(
        dns.rdataclass.ANY, dns.rdatatype.TKEY, dns.name.from_text(algorithm), int(NOW), int(NOW), mode, error, token
    )
    rrset = dns.rrset.from_rdata(dns.name.from_text(owner or name), 0, record)
    if section:
        getattr(message, section).append(rrset)
    return message.to_wire(max_size=65535)


def update(label: str = "pc") -> bytes:
    import dns.update  # noqa: PLC0415

    message = dns.update.UpdateMessage(ZONE)
    message.add(label, 60, "A", "192.0.2.7")
    return message.to_wire()


def tkey_of(message: Message) -> Tkey:
    (record,) = message.answers
    assert (record.rtype, record.rclass, record.ttl) == (249, 255, 0)
    return parse_tkey(record.rdata)


def is_signed_by_server(octets: bytes, request_mac: bytes = b"") -> bool:
    message = parse_message(octets)
    record = message.tsig
    assert record is not None
    digested = (sized(request_mac) if request_mac else b"") + unsigned_part(octets, record)
    digested += record.name + b"\0\xff\0\0\0\0" + record.algorithm + record.time_signed.to_bytes(6, "big")
    digested += record.fudge.to_bytes(2, "big") + record.error.to_bytes(2, "big")
    digested += len(record.other).to_bytes(2, "big") + record.other
    return record.mac == mic(int.from_bytes(record.mac[:8], "big"), digested, by_acceptor=True)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.mark.parametrize("stream", [True, False])
def test_4_1_a_context_is_established_and_its_reply_is_signed(server: Server, stream: bool) -> None:
    octets = server.send(query(PRINCIPAL.encode()), stream=stream)
    reply = parse_message(octets)
    assert (reply.rcode, len(reply.questions)) == (0, 1)
    assert tkey_of(reply) == Tkey(GSS_TSIG, int(NOW), int(NOW) + 3600, Mode.GSS_API, 0, LAST)
    assert is_signed_by_server(octets)
    assert server.contexts.count == 1


def test_4_1_3_it_goes_on_without_a_signature(server: Server) -> None:
    reply = server.negotiate(AGAIN)
    assert tkey_of(reply) == Tkey(GSS_TSIG, int(NOW), int(NOW), Mode.GSS_API, 0, AGAIN)
    assert reply.tsig is None
    assert server.negotiate().tsig is not None


def test_4_1_3_at_most_ten_rounds(server: Server) -> None:
    assert [tkey_of(server.negotiate(AGAIN)).error for _ in range(10)] == [0] * 9 + [17]
    assert server.refusal is not None
    assert "10 rounds" in server.refusal.reason


def test_4_1_3_what_gss_refuses_is_badkey_with_its_token(server: Server) -> None:
    reply = server.negotiate(b"bad")
    assert reply.rcode == 0
    assert tkey_of(reply) == Tkey(GSS_TSIG, 0, 0, Mode.GSS_API, 17, b"no")
    assert reply.tsig is None
    assert server.refusal == Refusal(17, "the token is bad")


def test_4_1_3_without_a_token_the_client_gets_back_its_own(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pretended_gss.PretendedContext.step", lambda _self, _token: Step(b"", PRINCIPAL, 60))
    assert tkey_of(server.negotiate(b"theirs")).key == b"theirs"


def test_4_1_1_an_established_name_is_badname(server: Server) -> None:
    server.negotiate()
    assert tkey_of(server.negotiate(b"alice@R")).error == 20
    assert server.refusal == Refusal(20, "there is a context of this name already")
    assert tkey_of(server.negotiate(b"alice@R", name=KEY.upper())).error == 20
    assert tkey_of(server.negotiate(b"alice@R", now=NOW + 3601)).error == 0


def test_4_1_1_a_lost_reply_is_given_again(server: Server) -> None:
    first, again = server.send(query(PRINCIPAL.encode())), server.send(query(PRINCIPAL.encode()))
    assert parse_message(first).answers == parse_message(again).answers
    assert is_signed_by_server(again)
    assert len(server.mechanism.made) == 1


def test_a_reply_that_does_not_fit_sends_the_client_to_tcp(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    large = Step(bytes(400), PRINCIPAL, 60)
    monkeypatch.setattr("pretended_gss.PretendedContext.step", lambda _self, _token: large)
    over_udp = parse_message(server.send(query(PRINCIPAL.encode()), stream=False))
    assert (over_udp.flags & 0x0200, over_udp.answers) == (0x0200, ())
    over_tcp = server.send(query(PRINCIPAL.encode()))
    assert tkey_of(parse_message(over_tcp)).key == bytes(400)
    assert is_signed_by_server(over_tcp)


def test_2930_2_1_for_the_root_the_server_chooses_a_name(server: Server) -> None:
    reply = server.negotiate(name=".")
    assert reply.answers[0].name == from_text("chosen-0.")
    assert server.contexts.find(from_text("chosen-0."), NOW) is not None


@pytest.mark.parametrize(("mode", "error"), [(0, 19), (1, 19), (2, 19), (4, 19), (6, 19), (65535, 19)])
def test_2930_2_5_other_modes_are_badmode(server: Server, mode: int, error: int) -> None:
    reply = server.negotiate(mode=mode)
    assert (reply.rcode, tkey_of(reply).error, tkey_of(reply).mode) == (0, error, mode)


def test_other_algorithms_are_badalg(server: Server) -> None:
    assert tkey_of(server.negotiate(algorithm="hmac-sha256.")).error == 21
    assert server.refusal is not None
    assert "not for hmac-sha256." in server.refusal.reason
    assert server.mechanism.made == []


def test_windows_2000(server: Server) -> None:
    reply = server.negotiate(algorithm="GSS.microsoft.com.", section="answer")
    assert tkey_of(reply).algorithm == from_text("gss.microsoft.com.")
    assert reply.tsig is not None
    assert reply.tsig.algorithm == from_text("gss.microsoft.com.")


@pytest.mark.parametrize("change", [{"section": ""}, {"owner": "other.test."}, {"error": 17}])
def test_2930_2_a_query_without_its_record_is_formerr(server: Server, change: dict[str, object]) -> None:
    reply = server.negotiate(**change)
    assert (reply.rcode, reply.answers) == (1, ())


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_record_that_is_cut_is_formerr(server: Server, cut: int) -> None:
    whole = build_tkey(from_text(KEY), Tkey(GSS_TSIG, 0, 0, 3, 0, b"token", b"more"))
    octets = bytearray(query(b"", section=""))
    octets[10:12] = b"\0\1"
    rdata = whole.rdata[:-cut]
    record = whole.name + b"\0\xf9\0\xff\0\0\0\0" + len(rdata).to_bytes(2, "big") + rdata
    assert server.send(bytes(octets) + record)[3] & 15 == 1
    assert server.mechanism.made == []


def test_the_name_of_a_key_is_taken(server: Server) -> None:
    assert tkey_of(server.negotiate(name="dhcp.")).error == 20


def test_where_there_is_no_mechanism_it_is_refused() -> None:
    server = Server()
    found = respond(query(b"x"), server.zones, KEYS, CLIENT, NOW, stream=True)
    assert isinstance(found, Reply)
    assert found.octets[3] & 15 == 5


def test_5_1_an_update_is_verified_and_its_reply_signed(server: Server) -> None:
    server.negotiate()
    message = server.signed(update())
    request_mac = parse_message(message).tsig
    assert request_mac is not None
    reply = server.send(message)
    assert reply[3] & 15 == 0
    assert is_signed_by_server(reply, request_mac.mac)
    assert (str(server.request.principal), server.request.key) == (PRINCIPAL, from_text(PRINCIPAL).lower())


def test_5_2_a_replay_is_badkey(server: Server) -> None:
    server.negotiate()
    message = server.signed(update())
    server.send(message)
    again = parse_message(server.send(message))
    assert again.tsig is not None
    assert (again.rcode, again.tsig.error, again.tsig.mac) == (9, 17, b"")
    assert server.refusal is not None
    assert server.refusal.reason.endswith(f"the signature in the context of {PRINCIPAL} was seen before")


@pytest.mark.parametrize("at", [3, 12, 30, 40, -20, -40])
def test_5_2_a_changed_message_is_badkey(server: Server, at: int) -> None:
    server.negotiate()
    message = bytearray(server.signed(update()))
    message[at] ^= 1
    found = server.send(bytes(message))
    assert found == b"" or found[3] & 15 in {1, 4, 9}
    assert server.contexts.count == 1
    assert server.send(server.signed(update()))[3] & 15 == 0


def test_5_2_an_unknown_or_ended_context_is_badkey(server: Server) -> None:
    server.negotiate()
    for message, now in (
        (server.signed(update(), key="other.test."), NOW),
        (server.signed(update(), now=NOW + 3600), NOW + 3600),
    ):
        reply = parse_message(server.send(message, now=now))
        assert reply.tsig is not None
        assert (reply.rcode, reply.tsig.error) == (9, 17)
        assert server.refusal is not None
        assert "has to negotiate a new one" in server.refusal.reason


def test_5_2_a_half_open_context_signs_nothing(server: Server) -> None:
    server.negotiate(AGAIN)
    assert server.send(server.signed(update()))[3] & 15 == 9


def test_5_2_then_the_time(server: Server) -> None:
    server.negotiate()
    octets = server.send(server.signed(update(), now=NOW - 301))
    reply = parse_message(octets)
    assert reply.tsig is not None
    assert (reply.rcode, reply.tsig.error, reply.tsig.other) == (9, 18, int(NOW).to_bytes(6, "big"))
    assert server.refusal is not None
    assert "the client's clock is 301 s behind ours, and 300 s are allowed" in server.refusal.reason
    assert reply.tsig.mac


def test_the_algorithm_of_the_context_counts(server: Server) -> None:
    server.negotiate(algorithm="gss.microsoft.com.")
    assert server.send(server.signed(update()))[3] & 15 == 9


def test_3_2_1_a_client_ends_its_context(server: Server) -> None:
    server.negotiate()
    message = server.signed(query(b"", mode=Mode.DELETION))
    record = parse_message(message).tsig
    assert record is not None
    reply = server.send(message)
    assert tkey_of(parse_message(reply)) == Tkey(GSS_TSIG, 0, 0, Mode.DELETION)
    assert is_signed_by_server(reply, record.mac)
    assert server.contexts.count == 0
    assert server.send(server.signed(update()))[3] & 15 == 9


def test_3_2_1_nobody_else_does(server: Server) -> None:
    server.negotiate()
    assert server.negotiate(mode=Mode.DELETION, token=b"").rcode == 5
    server.negotiate(b"alice@R", name="alices.test.")
    stranger = server.signed(query(b"", mode=Mode.DELETION), key="alices.test.")
    assert server.send(stranger)[3] & 15 == 5
    assert server.refusal is not None
    assert "another principal's" in server.refusal.reason
    unknown = server.signed(query(b"", mode=Mode.DELETION, name="none.test."))
    assert tkey_of(parse_message(server.send(unknown))).error == 20
    assert server.contexts.count == 2


class Recorded:
    """A context that knows one exchange of BIND's: what was digested, and the signature of that."""

    def __init__(self) -> None:
        self.digested: list[bytes] = []

    def step(self, token: bytes) -> Step:
        return Step(token, VECTORS["client"], 3600)

    def sign(self, octets: bytes) -> bytes:
        self.digested.append(octets)
        return bytes.fromhex(VECTORS["mic"]["update_response"])

    def verify(self, octets: bytes, signature: bytes) -> str:
        self.digested.append(octets)
        return "" if signature.hex() == VECTORS["mic"]["update_request"] else "is wrong"


def test_what_is_digested_is_what_bind_digests() -> None:
    request, response, negotiated = (
        bytes.fromhex(VECTORS[one]) for one in ("update_request", "update_response", "tkey_response")
    )
    message = parse_message(request)
    assert message.tsig is not None
    recorded = Recorded()
    name: Name = message.tsig.name
    context = Context(name, GSS_TSIG, parse_principal(VECTORS["client"]), recorded, 0, 2**40)
    table = Contexts(PretendedMechanism())
    table._establish(context)
    found = verify_request(request, message, {}, float(message.tsig.time_signed), table)
    assert isinstance(found, Verified)
    assert recorded.digested == [bytes.fromhex(VECTORS["digest_input"]["update_request"])]
    answered = parse_message(response)
    assert answered.tsig is not None
    tail = variables(context, answered.tsig.time_signed, answered.tsig.fudge)
    digested = sized(found.mac) + unsigned_part(response, answered.tsig) + tail
    assert digested == bytes.fromhex(VECTORS["digest_input"]["update_response"])
    first = parse_message(negotiated)
    assert first.tsig is not None
    tail = variables(context, first.tsig.time_signed, first.tsig.fudge)
    assert unsigned_part(negotiated, first.tsig) + tail == bytes.fromhex(VECTORS["digest_input"]["tkey_response"])
    assert parse_tkey(first.answers[0].rdata).mode == Mode.GSS_API
