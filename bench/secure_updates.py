"""Updates that are signed by Kerberos (GSS-TSIG), and the contexts for them: tenure beside BIND, with the same KDC.

What is sent is made beforehand, tokens and signatures too, so that it is the server that takes the time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from kdc import Kdc, kdc
from peers import find
from tenure_toml import entry, section, write_toml

from bench import nameservers
from bench.ourselves import tenure_command
from bench.processes import processor_seconds
from bench.result import Contest, Contestant
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import Name, from_labels, from_text, labels
from tenure.dnswire.tcp import Deframer, frame
from tenure.dnswire.update import add, build_update, name_not_in_use
from tenure.serving.updater.contexts import key_name
from tenure.serving.updater.kerberos import Login, Tickets
from tenure.signing.context import Context
from tenure.signing.negotiation import Negotiation
from tenure.signing.tkey import parse_tkey
from tenure.signing.tsig import sign_request

BIND = "BIND 9.18"
SERVER = "DNS/ns.bench.test@EXAMPLE.TEST"
CLIENT = "DHCP/gw.bench.test"
CLIENTS = 4  # each with a context and a connection of its own
OWED = 20  # answers to one of them at a time: BIND has an update-quota of 100
_ZONE = from_text(nameservers.ZONE)
_A, _DHCID = 1, 49

Make = Callable[[Path, int, Path], list[str]]  # the command, from a folder, a port and a keytab


class Load(NamedTuple):
    """What came of sending all messages."""

    seconds: float
    processor_seconds: float  # of the server
    failed: int  # answers other than NOERROR


def contests(quick: bool = False) -> Sequence[Contest]:
    """The rows of secure updates and of contexts."""
    scale = 10 if quick else 1
    with realm() as made:
        ours = _measure("tenure", _tenure, made, 60_000 // scale, 5_000 // scale)
        theirs = _measure(BIND, _bind, made, 15_000 // scale, 5_000 // scale)
    titles = "updates/s, one name each, durable, signed by Kerberos", "security contexts/s (GSS-TSIG), one KDC"
    return [
        Contest(title, "/s", one, [other], {BIND: goal})
        for title, one, other, goal in zip(titles, ours, theirs, (3, 1), strict=True)
    ]


@contextlib.contextmanager
def realm() -> Iterator[Kdc]:
    """A KDC, which this process knows."""
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder, kdc(Path(folder) / "kdc") as made:
        before = os.environ.get("KRB5_CONFIG")
        os.environ["KRB5_CONFIG"] = made.environment["KRB5_CONFIG"]
        try:
            yield made
        finally:
            del os.environ["KRB5_CONFIG"]
            if before is not None:
                os.environ["KRB5_CONFIG"] = before


def _measure(name: str, make: Make, made: Kdc, updates: int, contexts: int) -> tuple[Contestant, Contestant]:
    """What one server does with updates on contexts that are there, and then with new contexts."""
    tickets = Tickets(Login(CLIENT, str(made.keytab(CLIENT))))
    with _serve(name, make, made) as server:
        held = [_negotiate(server.port, tickets) for _ in range(CLIENTS)]
        signed = [_signed_updates(context, updates // CLIENTS, number) for number, context in enumerate(held)]
        of_updates = drive(server, signed, lambda octets: parse_message(octets).rcode)
        queries = [_queries(tickets, contexts // CLIENTS) for _ in range(CLIENTS)]
        of_contexts = drive(server, queries, _tkey_error)
    return _figure(name, of_updates, updates), _figure(name, of_contexts, contexts)


def _figure(name: str, load: Load, count: int) -> Contestant:
    each = load.processor_seconds / count * 1e6
    return Contestant(name, count / load.seconds, f"{each:.0f} us of processor time for each, {load.failed} refused")


@contextlib.contextmanager
def _serve(name: str, make: Make, made: Kdc) -> Iterator[nameservers.Server]:
    keytab = made.keytab(SERVER.partition("@")[0])
    with nameservers.fresh_folder() as folder:
        (folder / "zone").write_text(nameservers.zone_file(0))
        port = nameservers.free_port()
        environment = {**made.environment, "KRB5RCACHENAME": f"file2:{folder}/rcache"}
        command = ["env", *(f"{key}={value}" for key, value in environment.items() if key.startswith("KRB5"))]
        with nameservers.running(name, folder, port, [*command, *make(folder, port, keytab)]) as server:
            yield server


def _bind(folder: Path, port: int, keytab: Path) -> list[str]:
    (folder / "named.conf").write_text(f"""
