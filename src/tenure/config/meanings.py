"""What each key of a table means: the docstring below its field, read when a page or an error wants to say it.

Pydantic could read them as the models are made. That is a look into the source of every table, and a third of what it
takes to start any command.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache

from tenure.config.section import Section, field_key


@cache
def meanings(section: type[Section]) -> dict[str, str]:
    """The text of each key of a table, those that it inherits too."""
    found: dict[str, str] = {}
    for one in reversed(section.__mro__):
        if issubclass(one, Section):
            found.update(_below_fields(one))
    fields = section.model_fields
    return {field_key(name, fields[name]): text for name, text in found.items() if name in fields}


def _below_fields(section: type[Section]) -> Iterator[tuple[str, str]]:
    """The fields that stand in the class itself, with the text below each."""
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(made, ast.ClassDef)
    for field, text in zip(made.body, made.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(meaning))):
                yield name, inspect.cleandoc(meaning)
