"""Which registrations were read back since their server confirmed them, by when their zones were last read."""

from __future__ import annotations

from typing import NamedTuple

from tenure.config.configuration import Configuration
from tenure.config.domains import routes
from tenure.dnswire.name import Name
from tenure.ledger.leases import LeaseLedger
from tenure.naming.registration import Direction, Registration
from tenure.naming.zone_reading import ZoneReading, verified_at

VERIFIED = "verified"  # shown in the place of `registered`


class VerifiedAt(NamedTuple):
    """UTC seconds when each direction was read back; None: it was not, or is not registered."""

    forward: float | None = None
    reverse: float | None = None


NOT_READ = VerifiedAt()


class ReadBack:
    """The readings that the store has of the configured zones."""

    def __init__(self, configuration: Configuration, ledger: LeaseLedger) -> None:
        self._routes = routes(configuration, None)
        self._readings = ledger.zone_readings()

    def of(self, row: Registration) -> VerifiedAt:
        """When the records of a registration were read back."""
        if not self._readings:
            return NOT_READ
        forward = self._routes.route(Direction.FORWARD, row.name)
        _, reverse = self._routes.route_pointer(row.address)
        return VerifiedAt(
            verified_at(row.forward, self._reading(forward.zone if forward else None)),
            verified_at(row.reverse, self._reading(reverse.zone if reverse else None)),
        )

    def _reading(self, zone: Name | None) -> ZoneReading | None:
        return None if zone is None else self._readings.get(zone.lower())
