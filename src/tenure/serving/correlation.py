"""Correlation ids: one for everything that follows from one packet, made of its batch's and its place in it."""

from __future__ import annotations

import os


def new_batch_id(now: float) -> str:
    """The id of a batch that came `now`: the time in milliseconds and two octets by chance, in hex."""
    return f"{int(now * 1000):x}{os.urandom(2).hex()}"
