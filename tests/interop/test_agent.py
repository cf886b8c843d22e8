"""The agent of a host on real interfaces, against BIND and tenure: just the right records, and no needless change."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_lan import ADDRESS, KEY, PRIMARY, SECOND, SECRET, ZONE, Agent, agent_lan, of_host, start_bind
from network import eventually
from peers import program


@pytest.fixture(params=["bind", "tenure"])
def agent(request: pytest.FixtureRequest) -> Iterator[Agent]:
    with agent_lan(request.param) as made:
        yield made


@pytest.fixture
def beside_bind() -> Iterator[Agent]:
    with agent_lan() as made:
        yield made


def test_a_host_comes_changes_its_addresses_and_its_name_and_goes(agent: Agent) -> None:
    process = agent.start()
    agent.settles(*of_host("pc", ADDRESS))
    agent.ip("addr", "add", f"{SECOND}/16", "dev", "eth0")
    agent.settles(*of_host("pc", ADDRESS, SECOND))
    agent.ip("addr", "del", f"{ADDRESS}/16", "dev", "eth0")
    agent.ip("addr", "replace", f"{SECOND}/16", "dev", "eth0")  # the kernel takes it away with the first of the network
    agent.settles(*of_host("pc", SECOND))
    agent.rename("box")
    agent.settles(*of_host("box", SECOND))
    eventually(lambda: agent.states() == {"registered"}, "the memory says so too")
    assert process.stop() == 0
    assert agent.records() == set()
    assert agent.status() == {}


def test_what_stands_is_compared_and_never_written_again(agent: Agent) -> None:
    agent.start()
    agent.settles(*of_host("pc", ADDRESS))
    eventually(lambda: agent.states() == {"registered"}, "all is confirmed")
    before, verified = agent.serials(), agent.status()
    agent.command("register")
    after = agent.status()
    assert agent.serials() == before
    assert {row["state"] for row in after.values()} == {"registered"}
    assert verified.keys() == after.keys()
    agent.ip("addr", "add", "169.254.7.7/16", "dev", "eth0")  # a change that is none of DNS
    agent.ip("link", "add", "other", "type", "bridge")
    agent.command("register")
    assert agent.serials() == before


def test_another_ttl_and_the_end_of_marking_reach_what_stands(agent: Agent) -> None:
    agent.command("register")
    agent.keys |= {"ttl": 300, "conflict": "replace"}
    agent.command("register")
    assert agent.records() == {*of_host("pc", ADDRESS, marked=False)}
    asked = agent.host.run(program("dig"), "+noall", "+answer", f"@{PRIMARY}", f"pc.{ZONE}", "A")
    assert asked.split()[1] == "300"
    before = agent.serials()
    agent.command("register")
    assert agent.serials() == before


def test_the_fingerprints_of_the_host_s_keys_are_those_that_ssh_keygen_tells(agent: Agent) -> None:
    keys = agent.host.folder / "ssh"
    keys.mkdir()
    for kind in ("rsa", "ecdsa", "ed25519"):
        agent.host.run(program("ssh-keygen"), "-q", "-t", kind, "-N", "", "-f", keys / f"ssh_host_{kind}_key")
    agent.keys["sshfp"] = True
    agent.command("register")
    assert fingerprints(agent) == told(agent, keys)
    assert len(fingerprints(agent)) == 3
    before = agent.serials()
    agent.command("register")
    assert agent.serials() == before
    (keys / "ssh_host_rsa_key.pub").unlink()
    agent.command("register")
    assert fingerprints(agent) == told(agent, keys)
    agent.keys["sshfp"] = False
    agent.command("register")
    assert agent.records() == {*of_host("pc", ADDRESS)}


def fingerprints(agent: Agent) -> set[str]:
    """Those at the host's name, as `1 2 hex`."""
    found = (record.split(maxsplit=4) for record in agent.records() if record.startswith(f"pc.{ZONE} SSHFP "))
    return {f"{words[2]} {words[3]} {words[4].replace(' ', '').lower()}" for words in found}


