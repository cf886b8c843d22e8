"""When a client says something again: with a random part, so that hosts that started together do not stay together."""

from __future__ import annotations

import math
from typing import Final

# Seconds (RFC 2131 section 4.1).
FIRST4: Final = 4.0
LONGEST4: Final = 64.0
LEAST_RENEWAL: Final = 60.0  # between two renewals of a lease (RFC 2131 section 4.4.5)
MOST_RENEWAL: Final = 3600.0  # of a lease without an end, which is renewed only because something else has changed


def again4(sent: int, chance: float) -> float:
    """Seconds until a DHCPv4 message that was sent `sent` times goes out again: 4, 8 ... 64, and a second around it."""
    doubled = FIRST4 * float(1 << min(sent - 1, 4))
    return min(doubled, LONGEST4) + 2.0 * chance - 1.0


def renewal_again(now: float, until: float) -> float:
    """When a renewal is sent again: after half of what is left until `until`, but a minute at least."""
    if math.isinf(until):
        return now + MOST_RENEWAL
    left = until - now
    return now + left if left <= LEAST_RENEWAL else now + max(LEAST_RENEWAL, left / 2.0)


def again6(before: float, first: float, longest: float, chance: float) -> float:
    """Seconds until a DHCPv6 message goes out again; `before`: the wait before this one, 0: none (RFC 8415 section 15).

    `longest` is 0 where there is no bound.
    """
    share = 0.2 * chance - 0.1
    if before == 0.0:
        return first + share * first
    wait = 2.0 * before + share * before
    return longest + share * longest if longest and wait > longest else wait
