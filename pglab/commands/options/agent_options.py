"""Adds the options of commands that train: the agent and its settings."""

from __future__ import annotations

import argparse

from pglab.session.stored.usual_curves import AGENTS, VARIATIONS

PRESETS = {name: preset for name, preset in AGENTS.items() if name not in VARIATIONS}


def add_agent(parser: argparse.ArgumentParser) -> None:
    """Add the argument `agent` and the option `--set`."""
    parser.add_argument(
        "agent", choices=PRESETS, metavar="agent", help=f"one of {', '.join(PRESETS)}"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        help="a setting of the agent, for example gamma=0.9; several are possible",
    )


def setting_texts(chosen: argparse.Namespace) -> dict[str, str]:
    """Return the settings from the options `--set` and `--steps`, as texts by field name."""
    steps = {} if chosen.steps is None else {"total_steps": chosen.steps}
    return dict(chosen.set) | steps


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"“{text}” has no =; write NAME=VALUE, such as gamma=0.9")
    return name.strip(), value.strip()
