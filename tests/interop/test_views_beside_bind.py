"""The same two views in BIND and in us: whoever asks or updates, from wherever and with whatever key, gets the same.

And BIND, Knot and NSD as secondaries of one view of ours, which their key chooses.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update
import pytest
from dnspeer import SECRET_TEXT
from dnspeer import running as peer
from network import eventually
from peers import program
from ports import free_port
from tenure_serve import TenureServe
from tenure_toml import entry, section, tsig_key
from transfer_peers import transfer_peer

KEYS = ("in.", "dhcp.", "third.")
KEYRING = dns.tsigkeyring.from_text(dict.fromkeys(KEYS, SECRET_TEXT))
ALIAS = "alias 300 CNAME www\n"
ZONES = {
    ("inside", "example.test."): "@ 300 NS ns\nns 300 A 10.1.0.1\nwww 300 A 10.1.0.80\n" + ALIAS,
    ("outside", "example.test."): "@ 300 NS ns\nns 300 A 192.0.2.1\nwww 300 A 192.0.2.80\n" + ALIAS,
    ("inside", "lab.test."): "@ 300 NS ns\nns 300 A 10.1.0.1\nwww 300 A 10.1.0.81\n",
    ("outside", "far.test."): "@ 300 NS ns\nns 300 A 192.0.2.1\nwww 300 A 192.0.2.82\n",
}  # fmt: skip
SOA = "@ 300 SOA ns root 1 3600 600 86400 60\n"
# The list of each view, in the words of both: BIND's statement is made of ours.
LISTS = {
    "networks": {"inside": ["127.0.0.1", "127.0.0.4/30"], "outside": ["127.0.0.0/30"]},
    "keys": {
        "inside": ["!key dhcp.", "key in.", "127.0.0.0/31"],
        "outside": ["127.0.0.2/31", "!127.0.0.4", "key dhcp."],
    },
    "negated": {"inside": ["!127.0.0.2", "!key dhcp.", "127.0.0.0/29"], "outside": ["any"]},
    "key after its network": {"inside": ["127.0.0.1", "!key in.", "127.0.0.2"], "outside": ["key in.", "key dhcp."]},
}
SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.9"]
BIND = """\
options {{ directory "{folder}"; pid-file none; session-keyfile none; listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }}; recursion no; notify no; dnssec-validation no; minimal-responses yes; }};
controls {{ }};
"""
BIND_ZONE = """\
  zone "{zone}" {{ type primary; file "{file}"; allow-transfer {{ any; }}; update-policy {{ {policy} }}; }};
