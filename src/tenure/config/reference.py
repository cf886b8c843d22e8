"""The reference page and the JSON schema of the configuration, both made from the models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from inspect import cleandoc
from typing import Any

from pydantic.fields import FieldInfo

from tenure.config.configuration import Configuration
from tenure.config.load import section_of
from tenure.config.meanings import meanings
from tenure.config.section import Section, field_key

HEAD = """\
# Configuration

Made from the code by `make docs`; do not edit. One TOML file. Every key that is not listed here is an error. Where a
key stands in several tables, the innermost one that sets it counts: `[dhcp4]` and `[ddns]` set defaults, a subnet sets
its own. `tenure check-config -c FILE` checks a file without running anything; `configuration.schema.json` beside this
page is a JSON schema for editors.
"""


def schema_text() -> str:
    """The JSON schema of the file (draft 2020-12)."""
    schema = Configuration.model_json_schema()
    for name, section in {one.__name__: one for _, one in tables()}.items():
        properties = schema["properties"] if section is Configuration else schema["$defs"][name]["properties"]
        for key, meaning in meanings(section).items():
            properties[key] = dict(sorted({**properties[key], "description": meaning}.items()))
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def page_text() -> str:
    """The reference page in Markdown: a chapter for each table, a row for each key."""
    places = {section: title for title, section in tables()}
    return HEAD + "".join(_chapter(title, section, places) for title, section in tables() if title)


def tables() -> Iterator[tuple[str, type[Section]]]:
    """Every table of the file with its name as it is written, `[dns]` or `[[dns.zones]]`; the file itself has none.

    A table that may stand in several places is given with the first of them.
    """
    seen: set[type[Section]] = set()
    for title, section in _tables("", "", Configuration):
        if section not in seen:
            seen.add(section)
            yield title, section


def _tables(path: str, title: str, section: type[Section]) -> Iterator[tuple[str, type[Section]]]:
    yield title, section
    for key, field in section_keys(section):
        inner = section_of(field.annotation)
        if inner is not None:
            below = f"{path}.{key}".removeprefix(".")
            yield from _tables(below, f"[[{below}]]" if _is_list(field) else f"[{below}]", inner)


def section_keys(section: type[Section]) -> list[tuple[str, FieldInfo]]:
    """The keys of a table: those of its own first, inherited ones after them."""
    own = [name for name in section.model_fields if name in section.__annotations__]
    inherited = [name for name in section.model_fields if name not in own]
    return [(field_key(name, section.model_fields[name]), section.model_fields[name]) for name in own + inherited]


def _is_list(field: FieldInfo) -> bool:
    return "list[" in str(field.annotation)


def _chapter(title: str, section: type[Section], places: Mapping[type[Section], str]) -> str:
    lines = [f"\n## `{title}`\n", cleandoc(section.__doc__ or "") + "\n", "| key | value | default | meaning |"]
    lines.append("| --- | --- | --- | --- |")
    properties = section.model_json_schema()["properties"]
    definitions = section.model_json_schema().get("$defs", {})
    means = meanings(section)
    for key, field in section_keys(section):
        inner = section_of(field.annotation)
        if inner is not None:
            if not places[inner].strip("[]").startswith(f"{title.strip('[]')}.{key}"):
                value = "list of tables" if _is_list(field) else "table"
                lines.append(f"| `{key}` | {value} | | as `{places[inner]}`. {_cell(means[key])} |")
        else:
            value = _value(properties[key], definitions)
            lines.append(f"| `{key}` | {value} | {_default(field)} | {_cell(means[key])} |")
    return "\n".join(lines) + "\n"


def _value(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """What a key holds, in words."""
    if "$ref" in schema:
        return _value(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return _value(next(one for one in schema["anyOf"] if one.get("type") != "null"), definitions)
    if "enum" in schema:
        return "one word of a set"
    if "examples" in schema:
        return f'`"{schema["examples"][0]}"`'
    if schema.get("format") == "date-time":
        return "date and time"
    match schema.get("type"):
        case "array":
            return f"list of {_value(schema['items'], definitions)}"
        case "object":
            return "table"
        case "boolean":
            return "true or false"
        case "integer" | "number" as kind:
            return _range("whole number" if kind == "integer" else "number", schema)
    return "text"


def _range(noun: str, schema: dict[str, Any]) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum")
    return f"{noun}, {least} to {most}" if least is not None and most is not None else noun


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value in ([], {}, ""):
        return ""
    if isinstance(value, list):
        return "`[" + ", ".join(f'"{one}"' for one in value) + "]`"
    return f'`"{value}"`' if isinstance(value, str | StrEnum) else f"`{value}`".lower()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
