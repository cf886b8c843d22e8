"""`[metrics]`: where Prometheus asks for numbers."""

from __future__ import annotations

from tenure.config.fields import Endpoint, Listen
from tenure.config.section import Section

METRICS_PORT = 9547


class Metrics(Section):
    """Numbers for Prometheus, over HTTP at `/metrics`. They name zones, subnets and servers: not for everybody."""

    listen: list[Listen] = []
    """Where `tenure serve` gives the numbers of all its processes; the port is 9547 where none is written. Default:
    nowhere."""

    alone: dict[str, Listen] = {}
    """Where a service gives its own numbers that runs without `tenure serve`, by its name. Default: nowhere."""

    def of_all(self) -> list[Endpoint]:
        """Where the supervisor of all services listens."""
        return [place.or_port(METRICS_PORT) for place in self.listen]

    def of(self, service: str) -> list[Endpoint]:
        """Where a service listens that is alone."""
        place = self.alone.get(service)
        return [] if place is None else [place.or_port(METRICS_PORT)]
