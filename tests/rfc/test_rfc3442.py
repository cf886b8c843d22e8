"""RFC 3442: classless static routes (121), in readable words, and again under the code of older Windows (249)."""

from __future__ import annotations

from dhcp4_network import Network, ip, subnet

from tenure.dhcpwire.v4.options import encode_option

CODE, ROUTES = encode_option("classless-static-route", ["10.9.0.0/16 10.1.0.2", "0.0.0.0/0 10.1.0.1"])
DATA = bytes((16, 10, 9, 10, 1, 0, 2, 0, 10, 1, 0, 1))


def test_a_destination_has_its_significant_octets() -> None:
    assert (CODE, ROUTES) == (121, DATA)


def test_windows_asks_under_a_code_of_its_own() -> None:
    network = Network(subnet(options={3: ip("10.1.0.1"), 121: ROUTES}))
    answer = network.client().join((55, b"\x03\xf9"))
    assert (answer.options[249], 121 in answer.options) == (DATA, False)
    answer = network.client().join((55, b"\x79\x03"))
    assert (answer.options[121], 249 in answer.options) == (DATA, False)
    # who does not say gets each thing once
    assert 249 not in network.client().join().options


def test_what_is_configured_for_windows_stands() -> None:
    network = Network(subnet(options={121: ROUTES, 249: DATA[:7]}))
    assert network.client().join((55, b"\xf9")).options[249] == DATA[:7]
