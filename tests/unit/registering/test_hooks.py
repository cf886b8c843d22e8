"""What the hooks of DHCP clients tell, run by a shell with the variables that the clients set."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tenure.registering.client import Client
from tenure.registering.hooks import Script, is_ours, scripts

V4 = {"interface": "eth0", "new_ip_address": "10.1.0.7", "new_dhcp_lease_time": "600"}
V6 = {"interface": "eth0", "new_ip6_address": "fd00:1::7", "new_max_life": "900"}
SAID = {"new_fqdn_fqdn": "pc.office.example", "new_fqdn_encoded": "true"}
BOUND4 = ["10.1.0.7", "--interface=eth0", "--moment=bound", "--seconds=600"]
ENTER, EXIT = "dhclient-enter-hooks.d/tenure", "dhclient-exit-hooks.d/tenure"
DHCPCD4 = {"interface": "eth0", "new_ip_address": "10.1.0.7", "new_dhcp_lease_time": "600"}
DHCPCD6 = {
    "interface": "eth0",
    "new_dhcp6_ia_na1_iaid": "00000001",
    "new_dhcp6_ia_na1_ia_addr1": "fd00:1::7",
    "new_dhcp6_ia_na1_ia_addr1_vltime": "900",
    "new_dhcp6_ia_na1_ia_addr1_pltime": "600",
}
MANAGED4 = {"DHCP4_IP_ADDRESS": "10.1.0.7", "DHCP4_DHCP_LEASE_TIME": "600"}


def script(client: Client, place: str, program: Path, config: Path) -> Script:
    return next(one for one in scripts(client, [str(program)], str(config)) if one.place == place)


def told(folder: Path, which: str, status: int = 0, **variables: str) -> list[str] | None:
    """The words with which a hook of dhclient ran tenure; None: it did not."""
    said = all_told(folder, Client.DHCLIENT, which, status, **variables)
    assert len(said) < 2
    return said[0] if said else None


def all_told(
    folder: Path, client: Client, which: str = "90-tenure", status: int = 0, arguments: str = "", **variables: str
) -> list[list[str]]:
    """The words of each time that the hook ran tenure."""
    program = folder / "a tenure"
    program.write_text(
        f'#!/bin/sh\n{{ printf "%s\\n" "$@"; echo end; }} >> "{folder}/told"\necho refused\nexit {status}\n'
    )
    program.chmod(0o755)
    logger = folder / "logger"
    logger.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{folder}/logged"\n')
    logger.chmod(0o755)
    hook = folder / "hook"
    made = script(client, which, program, folder / "an agent.toml")
    hook.write_text(made.text)
    hook.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", **variables}
    if made.is_program:
        words = [str(hook), *arguments.split()]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("", "")
    else:
        line = f'moment=before; set -- before; . "{hook}"; echo "$? $moment $1"'
        done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("0 before before\n", "")  # it leaves nothing behind, and never fails
    found = folder / "told"
    text = found.read_text() if found.exists() else ""
    said = [one.splitlines() for one in text.split("end\n")[:-1]]
    for words in said:
        assert words[:2] == ["agent", "learned"]
        assert words[-2:] == ["--config", f"{folder}/an agent.toml"]
    return [words[2:-2] for words in said]


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


@pytest.mark.parametrize(
    ("letters", "flags"), [("", 0), ("E", 0), ("ES", 1), ("EOS", 3), ("NE", 8), ("NEO", 10), ("5", 5), ("12", 12)]
)
def test_flags_of_option_81_as_dhcpcd_passes_them_on(tmp_path: Path, letters: str, flags: int) -> None:
    variables = {"new_fqdn_flags": letters, "new_fqdn": "pc.office.example", **DHCPCD4}
    answered = [*BOUND4, f"--flags={flags}", "--name=pc.office.example"]
    assert all_told(tmp_path, Client.DHCPCD, reason="BOUND", **variables) == [answered]


@pytest.mark.parametrize(("letters", "flags"), [("", 0), ("S", 1), ("OS", 3), ("N", 4), ("NO", 6)])
def test_flags_of_option_39_as_dhcpcd_passes_them_on(tmp_path: Path, letters: str, flags: int) -> None:
    variables = {"new_dhcp6_fqdn_flags": letters, "new_dhcp6_fqdn": "pc.office.example", **DHCPCD6}
    assert all_told(tmp_path, Client.DHCPCD, reason="BOUND6", **variables) == [
        [
            *("fd00:1::7", "--interface=eth0", "--moment=bound", "--seconds=900"),
            *(f"--flags={flags}", "--name=pc.office.example"),
        ]
    ]


def test_dhcpcd_tells_of_each_address_of_a_lease(tmp_path: Path) -> None:
    more = {"new_dhcp6_ia_na2_ia_addr1": "fd00:1::8", "new_dhcp6_ia_na1_ia_addr12": "fd00:1::9"}
    odd = {"new_dhcp6_ia_pd1_prefix1": "fd00:2::", "X": "\nnew_dhcp6_ia_na1_ia_addr3;touch x=1"}
    said = all_told(tmp_path, Client.DHCPCD, reason="RENEW6", **DHCPCD6, **more, **odd)
    assert sorted(said) == [
        ["fd00:1::7", "--interface=eth0", "--moment=renewed", "--seconds=900"],
        ["fd00:1::8", "--interface=eth0", "--moment=renewed"],
        ["fd00:1::9", "--interface=eth0", "--moment=renewed"],
    ]


@pytest.mark.parametrize("reason", ["RENEW", "REBIND", "REBOOT"])
def test_dhcpcd_tells_of_a_renewal_without_the_option(tmp_path: Path, reason: str) -> None:
    renewed = ["10.1.0.7", "--interface=eth0", "--moment=renewed", "--seconds=600"]
    gone = {"old_fqdn_flags": "ES", "old_fqdn": "pc", "old_ip_address": "10.1.0.7"}
    assert all_told(tmp_path, Client.DHCPCD, reason=reason, **DHCPCD4, **gone) == [renewed]


@pytest.mark.parametrize("reason", ["EXPIRE", "NAK", "STOP", "EXPIRE6", "RELEASE6", "STOP6"])
def test_dhcpcd_tells_that_a_lease_has_ended(tmp_path: Path, reason: str) -> None:
    old = {"interface": "eth0", "old_ip_address": "10.1.0.7", "old_dhcp6_ia_na1_ia_addr1": "fd00:1::7"}
    address = "fd00:1::7" if reason.endswith("6") else "10.1.0.7"
    assert all_told(tmp_path, Client.DHCPCD, reason=reason, **old) == [
        [address, "--interface=eth0", "--moment=ended"],
    ]


@pytest.mark.parametrize(
    "reason", ["PREINIT", "CARRIER", "NOCARRIER", "ROUTERADVERT", "STATIC", "INFORM", "IPV4LL", "TIMEOUT", "STOPPED"]
)
def test_other_moments_of_dhcpcd_are_none_of_ours(tmp_path: Path, reason: str) -> None:
    assert all_told(tmp_path, Client.DHCPCD, reason=reason, old_ip_address="10.1.0.7", **DHCPCD4) == []


def test_what_dhcpcd_s_hook_is_refused_is_logged(tmp_path: Path) -> None:
    assert len(all_told(tmp_path, Client.DHCPCD, status=2, reason="BOUND", **DHCPCD4)) == 1
    assert "the agent was not told of 10.1.0.7: refused" in (tmp_path / "logged").read_text()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, ["--untold"]),  # its own client
        ({"DHCP4_DHCP_MESSAGE_TYPE": "5"}, []),  # dhclient, and no option
        ({"DHCP4_FQDN": "5:0:0:2:70:63:0", "DHCP4_FQDN_FQDN": "pc"}, ["--flags=5", "--name=pc"]),
        ({"DHCP4_FQDN": "c:0:0:2:70:63:0", "DHCP4_FQDN_FQDN": "pc"}, ["--flags=12", "--name=pc"]),
        ({"DHCP4_FQDN_SERVER_UPDATE": "true", "DHCP4_FQDN_FQDN": "pc"}, ["--flags=1", "--name=pc"]),
        ({"DHCP4_FQDN_SERVER_UPDATE": "false", "DHCP4_FQDN_FQDN": "pc"}, ["--flags=0", "--name=pc"]),
        ({"DHCP4_FQDN_FLAGS": "ES", "DHCP4_FQDN": "pc"}, ["--flags=1", "--name=pc"]),  # dhcpcd
        ({"DHCP4_FQDN_FLAGS": "NE", "DHCP4_FQDN": "pc"}, ["--flags=8", "--name=pc"]),
        ({"DHCP4_FQDN_FLAGS": "5", "DHCP4_FQDN": "pc"}, ["--flags=5", "--name=pc"]),
    ],
)
def test_option_81_as_networkmanager_passes_it_on(tmp_path: Path, variables: dict[str, str], words: list[str]) -> None:
    """Of a lease it tells no length: renewals are not told at all."""
    said = all_told(tmp_path, Client.NETWORK_MANAGER, arguments="eth0 up", **MANAGED4, **variables)
    assert said == [["10.1.0.7", *words, "--interface=eth0", "--moment=bound"]]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"DHCP6_FQDN_FQDN": "pc"}, ["--untold"]),  # its own client: the name alone
        ({"DHCP6_LIFE_STARTS": "1"}, []),
        ({"DHCP6_DHCP6_FQDN": "4:2:70:63", "DHCP6_FQDN_FQDN": "pc"}, ["--flags=4", "--name=pc"]),
    ],
)
def test_option_39_as_networkmanager_passes_it_on(tmp_path: Path, variables: dict[str, str], words: list[str]) -> None:
    variables = {"DHCP6_IP6_ADDRESS": "fd00:1::7", **MANAGED4, **variables}
    assert all_told(tmp_path, Client.NETWORK_MANAGER, arguments="eth0 dhcp6-change", **variables) == [
        ["10.1.0.7", "--untold", "--interface=eth0", "--moment=renewed"],
        ["fd00:1::7", *words, "--interface=eth0", "--moment=renewed"],
    ]


def test_a_connection_that_networkmanager_ends_has_no_leases(tmp_path: Path) -> None:
    said = all_told(tmp_path, Client.NETWORK_MANAGER, arguments="eth0 down")
    assert said == [["all", "--interface=eth0", "--moment=ended"]]


@pytest.mark.parametrize("arguments", ["eth0 pre-up", "none hostname", "eth0 up", "eth0 dhcp4-change"])
def test_networkmanager_s_hook_has_nothing_to_tell_without_a_lease(tmp_path: Path, arguments: str) -> None:
    assert all_told(tmp_path, Client.NETWORK_MANAGER, arguments=arguments) == []


def test_its_files_are_known_by_their_first_lines() -> None:
    texts = [one.text for client in Client for one in scripts(client, ["tenure"], "agent.toml")]
    assert len(texts) == 4
    assert all(is_ours(text) and "@" not in text.replace('"$@"', "") for text in texts)
    assert not is_ours("#!/bin/sh\n")