options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; dnssec-validation no; notify no;
  tkey-gssapi-keytab "{keytab}"; }};
controls {{ }};
{nameservers.BIND_LOG}
zone "{nameservers.ZONE}" {{
  type primary; file "{folder}/zone"; update-policy {{ grant "{CLIENT}@EXAMPLE.TEST" zonesub ANY; }};
}};
""")
    return [find("named"), "-f", "-c", str(folder / "named.conf")]


def _tenure(folder: Path, port: int, keytab: Path) -> list[str]:
    policy = [f"grant {CLIENT}@EXAMPLE.TEST zonesub ANY"]
    config = write_toml(
        folder,
        section("dns", listen=[f"127.0.0.1:{port}"], tkey_gssapi_keytab=str(keytab)),
        entry("dns.zones", name=nameservers.ZONE, file="zone", policy=policy),
    )
    return tenure_command("dns", config)


def _negotiate(port: int, tickets: Tickets) -> Context:
    """A context that is established."""
    begun = tickets.begin(SERVER)
    negotiation = Negotiation(key_name(SERVER), begun.security, begun.token, 3600)
    with socket.create_connection(("127.0.0.1", port), 20) as stream:
        stream.sendall(frame(negotiation.query(7, time.time())))
        deframer = Deframer()
        while not (messages := list(deframer.feed(stream.recv(65536)))):
            pass
    found = negotiation.heard(messages[0], time.time())
    assert isinstance(found, Context), found
    return found


def _signed_updates(context: Context, count: int, client: int) -> list[bytes]:
    """As the row of updates that are signed by a key: a name that must not be in use, its address and its DHCID."""
    now = time.time()
    return [sign_request(_update(client, number), context, now)[0] for number in range(count)]


def _update(client: int, number: int) -> bytes:
    owner: Name = from_labels([f"k{client}-{number}".encode(), *labels(_ZONE)])
    dhcid = b"\0\2\1" + hashlib.sha256(owner).digest()
    address = bytes((10, client, number >> 8 & 255, number & 255))
    changes = [add(owner, _A, 1200, address), add(owner, _DHCID, 1200, dhcid)]
    return build_update(number & 0xFFFF, _ZONE, [name_not_in_use(owner)], changes)


def _queries(tickets: Tickets, count: int) -> list[bytes]:
    """TKEY queries, each with a token of its own."""
    found = []
    for number in range(count):
        begun = tickets.begin(SERVER)
        query = Negotiation(key_name(SERVER), begun.security, begun.token, 3600).query(number & 0xFFFF, time.time())
        found.append(query)
    return found


def _tkey_error(octets: bytes) -> int:
    message = parse_message(octets)
    return message.rcode or parse_tkey(message.answers[0].rdata).error if message.answers else 1


def drive(server: nameservers.Server, loads: Sequence[Sequence[bytes]], verdict: Callable[[bytes], int]) -> Load:
    """Send each list over a connection of its own, as fast as answers come, and look at these afterwards."""
    answers: list[bytes] = []
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for messages in loads:
            stream = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 20))
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(stream, selectors.EVENT_READ, (iter(messages), Deframer()))
            stack.callback(stream.close)
        before, began = processor_seconds(server.popen.pid), time.monotonic()
        for key in list(selector.get_map().values()):
            _send(key.fileobj, key.data[0], OWED)
        while len(answers) < sum(map(len, loads)):
            ready = selector.select(30)
            assert ready, f"{server.name} does not answer any more: {len(answers)} answers"
            for key, _ in ready:
                octets = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                assert octets, f"{server.name} has closed the connection"
                heard = list(key.data[1].feed(octets))
                answers += heard
                _send(key.fileobj, key.data[0], len(heard))
        seconds, used = time.monotonic() - began, processor_seconds(server.popen.pid) - before
    return Load(seconds, used, sum(verdict(octets) != 0 for octets in answers))


def _send(stream: object, messages: Iterator[bytes], count: int) -> None:
    octets = b"".join(frame(message) for message in islice(messages, count))
    if octets:
        stream.sendall(octets)  # type: ignore[attr-defined]
