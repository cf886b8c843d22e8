"""The commands as people type them: exit status, one-line errors, no traceback.

What hangs on the process (its words, its standard files, what it loads) is shown by processes of their own.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from dns_service import create_zone
from rich.text import Text
from tenure_command import tenure as run
from tenure_command import tenure_process

import tenure
from tenure import __main__
from tenure.compiled import form
from tenure.config.load import load
from tenure.console.cli import app
from tenure.ledger.opening import open_ledger, open_zones
from tenure.serving.errors import ServiceError

CONFIG = """
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "example.test."
[[dns.zones]]
name = "1.10.in-addr.arpa."
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize("word", ["version", "--version"])
def test_version(word: str) -> None:
    done = tenure_process(word)
    assert (done.returncode, done.stdout) == (0, f"tenure {tenure.__version__} ({form()})\n")


def test_help_shows_examples_and_what_keys_look_like() -> None:
    assert "tenure history -c tenure.toml --address 10.1.2.55 --at" in run("history", "-h").stdout
    assert "what to write into the configuration" in " ".join(run("key", "generate", "--help").stdout.split())


def test_help_names_every_command() -> None:
    done = tenure_process("--help")
    assert done.returncode == 0
    for command in (
        *("serve", "dhcp", "dns", "updater", "janitor", "check-config", "leases", "names", "queue", "zones"),
        *("history", "explain", "key", "version"),
    ):
        assert f" {command} " in done.stdout


