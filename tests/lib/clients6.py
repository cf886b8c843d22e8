"""Real DHCPv6 clients from Debian's packages, each started on one machine with what it shall claim."""

from __future__ import annotations

import signal

from clients import Client
from network import Host
from peers import program


def dhclient6(host: Host, name: str | None = None, *options: str) -> Client:
    """ISC dhclient; `options` are its own: `-N` for each address, `-P` for a prefix."""
    conf, leases, pid = host.folder / "dhclient6.conf", host.folder / "dhclient6.leases", host.folder / "dhclient6.pid"
    claim = f'send fqdn.fqdn "{name}.lan.test.";\nsend fqdn.server-update on;\n' if name else ""
    conf.write_text(f"timeout 20;\nretry 2;\n{claim}also request dhcp6.fqdn;\n")
    words = [*(options or ("-N",)), "-cf", conf, "-lf", leases, "-pf", pid, "eth0"]
    process = host.start(program("dhclient"), "-6", "-d", *words)
    return Client(process, lambda: host.run(program("dhclient"), "-6", "-r", *words, check=False))


def dhcpcd6(host: Host, name: str, *more: str, families: str = "") -> Client:
    """dhcpcd, both families unless `families` is `-6`, with the DUID in its IPv4 client id too (RFC 4361)."""
    conf = host.folder / "dhcpcd.conf"
    words = [f"hostname {name}", "fqdn both", "duid", "nohook resolv.conf", "noarp", "timeout 20", "noipv6rs"]
    conf.write_text("\n".join([*words, "interface eth0", *(more or ("ia_na 1",))]) + "\n")
    flags = [families] if families else []
    process = host.start(program("dhcpcd"), *flags, "-B", "-d", "-f", conf, "eth0")
    return Client(process, lambda: process.stop(signal.SIGALRM))


NETWORKD = """\
[Match]
Name=eth0

[Network]
DHCP=yes
IPv6AcceptRA=no
LinkLocalAddressing=ipv6

[DHCPv4]
ClientIdentifier={identifier}
DUIDType=uuid
DUIDRawData={uuid}
SendHostname=yes
Hostname={name}

[DHCPv6]
DUIDType=uuid
DUIDRawData={uuid}
WithoutRA=solicit
UseDelegatedPrefix=no
SendHostname=yes
Hostname={name}
"""
# It believes that there is no udev, which would have to tell it of the interface, where /sys cannot be written.
NETWORKD_PLACE = """\
mount -o remount,ro,bind /sys
mkdir -p /run/systemd/network /run/systemd/netif
cp {folder}/networkd.network /run/systemd/network/eth0.network
chown systemd-network /run/systemd/netif
exec {program}
"""


def networkd(host: Host, name: str, identifier: str) -> Client:
    """systemd-networkd, both families; `identifier` says what its DHCPv4 client id is made of: `duid` or `mac`.

    It gives up no lease when it ends.
    """
    uuid = ":".join(f"{octet:02x}" for octet in name.encode().ljust(16, b"-")[:16])
    file = host.folder / "networkd.network"
    file.write_text(NETWORKD.format(identifier=identifier, uuid=uuid, name=name))
    file.chmod(0o644)
    script = NETWORKD_PLACE.format(folder=host.folder, program=program("systemd-networkd"))
    process = host.start("sh", "-ec", script)
    return Client(process, lambda: process.stop(signal.SIGTERM))


def dhcp6c(host: Host, *, prefix: bool = False) -> Client:
    """WIDE's dhcp6c: an address, and a prefix whose first piece goes to its own interface `lo`."""
    conf = host.folder / "dhcp6c.conf"
    wants = "send ia-na 1;" + (" send ia-pd 2;" if prefix else "")
    delegated = "id-assoc pd 2 { prefix-interface lo { sla-id 1; sla-len 8; }; };\n" if prefix else ""
    conf.write_text(f"interface eth0 {{ {wants} }};\nid-assoc na 1 {{ }};\n{delegated}")
    (host.folder / "lib" / "dhcpv6").mkdir(exist_ok=True)
    process = host.start(program("dhcp6c"), "-f", "-D", "-c", conf, "eth0")
    return Client(process, lambda: process.stop(signal.SIGTERM))
