"""The proof of the way to a server, against real ones: what it says when all is right, and of what is wrong."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import dns.message
import dns.query
import pytest
from dnspeer import KEY, SECRET_TEXT, DnsPeer, running, write_zone
from knotd import knotd
from named import named
from network import eventually
from peers import program
from ports import free_port
from powerdns import powerdns
from tenure_command import tenure
from transfer_peers import transfer_peer, zone_at

from tenure.dnswire.name import from_text
from tenure.naming.registration import Direction
from tenure.serving.stop import Stop
from tenure.serving.updater import preflight
from tenure.serving.updater.preflight import Subject, check
from tenure.signing.key import ALGORITHMS, Key
from tenure.updating.preflight import Finding, Verdict
from tenure.updating.routing import Domain

FORWARD, REVERSE = "example.test.", "1.10.in-addr.arpa."
PROBE, POINTER = from_text("tenure-check-1.example.test."), from_text("5.0.1.10.in-addr.arpa.")
RIGHT, DOUBTFUL, WRONG = Verdict.RIGHT, Verdict.DOUBTFUL, Verdict.WRONG


@pytest.fixture(params=[named, knotd, powerdns], ids=["bind", "knot", "powerdns"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DnsPeer]:
    with request.param(tmp_path / "peer", [FORWARD, REVERSE]) as made:
        yield made


def forward(*servers: tuple[str, int], key: Key | None = KEY, zone: str = FORWARD, lease: int = 3600) -> Subject:
    return Subject(Domain(from_text(zone), servers, key), Direction.FORWARD, [PROBE], 1, lease)


def found(*subjects: Subject) -> list[Finding]:
    stop = Stop()
    try:
        return list(check(subjects, {}, stop))
    finally:
        stop.close()


def verdicts(findings: list[Finding]) -> list[tuple[str, Verdict]]:
    return [(finding.check, finding.verdict) for finding in findings]


def serial(peer: DnsPeer, zone: str) -> int:
    answer = dns.query.tcp(dns.message.make_query(zone, "SOA"), "127.0.0.1", port=peer.port, timeout=5)
    return int(answer.answer[0][0].serial)


def test_the_way_is_right_and_nothing_changes(peer: DnsPeer) -> None:
    peer.write(FORWARD, "pc.example.test. 60 A 10.1.0.9")
    before = {zone: (serial(peer, zone), set(peer.records(zone))) for zone in (FORWARD, REVERSE)}
    reverse = Subject(Domain(from_text(REVERSE), (peer.server,), KEY), Direction.REVERSE, [POINTER], 1, 3600)
    findings = found(forward(peer.server), reverse)
    steps = [("udp", RIGHT), ("tcp", RIGHT), ("key", RIGHT), ("policy", RIGHT)]
    assert verdicts(findings) == [*steps, *steps]
    assert findings[3].text == "may add and remove A, AAAA, DHCID at names such as tenure-check-1.example.test."
    assert {zone: (serial(peer, zone), set(peer.records(zone))) for zone in (FORWARD, REVERSE)} == before


def test_the_names_of_a_lease_are_left_as_they_are(peer: DnsPeer) -> None:
    marker = "AAIBY2/AuCccgoJbzaxcQc9TUapptP69lOjxfNuVAA2kjEA="
    peer.write(FORWARD, "tenure-check-1.example.test. 60 A 10.1.0.5", f"tenure-check-1.example.test. 60 DHCID {marker}")
    peer.write(REVERSE, "5.0.1.10.in-addr.arpa. 60 PTR pc.example.test.", f"5.0.1.10.in-addr.arpa. 60 DHCID {marker}")
    before = {zone: (serial(peer, zone), set(peer.records(zone))) for zone in (FORWARD, REVERSE)}
    reverse = Subject(Domain(from_text(REVERSE), (peer.server,), KEY), Direction.REVERSE, [POINTER], 1, 3600)
    findings = found(forward(peer.server), reverse)
    assert [one.verdict for one in findings if one.check == "policy"] == [RIGHT, RIGHT]
    assert {zone: (serial(peer, zone), set(peer.records(zone))) for zone in (FORWARD, REVERSE)} == before


@contextmanager
def secondary(kind: str, folder: Path, primary: int) -> Iterator[tuple[str, int]]:
    """A secondary of the server at port `primary`, once it has the zone."""
    folder.mkdir()
    with transfer_peer(kind, "secondary", folder / kind, free_port(), primary) as copy:
        eventually(lambda: zone_at(copy.port) is not None, "it has the zone", 30)
        yield "127.0.0.1", copy.port


def test_a_secondary_that_refuses_updates(tmp_path: Path) -> None:
    with named(tmp_path / "primary", [FORWARD]) as peer, secondary("bind", tmp_path / "copy", peer.port) as server:
        finding = found(forward(server))[-1]
    assert (finding.check, finding.verdict) == ("policy", WRONG)
    assert "it answers REFUSED" in finding.text
    assert "if the server is only a secondary of example.test., name the zone's primary under servers" in finding.remedy
    assert "which is ns.invalid. by the SOA" in finding.remedy


@pytest.mark.parametrize(
    ("primary", "remedy"),
    [
        ("localhost.", "let the key dhcp. write A, AAAA, DHCID there, in BIND: grant dhcp. zonesub A AAAA DHCID;"),
        (
            "127.0.0.2.",
            "the server is a secondary of example.test., as it seems: name the zone's primary under servers",
        ),
    ],
    ids=["here", "elsewhere"],
)
def test_where_the_name_of_the_primary_leads_says_whether_rights_are_missing(
    tmp_path: Path, primary: str, remedy: str
) -> None:
    tmp_path.joinpath("zone0").write_text(
        f"$TTL 300\n@ SOA {primary} root.invalid. 1 3600 600 86400 60\n@ NS ns.invalid.\n"
    )
    with named(tmp_path, [FORWARD], policy="grant other. zonesub ANY;") as peer:
        finding = found(forward(peer.server))[-1]
    assert finding.text.endswith("it answers REFUSED to the records that would be added")
    assert finding.remedy.startswith(remedy)


def test_a_server_that_takes_no_updates_at_all(tmp_path: Path) -> None:
    with named(tmp_path / "primary", [FORWARD]) as peer, secondary("nsd", tmp_path / "copy", peer.port) as server:
        finding = found(forward(server))[-1]
    assert (finding.check, finding.verdict) == ("policy", WRONG)
    assert "NOTIMP" in finding.text
    assert finding.remedy.startswith("the server takes no updates at all (RFC 2136)")


def test_a_secondary_that_does_not_reach_the_primary(tmp_path: Path) -> None:
    with contextlib.ExitStack() as servers:
        with named(tmp_path / "primary", [FORWARD]) as peer:
            server = servers.enter_context(secondary("knot", tmp_path / "copy", peer.port))
            assert verdicts(found(forward(server)))[-1] == ("policy", RIGHT), "it passes updates on"
        finding = found(forward(server))[-1]
    assert (finding.check, finding.verdict) == ("policy", WRONG)
    assert "SERVFAIL" in finding.text
    assert finding.remedy.startswith("its log says why: as a secondary that passes updates on")


def test_another_secret(peer: DnsPeer) -> None:
    wrong = Key(KEY.name, KEY.algorithm, bytes(32))
    (finding,) = found(forward(peer.server, key=wrong))
    assert (finding.check, finding.verdict) == ("key", WRONG)
    assert finding.text.startswith("the server does not accept the TSIG key")
    assert "the very same secret" in finding.remedy
    assert ("BADSIG" in finding.text) == ("another secret" in finding.remedy)


def test_an_older_secret_that_the_server_still_has(peer: DnsPeer) -> None:
    newer = Key(KEY.name, KEY.algorithm, bytes(32), other=KEY)
    assert verdicts(found(forward(peer.server, key=newer)))[-1] == ("policy", RIGHT)


def test_an_unknown_key(peer: DnsPeer) -> None:
    (finding,) = found(forward(peer.server, key=replace(KEY, name=from_text("nobody."))))
    assert (finding.check, finding.verdict) == ("key", WRONG)
    assert finding.text.startswith("the server does not accept the TSIG key")
    if "unsigned" not in finding.text:  # PowerDNS does not say what is wrong with a signature
        assert "BADKEY" in finding.text
        assert finding.remedy.startswith("the server has no key nobody. with hmac-sha256 for this zone")


def test_another_algorithm(peer: DnsPeer) -> None:
    (finding,) = found(forward(peer.server, key=Key(KEY.name, ALGORITHMS["hmac-sha512"].name, KEY.secret)))
    assert (finding.check, finding.verdict) == ("key", WRONG)


def test_a_clock_that_differs(peer: DnsPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    real = preflight.time.time
    monkeypatch.setattr(preflight.time, "time", lambda: real() - 3600)
    (finding,) = found(forward(peer.server))
    assert (finding.check, finding.verdict) == ("key", WRONG)
    if "unsigned" in finding.text:  # PowerDNS does not say what is wrong with a signature
        assert "the clocks agree" in finding.remedy
    else:
        assert "our clock is about 3600 s behind the server's" in finding.text
        assert finding.remedy == "set both clocks by NTP"


def test_a_zone_that_lies_in_another(peer: DnsPeer) -> None:
    (finding,) = found(forward(peer.server, zone="lab.example.test."))
    assert (finding.check, finding.verdict) == ("udp", WRONG)
    assert finding.text == "has no zone lab.example.test.; the name lies in its zone example.test."
    assert 'write zone = "example.test."' in finding.remedy


def test_a_zone_that_the_server_does_not_have(peer: DnsPeer) -> None:
    (finding,) = found(forward(peer.server, zone="elsewhere.test."))
    assert (finding.check, finding.verdict) == ("udp", WRONG)
    assert "REFUSED" in finding.text


VIEWS = """\
options {{ directory "{folder}"; pid-file none; session-keyfile none; managed-keys-directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; }};
controls {{ }};
key "dhcp." {{ algorithm hmac-sha256; secret "{secret}"; }};
view "inside" {{ match-clients {{ !key dhcp.; 127.0.0.1; }};
  zone "{zone}" {{ type primary; file "{folder}/zone"; allow-update {{ 127.0.0.1; }}; }}; }};
