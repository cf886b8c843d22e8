"""The real programs that tests talk to. A test that lacks one skips and names Debian's package; in CI it fails."""

from __future__ import annotations

import glob
import os
import shutil

import pytest

PACKAGES = {
    "named": "bind9",
    "named-checkconf": "bind9-utils",
    "named-checkzone": "bind9",
    "named-compilezone": "bind9-utils",
    "rndc": "bind9",
    "dig": "bind9-dnsutils",
    "nsupdate": "bind9-dnsutils",
    "knotd": "knot",
    "knotc": "knot",
    "nsd": "nsd",
    "pdns_server": "pdns-server",
    "pdnsutil": "pdns-server",
    "kdig": "knot-dnsutils",
    "kzonecheck": "knot-dnssecutils",
    "knsupdate": "knot-dnsutils",
    "dhclient": "isc-dhcp-client",
    "dhcrelay": "isc-dhcp-relay",
    "dhcpd": "isc-dhcp-server",
    "dhcpcd": "dhcpcd-base",
    "systemd-networkd": "systemd",
    "NetworkManager": "network-manager",
    "nmcli": "network-manager",
    "dbus-daemon": "dbus-daemon",
    "dbus-send": "dbus-bin",
    "udhcpc": "udhcpc",
    "kea-dhcp4": "kea-dhcp4-server",
    "kea-dhcp6": "kea-dhcp6-server",
    "dhcp6c": "wide-dhcpv6-client",
    "kea-dhcp-ddns": "kea-dhcp-ddns-server",
    "perfdhcp": "kea-admin",
    "dnsperf": "dnsperf",
    "tcpdump": "tcpdump",
    "kdb5_util": "krb5-kdc",
    "krb5kdc": "krb5-kdc",
    "kadmin.local": "krb5-admin-server",
    "kinit": "krb5-user",
    "samba": "samba",
    "samba-tool": "samba",
    "net": "samba-common-bin",
    "sssd": "sssd-common",
    "pgrep": "procps",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
    "mount": "mount",
    "umount": "mount",
    "initdb": "postgresql",
    "postgres": "postgresql",
    "psql": "postgresql",
}
PLACES = [
    "/usr/sbin",
    "/sbin",
    "/usr/bin",
    "/bin",
    "/lib/systemd",
    *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True),
]


class MissingPeerError(Exception):
    """A program is not installed; the text names it and Debian's package."""


def find(name: str) -> str:
    """The path of a real program; `MissingPeerError` when its package is not installed."""
    found = shutil.which(name, path=os.pathsep.join(PLACES)) or shutil.which(name)
    if found is None:
        raise MissingPeerError(f"{name} is not installed: Debian's package {PACKAGES[name]}")
    return found


def program(name: str) -> str:
    """The path of a real program; skips the test when its package is not installed."""
    try:
        return find(name)
    except MissingPeerError as missing:
        pytest.skip(str(missing))


def need_root(what: str) -> None:
    """Skips the test unless it runs as root; `what` says what root is for."""
    if os.geteuid() != 0:
        pytest.skip(f"needs root: {what}")
