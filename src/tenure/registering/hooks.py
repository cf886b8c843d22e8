"""The scripts by which a DHCP client tells the agent what its server has answered: their text, and where they belong.

dhclient's script takes in the files of two folders: of one before it gives the interface an address, of the other at
its end. A promise has to be known before the address is there, or the agent would write what is not left to it; that a
lease has ended, when the address is gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

MARK = "# Written by `tenure agent install-hooks`, which also replaces it; delete it to have the agent told no more."
DHCLIENT_FOLDER = "etc/dhcp"  # with the two folders below it, if ISC dhclient is installed
ENTER, EXIT = f"{DHCLIENT_FOLDER}/dhclient-enter-hooks.d/tenure", f"{DHCLIENT_FOLDER}/dhclient-exit-hooks.d/tenure"

# dhclient takes S and O out of option 81 as server-update and no-client-update (which is its old word for O), and loses
# N. A server that does not do what it was asked for (O without S) is one that writes nothing. Of option 39 it also has
# the octets, of which the first is the flags.
_ENTER = """\
(
    case "$reason" in
    BOUND | BOUND6) moment=bound ;;
    RENEW | REBIND | REBOOT | RENEW6 | REBIND6) moment=renewed ;;
    *) exit 0 ;;
    esac
    address=${new_ip_address:-$new_ip6_address}
    [ -n "$address" ] || exit 0
    seconds=${new_dhcp_lease_time:-$new_max_life}
    set -- "$address" --interface="$interface" --moment="$moment"
    [ -z "$seconds" ] || set -- "$@" --seconds="$seconds"
    if [ -n "$new_fqdn_server_update" ]; then
        case "$new_ip_address/$new_dhcp6_fqdn" in
        /?*) flags=$((0x${new_dhcp6_fqdn%%:*})) ;;
        *)
            case "$new_fqdn_server_update/$new_fqdn_no_client_update" in
            true/*) flags=1 ;;
            */true) flags=@N@ ;;
            *) flags=0 ;;
            esac
            ;;
        esac
        set -- "$@" --flags="$flags" --name="$new_fqdn_fqdn"
    fi
    @TELL@
)
"""
_EXIT = """\
(
    case "$reason" in
    EXPIRE | FAIL | RELEASE | STOP | EXPIRE6 | RELEASE6 | STOP6) ;;
    *) exit 0 ;;
    esac
    address=${old_ip_address:-$old_ip6_address}
    [ -n "$address" ] || exit 0
    set -- "$address" --interface="$interface" --moment=ended
    @TELL@
)
"""
# A client must not wait for us for long, and must not fail because of us.
_TELL = """\
said=$(timeout 20 @COMMAND@ agent learned "$@" --config @CONFIG@ </dev/null 2>&1) ||
        logger -t tenure -p daemon.warning "the agent was not told of $address: $said" || true"""
_N81, _O = 0x08, 0x02


def dhclient_hooks(command: Sequence[str], config: str) -> dict[str, str]:
    """The text of each file, by its path below the root. `command` runs tenure, `config` is the agent's file."""
    tell = _TELL.replace("@COMMAND@", shlex.join(command)).replace("@CONFIG@", shlex.quote(config))
    return {
        path: f"{MARK}\n" + text.replace("@N@", str(_N81 | _O)).replace("@TELL@", tell)
        for path, text in ((ENTER, _ENTER), (EXIT, _EXIT))
    }


def is_ours(text: str) -> bool:
    """Whether a file is one that we wrote."""
    return text.startswith(MARK)
