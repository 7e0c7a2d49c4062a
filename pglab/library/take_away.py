"""Makes the files of a run that a visitor downloads: single files, or all files of a bundle."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from pglab.config import ConfigError
from pglab.language import N_
from pglab.library.bundle import run_files
from pglab.library.clips.replay import replay
from pglab.library.contents import RunContents
from pglab.library.model_card.config_file import config_file
from pglab.library.model_card.model_card import model_card
from pglab.library.policy_files.onnx_file import policy_onnx
from pglab.library.policy_files.play_script import play_script
from pglab.library.policy_files.policy import exported_policy, policy_safetensors
from pglab.library.progress import Cancelled, IsCancelled, Progress, never, unreported
from pglab.library.scripts.train_script import train_script
from pglab.library.state.taking import StateError
from pglab.library.tables import tensorboard_events
from pglab.library.tables.data_dictionary import data_dictionary
from pglab.library.tables.steps import CannotRepeat, write_steps
from pglab.library.tables.tables import episodes_table, table_bytes, updates_table
from pglab.palette import ThemeName

Files = dict[str, bytes]
Figures = Callable[[RunContents, Progress, IsCancelled], Files]


class PartMissing(RuntimeError):
    """A part cannot be made on this server; the message says why."""


@dataclass(frozen=True)
class Order:
    """The run whose files are made, and everything else that the files need."""

    contents: RunContents
    link: str | None = None  # an address that opens the app with these settings
    name: str = ""  # that the visitor has given the run
    note: str = ""
    theme: ThemeName = "light"  # of the clip
    figures: Figures | None = None  # draws the figures; None: the bundle contains no figures
    progress: Progress = unreported
    cancelled: IsCancelled = never


@dataclass(frozen=True)
class Part:
    """Some files that are made together, such as the clip in two formats.

    `effort` is roughly the number of seconds that the work takes.
    """

    label: str
    make: Callable[[Order], Files]
    effort: float = 0.1
    asked_for: bool = False  # whether a bundle contains the part only on request


def _config(order: Order) -> Files:
    return {"config.json": _text(config_file(order.contents, order.link))}


def _tables(order: Order) -> Files:
    tables = {
        "episodes": episodes_table(order.contents),
        "updates": updates_table(order.contents),
    }
    return {
        **{f"{name}.csv": table_bytes(table, "csv") for name, table in tables.items()},
        **{f"{name}.parquet": table_bytes(table, "parquet") for name, table in tables.items()},
        "data_dictionary.md": _text(data_dictionary(order.contents, with_steps=True)),
    }


def _steps(order: Order) -> Files:
    def report(done: int, total: int) -> None:
        if order.cancelled():
            raise Cancelled
        order.progress(done / max(total, 1))

    csv, parquet = io.BytesIO(), io.BytesIO()
    write_steps(order.contents, {"csv": csv, "parquet": parquet}, report)
    return {"steps.csv": csv.getvalue(), "steps.parquet": parquet.getvalue()}


def _tensorboard(order: Order) -> Files:
    name = f"tensorboard/{tensorboard_events.FILE_NAME}"
    return {name: tensorboard_events.tensorboard_events(order.contents, time.time())}


def _policy(order: Order) -> Files:
    policy = exported_policy(order.contents)
    return {
        "policy.safetensors": policy_safetensors(policy),
        "policy.onnx": policy_onnx(policy),
        "play.py": _text(play_script(policy)),
    }


def _script(order: Order) -> Files:
    return {"train.py": _text(train_script(order.contents.initial_config))}


def _clip(order: Order) -> Files:
    # FFmpeg takes 14 MB, so only a server that makes clips loads it.
    from pglab.library.clips.video import gif, mp4

    episode = replay(order.contents, seed=order.contents.initial_config.seed)

    def half(begin: float) -> Progress:
        return lambda share: order.progress(begin + share / 2)

    return {
        "replay.mp4": mp4(
            episode, theme=order.theme, progress=half(0.0), cancelled=order.cancelled
        ),
        "replay.gif": gif(
            episode, theme=order.theme, progress=half(0.5), cancelled=order.cancelled
        ),
    }


def _figures(order: Order) -> Files:
    if order.figures is None:
        return {}
    files = order.figures(order.contents, order.progress, order.cancelled)
    return {f"figures/{name}": data for name, data in files.items()}


def _card(order: Order) -> Files:
    card = model_card(order.contents, name=order.name, note=order.note, link=order.link)
    return {"README.md": _text(card)}


def _run(order: Order) -> Files:
    return run_files(order.contents)


PARTS: Mapping[str, Part] = {
    "card": Part(N_("Model card: what was trained, how it went"), _card),
    "config": Part(N_("Settings as JSON"), _config),
    "tables": Part(N_("Episodes and updates (CSV, Parquet)"), _tables),
    "steps": Part(
        N_("Every step (CSV, Parquet); trains again"),
        _steps,
        10.0,
        asked_for=True,
    ),
    "tensorboard": Part(N_("TensorBoard events"), _tensorboard),
    "policy": Part(N_("Policy (safetensors, ONNX) and play.py"), _policy),
    "script": Part(N_("train.py: this run in plain PyTorch"), _script),
    "clip": Part(N_("One fresh episode (MP4, GIF)"), _clip, 8.0),
    "figures": Part(N_("Plots (PNG, SVG), light and dark"), _figures, 15.0),
    "run": Part(N_("The run itself, to open on My runs"), _run),
}


class Made(NamedTuple):
    """The files that were made, by name, and a sentence for each part that could not be made."""

    files: Files
    problems: list[str]


def made_files(order: Order, chosen: Mapping[str, Part] = PARTS) -> Made:
    """Make the files of the chosen parts.

    Raises:
        Cancelled: the visitor has cancelled the work.
    """
    total = sum(part.effort for part in chosen.values())
    made, done = Made({}, []), 0.0
    for part in chosen.values():
        if order.cancelled():
            raise Cancelled
        try:
            made.files.update(part.make(_reporting(order, done / total, part.effort / total)))
        except (CannotRepeat, ConfigError, PartMissing, StateError) as error:
            made.problems.append(str(error))
        done += part.effort
        order.progress(done / total)
    return made


def _reporting(order: Order, begin: float, share: float) -> Order:
    """Copy the order; the copy reports its progress from `begin` to `begin + share`."""
    return replace(order, progress=lambda part: order.progress(begin + share * part))


def _text(text: str) -> bytes:
    return text.encode()
