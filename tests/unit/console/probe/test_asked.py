"""From the words of the command to what a client says."""

from __future__ import annotations

import pytest

from tenure.console.probe.asked import USUAL_REQUEST, Asked, counted, hardware_of, wish4
from tenure.console.probe.dhcp4 import Start

MAC = bytes.fromhex("020000000a01")


def options(asked: Asked) -> dict[int, bytes]:
    return dict(wish4(asked, MAC, 1).options)


def test_nothing_asked_for_is_a_usual_client() -> None:
    wish = wish4(Asked(), MAC, 7)
    assert wish.options == ((55, bytes(USUAL_REQUEST)),)
    assert (wish.start, wish.address, wish.relay, wish.giaddr, wish.xid) == (Start.DISCOVER, None, None, None, 7)


@pytest.mark.parametrize(
    ("asked", "code", "data"),
    [
        (Asked(client_id="01:02:03"), 61, "010203"),
        (Asked(client_id='"pc7"'), 61, "00" + b"pc7".hex()),
        (Asked(duid="00:03:00:01:02:00:00:00:0a:01", iaid="7"), 61, "ff00000007" + "00030001020000000a01"),
        (Asked(duid="0x0004", iaid="0xfffffffe"), 61, "fffffffffe0004"),
        (Asked(host_name="pc7"), 12, b"pc7".hex()),
        (Asked(host_name="pük"), 12, "pük".encode().hex()),
        (Asked(fqdn="pc7.example.test."), 81, "05ffff" + b"\3pc7\7example\4test\0".hex()),
        (Asked(fqdn="pc7"), 81, "05ffff" + b"\3pc7".hex()),
        (Asked(fqdn="pc7.example.test.", fqdn_flags="S"), 81, "01ffff" + b"pc7.example.test.".hex()),
        (Asked(fqdn="pc7.example.test", fqdn_flags="n"), 81, "08ffff" + b"pc7.example.test".hex()),
        (Asked(fqdn="", fqdn_flags="SNOE"), 81, "0fffff"),
        (Asked(fqdn="pc7", fqdn_flags=""), 81, "00ffff" + b"pc7".hex()),
        (Asked(request=("routers", "224")), 55, "03e0"),
        (Asked(lease_time=90), 51, "0000005a"),
        (Asked(rapid_commit=True), 80, ""),
        (Asked(options=("routers=10.1.0.1, 10.1.0.2",)), 3, "0a0100010a010002"),
        (Asked(options=("host-name=0x0a0b",)), 12, "0a0b"),
        (Asked(options=("224=0x0a0b",)), 224, "0a0b"),
        (Asked(options=("dhcp-message-type=INFORM",)), 53, "08"),
        (Asked(options=("dhcp-parameter-request-list=routers, 6",)), 55, "0306"),
        (Asked(host_name="pc7", options=("12=hex:00",)), 12, "00"),
    ],
)
def test_an_option_is_said(asked: Asked, code: int, data: str) -> None:
    assert options(asked)[code].hex() == data


def test_a_relay_says_where_its_client_is() -> None:
    wish = wish4(Asked(circuit_id="port 7", remote_id="0x0a0b", link_address="10.2.0.0", giaddr="10.1.0.1"), MAC, 1)
    assert wish.relay == b"\1\6port 7" + b"\2\2\x0a\x0b" + b"\5\4\x0a\2\0\0"
    assert wish.giaddr == b"\x0a\1\0\1"


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (Asked(client_id="01:02", duid="0x0004"), "--client-id and --duid"),
        (Asked(duid="xyz"), "pairs of hex digits"),
        (Asked(duid="0x0004", iaid="many"), "--iaid"),
        (Asked(iaid="-1"), "--iaid '-1' is not a number from 0 to 4294967295"),
        (Asked(fqdn="a..b"), "label is empty"),
        (Asked(fqdn="pc7", fqdn_flags="SX"), "--fqdn-flags"),
        (Asked(request=("router",)), "no option name"),
        (Asked(request=("256",)), "--request"),
        (Asked(options=("routers",)), "not NAME=VALUE"),
        (Asked(options=("routers=many",)), "IPv4 address"),
        (Asked(options=("224=many",)), "hex:"),
        (Asked(options=("300=0x00",)), "--option '300=0x00' is not an option; its code would be from 1 to 254"),
        (Asked(options=("300=text",)), "from 1 to 254"),
        (Asked(options=("0=0x00",)), "from 1 to 254"),  # it would pad
        (Asked(options=("255=0x00",)), "from 1 to 254"),  # it would end the options
        (Asked(giaddr="here"), "--giaddr: an IPv4 address"),
        (Asked(link_address="here"), "IPv4 address"),
        (Asked(circuit_id="x" * 256), "at most 255"),
        (Asked(requested_address="here"), "the address asked for"),
        (Asked(requested_address="10.1.0.9", reboot="10.1.0.9"), "exclude one another"),
        (Asked(reboot="10.1.0.9", inform="10.1.0.9"), "exclude one another"),
        (Asked(reboot="10.1.0.9", offer_only=True), "begins with a DISCOVER"),
        (Asked(offer_only=True, renew=True), "commits nothing"),
        (Asked(offer_only=True, rapid_commit=True), "commits nothing"),
        (Asked(inform="10.1.0.9", release=True), "leases nothing"),
        (Asked(pd=True), "of DHCPv6"),
        (Asked(information=True), "of DHCPv6"),
    ],
)
def test_what_cannot_be_asked(asked: Asked, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        wish4(asked, MAC, 1)


def test_hardware_addresses() -> None:
    assert hardware_of("02-00-00-00-0A-01") == MAC
    with pytest.raises(ValueError, match="not an Ethernet address"):
        hardware_of("6/02:00:00:00:0a:01")
    assert [counted(MAC, index).hex() for index in (0, 255)] == ["020000000a01", "020000000b00"]
    assert counted(bytes.fromhex("020000ffffff"), 1).hex() == "020000000000"
