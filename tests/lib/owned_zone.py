"""A zone whose names have owners: keys that write, the roles that they are in, and whose each name is."""

from __future__ import annotations

from aged_zone import NOW, ZONE, AgedZone, at
from dns_exchange import KEYS, SECRET

from tenure.authority.history import UPDATE_REFUSED
from tenure.authority.owner import NameOwner, Role, RoleKind, parse_member
from tenure.authority.policy import rule_for_anybody
from tenure.authority.settings import AgingIntervals
from tenure.dnswire.name import from_text
from tenure.dnswire.rr import RR
from tenure.ledger.history import EventFilter
from tenure.ledger.opening import Ledger
from tenure.naming.event import Event
from tenure.signing.key import ALGORITHMS, Key

__all__ = ["NOW", "at"]
REFUSED = 5
POLICY = (
    "grant admin. zonesub ANY static",
    "grant two. name www.example.test. ANY static",
    "grant * zonesub ANY",
    rule_for_anybody("updates = nonsecure-and-secure"),
)


def key(name: str) -> Key:
    """A key of this name."""
    return Key(from_text(name), ALGORITHMS["hmac-sha256"].name, SECRET)


ONE, TWO, THREE, PROXY, ADMIN = (key(name) for name in ("one.", "two.", "three.", "proxy.", "admin."))
ALL = {one.name: one for one in (*KEYS.values(), ONE, TWO, THREE, PROXY, ADMIN)}


def role(name: str, *members: str, kind: RoleKind = RoleKind.OWNER) -> Role:
    """A role of keys and principals."""
    return Role(name, kind, frozenset(map(parse_member, members)))


class OwnedZone(AgedZone):
    """`example.test.`, where anybody may write as far as ownership goes; the rule of `admin.` covers static records."""

    def __init__(
        self,
        ledger: Ledger,
        *roles: Role,
        aging: AgingIntervals | None = None,
        owned: bool = True,
        protect_static: bool = True,
        text: str = ZONE,
        most_names: int = 0,
    ) -> None:
        super().__init__(
            ledger,
            aging,
            text=text,
            policy=POLICY,
            protect_static=protect_static,
            keys=ALL,
            roles=roles if owned else None,
            most_names=most_names,
        )

    def write(self, writer: Key, *updates: RR, wants: tuple[RR, ...] = ()) -> int:
        """The RCODE of an update that the key signs."""
        return self.send(*updates, wants=wants, key=writer)

    def send_unsigned(self, *updates: RR) -> int:
        """The RCODE of an update that nobody has signed."""
        return self.send_each((None, (updates, ())))[0]

    def kept_owner(self, label: str) -> NameOwner | None:
        """Who owns the name, by the store."""
        with self.ledger.zones.owners.names(self.zone.id) as names:
            return next((one.owner for one in names if one.name == at(label)), None)

    def owner(self, label: str) -> str:
        """The same as text, empty for nobody."""
        found = self.kept_owner(label)
        return found.owner if found else ""

    def events(self, kind: str) -> list[Event]:
        """The entries of the history, oldest first."""
        return [one.event for one in self.ledger.zones.history.events(EventFilter(kind=kind, newest_first=False))]

    def refusal(self) -> str:
        """What the history says of the last update that was refused."""
        return self.events(UPDATE_REFUSED)[-1].detail
