"""`load-balance` of `[dhcp4]` and `[dhcp6]`: how several nodes on one database divide the clients that begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from tenure.config.problem import Location, Problem
from tenure.config.section import Section
from tenure.leasing.share import Share


class LoadBalanceSection(Section):
    """The new clients that this node answers, chosen by a hash of who they are (RFC 3074).

    Requests and renewals are answered by every node that they reach.
    """

    nodes: Annotated[int, Field(ge=2, le=16)]
    """How many nodes there are."""

    node: Annotated[int, Field(ge=1, le=16)]
    """Which of them this one is, from 1."""

    max_delay: Annotated[int, Field(ge=1, le=255)] = 3
    """A client that says it has tried for so many seconds is answered by every node. Default: 3."""


def share_of(section: LoadBalanceSection | None) -> Share | None:
    """What it means for the server."""
    return None if section is None else Share(section.nodes, section.node, section.max_delay)


def check_load_balance(section: LoadBalanceSection | None, at: Location, *, shared: bool) -> Iterator[Problem]:
    """The node is one of the nodes, and their store is one that nodes share."""
    if section is None:
        return
    if section.node > section.nodes:
        yield Problem((*at, "node"), f"is more than nodes ({section.nodes})", f"write 1 to {section.nodes}")
    if not shared:
        yield Problem(
            at,
            "needs nodes that share a store, and an SQLite store has one",
            'set store.url = "postgresql://...", or leave it out',
        )
