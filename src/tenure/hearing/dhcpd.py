"""ISC dhcpd's lease files: declarations, one for each change, the last one of a lease or an association counts.

    lease 10.1.0.10 {                           ia-na "\\001\\000\\000\\000\\000\\003..." {
      starts 4 2026/11/26 13:37:13;               cltt 4 2026/11/26 13:37:13;
      ends 4 2026/11/26 14:37:13;                 iaaddr 2001:db8::10 {
      binding state active;                         binding state active;
      hardware ethernet 02:00:00:00:00:01;          ends 4 2026/11/26 14:37:13;
      uid "\\001\\002...";                              set ddns-fwd-name = "pc1.example.test";
      client-hostname "pc1";                      }
    }                                           }

Times are UTC, or `epoch SECONDS`, or `never`. The text of an association is its IAID of four octets and the DUID. dhcpd
ends a declaration by a brace at the beginning of a line, and writes none anywhere else (dhcpd.leases(5)).
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from tenure.dhcpwire.identity import CLIENT_ID_KEY, DUID_KEY, HARDWARE_KEY
from tenure.hearing.entry import Entry, lifetime_of, point_in_time
from tenure.naming.reason import Reason

_IAID: Final = 4  # octets before the DUID
_HARDWARE_TYPES: Final = {b"ethernet": 1, b"token-ring": 6, b"fddi": 8, b"infiniband": 32}

_STATEMENT: Final = re.compile(
    rb"^\s+(?:set )?([a-z][a-z0-9-]*)(?: = | )((?:[^\";]|\"(?:[^\"\\]|\\.)*\")*);", re.MULTILINE
)
_IAADDR: Final = re.compile(rb"^\s+iaaddr (\S+) \{\n(.*?)^\s+\}", re.MULTILINE | re.DOTALL)
_TIME: Final = re.compile(rb"[0-6] (\d{4})/(\d\d?)/(\d\d?) (\d\d?):(\d\d?):(\d\d?)")
_EPOCH: Final = re.compile(rb"epoch (\d+)")
_ESCAPE: Final = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_CONTROLS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b"}
_RUNNING: Final = frozenset({b"active", b"bootp"})
_OVER: Final = {b"expired": Reason.LEASE_EXPIRED, b"abandoned": Reason.ADDRESS_DECLINED}


def entries_of(declaration: bytes) -> Iterator[Entry]:
    """What a declaration, from its keyword to its last brace, says of its addresses; of prefixes and others nothing.

    `ValueError` if it cannot be read.
    """
    keyword, name, body = _split(declaration)
    if keyword == b"lease":
        yield _lease(name, dict(_STATEMENT.findall(body)))
    elif keyword in {b"ia-na", b"ia-ta"}:
        identity = _text(name)
        outer = dict(_STATEMENT.findall(_IAADDR.sub(b"", body)))
        for address, inner in _IAADDR.findall(body):
            yield _association(address, identity[_IAID:], outer | dict(_STATEMENT.findall(inner)))


def key_of(head: bytes) -> bytes | None:
    """What the first line of a declaration is about, the same for each of its changes; None if it is no lease."""
    if head.startswith((b"lease ", b"ia-na ", b"ia-ta ")) and head.rstrip().endswith(b"{"):
        return head.rstrip()
    return None


def _split(declaration: bytes) -> tuple[bytes, bytes, bytes]:
    head, _, body = declaration.partition(b"\n")
    keyword, _, name = head.strip().removesuffix(b"{").strip().partition(b" ")
    if not name or not body:
        raise ValueError("it is no declaration of a lease")
    return keyword, name, body


def _lease(name: bytes, said: dict[bytes, bytes]) -> Entry:
    hardware, client_id = said.get(b"hardware", b""), _text(said.get(b"uid", b""))
    if len(client_id) > 1:
        client = bytes((CLIENT_ID_KEY,)) + client_id
    else:
        kind, _, octets = hardware.partition(b" ")
        address = bytes.fromhex(octets.decode("ascii").replace(":", ""))
        client = bytes((HARDWARE_KEY, _HARDWARE_TYPES.get(kind, 1))) + address if address else b""
    return _entry(name, client, said, _point(said.get(b"starts", b"never")))


def _association(name: bytes, duid: bytes, said: dict[bytes, bytes]) -> Entry:
    return _entry(name, bytes((DUID_KEY,)) + duid, said, _point(said.get(b"cltt", b"never")))


def _entry(name: bytes, client: bytes, said: dict[bytes, bytes], starts_at: int | None) -> Entry:
    """The entry. dhcpd notes the name that it has registered itself, and the one that the client was to register."""
    state = said.get(b"binding", b"state free").removeprefix(b"state ")
    ends_at = _point(said.get(b"ends", b"never"))
    own, clients = said.get(b"ddns-fwd-name"), said.get(b"ddns-client-fqdn")
    return Entry(
        ip_address(name.decode("ascii")).packed,
        client,
        _text(own or clients or said.get(b"client-hostname", b"")),
        None if state in _RUNNING else _OVER.get(state, Reason.LEASE_RELEASED),
        ends_at,
        lifetime_of(starts_at or 0, ends_at),
        False if clients is not None and own is None else None,
    )


def _point(text: bytes) -> int | None:
    """UTC seconds; None: never."""
    if text == b"never":
        return None
    if (found := _TIME.match(text)) is not None:
        year, month, day, hour, minute, second = map(int, found.groups())
        return point_in_time(timegm((year, month, day, hour, minute, second, 0, 0, 0)))
    if (found := _EPOCH.match(text)) is not None:
        return point_in_time(int(found[1]))
    raise ValueError(f"{text.decode('ascii', 'replace')!r} is no point in time")


def _text(quoted: bytes) -> bytes:
    """The octets of a text in quotes; of hex with colons, as dhcpd writes some, what that stands for."""
    if not quoted.startswith(b'"'):
        return bytes.fromhex(quoted.decode("ascii").replace(":", "")) if quoted else b""
    return _ESCAPE.sub(_unescaped, quoted[1:-1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes((int(code, 8) & 0xFF,)) if len(code) == 3 else _CONTROLS.get(code, code)
