"""`tenure agent` for people: the rows of what it would register."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tenure.config.agent import Agent
from tenure.console.words import address_text, name_text
from tenure.naming.reason import WORDS
from tenure.registering.names import Unnamed, names_of
from tenure.registering.selection import CHOICE_WORDS
from tenure.registering.survey import Survey

SurveyHost: TypeAlias = Callable[[Agent], Survey]

KEPT, SKIPPED = "kept", "skipped"


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address of the host."""

    interface: str
    address: str
    verdict: str
    names: str
    code: str
    reason: str


def address_rows(found: Survey) -> Iterator[AddressRow]:
    """Every address, kept under its names or skipped, and why. Without a name for the host none is kept."""
    for one in found.judged:
        named = one.is_kept and not isinstance(found.names, Unnamed)
        names = names_of(one, found.names) if one.is_kept and not isinstance(found.names, Unnamed) else ()
        code, words = str(one.choice), CHOICE_WORDS[one.choice]
        if one.is_kept and isinstance(found.names, Unnamed):
            code, words = str(found.names.reason), f"{WORDS[found.names.reason]}: {found.names.detail}"
        yield AddressRow(
            one.interface.name,
            f"{address_text(one.address.address)}/{one.address.prefix_length}",
            KEPT if named else SKIPPED,
            " ".join(map(name_text, names)),
            code,
            words,
        )
