"""`tenure serve` whose updater signs by Kerberos for zones of its own that take nothing else, with a real KDC."""

from __future__ import annotations

from pathlib import Path

import pytest
from dhcp_device import DhcpDevice
from dhcpv4 import request
from kdc import SERVER, kdc
from tenure_serve import eventually, tenure_serve
from tenure_toml import entry, leased, section

US = "DHCP/gw.example.test"
ZONES = {"forward": "example.test.", "reverse": "1.10.in-addr.arpa."}


@pytest.mark.parametrize("workers", [1, 2])
def test_leases_are_in_zones_that_take_secure_updates_only(tmp_path: Path, workers: int) -> None:
    with kdc(tmp_path / "kdc") as realm, pytest.MonkeyPatch.context() as patch:
        for variable in ("KRB5_CONFIG", "KRB5RCACHEDIR", "KRB5RCACHENAME"):
            patch.setenv(variable, realm.environment[variable])
        policy = [f"grant {US}@EXAMPLE.TEST zonesub ANY"]
        template = "\n".join(
            (
                section(
                    "dns",
                    listen=["127.0.0.1:{dns}"],
                    server_name=f"{SERVER}.",
                    workers=workers,
                    tkey_gssapi_keytab=str(realm.keytab(f"DNS/{SERVER}")),
                ),
                *(entry("dns.zones", name=zone, updates="secure-only", policy=policy) for zone in ZONES.values()),
                leased("127.0.0.1:{dhcp}", "10.1.0.0/16", "10.1.0.50-10.1.0.250"),
                section("ddns.gss-tsig", client_principal=f"{US}@EXAMPLE.TEST", client_keytab=str(realm.keytab(US))),
                *(entry(f"ddns.{way}", zone=zone, gss_tsig=True) for way, zone in ZONES.items()),
            )
        )
        with tenure_serve(tmp_path, template) as server:
            relay = "10.1.0.1"
            with DhcpDevice(server.dhcp, mac="02:00:5e:10:00:01", relay=relay, host_name="pc1", fqdn=None) as pc:
                address = pc.join()
                assert eventually(lambda: server.query("pc1.example.test.", "A"), "the address") == [address]
                assert eventually(lambda: server.reverse(address), "the name of the address") == ["pc1.example.test."]
                done = server.run("ddns", "check", "--gss")
                assert done.returncode == 0, done.stdout
                assert done.stdout.count(f"we are {US}@EXAMPLE.TEST") == 2
                (applied, *_) = server.rows("history", "--kind", "update-applied")
                assert applied["actor"] == f"dns principal {US}@EXAMPLE.TEST"
                server_id, address_wish, host_name = (54, b"\x7f\0\0\1"), (50, bytes((10, 1, 0, 77))), (12, b"told")
                packet = request((53, b"\3"), server_id, address_wish, host_name, giaddr=bytes((10, 1, 0, 1)), hops=1)
                told = server.run("explain", "--packet", packet.hex())
                assert f"signed with Kerberos as {US}@EXAMPLE.TEST" in told.stdout, told
                pc.release()
                eventually(lambda: not server.query("pc1.example.test.", "DHCID"), "the name is gone")
            assert server.log.count("event=security-context ") == 1
