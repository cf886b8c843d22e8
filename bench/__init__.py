"""tenure beside its peers: the same load on the same machine in one run, and the ratio.

Times differ from machine to machine and from hour to hour; the ratios are what to read. Every server gets a fresh
state and the machine for itself, one after the other.
"""

from __future__ import annotations

import sys
from pathlib import Path

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP / "tests" / "lib"))  # the networks and the peers are those of the tests
