"""Lets visitors train before maps do."""

from __future__ import annotations

import time

from pglab.session.sharing.turns import shared_turns

AGAIN = 0.2  # seconds until the next look whether a core is free


def give_way(seconds: float) -> None:
    """Sleep while visitors need all processor cores, at most this number of seconds.

    A low priority alone is not enough: Python's interpreter lock would make all others wait for a
    thread that has the lock, but gets no processor time.
    """
    until = time.perf_counter() + seconds
    # A process in which nobody has ever trained has no threads for training, and needs none.
    while shared_turns.cache_info().currsize and shared_turns().crowded:
        left = until - time.perf_counter()
        if left <= 0:
            return
        time.sleep(min(left, AGAIN))
