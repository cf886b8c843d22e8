"""Names that reservations keep in DNS (`naming.standing`), in the store, and how each of them stands.

What a lease had in DNS stays when it ends, as long as a row here wants the same (`registrations`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tenure.dnswire.name import Name
from tenure.leasing.lease import LeaseState
from tenure.ledger.session import Row, Session
from tenure.naming.registration import NO_END, State
from tenure.naming.standing import Situation, StandingName

_COLUMNS: Final = ", ".join(StandingName._fields)
_ALL: Final = f"select {_COLUMNS} from standing_name order by address"
_OF_NAME: Final = f"select {_COLUMNS} from standing_name where name = ? order by address"
_ANY: Final = "select 1 from standing_name limit 1"
_PUT: Final = f"""\
insert into standing_name ({_COLUMNS}) values (?, ?, ?, ?, ?) on conflict (address) do update
set name = excluded.name, dhcid = excluded.dhcid, ttl = excluded.ttl, gives_way = excluded.gives_way"""
_DROP: Final = "delete from standing_name where address = ?"
_DROP_NAME: Final = "delete from standing_name where name = ?"

_PAGE: Final = 500
_SIZE: Final = len(StandingName._fields)

_BOUND: Final = int(LeaseState.BOUND)
_DECLINED: Final = int(LeaseState.DECLINED)
_SAME: Final = "coalesce(lease.fqdn = standing_name.name and lease.dhcid = standing_name.dhcid, false)"
_REFUSED: Final = f"(registration.forward_state = '{State.REFUSED}' or registration.reverse_state = '{State.REFUSED}')"


def _is_ours(state: str) -> str:
    return f"({state} = '{State.PENDING}' or {state} = '{State.REGISTERED}' or {state} = '{State.REFUSED}')"


# Said as the reservation says it, and not only by a lease: both directions, without an end, with this TTL.
_SAID: Final = f"""\
coalesce({_is_ours("registration.forward_state")} and {_is_ours("registration.reverse_state")}
and registration.until = {NO_END} and abs(standing_name.ttl - registration.ttl) * 4 <= registration.ttl, false)"""

# Another address of the family at which the client has the name by a lease.
_ELSEWHERE: Final = """\
exists (select 1 from registration other where other.name = standing_name.name and other.dhcid = standing_name.dhcid
and other.address <> standing_name.address and length(other.address) = length(standing_name.address)
and other.cause = '' and not exists (select 1 from standing_name twin
where twin.address = other.address and twin.name = other.name and twin.dhcid = other.dhcid))"""

# Parameter: the time.
_SITUATION: Final = f"""\
select {", ".join(f"standing_name.{column}" for column in StandingName._fields)},
registration.name is not null as is_wanted, {_SAID} as is_said, coalesce({_REFUSED}, false) as is_refused,
lease.state is not null and lease.state = {_BOUND} and {_SAME} as is_leased,
lease.state is not null and lease.state = {_BOUND} and not {_SAME} as is_leased_otherwise,
lease.state is not null and lease.state = {_DECLINED} and lease.ends_at > ? as is_declined,
{_ELSEWHERE} as is_elsewhere
from standing_name
left join registration on registration.name = standing_name.name and registration.address = standing_name.address
and registration.dhcid = standing_name.dhcid and registration.cause = ''
left join lease on lease.address = standing_name.address"""

# Further parameters: whether those that DNS refuses are wanted too, the address before the first, how many.
_UNSETTLED: Final = f"""\
select * from ({_SITUATION}) found
where (not is_said or is_leased_otherwise or is_declined or is_elsewhere or (? = 1 and is_refused)) and address > ?
order by address limit ?"""
_SITUATION_OF: Final = (
    f"{_SITUATION} where standing_name.name = ? or standing_name.address = ? order by standing_name.address"
)


class StandingNames:
    """Reads and writes them through one session, inside a transaction or a reading of it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._all, self._of_name, self._any = session.sql(_ALL), session.sql(_OF_NAME), session.sql(_ANY)
        self._put, self._drop, self._drop_name = session.sql(_PUT), session.sql(_DROP), session.sql(_DROP_NAME)
        self._unsettled, self._situation_of = session.sql(_UNSETTLED), session.sql(_SITUATION_OF)

    def all(self) -> list[StandingName]:
        """All of them, by address."""
        return [_standing(row) for row in self._session.rows(self._all)]

    def of(self, name: Name) -> list[StandingName]:
        """Those with this name."""
        return [_standing(row) for row in self._session.rows(self._of_name, (name,))]

    def put(self, standing: Sequence[StandingName]) -> None:
        """Writes them; each address has the newest."""
        if standing:
            self._session.write(self._put, standing)

    def drop(self, addresses: Iterable[bytes]) -> None:
        """Nothing stands at these addresses any more."""
        if gone := [(address,) for address in addresses]:
            self._session.write(self._drop, gone)

    def drop_names(self, names: Iterable[Name]) -> None:
        """None of these names stands any more, until a configuration is applied anew."""
        if gone := [(name,) for name in names]:
            self._session.write(self._drop_name, gone)

    def unsettled(self, now: float, after: bytes = b"", *, refused: bool = False) -> list[Situation]:
        """Some hundred of which something may be to do, by address behind `after`. `refused`: those of DNS too."""
        if self._session.one(self._any) is None:
            return []
        rows = self._session.rows(self._unsettled, (now, int(refused), after, _PAGE))
        return [_situation(row) for row in rows]

    def situations(self, now: float, name: Name, address: bytes) -> list[Situation]:
        """How those stand that have the name or the address."""
        return [_situation(row) for row in self._session.rows(self._situation_of, (now, name, address))]


def _situation(row: Row) -> Situation:
    return Situation(_standing(row[:_SIZE]), *map(bool, row[_SIZE:]))


def _standing(row: Row) -> StandingName:
    """The value of a row; whether it gives way is a number in SQLite."""
    address, name, dhcid, ttl, gives_way = row
    return StandingName(address, name, dhcid, ttl, bool(gives_way))
