"""The hook of dhcpcd: shell, taken in by dhcpcd-run-hooks(8). `registering.hooks` fills in what is between @.

dhcpcd runs it when the address is there already, so an agent that knows of this hook waits for its word. A lease of
DHCPv6 has several addresses, each in a variable of its own; the option is one for all.
"""

from __future__ import annotations

from typing import Final

# Options 81 and 39 come as the letters of the flags that are set (versions before 7: as a number), and a name. dhcpcd
# ends without STOP where it leaves the address in place (`persistent`); then the promise counts until the lease ends.
HOOK: Final = """\
(
    case "$reason" in
    BOUND | BOUND6) moment=bound which=new ;;
    RENEW | REBIND | REBOOT | RENEW6 | REBIND6 | REBOOT6) moment=renewed which=new ;;
    EXPIRE | NAK | STOP | EXPIRE6 | RELEASE6 | STOP6) moment=ended which=old ;;
    *) exit 0 ;;
    esac
    tell() {
        address=$1 seconds=$2 letters=$3 no=$4 name=$5 answered=$6
        [ -n "$address" ] || return 0
        set -- "$address" --interface="$interface" --moment="$moment"
        if [ "$moment" != ended ]; then
            [ -z "$seconds" ] || set -- "$@" --seconds="$seconds"
            if [ -n "$answered" ]; then
                case "$letters" in
                "" | *[!0-9]*)
                    flags=0
                    case "$letters" in *S*) flags=$((flags | @S@)) ;; esac
                    case "$letters" in *O*) flags=$((flags | @O@)) ;; esac
                    case "$letters" in *N*) flags=$((flags | no)) ;; esac
                    ;;
                *) flags=$letters ;;
                esac
                set -- "$@" --flags="$flags" --name="$name"
            fi
        fi
        @TELL@
    }
    case "$reason" in
    *6)
        answered=${new_dhcp6_fqdn_flags+y}${new_dhcp6_fqdn+y}${new_dhcp6_fqdn_fqdn+y}
        said=${new_dhcp6_fqdn:-$new_dhcp6_fqdn_fqdn}
        for one in $(env | sed -n "s/^\\(${which}_dhcp6_ia_[nt]a[0-9]*_ia_addr[0-9]*\\)=.*/\\1/p"); do
            eval "leased=\\$$one lasts=\\$${one}_vltime"
            tell "$leased" "$lasts" "$new_dhcp6_fqdn_flags" @N39@ "$said" "$answered"
        done
        ;;
    *)
        eval "leased=\\$${which}_ip_address"
        tell "$leased" "$new_dhcp_lease_time" "$new_fqdn_flags" @N81@ "${new_fqdn:-$new_fqdn_fqdn}" \\
            "${new_fqdn_flags+y}${new_fqdn+y}${new_fqdn_fqdn+y}"
        ;;
    esac
)
"""
