"""Chooses, when `tenure` is first imported, between the compiled form of the rooms and their source.

`tools/compile` makes C of the rooms with mypyc and puts the modules into a folder that is named by a hash of every
source file of those rooms, and by this Python. Python looks there only while the hash is still that of the files beside
this one, so no edit is ever answered by an older binary: the rooms then run as plain Python until they are compiled
again. Nothing else in `tenure` depends on the form in which it runs (docs/decisions/0022-compiled-rooms.md).
"""

from __future__ import annotations

import os
import sys
from hashlib import blake2b
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

# A compiled module trusts the shapes and constants of all modules that it was compiled with. So the rooms are compiled
# together and become stale together; what they import is in the list too.
ROOMS = (
    *(
        "octets",
        "dnswire",
        "dhcpwire",
        "signing",
        "naming",
        "leasing",
        "hearing",
        "updating",
        "authority",
        "upkeep",
        "registering",
        "obtaining",
    ),
    *("ledger", "serving"),  # as far as it pays
)
PLAIN_PLEASE = "TENURE_PLAIN"
SUFFIX = EXTENSION_SUFFIXES[0]  # names Python's version and the machine: `.cpython-311-x86_64-linux-gnu.so`
_PACKAGE = Path(__file__).parent
FORMS = _PACKAGE / "_compiled"


def sources(package: Path = _PACKAGE) -> Iterator[Path]:
    """Every source file of the rooms, in a fixed order."""
    for room in ROOMS:
        if (package / room).is_dir():
            for folder, _, names in sorted(os.walk(package / room)):
                yield from (Path(folder, name) for name in sorted(names) if _is_module(name))
        else:
            yield package / f"{room}.py"


def key(package: Path = _PACKAGE) -> str:
    """The hash of the source files, their names included."""
    digest = blake2b(digest_size=10)
    for path in sources(package):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def folder() -> Path:
    """Where the compiled form of just this source is, or would be, for this Python."""
    return FORMS / f"{key()}{SUFFIX.removesuffix('.so')}"


def _is_module(name: str) -> bool:
    """An editor's `.#lock.py` is none."""
    return name.endswith(".py") and name[:-3].isidentifier()


class Compiled:
    """Finds the modules of one folder, which are named as they are imported: `tenure.dnswire.name.SUFFIX`.

    It is a finder by what it has: to import the class for finders would take as long as all else that is done here.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {path.name.removesuffix(SUFFIX): str(path) for path in folder.glob(f"*{SUFFIX}")}

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The compiled module of this name; None for every other one, which Python then looks for as ever."""
        file = self._files.get(fullname)
        if file is None:
            return None
        return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, file))


def _choose() -> str | None:
    """Let the compiled modules be found if there are any of just these sources; otherwise, why not."""
    if os.environ.get(PLAIN_PLEASE):
        return f"{PLAIN_PLEASE} is set"
    if not FORMS.is_dir():
        return "not compiled"
    found = folder()
    if not found.is_dir():
        return "the source has changed since it was compiled, or was compiled for another Python"
    sys.meta_path.insert(0, Compiled(found))
    return None


WHY_PLAIN = _choose()


def form() -> str:
    """In which form the rooms run, in words."""
    return "compiled" if WHY_PLAIN is None else f"plain Python: {WHY_PLAIN}"
