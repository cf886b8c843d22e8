"""Zones with every way that a question can go, and the questions; asked of several servers, the answers must agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ZONES = {
    "example.test.": r"""
@ 3600 SOA ns hostmaster 1 3600 600 86400 60
@ 3600 NS ns
@ 3600 NS ns.other.test.
@ 3600 MX 10 mail
@ 300 TXT "apex"
@ 300 CAA 0 issue "ca.example"
ns 3600 A 192.0.2.1
ns 3600 AAAA 2001:db8::1
mail 3600 A 192.0.2.2
mail 3600 AAAA 2001:db8::2
host 300 A 192.0.2.10
host 300 A 192.0.2.11
host 300 TXT "one"
host 300 TYPE65280 \# 2 0102
MiXed 300 A 192.0.2.12
alias 300 CNAME host
twice 300 CNAME alias
loop1 300 CNAME loop2
loop2 300 CNAME loop1
self 300 CNAME self
dangling 300 CNAME nowhere
away 300 CNAME www.example.org.
into 300 CNAME www.sub
intocut 300 CNAME sub
across 300 CNAME host.other.test.
acrossno 300 CNAME no.other.test.
tochild 300 CNAME www.child
towild 300 CNAME x.wild
deep.ent 300 A 192.0.2.13
*.wild 300 TXT "any"
*.wild 300 MX 5 mail
exact.wild 300 A 192.0.2.14
a.b.exact2.wild 300 A 192.0.2.14
*.walias 300 CNAME host
*.wdangling 300 CNAME nowhere
*.wns 300 A 192.0.2.15
sub.wns 300 NS ns.sub
a.*.star 300 A 192.0.2.16
sub 300 NS ns.sub
sub 300 NS ns
sub 300 DS 1 8 2 00000000000000000000000000000000000000000000000000000000000000aa
ns.sub 300 A 192.0.2.20
www.sub 300 A 192.0.2.21
sub2 300 NS ns.sub.example.test.
sub3 300 NS ns.sub3
sub3 300 NS ns.elsewhere.invalid.
ns.sub3 300 A 192.0.2.22
ns.sub3 300 AAAA 2001:db8::22
mx2sub 300 MX 1 www.sub
mx2cname 300 MX 1 alias
mx2wild 300 MX 1 foo.wns
_ldap._tcp 300 SRV 0 0 389 mail
child 300 NS ns.child
child 300 NS ns
ns.child 300 A 192.0.2.30
old 300 DNAME new.example.test.
old 300 TXT "at the dname"
www.new 300 A 192.0.2.31
new 300 A 192.0.2.32
oldout 300 DNAME example.org.
oldchain 300 DNAME old.example.test.
oldother 300 DNAME other.test.
oldself 300 DNAME sub.oldself.example.test.
cname2dname 300 CNAME www.old
svcb 300 SVCB 1 mail alpn=h2
https 300 HTTPS 0 mail
naptr 300 NAPTR 1 1 "S" "SIP+D2U" "" _ldap._tcp
ptr 300 PTR host
rp 300 RP mail host
afs 300 AFSDB 1 mail
kx 300 KX 1 mail
"""
    + "long 300 DNAME {a}.{b}.{c}.example.test.\n".format(a="a" * 60, b="b" * 60, c="c" * 60)
    + "".join(f"big 300 TXT {letter * 250}\n" for letter in "abcdef")
    + "".join(f"mid 300 TXT {letter * 200}\n" for letter in "xyz"),
    "child.example.test.": """
@ 300 SOA ns hostmaster 1 3600 600 86400 30
@ 300 NS ns
@ 300 NS ns.example.test.
ns 300 A 192.0.2.30
www 300 A 192.0.2.40
back 300 CNAME host.example.test.
*.w 300 CNAME www
""",
    "other.test.": """
