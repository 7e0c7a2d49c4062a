"""The player shows a video of fresh episodes of the current policy, or of the training steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.looks.fresh_episodes.demonstration import Demonstration, Scene
from pglab.looks.probes import Slice
from pglab.looks.render import Cutout, shared_renderer
from pglab.palette import action_colours
from pglab.session.pacing import REAL_TIME
from pglab.session.training_session import TrainingSession
from pglab.ui.stage.picture import Frame, PlayerPanel
from pglab.ui.stage.rhythm import SHORTEST, shared_rhythm
from pglab.ui.stage.video.playable import Playable, training_scenes
from pglab.ui.stage.video.reel import Reel

MOST_FRAMES_PER_PICTURE = 20
MOST_FRAMES_PER_CLIP = 150
MOST_STEPS_PER_PICTURE = round(REAL_TIME)  # the environment steps of one second in real time

Mode = Literal["stream", "loop", "still"]


@dataclass(frozen=True)
class Showing:
    """The player's panel, its scenes, and the planes that the heatmaps show.

    Each frame of the panel holds the index of its plane in `planes`. If the heatmaps do not follow
    the player, `planes` has only one entry. Some scenes may have no frame in the panel. If the
    panel shows part of a clip, `scenes` holds the whole clip. If the panel shows only the current
    state of the training environment, `scenes` also holds the earlier steps of the episode.
    """

    panel: PlayerPanel
    scenes: Sequence[Scene]
    planes: Sequence[Slice]


class Player:
    """Chooses the scenes of a run that the page shows, and draws a picture of each scene."""

    def __init__(
        self,
        session: TrainingSession,
        key: str = "player",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Make the player of one run.

        `key` identifies the player's panel on the page. `clock` returns the time in seconds. The
        player's fresh episodes use their own random numbers, so the episodes do not change the run.
        """
        self.session = session
        self._key = key
        self.name = ""  # a text before the panel's title
        config = session.config
        self._demonstration = Demonstration(config.env_id, config.seed)
        self._renderer = shared_renderer(config.env_id)
        self._info = ENVIRONMENTS[config.env_id]
        self._reel = Reel()
        self._next = 0  # index in the clip of the first scene that has not been shown yet
        self._clip_of: tuple[object, ...] = ()
        self._clip_number = 0
        self._streamed = (config.seed, session.global_step)  # seed and step of the last frame
        self._clock = clock
        self._shown_at = clock() - SHORTEST
        self._due = 0.0  # fraction of a frame that was due at the last picture, but was not shown

    def show(
        self, bench: Playable, plane: Slice, *, follows: bool = False, resume: bool = False
    ) -> Showing:
        """Make the player's panel for the current state of the run.

        The heatmaps show the plane `plane` of the observation space. If `follows` is true, each
        frame has its own plane, which is parallel to `plane` and contains the frame's observation.
        A paused run shows a clip in parts. Each call with `resume` returns the next frames of the
        same clip.
        """
        mode: Mode = "stream"
        first = 0
        if bench.running:
            self._clip_of, self._next = (), 0
            scenes = shown = self._stream(bench)
            numbers = self._reel.stream(shown)
        else:
            self._choose_clip(bench)
            first = self._next if resume else 0
            scenes, mode = self._reel.clip, "loop"
            part = slice(first, self._end_of_part(first))
            shown, numbers = scenes[part], self._reel.numbers[part]
            self._next = first + len(shown)
            if bench.player_mode == "training step" and self._reel.held is None:
                scenes, mode = training_scenes(bench), "still"
        shots = self._shots(bench, shown)
        self._streamed = (bench.shown_session.config.seed, bench.shown_session.global_step)
        planes = [plane]
        if follows and plane.hidden and shots:
            planes = [plane.through(scene.observation) for scene, _image in shots]
            if mode == "stream" and shared_rhythm().slow:
                del planes[:-1]  # a busy server computes one plane for all frames of a picture
        panel = self._panel(bench, shots, mode, planes, numbers)
        return Showing(replace(panel, first=first, held=self._reel.held), scenes, planes)

    @property
    def has_more(self) -> bool:
        """Whether a call of `show` with `resume` would return further frames of a clip."""
        return self._next < len(self._reel.clip)

    def stop_at(self, bench: Playable, number: int) -> None:
        """Note the frame at which the visitor has stopped the player; the run must be paused.

        If the frame belongs to a run that has just been paused, the player's clip is made of the
        frames around this frame, with the probabilities of the present policy.
        """
        self._reel.stopped_at = number
        if not self._reel.clip and self._reel.stop_stream(
            number, bench.shown_session.networks["policy"]
        ):
            self._clip_of = self._present(bench)
            self._clip_number += 1
            self._next = 0

    @property
    def stopped_at(self) -> int | None:
        """The number of the frame at which the visitor has last stopped the player."""
        return self._reel.stopped_at

    def scene_to_explain(self, bench: Playable) -> Scene | None:
        """Return the scene at which the visitor has stopped the player; the run must be paused.

        If the visitor has not stopped the player, return the first scene of the clip.
        """
        self._choose_clip(bench)
        return self._reel.scene_to_explain

    def _end_of_part(self, first: int) -> int:
        """Return the index at which the part of the clip that begins at `first` ends.

        The clip's first part includes the held frame.
        """
        held = self._reel.held
        least = 0 if held is None or first else self._reel.numbers.index(held) + 1
        return max(first + MOST_FRAMES_PER_PICTURE, least)

    def _stream(self, bench: Playable) -> list[Scene]:
        """Return the scenes that fill the time since the last redraw."""
        if bench.shows_training_steps:
            return self._latest_steps(bench)
        now = self._clock()
        self._due += shared_rhythm().frames_per_second * (now - self._shown_at)
        self._shown_at = now
        count = min(max(int(self._due), 1), MOST_FRAMES_PER_PICTURE)
        self._due = min(max(self._due - count, -1.0), 1.0)
        return self._demonstration.scenes(bench.shown_session.networks["policy"], count)

    def _latest_steps(self, bench: Playable) -> list[Scene]:
        """Return the training steps that have not been shown yet.

        If the episode has ended, or if at most one step is new, the last scene shows the state
        after the last step.
        """
        seed, last = self._streamed
        session = bench.shown_session
        newest = session.global_step
        since = (
            newest if seed != session.config.seed else max(last, newest - MOST_STEPS_PER_PICTURE)
        )
        scenes = training_scenes(bench, since)
        many = len(scenes) > 2  # among many scenes, the last state would be visible too briefly
        return scenes[:-1] if many and not scenes[-1].ended else scenes

    def _choose_clip(self, bench: Playable) -> None:
        """Choose the scenes for a paused run, unless these scenes are chosen already."""
        shown = self._present(bench)
        if shown != self._clip_of:
            self._clip_of = shown
            self._clip_number += 1
            self._reel.start(self._scenes(bench))
            self._next = 0

    def _present(self, bench: Playable) -> tuple[object, ...]:
        """Return the values on which the clip of a paused run depends."""
        session = bench.shown_session
        return bench.player_mode, session, session.global_step, session.networks["policy"]

    def _shots(self, bench: Playable, scenes: Sequence[Scene]) -> list[tuple[Scene, Cutout]]:
        """Return each scene with its picture.

        The pictures of training steps are exact. All other pictures are nearly exact.
        """
        exact = bench.shows_training_steps
        draw = self._renderer.cutout if exact else self._renderer.shared_cutout
        return [(scene, draw(scene.observation)) for scene in scenes]

    def _scenes(self, bench: Playable) -> Sequence[Scene]:
        match bench.player_mode:
            case "training step":
                return training_scenes(bench)[-1:]
            case "training episode":
                return training_scenes(bench)[-MOST_FRAMES_PER_CLIP:]
            case _:
                policy = bench.shown_session.networks["policy"]
                return self._demonstration.episode(policy, MOST_FRAMES_PER_CLIP)

    def _panel(
        self,
        bench: Playable,
        shots: Sequence[tuple[Scene, Cutout]],
        mode: Mode,
        planes: Sequence[Slice],
        numbers: Sequence[int],
    ) -> PlayerPanel:
        plane = planes[0]
        own = mode == "stream" and bench.shows_training_steps
        rate = (
            REAL_TIME if own else shared_rhythm().frames_per_second
        )  # with fewer frames per second, the player would fall behind the training
        names = tuple(_(name) for name in self._info.actions)
        frames = tuple(
            Frame(
                image=image,
                probabilities=tuple(float(p) for p in scene.probabilities),
                action=scene.action,
                point=(
                    float(scene.observation[plane.x_axis]),
                    float(scene.observation[plane.y_axis]),
                ),
                episode=scene.episode,
                caption=self._caption(bench, scene),
                slice=place if len(planes) > 1 else 0,
                number=number,
            )
            for place, (number, (scene, image)) in enumerate(zip(numbers, shots, strict=True))
        )
        return PlayerPanel(
            key=self._key,
            title=self.name + bench.session.config.env_id,
            subtitle=_subtitle(bench, held=self._reel.held is not None),
            frames=frames,
            mode=mode,
            clip=self._clip_number,
            frames_per_second=rate,
            action_names=names,
            action_colours=action_colours(len(names)),
            aspect=self._renderer.aspect,
            background=self._renderer.background,
        )

    def _caption(self, bench: Playable, scene: Scene) -> str:
        """Return a frame's caption with the number of the step.

        If no action is chosen yet in this step of training, the caption also names the previous
        action and its reward.
        """
        text = _("step {step}").format(step=scene.step)
        if scene.action is not None:
            return text
        text = (_("{step} · over") if scene.ended else _("{step} · no action yet")).format(
            step=text
        )
        steps = bench.shown_session.history.steps
        if not bench.shows_training_steps or not np.array_equal(
            scene.observation, steps.next_observation[-1]
        ):
            return text
        return text + _("\nbefore: {action}, reward {reward}").format(
            action=_(self._info.actions[steps.action[-1]]),
            reward=f"{steps.reward[-1]:g}".replace("-", "−"),
        )


def _subtitle(bench: Playable, *, held: bool) -> str:
    """Say what the player shows; `held` is true if the player stopped at a stream's frame."""
    history = bench.shown_session.history
    if bench.shows_training_steps:
        episode = int(history.steps.episode[-1]) if len(history.steps.episode) else 1
        text = _("training environment · episode {episode:,}").format(episode=episode)
        replayed = held or (bench.player_mode == "training episode" and not bench.running)
        return _with_present_bars(text) if replayed else text
    updates = history.updates.appended
    if updates == 0:
        return (
            _("fresh episodes of the untrained policy")
            if bench.running
            else _("one fresh episode of the untrained policy")
        )
    text = _("fresh episodes, policy after update {update:,}").format(update=updates)
    return _with_present_bars(text) if held else text


def _with_present_bars(text: str) -> str:
    return _("{text} · bars: the policy now").format(text=text)
