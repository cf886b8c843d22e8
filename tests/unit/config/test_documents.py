"""The examples load, the full one has every key, and the reference pages are those that the code makes."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dhcpv6 import DUID, SOLICIT, ip, message, relayed

from tenure.config.load import load, section_of
from tenure.config.meanings import meanings
from tenure.config.reference import section_keys, tables
from tenure.console.effective import parameter_lines
from tenure.console.reference import pages
from tenure.dhcpwire.identity import FLEX_ID_KEY
from tenure.dhcpwire.v6.message import parse_datagram
from tenure.leasing.expression.v6 import Sighting
from tenure.leasing.v6.arrival import Arrival
from tenure.naming.profile import Profile

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = sorted(path.name for path in (DOCS / "examples").glob("*.toml"))


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The examples with the key files that their text tells to make, for their owner alone."""
    folder = tmp_path / "examples"
    shutil.copytree(DOCS / "examples", folder)
    for key in ("dhcp.key", "dhcp.key.before", "public.key"):
        (folder / key).write_text("bm90IGEgc2VjcmV0LCBhbiBleGFtcGxl\n")
    for keytab in ("dns.keytab", "dhcp.keytab"):
        (folder / keytab).write_bytes(b"\5\2")
    (folder / "cookie.secrets").write_text("e5e973e5a6b2a43f48e7dc849e37bfcf\n")
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads(examples: Path, name: str) -> None:
    load(examples / name)


BEHIND = """
[store]
url = "sqlite:tenure.db"
[dns]
listen = ["127.0.0.1:5300"]
[[dns.zones]]
name = "office.example."
[[dns.zones]]
name = "10.in-addr.arpa."
[[dns.zones]]
name = "8.b.d.0.1.0.0.2.ip6.arpa."
"""
DHCP4 = """
[dhcp4]
interfaces = ["eth0"]
[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.0.99"]
"""
DHCP_PAGES = (DOCS / "operate" / "dhcp.md").read_text() + (DOCS / "operate" / "dhcpv6.md").read_text()


@pytest.mark.parametrize("example", re.findall(r"^```toml\n(.*?)^```$", DHCP_PAGES, re.DOTALL | re.MULTILINE))
def test_an_example_on_the_page_about_dhcp_loads(tmp_path: Path, example: str) -> None:
    path = tmp_path / "tenure.toml"
    path.write_text(BEHIND + example)
    load(path)


def test_the_identifier_of_the_page_about_dhcpv6_is_that_of_a_relay_as_rfc_4649_has_it(tmp_path: Path) -> None:
    page = (DOCS / "operate" / "dhcpv6.md").read_text()
    examples = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (example,) = (one for one in examples if "identifier-expression" in one)
    path = tmp_path / "tenure.toml"
    path.write_text(BEHIND + example)
    dhcp6 = load(path).dhcp6
    assert dhcp6 is not None
    assert dhcp6.identifier_expression is not None
    remote_id = (37, (9).to_bytes(4, "big") + b"switch-3")  # behind an enterprise number (section 3)
    octets = relayed(message(SOLICIT, (1, DUID)), "2001:db8:1::1", "fe80::1", (18, b"port 9"), remote_id)
    source = ip("2001:db8:1::1")
    seen = Sighting(parse_datagram(octets), Arrival(source, 547, False, "eth0", ()), ())
    identifiers = [one.flex_id for one in dhcp6.reservations if one.flex_id is not None]
    assert identifiers == [bytes((FLEX_ID_KEY,)) + dhcp6.identifier_expression(seen)]


def test_the_defaults_on_the_page_about_profiles_are_those_that_count(tmp_path: Path) -> None:
    page = (DOCS / "operate" / "profiles.md").read_text()
    header, *rows = (
        [cell.strip(" *`") for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if "| tenure |" in line or line.startswith("| `ddns-")
    )
    assert header == ["key", "tenure", '"kea"', '"windows"', '"isc"']
    fractions = {"1/3": "0.333", "1/2": "0.5", "\u2013": ""}
    for column, profile in enumerate(["", *Profile], start=1):
        path = tmp_path / "tenure.toml"
        path.write_text(BEHIND + DHCP4 + (f'[ddns]\nprofile = "{profile}"\n' if profile else ""))
        lines = {line.key: line for line in parameter_lines(load(path), "10.1.0.0/16")}
        from_profile = {key for key, line in lines.items() if line.source.startswith("profile")}
        assert from_profile <= {row[0] for row in rows}
        told = {row[0]: fractions.get(row[column], row[column]) for row in rows}
        assert {key: lines[key].value for key in told} == told, profile


def every_key() -> Iterator[str]:
    """Each key with its table; of a table that may stand in several places, in the first of them."""
    for title, section in tables():
        path = f".{title.strip('[]')}" if title else ""
        for key, field in section_keys(section):
            if section_of(field.annotation) is None:
                yield f"{path}.{key}"


def written_keys(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from written_keys(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from written_keys(inner, path)


def test_the_full_example_has_every_key() -> None:
    written = set(written_keys(tomllib.loads((DOCS / "examples" / "full.toml").read_text())))
    assert set(every_key()) - written == set()


def test_every_key_is_described() -> None:
    bare = [
        f"{title} {key}"
        for title, section in tables()
        for key, _ in section_keys(section)
        if not meanings(section).get(key)
    ]
    assert bare == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["configuration.md", "configuration.schema.json", "reasons.md"])
def test_the_reference_is_what_the_code_makes(name: str) -> None:
    assert (DOCS / "reference" / name).read_text() == pages()[name], "run: make docs"
