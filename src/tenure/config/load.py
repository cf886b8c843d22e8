"""From a file to a checked configuration, or to all the problems of the file at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tenure.config.checks import check
from tenure.config.configuration import Configuration
from tenure.config.meanings import meanings
from tenure.config.problem import ConfigurationError, Location, Problem, table_name
from tenure.config.section import Section, field_key

_REMEDIES = {
    "bool_type": ("is not true or false", "write true or false without quotes"),
    "dict_type": ("is not a table", "write a table, such as {{ routers = [...] }}"),
    "float_type": ("is not a number", "write a number without quotes, such as 0.25"),
    "greater_than": ("is too small", "write a number greater than {gt}"),
    "greater_than_equal": ("is too small", "write a number of at least {ge}"),
    "int_type": ("is not a whole number", "write a whole number without quotes"),
    "less_than_equal": ("is too great", "write a number of at most {le}"),
    "list_type": ("is not a list", 'write a list in brackets, such as ["a", "b"]'),
    "string_pattern_mismatch": ("has characters that cannot stand here", "write ASCII without spaces"),
    "string_too_long": ("is too long", "write at most {max_length} characters"),
    "string_type": ("is not text in quotes", "write it in quotes"),
    "too_short": ("is empty", "write at least one entry"),
}


def load(path: Path) -> Configuration:
    """The configuration in a file; `ConfigurationError` with every problem that was found.

    Problems of single keys come first; the rules between keys are looked at once each key is right by itself.
    """
    document = _read(path)
    try:
        configuration = Configuration.model_validate(document)
    except ValidationError as error:
        problems = [_translate(one) for one in error.errors(include_url=False)]
        raise ConfigurationError(path, document, problems) from None
    configuration._path = path
    found = list(check(configuration))
    if found:
        raise ConfigurationError(path, document, found)
    return configuration


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read().decode("utf-8-sig"))  # editors of Windows begin a file with a BOM
    except OSError as error:
        problem = Problem((), f"cannot be read ({error.strerror})", "name a file with -c that this user can read")
    except UnicodeDecodeError:
        problem = Problem((), "is not UTF-8", "save it as UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        problem = Problem((), f"is not TOML: {error}", "see https://toml.io for how tables and lists are written")
    raise ConfigurationError(path, {}, [problem]) from None


def _translate(error: ErrorDetails) -> Problem:
    """A finding of the models in our words."""
    key: Location = error["loc"]
    context: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "wrong":
            return Problem(key, context["text"], context["right"])
        case "extra_forbidden":
            return Problem(key, "is not a key that is known here", _did_you_mean(key))
        case "missing":
            return Problem(key, "is missing", f"set it: {_meaning(key)}")
        case "list_type" if section_at(key) is not None:
            return Problem(key, "is not a list of tables", f"write [[{table_name(key)}]] above each of them")
        case "model_type":
            in_list = isinstance(key[-1], int)
            brackets = f"[[{table_name(key)}]]" if in_list else f"[{table_name(key)}]"
            return Problem(key, "is not a table", f"write {brackets} above its keys")
    wrong, right = _REMEDIES.get(error["type"], (error["msg"], "see docs/reference/configuration.md"))
    return Problem(key, wrong, right.format(**context))


def _did_you_mean(key: Location) -> str:
    section = section_at(key[:-1])
    known = sorted(field_key(name, field) for name, field in section.model_fields.items()) if section else []
    near = get_close_matches(str(key[-1]).replace("_", "-").lower(), known, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"known keys here: {', '.join(known)}"


def _meaning(key: Location) -> str:
    section = section_at(key[:-1])
    text = meanings(section).get(str(key[-1])) if section else None
    return text.split(". ")[0].rstrip(".") if text else "see docs/reference/configuration.md"


def section_at(key: Location) -> type[Section] | None:
    """The table that stands at a key; None where none does."""
    section: type[Section] | None = Configuration
    for part in key:
        if isinstance(part, int):
            continue
        fields = {field_key(name, field): field for name, field in section.model_fields.items()} if section else {}
        section = section_of(fields[part].annotation) if part in fields else None
    return section


def section_of(annotation: Any) -> type[Section] | None:
    """The table in an annotation such as `list[ZoneSection] | None`; None where it holds none."""
    return next(_sections_in(annotation), None)


def _sections_in(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections_in(inner)
