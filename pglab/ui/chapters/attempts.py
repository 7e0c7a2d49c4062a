"""The visitor's guesses in the chapter *Try this*, and the results of the visitor's runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from pglab.algorithms.agents import AgentConfig
from pglab.config import SEEDS, Link
from pglab.curves import Curve, GuessRegion
from pglab.experiments.catalogue import experiments_of
from pglab.experiments.experiment import LATE, Choice, Experiment
from pglab.experiments.results import arms_of
from pglab.experiments.statistics import STATISTICS, late_return, recorded
from pglab.language import _
from pglab.library.contents import Facts
from pglab.library.keeping.comparison_facts import curve_facts, curve_from
from pglab.plots.experiment import stretches
from pglab.session.bench import Bench
from pglab.session.pacing import FIRST_SPEED, FULL_SPEED
from pglab.session.seeds.statistics import smoothed_curve
from pglab.session.stored.usual_curves import AGENTS
from pglab.session.training_session import Outcome, TrainingSession
from pglab.ui.chapters.chapters import open_at_first
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.set_by_code import set_value
from pglab.ui.stage.components.scrolling import bring_into_view

AttemptState = Literal["asked", "locked", "under way", "changed", "done"]

_NUMBERS_OF_RESULT = (
    "seed",
    "figure",
    "usual",
    "same_seed",
    "choice",
    "late_return",
    "outcome",
)
PARAMETER = "try"  # the address parameter that names the chosen experiment


@dataclass(frozen=True)
class Result:
    """The result of one run of an experiment.

    `figure` is the value of the experiment's statistic in this run. `usual` is the value of this
    statistic with the usual settings. If a run with the same seed is stored, `same_seed` is true,
    and `usual` is the value of the stored run. Otherwise, `usual` is the median over the stored
    seeds. `choice` is the index of the answer that is right for this run. If no answer is right,
    `choice` is None. `late_return` is the mean return in the run's last third.
    """

    seed: int
    figure: float
    usual: float
    same_seed: bool
    choice: int | None
    curve: Curve
    late_return: float
    outcome: Outcome


@dataclass
class Attempt:
    """The visitor's guess for one experiment, and the result of the visitor's run.

    `guess` is the index of the answer that the visitor locked before the run.
    """

    guess: int | None = None
    started: bool = False
    result: Result | None = None
    done: bool = False  # true after the first result, also during a new run


@dataclass
class Attempts:
    """One visitor's attempts at the experiments of one page."""

    page: str
    chosen: str | None = None  # key of the experiment that the visitor or the link chose
    by_key: dict[str, Attempt] = field(default_factory=lambda: defaultdict(Attempt))

    @property
    def experiment(self) -> Experiment:
        """The experiment that the page shows: the chosen experiment, or else the first one."""
        offered = experiments_of(self.page)
        return next((e for e in offered if e.key == self.chosen), offered[0])

    @property
    def attempt(self) -> Attempt:
        """The visitor's attempt at the shown experiment."""
        return self.by_key[self.experiment.key]

    def state(self, session: TrainingSession) -> AttemptState:
        """The state of the visitor's attempt at the shown experiment."""
        attempt = self.attempt
        if attempt.guess is None:
            return "asked"
        if attempt.result is not None:
            return "done"
        if not attempt.started:
            return "locked"
        return "under way" if answers(session, self.experiment) else "changed"

    def guess(self) -> Choice | None:
        """Return the locked answer for the shown experiment, or None if no answer is locked."""
        number = self.attempt.guess
        return None if number is None else self.experiment.choices[number]

    def in_hand(self, session: TrainingSession) -> bool:
        """True if the experiment was started and the run still has the experiment's settings."""
        return self.attempt.started and answers(session, self.experiment)


def open_attempts(lab: Lab) -> Attempts:
    """Return the visitor's attempts, with the result of the current run if the run has ended."""
    key = f"{lab.key}.try"
    attempts: Attempts = st.session_state.setdefault(key, Attempts(lab.key))
    if lab.visit:
        restore(attempts, lab.visit)
        lab.visit = {}
    lab.kept.keeper.visit = partial(facts_of, attempts)
    with lab.bench.lock:
        _note_results(attempts, lab.bench.session)
        _draw_expectation(attempts, lab.bench)
    return attempts


def facts_of(attempts: Attempts) -> Facts:
    """Return the guesses and results as data for the function `restore`."""
    return {
        "chosen": attempts.chosen,
        "attempts": {
            key: {
                "guess": attempt.guess,
                "started": attempt.started,
                "done": attempt.done,
                "result": attempt.result and _result_facts(attempt.result),
            }
            for key, attempt in attempts.by_key.items()
            if attempt.guess is not None
        },
    }


def _result_facts(result: Result) -> Facts:
    numbers = {name: getattr(result, name) for name in _NUMBERS_OF_RESULT}
    return {**numbers, "curve": curve_facts(result.curve)}


def restore(attempts: Attempts, facts: Facts) -> None:
    """Restore guesses and results from the data of `facts_of`; leave out unusable ones."""
    known = {experiment.key: experiment for experiment in experiments_of(attempts.page)}
    if attempts.chosen is None and facts.get("chosen") in known:
        attempts.chosen = facts["chosen"]
    for key, stored in (facts.get("attempts") or {}).items():
        if key in known and stored["guess"] in range(len(known[key].choices)):
            result = stored["result"]
            attempts.by_key[key] = Attempt(
                stored["guess"],
                stored["started"],
                result and _restored_result(result),
                stored["done"],
            )


