"""What the CartPole player shows: frames of the current policy or of the training itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pglab.bench import View
from pglab.demonstration import Demonstration, Scene
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.pacing import Pacemaker
from pglab.palette import action_colours
from pglab.probes import Slice, action_probabilities
from pglab.records import StepRecord
from pglab.render import shared_renderer
from pglab.session import TrainingSession
from pglab.ui.stage import Frame, PlayerPanel

FRAMES_PER_SECOND = 31.0
MOST_FRAMES_PER_TICK = 20
MOST_FRAMES_PER_CLIP = 150

Mode = Literal["stream", "loop", "still"]


@dataclass(frozen=True)
class Showing:
    """The player's panel, the scenes it is about, and their path on the heatmap: [N, 2].

    A stream has no path here: the browser draws that of the frames that it has shown.
    """

    panel: PlayerPanel
    scenes: Sequence[Scene]
    path: NDArray[np.float32]


class Watched(Protocol):
    """What a player needs to know of a bench or of one side of a comparison."""

    running: bool
    pacemaker: Pacemaker

    @property
    def session(self) -> TrainingSession:
        """The run whose policy plays."""

    @property
    def watched(self) -> TrainingSession:
        """The run whose policy plays fresh episodes: this one, or another seed of it."""

    @property
    def view(self) -> View:
        """What is to be seen while nothing runs."""

    @property
    def shows_training_steps(self) -> bool:
        """Whether the training's own steps are to be seen."""

    @property
    def fresh_steps(self) -> int:
        """Environment steps taken by the last tick."""


class Player:
    """Chooses the scenes for the state of a bench and draws each of them once."""

    def __init__(self, session: TrainingSession, key: str = "player") -> None:
        """For one run; fresh episodes come from random streams that its training never uses.

        `key` tells its panel from others on the stage.
        """
        self.session = session
        self._key = key
        self.name = ""  # stands before the title
        config = session.config
        self._demonstration = Demonstration(config.env_id, config.seed)
        self._renderer = shared_renderer(config.env_id)
        self._info = ENVIRONMENTS[config.env_id]
        self._clip: list[tuple[Scene, bytes]] = []
        self._clip_of: tuple[object, ...] = ()
        self._clip_number = 0

    def show(self, bench: Watched, plane: Slice) -> Showing:
        """The panel for what the bench is doing now."""
        if bench.running:
            self._clip_of = ()
            scenes = self._stream(bench)
            shots = [(scene, self._renderer.jpeg(scene.observation)) for scene in scenes]
            return Showing(self._panel(bench, shots, "stream", plane), scenes, _path([], plane))
        shots = self._still_or_loop(bench)
        scenes = [scene for scene, _jpeg in shots]
        mode: Mode = "loop"
        if bench.view == "training step":
            scenes, mode = training_scenes(bench), "still"
        return Showing(self._panel(bench, shots, mode, plane), scenes, _path(scenes, plane))

    def _stream(self, bench: Watched) -> list[Scene]:
        """The scenes since the last tick."""
        if bench.shows_training_steps:
            return _last_steps(bench)
        wanted = round(FRAMES_PER_SECOND * bench.pacemaker.interval)
        count = min(max(wanted, 1), MOST_FRAMES_PER_TICK)
        return self._demonstration.scenes(bench.watched.networks["policy"], count)

    def _still_or_loop(self, bench: Watched) -> list[tuple[Scene, bytes]]:
        """The clip for a paused bench, drawn anew only when there is something else to see."""
        session = bench.session
        shown = (bench.view, session, session.global_step, bench.watched.networks["policy"])
        if shown != self._clip_of:
            self._clip_of = shown
            self._clip_number += 1
            self._clip = [
                (scene, self._renderer.jpeg(scene.observation)) for scene in self._scenes(bench)
            ]
        return self._clip

    def _scenes(self, bench: Watched) -> Sequence[Scene]:
        match bench.view:
            case "training step":
                return training_scenes(bench)[-1:]
            case "training episode":
                return training_scenes(bench)[-MOST_FRAMES_PER_CLIP:]
            case _:
                policy = bench.watched.networks["policy"]
                return self._demonstration.episode(policy, MOST_FRAMES_PER_CLIP)

    def _panel(
        self,
        bench: Watched,
        shots: Sequence[tuple[Scene, bytes]],
        mode: Mode,
        plane: Slice,
    ) -> PlayerPanel:
        names = tuple(_(name) for name in self._info.actions)
        frames = tuple(
            Frame(
                jpeg=jpeg,
                probabilities=tuple(float(p) for p in scene.probabilities),
                action=scene.action,
                point=(
                    float(scene.observation[plane.x_axis]),
                    float(scene.observation[plane.y_axis]),
                ),
                episode=scene.episode,
                caption=self._caption(bench, scene),
            )
            for scene, jpeg in shots
        )
        return PlayerPanel(
            key=self._key,
            title=self.name + bench.session.config.env_id,
            subtitle=_subtitle(bench),
            frames=frames,
            mode=mode,
            clip=self._clip_number,
            frames_per_second=FRAMES_PER_SECOND,
            action_names=names,
            action_colours=action_colours(len(names)),
            aspect=self._renderer.aspect,
        )

    def _caption(self, bench: Watched, scene: Scene) -> str:
        if bench.view == "training step" and not bench.running:
            step = bench.session.history.steps[-1]
            text = _("took {action} · reward {reward:g} · step {step}").format(
                action=_(self._info.actions[step.action]), reward=step.reward, step=scene.step
            )
        else:
            text = _("step {step}").format(step=scene.step)
        return _("{text} · over").format(text=text) if scene.ended else text