@ 300 SOA ns hostmaster 1 3600 600 86400 3600
@ 300 NS ns
ns 300 A 192.0.2.50
host 300 A 192.0.2.51
x 300 A 192.0.2.52
dangling 300 CNAME nowhere.example.test.
""",
    # RFC 2317: parts of a network that have zones of their own, one of them served here
    "2.0.192.in-addr.arpa.": """
@ 300 SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 60
@ 300 NS ns.example.test.
1 300 PTR ns.example.test.
0/26 300 NS ns.example.test.
0/26 300 NS ns.elsewhere.invalid.
2 300 CNAME 2.0/26
3 300 CNAME 3.0/26
4 300 CNAME 4.0/26
64/26 300 NS ns.elsewhere.invalid.
65 300 CNAME 65.64/26
128-191 300 NS ns.example.test.
130 300 CNAME 130.128-191
""",
    "0/26.2.0.192.in-addr.arpa.": """
@ 300 SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 60
@ 300 NS ns.example.test.
2 300 PTR mail.example.test.
3 300 PTR three.example.test.
""",
}

# "@" is the apex of the zone that the others are relative to.
HOSTS = """
@ ns NS mail host HoSt nope x.host MiXed mixed alias twice loop1 self dangling away into intocut across acrossno tochild
towild ent deep.ent x.ent wild x.wild y.x.wild X.wild *.wild exact.wild x.exact.wild b.exact2.wild exact2.wild
x.exact2.wild walias x.walias *.walias x.wdangling foo.wns sub.wns x.sub.wns star *.star x.star a.*.star a.x.star
a.b.*.star sub SUB www.sub x.y.sub ns.sub sub2 x.sub2 sub3 a.sub3 mx2sub mx2cname mx2wild _ldap._tcp _tcp x._tcp child
www.child WWW.child no.child back.child x.w.child ns.child w.child old www.old no.old x.www.old oldout x.oldout
oldchain www.oldchain oldother x.oldother host.oldother oldself a.oldself x.long cname2dname svcb https naptr ptr rp
afs kx big mid
"""
TYPES = """
A AAAA NS SOA MX TXT CNAME DNAME DS ANY SRV TYPE65280 TYPE65281 SVCB HTTPS NAPTR PTR RP AFSDB KX CAA RRSIG NSEC DNSKEY
NSEC3PARAM
"""
REVERSE = "@ 1 2 3 4 7 65 130 x.1 2.0/26 9.0/26 0/26 64/26 128-191"
ELSEWHERE = ". test. example.org. arpa. other.test. x.other.test. dangling.other.test. nowhere.other.test."


def questions() -> Iterator[tuple[str, str]]:
    """Names and types."""
    for host in HOSTS.split():
        for rtype in TYPES.split():
            yield "example.test." if host == "@" else f"{host}.example.test.", rtype
    yield f"{'d' * 60}.long.example.test.", "A"  # renamed it would be too long
    for label in REVERSE.split():
        for rtype in ("PTR", "CNAME", "NS", "SOA", "DS", "ANY", "TXT"):
            yield "2.0.192.in-addr.arpa." if label == "@" else f"{label}.2.0.192.in-addr.arpa.", rtype
    for name in ELSEWHERE.split():
        for rtype in ("A", "NS", "SOA", "DS", "ANY"):
            yield name, rtype


def zone_of(name: str) -> str | None:
    """The zone with the longest apex above the name."""
    found = [zone for zone in ZONES if ("." + name.lower()).endswith("." + zone)]
    return max(found, key=len, default=None)


def write_zone_files(directory: Path) -> list[tuple[str, str]]:
    """The zones as master files `zone0`, `zone1`, ...; apex and file name of each."""
    directory.mkdir(parents=True, exist_ok=True)
    found = []
    for number, (apex, text) in enumerate(ZONES.items()):
        (directory / f"zone{number}").write_text(f"$ORIGIN {apex}\n{text}")
        found.append((apex, f"zone{number}"))
    return found
