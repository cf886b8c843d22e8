"""What a person asks a probe for, in text, and the wish of a client that it comes to. `ValueError` names the option."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.console.probe.dhcp4 import Start, Wish
from tenure.dhcpwire.fqdn import ascii_field, build_fqdn81
from tenure.dhcpwire.identity import client_id_key, hardware_from_text
from tenure.dhcpwire.kinds import octets_from_hex
from tenure.dhcpwire.option_table import OptionTable
from tenure.dhcpwire.v4.encoding import encode_options
from tenure.dhcpwire.v4.kinds import address
from tenure.dhcpwire.v4.options import TABLE, Option
from tenure.dnswire.name import from_text

# What most clients ask for: mask, routers, name servers, host name, domain, broadcast, lease times, search, routes.
USUAL_REQUEST = (1, 3, 6, 12, 15, 28, 51, 58, 59, 119, 121)
USUAL_FLAGS = "SE"


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command that say what the client says; None or empty: not given."""

    client_id: str | None = None
    duid: str | None = None
    iaid: str = "1"
    host_name: str | None = None
    fqdn: str | None = None
    fqdn_flags: str = USUAL_FLAGS
    giaddr: str | None = None
    circuit_id: str | None = None
    remote_id: str | None = None
    link_address: str | None = None
    request: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    requested_address: str | None = None
    reboot: str | None = None
    inform: str | None = None
    information: bool = False  # DHCPv6
    pd: bool = False  # DHCPv6
    lease_time: int | None = None
    rapid_commit: bool = False
    broadcast: bool = False
    offer_only: bool = False
    renew: bool = False
    release: bool = False
    patience: float = 6.0


def wish4(asked: Asked, hardware: bytes, xid: int) -> Wish:
    """The wish of a DHCPv4 client with this hardware address."""
    if asked.pd or asked.information:
        raise ValueError("--pd and --information are of DHCPv6; write -6 with them")
    begins = [(Start.REBOOT, asked.reboot), (Start.INFORM, asked.inform)]
    given = [(start, text) for start, text in begins if text is not None]
    if len(given) > 1 or (given and asked.requested_address is not None):
        raise ValueError("--requested-address, --reboot and --inform exclude one another")
    start, where = given[0] if given else (Start.DISCOVER, asked.requested_address)
    if asked.offer_only and start is not Start.DISCOVER:
        raise ValueError("--offer-only is for a client that begins with a DISCOVER")
    if asked.offer_only and (asked.renew or asked.release or asked.rapid_commit):
        raise ValueError("--offer-only commits nothing: it excludes --renew, --release and --rapid-commit")
    if start is Start.INFORM and (asked.renew or asked.release):
        raise ValueError("--inform leases nothing that could be renewed or given back")
    return Wish(
        xid=xid,
        hardware=hardware,
        options=_options4(asked),
        relay=_relay4(asked),
        giaddr=address4("--giaddr", asked.giaddr),
        broadcast=asked.broadcast,
        start=start,
        address=address4("the address asked for", where),
        offer_only=asked.offer_only,
        renew=asked.renew,
        release=asked.release,
        patience=asked.patience,
    )


def hardware_of(text: str) -> bytes:
    """The hardware address of a client on Ethernet."""
    value = hardware_from_text(text)
    if value[0] != 1 or len(value) != 7:
        raise ValueError(f"--mac {text!r} is not an Ethernet address; write 02:00:00:00:0a:01")
    return value[1:]


def counted(hardware: bytes, index: int) -> bytes:
    """The hardware address of the client that comes so many behind: its lower half counts up, and begins again."""
    number = (int.from_bytes(hardware[3:], "big") + index) % 2**24
    return hardware[:3] + number.to_bytes(3, "big")