def told(agent: Agent, keys: Path) -> set[str]:
    """Of each public key, the fingerprint of type 2 that ssh-keygen says."""
    lines = [
        line.split()
        for path in keys.glob("*.pub")
        for line in agent.host.run(program("ssh-keygen"), "-r", "pc", "-f", path).splitlines()
    ]
    return {" ".join(words[3:]) for words in lines if words[4] == "2"}


def test_records_of_a_host_that_vanishes_end_by_themselves_and_not_before() -> None:
    with agent_lan("tenure") as agent:
        agent.keys["lease"] = 20
        process = agent.start()
        agent.settles(*of_host("pc", ADDRESS))
        eventually(lambda: agent.states() == {"registered"}, "all is confirmed", log=agent.log)
        before = agent.serials()
        for _ in range(2):
            renewed = last_verified(agent)
            eventually(lambda since=renewed: last_verified(agent) > since, "it is renewed", 60, agent.log)
        assert agent.records() == {*of_host("pc", ADDRESS)}
        assert agent.serials() == before  # at no time were they away
        process.stop(signal.SIGKILL)
        agent.settles(seconds=60)


def last_verified(agent: Agent) -> float:
    """When the record was verified that was longest not."""
    with contextlib.closing(sqlite3.connect(f"file:{agent.host.folder}/agent.db?mode=ro", uri=True)) as memory:
        return float(memory.execute("select min(verified_at) from agent_name").fetchone()[0])


