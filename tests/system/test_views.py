"""Views of a real `tenure serve`: who sees what over real sockets, with both stores and several workers; leases too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import dns.rcode
import dns.reversename
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone
import pytest
from dhcp_device import DhcpDevice
from dnspeer import SECRET_TEXT
from postgres_cluster import postgres_cluster
from tenure_serve import TenureServe, eventually, tenure_serve
from tenure_toml import entry, section, tsig_key

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
KEYRING = dns.tsigkeyring.from_text({"in.": SECRET_TEXT, "out.": SECRET_TEXT})
WORKERS = 2
FRESH_SOCKETS = 12  # so that each worker gets some of the questions
OPEN = {"allow_transfer": ["0.0.0.0/0", "::/0"]}
SPLIT = (
    tsig_key("in.", SECRET_TEXT)
    + tsig_key("out.", SECRET_TEXT)
    + section("dns", listen=["127.0.0.1:{dns}", "[::1]:{dns}"], workers=WORKERS)
    + entry("dns.views", name="inside", match_clients=["!key out.", "key in.", "127.0.0.1"])
    + entry("dns.views", name="outside", match_clients=["127.0.0.2", "::1", "key out."])
    + entry("dns.zones", name="example.test.", view="inside", policy=["grant in. zonesub ANY"], **OPEN)
    + entry("dns.zones", name="example.test.", view="outside", policy=["grant out. zonesub ANY"], **OPEN)
    + entry("dns.zones", name="lab.test.", view="inside", policy=["grant * zonesub ANY"])
    + entry("dns.zones", name="shared.test.", policy=["grant in. zonesub ANY", "grant out. zonesub ANY"])
)  # fmt: skip
INSIDE, OUTSIDE, NOBODY, SIX = "127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"
DESK = "127.0.0.7"  # of the example: who is inside; the updater's own address is not


class Split(TenureServe):
    """A server with the views, asked from wherever and signed with whatever."""

    def wait_until_ready(self) -> None:
        eventually(lambda: self.log.count("event=dns-listening") == WORKERS, "the workers listen")

    def exchange(
        self, message: dns.message.Message, source: str, key: str | None = None, *, tcp: bool = False
    ) -> dns.message.Message:
        if key is not None:
            message.use_tsig(KEYRING, key, algorithm=dns.tsig.HMAC_SHA256)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(message, SIX if ":" in source else INSIDE, port=self.dns_port, source=source, timeout=10)

    def address(
        self, name: str, source: str, key: str | None = None, *, tcp: bool = False, cookie: bool = False
    ) -> str:
        """The address, or the RCODE of an answer without one."""
        options = [dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"8 octets")] if cookie else []
        reply = self.exchange(dns.message.make_query(name, "A", use_edns=0, options=options), source, key, tcp=tcp)
        found = [str(rdata) for rrset in reply.answer for rdata in rrset]
        return " ".join(found) or dns.rcode.to_text(reply.rcode())

    def write(self, zone: str, owner: str, address: str, source: str, key: str | None) -> str:
        update = dns.update.UpdateMessage(zone)
        update.replace(owner, 60, "A", address)
        return dns.rcode.to_text(self.exchange(update, source, key).rcode())


LIMITS = section("dns.rate-limit", responses_per_second=1000, errors_per_second=1000)


@pytest.fixture(scope="module", params=["sqlite", "limited", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "tenure.toml").touch(mode=0o600)
    if request.param == "postgres":
        with postgres_cluster() as cluster:
            yield from running(folder, cluster.new_database())
    else:
        yield from running(folder, "sqlite:tenure.db", LIMITS if request.param == "limited" else "")


def running(folder: Path, store: str, more: str = "") -> Iterator[Split]:
    made = Split(folder, f'[store]\nurl = "{store}"\n' + SPLIT + more)
    try:
        made.wait_until_ready()
        assert made.write("example.test.", "www", "10.1.0.80", INSIDE, "in.") == "NOERROR"
        assert made.write("example.test.", "www", "192.0.2.80", INSIDE, "out.") == "NOERROR"
        assert made.write("lab.test.", "www", "10.1.0.81", INSIDE, "in.") == "NOERROR"
        assert made.write("shared.test.", "www", "203.0.113.80", OUTSIDE, "out.") == "NOERROR"
        yield made
        made.stop()
    finally:
        made.abandon()


@pytest.mark.parametrize("how", [{}, {"tcp": True}, {"cookie": True}], ids=["udp", "tcp", "with a cookie"])
@pytest.mark.parametrize(
    ("name", "source", "key", "expected"),
    [
        ("www.example.test.", INSIDE, None, "10.1.0.80"),
        ("www.example.test.", OUTSIDE, None, "192.0.2.80"),
        ("www.example.test.", SIX, None, "192.0.2.80"),
        ("www.example.test.", NOBODY, None, "REFUSED"),
        ("www.example.test.", NOBODY, "in.", "10.1.0.80"),
        ("www.example.test.", NOBODY, "out.", "192.0.2.80"),
        ("www.example.test.", INSIDE, "out.", "192.0.2.80"),
        ("www.example.test.", OUTSIDE, "in.", "10.1.0.80"),
        ("www.example.test.", SIX, "in.", "10.1.0.80"),
        ("www.lab.test.", INSIDE, None, "10.1.0.81"),
        ("www.lab.test.", OUTSIDE, None, "REFUSED"),
        ("www.shared.test.", INSIDE, None, "203.0.113.80"),
        ("www.shared.test.", SIX, None, "203.0.113.80"),
        ("www.shared.test.", NOBODY, None, "REFUSED"),
    ],
)
def test_the_address_or_the_key_chooses(
    server: Split, name: str, source: str, key: str | None, expected: str, how: dict[str, bool]
) -> None:
    """Asked again and again: what one view has ready is not given to another."""
    assert [server.address(name, source, key, **how) for _ in range(4)] == [expected] * 4


def test_each_worker_answers_each_view_with_what_was_committed_last(server: Split) -> None:
    def seen(source: str) -> set[str]:
        return {server.address("moving.example.test.", source) for _ in range(FRESH_SOCKETS)}

    for turn in range(5):
        assert server.write("example.test.", "moving", f"10.1.0.{turn}", NOBODY, "in.") == "NOERROR"
        assert server.write("example.test.", "moving", f"192.0.2.{turn}", NOBODY, "out.") == "NOERROR"
        assert seen(INSIDE) == {f"10.1.0.{turn}"}
        assert seen(OUTSIDE) == {f"192.0.2.{turn}"}


def test_an_unsigned_update_falls_into_the_view_of_its_address(server: Split) -> None:
    assert server.write("example.test.", "x", "10.1.0.1", INSIDE, None) == "REFUSED"
    assert server.write("lab.test.", "x", "10.1.0.1", OUTSIDE, None) == "NOTAUTH"
    assert server.write("lab.test.", "x", "10.1.0.1", NOBODY, None) == "REFUSED"


def test_the_history_says_which_view(server: Split) -> None:
    assert server.write("example.test.", "told", "10.1.0.7", INSIDE, "in.") == "NOERROR"
    assert server.write("example.test.", "told", "192.0.2.7", INSIDE, "out.") == "NOERROR"
    assert server.write("lab.test.", "told", "192.0.2.7", INSIDE, "out.") == "NOTAUTH"
    assert server.write("lab.test.", "told", "192.0.2.7", NOBODY, None) == "REFUSED"
    first, second = [row["detail"] for row in server.rows("history", "told.example.test.")]
    assert " in view inside: +A; from 127.0.0.1#" in first
    assert " in view outside: +A; from 127.0.0.1#" in second
    wrong, nowhere = server.rows("history", "told.lab.test.")
    assert "the request fell into view outside; lab.test. is a zone of view inside" in wrong["detail"]
    assert "no view is for 127.0.0.3" in nowhere["detail"]
    told = server.run("explain", wrong["correlation"]).stdout
    assert "lab.test. is a zone of view inside" in told


def test_the_refused_are_told_the_id_and_nothing_of_other_views(server: Split) -> None:
    update = dns.update.UpdateMessage("lab.test.")
    update.add("x", 60, "A", "10.1.0.1")
    update.use_edns(0)
    (option,) = server.exchange(update, INSIDE, "out.").options
    assert isinstance(option, dns.edns.EDEOption)
    assert option.text is not None
    assert option.text.endswith(": lab.test. is not a zone that is served here")


def test_transfers_are_of_the_view(server: Split) -> None:
    for source, key, expected in (
        (INSIDE, None, "10.1.0.80"),
        (INSIDE, "out.", "192.0.2.80"),
        (SIX, None, "192.0.2.80"),
    ):
        signing = {"keyring": KEYRING, "keyname": key, "keyalgorithm": dns.tsig.HMAC_SHA256} if key else {}
        query, _serial = dns.query.xfr, None
        messages = query(
            SIX if ":" in source else INSIDE, "example.test.", port=server.dns_port, source=source, **signing
        )
        zone = dns.zone.from_xfr(messages)
        assert [str(rdata) for rdata in zone.find_rdataset("www", "A")] == [expected]


def test_commands_take_the_view_and_ask_for_it(server: Split) -> None:
    assert [(row["zone"], row["view"]) for row in server.rows("zones")] == [
        ("example.test.", "inside"),
        ("example.test.", "outside"),
        ("lab.test.", "inside"),
        ("shared.test.", "shared"),
    ]
    asked = server.run("zones", "show", "example.test.")
    assert asked.returncode == 2
    assert "example.test. is in several views (inside, outside); say which with --view" in asked.stderr
    shown = server.rows("zones", "show", "example.test.", "--view", "outside")
    assert "192.0.2.80" in {row["data"] for row in shown}
    exported = server.run("zones", "export", "example.test.", "--view", "inside").stdout
    assert "www.example.test. 60 IN A 10.1.0.80" in exported
    assert server.run("zones", "export", "shared.test.").returncode == 0
    missing = server.run("zones", "export", "lab.test.", "--view", "outside")
    assert "the store has no zone lab.test. in view outside" in missing.stderr
    (row,) = server.rows(
        "zones", "test-update", "example.test.", "x", "--key", "out.", "--type", "A", "--operation", "add"
    )
    assert (row["allowed"], row["rule"]) == ("yes", "grant out. zonesub ANY")
    command = ["test-update", "example.test.", "x", "--key", "out.", "--view", "inside", "--type", "A"]
    assert "falls into view outside" in server.run("zones", *command).stdout


def test_a_zone_is_imported_into_a_view_and_compared_with_it(server: Split, tmp_path: Path) -> None:
    file = tmp_path / "lab"
    serial = server.run("zones", "export", "example.test.", "--view", "outside", "-o", str(file))
    assert serial.returncode == 0
    with file.open("a") as zone:
        zone.write("imported.example.test. 60 IN A 192.0.2.90\n")
    refused = server.run("zones", "import", str(file))
    assert "example.test. is in several views (inside, outside); say which with --view" in refused.stderr
    assert server.run("zones", "import", str(file), "--view", "outside").returncode == 0
    eventually(lambda: server.address("imported.example.test.", OUTSIDE) == "192.0.2.90", "it is served outside")
    assert server.address("imported.example.test.", INSIDE) == "NXDOMAIN"
    there = f"127.0.0.1:{server.dns_port}"
    same = server.run("zones", "diff", "example.test.", "--view", "outside", "--server", there, "--key", "out.")
    assert (same.returncode, same.stdout) == (0, "")
    other = server.run("zones", "diff", "example.test.", "--view", "outside", "--server", there, "--key", "in.")
    assert other.returncode == 1


@pytest.fixture
def example(tmp_path: Path) -> Iterator[TenureServe]:
    """docs/examples/views.toml, with addresses of this machine."""
    shutil.copy(EXAMPLES / "office-outside.zone", tmp_path)
    (tmp_path / "public.key").write_text(SECRET_TEXT)
    (tmp_path / "public.key").chmod(0o600)
    text = (EXAMPLES / "views.toml").read_text().replace("{", "{{").replace("}", "}}")
    for ours, here in (
        ("10.1.0.1:53", "127.0.0.1:{dns}"),
        ("[fd00:1::1]:53", "[::1]:{dns}"),
        ('"10.1.0.0/16"]   #', '"127.0.0.7"] #'),
        ('interfaces = ["eth0"]', 'listen = ["127.0.0.1:{dhcp}"]'),
        ("192.0.2.53 key public.", "127.0.0.9 port {dns} key public."),
    ):
        assert ours in text
        text = text.replace(ours, here)
    with tenure_serve(tmp_path, text) as running:
        yield running


def ask(server: TenureServe, name: str, rtype: str, source: str) -> list[str]:
    query = dns.message.make_query(name, rtype)
    to = SIX if ":" in source else INSIDE
    reply = dns.query.udp(query, to, port=server.dns_port, source=source, timeout=10)
    return [str(rdata) for rrset in reply.answer for rdata in rrset]


def test_the_example_registers_leases_inside_and_shows_the_outside_its_public_face(example: TenureServe) -> None:
    """Invariant 3: "registered" is true of the right view, though the updater's address is one of the other's."""
    with DhcpDevice(example.dhcp, mac="02:00:5e:10:00:01", relay="10.1.0.1", host_name="laptop") as laptop:
        address = laptop.join()
        eventually(lambda: example.rows("names")[0]["forward"] == "registered", "it is confirmed")
        assert ask(example, "laptop.office.example.", "A", DESK) == [address]
        reverse = dns.reversename.from_address(address).to_text()
        assert eventually(lambda: ask(example, reverse, "PTR", DESK), "the reverse name") == ["laptop.office.example."]
        for source in (INSIDE, SIX):
            assert ask(example, "laptop.office.example.", "A", source) == []
            assert ask(example, reverse, "PTR", source) == []
            assert ask(example, "www.office.example.", "A", source) == ["192.0.2.80"]
        assert ask(example, "www.office.example.", "A", DESK) == []
        applied = [row for row in example.rows("history", "laptop.office.example.") if row["event"] == "update-applied"]
        assert [row["actor"] for row in applied] == ["dns key updater.inside.tenure."]
        assert "in view inside: +A +DHCID" in applied[0]["detail"]
        laptop.release()
        eventually(lambda: not ask(example, "laptop.office.example.", "DHCID", DESK), "the name is gone")
