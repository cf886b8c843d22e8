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


def dhcp6c(host: Host, *, prefix: bool = False) -> Client:
    """WIDE's dhcp6c: an address, and a prefix whose first piece goes to its own interface `lo`."""
    conf = host.folder / "dhcp6c.conf"
    wants = "send ia-na 1;" + (" send ia-pd 2;" if prefix else "")
    delegated = "id-assoc pd 2 { prefix-interface lo { sla-id 1; sla-len 8; }; };\n" if prefix else ""
    conf.write_text(f"interface eth0 {{ {wants} }};\nid-assoc na 1 {{ }};\n{delegated}")
    (host.folder / "lib" / "dhcpv6").mkdir(exist_ok=True)
    process = host.start(program("dhcp6c"), "-f", "-D", "-c", conf, "eth0")
    return Client(process, lambda: process.stop(signal.SIGTERM))
