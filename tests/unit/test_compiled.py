"""Which form of the rooms is chosen: the compiled one only while it was made of just this source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tenure import compiled
from tenure.compiled import FORMS, SUFFIX, Compiled, folder, key, sources

TOP = Path(__file__).parents[2]
SHOWN = "import tenure.octets; print(tenure.compiled.form()); print(tenure.octets.__file__)"
CHANGED = "the source has changed since it was compiled, or was compiled for another Python"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the source, of which nothing is compiled."""
    copy = tmp_path / "tenure"
    shutil.copytree(TOP / "src" / "tenure", copy, ignore=shutil.ignore_patterns("_compiled", "__pycache__"))
    return copy


@pytest.fixture
def built(package: Path) -> Path:
    """A copy of the source with what was compiled of it."""
    if not folder().is_dir():
        pytest.skip("this source is not compiled: `make compiled` does it, with Debian's packages gcc and python3-dev")
    shutil.copytree(FORMS, package / FORMS.name, copy_function=os.link)
    return package


def shown(package: Path, **environment: str) -> list[str]:
    """The form that a copy runs in, and the file of one of its modules."""
    plain = {name: value for name, value in os.environ.items() if name != "TENURE_PLAIN"}
    command = [sys.executable, "-c", SHOWN]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env=plain | {"PYTHONPATH": str(package.parent)} | environment,
    )
    return done.stdout.splitlines()


def test_the_compiled_form_runs_where_it_is_of_this_source(built: Path) -> None:
    form, file = shown(built)
    assert form == "compiled"
    assert file == str(built / FORMS.name / folder().name / f"tenure.octets{SUFFIX}")


def test_an_edit_is_never_answered_by_what_was_compiled_before(built: Path) -> None:
    module = built / "octets.py"
    source = module.read_text()
    for other in (module, built / "dnswire" / "name.py"):
        text = other.read_text()
        other.write_text(f"{text}\n")
        assert shown(built) == [f"plain Python: {CHANGED}", str(module)], other
        other.write_text(text)
    assert module.read_text() == source
    assert shown(built)[0] == "compiled"


def test_a_room_that_loses_or_renames_a_module_is_another_source(package: Path) -> None:
    before = key(package)
    assert before == key()
    (package / "upkeep" / "expire.py").rename(package / "upkeep" / "expiry.py")
    renamed = key(package)
    (package / "upkeep" / "expiry.py").unlink()
    assert len({before, renamed, key(package)}) == 3


def test_content_that_moves_between_modules_is_another_source(package: Path) -> None:
    one, two = package / "upkeep" / "expire.py", package / "upkeep" / "record_ends.py"
    text, before = one.read_text(), key(package)
    one.write_text(text[:-10])
    two.write_text(text[-10:] + two.read_text())
    assert key(package) != before


def test_what_is_no_module_changes_nothing(package: Path) -> None:
    before = key(package)
    (package / "upkeep" / ".#expire.py").write_text("an editor's")
    (package / "upkeep" / "notes.txt").write_text("a person's")
    (package / "console" / "words.py").write_text("another room")
    assert key(package) == before


def test_every_room_is_there() -> None:
    rooms = {path.relative_to(TOP / "src" / "tenure").parts[0].removesuffix(".py") for path in sources()}
    assert rooms == set(compiled.ROOMS)


def test_plain_python_where_it_is_wanted(built: Path) -> None:
    assert shown(built, TENURE_PLAIN="1") == ["plain Python: TENURE_PLAIN is set", str(built / "octets.py")]


def test_plain_python_where_nothing_is_compiled(package: Path) -> None:
    assert shown(package) == ["plain Python: not compiled", str(package / "octets.py")]


def test_plain_python_where_it_was_compiled_for_another(package: Path) -> None:
    (package / FORMS.name / f"{key(package)}.cpython-27-vax").mkdir(parents=True)
    assert shown(package) == [f"plain Python: {CHANGED}", str(package / "octets.py")]


def test_what_is_not_compiled_is_left_to_python(tmp_path: Path) -> None:
    (tmp_path / f"tenure.octets{SUFFIX}").touch()
    found = Compiled(tmp_path)
    assert found.find_spec("tenure.dnswire.name", None) is None
    spec = found.find_spec("tenure.octets", None)
    assert spec is not None
    assert spec.origin == str(tmp_path / f"tenure.octets{SUFFIX}")


@pytest.mark.parametrize(("arguments", "status"), [([], 0), (["--must"], 1)])
def test_without_a_compiler_one_line_says_so(arguments: list[str], status: int, tmp_path: Path) -> None:
    top = tmp_path / "checkout"
    (top / "tools").mkdir(parents=True)
    shutil.copy(TOP / "tools" / "compile", top / "tools")
    shutil.copytree(TOP / "src", top / "src", ignore=shutil.ignore_patterns("_compiled", "__pycache__"))
    bare = {"PATH": str(tmp_path)}
    command = [sys.executable, str(top / "tools" / "compile"), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=bare)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr == (
        "tenure runs as plain Python, which takes about twice the processor time: "
        "there is no C compiler (Debian: gcc)\n"
    )
    assert not (top / "src" / "tenure" / "_compiled").exists()
