"""A reservation's name in BIND: there when the file is read, through lease and release, until the file lacks it."""

from __future__ import annotations

import signal
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import dns.reversename
from dhcp_device import DhcpDevice
from dnspeer import SECRET_TEXT, DnsPeer
from named import named
from tenure_serve import eventually, tenure_serve
from tenure_toml import leased, section, tsig_key, updated

ADDRESS, NAME = "10.1.0.77", "printer.example.test."
ZONES = ("example.test.", "1.10.in-addr.arpa.")


def ask(peer: DnsPeer, name: str, rtype: str) -> list[str]:
    answer = dns.query.udp(dns.message.make_query(name, rtype), "127.0.0.1", port=peer.port, timeout=5)
    return [str(one) for rrset in answer.answer if rrset.rdtype == dns.rdatatype.from_text(rtype) for one in rrset]


def stands(peer: DnsPeer) -> tuple[list[str], list[str], list[str]]:
    pointer = dns.reversename.from_address(ADDRESS).to_text()
    return ask(peer, NAME, "A"), ask(peer, NAME, "DHCID"), ask(peer, pointer, "PTR")


def test_a_name_stands_in_bind_as_long_as_its_reservation(tmp_path: Path) -> None:
    with named(tmp_path / "bind", list(ZONES)) as peer:
        without = (
            tsig_key("dhcp.", SECRET_TEXT)
            + updated(f"127.0.0.1:{peer.port}", "dhcp.", *ZONES)
            + section("ddns", ddns_register_reservations=True)
            + leased("127.0.0.1:{dhcp}", "10.1.0.0/16", "10.1.0.100-10.1.0.250")
        )
        reserved = (
            without
            + "reservations = [{{ hw-address = '02:00:5e:10:00:07', ip-address = '10.1.0.77',"
            + " hostname = 'printer' }}]\n"
        )
        (tmp_path / "tenure.toml").touch(mode=0o600)
        with tenure_serve(tmp_path, reserved) as server:
            eventually(lambda: stands(peer)[2], "the reservation's records")
            before = stands(peer)
            assert (before[0], before[2]) == ([ADDRESS], [NAME])
            serial = ask(peer, ZONES[0], "SOA")
            (row,) = server.rows("names")
            assert (row["name"], row["address"], row["wanted_by"]) == (NAME, ADDRESS, "reservation")
            with DhcpDevice(server.dhcp, mac="02:00:5e:10:00:07", relay="10.1.0.1", host_name="else") as device:
                assert device.join() == ADDRESS
                eventually(lambda: server.rows("leases"), "the lease")
                device.release()
                eventually(lambda: not server.rows("leases"), "its end")
            eventually(
                lambda: [(row["forward"], row["reverse"]) for row in server.rows("names")] == [("registered",) * 2],
                "the reservation has the name",
            )
            assert stands(peer) == before
            assert ask(peer, ZONES[0], "SOA") == serial, "nothing was written"
            found = server.run("reconcile")
            assert found.returncode == 0, found.stdout + found.stderr
            assert "A reservation keeps printer.example.test. at 10.1.0.77" in server.run("explain", NAME).stdout
            server.config.write_text(without.format(dhcp=server.dhcp_port))
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: stands(peer) == ([], [], []), "the records are gone")
            assert ask(peer, ZONES[0], "SOA") != serial
            eventually(lambda: not server.rows("names"), "nothing is left of it")
