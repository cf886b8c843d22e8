"""The hook of NetworkManager: a program that its dispatcher runs (NetworkManager-dispatcher(8)).

What it is told of option 81 depends on who speaks DHCP for NetworkManager. Its internal client, the default, passes on
nothing of option 81 and only the name in option 39; then the agent is told that it cannot know, which is something else
than an answer without the option. dhclient's variables all come through, dhcpcd's too. Renewals that change nothing are
not told at all, so no lease is told with its length: it ends when the connection does.
"""

from __future__ import annotations

from typing import Final

# The dispatcher tells of one family with the variables of both. Where the octets of the option are there, the first is
# that of the flags.
HOOK: Final = """\
interface=$1
case "$2" in
up) moment=bound ;;
dhcp4-change | dhcp6-change | reapply) moment=renewed ;;
down) moment=ended ;;
*) exit 0 ;;
esac
tell() {
    address=$1
    set -- "$@" --interface="$interface" --moment="$moment"
    @TELL@
}
# The octets, whether the server is to update, the letters or number of the flags, the bit of N, the name, and what
# only a client says that would have told of the option.
answer() {
    case "$1" in
    [0-9a-fA-F]:* | [0-9a-fA-F][0-9a-fA-F]:*) flags=$((0x${1%%:*})) ;;
    *)
        flags=0
        case "$2/$3" in
        true/*) flags=@S@ ;;
        */*[NEOS]*)
            case "$3" in *S*) flags=$((flags | @S@)) ;; esac
            case "$3" in *N*) flags=$((flags | $4)) ;; esac
            ;;
        */[0-9]*) flags=$3 ;;
        false/* | */?*) ;;
        *)
            if [ -z "$6" ]; then told=--untold; else told=; fi
            return
            ;;
        esac
        ;;
    esac
    told=--flags=$flags name=$5
}
if [ "$moment" = ended ]; then
    tell all
    exit 0
fi
if [ -n "$DHCP4_IP_ADDRESS" ]; then
    name=
    answer "$DHCP4_FQDN" "$DHCP4_FQDN_SERVER_UPDATE" "$DHCP4_FQDN_FLAGS" @N81@ \\
        "${DHCP4_FQDN_FQDN:-$DHCP4_FQDN}" "$DHCP4_DHCP_MESSAGE_TYPE"
    tell "$DHCP4_IP_ADDRESS" ${told:+"$told"} ${name:+"--name=$name"}
fi
if [ -n "$DHCP6_IP6_ADDRESS" ]; then
    name=
    answer "$DHCP6_DHCP6_FQDN" "$DHCP6_FQDN_SERVER_UPDATE" "" @N39@ "$DHCP6_FQDN_FQDN" "$DHCP6_LIFE_STARTS"
    tell "$DHCP6_IP6_ADDRESS" ${told:+"$told"} ${name:+"--name=$name"}
fi
exit 0
"""
