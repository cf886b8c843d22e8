"""A lease and its names: what is wanted of DNS, what is withdrawn, with which cause (RFC 4702 section 4)."""

from __future__ import annotations

from dataclasses import replace

from dhcp4_network import NAMING, REQUEST, Client, Network, ip, subnet, unicast

from tenure.dnswire.name import from_text
from tenure.leasing.lease import Changes, LeaseState
from tenure.leasing.v4.subnet import Reservation
from tenure.naming.policy import ReplaceClientName
from tenure.naming.reason import WORDS, Reason
from tenure.naming.registration import ITS_ZONES, Want

S, E, N = 1, 4, 8


def fqdn(flags: int, name: str) -> tuple[int, bytes]:
    """Option 81 in wire form."""
    return 81, bytes((flags | E, 0, 0)) + from_text(name)


def names(network: Network) -> list[tuple[str, bool, bool]]:
    """Address of each wanted name, forward, reverse."""
    return [
        (want.name.decode("latin-1")[1:].split("\x07")[0], want.forward, want.reverse)
        for want in network.view.wanted.values()
    ]


def only(network: Network) -> Want:
    (want,) = network.view.wanted.values()
    return want


def test_a_lease_wants_its_name_until_its_end() -> None:
    network = Network()
    mine = network.client().saying(fqdn(S, "pc.example.test.")).join()
    row, want = network.view.rows[ip(mine.yiaddr)], only(network)
    assert want == Want(
        *(from_text("pc.example.test."), row.address, row.dhcid or b"", 1200, True, True, row.ends_at, row.correlation),
        conflict_mode=ITS_ZONES,
    )
    assert (row.fqdn, row.forward, row.reverse, row.reason) == (want.name, True, True, Reason.CLIENT_FQDN)
    assert mine.options[81] == bytes((S | E, 255, 255)) + from_text("pc.example.test.")


def test_renewals_write_again_where_that_is_wanted() -> None:
    network = Network(subnet(naming=replace(NAMING, update_on_renew=True)))
    client = network.client().saying((12, b"pc"))
    address = client.join().yiaddr
    assert not only(network).again
    client.renew(address)
    assert only(network).again


def test_the_reverse_record_alone_when_the_client_keeps_the_other() -> None:
    network = Network()
    network.client().saying(fqdn(0, "pc.example.test.")).join()
    assert names(network) == [("pc", False, True)]


def test_who_keeps_its_record_itself_has_some_time_to_write_it() -> None:
    for wait, by in ((300, 300), (0, None)):
        network = Network(subnet(naming=replace(NAMING, client_update_wait=wait)))
        network.client().saying(fqdn(0, "pc.example.test.")).join()
        assert only(network).client_by == (None if by is None else network.now + by)
    network = Network()
    network.client().saying(fqdn(S, "pc.example.test.")).join()
    assert only(network).client_by is None


def test_a_client_that_sends_its_host_name_hears_its_full_name() -> None:
    network = Network()
    answer = network.client().saying((12, b"PC_1")).join()
    assert answer.options[12] == b"pc1.example.test"
    assert network.view.rows[ip(answer.yiaddr)].heard_name == "PC_1"


def test_the_host_name_is_told_only_to_who_says_or_asks_for_one() -> None:
    client = Network().client()
    offered = client.discover((55, b"\1"))
    assert 12 not in client.select(offered.yiaddr, (55, b"\1")).options
    assert client.select(offered.yiaddr, (55, b"\1\x0c")).options[12] == b"host-10-1-0-100.example.test"


def test_an_offer_tells_a_client_that_says_its_name_what_would_be_registered() -> None:
    network = Network()
    offered = network.client().discover(fqdn(S, "pc.example.test."))
    assert offered.options[81] == bytes((S | E, 255, 255)) + from_text("pc.example.test.")
    assert network.view.wanted == {}


def test_a_reservations_name_goes_before_the_clients() -> None:
    key = b"\0\1\2\0\0\0\0\1"
    network = Network(subnet(reservations={key: Reservation(None, "printer")}))
    network.client().saying((12, b"other")).join()
    assert names(network) == [("printer", True, True)]


def test_two_cards_of_one_device_have_the_name_that_both_are_reserved_under_one_proof() -> None:
    cards = {b"\0\1\2\0\0\0\0" + bytes((number,)): Reservation(None, "laptop") for number in (1, 2, 3)}
    network = Network(subnet(reservations=cards))
    for number, duid in ((1, b"\0\4one"), (2, b"\0\4one"), (3, b"\0\4other")):
        client_id = b"\xff\0\0\0" + bytes((number,)) + duid
        network.client(number, client_id=client_id).join()
    wants = sorted(network.view.wanted.values(), key=lambda want: want.address)
    assert names(network) == [("laptop", True, True)] * 3
    wired, radio, other = (want.dhcid for want in wants)
    assert wired == radio != other


