"""Registrations in the store: how a claim changes a row, and what an outcome changes. Which rows are due: `due`.

Everything is one statement per row, so that a batch of claims is written without reading anything first. The conditions
compare with `<>` and not with `in`, for which SQLite builds a table in memory at each row: 100 times slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple, TypeAlias

from tenure.dnswire.name import Name
from tenure.ledger.session import Row, Session, Write
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Claim, Direction, Outcome, Part, Registration, State, Want, Withdraw

REGISTRATIONS_CHANNEL: Final = "tenure_registrations"

Key: TypeAlias = tuple[Name, bytes, bytes]  # name, address, DHCID

_DIRECTIONS: Final = ("forward", "reverse")
_PART: Final = ("state", "due_at", "attempts", "reason", "detail", "changed_at")
_HEAD: Final = ("name", "address", "dhcid", "ttl", "until", "generation", "wanted_at", "cause", "correlation")
_PARTS: Final = [f"{direction}_{column}" for direction in _DIRECTIONS for column in _PART]
STATES: Final = ", ".join([*_HEAD, *_PARTS])
COLUMNS: Final = f"{STATES}, conflict_mode"

# A lease that is renewed with a slightly other lifetime is no reason to write the record again.
_OTHER_TTL: Final = "abs(excluded.ttl - registration.ttl) * 4 > registration.ttl"

# Nor is it to take a name back that another lease has taken over since: two leases would write over one another, each
# at its renewals. Another server that asks for the record says how the right to it is proved, and means it.
_NOT_TAKEN_OVER: Final = f" and registration.forward_reason <> '{Reason.NAME_TAKEN_OVER}'"


class _Move(NamedTuple):
    """What becomes of one direction of a row when a claim meets it."""

    condition: str
    state: State
    due_at: str
    reason: str


def _moves(direction: str, wanted: State, again: bool, insists: bool) -> list[_Move]:
    """By what the claim wants of the direction; the first that fits, and if none does the direction stays as it is."""
    state = f"registration.{direction}_state"
    if wanted is State.PENDING:
        known = "" if again else f" and ({state} <> '{State.REGISTERED}' or {_OTHER_TTL})"
        if not insists:
            known += _NOT_TAKEN_OVER
        return [_Move(f"({state} <> '{State.PENDING}'{known})", State.PENDING, "excluded.wanted_at", Reason.WAITING)]
    gone = _Move(_ours(state), State.REMOVING, "excluded.wanted_at", Reason.WAITING)
    if wanted is State.CLIENT:
        watched = f"({state} = '{State.NONE}' or {state} = '{State.MISSING}')"
        return [gone, _Move(watched, State.CLIENT, f"excluded.{direction}_due_at", Reason.CLIENT_UPDATES)]
    return [gone, _Move(_clients(state), State.NONE, "null", "")]


def _ours(state: str) -> str:
    """Something of ours is in DNS, or on its way there."""
    return f"({state} = '{State.PENDING}' or {state} = '{State.REGISTERED}' or {state} = '{State.REFUSED}')"


def _clients(state: str) -> str:
    """The client keeps it itself, or should."""
    return f"({state} = '{State.CLIENT}' or {state} = '{State.MISSING}')"


def _moved_part(direction: str, moves: Sequence[_Move]) -> str:
    """The columns of one direction, moved or not."""

    def column(name: str, values: Sequence[str]) -> str:
        cases = zip(moves, values, strict=True)
        cased = " ".join(f"when {move.condition} then {value}" for move, value in cases)
        return f"{direction}_{name} = case {cased} else registration.{direction}_{name} end"

    return ", ".join(
        [
            column("state", [f"'{move.state}'" for move in moves]),
            column("due_at", [move.due_at for move in moves]),
            column("attempts", ["0" for _ in moves]),
            column("reason", [f"'{move.reason}'" for move in moves]),
            column("detail", ["''" for _ in moves]),
            column("changed_at", ["excluded.wanted_at" for _ in moves]),
        ]
    )


_NEW_PART: Final = {
    State.PENDING: f"'{State.PENDING}', ?, 0, '{Reason.WAITING}', '', ?",
    State.CLIENT: f"'{State.CLIENT}', ?, 0, '{Reason.CLIENT_UPDATES}', '', ?",
    State.NONE: f"'{State.NONE}', null, 0, '', '', ?",
}


_WISH: Final = "wished_name, guest_suffix"


class _Proved(IntEnum):
    """What a claim says of how names are proved."""

    AS_BEFORE = 0  # nothing: a server's leases, read beside its requests, want the same record
    BY_ZONE = 1
    BY_MODE = 2
    BY_REQUEST = 3  # by a mode too, of another server that asks for the record now


_SET_MODE: Final = {
    _Proved.AS_BEFORE: "",
    _Proved.BY_ZONE: " conflict_mode = null,",
    _Proved.BY_MODE: " conflict_mode = excluded.conflict_mode,",
    _Proved.BY_REQUEST: " conflict_mode = excluded.conflict_mode,",
}


def _put_want(forward: State, reverse: State, again: bool, wished: bool, proved: _Proved) -> str:
    """The statement that writes a claim. What a new row always has stands in it: to bind it costs more."""
    says_mode = proved in {_Proved.BY_MODE, _Proved.BY_REQUEST}
    insists = again or proved is _Proved.BY_REQUEST
    of_forward, of_reverse = _moves("forward", forward, again, insists), _moves("reverse", reverse, again, insists)
    moves = " or ".join([*(move.condition for move in [*of_forward, *of_reverse]), _OTHER_TTL])
    return f"""\
