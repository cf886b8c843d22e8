"""How the updater signs by Kerberos, in the configuration: what it means, and what is wrong with the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.configuration import Configuration
from tenure.config.domains import routes
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.config.zones import zone_settings
from tenure.signing.principal import identity_of, parse_principal
from tenure.updating.routing import Domain, GssTsig

OURS = 'client-principal = "DHCP/gw.example.test@EXAMPLE.TEST"\nclient-keytab = "dhcp.keytab"\n'
USED = "gss-tsig = true\n"


def read(folder: Path, zone: str = USED, ours: str | None = OURS, name: str = "example.test.") -> Configuration:
    keytab = folder / "dhcp.keytab"
    if not keytab.exists():
        keytab.write_bytes(b"\5\2")
        keytab.chmod(0o640)
    path = folder / "tenure.toml"
    table = "" if ours is None else f"[ddns.gss-tsig]\n{ours}"
    text = f'[[keys]]\nname = "dhcp."\nin-store = true\n{table}\n[[ddns.forward]]\nzone = "{name}"\n'
    if "servers" not in zone:
        text += 'servers = ["192.0.2.53"]\n'
    path.write_text(f'[dns]\nlisten = ["127.0.0.1:5300"]\n[[dns.zones]]\nname = "own.test."\n{text}{zone}\n')
    path.chmod(0o640)
    return load(path)


def forward(configuration: Configuration) -> Domain:
    (domain,) = routes(configuration, None).forward
    return domain


def complaint(folder: Path, zone: str = USED, ours: str | None = OURS) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, zone, ours)
    return str(caught.value)


def test_nobody_signs_by_kerberos_unless_it_is_said(tmp_path: Path) -> None:
    assert forward(read(tmp_path, "")).gss_tsig is None


def test_secure_only_unless_another_order_is_said(tmp_path: Path) -> None:
    domain = forward(read(tmp_path))
    assert (domain.key, domain.gss_tsig) == (None, GssTsig("", unsecure_first=False))
    order = 'update-security-level = "only-secure"\n'
    assert forward(read(tmp_path, USED + order)).gss_tsig == GssTsig()


def test_everything_said(tmp_path: Path) -> None:
    zone = 'server-principal = "DNS/dc1.example.test@EXAMPLE.TEST"\n'
    zone += 'update-security-level = "unsecure-followed-by-secure"\n'
    ours = OURS + 'credentials-cache = "FILE:/run/tickets"\ntkey-lifetime = 600\nrekey-interval = 300\n'
    found = read(tmp_path, USED + zone, ours)
    assert forward(found).gss_tsig == GssTsig("DNS/dc1.example.test@EXAMPLE.TEST", unsecure_first=True)
    assert found.ddns.gss_tsig is not None
    assert (found.ddns.gss_tsig.tkey_lifetime, found.ddns.gss_tsig.rekey_interval) == (600, 300)


def test_a_zone_of_our_own_is_signed_for_as_it_says(tmp_path: Path) -> None:
    """And not by the key that its policy grants; what the principal writes there are records of leases."""
    configuration = read(tmp_path, f'servers = ["127.0.0.1:5300"]\n{USED}', name="own.test.")
    domain = forward(configuration)
    assert (domain.key, domain.gss_tsig) == (None, GssTsig())
    (zone,) = zone_settings(configuration)
    assert identity_of(parse_principal("DHCP/gw.example.test@EXAMPLE.TEST")) in zone.lease_keys


@pytest.mark.parametrize(
    ("zone", "ours", "says"),
    [
        (USED, None, "ddns.gss-tsig: does not say where the updater has its tickets from"),
        (USED, 'client-principal = "us@R"\n', "does not say where the updater has its tickets from"),
        (USED, OURS.replace("@EXAMPLE.TEST", ""), "it is no principal: a principal ends in @ and its realm"),
        (USED, OURS.replace("dhcp.keytab", "none.keytab"), "none.keytab cannot be read (No such file or directory)"),
        (USED, OURS + "rekey-interval = 3600\n", "is not shorter than tkey-lifetime (3600)"),
        (USED, OURS + "tkey-lifetime = 1\n", "ddns.gss-tsig.tkey-lifetime = 1"),
        ('server-principal = "DNS/a"\n', OURS, "updates of this zone are not signed by Kerberos; add gss-tsig = true"),
        ('update-security-level = "only-secure"\n', OURS, "updates of this zone are not signed by Kerberos"),
        (USED + 'key = "dhcp."\n', OURS, "ddns.forward[0].key"),
        (USED + 'servers = ["192.0.2.53 key dhcp."]\n', OURS, "ddns.forward[0].servers[0]"),
        (USED + 'server-principal = "dc1.example.test"\n', OURS, "write it as DNS/HOST@REALM"),
        (USED + 'server-principal = "DNS/"\n', OURS, "write it as DNS/HOST@REALM"),
        (USED + 'server-principal = "DNS/@R"\n', OURS, "is no principal of a DNS server"),
        (USED + 'server-principal = "DNS/a@"\n', OURS, "it is no principal: a principal ends in @ and its realm"),
        (USED + 'update-security-level = "secure"\n', OURS, "unsecure-followed-by-secure"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, zone: str, ours: str | None, says: str) -> None:
    assert says in complaint(tmp_path, zone, ours)


def test_a_keytab_is_a_secret(tmp_path: Path) -> None:
    keytab = tmp_path / "dhcp.keytab"
    keytab.write_bytes(b"\5\2")
    keytab.chmod(0o644)
    assert f"{keytab} is readable by everybody; run: chmod o-rwx {keytab}" in complaint(tmp_path)
