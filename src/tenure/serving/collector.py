"""The cycle collector of a service that makes many values and no cycles.

A batch of 256 packets makes thousands of tuples, which go by themselves when the batch is done. With Python's usual
threshold of 700 they are searched for cycles a dozen times before; that costs a tenth of the throughput.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (50_000, 20, 50)  # allocations, and the ratios of the older generations


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect rarely in this process, and never look again at what is there by now; undone at the end."""
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