view "outside" {{ match-clients {{ any; }}; }};
"""


def test_a_key_that_leads_into_a_view_without_the_zone(tmp_path: Path) -> None:
    port = free_port()
    write_zone(tmp_path / "zone", FORWARD)
    config = tmp_path / "named.conf"
    config.write_text(VIEWS.format(folder=tmp_path, port=port, secret=SECRET_TEXT, zone=FORWARD))
    with running([program("named"), "-g", "-c", str(config), "-n", "1"], port, tmp_path / "log") as peer:
        (by_key,) = found(forward(peer.server))
        by_address = found(forward(peer.server, key=None))
    assert (by_key.check, by_key.verdict) == ("udp", WRONG)
    assert by_key.remedy.endswith("in which view what dhcp. signs falls"), "for this host sees the zone"
    assert verdicts(by_address)[:2] == [("udp", RIGHT), ("tcp", RIGHT)]


def test_names_that_are_denied_for_longer_than_a_lease(peer: DnsPeer) -> None:
    doubtful = [one for one in found(forward(peer.server, lease=30)) if one.verdict is DOUBTFUL]
    assert verdicts(doubtful) == [("ttl", DOUBTFUL)]
    assert "for 60 s" in doubtful[0].text


def test_a_server_that_is_silent_is_waited_for_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        findings = found(forward(mute.getsockname()), forward(mute.getsockname(), zone="other.test."))
    assert verdicts(findings) == [("udp", WRONG), ("udp", WRONG)]
    assert [finding.zone for finding in findings] == [from_text(FORWARD), from_text("other.test.")]


def test_nobody_listens() -> None:
    (finding,) = found(forward(("127.0.0.1", free_port())))
    assert (finding.check, finding.verdict) == ("udp", WRONG)
    assert "refused" in finding.text.lower()


def test_rights_for_addresses_but_not_for_markers(tmp_path: Path) -> None:
    with named(tmp_path, [FORWARD], policy="grant dhcp. zonesub A AAAA;") as peer:
        finding = found(forward(peer.server))[-1]
    assert (finding.check, finding.verdict) == ("policy", WRONG)
    assert "REFUSED" in finding.text
    assert "(DHCID; the others it would take)" in finding.text
    assert "grant dhcp. zonesub A AAAA DHCID;" in finding.remedy


def test_no_rights_at_all(tmp_path: Path) -> None:
    with named(tmp_path, [FORWARD], policy="grant other. zonesub ANY;") as peer:
        finding = found(forward(peer.server))[-1]
    assert (finding.check, finding.verdict) == ("policy", WRONG)
    assert finding.text.endswith("it answers REFUSED to the records that would be added")


def test_before_the_first_start_the_keys_of_the_configuration_are_tried_and_no_store_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    config = folder / "tenure.toml"
    with named(tmp_path / "peer", [FORWARD, REVERSE]) as peer:
        written = f"""
            [dhcp4]
            listen = ["127.0.0.1:6767"]
            [[dhcp4.subnets]]
            subnet = "10.1.0.0/16"
            pools = ["10.1.0.50-10.1.0.60"]
            ddns-qualifying-suffix = "{FORWARD}"
            [[keys]]
            name = "dhcp."
            secret = "{SECRET_TEXT}"
            [[keys]]
            name = "made."
            in-store = true
            [[ddns.forward]]
            zone = "{FORWARD}"
            key = "KEY"
            servers = ["127.0.0.1:{peer.port}"]
            [[ddns.reverse]]
            zone = "{REVERSE}"
            key = "KEY"
            servers = ["127.0.0.1:{peer.port}"]
            """
        told = {}
        for key in ("dhcp.", "made."):
            config.write_text(dedent(written).replace("KEY", key))
            config.chmod(0o600)
            done = tenure("ddns", "check", "-c", config, "-o", "json")
            assert done.stderr == ""
            told[key] = [(row["check"], row["verdict"], row["text"]) for row in json.loads(done.stdout)]
        assert [path.name for path in folder.iterdir()] == ["tenure.toml"]
    assert [row[:2] for row in told["dhcp."]] == [(one, "right") for one in ("udp", "tcp", "key", "policy")] * 2
    assert [row[:2] for row in told["made."]] == [("udp", "right"), ("tcp", "right"), ("key", "wrong")] * 2
    assert told["made."][-1][-1] == "the store has no secret of the key made. yet"


def test_unsigned_updates_are_doubted(tmp_path: Path) -> None:
    with named(tmp_path, [FORWARD]) as peer:
        findings = found(forward(peer.server, key=None))
    assert verdicts(findings) == [("udp", RIGHT), ("tcp", RIGHT), ("key", DOUBTFUL), ("policy", WRONG)]


def test_a_zone_in_which_no_lease_can_have_a_name(peer: DnsPeer) -> None:
    subject = Subject(Domain(from_text(FORWARD), (peer.server,), KEY), Direction.FORWARD, [PROBE], 0, 3600)
    finding = found(subject)[0]
    assert (finding.check, finding.verdict, finding.server) == ("names", DOUBTFUL, "")
    assert finding.text == "no subnet's suffix lies in the zone"
