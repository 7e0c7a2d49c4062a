"""Sends the data of a game to the browser, and receives the episode that was played there."""

from __future__ import annotations

import base64
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from pglab import palette
from pglab.environments import EnvironmentInfo
from pglab.language import _
from pglab.looks.by_hand.own_episode import (
    GRAVITIES,
    LENGTHS,
    NOISES,
    RANDOM_START,
    World,
    noise_scale,
    usual_world,
)
from pglab.looks.by_hand.policy_data import PolicyData
from pglab.looks.probes import Slice
from pglab.ui.stage.stage import js_export

PUSH_CART, PUSH_POLE = 1.0, 1.0  # one press of a button, in m/s and in rad/s

_game = st.components.v2.component(
    "pglab_play",
    css=(Path(__file__).parent / "play.css").read_text(encoding="utf-8"),
    js=js_export("mountPlay", "play/play.js"),
)


def game(
    key: str, policy: PolicyData, probabilities: np.ndarray, plane: Slice, action: int, seed: int
) -> object:
    """Draw the game; return the episode that has just ended in the browser, or None.

    The episode has not been checked yet.

    Args:
        key: distinguishes the game from other components.
        policy: the policy of the agent.
        probabilities: [Y, X] the probability of `action` at each point of the plane. On this
            heatmap, the visitor can choose the start of an episode.
        plane: the plane of the heatmap.
        action: the action whose probability the heatmap shows.
        seed: the seed of the random starts, of the agent's actions and of the noise.
    """
    result = _game(
        key=key,
        data={
            "setup": game_setup(seed),
            "policy": policy_numbers(policy),
            "map": _map(probabilities, plane, action),
            "world": {"sliders": _sliders(), "pushes": _pushes()},
            "actions": [_("Push to the left"), _("Push to the right")],
            "texts": _texts(),
        },
        on_episode_change=lambda: None,
    )
    return getattr(result, "episode", None)


def _encoded(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def game_setup(seed: int) -> dict[str, Any]:
    """Return what a game needs: the environment's numbers, the usual world and the seed."""
    physics = World().physics
    length, gravity, noise = usual_world()
    return {
        "seed": seed,
        "mostSteps": physics.most_steps,
        "randomStart": RANDOM_START,
        "noiseScale": noise_scale().tolist(),
        "usual": {"length": length, "gravity": gravity, "noise": noise},
        "physics": {_in_javascript(name): value for name, value in asdict(physics).items()},
    }


def _in_javascript(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def policy_numbers(policy: PolicyData) -> dict[str, Any]:
    """Return a policy in the form that the game's script reads."""
    return {
        "layers": [[_encoded(weights), _encoded(biases)] for weights, biases in policy.layers],
        "activation": policy.activation,
        "symexpHead": policy.symexp_head,
        "epsilon": policy.epsilon,
    }


def _map(probabilities: np.ndarray, plane: Slice, action: int) -> dict[str, Any]:
    info: EnvironmentInfo = plane.info
    low, high = palette.probability_colours(action, len(info.actions))

    def axis(index: int) -> dict[str, Any]:
        spanned = info.axes[index]
        return {"axis": index, "label": spanned.label, "low": spanned.low, "high": spanned.high}

    return {
        "title": _("Choose the start: π({action})").format(action=_(info.actions[action])),
        "values": _encoded(probabilities),
        "scale": [[0, low], [1 / len(info.actions), palette.NEUTRAL], [1, high]],
        "x": axis(plane.x_axis),
        "y": axis(plane.y_axis),
        "rest": list(plane.fixed),
    }


def _sliders() -> list[dict[str, Any]]:
    """Return the sliders of the game's world. The game multiplies a slider's value by `factor`."""
    length, gravity, noise = usual_world()
    return [
        _slider("length", _("Length of the pole"), LENGTHS, 2.0, length, 0.1, _("m")),
        _slider("gravity", _("Gravity"), GRAVITIES, 1.0, gravity, 0.2, _("m/s²")),
        _slider("noise", _("Noise of the sensors"), NOISES, 100.0, noise, 1.0, "%"),
    ]


def _slider(
    name: str,
    label: str,
    bounds: tuple[float, float],
    scale: float,
    usual: float,
    step: float,
    unit: str,
) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "low": scale * bounds[0],
        "high": scale * bounds[1],
        "usual": scale * usual,
        "step": step,
        "factor": 1 / scale,
        "digits": 0 if step >= 1 else 1,
        "unit": unit,
    }


def _pushes() -> list[dict[str, Any]]:
    of_cart = _("Changes the velocity of the cart by {n:g} m/s.").format(n=PUSH_CART)
    of_pole = _("Changes the angular velocity of the pole by {n:g} rad/s.").format(n=PUSH_POLE)
    return [
        {"label": _("◀ knock cart"), "help": of_cart, "cart": -PUSH_CART, "pole": 0},
        {"label": _("knock cart ▶"), "help": of_cart, "cart": PUSH_CART, "pole": 0},
        {"label": _("◀ knock pole"), "help": of_pole, "cart": 0, "pole": -PUSH_POLE},
        {"label": _("knock pole ▶"), "help": of_pole, "cart": 0, "pole": PUSH_POLE},
    ]


def _texts() -> dict[str, Any]:
    return {
        "players": _("Who plays"),
        "you": _("You play"),
        "agent": _("The agent plays"),
        "randomStart": _("Random start"),
        "step": _("Step"),
        "world": _("Nudge the world"),
        "usualWorld": _("Usual world"),
        "map": _(
            "Heatmap of the policy. Click a state, or move the ring with the arrow keys: the next "
            "episode starts there."
        ),
        "main": {
            "ready": _("Start"),
            "playing": _("Pause"),
            "paused": _("Continue"),
            "again": _("New episode"),
        },
        "game": {
            "you": _("CartPole. The keys ← and → push the cart. Escape leaves the game."),
            "agent": _("CartPole, played by the agent. Enter starts and pauses. Escape leaves."),
        },
        "ready": {
            "you": _("Press ← or → to begin."),
            "agent": _("Press Start: the agent plays."),
            "still": _("Each press of ◀, ▶ or Step takes one step."),
        },
        "return": _("return {n}"),
        "state": _("Step {n}. Cart at {x} m, pole at {angle}° (positive: to the right)."),
        "ends": {
            "pole": _("The pole fell. Return {n}."),
            "track": _("The cart left the track. Return {n}."),
            "limit": _("The time limit ended the episode. Return {n}."),
        },
    }
