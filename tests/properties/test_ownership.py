"""Any sequence of writers against a simple model of whose each name is, over the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aged_zone import ANY, NONE, TXT, A, at, rr
from hypothesis import given, settings
from hypothesis import strategies as st
from owned_zone import ONE, PROXY, REFUSED, THREE, TWO, OwnedZone, key, role

from tenure.authority.owner import RoleKind
from tenure.dnswire.rr import RR
from tenure.dnswire.update import delete_name
from tenure.ledger.opening import open_ledger
from tenure.signing.key import Key

OTHER = key("dhcp.")  # in no role
ROLES = (
    role("pair", "one.", "two."),
    role("admins", "three.", kind=RoleKind.ADMINISTRATORS),
    role("proxies", "proxy.", kind=RoleKind.UNSECURED),
)
OWNS_AS = {ONE: "role pair", TWO: "role pair", THREE: "role admins", PROXY: "", OTHER: "key dhcp.", None: ""}
Records = frozenset[tuple[int, bytes]]


class Model:
    """Records and owners of names, as the rules say in a few lines."""

    def __init__(self) -> None:
        self.records: dict[str, Records] = {}
        self.owners: dict[str, str] = {}

    def write(self, writer: Key | None, label: str, what: str, rtype: int, number: int) -> bool:
        before, owner = self.records.get(label, frozenset()), self.owners.get(label, "")
        if before and owner and owner != OWNS_AS[writer] and writer is not THREE:
            return False
        one = {(rtype, bytes((10, 0, 0, number)) if rtype == A else bytes((1, number)))}
        after = {
            "add": before | one,
            "delete": before - one,
            "delete type": frozenset(record for record in before if record[0] != rtype),
            "delete name": frozenset[tuple[int, bytes]](),
        }[what]
        if not after:
            self.owners.pop(label, None)
        elif not owner and OWNS_AS[writer] and (what == "add" or after != before):
            self.owners[label] = OWNS_AS[writer]
        self.records[label] = after
        return True


def update(label: str, what: str, rtype: int, number: int) -> RR:
    rdata = bytes((10, 0, 0, number)) if rtype == A else bytes((1, number))
    return {
        "add": rr(label, rtype, rdata),
        "delete": rr(label, rtype, rdata, ttl=0, rclass=NONE),
        "delete type": rr(label, rtype, b"", ttl=0, rclass=ANY),
        "delete name": delete_name(at(label)),
    }[what]


@contextmanager
def opened() -> Iterator[OwnedZone]:
    with TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        ledger = open_ledger(f"sqlite:{Path(folder)}/tenure.db")
        yield OwnedZone(ledger, *ROLES)
        ledger.close()


STEP = st.tuples(
    st.sampled_from([ONE, TWO, THREE, PROXY, OTHER, None]),
    st.sampled_from(["pc", "ws"]),
    st.sampled_from(["add", "add", "add", "delete", "delete type", "delete name"]),
    st.sampled_from([A, TXT]),
    st.integers(1, 2),
)


@settings(max_examples=60)
@given(batches=st.lists(st.lists(STEP, min_size=1, max_size=4), max_size=8))
def test_any_sequence_of_writers(batches: list[list[tuple[Key | None, str, str, int, int]]]) -> None:
    with opened() as zone:
        model = Model()
        for steps in batches:
            zone.now += 60
            expected = [0 if model.write(*step) else REFUSED for step in steps]
            assert zone.send_each(*[(writer, ((update(*what),), ())) for writer, *what in steps]) == expected
            for label in ("pc", "ws"):
                assert zone.timestamps(label).keys() == model.records.get(label, frozenset())
                assert zone.owner(label) == model.owners.get(label, "")