def test_a_malformed_option_81_costs_the_name_of_the_client_and_not_its_lease() -> None:
    network = Network()
    answer = network.client().saying((81, b"\4")).join()
    assert 81 not in answer.options
    assert names(network) == [("host-10-1-0-100", True, True)]
    assert [event.kind for event in network.view.events] == ["lease-bound", "option-malformed"]
    assert network.view.events[1].detail == "option 81 is 04: option 81 has at least 3 octets at octet 0"


def test_who_sends_an_empty_option_81_and_no_other_name_has_no_name_that_can_be_read() -> None:
    network = Network(subnet(naming=replace(NAMING, replace_client_name=ReplaceClientName.NEVER)))
    mine = network.client().saying((81, b"")).join().yiaddr
    row = network.view.rows[ip(mine)]
    assert (row.fqdn, row.heard_name, WORDS[Reason(row.reason)]) == (
        None,
        "",
        "the client sent no name that can be read, and none is generated here",
    )
    assert network.view.events[-1].detail == "option 81 is empty: option 81 has at least 3 octets at octet 0"


def test_a_new_name_at_renewal_withdraws_the_old_one() -> None:
    network = Network()
    mine = network.client().saying((12, b"old")).join().yiaddr
    network.now += 1800
    network.client().saying((12, b"new")).renew(mine)
    assert names(network) == [("new", True, True)]
    assert network.view.events[-1].detail == "the name before was old.example.test."


def test_the_withdrawal_of_a_renamed_lease_says_why() -> None:
    network = Network()
    mine = network.client().saying((12, b"old")).join().yiaddr
    (gone,) = changes_of(network.client().saying((12, b"new")), mine).withdraws
    assert (gone.name, gone.address, gone.cause) == (from_text("old.example.test."), ip(mine), Reason.NAME_CHANGED)


def changes_of(client: Client, address: str) -> Changes:
    """The changes of a renewal, not applied."""
    return client.network.decide(client.message(REQUEST, ciaddr=ip(address)), unicast(address)).changes


def test_an_unchanged_renewal_says_the_same_again_and_withdraws_nothing() -> None:
    network = Network()
    client = network.client().saying((12, b"pc"))
    mine = client.join().yiaddr
    before = only(network)
    network.now += 1800
    changes = changes_of(client, mine)
    assert changes.withdraws == ()
    assert changes.wants == (before._replace(until=before.until + 1800, correlation="c3"),)


def test_a_client_that_turns_to_no_update_loses_what_we_registered() -> None:
    network = Network()
    mine = network.client().saying(fqdn(S, "pc.example.test.")).join().yiaddr
    declining = network.client().saying(fqdn(N, "pc.example.test."))
    (gone,) = changes_of(declining, mine).withdraws
    assert gone.cause == Reason.CLIENT_DECLINES
    answer = declining.renew(mine)
    assert network.view.wanted == {}
    assert network.view.rows[ip(mine)].reason == Reason.CLIENT_DECLINES
    assert answer.options[81][0] == N | E


def test_a_client_that_takes_its_forward_record_over_leaves_us_the_other() -> None:
    network = Network()
    mine = network.client().saying(fqdn(S, "pc.example.test.")).join().yiaddr
    changing = network.client().saying(fqdn(0, "pc.example.test."))
    assert changes_of(changing, mine).withdraws == ()
    changing.renew(mine)
    assert names(network) == [("pc", False, True)]
    row = network.view.rows[ip(mine)]
    assert (row.forward, row.reverse, row.reason) == (False, True, Reason.CLIENT_UPDATES)


def test_updates_switched_off_withdraw_at_the_next_renewal() -> None:
    network = Network()
    mine = network.client().saying((12, b"pc")).join().yiaddr
    later = Network(subnet(naming=replace(NAMING, send_updates=False)), view=network.view)
    later.client().saying((12, b"pc")).renew(mine)
    assert network.view.wanted == {}
    assert network.view.rows[ip(mine)].reason == Reason.UPDATES_DISABLED


