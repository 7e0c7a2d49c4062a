"""Makes episodes of CartPole as the browser sends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np

Row = list[float]
USUAL = (0.5, 9.8, 0.0)


def balancing(state: Sequence[float]) -> int:
    """An action that keeps the pole up for a long time."""
    x, velocity, angle, turning = state
    return int(0.1 * x + 0.2 * velocity + 3 * angle + turning > 0)


def sent_episode(
    act: Callable[[Sequence[float]], int] = balancing,
    start: Sequence[float] = (0.01, -0.02, 0.03, 0.04),
    world: tuple[float, float, float] = USUAL,
    pushes: Callable[[int], tuple[float, float]] = lambda _t: (0.0, 0.0),
    **changed: Any,
) -> dict[str, Any]:
    """Play an episode with Gymnasium, and write it like the browser does."""
    cartpole: Any = gymnasium.make("CartPole-v1").unwrapped
    cartpole.reset(seed=0)
    cartpole.length, cartpole.gravity = world[:2]
    cartpole.polemass_length = cartpole.masspole * cartpole.length
    cartpole.state = np.array(start)
    states, rows = [list(map(float, start))], list[Row]()
    terminated = False
    while not terminated and len(rows) < 500:
        cart, pole = pushes(len(rows))
        action = act(states[-1])
        cartpole.state = cartpole.state + np.array([0.0, cart, 0.0, pole])
        _o, _r, terminated, _t, _i = cartpole.step(action)
        rows.append([action, *world, cart, pole])
        states.append(cartpole.state.tolist())
    seen = np.array(states, np.float32).astype(float).tolist()
    sent = {"player": "you", "randomStart": True, "rows": rows, "states": states, "seen": seen}
    return sent | changed
