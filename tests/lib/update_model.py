"""A zone that takes updates as RFC 2136 sections 3.2 and 3.4 say, in a dict: the other end for pure tests."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.dnswire.codes import Rcode, RRType
from tenure.dnswire.message import parse_message
from tenure.dnswire.rr import RR
from tenure.naming.txt_marker import is_txt_marker

IN, NONE, ANY = 1, 254, 255


class ModelZone:
    """Records as {name: {type: {rdata}}}. `refused`: names that the policy does not let anybody write."""

    def __init__(self, refused: Iterable[bytes] = ()) -> None:
        self.records: dict[bytes, dict[int, set[bytes]]] = {}
        self.ttls: dict[tuple[bytes, int], int] = {}  # of RRsets that an update has written
        self.refused = frozenset(refused)
        self.messages = 0

    def put(self, name: bytes, rtype: int, rdata: bytes) -> None:
        """A record that is there from before."""
        self.records.setdefault(name, {}).setdefault(rtype, set()).add(rdata)

    def at(self, name: bytes) -> dict[int, set[bytes]]:
        """The RRsets of a name."""
        return self.records.get(name, {})

    def update(self, octets: bytes) -> int:
        """Carry out an UPDATE message; the RCODE."""
        message = parse_message(octets)
        self.messages += 1
        if any(rr.name in self.refused for rr in message.authorities):
            return Rcode.REFUSED
        rcode = self._check(message.answers)
        if rcode == Rcode.NOERROR:
            for rr in message.authorities:
                self._apply(rr)
        return rcode

    def look(self, owner: bytes) -> int:
        """What a query for dhcpd's marker at the name comes to, in the RCODEs of prerequisites."""
        if not self.at(owner):
            return Rcode.NXDOMAIN
        return Rcode.NOERROR if any(map(is_txt_marker, self.at(owner).get(RRType.TXT, ()))) else Rcode.NXRRSET

    def _check(self, prerequisites: Iterable[RR]) -> int:
        exact: dict[tuple[bytes, int], set[bytes]] = {}
        for name, rtype, rclass, _, rdata in prerequisites:
            there = self.at(name)
            if rclass == IN:
                exact.setdefault((name, rtype), set()).add(rdata)
            elif rtype == ANY and (rclass == ANY) != bool(there):
                return Rcode.NXDOMAIN if rclass == ANY else Rcode.YXDOMAIN
            elif rtype != ANY and (rclass == ANY) != (rtype in there):
                return Rcode.NXRRSET if rclass == ANY else Rcode.YXRRSET
        if any(self.at(name).get(rtype, set()) != rdatas for (name, rtype), rdatas in exact.items()):
            return Rcode.NXRRSET
        return Rcode.NOERROR

    def _apply(self, rr: RR) -> None:
        name, rtype, rclass, _, rdata = rr
        there = self.records.setdefault(name, {})
        if rclass == IN:
            if (rtype == RRType.CNAME) == (set(there) <= {int(RRType.CNAME)}) or not there:
                there.setdefault(rtype, set()).add(rdata)
                self.ttls[name, rtype] = rr.ttl
        elif rclass == NONE:
            there.get(rtype, set()).discard(rdata)
        elif rtype == ANY:
            there.clear()
        else:
            there.pop(rtype, None)
        for empty in [rtype for rtype, rdatas in there.items() if not rdatas]:
            del there[empty]
        if not there:
            del self.records[name]