def test_no_word_of_a_help_is_taken_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a word in brackets would be a style, or an error."""
    made: list[typer.Typer] = []
    monkeypatch.setattr(app, "execute", made.append)
    __main__._main(["--help"])
    texts = list(help_texts(typer.main.get_command(made[0])))
    assert len(texts) > 100
    assert [text for text in texts if Text.from_markup(text).plain != text] == []


def help_texts(command: Any) -> Iterator[str]:
    """What a command and all below it say of themselves and of their options."""
    yield from filter(None, (command.help, command.epilog, *(getattr(one, "help", None) for one in command.params)))
    for below in getattr(command, "commands", {}).values():
        yield from help_texts(below)


def test_help_loads_neither_the_configuration_nor_the_store() -> None:
    code = (
        "import sys; sys.argv = ['tenure', '--help']\n"
        "from tenure.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('pydantic', 'sqlite3', 'dns', 'sqlalchemy', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_service_loads_neither_the_command_line_nor_what_it_does_not_run() -> None:
    code = (
        "import sys\n"
        "import tenure.__main__, tenure.assembly.services, tenure.assembly.dhcp4, tenure.config.load\n"
        "import tenure.serving.supervision\n"
        "print([m for m in ('typer', 'rich', 'sqlalchemy', 'alembic', 'asyncio', 'dns') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("words", [["nonsense"], ["leases"], ["leases", "--nonsense"], ["explain"]])
def test_wrong_usage_is_2(words: list[str]) -> None:
    done = tenure_process(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("tenure: ")
    assert done.stderr.endswith(" --help\n"), "it says where the help is"
    assert done.stderr.count("\n") == 1


def test_without_a_command_the_help_is_shown_and_it_is_2() -> None:
    done = tenure_process()
    assert done.returncode == 2
    assert " check-config " in done.stdout + done.stderr
    assert "tenure: " not in done.stderr


@pytest.mark.parametrize("words", [["leases"], ["names"], ["zones"], ["history"], ["explain", "pc1"]])
def test_a_store_that_is_not_there_yet_is_one_line_and_1_and_is_not_made(config: Path, words: list[str]) -> None:
    done = run(*words, "-c", str(config))
    assert done.returncode == 1
    assert done.stderr.endswith("there is no store yet; `tenure serve` makes it\n")
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in config.parent.iterdir()) == ["tenure.toml"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["history", "--at", "noon", "--address", "10.1.0.5"], "'noon' is not a time; write 2026-03-01 14:02"),
        (["history", "--at", "2026-03-01"], "--at asks who held an address; name it with --address"),
        (["history", "--address", "pc1"], "--address 'pc1' is not an address; write it such as 10.1.2.55"),
        (["names", "--state", "lost"], "--state 'lost' is not known; write one of none, pending, registered"),
        (["history", "--since", "2026-03-02", "--until", "2026-03-01"], "--since is later than --until"),
        (["history", "--kind", "lease-lost"], "--kind 'lease-lost' is not known; write one of lease-bound, "),
        (["explain", "a..b"], "'a..b' is not a domain name: a label is empty"),
        (["explain", "\udcff"], "is not ASCII"),
    ],
)
def test_a_wrong_value_says_what_would_be_right_and_is_2(config: Path, words: list[str], text: str) -> None:
    done = run(*words, "-c", str(config))
    assert done.returncode == 2
    assert done.stderr.startswith("tenure: ")
    assert text in done.stderr


def test_check_config_reads_zone_files_as_the_service_will(config: Path) -> None:
    assert run("check-config", "-c", str(config)).returncode == 0
    config.write_text(CONFIG.replace('.test."', '.test."\nfile = "a.zone"').replace('pa."', 'pa."\nfile = "b.zone"'))
    a, b = (config.parent / name for name in ("a.zone", "b.zone"))
    a.write_text("@ 60 SOA ns hostmaster 1 2 3 4 5\n@ 60 NS ns\nns 60 A 10.1.0.256\n")
    b.write_text("@ 60 SOA ns hostmaster 1 2 3 4 5\n")
    done = run("check-config", "-c", str(config))
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first.startswith(f"{config}: dns.zones[0].file: {a}: line 3: ")
    assert first.endswith("; correct the file")
    assert second.startswith(f"{config}: dns.zones[1].file: {b}: the apex 1.10.in-addr.arpa. has no NS record; add one")
    started = run("dns", "-c", str(config))
    assert started.returncode == 2
    assert f"zone file {a}: line 3: " in started.stderr


def test_check_config_remarks_on_what_loads_and_may_not_be_meant(config: Path) -> None:
    subnet = 'subnet = "10.1.0.0/16"\nreservations = [{ hw-address = "02:00:5e:10:00:07", hostname = "wpad" }]\n'
    config.write_text(f'{CONFIG}\n[dhcp4]\nlisten = ["127.0.0.1:6767"]\n[[dhcp4.subnets]]\n{subnet}')
    done = run("check-config", "-c", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    right, remark = done.stdout.splitlines()
    assert right == f"{config} is right: subnets 1, zones 2, keys 0"
    assert remark.startswith(
        f"remark: {config}: dhcp4.subnets[0].reservations[0].hostname: gives this host the name wpad"
    )


def test_a_folder_that_is_not_there_is_said_with_how_to_make_it(config: Path) -> None:
    config.write_text(f'store = {{ url = "sqlite:data/tenure.db" }}\n{CONFIG}')
    folder = config.parent / "data"
    says = f"the folder {folder} is not there; make it with: mkdir -p {folder}\n"
    done = run("check-config", "-c", str(config))
    assert (done.returncode, done.stderr) == (2, f"{config}: store.url: {says}")
    for word in ("leases", "serve"):
        done = run(word, "-c", str(config))
        assert done.returncode in {1, 2}
        assert done.stderr.replace('"', "").endswith(f"{folder}/tenure.db: {says}"), done.stderr
    (folder / "tenure.db").mkdir(parents=True)
    done = run("check-config", "-c", str(config))
    assert (done.returncode, done.stderr) == (
        2,
        f"{config}: store.url: {folder}/tenure.db is a folder; name a file in it\n",
    )
    (folder / "tenure.db").rmdir()
    assert run("check-config", "-c", str(config)).returncode == 0


def test_a_generated_key_loads_and_its_file_is_private(tmp_path: Path) -> None:
    out = tmp_path / "dhcp.key"
    done = tenure_process("key", "generate", "DHCP", "--algorithm", "hmac-sha512", "--out", str(out))
    assert done.returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    path = tmp_path / "tenure.toml"
    path.write_text(done.stdout + CONFIG)
    (key,) = load(path).keys
    assert (key.name, key.algorithm) == (b"\x04dhcp\x00", "hmac-sha512")
    again = tenure_process("key", "generate", "--out", str(out))
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)


def test_a_generated_key_without_a_file_is_a_block_to_paste(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(run("key", "generate").stdout + CONFIG)
    path.chmod(0o600)
    assert len(load(path).keys) == 1


@pytest.fixture
def store(config: Path) -> Path:
    """The configuration, with an empty store beside it."""
    open_ledger(f"sqlite:{config.parent}/tenure.db").close()
    return config


def test_what_nobody_knows_is_said_and_is_1(store: Path) -> None:
    done = run("explain", "10.9.9.9", "-c", str(store))
    assert done.returncode == 1
    assert done.stdout == "Nothing is leased to or registered for 10.9.9.9 now, and nothing is in the history.\n"
    told = run("explain", "10.9.9.9", "-c", str(store), "-o", "json")
    assert (told.returncode, json.loads(told.stdout)["is_known"]) == (1, False)
    held = run("history", "--address", "10.9.9.9", "--at", "2026-03-01", "-c", str(store))
    assert (held.returncode, held.stderr) == (0, "(nobody held 10.9.9.9 then, as far as the history goes back)\n")


COMMANDS = [["leases"], ["check-config"], ["version"], ["--help"], ["key", "generate"]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_output_that_cannot_be_written_is_one_line_and_1(store: Path, words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "tenure", *words]
        env = os.environ | {"TENURE_CONFIG": str(store)}
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, env=env)
    assert (done.returncode, done.stderr) == (1, "tenure: the output cannot be written (No space left on device)\n")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_output_that_is_closed_is_one_line_and_1(store: Path, words: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", sys.executable, "-m", "tenure", *words],
        check=False,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        env=os.environ | {"TENURE_CONFIG": str(store)},
    )
    assert (done.returncode, done.stderr) == (1, "tenure: the output cannot be written (Bad file descriptor)\n")


def test_an_export_that_cannot_be_written_names_its_file(store: Path) -> None:
    ledger = open_zones(f"sqlite:{store.parent}/tenure.db")
    create_zone(ledger, "example.test.", "@ 300 NS ns\n")
    ledger.close()
    out = store.parent / "nowhere" / "zone"
    done = run("zones", "export", "example.test", "-c", str(store), "--out", str(out))
    assert (done.returncode, done.stderr) == (1, f"tenure: {out} cannot be written (No such file or directory)\n")


def test_ctrl_c_while_it_starts_is_130_and_silent() -> None:
    code = (
        "import sys, tenure.__main__ as entry\n"
        "def interrupted(_arguments): raise KeyboardInterrupt\n"
        "entry._main = interrupted\n"
        "entry.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_url_that_cannot_be_right_is_one_line_and_2(config: Path) -> None:
    pytest.importorskip("psycopg")
    config.write_text('[store]\nurl = "postgresql://tenure:secret-word@db/tenure?sslmod=require"\n' + CONFIG)
    config.chmod(0o600)
    for words in (["leases"], ["serve"]):
        done = run(*words, "-c", str(config))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "sslmod" in done.stderr
        assert "secret-word" not in done.stderr


def test_what_the_host_cannot_give_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cannot(_agent: object) -> None:
        raise ServiceError("the addresses of this host", "no buffer space", "try again")

    monkeypatch.setattr(__main__, "survey_host", cannot)
    monkeypatch.setattr("sys.argv", ["tenure", "agent", "--dry-run"])
    with pytest.raises(SystemExit) as left:
        __main__.main()
    assert left.value.code == 1
    assert capsys.readouterr().err == "tenure: the addresses of this host: no buffer space; try again\n"


def test_hooks_without_a_client_to_hook_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\n")
    done = run("agent", "install-hooks", "--root", str(tmp_path), "--for", "dhclient", "-c", str(path))
    remedy = "install the client, or tell the agent by `learned`"
    says = f"tenure: the hooks of ISC dhclient: none of {tmp_path}/etc/dhcp is there; {remedy}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", says)


def test_hooks_are_shown_installed_and_removed(tmp_path: Path) -> None:
    path, folder = tmp_path / "agent.toml", tmp_path / "usr/lib/dhcpcd/dhcpcd-hooks"
    path.write_text("[agent]\n")
    folder.mkdir(parents=True)
    (tmp_path / "run/systemd/netif/leases").mkdir(parents=True)
    words = ("agent", "install-hooks", "--root", str(tmp_path), "-o", "json", "-c", str(path))

    def outcomes(*more: str) -> list[tuple[str, str]]:
        done = run(*words, *more)
        assert (done.returncode, done.stderr) == (0, "")
        return [(row["client"], row["outcome"]) for row in json.loads(done.stdout)]

    networkd = ("networkd", "read by the agent")
    assert outcomes("--dry-run") == [("dhcpcd", "would be written"), networkd]
    assert list(folder.iterdir()) == []
    assert outcomes() == [("dhcpcd", "written"), networkd]
    assert outcomes("--for", "dhcpcd") == [("dhcpcd", "unchanged")]
    assert outcomes("--remove", "--dry-run") == [("dhcpcd", "would be removed")]
    assert [one.name for one in folder.iterdir()] == ["90-tenure"]
    assert outcomes("--remove") == [("dhcpcd", "removed")]
    assert outcomes("--remove") == []
    assert list(folder.iterdir()) == []


def test_a_word_that_is_not_of_the_set_is_said_with_the_words_there_are() -> None:
    done = tenure_process("leases", "-o", "bogus")
    assert done.returncode == 2
    wrong = "invalid value for '-o' / '--output': 'bogus' is not one of 'table', 'json'"
    assert done.stderr == f"tenure: {wrong}; see: python -m tenure leases --help\n"
