"""systemd-networkd, which tells nobody what its DHCP server has answered, and the agent, which reads what it leased."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from agent_lan import ZONE
from leased_agent import Leased, leased_agent
from network import eventually
from peers import program

LEASES = "run/systemd/netif/leases"
NETWORK = """\
[Match]
Name=eth0

[Network]
DHCP=ipv4
LinkLocalAddressing=no

[DHCPv4]
ClientIdentifier=duid
DUIDType=uuid
DUIDRawData={uuid}
SendHostname=yes
Hostname={name}
RequestOptions=81
"""
# As tests/lib/clients6.py has it, but with the leases in a folder that the agent sees too.
PLACE = """\
mount -o remount,ro,bind /sys
mkdir -p /run/systemd/network /run/systemd/netif/leases
cp {folder}/eth0.network /run/systemd/network/eth0.network
chown systemd-network /run/systemd/netif /run/systemd/netif/leases {folder}/{leases}
mount --bind {folder}/{leases} /run/systemd/netif/leases
exec {program}
"""


@pytest.fixture
def leased() -> Iterator[Leased]:
    with leased_agent() as made:
        folder = made.host.folder
        (folder / LEASES).mkdir(parents=True)
        file = folder / "eth0.network"
        file.write_text(NETWORK.format(uuid=":".join(["5a"] * 16), name=f"pc.{ZONE[:-1]}"))
        file.chmod(0o644)
        made.agent.mounts["/run/systemd/netif/leases"] = str(folder / LEASES)
        yield made


@pytest.mark.parametrize(
    ("untold", "model", "wrote"),
    [
        ("both", "client", {("server", "A"), ("server", "PTR")}),
        ("reverse", "none", {("agent", "A")}),
        ("nothing", "none", {("agent", "A"), ("agent", "PTR")}),
    ],
)
def test_what_counts_is_what_the_configuration_says(
    leased: Leased, untold: str, model: str, wrote: set[tuple[str, str]]
) -> None:
    printed = leased.agent.command("install-hooks", "--root", str(leased.host.folder))
    assert "read by the agent" in printed
    leased.agent.keys["dhcp-untold"] = untold
    leased.serve(model)
    process = leased.agent.start()
    eventually(lambda: "event=started" in process.printed(), "the agent runs", 40, process.printed)
    folder = leased.host.folder
    script = PLACE.format(folder=folder, leases=LEASES, program=program("systemd-networkd"))
    networkd = leased.host.start("sh", "-ec", script)
    eventually(leased.host.addresses, "it has an address", 60, networkd.printed)
    address = leased.host.addresses()[0]
    eventually(lambda: leased.wrote(address) == wrote, f"{wrote}", 60, leased.log)
    (lease,) = (folder / LEASES).iterdir()
    assert "81" not in {line.partition("=")[0].removeprefix("OPTION_") for line in lease.read_text().splitlines()}
    expected = {"both": {"none"}, "reverse": {"registered", "none"}, "nothing": {"registered"}}[untold]
    eventually(lambda: leased.agent.states() == expected, f"{expected}", 60, leased.log)
