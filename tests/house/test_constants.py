"""Constants of compiled modules are `Final`: mypyc then reads a place in memory and not the module's dictionary.

What a test sets to another value cannot be, because only Python would see that value, and no compiled function.
"""

from __future__ import annotations

import ast
import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MODULES: list[str] = runpy.run_path(str(TOP / "tools" / "compile"))["_compiled_sources"]()
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*").fullmatch
SET = re.compile(r"\bsetattr\((?:(\w+), \"|\"([\w.]+)\.)(_?[A-Z][A-Z0-9_]*)\"")
OF_TYPES = {"TypeVar", "NewType", "ParamSpec"}


def imports(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """What a module imports by name: the name that it has there, to its module and its name in that one."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def set_by_tests() -> set[tuple[str, str]]:
    """Modules and constants that tests set to other values, and where those come from that are imported."""
    found = set()
    for path in (TOP / "tests").rglob("*.py"):
        text = path.read_text()
        for alias, module, name in SET.findall(text) if "setattr(" in text else ():
            where = module or ".".join(imports(ast.parse(text)).get(alias, ("", "")))
            if file_of(where) not in MODULES:
                continue
            found.add((file_of(where), name))
            origin = imports(ast.parse((TOP / "src" / file_of(where)).read_text())).get(name)
            found |= {(file_of(origin[0]), name)} if origin else set()
    return found


def file_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def constants(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Each constant of a module, and whether it is `Final`; what the module itself changes is none."""
    stored = Counter(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    for node in tree.body:
        match node:
            case ast.Assign(value=ast.Call(func=ast.Name(id=made))) if made in OF_TYPES:
                continue
            case ast.Assign(targets=targets):
                found, is_final = [name for one in targets for name in ast.walk(one)], False
            case ast.AnnAssign(target=target, annotation=annotation) if "TypeAlias" not in ast.dump(annotation):
                found, is_final = [target], "'Final'" in ast.dump(annotation)
            case _:
                continue
        for name in found:
            if (
                isinstance(name, ast.Name)
                and isinstance(name.ctx, ast.Store)
                and CONSTANT(name.id)
                and stored[name.id] == 1
            ):
                yield name.id, is_final


SET_BY_TESTS = set_by_tests()


@pytest.mark.parametrize("module", MODULES)
def test_constants_are_final(module: str) -> None:
    found = dict(constants(ast.parse((TOP / "src" / module).read_text())))
    set_by_tests = {name for name in found if (module, name) in SET_BY_TESTS}
    assert {name for name, is_final in found.items() if not is_final} == set_by_tests


def test_the_constants_that_tests_set_are_found() -> None:
    assert ("tenure/authority/quota.py", "MOST_ACCOUNTS") in SET_BY_TESTS
    assert ("tenure/ledger/zone_content.py", "MOST_JOURNALED") in SET_BY_TESTS, "by its path in a text"
    assert ("tenure/serving/dns/ahead.py", "MOST_AHEAD") in SET_BY_TESTS, "set in the module that imports it"
