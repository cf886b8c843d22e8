"""Registrations in the store: how a claim changes a row, which rows are due, and what an outcome changes.

Everything is one statement per row, so that a batch of claims is written without reading anything first. The conditions
compare with `<>` and not with `in`, for which SQLite builds a table in memory at each row: 100 times slower.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from tenure.dnswire.name import Name
from tenure.ledger.session import Row, Session, Write
from tenure.naming.reason import NAME_REFUSALS, Reason
from tenure.naming.registration import Claim, Direction, Former, Outcome, Part, Registration, State, Want, Withdraw

REGISTRATIONS_CHANNEL = "tenure_registrations"

Key: TypeAlias = tuple[Name, bytes, bytes]  # name, address, DHCID

_DIRECTIONS = ("forward", "reverse")
_PART = ("state", "due_at", "attempts", "reason", "detail", "changed_at")
_HEAD = ("name", "address", "dhcid", "ttl", "until", "generation", "wanted_at", "cause", "correlation")
COLUMNS = ", ".join([*_HEAD, *(f"{direction}_{column}" for direction in _DIRECTIONS for column in _PART)])

# A lease that is renewed with a slightly other lifetime is no reason to write the record again.
_OTHER_TTL = "abs(excluded.ttl - registration.ttl) * 4 > registration.ttl"


class _Move(NamedTuple):
    """What becomes of one direction of a row when a claim meets it."""

    condition: str
    state: State
    due_at: str
    reason: str


def _moves(direction: str, wanted: State, again: bool) -> list[_Move]:
    """By what the claim wants of the direction; the first that fits, and if none does the direction stays as it is."""
    state = f"registration.{direction}_state"
    if wanted is State.PENDING:
        known = "" if again else f" and ({state} <> '{State.REGISTERED}' or {_OTHER_TTL})"
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


_NEW_PART = {
    State.PENDING: f"'{State.PENDING}', ?, 0, '{Reason.WAITING}', '', ?",
    State.CLIENT: f"'{State.CLIENT}', ?, 0, '{Reason.CLIENT_UPDATES}', '', ?",
    State.NONE: f"'{State.NONE}', null, 0, '', '', ?",
}


_WISH = "wished_name, guest_suffix"


def _put_want(forward: State, reverse: State, again: bool, wished: bool) -> str:
    """The statement that writes a claim. What a new row always has stands in it: to bind it costs more."""
    of_forward, of_reverse = _moves("forward", forward, again), _moves("reverse", reverse, again)
    moves = " or ".join([*(move.condition for move in [*of_forward, *of_reverse]), _OTHER_TTL])
    return f"""\
