"""Zone files that BIND and Knot take back with the same content, and generated records as BIND makes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from peers import program
from tenure_command import tenure

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
   HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdx rvs.example.com.
   X25 "311061700956"
   AMTRELAY 10 1 2 2001:db8::1
   MINFO admin.example.test. pc.example.test.
   TYPE65280 \# 3 010203
   TYPE65281 \# 0
   TYPE1 \# 4 0a000009
odd\.dot\032blank\@\$\( A 192.0.2.4
\255octet A 192.0.2.5
"""


def zones(folder: Path, *words: str) -> str:
    done = tenure("zones", *words, "-c", folder / "tenure.toml")
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
    assert "a new zone" in zones(tmp_path, "import", str(tmp_path / "zone"))
    zones(tmp_path, "export", "example.test", "-o", str(tmp_path / "exported"))
    assert "nothing: it is all so already" in zones(tmp_path, "import", str(tmp_path / "exported"))
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


RARE = r"""
HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdx rvs.example.com. rvs2.example.com.
HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdx
IPSECKEY 10 0 2 . AQNRU3mG
IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG
IPSECKEY 10 2 2 2001:db8::8002 AQNRU3mG
IPSECKEY 10 3 2 gateway.example.com. AQNRU3mG
CERT PKIX 65535 RSASHA256 MxFcby9k
CDS 0 0 0 00
CDNSKEY 0 3 0 AA==
CDNSKEY 257 3 8 AwEAAbdx
DNSKEY 256 3 8 AwEAAbdx
KEY 512 3 8 AwEAAbdx
SVCB 1 svc.example.net. alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1 key65400="x\001y"
HTTPS 1 . ech="AEj+DQBEAQAgACAdd+scUi0IYFsXnUIU7ko2Nd9+F8M26pAGZVpz/KrWPgAEAAEAAWQVZWNoLXNpdGVzLmV4YW1wbGUubmV0AAA="
HTTPS 16 foo.example.org. mandatory=ipv4hint,alpn alpn="h2" ipv4hint=192.0.2.1
NSEC host.example.com. A MX RRSIG NSEC TYPE1234
NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG
NSEC3PARAM 1 0 12 aabbccdd
RRSIG A 8 3 86400 20330322173103 20230220173103 2642 example.com. oJB1W6WN
SIG A 8 3 86400 20330322173103 20230220173103 2642 example.com. oJB1W6WN
ZONEMD 2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE
DLV 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
TA 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
RT 10 rt.example.test.
PX 10 map822.example.test. mapx400.example.test.
WKS 10.0.0.1 6 21 23 25
X25 "311061700956"
ISDN "150862028003217" "004"
ISDN "150862028003217"
NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00
NSAP-PTR foo.example.test.
GPOS "-32.6882" "116.8652" "10.0"
MB foo.example.test.
MG foo.example.test.
MR foo.example.test.
MINFO a.example.test. b.example.test.
EID AABB CCDD
NIMLOC AABBCCDD
SINK 1 2 3 AwEA
NINFO "foo" "bar"
RKEY 0 1 8 AwEAAbdx
TALINK a.example.test. b.example.test.
AVC "foo:bar"
AMTRELAY 10 1 0 .
AMTRELAY 10 0 1 192.0.2.1
AMTRELAY 10 0 2 2001:db8::1
AMTRELAY 10 1 3 relay.example.test.
RESINFO "qnamemin" "exterr=15,16,17"
"""


@pytest.mark.parametrize("written", RARE.split("\n")[1:-1])
def test_words_of_rare_types_mean_to_bind_what_they_mean_here(written: str) -> None:
    (record,) = read(f"$ORIGIN example.test.\n@ 300 {written}\n")
    line = record_to_text(*record)
    ours = line.split(" ", 3)[3]
    assert r"\#" not in ours, "it has words"
    assert octets_of_bind(written) == octets_of_bind(ours) == record[1::2]
    assert read(line + "\n") == read(record_to_text(*record, portable=True) + "\n") == {record}


def octets_of_bind(words: str) -> tuple[int, bytes]:
    """The type and the RDATA as BIND understands the words: it is asked for them in the form of RFC 3597."""
    command = [program("named-rrchecker"), "-u"]
    done = subprocess.run(command, input=f"IN {words}\n", check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    _class, rtype, _mark, _length, *octets = done.stdout.split()
    return int(rtype.removeprefix("TYPE")), bytes.fromhex("".join(octets))
