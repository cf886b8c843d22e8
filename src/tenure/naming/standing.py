"""A reservation's name that is in DNS whether it is leased or not (`ddns-register-reservations`). Values only."""

from __future__ import annotations

from typing import NamedTuple

from tenure.dnswire.name import Name
from tenure.naming.reason import Reason


class StandingName(NamedTuple):
    """What a reservation wants of DNS for one of its addresses, in both directions, for as long as it is there."""

    address: bytes  # 4 or 16 octets; no other has it
    name: Name  # lower-cased wire form
    dhcid: bytes  # DHCID RDATA, of what the reservation knows its client by
    ttl: int  # seconds
    gives_way: bool  # while its client has the name at another address of the family (`ddns-on-move`)

    @property
    def claim(self) -> tuple[Name, bytes, bytes]:
        """The key of its registration."""
        return self.name, self.address, self.dhcid


class Situation(NamedTuple):
    """A standing name, and what else the ledger says of its name and address."""

    standing: StandingName
    is_wanted: bool  # a registration wants it
    is_said: bool  # and does so as the reservation does: in both directions, with its TTL, without an end
    is_refused: bool  # and DNS refuses it
    is_leased: bool  # to its client, under this name
    is_leased_otherwise: bool  # the address is: to another client, under another name or proof, or under no name
    is_declined: bool  # somebody else was found to use the address, and it is in quarantine
    is_elsewhere: bool  # its client has the name by a lease at another address of the family

    @property
    def yields_to(self) -> Reason | None:
        """What counts for more than the reservation: DNS says where a client is now, and who has an address now.

        None: nothing does, and the name is to be in DNS.
        """
        if self.is_declined:
            return Reason.ADDRESS_DECLINED
        if self.is_leased_otherwise:
            return Reason.OTHER_LEASE
        if self.is_elsewhere and self.standing.gives_way and not self.is_leased:
            return Reason.SUPERSEDED
        return None
