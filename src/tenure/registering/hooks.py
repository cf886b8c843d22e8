"""The scripts by which DHCP clients tell the agent what their servers have answered: their text, and their places."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final, NamedTuple

from tenure.registering import dhclient_hooks, dhcpcd_hooks, network_manager_hooks
from tenure.registering.client import Client

_OURS: Final = "# Written by `tenure agent install-hooks`"
MARK: Final = f"{_OURS}, which also replaces it, or removes it (--remove)."
_SHELL: Final = "#!/bin/sh"


# Where a client that is installed has its hooks, below the root: the first that is there. Of networkd: its leases.
FOLDERS: Final[dict[Client, tuple[str, ...]]] = {
    Client.DHCLIENT: ("etc/dhcp",),
    Client.DHCPCD: ("usr/lib/dhcpcd/dhcpcd-hooks", "lib/dhcpcd/dhcpcd-hooks", "usr/libexec/dhcpcd-hooks"),
    Client.NETWORK_MANAGER: ("etc/NetworkManager/dispatcher.d",),
    Client.NETWORKD: ("run/systemd/netif/leases",),
}
TELL_LATE: Final = (Client.DHCPCD, Client.NETWORK_MANAGER)  # when the address is there already


class Script(NamedTuple):
    """One file."""

    place: str  # below the folder
    text: str
    is_program: bool  # run, not taken in by a shell


# A client must not wait for us for long, and must not fail because of us.
_TELL: Final = """\
said=$(timeout 20 @COMMAND@ agent learned "$@" --config @CONFIG@ </dev/null 2>&1) ||
        logger -t tenure -p daemon.warning "the agent was not told of $address: $said" || true"""
_BITS: Final = {"@S@": 0x01, "@O@": 0x02, "@N81@": 0x08, "@N39@": 0x04, "@NO81@": 0x08 | 0x02}
_SOURCES: Final[dict[Client, tuple[Script, ...]]] = {
    Client.DHCLIENT: (
        Script("dhclient-enter-hooks.d/tenure", dhclient_hooks.ENTER, is_program=False),
        Script("dhclient-exit-hooks.d/tenure", dhclient_hooks.EXIT, is_program=False),
    ),
    Client.DHCPCD: (Script("90-tenure", dhcpcd_hooks.HOOK, is_program=False),),
    Client.NETWORK_MANAGER: (Script("90-tenure", network_manager_hooks.HOOK, is_program=True),),
    Client.NETWORKD: (),
}


def places(client: Client) -> tuple[str, ...]:
    """Every place below a root where a file of ours for this client can be."""
    return tuple(f"{folder}/{script.place}" for folder in FOLDERS[client] for script in _SOURCES[client])


def scripts(client: Client, command: Sequence[str], config: str) -> tuple[Script, ...]:
    """The files for a client. `command` runs tenure, `config` is the agent's file."""
    tell = _TELL.replace("@COMMAND@", shlex.join(command)).replace("@CONFIG@", shlex.quote(config))
    found = []
    for source in _SOURCES[client]:
        text = source.text
        for word, bits in _BITS.items():
            text = text.replace(word, str(bits))
        head = f"{_SHELL}\n{MARK}\n" if source.is_program else f"{MARK}\n"
        found.append(source._replace(text=head + text.replace("@TELL@", tell)))
    return tuple(found)


def is_ours(text: str) -> bool:
    """Whether a file is one that we wrote."""
    return text.removeprefix(f"{_SHELL}\n").startswith(_OURS)
