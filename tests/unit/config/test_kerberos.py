"""Kerberos and the modes of zones in the configuration: what loads, what it means, and what is wrong with the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.authority.server_settings import KerberosSettings
from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.problem import ConfigurationError, key_path
from tenure.config.remarks import remarks
from tenure.config.server import server_settings
from tenure.config.zones import zone_settings
from tenure.signing.context import ContextLimits

KEYTAB = 'tkey-gssapi-keytab = "dns.keytab"\n'


def read(folder: Path, server: str = "", zone: str = "") -> Configuration:
    keytab = folder / "dns.keytab"
    if not keytab.exists():
        keytab.write_bytes(b"\5\2")
        keytab.chmod(0o640)
    path = folder / "tenure.toml"
    path.write_text(f'[dns]\nlisten = ["127.0.0.1:5300"]\n{server}\n[[dns.zones]]\nname = "example.test."\n{zone}\n')
    return load(path)


def complaint(folder: Path, server: str = "", zone: str = "") -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, server, zone)
    return str(caught.value)


def test_nobody_comes_by_kerberos_unless_it_is_said(tmp_path: Path) -> None:
    assert server_settings(read(tmp_path)).kerberos is None


def test_everything_said(tmp_path: Path) -> None:
    more = 'tkey-gssapi-credential = "DNS/ns.example.test@EXAMPLE.TEST"\ntkey-contexts = 9\n'
    more += "tkey-contexts-per-principal = 3\ntkey-context-lifetime = 60\n"
    found = server_settings(read(tmp_path, KEYTAB + more)).kerberos
    limits = ContextLimits(contexts=9, per_principal=3, seconds=60.0)
    assert found == KerberosSettings(str(tmp_path / "dns.keytab"), "DNS/ns.example.test@EXAMPLE.TEST", limits)


def test_a_keytab_is_a_secret_that_is_there(tmp_path: Path) -> None:
    keytab = tmp_path / "dns.keytab"
    keytab.write_bytes(b"\5\2")
    keytab.chmod(0o644)
    said = complaint(tmp_path, KEYTAB)
    assert f'dns.tkey-gssapi-keytab = "dns.keytab": {keytab} is readable by everybody; run: chmod o-rwx' in said
    said = complaint(tmp_path, 'tkey-gssapi-keytab = "none.keytab"\n')
    assert "none.keytab cannot be read (No such file or directory); export the server's key there" in said


@pytest.mark.parametrize(
    ("server", "zone", "says"),
    [
        (
            'tkey-gssapi-credential = "DNS/ns@R"\n',
            "",
            'dns.tkey-gssapi-credential = "DNS/ns@R": there is no keytab with its key; add tkey-gssapi-keytab',
        ),
        (
            KEYTAB + 'tkey-gssapi-credential = "DNS/ns"\n',
            "",
            "it is no principal: a principal ends in @ and its realm; write it as DNS/HOST@REALM",
        ),
        (
            "",
            'policy = ["grant EXAMPLE.TEST krb5-self . A"]',
            "dns.zones[0].policy[0]: is about Kerberos, and without a keytab nobody can sign by it; "
            "set dns.tkey-gssapi-keytab",
        ),
        ("", 'policy = ["grant alice@EXAMPLE.TEST zonesub"]', "is about Kerberos"),
        (
            "",
            'updates = "secure-only"\npolicy = ["grant updater.tenure. zonesub", "grant * tcp-self . PTR"]',
            "dns.zones[0].policy[1]: would let in updates that are not signed, and updates is secure-only; "
            'leave the rule out, or write updates = "policy"',
        ),
        (
            "",
            'updates = "secure"',
            'dns.zones[0].updates = "secure": ',
        ),
    ],
)
def test_what_is_wrong(tmp_path: Path, server: str, zone: str, says: str) -> None:
    assert says in complaint(tmp_path, server, zone).replace(' = "grant EXAMPLE.TEST krb5-self . A"', "").replace(
        ' = "grant * tcp-self . PTR"', ""
    )


def test_who_is_named_by_kerberos_needs_no_key_of_that_name(tmp_path: Path) -> None:
    rules = ["grant host/pc.example.test@EXAMPLE.TEST zonesub", "grant EXAMPLE.TEST ms-self . A"]
    zone = f"policy = {rules}".replace("'", '"')
    assert len(zone_settings(read(tmp_path, KEYTAB, zone))[0].policy) == 2


@pytest.mark.parametrize(
    ("word", "updates", "signed_only", "rules"),
    [
        ("policy", True, False, 1),
        ("secure-only", True, True, 1),
        ("nonsecure-and-secure", True, False, 2),
        ("none", False, False, 1),
    ],
)
def test_the_modes_of_a_zone(tmp_path: Path, word: str, updates: bool, signed_only: bool, rules: int) -> None:
    configuration = read(tmp_path, "", f'updates = "{word}"')
    zone = zone_settings(configuration)[0]
    assert (zone.updates, zone.signed_only, len(zone.policy)) == (updates, signed_only, rules)
    remarked = [key_path(one.key) for one in remarks(configuration)]
    assert remarked == (["dns.zones[0].updates"] if word == "nonsecure-and-secure" else [])
