"""`[agent]`: a file with nothing else, what it says, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.assembly.agent import terms_of
from tenure.assembly.services import check_services, services_of
from tenure.config.load import load
from tenure.config.problem import ConfigurationError
from tenure.dnswire.name import from_text
from tenure.registering.settings import Connection, Included, Silence
from tenure.serving.agent.terms import Level
from tenure.serving.errors import ServiceError

KEYS = """
[[keys]]
name = "k."
secret = "bGFuIHRlc3Qgc2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzIQ=="
[[keys]]
name = "s."
in-store = true
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def test_an_agent_needs_no_store_no_zones_and_no_subnets(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, "[agent]\n"))
    assert configuration.agent is not None
    assert configuration.agent.settings("pc").host_name == "pc"
    assert services_of(configuration) == ()
    with pytest.raises(ServiceError, match="run tenure agent"):
        check_services(services_of(configuration))


def test_what_is_written_is_what_is_registered(tmp_path: Path) -> None:
    text = """
[agent]
host-name = "box"
primary-suffix = "office.example"
names = ["www.office.example"]
include = ["floating", "point-to-point"]
reverse = false
[[agent.connections]]
interface = "eth1"
suffix = "lab.example"
[[agent.connections]]
interface = "eth2"
register = false
"""
    agent = load(written(tmp_path, text)).agent
    assert agent is not None
    said = agent.settings("pc")
    assert (said.host_name, said.primary_suffix) == ("box", from_text("office.example."))
    assert said.names == (from_text("www.office.example."),)
    assert said.connections == {
        "eth1": Connection(suffix=from_text("lab.example.")),
        "eth2": Connection(register=False),
    }
    assert said.include == {Included.FLOATING, Included.POINT_TO_POINT}
    assert not said.reverse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('primary-suffix = "lan"', "lan. is a top-level domain; write the whole domain, or set update-top-level"),
        ('key = "none."', "none. is not defined; define it under"),
        ('update-security-level = "only-secure"', "there is nothing to sign with; set key"),
        ('update-security-level = "unsecure-followed-by-secure"', "there is nothing to sign with"),
        ('key = "k."\nupdate-security-level = "only-unsecure"', "nothing is signed, but there is a key"),
        ('key = "s."', "its secret is in the store, which an agent does not have"),
        ('servers = ["10.1.0.1 key k."]', "a server has no key of its own here"),
        ('key = "k."\n[agent.gss-tsig]\ncredentials-cache = "FILE:x"', "gss-tsig is set, so updates are signed"),
        ('[agent.gss-tsig]\nclient-keytab = "none.keytab"', "none.keytab cannot be read"),
        ('[agent.gss-tsig]\nclient-principal = "a@b@c"', "it is no principal"),
        ('duid = "00"', "is no DUID by its length"),
        ('duid = "zz"', "write a DUID in hexadecimal"),
        ('conflict = "fight"', "is none of the words"),
        ('names = ["www"]', "www. has no domain"),
        ('dhcp-silence = "wait"', "is none of the words known here"),
        ('dhcp = ["eth0", "eth0"]', r"eth0 was named before; leave dhcp\[0\] alone"),
        ('dhcp-flags = ["S", "N"]', "S asks the server to write a record, and N to write none"),
        ('dhcp-flags = ["O"]', "is none of the words known here"),
        ('include = ["loopback"]', "is none of the words known here"),
        ('[[agent.connections]]\ninterface = "eth0"\nsuffix = "lan"', "lan. is a top-level domain"),
        (
            '[[agent.connections]]\ninterface = "eth0"\n[[agent.connections]]\ninterface = "eth0"',
            r"eth0 was named before, by connections\[0\]",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(written(tmp_path, f"{KEYS}[agent]\n{text}\n"))


def test_what_is_signed_is_only_secure_and_what_is_not_is_only_unsecure(tmp_path: Path) -> None:
    for text, level in (("", Level.ONLY_UNSECURE), ('key = "k."', Level.ONLY_SECURE)):
        configuration = load(written(tmp_path, f'{KEYS}[agent]\nduid = "00:04:{"5a" * 16}"\n{text}\n'))
        assert configuration.agent is not None
        terms = terms_of(configuration, configuration.agent, 0.0)
        assert (terms.level, terms.key is not None) == (level, bool(text))
        assert terms.duid == bytes.fromhex("0004" + "5a" * 16)


def test_what_dhcp_servers_say_counts_unless_it_is_not_to(tmp_path: Path) -> None:
    text = f"""[agent]
duid = "00:04:{"5a" * 16}"
dhcp-silence = "keep"
[[agent.connections]]
interface = "eth1"
heed-dhcp = false
[[agent.connections]]
interface = "eth2"
"""
    for written_as, silence, unheeded in (
        (text, Silence.KEEP, {"eth1"}),
        ("\n".join(text.splitlines()[:2]), Silence.TAKE_OVER, set()),
    ):
        configuration = load(written(tmp_path, written_as))
        assert configuration.agent is not None
        terms = terms_of(configuration, configuration.agent, 0.0)
        assert (terms.on_silence, terms.unheeded) == (silence, unheeded)
