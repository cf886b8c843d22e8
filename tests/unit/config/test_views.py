"""`[[dns.views]]`: what it means for zones, keys and routing, and what is said of each way to get it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.configuration import Configuration
from tenure.config.dns_views import view_settings
from tenure.config.domains import domain_plans, needed_updater_keys
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.secrets import stored_algorithms
from tenure.config.zones import start_records, zone_settings
from tenure.dnswire.codes import RRType
from tenure.dnswire.name import from_text, to_text
from tenure.naming.registration import Direction

SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
DHCP = """
[dhcp4]
listen = ["127.0.0.1"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.255.250"]
"""


def dns(*tables: str, listen: str = "10.1.0.1:53") -> str:
    return f'[dns]\nlisten = ["{listen}"]\n' + "".join(tables)


def view(name: str, *clients: str) -> str:
    words = ", ".join(f'"{word}"' for word in clients)
    return f'[[dns.views]]\nname = "{name}"\n' + (f"match-clients = [{words}]\n" if clients else "")


def zone(name: str, view: str = "", *policy: str) -> str:
    lines = [f'[[dns.zones]]\nname = "{name}"']
    lines += [f'view = "{view}"'] if view else []
    lines += [f'policy = ["{policy[0]}"]'] if policy else []
    return "\n".join(lines) + "\n"


def key(name: str) -> str:
    return f'[[keys]]\nname = "{name}"\nsecret = "{SECRET}"\n'


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path)


INSIDE, OUTSIDE = view("inside", "10.0.0.0/8"), view("outside")
SPLIT = dns(
    INSIDE, OUTSIDE, zone("office.test.", "inside"), zone("office.test.", "outside"), zone("1.10.in-addr.arpa.")
)


def forward(view: str = "", **more: str) -> str:
    lines = ['[[ddns.forward]]\nzone = "office.test."']
    lines += [f'view = "{view}"'] if view else []
    return "\n".join([*lines, *(f'{name} = "{value}"' for name, value in more.items())]) + "\n"


def test_with_only_subnets_views_and_zones_everything_wires_itself(tmp_path: Path) -> None:
    text = dns(
        INSIDE, OUTSIDE, zone("office.test.", "inside"), zone("1.10.in-addr.arpa."), zone("shop.test.", "outside")
    )
    configuration = read(tmp_path, text + DHCP + '[ddns]\nddns-qualifying-suffix = "office.test."\n')
    plans = {to_text(plan.zone): plan for way in Direction for plan in domain_plans(configuration, way)}
    assert {name: to_text(plan.key or b"") for name, plan in plans.items()} == {
        "office.test.": "updater.inside.tenure.",
        "shop.test.": "updater.outside.tenure.",
        "1.10.in-addr.arpa.": "updater.tenure.",
    }
    assert stored_algorithms(configuration).keys() == {plan.key for plan in plans.values()}
    for settings in zone_settings(configuration):
        wanted = plans[to_text(settings.name)].key
        assert [rule.only_key for rule in settings.policy] == [wanted]
        assert wanted in settings.lease_keys
    views = view_settings(configuration)
    assert [(one.name, [to_text(name) for name in one.keys]) for one in views] == [
        ("inside", ["updater.inside.tenure."]),
        ("outside", ["updater.outside.tenure."]),
        ("", ["updater.tenure."]),
    ]


def test_without_views_nothing_is_different(tmp_path: Path) -> None:
    configuration = read(tmp_path, dns(zone("office.test."), zone("1.10.in-addr.arpa.")) + DHCP)
    assert view_settings(configuration) == ()
    assert needed_updater_keys(configuration) == {from_text("updater.tenure.")}
    assert {settings.view for settings in zone_settings(configuration)} == {""}


def test_a_domain_says_which_of_several_views_leases_belong_to(tmp_path: Path) -> None:
    reverse = '[[ddns.reverse]]\nzone = "1.10.in-addr.arpa."\n'
    configuration = read(tmp_path, SPLIT + DHCP + forward("outside") + reverse)
    (plan,) = domain_plans(configuration, Direction.FORWARD)
    assert plan.own is not None
    assert (plan.own.view, to_text(plan.key or b"")) == ("outside", "updater.outside.tenure.")


def test_the_shared_one_is_meant_where_a_domain_says_nothing_or_says_so(tmp_path: Path) -> None:
    text = dns(OUTSIDE, zone("office.test.", "outside"), zone("office.test."), zone("1.10.in-addr.arpa.")) + DHCP
    for domain in (forward(), forward("shared")):
        (plan,) = domain_plans(read(tmp_path, text + domain), Direction.FORWARD)
        assert plan.own is not None
        assert plan.own.view == ""


def test_views_without_leases_need_no_choice(tmp_path: Path) -> None:
    configuration = read(tmp_path, SPLIT)
    assert domain_plans(configuration, Direction.FORWARD) == []
    assert [to_text(plan.zone) for plan in domain_plans(configuration, Direction.REVERSE)] == ["1.10.in-addr.arpa."]


def test_the_address_of_the_server_goes_into_the_zone_of_its_name_in_each_view(tmp_path: Path) -> None:
    text = dns(
        INSIDE,
        OUTSIDE,
        zone("office.test.", "inside"),
        zone("office.test.", "outside"),
        zone("ns.office.test.", "outside"),
    )
    configuration = read(tmp_path, text)
    assert configuration.dns is not None
    has_address = [
        any(record.rtype == RRType.A for record in start_records(configuration.dns, one))
        for one in configuration.dns.zones
    ]
    assert has_address == [True, False, True]


WRONG = {
    "unknown view": (
        dns(INSIDE, zone("office.test.", "insid")),
        'dns.zones[0].view = "insid": is not the name of a view; '
        "write one of them, or define it under [[dns.views]] (defined: inside)",
    ),
    "no views": (
        dns(zone("office.test.", "inside")),
        'dns.zones[0].view = "inside": is not the name of a view; '
        "write one of them, or define it under [[dns.views]] (defined: none is)",
    ),
    "zone twice": (
        dns(INSIDE, OUTSIDE, zone("office.test.", "inside"), zone("shop.test."), zone("office.test.", "inside")),
        'dns.zones[2].name = "office.test.": is the zone of dns.zones[0] too; '
        "merge the two zones, or write for one of them the view that it is in",
    ),
    "view twice": (
        dns(view("a", "10.0.0.0/8"), view("A"), zone("office.test.")),
        'dns.views[1].name = "A": is the name of dns.views[0] too; give each view a name of its own, or merge the two',
    ),
    "view without a zone": (
        dns(INSIDE, OUTSIDE, zone("office.test.", "inside")),
        'dns.views[1].name = "outside": no zone is in the view; '
        'write view = "outside" into one of [[dns.zones]], or leave the view out',
    ),
    "reserved word": (
        dns(view("shared"), zone("office.test.")),
        'dns.views[0].name = "shared": is the word for zones that all views share; '
        'write letters, digits and hyphens, such as "internal"',
    ),
    "bad word": (
        dns(view("a", "inside"), zone("office.test.")),
        'dns.views[0].match-clients[0] = "inside": is no network, address or key: '
        "'inside' does not appear to be an IPv4 or IPv6 network; write a network",
    ),
    "unknown key": (
        key("dhcp.") + dns(view("a", "!key dhpc.", "any"), zone("office.test.")),
        'dns.views[0].match-clients[0] = "!key dhpc.": the key dhpc. is not defined; add it under [[keys]]',
    ),
    "behind any": (
        dns(view("a"), view("b", "10.0.0.0/8"), zone("office.test.")),
        'dns.views[1].match-clients = ["10.0.0.0/8"]: no client can see the view',
    ),
    "behind halves": (
        dns(view("a", "10.0.0.0/9"), view("b", "10.128.0.0/9"), view("c", "10.0.0.0/8"), zone("office.test.")),
        'dns.views[2].match-clients = ["10.0.0.0/8"]: no client can see the view',
    ),
    "key behind its network": (
        key("dhcp.") + dns(view("a", "any"), view("b", "key dhcp."), zone("office.test.")),
        'dns.views[1].match-clients = ["key dhcp."]: no client can see the view',
    ),
    "nobody": (
        dns(view("a", "!10.0.0.0/8"), zone("office.test.")),
        'dns.views[0].match-clients = ["!10.0.0.0/8"]: no client can see the view',
    ),
    "empty list": (
        dns('[[dns.views]]\nname = "a"\nmatch-clients = []\n', zone("office.test.")),
        "dns.views[0].match-clients = []: is empty; write at least one entry",
    ),
    "leases of several views": (
        SPLIT + DHCP,
        "dns.zones[0]: office.test. is in several views (inside, outside), "
        "and nothing says which one leases belong to; "
        'write [[ddns.forward]] with zone = "office.test." and view = "inside"',
    ),
    "domain of several views": (
        SPLIT + DHCP + forward(),
        'ddns.forward[0].zone = "office.test.": office.test. is in several views, '
        "and nothing says which one leases belong to; set view to one of inside, outside",
    ),
    "domain of no such view": (
        SPLIT + DHCP + forward("shared"),
        'ddns.forward[0].view = "shared": office.test. is no zone of this view under [[dns.zones]]; '
        "write one of inside, outside",
    ),
    "view of somebody else's zone": (
        DHCP + '[[ddns.forward]]\nzone = "far.test."\nservers = ["192.0.2.1"]\nview = "inside"\n',
        'ddns.forward[0].view = "inside": far.test. is no zone of this view under [[dns.zones]]; '
        "leave it out; at another server the key chooses the view",
    ),
    "a key that leads elsewhere": (
        key("dhcp.")
        + dns(INSIDE, OUTSIDE, zone("office.test.", "outside", "grant dhcp. zonesub ANY"), zone("1.10.in-addr.arpa."))
        + DHCP,
        "dns.zones[0].policy = [\"grant dhcp. zonesub ANY\"]: an update from 10.1.0.1 that is signed with dhcp. "
        'falls into view inside, not into view outside; write "key dhcp." into match-clients of view outside, '
        'and "!key dhcp." into the lists before it',
    ),
    "a key that leads nowhere": (
        key("dhcp.")
        + dns(view("outside", "192.0.2.0/24"), zone("office.test."), zone("1.10.in-addr.arpa."))
        + DHCP
        + '[[ddns.forward]]\nzone = "office.test."\nkey = "dhcp."\n',
        "falls into no view, not into a view that has the shared zone",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_each_error_names_the_key_and_the_remedy(tmp_path: Path, name: str) -> None:
    text, expected = WRONG[name]
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text)
    assert expected in str(raised.value)


@pytest.mark.parametrize(
    "views",
    [
        [view("a", "10.0.0.0/9"), view("b", "10.0.0.0/8")],
        [view("a", "!key dhcp.", "any"), view("b", "key dhcp.")],
        [view("a", "!10.1.2.3", "0.0.0.0/0"), view("b", "10.1.2.3"), view("c", "::/0")],
        [view("a", "0.0.0.0/0"), view("b")],
        [view("a", "255.255.255.255"), view("b", "0.0.0.0/0"), view("c", "ffff::/16")],
    ],
)
def test_views_that_somebody_can_see_are_right(tmp_path: Path, views: list[str]) -> None:
    read(tmp_path, key("dhcp.") + dns(*views, zone("office.test.")))


def test_a_key_that_leads_into_the_view_is_right(tmp_path: Path) -> None:
    text = key("dhcp.") + dns(
        view("inside", "!key dhcp.", "10.0.0.0/8"),
        OUTSIDE,
        zone("office.test.", "outside", "grant dhcp. zonesub ANY"),
        zone("1.10.in-addr.arpa."),
    )
    configuration = read(tmp_path, text + DHCP)
    (plan,) = domain_plans(configuration, Direction.FORWARD)
    assert to_text(plan.key or b"") == "dhcp."
