"""What registering a host's names costs while nothing changes: the agent beside SSSD, which does it on many hosts.

SSSD has its monitor and the backend of the smallest domain that it knows (a proxy for the host's own files). One of
Active Directory, which is what registers names, loads more and needs a joined host. Memory is the share of a process
(PSS): what it holds alone, and its part of what it shares.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from agent_lan import ADDRESS, PRIMARY, ZONE, Agent, of_host, start_bind
from network import Host, eventually, network
from peers import find, program

from bench.result import Contest, Contestant

SSSD = "SSSD, monitor and backend"
BACKEND = "sssd_be"
WARM_SECONDS, REST_SECONDS = 10.0, 30.0
REMARK = (
    "The agent is Python, with the models of the whole configuration loaded, and looks at the host's name and at "
    "resolv.conf every five seconds. SSSD's processes are C, share much of what they load, and register nothing here."
)
SSSD_CONF = """\
[sssd]
config_file_version = 2
domains = bench.test
services =
[domain/bench.test]
id_provider = proxy
proxy_lib_name = files
proxy_pam_target = sssd-proxy
"""


def contests(quick: bool = False) -> list[Contest]:
    """The rows about the agent at rest."""
    seconds = REST_SECONDS / 10 if quick else REST_SECONDS
    with network() as net:
        primary, host, other = net.host("primary"), net.host("pc"), net.host("other")
        net.wire(primary, f"{PRIMARY}/24", host, f"{ADDRESS}/24")
        start_bind(primary)
        agent = Agent(net, host, primary, keys={"name_servers": [PRIMARY], "primary_suffix": ZONE})
        agent.wait_until_served()
        process = agent.start()
        agent.settles(*of_host("pc", ADDRESS))
        ours = at_rest("tenure", [process.popen.pid], seconds)
        theirs = at_rest(SSSD, start_sssd(other), seconds)
    return [
        Contest("memory at rest, agent", "MB", ours[0], [theirs[0]], {}, lower_is_better=True, remarks=[REMARK]),
        Contest("processor time at rest, agent", "ms/s", ours[1], [theirs[1]], {}, lower_is_better=True),
    ]


def start_sssd(host: Host) -> list[int]:
    """SSSD with nothing to serve; its processes."""
    for part in ("db", "mc", "pipes/private", "pubconf", "gpo_cache", "deskprofile", "secrets", "keytabs"):
        (host.folder / "lib" / "sss" / part).mkdir(parents=True)
    config = host.folder / "sssd.conf"
    config.touch(mode=0o600)
    config.write_text(SSSD_CONF)
    monitor = host.start(find("sssd"), "-i", "-c", config)

    def backend() -> list[int]:
        children = host.run(program("pgrep"), "-P", str(monitor.popen.pid), BACKEND, check=False)
        return [int(word) for word in children.split()]

    eventually(backend, "SSSD has its backend", 30, monitor.printed)
    return [monitor.popen.pid, *backend()]


def at_rest(name: str, processes: Sequence[int], seconds: float) -> tuple[Contestant, Contestant]:
    """Megabytes, and milliseconds of processor time a second, of all of them."""
    time.sleep(min(WARM_SECONDS, seconds))
    before, began = sum(map(busy, processes)), time.monotonic()
    time.sleep(seconds)
    spent = (sum(map(busy, processes)) - before) / (time.monotonic() - began)
    return Contestant(name, sum(map(share, processes)) / 1e6), Contestant(name, spent / 1e6)


def busy(process: int) -> int:
    """Nanoseconds that its threads ran so far (proc(5), schedstat)."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{process}/task").glob("*/schedstat"))


def share(process: int) -> int:
    """Octets of memory: its own, and its part of what it shares."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) * 1024
