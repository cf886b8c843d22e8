"""Makes a wheel whose rooms are compiled where TENURE_COMPILE is set; otherwise a plain one, for every machine.

`TENURE_COMPILE=1 pip wheel .` needs a C compiler and Python's headers, and fails without them: who builds a package for
others must not get a plain one by accident. The source stays in the wheel beside the compiled modules, which are
found only as long as they are of just that source.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRooms(BuildHookInterface[Any]):
    """Compiles before a wheel is put together."""

    @property
    def _is_wanted(self) -> bool:
        return self.target_name == "wheel" and bool(os.environ.get("TENURE_COMPILE"))

    def dependencies(self) -> list[str]:
        """What the environment that builds must have besides hatchling."""
        return list(self.metadata.core.optional_dependencies["compile"]) if self._is_wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and put the form into the wheel, which then is for this Python and this machine only."""
        if not self._is_wanted or version == "editable":
            return
        top = Path(self.root)
        subprocess.run([sys.executable, str(top / "tools" / "compile"), "--must"], check=True)
        asked = [sys.executable, "-c", "from tenure.compiled import folder; print(folder())"]
        ours = os.environ | {"PYTHONPATH": str(top / "src")}
        made = Path(subprocess.run(asked, check=True, env=ours, stdout=subprocess.PIPE, text=True).stdout.strip())
        build_data["force_include"][str(made)] = f"tenure/_compiled/{made.name}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
