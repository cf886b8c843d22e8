"""What is wrong with a configuration: one line for each problem, naming the file, the key, the value and the remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Location = tuple[str | int, ...]
LONGEST_VALUE = 70
SECRET_KEYS = frozenset({"secret", "previous-secret"})
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@|(?<=[?&]password=)[^&]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at one key, and what would be right."""

    key: Location
    wrong: str
    right: str


class ConfigurationError(Exception):
    """A file that does not load; all of its problems together, one on each line."""

    def __init__(self, path: Path, document: Mapping[str, Any], problems: Sequence[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))  # subnets may have one in common, above all of them
        super().__init__("\n".join(problem_line(path, document, problem) for problem in self.problems))


def problem_line(path: Path, document: Mapping[str, Any], problem: Problem) -> str:
    """`FILE: KEY = VALUE: what is wrong; what would be right`, without the value where none is written.

    One line of printable text, whatever stands in the file.
    """
    written = written_key(document, problem.key)
    value = written_value(document, written)
    key = key_path(written)
    place = f"{key} = {value}" if value else key
    line = ": ".join(part for part in (str(path), place, f"{problem.wrong}; {problem.right}") if part)
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)


def written_key(document: Mapping[str, Any], key: Location) -> Location:
    """The key as far as it stands in the file: a table that is written as one text has no keys of its own."""
    found: Any = document
    for length, part in enumerate(key):
        if isinstance(found, str):
            return key[:length]
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            break
    return key


def key_path(key: Location) -> str:
    """The key as people write it: `dhcp4.subnets[0].pools[1]`."""
    path = ""
    for part in key:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def table_name(key: Location) -> str:
    """The name of the table at a key, without its brackets: `dhcp4.subnets`."""
    return ".".join(part for part in key if isinstance(part, str))


def written_value(document: Mapping[str, Any], key: Location) -> str:
    """The value as it stands in the file, shortened; empty where nothing or a whole table stands; never a secret."""
    found: Any = document
    for part in key:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return ""
    if not key or isinstance(found, dict) or (isinstance(found, list) and any(isinstance(one, dict) for one in found)):
        return ""
    if key[-1] in SECRET_KEYS:
        return "(not shown)"
    text = json.dumps(found, default=str, ensure_ascii=False)
    if key[-1] == "url":
        text = without_password(text)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def without_password(url: str) -> str:
    """The URL of a database as it may be shown."""
    return _PASSWORD.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", url)
