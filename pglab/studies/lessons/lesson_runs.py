"""Trains the runs that the lessons need and that no other command trains.

This command prints the results, and says whether they equal the stored results:

    python -m pglab.studies.lessons.lesson_runs

With `--write`, the command prints the results and writes them to `pglab/data/lessons/runs.json`.
Each part of the results consists of lists with one number for each run. The four parts are:

first_update   the first update of REINFORCE, on eight seeds
noise          the gradients of few and of many episodes of one stored policy
replay         agents with split bodies, on eight seeds; one of them has a small replay buffer
collapse       REINFORCE with α = 0.01, on 100 seeds. If a run learns and then repeats one action,
               the command trains this run to its end in four ways.

The environment variable `PGLAB_DASK` chooses the workers that train.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.experiments.evidence import COLLAPSED
from pglab.experiments.statistics import RecordedRun, mean, recorded, window_means
from pglab.gradient_noise.measurement import finished, measure
from pglab.looks.fresh_episodes.evaluation import calibration, critic_truth, play
from pglab.looks.probes import action_probabilities
from pglab.maps.running.calls import on_workers
from pglab.maps.running.keys import provenance_of
from pglab.networks import use_one_thread
from pglab.session.rewinding.checkpoints import Checkpoint
from pglab.session.stored import DATA
from pglab.session.stored.policies import load as load_policies
from pglab.session.stored.provenance import KEY
from pglab.session.stored.usual_curves import WINDOW
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import add_write, parser_of
from pglab.studies.outcome import Outcome, changed_versions, number_differences
from pglab.studies.workers import workers_of_command

FILE = DATA / "lessons" / "runs.json"
SEEDS = 8
DIGITS = 3

LAB_STEP, LAB_SEED = 20_000, 1  # the policy and the seed with which the gradient lab opens
LAB_EPISODES = (20, 500)

SMALL_BUFFER = 500
BUFFER_STEPS = 30_000  # environment steps after which two sizes of the replay buffer are compared
TRUTH_STEPS = 60_000  # environment steps after which the critic is compared with fresh episodes
TRUTH_EPISODES = 10  # as in the chapter Fresh episodes

COLLAPSE_RATE, SMALLER_RATE = 0.01, 0.001
TINY_BONUS = 0.001  # an entropy bonus that hardly changes an update, but changes the later run
COLLAPSE_SEEDS = 100
COLLAPSE_STEPS, LAST_STEP = 30_000, 60_000
CERTAIN = 0.01  # nats: with less entropy, the policy repeats one action
LEARNED = 100.0  # a run has learned if the mean return of a window reaches this number

Numbers = dict[str, float]
Part = dict[str, list[float]]


def first_update(config: AgentConfig) -> Numbers:
    """Measure the first update and the first ten episodes of a run.

    In the result, `steps` is the size of the update's batch. `likelier` counts the steps of the
    batch for which the update increased π(aₜ|sₜ). `first_episode` is the length of the first
    episode. `ten_episodes` is the mean return of the first ten episodes.
    """
    session = TrainingSession(config, can_rewind=False)
    before = copy.deepcopy(session.networks["policy"])
    steps = [stretch.steps for stretch in session.advance("update")]
    observations = np.concatenate([of.observation for of in steps])
    actions = np.concatenate([of.action for of in steps])
    old, new = (
        action_probabilities(policy, observations)[np.arange(len(actions)), actions]
        for policy in (before, session.networks["policy"])
    )
    update = session.history.updates
    session.advance("episode", 10 - len(session.history.episodes))
    returns = session.history.episodes["episode_return"]
    return {
        "first_episode": float(returns[0]),
        "ten_episodes": mean(returns),
        "steps": len(actions),
        "likelier": int((new > old).sum()),
        "loss": float(update["actor_loss"][0]),
        "gradient_norm": float(update["actor_gradient_norm"][0]),
    }


def noise(config: AgentConfig) -> Numbers:
    """Measure the total variance of whole-episode gradients of a stored policy.

    The seed of `config` is the seed of the episodes.
    """
    policy = load_policies()[LAB_STEP]
    return {
        f"variance_{episodes}": finished(measure(policy, episodes, config.seed))
        .estimators["whole_episode"]
        .variance
        for episodes in LAB_EPISODES
    }


def replay(config: AgentConfig) -> Numbers:
    """Train an agent with split bodies, once with the usual and once with a small replay buffer.

    The returns and the TD errors are means over the steps from 20,000 to `BUFFER_STEPS`. `bias` is
    the mean of Q − G in fresh episodes, after `TRUTH_STEPS` steps with the usual buffer.
    """
    usual = TrainingSession(config.changed(total_steps=TRUTH_STEPS), can_rewind=False)
    small = TrainingSession(config.changed(replay_capacity=SMALL_BUFFER), can_rewind=False)
    found = {}
    for name, session in (("usual", usual), ("small", small)):
        session.advance("step", BUFFER_STEPS)
        run = recorded(session)
        found[f"{name}_return"] = mean(run.returns[3 * run.episode_steps > 2 * BUFFER_STEPS])
        found[f"{name}_td_error"] = mean(run.td_errors[3 * run.update_steps > 2 * BUFFER_STEPS])
    usual.advance("step", TRUTH_STEPS - BUFFER_STEPS)
    episodes = play(
        usual.networks["policy"], config.env_id, TRUTH_EPISODES, config.seed, greedy=False
    )
    truth = critic_truth(usual.networks["critic"], episodes, config.gamma)
    return {**found, "bias": calibration(*truth).bias}


def collapse(config: AgentConfig) -> Numbers | None:
    """Train a run. If it learns and then repeats one action, train it to its end in four ways.

    `unchanged`, `tiny` and `smaller` begin at the last checkpoint before the end of the best
    window. `unchanged` keeps the settings, `tiny` adds a tiny entropy bonus, and `smaller` has a
    smaller learning rate. `late` gets the smaller learning rate after the collapse. The numbers
    with these four names are mean returns in the last window. The result is None if the run does
    not repeat one action at `COLLAPSE_STEPS`.
    """
    session = TrainingSession(config)
    session.advance("step", COLLAPSE_STEPS)
    windows = _windows(session)
    if windows[-1] >= COLLAPSED:
        return None
    best = WINDOW * (int(np.nanargmax(windows)) + 1)
    found = {"seed": config.seed, "best": float(np.nanmax(windows)), "best_step": best}
    if found["best"] < LEARNED:
        return found
    start = [point for point in session.checkpoints if point.global_step <= best][-1]
    smaller = {"learning_rate": SMALLER_RATE}
    return {
        **found,
        **_course(recorded(session), best),
        "fork_step": start.global_step,
        "late": _last_return(session, None, smaller),
        "unchanged": _last_return(session, start, {}),
        "tiny": _last_return(session, start, {"entropy_coefficient": TINY_BONUS}),
        "smaller": _last_return(session, start, smaller),
    }


def _course(run: RecordedRun, best: int) -> Numbers:
    """Describe the collapse of a run with three numbers.

    `good_step` is the step at which the last episode with a return of at least `LEARNED` ends. From
    the update at step `quiet_step` on, the entropy stays below `CERTAIN`. `good_entropy` is the
    mean entropy in the best window, which ends at step `best`.
    """
    uncertain = run.update_steps[run.entropies >= CERTAIN]
    in_best = (run.update_steps > best - WINDOW) & (run.update_steps <= best)
    return {
        "good_step": float(run.episode_steps[run.returns >= LEARNED][-1]),
        "quiet_step": float(run.update_steps[run.update_steps > uncertain[-1]][0]),
        "good_entropy": mean(run.entropies[in_best]),
    }


def _last_return(
    session: TrainingSession, start: Checkpoint | None, changes: Mapping[str, Any]
) -> float:
    """Train to `LAST_STEP` with changed settings, and return the mean return of the last window.

    The training begins at the checkpoint `start`. If `start` is None, it begins at the present
    step of the run.
    """
    if start is not None:
        session.rewind(start)
    if changes:
        session.change(**changes)
    session.advance("step", LAST_STEP)
    return float(_windows(session)[-1])


def _windows(session: TrainingSession) -> Any:
    """The mean return in each window of a run; NaN for a window in which no episode ended."""
    steps = session.global_step
    return window_means(recorded(session), steps, steps // WINDOW)


def _runs() -> dict[str, tuple[Callable[[AgentConfig], Numbers | None], list[AgentConfig]]]:
    """Map each part to the function that measures one run, and to the settings of all runs."""
    seeds = range(SEEDS)
    return {
        "first_update": (first_update, [ReinforceConfig(seed=seed) for seed in seeds]),
        "noise": (noise, [ReinforceConfig(seed=LAB_SEED)]),
        "replay": (
            replay,
            [
                ActorCriticConfig.split_replay(
                    seed=seed, total_steps=BUFFER_STEPS, stop_when_solved=False
                )
                for seed in seeds
            ],
        ),
        "collapse": (
            collapse,
            [
                ReinforceConfig(
                    seed=seed,
                    learning_rate=COLLAPSE_RATE,
                    total_steps=LAST_STEP,
                    stop_when_solved=False,
                )
                for seed in range(COLLAPSE_SEEDS)
            ],
        ),
    }


def make() -> dict[str, Part]:
    """Train all runs on workers. In each part, a list contains one quantity of all runs."""
    return {
        name: _columns(on_workers(measured, configs))
        for name, (measured, configs) in _runs().items()
    }


def _columns(rows: Sequence[Numbers | None]) -> Part:
    """For each named number, list its values from all runs that have this number."""
    known = [row for row in rows if row is not None]
    names = dict.fromkeys(name for row in known for name in row)
    return {name: [round(row[name], DIGITS) for row in known if name in row] for name in names}


@cache
def load() -> dict[str, Part]:
    """The stored numbers of all parts."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: part for name, part in content.items() if name != KEY}