def _restored_result(facts: Facts) -> Result:
    curve = replace(curve_from(facts["curve"]), label=_("this run"))
    return Result(**{name: facts[name] for name in _NUMBERS_OF_RESULT}, curve=curve)


def read_link(page: str, link: Link) -> None:
    """If the link names an experiment, choose it and open the chapter *Try this*."""
    if link.has(PARAMETER):
        open_at_first(page, "try_this")
    known = {experiment.key: experiment.key for experiment in experiments_of(page)}
    chosen = link.choice(PARAMETER, _("Experiment"), known, None)
    st.session_state[f"{page}.try"] = Attempts(page, chosen)


def link_parameters(page: str) -> dict[str, str]:
    """Return the parameter that names the chosen experiment, or {} if none is chosen."""
    attempts: Attempts | None = st.session_state.get(f"{page}.try")
    if attempts is None or attempts.chosen is None:
        return {}
    return {PARAMETER: attempts.chosen}


def answers(session: TrainingSession, experiment: Experiment) -> bool:
    """True if a run began with the experiment's settings and has not changed them.

    The run may have any seed.
    """
    config = session.initial_config
    return config == experiment.config(config.seed) and not session.history.changes


def guess_region_of(experiment: Experiment, number: int, seed: int) -> GuessRegion | None:
    """Return the region of the return plot that belongs to an answer, for a run with `seed`.

    The answer predicts that the curve goes through the region. `number` is the position of the
    answer in `experiment.choices`. The result is None if the experiment is not about returns.
    """
    if experiment.statistic != "late_return":
        return None
    claim = experiment.claim_of(experiment.choices[number])
    low, high = claim.bounds(reference_of(experiment, seed).figure)
    start, end = (share * experiment.steps for share in LATE)
    # A claim with `least` = 0 has no lower bound, because no mean return is below 0.
    return GuessRegion(start, end, low if claim.least else -np.inf, high)


@dataclass(frozen=True)
class Reference:
    """The stored result with the usual settings: the statistic's value and a learning curve.

    If a run with the visitor's seed is stored, the value and the curve come from this run.
    Otherwise, the value and the curve are medians over the stored seeds.
    """

    figure: float
    curve: Curve
    same_seed: bool


def reference_of(experiment: Experiment, seed: int) -> Reference:
    """Return the stored result to compare with the visitor's run of this seed."""
    _changed, usual = arms_of(experiment)
    stored = usual.figures[experiment.statistic]
    if seed < len(stored):
        label = _("usual settings, seed {seed}").format(seed=seed)
        curve = stretches(usual.curves[seed], experiment.steps, label)
        return Reference(float(stored[seed]), curve, same_seed=True)
    label = _("usual settings, median of {n} seeds").format(n=len(stored))
    curve = stretches(np.nanmedian(usual.curves, axis=0), experiment.steps, label)
    return Reference(usual.spread(experiment.statistic).median, curve, same_seed=False)


def start(lab: Lab, attempts: Attempts, seed: int) -> None:
    """Start the shown experiment, and scroll to the stage.

    If the speed is lower than the default speed, it is set to the default speed. The former run
    stays in the table of runs.
    """
    attempt = attempts.attempt
    attempt.started, attempt.result = True, None
    _use(lab, attempts.experiment.config(seed % SEEDS))
    if FULL_SPEED < lab.bench.speed < FIRST_SPEED:
        lab.bench.speed = FIRST_SPEED
        set_value(f"{lab.key}.speed", FIRST_SPEED)
    lab.bench.run()
    bring_into_view(lab.key, "stage")


def back_to_usual(lab: Lab) -> None:
    """Prepare a fresh run with the page's usual settings and the current seed."""
    _use(lab, AGENTS[lab.key].changed(seed=lab.bench.session.config.seed))


def _use(lab: Lab, config: AgentConfig) -> None:
    """Prepare a fresh run with these settings. The current run becomes an earlier run."""
    lab.bench.reset()
    lab.bench.use(config)
    lab.set_controls(config)


def _note_results(attempts: Attempts, session: TrainingSession) -> None:
    """Keep the result of the current run if it has ended and belongs to a started experiment."""
    if session.outcome is None:
        return
    for experiment in experiments_of(attempts.page):
        attempt = attempts.by_key[experiment.key]
        if attempt.started and attempt.result is None and answers(session, experiment):
            attempt.result = _result(experiment, session, session.outcome)
            attempt.done = True


def _result(experiment: Experiment, session: TrainingSession, outcome: Outcome) -> Result:
    seed = session.config.seed
    figure = STATISTICS[experiment.statistic].of(recorded(session))
    reference = reference_of(experiment, seed)
    return Result(
        seed,
        figure,
        reference.figure,
        reference.same_seed,
        experiment.shown(figure, reference.figure),
        replace(smoothed_curve(session), label=_("this run")),
        late_return(recorded(session)),
        outcome,
    )


def _draw_expectation(attempts: Attempts, bench: Bench) -> None:
    """Let the stage draw the locked guess and, for comparison, the curve with the usual settings.

    If no guess is locked, the stage draws neither of them. The same is true if the experiment was
    started, but the current run has other settings.
    """
    experiment, attempt = attempts.experiment, attempts.attempt
    elsewhere = attempt.started and not answers(bench.session, experiment)
    if attempt.guess is None or elsewhere:
        bench.guess = bench.beside = None
        return
    seed = bench.session.config.seed
    bench.guess = guess_region_of(experiment, attempt.guess, seed)
    bench.beside = reference_of(experiment, seed).curve