def training_scenes(bench: Watched) -> list[Scene]:
    """The training episode that the last step belongs to, up to where it stands."""
    steps = list(bench.session.history.steps)
    if not steps:
        return []
    episode = [step for step in steps if step.episode == steps[-1].episode]
    scenes = [_scene(step, number) for number, step in enumerate(episode)]
    return [*scenes, _reached(bench, episode[-1], len(episode))]


def _last_steps(bench: Watched) -> list[Scene]:
    """The training steps of the last tick, and what they led to."""
    steps = list(bench.session.history.steps)[-bench.fresh_steps :] if bench.fresh_steps else []
    if not steps:
        return []
    known = training_scenes(bench)
    this_episode = sum(step.episode == steps[-1].episode for step in steps)
    earlier = [_scene(step, 0) for step in steps if step.episode != steps[-1].episode]
    return [*earlier, *known[-this_episode - 1 :]]


def _scene(step: StepRecord, number: int) -> Scene:
    return Scene(
        step.episode,
        number,
        step.observation,
        step.action_probabilities,
        step.action,
        step.reward,
        ended=False,
    )


def _reached(bench: Watched, step: StepRecord, number: int) -> Scene:
    """Where the training environment stands after its last step."""
    observation = step.next_observation
    probabilities = action_probabilities(bench.watched.networks["policy"], observation[None])[0]
    return Scene(step.episode, number, observation, probabilities, None, 0.0, step.ended)


def _subtitle(bench: Watched) -> str:
    updates = bench.session.history.updates.appended
    if bench.shows_training_steps:
        episode = bench.session.history.steps[-1].episode if bench.session.history.steps else 1
        return _("training environment · episode {episode:,}").format(episode=episode)
    if updates == 0:
        return _("fresh episodes of the untrained policy")
    return _("fresh episodes of the policy after update {update:,}").format(update=updates)


def _path(scenes: Sequence[Scene], plane: Slice) -> NDArray[np.float32]:
    if not scenes:
        return np.empty((0, 2), dtype=np.float32)
    observations = np.array([scene.observation for scene in scenes], dtype=np.float32)
    return observations[:, [plane.x_axis, plane.y_axis]]