insert into registration ({COLUMNS}, {_WISH})
/*many*/ values (?, ?, ?, ?, ?, 1, ?, '', ?,
{_NEW_PART[forward]}, {_NEW_PART[reverse]}, {"?, ?" if wished else "null, null"})
on conflict (name, address, dhcid) do update set
ttl = case when {_OTHER_TTL} then excluded.ttl else registration.ttl end,
until = excluded.until,
generation = registration.generation + case when {moves} then 1 else 0 end,
wanted_at = case when {moves} then excluded.wanted_at else registration.wanted_at end,
cause = '',
correlation = excluded.correlation,
wished_name = excluded.wished_name,
guest_suffix = excluded.guest_suffix,
{_moved_part("forward", of_forward)},
{_moved_part("reverse", of_reverse)}"""


# of a claim: forward, reverse, again, the client is watched, another name may stand in
Wanted: TypeAlias = tuple[bool, bool, bool, bool, bool]

PUT_WANT: dict[Wanted, str] = {
    (forward, reverse, again, watched, wished): _put_want(
        State.PENDING if forward else State.CLIENT if watched else State.NONE,
        State.PENDING if reverse else State.NONE,
        again,
        wished,
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


_OF_KEY = "/*many*/ where name = ? and address = ? and dhcid = ?"

PUT_WITHDRAW = f"""\
update registration set generation = generation + 1, cause = ?, correlation = ?,
{_withdrawn_part("forward")},
{_withdrawn_part("reverse")}
{_OF_KEY} and cause = ''"""

CLAIMS_ON = "select address, dhcid, cause, forward_state, forward_reason from registration where name = ?"

_STANDING = frozenset({State.PENDING, State.REGISTERED, State.CLIENT})

DROP_SETTLED = f"delete from registration {_OF_KEY} and forward_state = 'none' and reverse_state = 'none'"

# A name that one device gives up is free for the next only when it is out of DNS: an addition waits for every removal
# of the same name by another device that is still under way, in whatever order they are due. A device's own new address
# does not wait for its old one to go, so that the name stays in DNS while its device moves.
_NOT_BLOCKED = f"""\
not (forward_state = '{State.PENDING}' and exists (select 1 from registration other
where other.name = registration.name and other.forward_state = '{State.REMOVING}'
and other.forward_due_at is not null and other.dhcid <> registration.dhcid))"""

# Records of a claim whose removal is late stand at the address: whoever writes the next pointer there takes exactly
# these away first, and leaves what a person put beside them.
_HAS_FORMERS = f"""\
(reverse_state = '{State.PENDING}' and exists (select 1 from registration former
where former.address = registration.address and former.reverse_state = '{State.REMOVING}'))"""
_FORMERS = f"select name, dhcid from registration where address = ? and reverse_state = '{State.REMOVING}'"

# Mostly nothing is on its way out, and then no row need be asked what it must wait for or has to bring along.
_ANY_LEAVING = f"""\
select exists (select 1 from registration where forward_state = '{State.REMOVING}')
or exists (select 1 from registration where reverse_state = '{State.REMOVING}')"""


def _due(has_formers: str, condition: str) -> str:
    """A page of what is due, in the order of the index, without a sort: a hundred thousand rows may be due at once."""
    return f"""\
select {COLUMNS}, due_at, {has_formers} from registration
where (due_at, name, address, dhcid) > (?, ?, ?, ?) and due_at <= ?{condition}
order by due_at, name, address, dhcid limit ?"""


DUE = _due("null", "")
DUE_BEHIND_REMOVALS = _due(_HAS_FORMERS, f" and {_NOT_BLOCKED}")
WAITING = f"""\
select {COLUMNS} from registration where (due_at, name, address, dhcid) > (?, ?, ?, ?)
order by due_at, name, address, dhcid limit ?"""
NEXT_DUE = f"""\
select due_at, name, address, dhcid from registration where due_at is not null and {_NOT_BLOCKED}
order by due_at limit ?"""


def _outcome_statement(direction: Direction) -> str:
    """Parameters: see `write_outcomes`."""
    return f"""\
