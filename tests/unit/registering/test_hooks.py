"""What dhclient's hooks tell, taken in by a shell with the variables that dhclient sets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tenure.registering.hooks import ENTER, EXIT, dhclient_hooks, is_ours

V4 = {"interface": "eth0", "new_ip_address": "10.1.0.7", "new_dhcp_lease_time": "600"}
V6 = {"interface": "eth0", "new_ip6_address": "fd00:1::7", "new_max_life": "900"}
SAID = {"new_fqdn_fqdn": "pc.office.example", "new_fqdn_encoded": "true"}
BOUND4 = ["10.1.0.7", "--interface=eth0", "--moment=bound", "--seconds=600"]


def told(folder: Path, which: str, status: int = 0, **variables: str) -> list[str] | None:
    """The words with which the hook ran tenure; None: it did not."""
    program = folder / "a tenure"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{folder}/told"\necho refused\nexit {status}\n')
    program.chmod(0o755)
    logger = folder / "logger"
    logger.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{folder}/logged"\n')
    logger.chmod(0o755)
    hook = folder / "hook"
    hook.write_text(dhclient_hooks([str(program)], f"{folder}/an agent.toml")[which])
    script = f'moment=before; set -- before; . "{hook}"; echo "$? $moment $1"'
    environment = {"PATH": f"{folder}:/usr/bin:/bin", **variables}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0 before before\n", "")  # it leaves nothing behind, and never fails
    found = folder / "told"
    if not found.exists():
        return None
    words = found.read_text().splitlines()
    assert words[:2] == ["agent", "learned"]
    assert words[-2:] == ["--config", f"{folder}/an agent.toml"]
    return words[2:-2]


@pytest.mark.parametrize(
    ("server", "client", "flags"),
    [("true", "false", 1), ("true", "true", 1), ("false", "false", 0), ("false", "true", 10)],
)
def test_flags_of_option_81_as_dhclient_passes_them_on(tmp_path: Path, server: str, client: str, flags: int) -> None:
    variables = {"new_fqdn_server_update": server, "new_fqdn_no_client_update": client, **SAID, **V4}
    answered = [*BOUND4, f"--flags={flags}", "--name=pc.office.example"]
    assert told(tmp_path, ENTER, reason="BOUND", **variables) == answered


def test_an_answer_without_the_option(tmp_path: Path) -> None:
    assert told(tmp_path, ENTER, reason="BOUND", **V4) == BOUND4


@pytest.mark.parametrize(("octets", "flags"), [("4:2:70:63", 4), ("1", 1), ("0:0", 0)])
def test_the_flags_of_option_39_are_its_first_octet(tmp_path: Path, octets: str, flags: int) -> None:
    variables = {"new_fqdn_server_update": "false", "new_dhcp6_fqdn": octets, "new_fqdn_fqdn": "pc", **V6}
    assert told(tmp_path, ENTER, reason="BOUND6", **variables) == [
        *("fd00:1::7", "--interface=eth0", "--moment=bound", "--seconds=900", f"--flags={flags}", "--name=pc")
    ]


@pytest.mark.parametrize("reason", ["RENEW", "REBIND", "REBOOT"])
def test_what_is_no_full_exchange_is_renewed(tmp_path: Path, reason: str) -> None:
    words = told(tmp_path, ENTER, reason=reason, **V4)
    assert words is not None
    assert words[2] == "--moment=renewed"


@pytest.mark.parametrize("reason", ["EXPIRE", "FAIL", "RELEASE", "STOP"])
def test_a_lease_that_ends_is_told_at_the_end(tmp_path: Path, reason: str) -> None:
    gone = {"interface": "eth0", "old_ip_address": "10.1.0.7"}
    assert told(tmp_path, ENTER, reason=reason, **gone) is None
    assert told(tmp_path, EXIT, reason=reason, **gone) == ["10.1.0.7", "--interface=eth0", "--moment=ended"]


@pytest.mark.parametrize("which", [ENTER, EXIT])
@pytest.mark.parametrize("reason", ["PREINIT", "MEDIUM", "TIMEOUT", "PREINIT6", "DEPREF6"])
def test_other_moments_are_none_of_ours(tmp_path: Path, which: str, reason: str) -> None:
    assert told(tmp_path, which, reason=reason, old_ip_address="10.1.0.7", **V4) is None


@pytest.mark.parametrize(("which", "reason"), [(ENTER, "BOUND6"), (EXIT, "FAIL")])
def test_without_an_address_there_is_nothing_to_tell(tmp_path: Path, which: str, reason: str) -> None:
    assert told(tmp_path, which, reason=reason, interface="eth0") is None


def test_a_name_is_one_word_whatever_is_in_it(tmp_path: Path) -> None:
    name = "$(touch x)'; rm \"-rf * a"
    words = told(tmp_path, ENTER, reason="BOUND", new_fqdn_server_update="true", new_fqdn_fqdn=name, **V4)
    assert words is not None
    assert words[-1] == f"--name={name}"


def test_a_refusal_is_logged_and_is_none_of_the_client(tmp_path: Path) -> None:
    assert told(tmp_path, ENTER, 2, reason="BOUND", **V4) == BOUND4
    logged = (tmp_path / "logged").read_text().splitlines()
    assert logged[-1] == "the agent was not told of 10.1.0.7: refused"


def test_its_files_are_known_by_their_first_line() -> None:
    assert all(is_ours(text) for text in dhclient_hooks(["tenure"], "agent.toml").values())
    assert not is_ours("#!/bin/sh\n")
