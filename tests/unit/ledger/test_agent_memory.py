"""The memory of an agent."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tenure.ledger.agent_memory import AgentMemory
from tenure.ledger.errors import LedgerUnavailable, SchemaTooNew
from tenure.naming.registration import Direction, State
from tenure.obtaining.lease import Lease, Route
from tenure.registering.entry import Conflict, Kept
from tenure.registering.promise import Answer, Promise

KEPT = Kept(
    *(b"\2pc\4test\0", Direction.FORWARD, b"\2pc\4test\0", b"\2pc\4test\0", Conflict.STOP, b"\4test\0", "10.1.0.1", 53),
    *(((1, b"\n\1\0\7"), (28, bytes(16))), ((1, b"\n\1\0\7"),), State.PENDING, "waiting", "because", 3, 1.5, 2.5, None),
)


def test_what_is_put_is_there_after_the_process_has_ended(tmp_path: Path) -> None:
    memory = AgentMemory(tmp_path / "agent.db")
    other = KEPT._replace(owner=b"\1x\0", direction=Direction.REVERSE, verified_at=9.5, state=State.REGISTERED)
    memory.put([KEPT, other])
    memory.put([KEPT._replace(attempts=4)])
    memory.passed(7.5)
    memory.close()
    again = AgentMemory(tmp_path / "agent.db", upgrade=False)
    assert again.names() == [KEPT._replace(attempts=4), other]
    assert again.last_pass() == 7.5
    again.drop([KEPT.owner])
    assert again.names() == [other]
    again.close()


def test_a_new_memory_is_empty_and_for_its_owner_alone(tmp_path: Path) -> None:
    memory = AgentMemory(tmp_path / "agent.db")
    assert (memory.names(), memory.last_pass()) == ([], 0.0)
    assert (tmp_path / "agent.db").stat().st_mode & 0o077 == 0
    memory.close()


def test_a_memory_that_is_not_there_is_not_made_to_be_shown(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="there is no memory yet; `tenure agent` makes it"):
        AgentMemory(tmp_path / "agent.db", upgrade=False)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    AgentMemory(tmp_path / "agent.db").close()
    with sqlite3.connect(tmp_path / "agent.db") as connection:
        connection.execute("update tenure_agent_schema set version_num = '99'")
    connection.close()
    with pytest.raises(SchemaTooNew):
        AgentMemory(tmp_path / "agent.db")


PROMISE = Promise(b"\n\1\0\7", "eth0", Answer(s=True, n=False, name=b"\2pc\4test\0"), False, 1.5, 9.5)


def test_promises_are_there_after_the_process_has_ended_and_go_with_their_leases(tmp_path: Path) -> None:
    memory = AgentMemory(tmp_path / "agent.db")
    endless = Promise(bytes(16), "eth1", None, False, 1.5, None)
    memory.put_promise(PROMISE)
    memory.put_promise(endless)
    memory.put_promise(PROMISE._replace(is_silent=True))
    memory.close()
    memory = AgentMemory(tmp_path / "agent.db", upgrade=False)
    assert memory.promises() == [endless, PROMISE._replace(is_silent=True)]
    memory.put_promise(endless._replace(heard_at=9.6))
    assert memory.promises() == [endless._replace(heard_at=9.6)]
    memory.drop_promise(endless.address)
    assert memory.promises() == []
    memory.close()


def test_a_memory_of_the_version_before_is_upgraded_and_keeps_its_names(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    memory = AgentMemory(tmp_path / "agent.db")
    memory.put([KEPT])
    memory.close()
    with sqlite3.connect(tmp_path / "agent.db") as connection:
        connection.execute("drop table agent_promise")
        connection.execute("drop table agent_lease")
        connection.execute("update tenure_agent_schema set version_num = '1'")
    connection.close()
    memory = AgentMemory(tmp_path / "agent.db")
    assert (memory.names(), memory.promises()) == ([KEPT], [])
    memory.close()


LEASE = Lease(
    *(b"\n\1\0\7", 16, b"\n\1\0\2", (Route(bytes(4), 0, b"\n\1\0\1"),), (b"\n\1\0\1",), (b"\6office\7example\0",)),
    *(None, 3600, 3600, 1.5, 1801.5, 3151.5, 3601.5),
)


def test_a_lease_is_remembered_with_what_its_server_promised_and_forgotten_with_it(tmp_path: Path) -> None:
    memory = AgentMemory(tmp_path / "agent.db")
    memory.put_lease("eth0", LEASE, PROMISE)
    endless = LEASE._replace(address=bytes(16), renew_at=math.inf, rebind_at=math.inf, until_at=math.inf)
    memory.put_lease("eth0", endless, None)
    memory.close()
    memory = AgentMemory(tmp_path / "agent.db", upgrade=False)
    assert memory.leases() == [("eth0", LEASE), ("eth0", endless)]
    assert memory.promises() == [PROMISE]
    other = LEASE._replace(address=b"\n\1\0\x08")
    memory.put_lease("eth0", other, PROMISE._replace(address=other.address))
    assert memory.leases() == [("eth0", other), ("eth0", endless)]
    assert [one.address for one in memory.promises()] == [other.address]
    memory.drop_lease("eth0", other)
    assert (memory.leases(), memory.promises()) == ([("eth0", endless)], [])
    memory.close()
