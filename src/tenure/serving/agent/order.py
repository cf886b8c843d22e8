"""Telling the agent that runs to look at everything now, and waiting until it has."""

from __future__ import annotations

import time
from pathlib import Path

from tenure.ledger.agent_memory import AgentMemory
from tenure.serving.wakeup import WakeSender

ORDER_SECONDS = 60.0
LOOK_SECONDS = 0.1


def order_pass(memory: AgentMemory, wake_path: Path) -> bool:
    """Whether it has looked at everything within the time."""
    before, until = memory.last_pass(), time.monotonic() + ORDER_SECONDS
    sender = WakeSender(wake_path)
    sender.wake()
    sender.close()
    while memory.last_pass() == before:
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
    return True
