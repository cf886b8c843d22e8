"""What a person asks a DHCPv6 probe for, and the wish that it comes to; see `asked`. `ValueError` names the option."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

from tenure.console.probe.asked import Asked, by_hand, flags_of, iaid_of, octets_of, requested
from tenure.console.probe.dhcp6 import Start, Wish
from tenure.dhcpwire.kinds import octets_from_hex
from tenure.dhcpwire.v6.association import ADDRESS_BITS, IA_NA, IA_PD, IALease
from tenure.dhcpwire.v6.codes import Option
from tenure.dhcpwire.v6.kinds import address
from tenure.dhcpwire.v6.options import TABLE
from tenure.dnswire.name import from_text

# What most clients ask for: servers, search list, NTP, the name, how long to wait.
USUAL_REQUEST = (23, 24, 31, 32, 39, 56, 82, 83)
_DUID_LL = b"\0\3\0\1"
_ETHERNET = b"\0\1"
_NO_ENTERPRISE = bytes(4)
_FLAGS = (("S", 0x01), ("O", 0x02), ("N", 0x04))


def wish6(asked: Asked, hardware: bytes, transaction_id: bytes) -> Wish:
    """The wish of a DHCPv6 client whose DUID, unless one is given, is made of this hardware address."""
    _check(asked)
    start = Start.INFORMATION if asked.information else Start.CONFIRM if asked.reboot is not None else Start.SOLICIT
    return Wish(
        transaction_id=transaction_id,
        duid=_DUID_LL + hardware if asked.duid is None else octets_from_hex(asked.duid),
        iaid=iaid_of(asked.iaid),
        associations=_associations(asked),
        options=_options(asked),
        link=None if asked.link_address is None else address(asked.link_address),
        peer=link_local(hardware),
        relay_options=_relay_options(asked, hardware),
        start=start,
        rapid=asked.rapid_commit,
        offer_only=asked.offer_only,
        renew=asked.renew,
        release=asked.release,
        patience=asked.patience,
    )


def _check(asked: Asked) -> None:
    of_v4 = [
        ("--client-id", asked.client_id is not None, "write --duid"),
        ("--host-name", asked.host_name is not None, "write --fqdn"),
        ("--giaddr", asked.giaddr is not None, "write --link-address"),
        ("--inform", asked.inform is not None, "write --information"),
        ("--broadcast", asked.broadcast, "servers answer to the client alone"),
    ]
    for option, is_given, remedy in of_v4:
        if is_given:
            raise ValueError(f"{option} is of DHCPv4; {remedy}")
    if asked.lease_time is not None and asked.requested_address is None:
        raise ValueError("--lease-time belongs to an address or prefix; name it with --requested-address")
    begins = [asked.information, asked.reboot is not None, asked.requested_address is not None]
    if sum(begins) > 1:
        raise ValueError("--requested-address, --reboot and --information exclude one another")
    if (asked.information or asked.reboot is not None) and (
        asked.offer_only or asked.renew or asked.release or asked.pd
    ):
        raise ValueError(
            "--reboot and --information lease nothing: they exclude --offer-only, --renew, --release, --pd"
        )
    if asked.offer_only and (asked.renew or asked.release or asked.rapid_commit):
        raise ValueError("--offer-only commits nothing: it excludes --renew, --release and --rapid-commit")


def _associations(asked: Asked) -> tuple[tuple[int, tuple[IALease, ...]], ...]:
    """An address, with --pd a prefix too; an address or prefix that is asked for is in its own."""
    text = asked.reboot or asked.requested_address
    wanted = None if text is None else _lease(text, asked.lease_time or 0)
    addresses = (wanted,) if wanted is not None and wanted.prefix_length == ADDRESS_BITS else ()
    prefixes = (wanted,) if wanted is not None and not addresses else ()
    found = [(IA_NA, addresses)]
    if asked.pd or prefixes:
        found.append((IA_PD, prefixes))
    return tuple(found)


def _lease(text: str, seconds: int) -> IALease:
    if "/" not in text:
        return IALease(address(text), ADDRESS_BITS, seconds, seconds)
    try:
        prefix = IPv6Network(text)
    except ValueError:
        raise ValueError(f"a prefix is written 2001:db8:1::/56 without host bits, not {text!r}") from None
    return IALease(prefix.network_address.packed, prefix.prefixlen, seconds, seconds)


def _options(asked: Asked) -> tuple[tuple[int, bytes], ...]:
    options: dict[int, bytes] = {}
    if asked.fqdn is not None:
        options[Option.CLIENT_FQDN] = _fqdn39(asked.fqdn, asked.fqdn_flags)
    wanted = [requested(name, TABLE) for name in asked.request] or USUAL_REQUEST
    options[Option.ORO] = b"".join(code.to_bytes(2, "big") for code in wanted)
    return tuple({**options, **dict(by_hand(text, TABLE) for text in asked.options)}.items())


def _fqdn39(text: str, flags: str) -> bytes:
    letters = flags_of(flags, "SONE")  # E means nothing here: names always are in wire form
    field = from_text(text) if text else b""
    field = field if text.endswith(".") else field[:-1]  # without its root it is partial
    return bytes((sum(bit for letter, bit in _FLAGS if letter in letters),)) + field


def _relay_options(asked: Asked, hardware: bytes) -> tuple[tuple[int, bytes], ...]:
    """The interface id, the remote id, and the hardware address that the relay saw (RFC 6939)."""
    found = []
    if asked.circuit_id is not None:
        found.append((int(Option.INTERFACE_ID), octets_of(asked.circuit_id)))
    if asked.remote_id is not None:
        found.append((int(Option.REMOTE_ID), _NO_ENTERPRISE + octets_of(asked.remote_id)))
    found.append((int(Option.CLIENT_LINKLAYER_ADDR), _ETHERNET + hardware))
    return tuple(found)


def link_local(hardware: bytes) -> bytes:
    """The link-local address that is made of an Ethernet address (RFC 4291 appendix A)."""
    interface = bytes((hardware[0] ^ 2,)) + hardware[1:3] + b"\xff\xfe" + hardware[3:]
    return IPv6Address("fe80::").packed[:8] + interface
