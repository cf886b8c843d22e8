"""Invariant 13: what the pages show, the CLI and the API show in the same words. Today there is the CLI.

Whatever the reason, each command says it in the words of the catalogue: in its table, in its JSON, in its sentences.
"""

from __future__ import annotations

import json
from pathlib import Path

from dhcp4_network import ip
from story import Story
from tenure_command import tenure
from world import World

from tenure.naming.reason import WORDS, Reason

CONFIG = """
[store]
url = "sqlite:tenure.db"

[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."

[[dns.zones]]
name = "10.in-addr.arpa."

[dhcp4]
listen = ["127.0.0.1:6767"]

[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.100-10.1.0.102"]
"""
TOLD = {
    "ann": (Reason.CLIENT_FQDN, Reason.CONFIRMED),
    "bob": (Reason.HOST_NAME, Reason.NAME_TAKEN),
    "pam": (Reason.CLIENT_DECLINES, Reason.CLIENT_DECLINES),
    "joe": (Reason.NAME_RESERVED, Reason.NAME_RESERVED),
}


def shown(world: World, *words: str) -> str:
    """What a command prints."""
    folder = Path(world.lease_store.place).parent
    config = folder / "tenure.toml"
    config.write_text(CONFIG)
    done = tenure(*words, "-c", config)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_command_says_the_words_of_the_catalogue(story: Story) -> None:
    story.tell("""
        ann joins 10.1 as S:pc
        the updater works
        bob joins 10.1 as pc
        pam joins 10.1 as N:web
        joe joins 10.2 as wpad
        the updater works
    """)
    leases = {line["address"]: line for line in json.loads(shown(story.world, "leases", "-o", "json"))}
    names = {line["address"]: line for line in json.loads(shown(story.world, "names", "-o", "json"))}
    table = shown(story.world, "names")
    for device, (of_lease, of_name) in TOLD.items():
        address = story.addresses[device]
        lease = story.world.lease(ip(address))
        assert lease is not None
        assert lease.reason == of_lease
        assert leases[address]["reason"] == WORDS[of_lease]
        assert names[address]["reason"] == WORDS[of_name]
        assert WORDS[of_name] in table
    for device in ("ann", "bob"):
        reason = TOLD[device][1]
        told = json.loads(shown(story.world, "explain", story.addresses[device], "-o", "json"))
        assert any(WORDS[reason] in sentence for sentence in told["now"])
        assert any(line["name"] == "pc.example.test." for line in told["chain"])


def test_every_code_has_words_of_its_own() -> None:
    assert set(WORDS) == set(Reason)
    assert len(set(WORDS.values())) == len(WORDS)
