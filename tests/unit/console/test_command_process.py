"""A command says the same, with the same exit status, in a process of its own as `tenure_command` lets tests see it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from dns_service import create_zone
from ledger_rows import changes
from tenure_command import takes_a_process, tenure, tenure_process
from tenure_toml import leased, served, tsig_key, updated, write_toml
from updater_run import want

from tenure import __main__
from tenure.ledger.opening import open_ledger

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
PC = "pc1.example.test."
D2 = '{"DhcpDdns": {"ip-address": "127.0.0.1", "port": 53001}}'
COMMANDS = [
    *("leases query --address 10.1.0.1", "leases query", "names", "names --state lost", "queue", "history"),
    *(
        f"explain {PC}",
        "sources",
        "sources forget kea",
        "zones",
        "zones show example.test",
        "zones export example.test",
    ),
    *("zones diff example.test", "scavenge preview", "scavenge run", "scavenge restore example.test. --all"),
    *("key show dhcp.", "import kea-ddns ./d2.conf", "agent status", "agent install-hooks --root . --dry-run"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of everything, with its store."""
    made = tmp_path_factory.mktemp("commands")
    write_toml(
        made,
        tsig_key("dhcp.", SECRET),
        served("127.0.0.1:5300", "example.test.", "10.in-addr.arpa."),
        leased("127.0.0.1:6767", "10.1.0.0/16", "10.1.0.1-10.1.0.200", ddns_qualifying_suffix="example.test."),
        updated("127.0.0.1:9", "dhcp.", "example.test.", "10.in-addr.arpa."),
    )
    (made / "agent.toml").write_text("[agent]\nstate = 'agent.db'\n")
    (made / "d2.conf").write_text(D2)
    ledger = open_ledger(f"sqlite:{made}/tenure.db")
    ledger.leases.transact(lambda batch: batch.apply(changes(want(PC, bytes((10, 1, 0, 1)), bytes(35)))), 1000)
    create_zone(ledger.zones, "example.test.", "@ 300 NS ns\n")
    ledger.close()
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_both_say_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    words = command.split()
    if words[0] != "import":
        words += ["-c", "agent.toml" if words[0] == "agent" else "tenure.toml"]
    told = []
    for number, way in enumerate((tenure_process, tenure)):
        monkeypatch.chdir(shutil.copytree(folder, tmp_path / str(number)))
        done = way(*words)
        text = (done.stdout + done.stderr).replace("python -m tenure", "tenure")
        told.append((done.returncode, text.replace(str(Path.cwd()), "HERE")))
    assert told[0] == told[1]
    assert told[0][1]
    assert "Traceback" not in told[0][1]


@pytest.mark.parametrize(
    "words",
    [
        *([name] for name in __main__.SERVICES),
        ["serve"],
        ["reconcile"],
        ["ddns", "check"],
        ["agent", "-c"],
        ["explain", "--packet=00"],
    ],
)
def test_what_takes_the_process_gets_one(words: list[str]) -> None:
    assert takes_a_process(words)
