"""`ownership` of zones and `[[dns.roles]]`: what they mean, what is refused, and what is remarked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.authority.owner import Role, RoleKind
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.ownership_checks import ownership_remarks
from tenure.config.problem import ConfigurationError, key_path
from tenure.config.zones import zone_settings

KEYS = "".join(f'[[keys]]\nname = "{name}."\nsecret = "{"QUJD" * 8}"\n' for name in ("one", "two"))
OWNED = "ownership = true\n"
PAIR = '[[dns.roles]]\nname = "DHCP-servers"\nmembers = ["ONE.", "two."]\n'
PROXY = '[[dns.roles]]\nname = "dnsupdateproxy"\nkind = "unsecured"\nmembers = ["two."]\n'


def loaded(folder: Path, zone: str = OWNED, roles: str = "", more: str = "", server: str = "") -> Configuration:
    path = folder / "tenure.toml"
    head = f'[dns]\nlisten = ["127.0.0.1:5300"]\n{server}{roles}[[dns.zones]]\nname = "example.test."\n'
    path.write_text(KEYS + head + zone + more)
    path.chmod(0o600)
    return load(path)


def said(configuration: Configuration) -> list[str]:
    return [f"{key_path(one.key)}: {one.wrong}" for one in ownership_remarks(configuration)]


def test_names_have_owners_where_it_is_said(tmp_path: Path) -> None:
    assert zone_settings(loaded(tmp_path, zone=""))[0].roles is None
    assert zone_settings(loaded(tmp_path))[0].roles == ()
    assert zone_settings(loaded(tmp_path, OWNED + "max-names-per-owner = 9\n"))[0].most_names == 9


def test_roles_have_members_of_both_kinds(tmp_path: Path) -> None:
    keytab = tmp_path / "dns.keytab"
    keytab.write_bytes(b"\5\2")
    keytab.chmod(0o600)
    roles = PAIR + '[[dns.roles]]\nname = "admins"\nkind = "administrators"\nmembers = ["Alice@EXAMPLE.TEST"]\n'
    found = zone_settings(loaded(tmp_path, roles=roles, server='tkey-gssapi-keytab = "dns.keytab"\n'))[0].roles
    assert found == (
        Role("dhcp-servers", RoleKind.OWNER, frozenset({"key one.", "key two."})),
        Role("admins", RoleKind.ADMINISTRATORS, frozenset({"principal Alice@EXAMPLE.TEST"})),
    )


@pytest.mark.parametrize(
    ("zone", "roles", "key", "words"),
    [
        (OWNED + 'type = "secondary"\nprimaries = ["192.0.2.1"]\n', "", "dns.zones[0].ownership", "at its primary"),
        (OWNED + 'updates = "none"\n', "", "dns.zones[0].ownership", 'write updates = "secure-only"'),
        ("max-names-per-owner = 9\n", "", "dns.zones[0].max-names-per-owner", "write ownership = true"),
        (OWNED + "max-names-per-owner = 0\n", "", "dns.zones[0].max-names-per-owner", "at least 1"),
        (OWNED, PAIR + PAIR, "dns.roles[1].name", "is the name of dns.roles[0] too"),
        (OWNED, PAIR.replace("two.", "three."), "dns.roles[0].members[1]", "the key three. is not defined"),
        (OWNED, PAIR.replace("two.", "a@B"), "dns.roles[0].members[1]", "set dns.tkey-gssapi-keytab"),
        (OWNED, PAIR.replace("two.", "a@"), "dns.roles[0].members[1]", "a principal ends in @ and its realm"),
        (OWNED, PAIR.replace("DHCP-servers", "a b"), "dns.roles[0].name", "is not the name of a role"),
        (OWNED, PAIR.replace('"ONE.", "two."', ""), "dns.roles[0].members", ""),
        (OWNED, PROXY.replace("unsecured", "proxy"), "dns.roles[0].kind", '"owner", "administrators", "unsecured"'),
    ],
)
def test_what_is_refused(tmp_path: Path, zone: str, roles: str, key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, zone, roles)
    assert key in str(caught.value)
    assert words in str(caught.value)


def test_nothing_is_remarked_of_what_is_plain(tmp_path: Path) -> None:
    assert said(loaded(tmp_path, roles=PAIR)) == []
    assert said(loaded(tmp_path, zone="")) == []


def test_an_unsecured_role_is_remarked_with_what_it_opens(tmp_path: Path) -> None:
    (remark,) = said(loaded(tmp_path, roles=PROXY))
    assert remark == (
        "dns.roles[0].kind: leaves what its members write without an owner:"
        " whoever else may update example.test. can take it"
    )


def test_a_role_that_no_zone_asks_for_is_remarked(tmp_path: Path) -> None:
    assert said(loaded(tmp_path, zone="", roles=PROXY)) == ["dns.roles[0]: is asked for by no zone"]


def test_a_member_of_two_roles_is_remarked(tmp_path: Path) -> None:
    twice = said(loaded(tmp_path, roles=PAIR + PROXY))
    assert "dns.roles[1].members[0]: is in role dhcp-servers too: what it writes is owned by nobody" in twice
    twice = said(loaded(tmp_path, roles=PAIR + PAIR.replace("DHCP-servers", "others")))
    assert "dns.roles[1].members[0]: is in role dhcp-servers too: what it writes is owned by role dhcp-servers" in twice


LEASES = """
[[dns.zones]]
name = "1.10.in-addr.arpa."
[dhcp4]
listen = ["127.0.0.1:6767"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.9-10.1.0.99"]
ddns-qualifying-suffix = "example.test."
"""


def test_what_leases_are_written_with_is_remarked_where_it_stands_alone(tmp_path: Path) -> None:
    (remark,) = said(loaded(tmp_path, more=LEASES))
    assert remark.startswith("dns.zones[0].ownership: lets key updater.tenure. alone change the names that leases have")
    roles = PAIR.replace("two.", "updater.tenure.")
    assert said(loaded(tmp_path, roles=roles, more=LEASES)) == []


def test_so_is_the_principal_of_an_updater_that_signs_by_kerberos(tmp_path: Path) -> None:
    keytab = tmp_path / "dns.keytab"
    keytab.write_bytes(b"\5\2")
    keytab.chmod(0o600)
    server = 'tkey-gssapi-keytab = "dns.keytab"\n'
    kerberos = '[ddns.gss-tsig]\nclient-principal = "DHCP/gw@EXAMPLE.TEST"\nclient-keytab = "dns.keytab"\n'
    kerberos += '[[ddns.forward]]\nzone = "example.test."\ngss-tsig = true\n'
    kerberos += '[[ddns.reverse]]\nzone = "1.10.in-addr.arpa."\n'
    zone = OWNED + 'policy = ["grant * zonesub ANY"]\n'
    (remark,) = said(loaded(tmp_path, zone, "", LEASES + kerberos, server))
    assert remark.startswith("dns.zones[0].ownership: lets principal DHCP/gw@EXAMPLE.TEST alone change")
    roles = PAIR.replace("two.", "DHCP/gw@EXAMPLE.TEST")
    assert said(loaded(tmp_path, zone, roles, LEASES + kerberos, server)) == []