def test_an_address_that_goes_to_another_client_loses_the_names_of_the_one_before_first() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100"))
    network.client(1).saying((12, b"one")).join()
    network.now += 3601
    network.client(2).saying((12, b"two")).join()
    assert names(network) == [("two", True, True)]
    kinds = [event.kind for event in network.view.events]
    assert kinds == ["lease-bound", "lease-expired", "lease-bound"]
    assert network.view.events[1].client == b"\0\1\2\0\0\0\0\1"


def test_a_name_that_was_withdrawn_with_its_lease_is_not_withdrawn_again() -> None:
    network = Network(subnet(pools="10.1.0.100-10.1.0.100"))
    first = network.client(1).saying((12, b"one"))
    mine = first.join().yiaddr
    first.release(mine)
    network.view.wanted.clear()
    network.client(2).saying((12, b"two")).join()
    assert [event.kind for event in network.view.events] == ["lease-bound", "lease-released", "lease-bound"]


class TestAClientInTwoSubnets:
    """A roaming client keeps its first lease until it ends, but its names follow it."""

    def network(self) -> Network:
        return Network(subnet(), subnet("10.2.0.0/24", pools="10.2.0.100-10.2.0.109"))

    def test_the_lease_it_left_loses_its_names(self) -> None:
        network = self.network()
        client = network.client().saying((12, b"laptop"))
        first = client.join().yiaddr
        second = client.at("10.2.0.254").join().yiaddr
        assert [want.address for want in network.view.wanted.values()] == [ip(second)]
        left = network.view.rows[ip(first)]
        assert (left.state, left.reason, left.fqdn) == (LeaseState.BOUND, Reason.SUPERSEDED, None)
        assert [event.kind for event in network.view.events] == ["lease-bound", "lease-superseded", "lease-bound"]

    def test_coming_back_by_init_reboot_brings_the_names_back(self) -> None:
        network = self.network()
        client = network.client().saying((12, b"laptop"))
        first = client.join().yiaddr
        client.at("10.2.0.254").join()
        client.reboot(first)
        assert [want.address for want in network.view.wanted.values()] == [ip(first)]

    def test_renewing_the_lease_it_left_does_not_fight_over_the_names(self) -> None:
        network = self.network()
        client = network.client().saying((12, b"laptop"))
        first = client.join().yiaddr
        second = client.at("10.2.0.254").join().yiaddr
        client.renew(first)
        assert [want.address for want in network.view.wanted.values()] == [ip(second)]
        assert network.view.rows[ip(first)].reason == Reason.SUPERSEDED

    def test_nor_does_one_that_had_no_name_and_begins_to_ask_for_it(self) -> None:
        network = self.network()
        client = network.client()
        first = client.saying((81, b"\x08\0\0pc1")).join().yiaddr
        second = client.at("10.2.0.254").saying((81, b"\1\0\0pc1")).join().yiaddr
        client.saying((81, b"\1\0\0pc1")).renew(first)
        assert [want.address for want in network.view.wanted.values()] == [ip(second)]
        assert network.view.rows[ip(first)].reason == Reason.SUPERSEDED

    def test_a_lease_renewed_after_its_end_is_a_new_beginning_and_brings_the_names_back(self) -> None:
        network = self.network()
        client = network.client().saying((12, b"laptop"))
        first = client.join().yiaddr
        network.now += 3000
        client.at("10.2.0.254").join()
        network.now += 601
        client.renew(first)
        assert [want.address for want in network.view.wanted.values()] == [ip(first)]

    def test_the_names_return_when_the_other_lease_is_gone(self) -> None:
        network = self.network()
        client = network.client().saying((12, b"laptop"))
        first = client.join().yiaddr
        second = client.at("10.2.0.254").join().yiaddr
        client.release(second)
        client.renew(first)
        assert [want.address for want in network.view.wanted.values()] == [ip(first)]


def test_a_renewal_that_comes_past_the_relay_keeps_what_the_relay_said() -> None:
    network = Network()
    mine = network.client().join((82, b"\1\4port")).yiaddr
    network.client().renew(mine)
    assert network.view.rows[ip(mine)].relay == b"\1\4port"
    network.client().rebind(mine, (82, b"\1\5other"))
    assert network.view.rows[ip(mine)].relay == b"\1\5other"


def test_another_address_in_the_same_subnet_takes_the_place_of_the_first() -> None:
    network = Network()
    client = network.client().saying((12, b"pc"))
    first = client.join().yiaddr
    client.select("10.1.0.107")
    assert list(network.view.rows) == [ip("10.1.0.107")]
    assert [want.address for want in network.view.wanted.values()] == [ip("10.1.0.107")]
    assert network.view.events[-2].kind == "lease-superseded"
    assert network.view.events[-2].address == ip(first)
