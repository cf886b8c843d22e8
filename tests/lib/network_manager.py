"""NetworkManager in a host: its own message bus, dispatcher and configuration, and one connection by DHCP."""

from __future__ import annotations

from network import Host, Process, eventually
from peers import program

DISPATCHER = "etc/NetworkManager/dispatcher.d"  # below the host's folder, where the hooks are to be put
UUID = "5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a"

BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/><allow send_destination="*"/><allow eavesdrop="true"/><allow user="*"/>
    <allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
  </policy>
</busconfig>
"""
SETTINGS = """\
[main]
plugins=keyfile
dhcp={client}
no-auto-default=*
hostname-mode=none
dns=none
auth-polkit=false
"""
CONNECTION = """\
[connection]
id=eth0
uuid={uuid}
type=ethernet
interface-name=eth0
[ipv4]
method=auto
dhcp-fqdn={name}
dhcp-client-id={client_id}
[ipv6]
method=disabled
"""
# NetworkManager believes that there is no udev, which would have to tell it of the interface, where /sys cannot be
# written. The dispatcher is started here, because the bus starts no services, and waited for: what happens before it
# is on the bus is never told to it.
PLACE = """\
mount -o remount,ro,bind /sys
mkdir -p /run/dbus /run/NetworkManager
mount --bind {folder}/etc/NetworkManager /etc/NetworkManager
{bus} --config-file={folder}/bus.conf --nofork --nopidfile &
while ! [ -S /run/dbus/system_bus_socket ]; do sleep 0.1; done
/usr/lib/NetworkManager/nm-dispatcher --persist &
while ! {ask} --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
    string:org.freedesktop.nm_dispatcher | grep -q true; do sleep 0.1; done
exec {program} --no-daemon
"""


def prepare(host: Host) -> None:
    """The folders that NetworkManager has when it is installed."""
    (host.folder / DISPATCHER).mkdir(parents=True)


def start_network_manager(host: Host, client: str, name: str, client_id: str) -> Process:
    """With `internal` or `dhclient` as its DHCP client, which asks for both records of the name."""
    etc, folder = host.folder / "etc" / "NetworkManager", host.folder
    (etc / "system-connections").mkdir()
    (folder / "lib" / "NetworkManager").mkdir()
    (etc / "NetworkManager.conf").write_text(SETTINGS.format(client=client))
    connection = etc / "system-connections" / "eth0.nmconnection"
    connection.touch(mode=0o600)  # it takes in no others
    connection.write_text(CONNECTION.format(uuid=UUID, name=name, client_id=client_id))
    (folder / "bus.conf").write_text(BUS)
    programs = {"bus": program("dbus-daemon"), "ask": program("dbus-send"), "program": program("NetworkManager")}
    return host.start("sh", "-ec", PLACE.format(folder=folder, **programs))


def nmcli(host: Host, process: Process, *words: str) -> str:
    """A command to the one that runs."""
    inside = ["nsenter", "-t", str(process.popen.pid), "-m"]
    return host.run(*inside, program("nmcli"), *words)


def wait_for_address(host: Host, process: Process) -> str:
    """The address that it gets."""
    eventually(host.addresses, "it has an address", 60, process.printed)
    return host.addresses()[0]
