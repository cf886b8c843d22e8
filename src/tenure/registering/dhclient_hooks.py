"""The two hooks of ISC dhclient: shell, taken in by its script. `registering.hooks` fills in what is between @.

It takes in the files of two folders: of one before it gives the interface an address, of the other at its end. A
promise has to be known before the address is there, or the agent would write what is not left to it; that a lease has
ended, when the address is gone.
"""

from __future__ import annotations

from typing import Final

# dhclient takes S and O out of option 81 as server-update and no-client-update (which is its old word for O), and loses
# N. A server that does not do what it was asked for (O without S) is one that writes nothing. Of option 39 it also has
# the octets, of which the first is the flags.
ENTER: Final = """\
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
            */true) flags=@NO81@ ;;
            *) flags=0 ;;
            esac
            ;;
        esac
        set -- "$@" --flags="$flags" --name="$new_fqdn_fqdn"
    fi
    @TELL@
)
"""
EXIT: Final = """\
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
