"""Each version of a half of the store has one migration, and they follow one another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tenure.ledger.halves import AGENT_SCHEMA, LEASE_SCHEMA, ZONE_SCHEMA, Schema

MIGRATIONS = Path(__file__).parents[2] / "src" / "tenure" / "ledger" / "migrations"


@pytest.mark.parametrize("schema", [LEASE_SCHEMA, ZONE_SCHEMA, AGENT_SCHEMA], ids=lambda schema: schema.half)
def test_versions_and_migrations_agree(schema: Schema) -> None:
    found = {}
    for path in (MIGRATIONS / schema.half).glob("v*.py"):
        text = path.read_text()
        revision = re.search(r'^revision = "(\d+)"', text, re.MULTILINE)
        assert revision is not None, path.name
        assert path.name.startswith(f"v{revision[1]}_"), path.name
        assert revision[1] not in found, f"{path.name} and {found[revision[1]]} are of one version"
        found[revision[1]] = path.name
        before = re.search(r'^down_revision = "(\d+)"', text, re.MULTILINE)
        assert (int(before[1]) if before else 0) == int(revision[1]) - 1, path.name
    assert sorted(found, key=int) == list(schema.versions)
