"""The rooms do the same compiled as in plain Python. All other tests run in the form that is there, these in both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
VECTORS = (
    "tests/unit/dnswire",
    "tests/unit/dhcpwire",
    "tests/unit/signing",
    "tests/unit/naming",
    "tests/unit/updating",
)


def run(command: list[str], **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TENURE_"))}
    done = subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, cwd=TOP, env=plain | environment
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_messages_and_stories_come_to_the_same_in_both_forms() -> None:
    if not run(["-c", "import tenure.compiled; print(tenure.compiled.form())"]).startswith("compiled"):
        pytest.skip("this source is not compiled: `make compiled` does it, with Debian's packages gcc and python3-dev")
    battery = "tests/lib/both_forms.py"
    here, *compiled_lines = run([battery]).splitlines()
    there, *plain_lines = run([battery], TENURE_PLAIN="1").splitlines()
    assert (here, there) == ("compiled", "plain Python: TENURE_PLAIN is set")
    assert len(plain_lines) > 3000
    assert compiled_lines == plain_lines


def test_the_vectors_hold_in_plain_python() -> None:
    assert " passed" in run(["-m", "pytest", "-q", "-p", "no:cacheprovider", *VECTORS], TENURE_PLAIN="1")
