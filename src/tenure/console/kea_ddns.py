"""The configuration of Kea's D2 as tenure's: domains, servers, keys, port; and what cannot be taken, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from tenure.config.dhcp_ddns import PORT
from tenure.console.kea_gss_tsig import GssTsigHook, gss_tsig_hook, other_hooks
from tenure.dnswire.name import from_text, to_text

HEAD = "# Taken from the configuration of kea-dhcp-ddns by `tenure import kea-ddns`.\n"
DNS_PORT = 53
LOOPBACK = "127.0.0.1"

_PLAIN = frozenset({"hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"})
_HALF = {"hmac-sha256": 128, "hmac-sha384": 192, "hmac-sha512": 256}  # the truncations that have names
_TAKEN = {"ip-address", "port", "ncr-protocol", "ncr-format", "tsig-keys", "forward-ddns", "reverse-ddns"}
_WHY = {
    "dns-server-timeout": "tenure has its own timeouts, and tries again until a lease ends",
    "control-socket": "there is no control channel; see tenure names, history and explain",
    "loggers": "tenure logs to standard error",
    "hooks-libraries": "tenure has no hooks; of theirs gss_tsig alone is taken over",
}
_COMMENTS = {"comment", "user-context", "hostname"}
_MODE, _BOOLEAN, _ON_RENEW = "ddns-conflict-resolution-mode", "ddns-use-conflict-resolution", "ddns-update-on-renew"


@dataclass
class Imported:
    """What the file comes to."""

    text: str = HEAD  # TOML
    notes: list[str] = field(default_factory=list)  # what was not taken, or is to be looked at: `WHERE: words`

    def table(self, head: str, keys: Mapping[str, object]) -> None:
        """Adds a table; a value that is None is left out. JSON's way to write these values is TOML's too."""
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items() if value is not None]
        self.text += "\n" + "\n".join([head, *lines]) + "\n"

    def note(self, where: str, words: str) -> None:
        """Adds a remark."""
        self.notes.append(f"{where}: {words}")


def import_kea_ddns(d2: Mapping[str, Any], dhcp: Iterable[Mapping[str, Any]] = ()) -> Imported:
    """Tenure's configuration for a file of D2, and those of the DHCP servers that ask it (`Dhcp4`, `Dhcp6`).

    `ValueError` if it is no file of D2.
    """
    section = d2.get("DhcpDdns")
    if not isinstance(section, dict):
        raise ValueError("it has no DhcpDdns in it: name the file of kea-dhcp-ddns")
    made = Imported()
    hook = gss_tsig_hook(section)
    for key in sorted(section.keys() - _TAKEN - _COMMENTS):
        if key == "hooks-libraries" and not other_hooks(section):
            continue
        made.note(f"DhcpDdns.{key}", f"not taken: {_WHY.get(key, 'tenure has nothing like it')}")
    keys = _keys(made, section.get("tsig-keys", []))
    servers = [(name, body) for one in (d2, *dhcp) for name, body in one.items() if name in {"Dhcp4", "Dhcp6"}]
    _requests(made, section, servers)
    mode = _mode(made, servers)
    if mode is not None:
        made.table("[ddns]", {_MODE: mode})
    if hook is not None:
        made.table("[ddns.gss-tsig]", hook.table(made.note))
    for way in ("forward", "reverse"):
        domains = section.get(f"{way}-ddns", {}).get("ddns-domains", [])
        if not domains:
            made.note(f"DhcpDdns.{way}-ddns", f"no domain is in it; write [[ddns.{way}]] if names are wanted there")
        for index, domain in enumerate(domains):
            _domain(made, way, domain, keys, hook, f"DhcpDdns.{way}-ddns.ddns-domains[{index}]")
    return made


def _keys(made: Imported, keys: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names of the keys that were taken, in lower case and with the final dot."""
    taken = set()
    for index, key in enumerate(keys):
        where = f"DhcpDdns.tsig-keys[{index}]"
        try:
            name = _name(key["name"])
            algorithm = _algorithm(key)
        except (KeyError, ValueError) as error:
            made.note(where, f"not taken: {_said(error)}")
            continue
        if algorithm == "hmac-md5":
            made.note(where, "HMAC-MD5 is broken: give the key another algorithm, or write allow-md5 = true in [tsig]")
        secrets = {"secret": key.get("secret"), "secret-file": key.get("secret-file")}
        made.table("[[keys]]", {"name": name, "algorithm": algorithm, **secrets})
        taken.add(name)
    return taken


def _algorithm(key: Mapping[str, Any]) -> str:
    algorithm = str(key["algorithm"]).lower()
    if algorithm not in _PLAIN:
        raise ValueError(f"algorithm {key['algorithm']} is not known here")
    bits = key.get("digest-bits", 0)
    if not bits:
        return algorithm
    if _HALF.get(algorithm) != bits:
        raise ValueError(f"signatures of {algorithm} with {bits} bits have no name")
    return f"{algorithm}-{bits}"


