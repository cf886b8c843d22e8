"""Names that one lease has written over another's (`ddns-conflict-resolution-mode`): what the other one says of itself.

Its address is out of DNS at the name, and so is its DHCID. It is refused like one that came second, and its pointer
goes, as no address may name a host whose claim to the name does not stand (RFC 4703 section 5.4). What a name has of
the other family stays, as the update left it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from tenure.dnswire.name import Name
from tenure.ledger.session import Session
from tenure.naming.event import Event
from tenure.naming.reason import Reason
from tenure.naming.registration import Confirmed, Registration, State

_HOLDERS: Final = f"""\
select name, address, dhcid, correlation from registration
where name = any(?) and forward_state = '{State.REGISTERED}' and cause = ''"""

_POINTS: Final = f"(reverse_state = '{State.REGISTERED}' or reverse_state = '{State.PENDING}')"
_LOSE: Final = f"""\
update registration set generation = generation + 1,
forward_state = '{State.REFUSED}', forward_due_at = null, forward_reason = '{Reason.NAME_TAKEN_OVER}',
forward_detail = ?, forward_changed_at = ?,
reverse_due_at = case when {_POINTS} then ? else reverse_due_at end,
reverse_attempts = case when {_POINTS} then 0 else reverse_attempts end,
reverse_reason = case when {_POINTS} then '{Reason.FORWARD_REFUSED}' else reverse_reason end,
reverse_detail = case when {_POINTS} then '' else reverse_detail end,
reverse_changed_at = case when {_POINTS} then ? else reverse_changed_at end,
reverse_state = case when {_POINTS} then '{State.REMOVING}' else reverse_state end
where name = ? and address = ? and dhcid = ?"""


class _Lost(NamedTuple):
    name: Name
    address: bytes
    dhcid: bytes
    correlation: str
    by: bytes  # the address that the name has instead


class TakenOverNames:
    """Writes it through one session."""

    def __init__(self, session: Session, append_event: str) -> None:
        self._session = session
        self._holders, self._lose = session.sql(_HOLDERS), session.sql(_LOSE)
        self._append_event = append_event

    def note(self, confirmed: Sequence[Confirmed], now: float) -> None:
        """Has the leases lose their names over which these, already written, were; the last of them counts."""
        taking = [row for one in confirmed if one.takes_over for row in one.rows]
        if not taking:
            return
        winners = {(row.name, len(row.address)): row for row in taking}
        rows = self._session.rows_among(self._holders, list({row.name for row in taking}))
        if lost := [one for row in rows if (one := _lost(row, winners)) is not None]:
            self._session.write(self._lose, [(_detail(one), now, now, now, *one[:3]) for one in lost])
            self._session.write(self._append_event, [_event(one, now) for one in lost])


def _lost(row: tuple[Any, ...], winners: dict[tuple[Name, int], Registration]) -> _Lost | None:
    name, address, dhcid, correlation = row
    winner = winners.get((name, len(address)))
    if winner is None or winner.dhcid == dhcid or winner.address == address:
        return None
    return _Lost(name, address, dhcid, correlation, winner.address)


def _detail(one: _Lost) -> str:
    return f"the name has {ip_address(one.by)} now"


def _event(one: _Lost, now: float) -> Event:
    return Event(now, "name-taken-over", "updater", "", one.correlation, one.address, one.name, detail=_detail(one))
