"""Other DHCP servers on a wire of their own, and tenure, all with the same small pool."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

from network import Host, eventually
from peers import program
from tenure_toml import section, served, write_toml

SERVER, PREFIX, POOL = "10.88.0.1", "10.88.0.0/24", ("10.88.0.100", "10.88.0.120")
LIFETIME = 600
NO_MORE: Mapping[str, object] = {}


def start_tenure(server: Host, lifetime: int = LIFETIME, pool: tuple[str, str] = POOL) -> None:
    """Wire and relays, with its own DNS."""
    subnets = f"""
[[dhcp4.subnets]]
subnet = "{PREFIX}"
interface = "eth0"
pools = ["{pool[0]}-{pool[1]}"]
valid-lifetime = {lifetime}
option-data = {{ routers = ["{SERVER}"], domain-name = "wire.test" }}
"""
    dhcp = section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"]) + subnets
    config = write_toml(server.folder, served(f"{SERVER}:53", "wire.test.", "0.88.10.in-addr.arpa."), dhcp)
    _wait(server, sys.executable, "-m", "tenure", "dhcp", "-c", str(config), private=False)


def start_kea(
    server: Host, lifetime: int = LIFETIME, pool: tuple[str, str] = POOL, more: Mapping[str, object] = NO_MORE
) -> None:
    """Kea with raw sockets, as it serves clients on a wire."""
    config = {
        "Dhcp4": {
            "interfaces-config": {"interfaces": ["eth0"]},
            "lease-database": {"type": "memfile", "persist": False},
            "valid-lifetime": lifetime,
            "authoritative": True,
            **more,
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
            "subnet4": [
                {
                    "subnet": PREFIX,
                    "interface": "eth0",
                    "pools": [{"pool": f"{pool[0]} - {pool[1]}"}],
                    "option-data": [
                        {"name": "routers", "data": SERVER},
                        {"name": "domain-name", "data": "wire.test"},
                    ],
                }
            ],
        }
    }
    path = server.folder / "kea.json"
    path.write_text(json.dumps(config))
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    _wait(server, program("kea-dhcp4"), "-c", str(path), env=environment)


def start_dhcpd(server: Host, lifetime: int = LIFETIME, pool: tuple[str, str] = POOL, more: str = "") -> None:
    """ISC dhcpd, the sole authority of the wire."""
    path = server.folder / "dhcpd.conf"
    path.write_text(f"""
authoritative;
{more}
default-lease-time {lifetime};
min-lease-time {lifetime};
max-lease-time {lifetime};
subnet 10.88.0.0 netmask 255.255.255.0 {{
  range {pool[0]} {pool[1]};
  option routers {SERVER};
  option domain-name "wire.test";
}}
""")
    leases = server.folder / "lib" / "dhcpd.leases"
    leases.touch()
    command = ["-4", "-f", "-q", "-cf", str(path), "-lf", str(leases), "-pf", "/run/dhcpd.pid", "eth0"]
    _wait(server, program("dhcpd"), *command)


SERVER6, POOL6 = "2001:db8:9::1", ("2001:db8:9::100", "2001:db8:9::10f")
DELEGATED, DELEGATED_LENGTH = "2001:db8:ff00::/40", 56


def start_tenure6(server: Host, lifetime: int = LIFETIME, pool: tuple[str, str] = POOL6) -> None:
    """Wire and relays."""
    subnets = f"""
[[dhcp6.subnets]]
subnet = "2001:db8:9::/64"
interface = "eth0"
pools = ["{pool[0]}-{pool[1]}"]
pd-pools = [{{ prefix = "2001:db8:ff00::", prefix-len = 40, delegated-len = {DELEGATED_LENGTH} }}]
valid-lifetime = {lifetime}
option-data = {{ dns-servers = ["{SERVER6}"] }}
[ddns]
ddns-send-updates = false
"""
    dhcp = section("dhcp6", interfaces=["eth0"], listen=[f"[{SERVER6}]:547"]) + subnets
    config = write_toml(server.folder, dhcp)
    _wait(server, sys.executable, "-m", "tenure", "dhcp", "-c", str(config), private=False, port=547)


def start_kea6(
    server: Host, lifetime: int = LIFETIME, pool: tuple[str, str] = POOL6, more: Mapping[str, object] = NO_MORE
) -> None:
    """Kea for the wire, and for relays that send to its address."""
    subnet = {
        "subnet": "2001:db8:9::/64",
        "interface": "eth0",
        "pools": [{"pool": f"{pool[0]} - {pool[1]}"}],
        "pd-pools": [{"prefix": "2001:db8:ff00::", "prefix-len": 40, "delegated-len": DELEGATED_LENGTH}],
        "option-data": [{"name": "dns-servers", "data": SERVER6}],
    }
    config = {
        "Dhcp6": {
            "interfaces-config": {"interfaces": ["eth0", f"eth0/{SERVER6}"]},
            "lease-database": {"type": "memfile", "persist": False},
            "valid-lifetime": lifetime,
            "preferred-lifetime": lifetime // 2,
            **more,
            "loggers": [{"name": "kea-dhcp6", "severity": "ERROR", "output_options": [{"output": "stdout"}]}],
            "subnet6": [subnet],
        }
    }
    path = server.folder / "kea6.json"
    path.write_text(json.dumps(config))
    (server.folder / "lib" / "kea").mkdir()
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    _wait(server, program("kea-dhcp6"), "-c", str(path), env=environment, port=547)


def start_dhcpd6(server: Host, lifetime: int = LIFETIME, pool: tuple[str, str] = POOL6) -> None:
    """ISC dhcpd for the wire, without delegated prefixes."""
    path = server.folder / "dhcpd6.conf"
    path.write_text(f"""
authoritative;
default-lease-time {lifetime};
preferred-lifetime {lifetime // 2};
option dhcp-renewal-time {lifetime // 4};
option dhcp-rebinding-time {lifetime // 3};
subnet6 2001:db8:9::/64 {{
  range6 {pool[0]} {pool[1]};
  option dhcp6.name-servers {SERVER6};
}}
""")
    leases = server.folder / "lib" / "dhcpd6.leases"
    leases.touch()
    command = ["-6", "-f", "-q", "-cf", str(path), "-lf", str(leases), "-pf", "/run/dhcpd6.pid", "eth0"]
    _wait(server, program("dhcpd"), *command, port=547)


SERVERS6: dict[str, Callable[..., None]] = {"tenure": start_tenure6, "kea": start_kea6}
SERVERS: dict[str, Callable[..., None]] = {"tenure": start_tenure, "kea": start_kea, "dhcpd": start_dhcpd}


def _wait(server: Host, *command: str, env: dict[str, str] | None = None, private: bool = True, port: int = 67) -> None:
    process = server.start(*command, env=env, private=private)
    listens = f":{port} "
    eventually(lambda: listens in server.run("ss", "-lun"), f"the server listens on port {port}", 30, process.printed)
