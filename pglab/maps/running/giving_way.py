"""Pauses the training of maps while visitors need all processor cores."""

from __future__ import annotations

import time

from pglab.session.sharing.turns import shared_turns

AGAIN = 0.2  # seconds until the next look whether a core is free


def give_way(seconds: float) -> None:
    """Sleep while visitors need all processor cores, but not longer than `seconds`.

    A low priority is not enough. A thread with a low priority may hold Python's interpreter lock
    but get no processor time. Then all other threads would wait for this thread.
    """
    until = time.perf_counter() + seconds
    # A process in which nobody has ever trained has no threads for training, and needs none.
    while shared_turns.cache_info().currsize and shared_turns().crowded:
        left = until - time.perf_counter()
        if left <= 0:
            return
        time.sleep(min(left, AGAIN))
