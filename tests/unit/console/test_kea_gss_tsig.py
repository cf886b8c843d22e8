"""Kea's hook gss_tsig as `[ddns.gss-tsig]`: what is taken loads and means the same, and the rest is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tenure.config.domains import routes
from tenure.config.load import load
from tenure.console.kea_ddns import import_kea_ddns
from tenure.updating.routing import GssTsig

SERVERS = [
    {"id": "one", "domain-names": [], "ip-address": "192.0.2.1", "port": 53},
    {
        "id": "two",
        "domain-names": ["own.test"],
        "ip-address": "192.0.2.2",
        "port": 5300,
        "server-principal": "DNS/two.example.test@EXAMPLE.TEST",
    },
]
PARAMETERS: dict[str, Any] = {
    "server-principal": "DNS/one.example.test@EXAMPLE.TEST",
    "client-principal": "DHCP/gw.example.test@EXAMPLE.TEST",
    "client-keytab": "FILE:dhcp.keytab",
    "credentials-cache": "FILE:/run/tickets",
    "tkey-lifetime": 7200,
    "rekey-interval": 3600,
    "tkey-protocol": "TCP",
    "servers": SERVERS,
}


def domain(name: str, *servers: tuple[str, int], **more: str) -> dict[str, Any]:
    return {"name": name, "dns-servers": [{"ip-address": host, "port": port} for host, port in servers], **more}


ONE, TWO, PLAIN = ("192.0.2.1", 53), ("192.0.2.2", 5300), ("192.0.2.3", 53)


def made(*domains: dict[str, Any], **parameters: Any) -> tuple[str, list[str]]:
    hook = {"library": "/opt/lib/libddns_gss_tsig.so", "parameters": PARAMETERS | parameters}
    section = {"hooks-libraries": [hook], "forward-ddns": {"ddns-domains": list(domains)}}
    found = import_kea_ddns({"DhcpDdns": section})
    return found.text, [note for note in found.notes if "[dhcp-ddns]" not in note and "reverse-ddns" not in note]


def test_what_is_taken_loads_and_means_the_same(tmp_path: Path) -> None:
    text, notes = made(domain("example.test.", ONE), domain("own.test.", TWO), domain("plain.test.", PLAIN))
    assert notes == []
    (tmp_path / "dhcp.keytab").touch(mode=0o600)
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    configuration = load(path)
    ours = configuration.ddns.gss_tsig
    assert ours is not None
    assert (ours.client_principal, ours.client_keytab) == ("DHCP/gw.example.test@EXAMPLE.TEST", "dhcp.keytab")
    assert (ours.credentials_cache, ours.tkey_lifetime, ours.rekey_interval) == ("FILE:/run/tickets", 7200, 3600)
    assert [one.gss_tsig for one in routes(configuration, None).forward] == [
        GssTsig("DNS/one.example.test@EXAMPLE.TEST"),
        GssTsig("DNS/two.example.test@EXAMPLE.TEST"),
        None,
    ]


def test_a_server_is_one_of_the_domains_that_it_names() -> None:
    text, notes = made(domain("example.test.", TWO))
    assert "gss-tsig = true" not in text
    assert notes == []


def test_servers_with_principals_of_their_own() -> None:
    text, notes = made(domain("own.test.", ONE, TWO))
    assert "gss-tsig = true" in text
    assert "server-principal" not in text
    assert any("which tenure finds by the names in their SOA records" in note for note in notes)


def test_what_is_not_taken_is_said() -> None:
    servers = [SERVERS[0] | {"client-principal": "other@EXAMPLE.TEST", "fallback": True}]
    text, notes = made(
        domain("example.test.", ONE, PLAIN, **{"key-name": "k."}),
        fallback=True,
        servers=servers,
        **{"client-keytab": "", "credentials-cache": "", "tkey-protocol": "UDP"},
    )
    assert 'key = "k."' not in text
    for said in (
        "parameters.fallback: not taken: tenure sends nothing unsigned because there is no key",
        "parameters.tkey-protocol: not taken: tenure negotiates over TCP",
        "parameters.servers[0].client-principal: not taken: tenure has one value for all servers",
        "it names no client-keytab",
        "some of its servers are not those of the hook",
        "its key k. is not taken",
    ):
        assert any(said in note for note in notes), (said, notes)


def test_other_hooks_are_not_taken() -> None:
    found = import_kea_ddns({"DhcpDdns": {"hooks-libraries": [{"library": "/opt/lib/libother.so"}]}})
    assert any(note.startswith("DhcpDdns.hooks-libraries: not taken") for note in found.notes)
    assert "[ddns.gss-tsig]" not in found.text