def save(parts: Mapping[str, Part]) -> None:
    """Write the numbers of all parts, and the versions of the software that made them."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    facts = {KEY: provenance_of(ReinforceConfig()), **parts}
    lines = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in facts.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def compared(new: Mapping[str, Part]) -> Outcome:
    """Compare the numbers of all parts with the stored numbers."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return Outcome(
        numbers=differences(new, load()),
        versions=changed_versions(stored[KEY], provenance_of(ReinforceConfig())),
    )


def differences(new: Mapping[str, Part], stored: Mapping[str, Part]) -> list[str]:
    """Say which numbers differ from the stored ones."""
    return [
        text
        for name, part in new.items()
        for column, numbers in part.items()
        for text in number_differences(f"{name}, {column}", numbers, stored[name].get(column, []))
    ]


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    of_command = parser_of("pglab.studies.lessons.lesson_runs", __doc__)
    add_write(of_command, "the stored runs of the lessons")
    return of_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    use_one_thread()
    chosen = parser().parse_args(arguments)
    with workers_of_command():
        parts = make()
    for name, part in parts.items():
        print(name, *(f"  {column}: {numbers}" for column, numbers in part.items()), sep="\n")
    if chosen.write:
        save(parts)
        print(FILE)
    else:
        print("\n".join(differences(parts, load())) or "equal to the stored numbers")


if __name__ == "__main__":
    main()
