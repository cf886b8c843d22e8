"""RFC 3645 section 3, the client: what it asks with, which replies establish a context, what servers do otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pretended_gss import AGAIN, LAST, LONG, PretendedContext, PretendedInitiator

from tenure.dnswire.message import TsigRecord, build_message, parse_message
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR, Question
from tenure.dnswire.update import build_update
from tenure.naming.reason import Reason
from tenure.signing.context import Context
from tenure.signing.digest import FUDGE, append_record, variables
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.negotiation import Negotiation, Refused
from tenure.signing.principal import parse_principal
from tenure.signing.tkey import GSS_MICROSOFT, GSS_TSIG, Mode, Tkey, build_tkey, parse_tkey
from tenure.signing.tsig import Verified, sign_request, sign_response, verify_response
from tenure.updating.reply import read_reply
from tenure.updating.task import Ending

NOW = 1_700_000_000.0
NAME = from_text("8f.sig-ns.example.test.")
SERVER = b"DNS/ns.example.test@EXAMPLE.TEST"
QUESTION = Question(NAME, 249, 255)


@dataclass
class Server:
    """One that answers as told; its end of the context signs."""

    security: PretendedContext

    def context(self, algorithm: bytes = GSS_TSIG) -> Context:
        return Context(NAME, algorithm, parse_principal("us@EXAMPLE.TEST"), self.security, NOW, NOW + 3600)

    def reply(
        self,
        tkey: Tkey,
        *,
        name: bytes = NAME,
        flags: int = 0x8000,
        signed: bool = True,
        additional: bool = False,
        algorithm: bytes = GSS_TSIG,
        at: float = NOW,
    ) -> bytes:
        record = build_tkey(name, tkey)
        octets = build_message(7, flags, [QUESTION], () if additional else [record], (), [record] if additional else ())
        return sign_request(octets, self.context(algorithm), at)[0] if signed else octets


@pytest.fixture
def server() -> Server:
    return Server(PretendedContext(36000.0))


@pytest.fixture
def negotiation() -> Negotiation:
    begun = Negotiation(NAME, PretendedInitiator(), b"first", 3600)
    begun.query(7, NOW)
    return begun


def done(token: bytes = SERVER, error: int = 0, mode: int = Mode.GSS_API, seconds: int = 3600, **more: bytes) -> Tkey:
    return Tkey(more.get("algorithm", GSS_TSIG), int(NOW), int(NOW) + seconds, mode, error, token)


def established(found: Context | Refused | None) -> Context:
    assert isinstance(found, Context), found
    return found


def refusal(found: Context | Refused | None) -> str:
    assert isinstance(found, Refused), found
    return found.cause


def test_3_1_2_the_query() -> None:
    message = parse_message(Negotiation(NAME, PretendedInitiator(), b"first", 1800).query(7, NOW))
    (record,) = message.additionals
    assert (message.id, message.flags, message.questions) == (7, 0, (QUESTION,))
    assert (record.name, record.rtype, record.rclass, record.ttl) == (NAME, 249, 255, 0)
    assert parse_tkey(record.rdata) == Tkey(GSS_TSIG, int(NOW), int(NOW) + 1800, Mode.GSS_API, 0, b"first")


def test_3_1_3_a_reply_with_the_last_token_establishes_the_context(server: Server, negotiation: Negotiation) -> None:
    context = established(negotiation.heard(server.reply(done()), NOW))
    assert (context.name, str(context.principal), context.until_at) == (NAME, SERVER.decode(), NOW + 3600)
    octets, mac = sign_request(build_message(9, 0, [QUESTION]), context, NOW)
    verified = _accepted(octets, server)
    answer = sign_response(build_message(9, 0x8000, [QUESTION]), verified, NOW)
    assert verify_response(answer, parse_message(answer), context, mac, NOW) is None
    again = verify_response(answer, parse_message(answer), context, mac, NOW)
    assert again is not None, "a reply counts once"


def test_3_1_3_more_rounds_than_one(server: Server, negotiation: Negotiation) -> None:
    assert negotiation.heard(server.reply(done(AGAIN), signed=False), NOW) is None
    (record,) = parse_message(negotiation.query(8, NOW)).additionals
    assert parse_tkey(record.rdata).key == AGAIN
    established(negotiation.heard(server.reply(done()), NOW))


def test_3_1_3_1_only_a_signature_confirms_what_we_have_completed(server: Server) -> None:
    """Our last token has completed our end: the server sends our own record back, and signs."""
    for signed in (True, False):
        begun = Negotiation(NAME, PretendedInitiator(), b"first", 3600)
        begun.query(7, NOW)
        assert begun.heard(server.reply(done(LONG), signed=False), NOW) is None
        (record,) = parse_message(begun.query(8, NOW)).additionals
        assert parse_tkey(record.rdata).key == LAST
        found = begun.heard(server.reply(parse_tkey(record.rdata), signed=signed), NOW)
        assert isinstance(found, Context if signed else Refused), found


def test_3_1_3_rounds_without_an_end(server: Server, negotiation: Negotiation) -> None:
    for _ in range(9):
        assert negotiation.heard(server.reply(done(AGAIN), signed=False), NOW) is None
        negotiation.query(8, NOW)
    assert refusal(negotiation.heard(server.reply(done(AGAIN), signed=False), NOW)) == "no end after 10 rounds"


def test_the_context_lasts_as_long_as_all_agree(server: Server) -> None:
    for asked, given, ticket, lasts in (
        (3600, 600, 36000.0, 600),  # the server's word
        (3600, 86400, 36000.0, 3600),  # ours
        (3600, 3600, 50.0, 50),  # the ticket's
        (3600, 0, 36000.0, 3600),  # a server that says nothing: its times are equal
        (3600, -60, 36000.0, 3600),  # or nonsense
    ):
        begun = Negotiation(NAME, PretendedInitiator(ticket), b"first", asked)
        begun.query(7, NOW)
        context = established(begun.heard(server.reply(done(seconds=given)), NOW))
        assert context.until_at == NOW + lasts, (asked, given, ticket)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("additional", [True, False])
@pytest.mark.parametrize("algorithm", [GSS_TSIG, GSS_MICROSOFT])
@pytest.mark.parametrize("name", [NAME, NAME.upper()])
def test_what_servers_do_otherwise(
    server: Server, negotiation: Negotiation, signed: bool, additional: bool, algorithm: bytes, name: bytes
) -> None:
    """A last reply that is not signed, the record elsewhere, the algorithm by its old name, the name in capitals."""
    reply = server.reply(
        done(algorithm=algorithm), name=name, signed=signed, additional=additional, algorithm=algorithm
    )
    assert established(negotiation.heard(reply, NOW)).algorithm == algorithm


def test_a_reply_whose_signature_is_wrong_establishes_nothing(server: Server, negotiation: Negotiation) -> None:
    octets = server.reply(done())
    tsig = parse_message(octets).tsig
    assert tsig is not None
    place = octets.index(tsig.mac, tsig.offset) + 9
    forged = octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]
    said = refusal(negotiation.heard(forged, NOW))
    assert said == "of the reply that establishes the context: the response's signature is wrong"


def test_a_digest_that_begins_with_a_size_of_nothing(server: Server, negotiation: Negotiation) -> None:
    record = build_tkey(NAME, done())
    verified = Verified(server.context(), b"", TsigRecord(NAME, GSS_TSIG, int(NOW), 300, b"", 7, 0, b"", 0))
    octets = sign_response(build_message(7, 0x8000, [QUESTION], [record]), verified, NOW)
    established(negotiation.heard(octets, NOW))


def test_a_reply_that_was_signed_long_ago(server: Server, negotiation: Negotiation) -> None:
    found = negotiation.heard(server.reply(done(), at=NOW - 400), NOW)
    assert refusal(found).endswith("the response was signed too far from now")
    assert isinstance(found, Refused)
    assert found.by_clock


@pytest.mark.parametrize(
    ("error", "word"),
    [(16, "BADSIG"), (17, "BADKEY"), (18, "BADTIME"), (19, "BADMODE"), (20, "BADNAME"), (21, "BADALG")],
)
def test_an_error_in_the_record(server: Server, negotiation: Negotiation, error: int, word: str) -> None:
    found = negotiation.heard(server.reply(done(b"", error), signed=False), NOW)
    assert found == Refused(f"{word} in the TKEY record", by_server=True)


def test_what_the_token_beside_an_error_says_is_told(server: Server, negotiation: Negotiation) -> None:
    said = refusal(negotiation.heard(server.reply(done(b"bad clock", 17), signed=False), NOW))
    assert said == "BADKEY in the TKEY record: the server's token is bad"


def test_an_error_with_a_token_that_is_good_establishes_nothing(server: Server, negotiation: Negotiation) -> None:
    assert refusal(negotiation.heard(server.reply(done(SERVER, 17)), NOW)) == "BADKEY in the TKEY record"


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"\0" * 5, "malformed reply"),
        (build_message(7, 0x8005, [QUESTION]), "REFUSED to the TKEY query"),
        (build_message(7, 0x8000, [QUESTION]), "the reply has no TKEY record of this name"),
        (build_message(7, 0xA800, [QUESTION]), "the reply is not one to a query"),
        (build_message(7, 0, [QUESTION]), "the reply is not one to a query"),
        (build_message(7, 0x8000, [QUESTION], [RR(NAME, 249, 255, 0, b"\0\0\0")]), "malformed reply"),
    ],
)
def test_replies_that_are_none(negotiation: Negotiation, octets: bytes, says: str) -> None:
    assert refusal(negotiation.heard(octets, NOW)).startswith(says)


def test_a_record_of_another_name_or_mode_is_none_of_ours(server: Server, negotiation: Negotiation) -> None:
    other = server.reply(done(), name=from_text("other.sig-ns.example.test."), signed=False)
    assert refusal(negotiation.heard(other, NOW)) == "the reply has no TKEY record of this name"
    said = refusal(negotiation.heard(server.reply(done(mode=Mode.DIFFIE_HELLMAN), signed=False), NOW))
    assert said == "the reply is about another mode or algorithm than GSS-API"
    said = refusal(negotiation.heard(server.reply(done(algorithm=from_text("hmac-sha256.")), signed=False), NOW))
    assert said == "the reply is about another mode or algorithm than GSS-API"


@pytest.mark.parametrize(("token", "says"), [(b"", "the server's token is bad"), (b"no realm", "cannot be spoken of")])
def test_a_token_that_proves_nothing(server: Server, negotiation: Negotiation, token: bytes, says: str) -> None:
    assert says in refusal(negotiation.heard(server.reply(done(token), signed=False), NOW))


def test_3_2_a_reply_that_is_signed_with_another_name_or_not_at_all(server: Server, negotiation: Negotiation) -> None:
    context = established(negotiation.heard(server.reply(done()), NOW))
    octets, mac = sign_request(build_message(9, 0, [QUESTION]), context, NOW)
    verified = _accepted(octets, server)
    plain = build_message(9, 0x8000, [QUESTION])
    assert verify_response(plain, parse_message(plain), context, mac, NOW) is not None
    answer = sign_response(plain, verified, NOW)
    assert verify_response(answer, parse_message(answer), context, bytes(28), NOW) is not None
    late = sign_response(plain, verified, NOW - 301)
    assert verify_response(late, parse_message(late), context, mac, NOW) is not None


@pytest.mark.parametrize(("own", "believed"), [(True, True), (False, False)])
def test_5_2_a_digest_that_has_the_mac_of_the_request_without_its_size(
    server: Server, negotiation: Negotiation, own: bool, believed: bool
) -> None:
    """As Samba 4.17 signs; it is still the reply to this request alone."""
    context = established(negotiation.heard(server.reply(done()), NOW))
    octets, mac = sign_request(build_update(9, from_text("example.test."), [], []), context, NOW)
    plain = build_message(9, 0xA800, [])
    signer = server.context()
    digested = (mac if own else mac[::-1]) + plain + variables(signer, int(NOW), FUDGE)
    signed = signer.security.sign(digested)
    reply = append_record(plain, signer.record_head, signer.algorithm, int(NOW), FUDGE, signed, original_id=octets[:2])
    assert (verify_response(reply, parse_message(reply), context, mac, NOW) is None) is believed


@pytest.mark.parametrize("rcode", [0, 5, 7])
@pytest.mark.parametrize("same", [True, False])
def test_an_error_that_repeats_the_signature_of_the_request(
    server: Server, negotiation: Negotiation, rcode: int, same: bool
) -> None:
    """As Windows answers an update that has failed (MS-GSSA 3.1.5.3): it is taken, but for NOERROR."""
    context = established(negotiation.heard(server.reply(done()), NOW))
    octets, mac = sign_request(build_update(9, from_text("example.test."), [], []), context, NOW)
    reply = octets[:2] + bytes([octets[2] | 0x80, rcode]) + octets[4:]
    found = read_reply(reply, context, mac if same else mac[::-1], NOW)
    if rcode and same:
        assert found == rcode
    else:
        assert isinstance(found, Ending)
        assert found.reason is Reason.REPLY_UNVERIFIED


def test_a_key_takes_no_such_error() -> None:
    key = Key(NAME, ALGORITHMS["hmac-sha256"].name, bytes(32))
    octets, mac = sign_request(build_update(9, from_text("example.test."), [], []), key, NOW)
    found = read_reply(octets[:2] + bytes([octets[2] | 0x80, 7]) + octets[4:], key, mac, NOW)
    assert isinstance(found, Ending)


def _accepted(octets: bytes, server: Server) -> Verified:
    """What the server makes of a request that is signed in the context."""
    message = parse_message(octets)
    assert message.tsig is not None
    return Verified(server.context(), message.tsig.mac, message.tsig)