insert into registration ({STATES}, {_WISH}{", conflict_mode" if says_mode else ""})
/*many*/ values (?, ?, ?, ?, ?, 1, ?, '', ?,
{_NEW_PART[forward]}, {_NEW_PART[reverse]}, {"?, ?" if wished else "null, null"}{", ?" if says_mode else ""})
on conflict (name, address, dhcid) do update set
ttl = case when {_OTHER_TTL} then excluded.ttl else registration.ttl end,
until = excluded.until,
generation = registration.generation + case when {moves} then 1 else 0 end,
wanted_at = case when {moves} then excluded.wanted_at else registration.wanted_at end,
cause = '',
correlation = excluded.correlation,
wished_name = excluded.wished_name,
guest_suffix = excluded.guest_suffix,{_SET_MODE[proved]}
{_moved_part("forward", of_forward)},
{_moved_part("reverse", of_reverse)}"""


# of a claim: forward, reverse, again, the client is watched, another name may stand in, how names are proved
Wanted: TypeAlias = tuple[bool, bool, bool, bool, bool, _Proved]

PUT_WANT: Final[dict[Wanted, str]] = {
    (forward, reverse, again, watched, wished, proved): _put_want(
        State.PENDING if forward else State.CLIENT if watched else State.NONE,
        State.PENDING if reverse else State.NONE,
        again,
        wished,
        proved,
    )
    for forward, reverse, watched in (
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (False, True, True),
        (False, False, True),
    )
    for again in (False, True)
    for wished in (False, True)
    for proved in _Proved
}


def _withdrawn_part(direction: str) -> str:
    """The columns of one direction when the claim is withdrawn. Parameters: six times the time."""
    state = f"{direction}_state"
    ours, clients = _ours(state), _clients(state)
    return f"""\
{direction}_due_at = case when {ours} then ? when {clients} then null else {direction}_due_at end,
{direction}_attempts = case when {ours} then 0 else {direction}_attempts end,
{direction}_reason = case when {ours} then '{Reason.WAITING}' else {direction}_reason end,
{direction}_detail = case when {ours} then '' else {direction}_detail end,
{direction}_changed_at = case when {ours} then ? else {direction}_changed_at end,
{state} = case when {ours} then '{State.REMOVING}' when {clients} then '{State.NONE}' else {state} end"""


_OF_KEY: Final = "/*many*/ where name = ? and address = ? and dhcid = ?"

PUT_WITHDRAW: Final = f"""\
update registration set generation = generation + 1, cause = ?, correlation = ?,
{_withdrawn_part("forward")},
{_withdrawn_part("reverse")}
{_OF_KEY} and cause = ''"""

# The end of a lease, which takes nothing from a name that a reservation keeps in DNS.
PUT_LEASE_END: Final = f"""\
{PUT_WITHDRAW} and not exists (select 1 from standing_name where standing_name.address = registration.address
and standing_name.name = registration.name and standing_name.dhcid = registration.dhcid)"""
_LEASE_ENDS: Final = frozenset({Reason.LEASE_EXPIRED, Reason.LEASE_RELEASED, Reason.LEASE_TAKEN_AWAY})

CLAIMS_ON: Final = "select address, dhcid, cause, forward_state, forward_reason from registration where name = ?"

PROOFS_AT: Final = "select dhcid from registration where name = ?"

_STANDING: Final = frozenset({State.PENDING, State.REGISTERED, State.CLIENT})

DROP_SETTLED: Final = f"delete from registration {_OF_KEY} and forward_state = 'none' and reverse_state = 'none'"


def _outcome_statement(direction: Direction) -> str:
    """Parameters: see `write_outcomes`."""
    return f"""\
