"""Configurations of tenure as tests and benchmarks need them, put together from the tables that each of them has."""

from __future__ import annotations

import json
from pathlib import Path

Value = str | int | float | bool | list[str]


def section(name: str, /, **keys: Value) -> str:
    """A table; `valid_lifetime=60` is its key `valid-lifetime`."""
    return f"[{name}]\n" + _lines(keys)


def entry(name: str, /, **keys: Value) -> str:
    """One table of a list of tables."""
    return f"[[{name}]]\n" + _lines(keys)


def tsig_key(name: str, secret: str) -> str:
    """A key with its secret, in base64."""
    return entry("keys", name=name, algorithm="hmac-sha256", secret=secret)


def served(listen: str, *zones: str, **keys: Value) -> str:
    """Our own DNS server with these zones, all with the same keys."""
    return section("dns", listen=[listen]) + "".join(entry("dns.zones", name=zone, **keys) for zone in zones)


def updated(server: str, key: str, forward: str, reverse: str) -> str:
    """One primary for the names and for the addresses."""
    domains = (("forward", forward), ("reverse", reverse))
    return "".join(entry(f"ddns.{way}", zone=zone, servers=[server], key=key) for way, zone in domains)


def leased(listen: str, subnet: str, pool: str, **keys: Value) -> str:
    """The DHCPv4 server with one subnet."""
    return section("dhcp4", listen=[listen]) + entry("dhcp4.subnets", subnet=subnet, pools=[pool], **keys)


def constant(lifetime: int) -> dict[str, Value]:
    """The keys of a subnet whose leases all last so many seconds, whatever clients ask for."""
    return dict.fromkeys(("valid_lifetime", "min_valid_lifetime", "max_valid_lifetime"), lifetime)


def write_toml(folder: Path, *tables: str, store: str = "sqlite:tenure.db") -> Path:
    """The file in the folder, for its owner alone."""
    path = folder / "tenure.toml"
    path.touch(mode=0o600)
    path.write_text("\n".join([section("store", url=store), *tables]))
    return path


def _lines(keys: dict[str, Value]) -> str:
    """JSON's way to write these values is TOML's too."""
    return "".join(f"{key.replace('_', '-')} = {json.dumps(value)}\n" for key, value in keys.items())
