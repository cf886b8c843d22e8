"""Makes the tables of an empty store in their newest form, by one script for each half and dialect.

`tools/schema` writes the scripts from the revisions. No library is imported for them: to make a store by all of its
revisions takes longer than anything else at a first start (docs/decisions/0042-new-stores-by-a-script.md).
"""

from __future__ import annotations

from pathlib import Path

from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.halves import Schema
from tenure.ledger.session import Session

_FOLDER = Path(__file__).parent
BETWEEN = ";\n\n"  # two statements; there is no empty line in one


def script(schema: Schema, dialect: str) -> Path:
    """The file of the script; its last statement leaves the version."""
    return _FOLDER / schema.half / f"newest.{dialect}.sql"


def make_tables(place: str, session: Session, schema: Schema) -> None:
    """Makes all tables in one transaction, or none: `LedgerUnavailable` names `place` and the cause.

    Does nothing where there is a version already, which may be an older one: somebody was faster.
    """
    statements = script(schema, session.dialect).read_text(encoding="utf-8").split(BETWEEN)

    def attempt() -> None:
        session.hold_upgrades()
        if not session.has_table(schema.version_table):
            for statement in statements:
                session.run(statement)

    try:
        session.transact(attempt, writes=True)
    except LedgerUnavailable as error:
        raise LedgerUnavailable(place, f"its tables cannot be made: {error.cause}") from error