update registration set
{direction}_changed_at = case when {direction}_state = ? then {direction}_changed_at else ? end,
{direction}_state = ?, {direction}_reason = ?, {direction}_detail = ?, {direction}_due_at = ?, {direction}_attempts = ?
{_OF_KEY} and generation = ?"""


def _proved(want: Want) -> _Proved:
    if want.conflict_mode is None:
        return _Proved.AS_BEFORE
    if not want.conflict_mode:
        return _Proved.BY_ZONE
    return _Proved.BY_REQUEST if want.asked else _Proved.BY_MODE


def want_row(want: Want, now: float) -> tuple[Any, ...]:
    """The parameters of the `PUT_WANT` for what it wants: the row as it is when there was none."""
    name, address, dhcid, ttl, forward, reverse, until, correlation, _, client_by, wished, mode, _ = want
    if forward and reverse:
        times: tuple[float, ...] = (now, now, now, now)
    elif client_by is None:
        times = (now, now, now)
    else:
        times = (client_by, now, now, now) if reverse else (client_by, now, now)
    modes = (mode,) if mode else ()
    return (name, address, dhcid, ttl, until, now, correlation, *times, *(wished or ()), *modes)


def withdraw_row(gone: Withdraw, now: float) -> tuple[Any, ...]:
    """The parameters of `PUT_WITHDRAW`."""
    due_at = now + gone.due_in
    return (gone.cause, gone.correlation, due_at, now, due_at, now, gone.name, gone.address, gone.dhcid)


def registration_of(row: Row) -> Registration:
    """The value of a row with `COLUMNS`."""
    forward, reverse = tuple.__new__(Part, row[9:15]), tuple.__new__(Part, row[15:21])
    return tuple.__new__(Registration, (*row[:9], forward, reverse, row[21], (), None, (), None))


class Registrations:
    """Reads and writes registrations through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put_want = {wanted: session.sql(statement) for wanted, statement in PUT_WANT.items()}
        self._put_withdraw, self._put_lease_end = session.sql(PUT_WITHDRAW), session.sql(PUT_LEASE_END)
        self._claims_on = session.sql(CLAIMS_ON)
        self._proofs_at = session.sql(PROOFS_AT)
        self._drop_settled = session.sql(DROP_SETTLED)
        self._outcome = {direction: session.sql(_outcome_statement(direction)) for direction in Direction}

    def claims_on(self, name: Name) -> dict[tuple[bytes, bytes], Claim]:
        """What devices want of a name, by address and DHCID; what is on its way out is not among it."""
        return {
            (address, dhcid): Claim(
                dhcid,
                stands=state in _STANDING,
                refused=state == State.REFUSED and reason in NAME_REFUSALS,
            )
            for address, dhcid, cause, state, reason in self._session.rows(self._claims_on, (name,))
            if not cause
        }

    def proofs_at(self, name: Name) -> set[bytes]:
        """The DHCIDs of all claims on a name, of those too that are on their way out."""
        return {dhcid for (dhcid,) in self._session.rows(self._proofs_at, (name,))}

    def write_claims(self, claims: Iterable[Want | Withdraw], now: float) -> None:
        """Writes what leases want of DNS, at most one claim for each key."""
        self._session.write_all(self.claim_writes(claims, now))

    def claim_writes(self, claims: Iterable[Want | Withdraw], now: float) -> list[Write]:
        """What `write_claims` writes."""
        wants: dict[Wanted, list[tuple[Any, ...]]] = {}
        gone: list[Withdraw] = []
        over: list[Withdraw] = []
        for claim in claims:
            if isinstance(claim, Withdraw):
                (over if claim.cause in _LEASE_ENDS else gone).append(claim)
            elif claim.forward or claim.reverse or claim.client_by is not None:
                is_watched, is_wished = claim.client_by is not None, claim.wished is not None
                wanted = claim.forward, claim.reverse, claim.again, is_watched, is_wished, _proved(claim)
                wants.setdefault(wanted, []).append(want_row(claim, now))
            else:  # wanting neither direction is wanting nothing
                cause = Reason.UPDATES_DISABLED
                gone.append(Withdraw(claim.name, claim.address, claim.dhcid, cause, claim.correlation))
        writes: list[Write] = []
        if over:
            writes.append((self._put_lease_end, [withdraw_row(one, now) for one in over]))
        if gone:
            writes.append((self._put_withdraw, [withdraw_row(one, now) for one in gone]))
        if ended := over + gone:
            writes.append((self._drop_settled, [(one.name, one.address, one.dhcid) for one in ended]))
        return writes + [(self._put_want[wanted], rows) for wanted, rows in wants.items()]

    def write_outcomes(self, outcomes: Sequence[Outcome], now: float) -> int:
        """Writes what the updater found out, of rows that still want the same; how many that were."""
        recorded = 0
        for direction in Direction:
            rows = [
                (
                    *(one.state.value, now, one.state.value, one.reason, one.detail, one.due_at, one.attempts),
                    *(one.name, one.address, one.dhcid, one.generation),
                )
                for one in outcomes
                if one.direction is direction
            ]
            if rows:
                recorded += self._session.write(self._outcome[direction], rows)
        settled = [(one.name, one.address, one.dhcid) for one in outcomes if one.state is State.NONE]
        if settled:
            self._session.write(self._drop_settled, settled)
        return recorded
