"""Writes the curves of a run as TensorBoard events, with the names of Stable-Baselines3.

Stable-Baselines3 explains its names in its documentation ("Explanation of logger output",
https://stable-baselines3.readthedocs.io/en/master/common/logger.html). The losses have the names
that its A2C uses. Curves that Stable-Baselines3 does not have are in the group `pglab`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import RecordWriter

from pglab.curves import smoothed
from pglab.language import N_
from pglab.library.contents import RunContents
from pglab.library.tables.columns import EPISODES, UPDATES

FILE_NAME = "events.out.tfevents.pglab"  # TensorBoard looks for "tfevents"
WINDOW = 100  # episodes, as in Stable-Baselines3

Points = dict[int, list[tuple[str, float]]]  # the names and numbers at each environment step


@dataclass(frozen=True)
class Tag:
    """The name of a curve, and its meaning, which is translated when a file is written."""

    name: str
    meaning: str


EPISODE_TAGS = {
    "episode_return": Tag(
        "rollout/ep_rew_mean", N_("Mean return of the last 100 episodes, or of all until then.")
    ),
    "length": Tag(
        "rollout/ep_len_mean", N_("Mean length of the last 100 episodes, or of all until then.")
    ),
}
UPDATE_TAGS = {
    "actor_loss": Tag("train/policy_loss", N_("The column `actor_loss` of the updates.")),
    "critic_loss": Tag("train/value_loss", N_("The column `critic_loss` of the updates.")),
    "entropy": Tag("train/entropy_loss", N_("The column `entropy` of the updates, times −1.")),
}
LEARNING_RATE = Tag("train/learning_rate", N_("The setting “Learning rate α” at each update."))
OWN_TAGS = {
    column.name: Tag(f"pglab/{column.name}", column.meaning)
    for column in (*EPISODES, *UPDATES)
    if column.name not in {*EPISODE_TAGS, *UPDATE_TAGS, "episode", "update", "global_step"}
}
TAGS = (*EPISODE_TAGS.values(), *UPDATE_TAGS.values(), LEARNING_RATE, *OWN_TAGS.values())


def tensorboard_events(contents: RunContents, written_at: float) -> bytes:
    """Return the bytes of an event file. The file's name must contain "tfevents"; see `FILE_NAME`.

    The steps of the curves are environment steps. TensorBoard keeps numbers in single precision.

    Args:
        contents: the run.
        written_at: the time of all events, in seconds since 1970. All events have the same time,
            because a run does not store the time of each update.
    """
    points: Points = defaultdict(list)
    _add_episodes(points, contents)
    _add_updates(points, contents)
    head = Event(wall_time=written_at, file_version="brain.Event:2")
    events = (_event(step, points[step], written_at) for step in sorted(points))
    with TemporaryDirectory() as folder:
        file = Path(folder) / FILE_NAME
        writer = RecordWriter(str(file))
        for event in (head, *events):
            writer.write(event.SerializeToString())
        writer.close()
        return file.read_bytes()


def _event(step: int, numbers: Iterable[tuple[str, float]], written_at: float) -> Event:
    values = [Summary.Value(tag=name, simple_value=number) for name, number in numbers]
    return Event(wall_time=written_at, step=step, summary=Summary(value=values))


def _add_episodes(points: Points, contents: RunContents) -> None:
    columns = contents.episodes.columns
    curves = {tag.name: smoothed(columns[name], WINDOW) for name, tag in EPISODE_TAGS.items()}
    curves[OWN_TAGS["reading"].name] = columns["reading"]
    _add(points, columns["global_step"], curves)


def _add_updates(points: Points, contents: RunContents) -> None:
    columns = contents.updates.columns
    curves = {tag.name: columns[name] for name, tag in UPDATE_TAGS.items()}
    curves[UPDATE_TAGS["entropy"].name] = -columns["entropy"]
    curves[LEARNING_RATE.name] = _learning_rates(contents)
    curves |= {tag.name: columns[name] for name, tag in OWN_TAGS.items() if name in columns}
    _add(points, columns["global_step"], curves)


def _add(
    points: Points, steps: NDArray[np.float64], curves: Mapping[str, NDArray[np.float64]]
) -> None:
    """Add the points of the curves [N]; leave out points whose value is NaN."""
    for name, curve in curves.items():
        known = ~np.isnan(curve)
        for step, number in zip(steps[known].tolist(), curve[known].tolist(), strict=True):
            points[int(step)].append((name, number))


def _learning_rates(contents: RunContents) -> NDArray[np.float64]:
    """Return the learning rate of each stored update; a change applies from the next update on."""
    updates = contents.updates.numbers
    rates = np.full(len(updates), contents.initial_config.learning_rate)
    for change in contents.changes:
        if "learning_rate" in change.settings:
            rates[updates > change.update] = change.settings["learning_rate"]
    return rates
