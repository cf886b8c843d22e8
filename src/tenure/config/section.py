"""What every table of the configuration has in common: kebab-case keys, no unknown key, no silent conversion."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


def kebab(name: str) -> str:
    """The key in the file for a field: `valid_lifetime` is `valid-lifetime`."""
    return name.replace("_", "-")


class Section(BaseModel):
    """A table of the file. Its docstring and those of its fields are its page in the reference (`meanings`)."""

    model_config = ConfigDict(
        alias_generator=kebab,
        extra="forbid",
        frozen=True,
        strict=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # what checks a table is built once, with the whole file's: a tenth of what a start takes
    )


def field_key(name: str, field: FieldInfo) -> str:
    """The key in the file of a field."""
    return field.alias or name
