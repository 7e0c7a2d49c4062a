"""Makes the two clips of the home page: the default agent before and after training.

This command repeats the run with the stored seed, and says whether the run ends at the stored step:

    python -m pglab.studies.opening_clips

With `--write`, the command trains the seeds 0, 1, … until a run solves the task. It then writes the
clips to `pglab/data/clips`, with the seed and the last step of the solved run.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from PIL import Image
from torch import nn

from pglab.config import ReinforceConfig, RunConfig
from pglab.looks.fresh_episodes.demonstration import Demonstration, Scene
from pglab.looks.render import shared_renderer
from pglab.maps.running.keys import provenance_of
from pglab.networks import use_one_thread
from pglab.session.stored.clips import FOLDER, stored_facts
from pglab.session.stored.provenance import KEY, made_by
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import add_write, parser_of
from pglab.studies.outcome import Outcome, changed_versions, number_differences

SIZE = (450, 300)
SCENES = 160
STEP_MILLISECONDS = 20  # duration of a step in CartPole
STEPS_PER_PICTURE = 2
HOLD_MILLISECONDS = 500


def solved_session() -> TrainingSession:
    """Train the seeds 0, 1, … with the default settings, and return the first solved run."""
    for seed in count():
        session = TrainingSession(ReinforceConfig(seed=seed))
        while not session.finished:
            session.advance("episode")
        if session.outcome == "solved":
            return session
    raise AssertionError("count() does not end")


def scenes(policy: nn.Module, config: RunConfig) -> list[Scene]:
    """Play episodes until there are at least `SCENES` scenes.

    An episode ends early after `SCENES` scenes.
    """
    demonstration = Demonstration(config.env_id, config.seed)
    chosen: list[Scene] = []
    while len(chosen) < SCENES:
        chosen += demonstration.episode(policy, most_scenes=SCENES)
    return chosen


def animation(shown: list[Scene], env_id: str) -> bytes:
    """Draw the scenes as an endless WebP animation that pauses at the end of each episode."""
    renderer = shared_renderer(env_id)
    pictures, durations = [], []
    for number, scene in enumerate(shown):
        if number % STEPS_PER_PICTURE and not scene.ended:
            continue
        pictures.append(Image.fromarray(renderer.frame(scene.observation)).resize(SIZE))
        durations.append(
            HOLD_MILLISECONDS if scene.ended else STEPS_PER_PICTURE * STEP_MILLISECONDS
        )
    file = io.BytesIO()
    pictures[0].save(
        file, "WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
    return file.getvalue()


def make() -> dict[str, Any]:
    """Train the agent, write the clips and the facts about the run, and return the facts."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    solved = solved_session()
    untrained = TrainingSession(solved.config)
    for name, session in (("untrained", untrained), ("solved", solved)):
        clip = animation(scenes(session.networks["policy"], session.config), session.config.env_id)
        (FOLDER / f"{name}.webp").write_bytes(clip)
        print(f"{name}: {len(clip)} bytes")
    facts = facts_of(solved)
    (FOLDER / "facts.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    return facts


def facts_of(solved: TrainingSession) -> dict[str, Any]:
    """The run's seed and number of steps, and the software versions, for the home page."""
    config = solved.config
    return {"seed": config.seed, "steps": solved.global_step, KEY: made_by(config.engine)}


def run_again(facts: Mapping[str, Any]) -> int:
    """Repeat the run with the stored seed, and return the step at which it ends."""
    session = TrainingSession(ReinforceConfig(seed=facts["seed"]))
    while not session.finished:
        session.advance("episode")
    return session.global_step


def recheck() -> Outcome:
    """Repeat the run of the clip, and compare the step at which it ends with the stored step."""
    facts = stored_facts()
    here = provenance_of(ReinforceConfig(seed=facts["seed"]))
    numbers = number_differences("last step of the run", run_again(facts), facts["steps"])
    return Outcome(numbers, versions=changed_versions(facts[KEY], here))


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.opening_clips", __doc__)
    add_write(of_command, "the home page's clips")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command. The exit status is 1 if the repeated run does not end at the stored step."""
    use_one_thread()
    if parser().parse_args(arguments).write:
        print(make())
        return
    facts = stored_facts()
    steps = run_again(facts)
    print(f"seed {facts['seed']}: ends at step {steps:,}, stored: {facts['steps']:,}")
    sys.exit(steps != facts["steps"])


if __name__ == "__main__":
    main()
