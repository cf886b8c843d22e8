"""How many updates one requestor may send in a second, so that one that runs wild does not take all there is.

A requestor is a key, a principal of Kerberos, or the address of who signs nothing. Each may save up what it has not
sent in the second before, and no more. What is too much is refused, never dropped, and told with the number.
"""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

from tenure.authority.requestor import Requestor
from tenure.authority.respond import Refused, Update, first_name, update_reply
from tenure.authority.zone import Refusal
from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import Name

MOST_ACCOUNTS = 10_000  # addresses can be forged without end; keys cannot

_Who: TypeAlias = Name | str  # the identity of who has signed; the address of who has not


class UpdateQuota:
    """The accounts of one process."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._accounts: dict[_Who, tuple[float, float]] = {}  # what is left, and when that was

    def admit(self, update: Update, client: str, now: float) -> Update | Refused:
        """The update, or its refusal; `now` in seconds that never go back."""
        who: _Who = update.request.key or client
        left, then = self._accounts.get(who) or (float(self._per_second), now)
        left = min(float(self._per_second), left + (now - then) * self._per_second)
        if left < 1:
            return self._refuse(update, client)
        if who not in self._accounts and len(self._accounts) >= MOST_ACCOUNTS:
            self._make_room(now)
        self._accounts[who] = left - 1, now
        return update

    def _refuse(self, update: Update, client: str) -> Refused:
        request, zone = update
        who = Requestor(request.key, None, client, request.stream, request.principal).words()
        refusal = Refusal(Rcode.REFUSED, f"more than {self._per_second} updates in a second by {who}")
        reply, name = partial(update_reply, request, refusal.rcode), first_name(request.message)
        return Refused(reply, zone.place, name, request.key, refusal, principal=request.principal)

    def _make_room(self, now: float) -> None:
        """An account that nobody has used for a second is full, as a new one is."""
        self._accounts = {who: found for who, found in self._accounts.items() if now - found[1] < 1}
        if len(self._accounts) >= MOST_ACCOUNTS:
            self._accounts.clear()