update registration set
{direction}_changed_at = case when {direction}_state = ? then {direction}_changed_at else ? end,
{direction}_state = ?, {direction}_reason = ?, {direction}_detail = ?, {direction}_due_at = ?, {direction}_attempts = ?
{_OF_KEY} and generation = ?"""


def want_row(want: Want, now: float) -> tuple[Any, ...]:
    """The parameters of the `PUT_WANT` for what it wants: the row as it is when there was none."""
    name, address, dhcid, ttl, forward, reverse, until, correlation, _, client_by, wished = want
    if forward and reverse:
        times: tuple[float, ...] = (now, now, now, now)
    elif client_by is None:
        times = (now, now, now)
    else:
        times = (client_by, now, now, now) if reverse else (client_by, now, now)
    return (name, address, dhcid, ttl, until, now, correlation, *times, *(wished or ()))


def withdraw_row(gone: Withdraw, now: float) -> tuple[Any, ...]:
    """The parameters of `PUT_WITHDRAW`."""
    return (gone.cause, gone.correlation, now, now, now, now, gone.name, gone.address, gone.dhcid)


def registration_of(row: Row) -> Registration:
    """The value of a row with `COLUMNS`."""
    return Registration._make((*row[:9], Part._make(row[9:15]), Part._make(row[15:21]), ()))


def due_at_of(row: Registration) -> float:
    """When the row falls due: the earlier of its directions. It must be due at some time."""
    return min(part.due_at for part in (row.forward, row.reverse) if part.due_at is not None)


def _place_behind(row: Registration | None) -> tuple[Any, ...]:
    """Where in the order of due rows a page begins; None: at its beginning."""
    return (0.0, b"", b"", b"") if row is None else (due_at_of(row), *row[:3])


class Registrations:
    """Reads and writes registrations through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._put_want = {wanted: session.sql(statement) for wanted, statement in PUT_WANT.items()}
        self._put_withdraw = session.sql(PUT_WITHDRAW)
        self._claims_on = session.sql(CLAIMS_ON)
        self._drop_settled = session.sql(DROP_SETTLED)
        self._any_leaving = session.sql(_ANY_LEAVING)
        self._due = session.sql(DUE)
        self._due_behind_removals = session.sql(DUE_BEHIND_REMOVALS)
        self._waiting = session.sql(WAITING)
        self._next_due = session.sql(NEXT_DUE)
        self._formers = session.sql(_FORMERS)
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

    def write_claims(self, claims: Iterable[Want | Withdraw], now: float) -> None:
        """Writes what leases want of DNS, at most one claim for each key."""
        self._session.write_all(self.claim_writes(claims, now))

    def claim_writes(self, claims: Iterable[Want | Withdraw], now: float) -> list[Write]:
        """What `write_claims` writes."""
        wants: dict[Wanted, list[tuple[Any, ...]]] = {}
        gone: list[Withdraw] = []
        for claim in claims:
            if isinstance(claim, Withdraw):
                gone.append(claim)
            elif claim.forward or claim.reverse or claim.client_by is not None:
                is_watched, is_wished = claim.client_by is not None, claim.wished is not None
                wanted = claim.forward, claim.reverse, claim.again, is_watched, is_wished
                wants.setdefault(wanted, []).append(want_row(claim, now))
            else:  # wanting neither direction is wanting nothing
                cause = Reason.UPDATES_DISABLED
                gone.append(Withdraw(claim.name, claim.address, claim.dhcid, cause, claim.correlation))
        writes: list[Write] = []
        if gone:
            writes.append((self._put_withdraw, [withdraw_row(one, now) for one in gone]))
            writes.append((self._drop_settled, [(one.name, one.address, one.dhcid) for one in gone]))
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

    def due(self, now: float, limit: int, skip: Collection[Key], after: Registration | None) -> list[Registration]:
        """Rows that the updater must act on; see `leases.LeaseLedger.due_registrations`."""
        found: list[Registration] = []
        place = _place_behind(after)
        while len(found) < limit:
            rows = self._due_page((*place, now, limit))
            wanted = [row for row in rows if row[:3] not in skip]
            found += [self.with_formers(registration_of(row)) if row[-1] else registration_of(row) for row in wanted]
            if len(rows) < limit:
                break
            place = (rows[-1][-2], *rows[-1][:3])
        return found[:limit]

    def _due_page(self, parameters: tuple[Any, ...]) -> list[Row]:
        if not self._is_any_leaving():
            rows = self._session.rows(self._due, parameters)
            if not self._is_any_leaving():  # nor has anything begun to while they were read
                return rows
        return self._session.rows(self._due_behind_removals, parameters)

    def _is_any_leaving(self) -> bool:
        row = self._session.one(self._any_leaving)
        return row is not None and bool(row[0])

    def with_formers(self, row: Registration) -> Registration:
        """The row with the claims on its address whose removal is late."""
        return row._replace(formers=tuple(map(Former._make, self._session.rows(self._formers, (row.address,)))))

    def waiting(self, limit: int, after: Registration | None) -> list[Registration]:
        """Rows of which something is to be done now or later, by when."""
        return [registration_of(row) for row in self._session.rows(self._waiting, (*_place_behind(after), limit))]

    def next_due_at(self, skip: Collection[Key]) -> float | None:
        """When the next row that is not in `skip` falls due."""
        rows = self._session.rows(self._next_due, (len(skip) + 1,))
        return next((row[0] for row in rows if row[1:4] not in skip), None)
