"""A host whose agent is its DHCP client too, on a wire with the primary of its zones and a DHCP server of tenure's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_lan import KEY, PRIMARY, REVERSE, SECRET, TENURE, ZONE, Agent, agent_lan
from network import Host, eventually
from tenure_toml import section, tsig_key, updated, write_toml

SERVER = "10.1.0.2"
SUBNET = f"""
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
interface = "eth0"
pools = ["10.1.0.100-10.1.0.150"]
valid-lifetime = 3600
option-data = {{ domain-name-servers = ["{PRIMARY}"], domain-name = "{ZONE[:-1]}" }}
ddns-qualifying-suffix = "{ZONE}"
"""
ADDED = re.compile(r"client @\S+ ([0-9.]+)#\d+/key \S+: updating zone '\S+': adding an RR at '\S+' (A|AAAA|PTR) ")


@dataclass
class OwnClient:
    """The host, with nothing but its agent, and the servers."""

    agent: Agent
    server: Host

    @property
    def host(self) -> Host:
        return self.agent.host

    def serve(self, model: str, dhcp: str = "", *, reverse: str = REVERSE, port: int = 67) -> None:
        """The DHCP server, which writes names as the model says."""
        dhcp = dhcp or section("dhcp4", interfaces=["eth0"], listen=[f"{SERVER}:67"]) + SUBNET
        tables = [
            section("ddns", ddns_update_model=model, ddns_ttl=900),  # the TTL that the agent wants too
            tsig_key(KEY, SECRET) + updated(f"{PRIMARY}:53", KEY, ZONE, reverse),
        ]
        path = write_toml(self.server.folder, *tables, dhcp)
        process = self.server.start(*TENURE, "serve", "-c", path, private=False)
        listens = f":{port} "
        eventually(lambda: listens in self.server.run("ss", "-lun"), "it listens", 40, process.printed)

    def wrote(self, address: str) -> set[tuple[str, str]]:
        """Who has added which types, as BIND tells it by the IPv4 address that the update came from."""
        who = {SERVER: "server", address: "agent"}
        return {(who[peer], rtype) for peer, rtype in ADDED.findall(self.agent.primary.processes[-1].printed())}

    def stands(self, reverse: str = REVERSE) -> set[str]:
        """What is in both zones, asked where they are: the host may have no address."""
        found = Agent(self.agent.net, self.agent.primary, self.agent.primary).records(reverse=reverse)
        return {line for line in found if " DHCID" not in line}

    def log(self) -> str:
        logs = [process.printed() for host in (self.server, self.host) for process in host.processes]
        return "\n".join([*logs, str(self.stands())])


@contextlib.contextmanager
def own_client() -> Iterator[OwnClient]:
    """The network; neither server nor agent is started yet. The host knows no name server."""
    with agent_lan() as agent:
        agent.ip("-4", "addr", "flush", "dev", "eth0")
        (agent.host.folder / "resolv.conf").write_text("")
        server = agent.net.host("dhcp")
        agent.net.plug(server, "lan", f"{SERVER}/16")
        yield OwnClient(agent, server)
