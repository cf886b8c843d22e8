"""Who is left out when far more comes than can be served: ever new clients, and a few that renew what they have.

A client that begins asks again; one that is not confirmed in time loses its address. So what counts is the share of
the renewals that are answered at their first try.
"""

from __future__ import annotations

from collections.abc import Callable

from network import Host, Process, eventually, network

from bench.dhcp4 import RELAY, SERVER, answers
from bench.many_leases import FIRST, asked, kea, tenure
from bench.result import Contest, Contestant

RENEWALS, DISCOVERS = 1000, 30_000  # offered in a second
KEA, ALL = "Kea, memfile, 2 threads", "every one"


def contest(quick: bool = False) -> Contest:
    """The row `renewals answered`."""
    seconds = 2 if quick else 8
    return Contest(
        f"renewals answered, {RENEWALS:,}/s, while {DISCOVERS:,} new clients/s begin",
        "%",
        measure("tenure", tenure, seconds),
        [measure(KEA, kea, seconds), Contestant(ALL, 100.0)],
        {KEA: 1, ALL: 1},
    )


def measure(name: str, run: Callable[[Host, int], Process], seconds: int) -> Contestant:
    """One run over a store that has the leases which are renewed."""
    with network() as net:
        server, relay = net.host("server"), net.host("relay")
        net.wire(server, f"{SERVER}/8", relay, f"{RELAY}/8")
        process = run(server, RENEWALS * seconds)
        eventually(lambda: answers(server), f"{name} answers", 30, process.printed)
        seen = asked(relay, "overload", FIRST, RENEWALS, DISCOVERS, seconds)
    note = (
        f"{seen['renewed']:,} of {seen['renewals']:,} renewals; {seen['offered']:,} of {seen['discovers']:,} new "
        f"clients were made an offer, {seen['leased']:,} of them got a lease"
    )
    return Contestant(name, 100 * seen["renewed"] / seen["renewals"], note)