def _requests(made: Imported, section: Mapping[str, Any], servers: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    host, port = section.get("ip-address", LOOPBACK), section.get("port", PORT)
    lifetime = None
    lifetimes = [_lifetime(made, name, body) for name, body in servers]
    if lifetimes and None not in lifetimes:
        lifetime = max(one for one in lifetimes if one is not None)
    if lifetime is None:
        words = "valid-lifetime was not set, so names go only when Kea asks for it"
        remedy = f'set "{_ON_RENEW}": true in the DHCP servers, and valid-lifetime to their longest lease'
        made.note("[dhcp-ddns]", f"{words}; {remedy}")
    if not ip_address(host).is_loopback:
        made.note("[dhcp-ddns]", "other machines may ask: name the DHCP servers in allow-from")
    made.table("[dhcp-ddns]", {"ip-address": host, "port": port, "valid-lifetime": lifetime})
    for key, only in (("ncr-protocol", "UDP"), ("ncr-format", "JSON")):
        if section.get(key, only) != only:
            made.note(f"DhcpDdns.{key}", f"not taken: Kea itself has nothing but {only}")


def _lifetime(made: Imported, name: str, body: Mapping[str, Any]) -> int | None:
    """The longest lease that a DHCP server gives; None where it does not tell of all renewals."""
    levels = list(_levels(body))
    if not body.get(_ON_RENEW, False) or any(level.get(_ON_RENEW) is False for level in levels):
        made.note(f"{name}.{_ON_RENEW}", "it is not true everywhere, so Kea does not tell of all renewals")
        return None
    keys = ("max-valid-lifetime", "valid-lifetime")
    return max((int(level[key]) for level in levels for key in keys if key in level), default=7200)


def _mode(made: Imported, servers: Iterable[tuple[str, Mapping[str, Any]]]) -> str | None:
    """The conflict mode of the DHCP servers, where they say one; D2 itself has none."""
    said = {mode for _, body in servers for mode in _modes(body)}
    if len(said) > 1:
        made.note(_MODE, f"not taken: {' and '.join(sorted(said))} are asked for; choose one, or one for each zone")
        return None
    return next(iter(said), None)


def _modes(body: Mapping[str, Any]) -> set[str]:
    """What the levels of one DHCP server say; what none of them says is Kea's default."""
    first, *below = (_own_mode(level) for level in _levels(body))
    said = {mode for mode in below if mode is not None}
    return said | {first or "check-with-dhcid"} if said or first else set()


def _own_mode(level: Mapping[str, Any]) -> str | None:
    if _BOOLEAN in level and _MODE not in level:
        return "check-with-dhcid" if level[_BOOLEAN] else "no-check-with-dhcid"
    return level.get(_MODE)


def _levels(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A DHCP server's configuration and every level in it that can have parameters of its own."""
    yield body
    for key in ("shared-networks", "subnet4", "subnet6", "pools", "client-classes"):
        for inner in body.get(key, []):
            yield from _levels(inner)


def _domain(
    made: Imported, way: str, domain: Mapping[str, Any], keys: set[str], hook: GssTsigHook | None, where: str
) -> None:
    try:
        zone = _name(domain["name"])
        places = [_place(server) for server in domain.get("dns-servers", [])]
    except (KeyError, ValueError) as error:
        made.note(where, f"not taken: {_said(error)}")
        return
    if not places:
        made.note(where, "not taken: no server is in dns-servers")
        return
    named = {_name(one) for one in [*(s.get("key-name") for s in domain["dns-servers"]), domain.get("key-name")] if one}
    if len(named) > 1:
        made.note(where, f"its servers have keys of their own ({', '.join(sorted(named))}); one key was taken for all")
    own = domain.get("key-name") or next((s["key-name"] for s in domain["dns-servers"] if s.get("key-name")), None)
    key = _name(own) if own else None
    if key is not None and key not in keys:
        made.note(where, f"key {key} is none of the keys that were taken")
    signing = {} if hook is None else hook.domain(zone, domain["dns-servers"], where, made.note)
    if signing and key is not None:
        made.note(where, f"its key {key} is not taken: updates are signed by Kerberos")
        key = None
    made.table(f"[[ddns.{way}]]", {"zone": zone, "servers": places, "key": key, **signing})


def _place(server: Mapping[str, Any]) -> str:
    address, port = ip_address(server["ip-address"]), server.get("port", DNS_PORT)
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"{host}:{port}"


def _name(text: str) -> str:
    if text == "*":
        raise ValueError("a domain of all names has no zone; write the zones that it stands for")
    return to_text(from_text(text)).lower()


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
