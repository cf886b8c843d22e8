"""From the words of the command to what a DHCPv6 client says."""

from __future__ import annotations

import pytest
from dhcpv6 import NA, PD, ip

from tenure.console.probe.asked import Asked
from tenure.console.probe.asked6 import USUAL_REQUEST, link_local, wish6
from tenure.console.probe.dhcp6 import Start, Wish
from tenure.dhcpwire.v6.association import IALease

MAC = bytes.fromhex("020000000a01")
XID = b"abc"


def wish(asked: Asked) -> Wish:
    return wish6(asked, MAC, XID)


def test_nothing_asked_for_is_a_usual_client() -> None:
    found = wish(Asked())
    assert found.options == ((6, b"".join(code.to_bytes(2, "big") for code in USUAL_REQUEST)),)
    assert (found.duid, found.iaid, found.transaction_id) == (b"\0\3\0\1" + MAC, b"\0\0\0\1", XID)
    assert (found.associations, found.start, found.link) == (((NA, ()),), Start.SOLICIT, None)
    assert found.peer == ip("fe80::ff:fe00:a01")
    assert found.relay_options == ((79, b"\0\1" + MAC),)


@pytest.mark.parametrize(
    ("asked", "code", "data"),
    [
        (Asked(fqdn="pc7.example.test."), 39, b"\1\3pc7\7example\4test\0"),
        (Asked(fqdn="pc7", fqdn_flags="N"), 39, b"\4\3pc7"),
        (Asked(fqdn="", fqdn_flags=""), 39, b"\0"),
        (Asked(request=("dns-servers", "224")), 6, b"\0\x17\0\xe0"),
        (Asked(options=("preference=7",)), 7, b"\7"),
        (Asked(options=("224=0x0a0b",)), 224, b"\x0a\x0b"),
        (Asked(options=("elapsed-time=100",)), 8, b"\0\x64"),
    ],
)
def test_an_option_is_said(asked: Asked, code: int, data: bytes) -> None:
    assert dict(wish(asked).options)[code] == data


@pytest.mark.parametrize(
    ("asked", "associations"),
    [
        (Asked(pd=True), ((NA, ()), (PD, ()))),
        (Asked(requested_address="2001:db8::7"), ((NA, (IALease(ip("2001:db8::7"), 128, 0, 0),)),)),
        (
            Asked(requested_address="2001:db8:7::/56", lease_time=60),
            ((NA, ()), (PD, (IALease(ip("2001:db8:7::"), 56, 60, 60),))),
        ),
        (Asked(reboot="2001:db8::7"), ((NA, (IALease(ip("2001:db8::7"), 128, 0, 0),)),)),
    ],
)
def test_associations(asked: Asked, associations: object) -> None:
    assert wish(asked).associations == associations


def test_who_asks_and_through_which_relay() -> None:
    found = wish(Asked(duid="00:04:00", iaid="9", circuit_id="eth0", remote_id="0x0a", link_address="2001:db8:7::1"))
    assert (found.duid, found.iaid, found.link) == (b"\0\4\0", b"\0\0\0\x09", ip("2001:db8:7::1"))
    assert found.relay_options == ((18, b"eth0"), (37, bytes(4) + b"\x0a"), (79, b"\0\1" + MAC))
    assert link_local(bytes.fromhex("00005e005301")) == ip("fe80::200:5eff:fe00:5301")


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (Asked(client_id="01:02"), "--client-id is of DHCPv4; write --duid"),
        (Asked(host_name="pc7"), "write --fqdn"),
        (Asked(giaddr="10.1.0.1"), "write --link-address"),
        (Asked(inform="2001:db8::7"), "write --information"),
        (Asked(broadcast=True), "answer to the client alone"),
        (Asked(lease_time=60), "belongs to an address"),
        (Asked(reboot="2001:db8::7", requested_address="2001:db8::7"), "exclude one another"),
        (Asked(information=True, release=True), "lease nothing"),
        (Asked(reboot="2001:db8::7", pd=True), "lease nothing"),
        (Asked(offer_only=True, rapid_commit=True), "commits nothing"),
        (Asked(requested_address="10.1.0.7"), "IPv6 address is needed"),
        (Asked(requested_address="2001:db8::7/56"), "without host bits"),
        (Asked(request=("0",)), "--request"),
        (Asked(options=("70000=0x00",)), "--option '70000=0x00' is not an option; its code would be from 1 to 65535"),
        (Asked(options=("0=0x00",)), "from 1 to 65535"),
        (Asked(iaid="-1"), "--iaid '-1' is not a number from 0 to 4294967295"),
        (Asked(options=("dns-servers=10.1.0.1",)), "IPv6 address is needed"),
        (Asked(link_address="10.1.0.1"), "IPv6 address is needed"),
    ],
)
def test_what_cannot_be_asked(asked: Asked, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        wish(asked)