def _options4(asked: Asked) -> tuple[tuple[int, bytes], ...]:
    options: dict[int, bytes] = {}
    if (identifier := _client_id(asked)) is not None:
        options[Option.CLIENT_IDENTIFIER] = identifier
    if asked.lease_time is not None:
        options[Option.LEASE_TIME] = asked.lease_time.to_bytes(4, "big")
    if asked.rapid_commit:
        options[Option.RAPID_COMMIT] = b""
    if asked.host_name is not None:
        options[Option.HOST_NAME] = asked.host_name.encode("utf-8")
    if asked.fqdn is not None:
        options[Option.CLIENT_FQDN] = _fqdn81(asked.fqdn, asked.fqdn_flags)
    wanted = [requested(name, TABLE) for name in asked.request] or USUAL_REQUEST
    options[Option.PARAMETER_REQUEST_LIST] = bytes(wanted)
    return tuple({**options, **dict(by_hand(text, TABLE) for text in asked.options)}.items())


def _client_id(asked: Asked) -> bytes | None:
    iaid = iaid_of(asked.iaid)
    if asked.duid is None:
        return None if asked.client_id is None else client_id_key(asked.client_id)[1:]
    if asked.client_id is not None:
        raise ValueError("--client-id and --duid exclude one another")
    return b"\xff" + iaid + octets_from_hex(asked.duid)


def iaid_of(text: str) -> bytes:
    """4 octets: a number, or hex that begins with 0x."""
    try:
        return int(text, 0).to_bytes(4, "big")
    except (ValueError, OverflowError):
        raise ValueError(f"--iaid {text!r} is not a number from 0 to {2**32 - 1}") from None


def flags_of(text: str, known: str) -> set[str]:
    """The letters of flags."""
    letters = {letter for letter in text.upper() if letter not in " ,|-"}
    if letters - set(known):
        raise ValueError(f"--fqdn-flags {text!r} is not known; write letters out of {known}, or an empty text for none")
    return letters


def _fqdn81(text: str, flags: str) -> bytes:
    letters = flags_of(flags, "SOEN")
    in_wire_form = "E" in letters
    if not text:
        field = b""
    elif in_wire_form:
        field = from_text(text)
        field = field if text.endswith(".") else field[:-1]  # without its root it is partial
    else:
        field = ascii_field(from_text(text), final_dot=text.endswith("."))
    return build_fqdn81("S" in letters, "O" in letters, "N" in letters, in_wire_form, field)


def _relay4(asked: Asked) -> bytes | None:
    given = [(1, asked.circuit_id), (2, asked.remote_id)]
    parts = [(code, octets_of(text)) for code, text in given if text is not None]
    if asked.link_address is not None:
        parts.append((5, address(asked.link_address)))
    if any(len(data) > 255 for _, data in parts):
        raise ValueError("a sub-option of option 82 has at most 255 octets")
    return encode_options(parts) if parts else None


def octets_of(text: str) -> bytes:
    """Text as it is, or octets in hex behind `0x` or `hex:`."""
    return octets_from_hex(text) if text.startswith(("0x", "hex:")) else text.encode("utf-8")


def requested(name: str, table: OptionTable) -> int:
    """The code of an option that is asked for."""
    return _code("--request", name, name, table)


def by_hand(text: str, table: OptionTable) -> tuple[int, bytes]:
    """Code and data of `NAME=VALUE`, by the protocol's own table."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--option {text!r} is not NAME=VALUE; write host-name=pc1, or 224=0x0a0b")
    _code("--option", text, name.strip(), table)
    # `0x` means octets for an option that has a name too
    return table.option_of(name.strip(), f"hex:{value[2:]}" if value.startswith("0x") else value)


def _code(what: str, text: str, name: str, table: OptionTable) -> int:
    """The code of an option that a message can have."""
    code = table.code_of(name)
    if not 1 <= code <= table.last:
        raise ValueError(f"{what} {text!r} is not an option; its code would be from 1 to {table.last}")
    return code


def address4(what: str, text: str | None) -> bytes | None:
    """The address that the option `what` names, if it is given."""
    if text is None:
        return None
    try:
        return address(text)
    except ValueError as problem:
        raise ValueError(f"{what}: {problem}") from None
