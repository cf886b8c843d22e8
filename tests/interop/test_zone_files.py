"""Zone files that BIND and Knot take back with the same content, and generated records as BIND makes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from peers import program

from tenure.dnswire.masterfile import Found, MasterFileReader
from tenure.dnswire.name import from_text
from tenure.dnswire.zonefile import record_to_text

CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
"""
ZONE = r"""
$TTL 1h
$ORIGIN example.test.
@ SOA ns admin ( 5 2 3 4 300 )
  NS ns
  NS ns.elsewhere.example.
  MX 10 mail
  CAA 0 issue "ca.example"
  TXT "v=spf1 -all" "a;\"b\\c" \200\255
ns A 192.0.2.1
   AAAA 2001:db8::1
mail 60 A 192.0.2.2
*.wild CNAME ns
sub NS ns.sub
    DS 12345 8 2 3490A6806D47F17A34C29E2CE80E8A999FFBE4BE000102030405060708090A0B
ns.sub A 192.0.2.3
moved DNAME elsewhere.example.
_sip._tcp SRV 1 2 5060 ns
srv NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.test!" .
pc DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
   SSHFP 4 2 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
   LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
   HINFO "PC" "OS"
   RP admin.example.test. pc.example.test.
   AFSDB 1 ns
   KX 1 ns
   APL 1:192.168.0.0/16 !2:2001:db8::/32
   CERT 1 2 8 AQID
   IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
   TLSA 3 1 1 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
   SMIMEA 3 1 1 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
   OPENPGPKEY AQID
   SVCB 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1
   HTTPS 0 ns.example.test.
   URI 10 1 "https://example.test/"
   EUI48 01-02-03-04-05-06
   EUI64 01-02-03-04-05-06-07-08
   NID 10 0014:4fff:ff20:ee64
   L32 10 10.1.2.0
   L64 10 2001:0db8:1140:1000
   LP 10 l64.example.test.
   CSYNC 66 3 A NS AAAA
   TYPE65280 \# 3 010203
   TYPE65281 \# 0
   TYPE1 \# 4 0a000009
odd\.dot\032blank\@\$\( A 192.0.2.4
\255octet A 192.0.2.5
"""


def tenure(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "tenure", "zones", *words, "-c", str(folder / "tenure.toml")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read(text: str) -> set[tuple[bytes, int, int, bytes]]:
    """The records of a zone file by our reader, whose every line must be right."""

    def nothing(name: str, by: str) -> tuple[str, list[str]]:
        raise ValueError(f"{by} includes {name}")

    reader = MasterFileReader(from_text("example.test."), nothing)
    found = list(reader.read("zone", text.splitlines(keepends=True)))
    assert [one for one in found if not isinstance(one, Found)] == []
    return {one[:4] for one in found if isinstance(one, Found)}


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    (tmp_path / "tenure.toml").write_text(CONFIG)
    (tmp_path / "zone").write_text(ZONE)
    assert "a new zone" in tenure(tmp_path, "import", str(tmp_path / "zone"))
    tenure(tmp_path, "export", "example.test", "-o", str(tmp_path / "exported"))
    assert "nothing: it is all so already" in tenure(tmp_path, "import", str(tmp_path / "exported"))
    return tmp_path / "exported"


def test_bind_takes_it_back_with_the_same_content(exported: Path) -> None:
    command = [program("named-compilezone"), "-i", "none", "-k", "ignore", "-o", "-", "example.test.", str(exported)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = "".join(f"{line}\n" for line in done.stdout.splitlines() if line != "OK" and not line.startswith("zone "))
    assert read(lines) == read(exported.read_text()) == read(ZONE)


def test_knot_takes_it_back(exported: Path) -> None:
    command = [program("kzonecheck"), "-o", "example.test.", "-d", "off", str(exported)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "$GENERATE 1-5 h$ A 10.0.0.$",
        "$GENERATE 0-100/25 h${0,4,d}.sub 60 A 10.0.0.$",
        "$GENERATE 8-12 h${-8,3,x} TXT ${0,2,X}-${1,0,o}-$$-\\$",
        "$GENERATE 250-258 ${0,3,n}.rev PTR host-${0,0,N}",
        "$GENERATE 1-2 $ CNAME $.0-63",
    ],
)
def test_generated_records_are_those_of_bind(tmp_path: Path, line: str) -> None:
    text = f"$TTL 300\n@ SOA ns admin 5 2 3 4 300\n@ NS ns.elsewhere.\n{line}\n"
    (tmp_path / "zone").write_text(text)
    command = [
        program("named-compilezone"),
        "-i",
        "none",
        "-k",
        "ignore",
        "-o",
        "-",
        "example.test.",
        tmp_path / "zone",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = "".join(f"{one}\n" for one in done.stdout.splitlines() if one != "OK" and not one.startswith("zone "))
    ours = sorted(record_to_text(*one) for one in read(text))
    assert ours == sorted(record_to_text(*one) for one in read(lines))