def test_a_server_without_leases_is_told_of_and_written_to_no_more_than_without(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.keys["lease"] = 7200
    assert "grants no lease" in agent.command("register")
    before = agent.serials()
    agent.command("register")
    assert agent.serials() == before
    assert agent.records() == {*of_host("pc", ADDRESS)}


def test_a_killed_agent_takes_away_later_what_it_wrote_before(agent: Agent) -> None:
    process = agent.start()
    agent.settles(*of_host("pc", ADDRESS))
    process.stop(signal.SIGKILL)
    assert agent.records() == {*of_host("pc", ADDRESS)}
    agent.start("box")
    agent.settles(*of_host("box", ADDRESS))


def test_a_server_that_is_away_costs_its_time_and_not_a_record(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.primary.processes[-1].stop(signal.SIGKILL)
    agent.start()
    eventually(lambda: "no-primary" in agent.log(), "it says that nobody answers", log=agent.log)
    assert {row["state"] for row in agent.status().values()} == {"pending"}
    start_bind(agent.primary)
    agent.wait_until_served()
    agent.settles(*of_host("pc", ADDRESS))
    agent.primary.processes[-1].stop()
    assert agent.process is not None
    assert agent.process.stop() == 0  # within its four seconds, though nobody answers
    assert {row["state"] for row in agent.status().values()} == {"removing"}


def test_one_look_without_an_agent_that_runs(beside_bind: Agent) -> None:
    printed = beside_bind.command("register", "-o", "json")
    assert '"state": "registered"' in printed
    assert beside_bind.records() == {*of_host("pc", ADDRESS)}


def test_a_name_of_another_host_is_left_alone_and_the_reason_said(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.command("register")
    agent.keys["duid"] = "00:04:" + ":".join(["7b"] * 16)
    agent.keys["state"] = str(agent.host.folder / "other.db")
    agent.ip("addr", "add", f"{SECOND}/16", "dev", "eth0")
    agent.command("register", check=False)
    rows = agent.status()
    assert (rows[f"pc.{ZONE}"]["state"], rows[f"pc.{ZONE}"]["code"]) == ("refused", "name-taken")
    assert {row["code"] for name, row in rows.items() if "arpa" in name} == {"forward-refused"}
    assert agent.records() == {*of_host("pc", ADDRESS)}


def test_a_name_that_another_host_gets_meanwhile_leaves_no_pointer_of_ours(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.command("register")
    nsupdate(agent, f"delete pc.{ZONE}", f"add pc.{ZONE} 300 A 10.1.9.9")
    agent.command("register", check=False)
    assert agent.status()[f"pc.{ZONE}"]["code"] == "name-static"
    assert agent.records() == {f"pc.{ZONE} A 10.1.9.9"}


def test_a_host_without_a_network_is_registered_soon_after_it_has_one(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.ip("link", "set", "eth0", "down")
    agent.start()
    eventually(lambda: "event=started" in agent.log(), "it runs", log=agent.log)
    agent.ip("link", "set", "eth0", "up")
    agent.settles(*of_host("pc", ADDRESS))


def test_a_host_that_has_no_name_for_a_while_keeps_what_it_has_and_does_not_spin(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.keys["refresh-interval"] = 60
    process = agent.start()
    agent.settles(*of_host("pc", ADDRESS))
    agent.rename("localhost")
    eventually(lambda: "no-name" in agent.log() or "calls itself" in agent.log(), "it says so", 20, agent.log)
    before = spent(process.popen.pid)
    time.sleep(3)
    assert spent(process.popen.pid) - before < 1.0
    assert agent.records() == {*of_host("pc", ADDRESS)}
    agent.rename("box")
    agent.settles(*of_host("box", ADDRESS))


def spent(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("conflict", "state", "stands"),
    [("protect", "refused", "10.1.9.9"), ("stop", "refused", "10.1.9.9"), ("replace", "registered", ADDRESS)],
)
def test_what_a_person_made_stays_unless_it_is_to_be_replaced(
    beside_bind: Agent, conflict: str, state: str, stands: str
) -> None:
    agent = beside_bind
    agent.keys["conflict"] = conflict
    nsupdate(agent, f"add pc.{ZONE} 300 A 10.1.9.9")
    agent.command("register", check=False)
    assert agent.status()[f"pc.{ZONE}"]["state"] == state
    assert f"pc.{ZONE} A {stands}" in agent.records()


@pytest.mark.parametrize("conflict", ["stop", "replace"])
def test_without_a_mark_a_host_follows_its_own_changes_and_takes_away_its_own(
    beside_bind: Agent, conflict: str
) -> None:
    agent = beside_bind
    agent.keys["conflict"] = conflict
    process = agent.start()
    agent.settles(*of_host("pc", ADDRESS, marked=False))
    agent.ip("addr", "add", f"{SECOND}/16", "dev", "eth0")
    agent.settles(*of_host("pc", ADDRESS, SECOND, marked=False))
    nsupdate(agent, f"add pc.{ZONE} 300 TXT kept")
    assert process.stop() == 0
    assert agent.records() == {f'pc.{ZONE} TXT "kept"'}


def test_a_refusal_of_the_server_is_said_with_its_words() -> None:
    with agent_lan(grant="update-policy { grant another.key. zonesub ANY; }") as agent:
        agent.command("register", check=False)
        rows = agent.status()
        assert agent.records() == set()
    assert rows[f"pc.{ZONE}"]["code"] == "server-refused"
    assert "REFUSED to claim" in rows[f"pc.{ZONE}"]["reason"]


def nsupdate(agent: Agent, *lines: str) -> None:
    """What a person writes."""
    updates = "".join(f"update {line}\n" for line in lines)
    text = f"server {PRIMARY}\nzone {ZONE}\n{updates}send\n"
    path = agent.host.folder / "person"
    path.write_text(text)
    agent.host.run(program("nsupdate"), "-y", f"hmac-sha256:{KEY}:{SECRET}", path)


def test_a_server_that_is_silent_holds_up_no_end(beside_bind: Agent) -> None:
    agent = beside_bind
    agent.primary.processes[-1].stop()
    listen = f"import socket, time; s = socket.create_server(('{PRIMARY}', 53)); time.sleep(600)"
    agent.primary.start(sys.executable, "-c", listen, private=False)
    eventually(lambda: ":53" in agent.primary.run("ss", "-ltn"), "it listens, and says nothing")
    process = agent.start()
    eventually(lambda: "event=started" in agent.log(), "it runs", log=agent.log)
    assert process.stop() == 0  # in the middle of its first question,
    assert "no answer within" not in agent.log()  # for which a silent server is given ten seconds
