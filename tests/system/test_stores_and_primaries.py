"""The same story with the store in PostgreSQL, with a zone file, and with BIND as the primary of both zones."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from dhcp_device import DhcpDevice
from dhcpv4 import request
from dnspeer import SECRET_TEXT
from named import named
from postgres_cluster import postgres_cluster
from tenure_serve import MINIMAL, TenureServe, eventually, tenure_serve
from tenure_toml import entry, leased, updated

BIND_PRIMARY = (
    entry("keys", name="dhcp.", secret_file="dhcp.key")
    + leased("127.0.0.1:{dhcp}", "10.1.0.0/16", "10.1.0.50-10.1.0.250")
    + updated("127.0.0.1:PORT", "dhcp.", "example.test.", "1.10.in-addr.arpa.")
)
ZONE_FILE = """\
@ 300 SOA ns1 hostmaster 2024 3600 600 86400 60
@ 300 NS ns1
ns1 300 A 10.1.0.1
printer 300 A 10.1.0.9
"""


def device(server: TenureServe, number: int, host_name: str) -> DhcpDevice:
    return DhcpDevice(server.dhcp, mac=f"02:00:5e:10:02:{number:02x}", relay="10.1.0.1", host_name=host_name)


def test_the_store_in_postgresql(tmp_path: Path) -> None:
    with postgres_cluster() as cluster:
        store = f'[store]\nurl = "{cluster.new_database()}"\n'
        with tenure_serve(tmp_path, store + MINIMAL) as server, device(server, 1, "pc1") as pc:
            address = pc.join()
            assert eventually(lambda: server.query("pc1.example.test.", "A"), "the address") == [address]
            eventually(lambda: server.reverse(address), "the reverse name")
            (lease,) = server.rows("leases")
            assert lease["address"] == address
            assert "update-applied" in [line["event"] for line in server.rows("explain", address)["chain"]]
            pc.release()
            eventually(lambda: not server.reverse(address), "the reverse name is gone")
            eventually(lambda: not server.query("pc1.example.test.", "DHCID"), "the name is gone")


def test_bind_as_the_primary(tmp_path: Path) -> None:
    with named(tmp_path / "bind", ["example.test.", "1.10.in-addr.arpa."]) as bind:
        key = tmp_path / "dhcp.key"
        key.write_text(SECRET_TEXT)
        key.chmod(0o600)
        template = BIND_PRIMARY.replace("PORT", str(bind.port))
        with tenure_serve(tmp_path, template) as server, device(server, 2, "pc2") as pc:
            server.dns_port = bind.port
            address = pc.join()
            assert eventually(lambda: server.query("pc2.example.test.", "A"), "the address") == [address]
            assert eventually(lambda: server.reverse(address), "the reverse name") == ["pc2.example.test."]
            assert sorted(server.children()) == ["dhcp", "janitor", "updater"]
            pc.release()
            eventually(lambda: not server.query("pc2.example.test.", "DHCID"), "the name is gone")


def test_a_wrong_key_is_what_the_names_are_missing_for(tmp_path: Path) -> None:
    with named(tmp_path / "bind", ["example.test.", "1.10.in-addr.arpa."]) as bind:
        key = tmp_path / "dhcp.key"
        key.write_text(b64encode(b"not the secret that the primary has").decode())
        key.chmod(0o600)
        with (
            tenure_serve(tmp_path, BIND_PRIMARY.replace("PORT", str(bind.port))) as server,
            device(server, 4, "pc4") as pc,
        ):
            pc.join()
            (row,) = eventually(
                lambda: [row for row in server.rows("names") if row["reason_code"] != "waiting"], "there is a reason"
            )
            assert row["reason"].startswith("the server does not accept the TSIG key")
            assert "BADSIG" in server.run("explain", "pc4.example.test.").stdout
            assert "does not accept the TSIG key" in server.run("names").stdout


def test_a_zone_file_and_its_names_are_kept_from_clients(tmp_path: Path) -> None:
    (tmp_path / "example.zone").write_text(ZONE_FILE)
    template = MINIMAL.replace('name = "example.test."', 'name = "example.test."\nfile = "example.zone"')
    with tenure_serve(tmp_path, template) as server, device(server, 3, "printer") as pc:
        assert server.query("printer.example.test.", "A") == ["10.1.0.9"]
        (zone,) = [row for row in server.rows("zones") if row["zone"] == "example.test."]
        assert (zone["serial"], zone["source"]) == (2024, "loaded from example.zone")
        octets = request((53, b"\1"), (12, b"printer"), chaddr=pc.mac, giaddr=bytes((10, 1, 0, 1)), hops=1)
        (told,) = server.rows("explain", "--packet", octets.hex())["packets"]
        said = [line["text"] for line in told["rules"]]
        assert (
            "printer.example.test. has records in our own zone that are not a DHCP client's: it cannot be had" in said
        )
        pc.join()
        (lease,) = server.rows("leases")
        assert lease["name"] == ""
        assert "a person or another program made them" in lease["reason"]
        (row,) = server.rows("names")
        assert (row["forward"], row["reverse"]) == ("none", "none")
        assert server.query("printer.example.test.", "A") == ["10.1.0.9"]
        assert server.query("printer.example.test.", "DHCID") == []
