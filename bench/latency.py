"""From the DHCPACK to the name resolving, 1,000 new leases a second: tenure whole, beside Kea, D2 and BIND together."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from network import Host, eventually, network
from peers import find
from tenure_toml import leased, served, write_toml

from bench import TOP, nameservers
from bench.ourselves import tenure_command
from bench.result import Contest, Contestant

SERVER, RELAY = "10.0.0.1", "10.0.0.2"
KEA = "Kea, D2 and BIND"
REASON = (
    "Where nothing waits for the disk, tenure's way takes 0.7 ms and Kea's 0.3: three processes hand a claim on, each "
    "takes a third to half a millisecond of Python for one that comes alone, and they share two processors with the "
    "load. The disk comes to that: BIND's journal, and tenure's leases, outcomes and zones. Kea's way loses names when "
    "its queue runs full, tenure's does not."
)


def contest(quick: bool = False) -> Contest:
    """The row `from DHCPACK to the name resolving`."""
    seconds = 3 if quick else 10
    return Contest(
        "from DHCPACK to the name resolving, p99 at 1,000 leases/s",
        "s",
        measure("tenure", start_tenure, seconds),
        [measure(KEA, start_kea, seconds)],
        {KEA: 2},
        lower_is_better=True,
        reasons={KEA: REASON},
    )


def measure(name: str, start: Callable[[Host], str], seconds: int) -> Contestant:
    """One run; a name that never resolves counts as an endless lag."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/8", relay, f"{RELAY}/8")
        dns = start(server)
        # The module is found from the top of the tree, wherever the benchmark was started.
        command = [
            "env",
            f"PYTHONPATH={TOP}",
            sys.executable,
            "-m",
            "bench.devices",
            SERVER,
            RELAY,
            dns,
            "1000",
            str(seconds),
        ]
        seen = json.loads(relay.run(*command, timeout=seconds + 90).splitlines()[-1])
    lags = sorted([*seen["lags"], *([float("inf")] * seen["unresolved"])])
    if not lags:
        return Contestant(name, float("inf"), "no lease was acknowledged")
    middle, high = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    note = (
        f"{seen['acknowledged']:,} leases, median {middle * 1000:.1f} ms, "
        f"{seen['unresolved']} of a sample of {len(lags):,} names never resolved"
    )
    return Contestant(name, high, note)


def start_tenure(server: Host) -> str:
    """Every service, as `tenure serve` runs them."""
    config = write_toml(
        server.folder,
        served(f"{SERVER}:53", nameservers.ZONE, "10.in-addr.arpa."),
        leased(f"{SERVER}:67", "10.0.0.0/8", "10.64.0.0-10.200.255.255"),
    )
    process = server.start(*tenure_command("serve", config), private=False)
    eventually(lambda: ready(server), "tenure answers", 20, process.printed)
    return f"{SERVER}:53"


def start_kea(server: Host) -> str:
    """Kea with D2 and BIND, forward and reverse as tenure does them."""
    zone = server.folder / "zone"
    reverse = server.folder / "reverse"
    zone.write_text(nameservers.zone_file(0))
    reverse.write_text(nameservers.zone_file(0).replace(nameservers.ZONE, "10.in-addr.arpa."))
    writers = f'key "{nameservers.KEY}" {{ algorithm hmac-sha256; secret "{nameservers.SECRET}"; }};\n'
    policy = "update-policy { grant bench. zonesub ANY; };"
    (server.folder / "named.conf").write_text(f"""{writers}
options {{ directory "{server.folder}"; listen-on {{ any; }}; listen-on-v6 {{ none; }}; recursion no; notify no;
  pid-file "{server.folder}/named.pid"; session-keyfile "{server.folder}/session.key"; dnssec-validation no; }};
controls {{ }};
{nameservers.BIND_LOG}
zone "{nameservers.ZONE}" {{ type primary; file "{zone}"; {policy} }};
zone "10.in-addr.arpa." {{ type primary; file "{reverse}"; {policy} }};
""")
    key = {"name": nameservers.KEY, "algorithm": "HMAC-SHA256", "secret": nameservers.SECRET}
    domains = [
        {"name": name, "key-name": nameservers.KEY, "dns-servers": [{"ip-address": SERVER, "port": 53}]}
        for name in (nameservers.ZONE, "10.in-addr.arpa.")
    ]
    quiet = {"severity": "FATAL", "output_options": [{"output": "stdout"}]}
    d2 = {
        "DhcpDdns": {
            "tsig-keys": [key],
            "forward-ddns": {"ddns-domains": domains[:1]},
            "reverse-ddns": {"ddns-domains": domains[1:]},
            "loggers": [{"name": "kea-dhcp-ddns", **quiet}],
        }
    }
    dhcp = {
        "Dhcp4": {
            "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp"},
            "lease-database": {"type": "memfile", "persist": True, "name": f"{server.folder}/lib/kea.csv"},
            "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2, "packet-queue-size": 64},
            "dhcp-ddns": {"enable-updates": True, "max-queue-size": 1024},
            "ddns-send-updates": True,
            "loggers": [{"name": "kea-dhcp4", **quiet}],
            "subnet4": [{"subnet": "10.0.0.0/8", "pools": [{"pool": "10.64.0.0-10.200.255.255"}]}],
        }
    }
    environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(server.folder / "lib")}
    for program, config in (("kea-dhcp-ddns", d2), ("kea-dhcp4", dhcp)):
        (server.folder / f"{program}.json").write_text(json.dumps(config))
    named = server.start(find("named"), "-f", "-c", server.folder / "named.conf", private=False)
    server.start(find("kea-dhcp-ddns"), "-c", server.folder / "kea-dhcp-ddns.json", env=environment, private=False)
    eventually(lambda: ":53001 " in server.run("ss", "-lun"), "D2 listens", 20)
    server.start(find("kea-dhcp4"), "-c", server.folder / "kea-dhcp4.json", env=environment, private=False)
    eventually(lambda: ready(server), "Kea and BIND answer", 20, named.printed)
    return f"{SERVER}:53"


def ready(server: Host) -> bool:
    """Whether both the DHCP and the DNS port are listened to."""
    listening = server.run("ss", "-lun")
    return ":67 " in listening and ":53 " in listening
