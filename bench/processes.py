"""What a process has used: processor time and memory, as the kernel counts them (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(process: int) -> float:
    """User and system time of a process and its children so far."""
    stack, found = [process], 0
    while stack:
        one = stack.pop()
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        found += int(fields[11]) + int(fields[12])
        stack += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
    return found / _TICKS


def resident(process: int) -> int:
    """Octets of memory that a process has now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024