"""
POLICY = [f"grant {key} zonesub ANY" for key in KEYS]


@dataclass(frozen=True)
class Pair:
    """BIND and us, with the same views."""

    bind: int
    ours: int

    def both(self, ask: Callable[[int], object]) -> tuple[object, object]:
        return ask(self.bind), ask(self.ours)


def write_zones(folder: Path) -> None:
    for (view, zone), text in ZONES.items():
        (folder / f"{view}-{zone}zone").write_text(SOA + text)


def bind_config(folder: Path, port: int, lists: dict[str, list[str]]) -> Path:
    text = BIND.format(folder=folder, port=port)
    text += "".join(f'key "{key}" {{ algorithm hmac-sha256; secret "{SECRET_TEXT}"; }};\n' for key in KEYS)
    for view, words in lists.items():
        clients = " ".join(f"{word};" for word in words)
        text += f'view "{view}" {{\n  match-clients {{ {clients} }};\n'
        for where, zone in ZONES:
            if where == view:
                policy = "".join(f"{rule}; " for rule in POLICY)
                text += BIND_ZONE.format(zone=zone, file=f"{view}-{zone}zone", policy=policy)
        text += "};\n"
    path = folder / "named.conf"
    path.write_text(text)
    return path


def our_config(lists: dict[str, list[str]], **keys: list[str]) -> str:
    tables = [*(tsig_key(key, SECRET_TEXT) for key in KEYS), section("dns", listen=["127.0.0.1:{dns}"])]
    tables += [entry("dns.views", name=view, match_clients=words) for view, words in lists.items()]
    for view, zone in ZONES:
        more = {"policy": POLICY, "static_records": "by-policy", "allow_transfer": ["0.0.0.0/0"], **keys}
        tables.append(entry("dns.zones", name=zone, view=view, file=f"{view}-{zone}zone", **more))  # type: ignore[arg-type]
    return "".join(tables)


class Ours(TenureServe):
    def wait_until_ready(self) -> None:
        eventually(lambda: "event=dns-listening" in self.log, "DNS listens", 60, lambda: self.log)


def ours(folder: Path, config: str) -> Iterator[Ours]:
    folder.mkdir()
    write_zones(folder)
    (folder / "tenure.toml").touch(mode=0o600)
    made = Ours(folder, config)
    try:
        made.wait_until_ready()
        yield made
        made.stop()
    finally:
        made.abandon()


@pytest.fixture(scope="module", params=LISTS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("views")
    named, lists, port = program("named"), LISTS[request.param], free_port()
    write_zones(folder)
    command = [named, "-g", "-c", str(bind_config(folder, port, lists)), "-n", "1"]
    with peer(command, port, folder / "log"):
        for server in ours(folder / "tenure", our_config(lists)):
            yield Pair(port, server.dns_port)


def exchange(
    message: dns.message.Message, port: int, source: str, key: str | None, *, tcp: bool = False
) -> dns.message.Message | None:
    """The reply; None for REFUSED. BIND, whose views have the keys, says BADKEY to a signed request of no view."""
    if key is not None:
        message.use_tsig(KEYRING, key, algorithm=dns.tsig.HMAC_SHA256)
    send = dns.query.tcp if tcp else dns.query.udp
    try:
        reply = send(message, "127.0.0.1", port=port, source=source, timeout=10)
    except dns.tsig.PeerBadKey:
        return None
    return None if reply.rcode() == dns.rcode.REFUSED else reply


def answer(port: int, source: str, name: str, rtype: str, key: str | None) -> object:
    reply = exchange(dns.message.make_query(name, rtype), port, source, key)
    return reply and (reply.rcode(), {(rrset.name, rrset.rdtype, frozenset(rrset)) for rrset in reply.answer})


def update(port: int, source: str, zone: str, address: str, key: str | None) -> str:
    message = dns.update.UpdateMessage(zone)
    message.replace("new", 60, "A", address)
    reply = exchange(message, port, source, key, tcp=True)
    return "REFUSED" if reply is None else dns.rcode.to_text(reply.rcode())


def everybody() -> Iterator[tuple[str, str | None]]:
    """Every address with every key, and with none."""
    return ((source, key) for source in SOURCES for key in (None, *KEYS))


def test_questions(pair: Pair) -> None:
    """A zone of the other view is in both as if it were not there."""
    for source, key in everybody():
        for name in ("www.example.test.", "alias.example.test.", "www.lab.test.", "www.far.test.", "example.test."):
            for rtype in ("A", "NS"):
                theirs, mine = pair.both(lambda port: answer(port, source, name, rtype, key))  # noqa: B023
                assert mine == theirs, (source, key, name, rtype)


def transferred(port: int, source: str, zone: str, key: str | None) -> set[str]:
    """The addresses of `www` in the zone; empty: it was not given."""
    reply = exchange(dns.message.make_query(zone, "AXFR"), port, source, key, tcp=True)
    if reply is None or reply.rcode() == dns.rcode.NOTAUTH:
        return set()
    return {str(rdata) for rrset in reply.answer if rrset.name.labels[0] == b"www" for rdata in rrset}


def test_transfers(pair: Pair) -> None:
    for source, key in everybody():
        for zone in ("example.test.", "lab.test."):
            theirs, mine = pair.both(lambda port: transferred(port, source, zone, key))  # noqa: B023 - called at once
            assert mine == theirs, (source, key, zone)


@pytest.mark.parametrize(
    ("source", "zone", "key"),
    [
        ("127.0.0.1", "example.test.", "in."),
        ("127.0.0.1", "example.test.", "dhcp."),
        ("127.0.0.2", "example.test.", "in."),
        ("127.0.0.2", "example.test.", "third."),
        ("127.0.0.3", "lab.test.", "in."),
        ("127.0.0.3", "lab.test.", "dhcp."),
        ("127.0.0.4", "example.test.", "dhcp."),
        ("127.0.0.9", "example.test.", "in."),
        ("127.0.0.9", "lab.test.", "third."),
        ("127.0.0.1", "example.test.", None),
    ],
)
def test_updates_change_the_same_view(pair: Pair, source: str, zone: str, key: str | None) -> None:
    address = f"198.51.100.{len(zone) + ord(source[-1]) + ord((key or '.')[0])}"
    theirs, mine = pair.both(lambda port: update(port, source, zone, address, key))
    assert mine == theirs
    for seen_from, seen_with in everybody():
        theirs, mine = pair.both(lambda port: answer(port, seen_from, f"new.{zone}", "A", seen_with))  # noqa: B023
        assert mine == theirs, (seen_from, seen_with)


def test_nsupdate_chooses_the_view_by_its_key(tmp_path: Path) -> None:
    nsupdate = program("nsupdate")
    for server in ours(tmp_path / "tenure", our_config(LISTS["keys"])):
        for key, address in (("in", "10.1.0.99"), ("dhcp", "192.0.2.99")):
            script = f"server 127.0.0.1 {server.dns_port}\nupdate add n.example.test. 60 A {address}\nsend\n"
            subprocess.run(
                [nsupdate, "-y", f"hmac-sha256:{key}:{SECRET_TEXT}"], input=script, text=True, check=True, timeout=30
            )
        for source, address in (("127.0.0.1", "10.1.0.99"), ("127.0.0.2", "192.0.2.99")):
            assert str(address) in str(answer(server.dns_port, source, "n.example.test.", "A", None))


@pytest.mark.parametrize("kind", ["bind", "knot", "nsd"])
def test_a_secondary_follows_the_view_of_its_key(tmp_path: Path, kind: str) -> None:
    """Its address is one of the other view. It is told of each change, and those of the other view do not reach it."""
    port = free_port()
    config = our_config(LISTS["keys"], allow_transfer=["key dhcp."], also_notify=[f"127.0.0.1 port {port} key dhcp."])
    for primary in ours(tmp_path / "tenure", config):
        with transfer_peer(kind, "secondary", tmp_path / kind, port, primary.dns_port):

            def has(name: str) -> str:
                return str(answer(port, "127.0.0.1", name, "A", None))

            eventually(lambda: "192.0.2.80" in has("www.example.test."), "it has the zone of its view", 30)
            assert update(primary.dns_port, "127.0.0.1", "example.test.", "10.1.0.77", "in.") == "NOERROR"
            assert update(primary.dns_port, "127.0.0.1", "example.test.", "192.0.2.77", "dhcp.") == "NOERROR"
            eventually(lambda: "192.0.2.77" in has("new.example.test."), "it follows the changes of its view", 30)


def test_we_follow_the_view_of_bind_that_our_key_chooses(tmp_path: Path) -> None:
    """Both views of BIND by one secondary each, in views of the same names; its NOTIFY is not signed."""
    named, port, mine = program("named"), free_port(), free_port()
    write_zones(tmp_path)
    config = bind_config(tmp_path, port, LISTS["keys"])
    text = config.read_text().replace(
        "notify no;", f"notify explicit; also-notify {{ 127.0.0.1 port {mine}; }}; notify-delay 0;"
    )
    config.write_text(text)
    tables = [*(tsig_key(key, SECRET_TEXT) for key in KEYS), section("dns", listen=[f"127.0.0.1:{mine}"])]
    tables += [entry("dns.views", name=view, match_clients=words) for view, words in LISTS["keys"].items()]
    for view, key in (("inside", "in."), ("outside", "dhcp.")):
        primaries = [f"127.0.0.1 port {port} key {key}"]
        tables.append(entry("dns.zones", name="example.test.", view=view, type="secondary", primaries=primaries))
    with peer([named, "-g", "-c", str(config), "-n", "1"], port, tmp_path / "log"):
        for _secondary in ours(tmp_path / "tenure", "".join(tables)):

            def has(name: str, source: str) -> str:
                return str(answer(mine, source, name, "A", None))

            eventually(lambda: "10.1.0.80" in has("www.example.test.", "127.0.0.1"), "the zone of one view is there")
            eventually(lambda: "192.0.2.80" in has("www.example.test.", "127.0.0.2"), "the zone of the other is there")
            assert update(port, "127.0.0.1", "example.test.", "10.1.0.77", "in.") == "NOERROR"
            assert update(port, "127.0.0.1", "example.test.", "192.0.2.77", "dhcp.") == "NOERROR"
            eventually(lambda: "10.1.0.77" in has("new.example.test.", "127.0.0.1"), "a change inside has come")
            eventually(lambda: "192.0.2.77" in has("new.example.test.", "127.0.0.2"), "a change outside has come")
