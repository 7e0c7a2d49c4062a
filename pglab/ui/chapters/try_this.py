"""The chapter *Try this*: the visitor guesses, runs an experiment and reads the explanation."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from pglab.curves import Curve
from pglab.environments import ENVIRONMENTS
from pglab.experiments.catalogue import experiments_of
from pglab.experiments.experiment import LATE, Experiment
from pglab.experiments.results import SEEDS, arms_of, explanation, held, verdict
from pglab.experiments.statistics import STATISTICS
from pglab.language import _
from pglab.plots.experiment import experiment_figure
from pglab.session.stored.usual_curves import AGENTS
from pglab.ui.chapters.attempts import (
    Attempt,
    Attempts,
    Result,
    back_to_usual,
    guess_region_of,
    start,
)
from pglab.ui.chapters.chapters import NO_TOOLBAR
from pglab.ui.chapters.experiment_line import judgement, title_of
from pglab.ui.controls.buttons import on_whole_page
from pglab.ui.controls.lab import Lab

CHART_HEIGHT = 330


def try_this(lab: Lab, attempts: Attempts) -> None:
    """Draw the list of the page's experiments, and the experiment that is chosen."""
    lab.redraw_stale_page()
    listing, chosen = st.columns([4, 9], gap="large")
    with listing:
        _listing(lab, attempts)
    with chosen:
        _experiment(lab, attempts)


def _listing(lab: Lab, attempts: Attempts) -> None:
    """Draw a button for each experiment."""
    offered = experiments_of(attempts.page)
    done = sum(attempts.by_key[experiment.key].done for experiment in offered)
    st.caption(
        _("Guess, then run the experiment. Done in this visit: {done} of {n}.").format(
            done=done, n=len(offered)
        )
    )
    with st.container(key="experiments", gap="xsmall"):
        for number, experiment in enumerate(offered, start=1):
            # No menu is used here, because a late request could restore a menu's old value.
            st.button(
                _name(number, experiment, attempts.by_key[experiment.key]),
                key=f"try_{experiment.key}",
                type="secondary" if experiment is attempts.experiment else "tertiary",
                width="stretch",
                on_click=on_whole_page(
                    lab, lab.bench.lock, partial(_choose, attempts, experiment.key)
                ),
            )


def _name(number: int, experiment: Experiment, attempt: Attempt) -> str:
    marks = [f"{number} · {title_of(experiment)}"]
    if attempt.done:
        marks += [_("breaks learning")] * experiment.known_bad + ["✓"]
    return " · ".join(marks)


def _choose(attempts: Attempts, key: str) -> None:
    attempts.chosen = key


def _experiment(lab: Lab, attempts: Attempts) -> None:
    """Draw the question, the possible guesses, and the button for the visitor's next action.

    After the visitor locks a guess, the guesses and the button stay at the same place on the page.
    """
    experiment = attempts.experiment
    with lab.bench.lock:
        state = attempts.state(lab.bench.session)
    st.markdown(f"##### {title_of(experiment)}")
    st.caption(_("Other settings as usual · {steps:,} steps").format(steps=experiment.steps))
    st.markdown(_(experiment.question))
    if state != "done":
        choice = _choices(lab, attempts)
    match state:
        case "asked":
            _lock_button(lab, attempts, choice)
            st.caption(_("After you lock a guess, the button becomes “Run it”."))
        case "locked":
            _start_button(lab, attempts, _("Run it"), lab.bench.session.config.seed)
            st.caption(
                _expectation(experiment)
                + _(" The current run stays in the return plot and in the table of runs.")
            )
        case "under way":
            st.info(_("The panels above show the run; its result will appear here."))
        case "changed":
            st.warning(
                _(
                    "The current run does not answer this question: a setting was changed during "
                    "the run, or another run has begun."
                )
            )
            _start_button(lab, attempts, _("Run it again"), lab.bench.session.config.seed)
        case "done":
            assert attempts.attempt.result is not None
            with st.container(key="experiment_outcome"):
                _show(lab, attempts, attempts.attempt.result)


def _expectation(experiment: Experiment) -> str:
    """Say where the visitor will see whether the guess is right."""
    if experiment.statistic == "late_return":
        return _("Your guess is the shaded region in the return plot.")
    return _(
        "Your guess is about the {name}. The return plot does not show this number; it appears "
        "here at the end of the run."
    ).format(name=_(STATISTICS[experiment.statistic].name))


def _choices(lab: Lab, attempts: Attempts) -> int | None:
    """Draw the possible guesses, and return the index of the selected guess.

    Initially, no guess is selected. The visitor cannot change a locked guess.
    """
    experiment, guess = attempts.experiment, attempts.attempt.guess
    choice: int | None = st.radio(
        _("Your guess"),
        range(len(experiment.choices)),
        index=guess,
        format_func=lambda number: _(experiment.choices[number].text),
        captions=[experiment.claim_of(choice).sentence() for choice in experiment.choices],
        key=f"{lab.key}.guess.{experiment.key}",
        # If one request contains this choice and another click, Streamlit may redraw only one
        # fragment of the page. Therefore, the choice marks the whole page for a redraw.
        on_change=on_whole_page(lab, lab.bench.lock, lambda: None),
        disabled=guess is not None,
    )
    return choice


def _lock_button(lab: Lab, attempts: Attempts, choice: int | None) -> None:
    st.button(
        _("Lock my guess"),
        icon=":material/lock:",
        key="lock_guess",
        type="primary",
        disabled=choice is None,
        on_click=on_whole_page(lab, lab.bench.lock, partial(_lock, attempts, choice)),
        help=_("After you lock the guess, you cannot change it."),
    )


def _lock(attempts: Attempts, choice: int | None) -> None:
    attempts.attempt.guess = choice


def _start_button(lab: Lab, attempts: Attempts, label: str, seed: int) -> None:
    st.button(
        label,
        icon=":material/play_arrow:",
        key="run_experiment",
        type="primary",
        on_click=on_whole_page(lab, lab.bench.lock, partial(start, lab, attempts, seed)),
        help=_("Applies the settings of this experiment, then trains."),
    )


def _choices_table(experiment: Experiment, attempt: Attempt) -> None:
    """Draw a table with one row for each possible guess.

    A row shows whether the visitor chose this guess. After the run, the row also shows whether the
    guess is right for this run, and the number of stored seeds for which the guess is right.
    """
    result = attempt.result
    heads = ["", _("you")]
    if result is not None:
        heads += [_("this run"), _("{n} seeds").format(n=SEEDS)]
    rows = [heads, [":--", *[":-:"] * (len(heads) - 1)]]
    for number, choice in enumerate(experiment.choices):
        claim = experiment.claim_of(choice)
        row = [f"{_(choice.text)}<br><small>{claim.sentence()}</small>"]
        row.append("●" if attempt.guess == number else "")
        if result is not None:
            row.append("●" if result.choice == number else "")
            row.append(str(held(claim, *arms_of(experiment))))
        rows.append(row)
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    st.markdown(table, unsafe_allow_html=True)  # a line break in a cell needs HTML


def _show(lab: Lab, attempts: Attempts, result: Result) -> None:
    """Draw the result: the guess, this run, the stored runs, and the explanation."""
    experiment, attempt = attempts.experiment, attempts.attempt
    st.markdown(_judgement(experiment, attempt, result))
    _choices_table(experiment, attempt)
    changed, usual = arms_of(experiment)
    assert attempt.guess is not None
    st.plotly_chart(
        experiment_figure(
            guess_region_of(experiment, attempt.guess, result.seed),
            result.curve,
            _reached(experiment, result),
            list(changed.curves),
            list(usual.curves),
            experiment.steps,
            ENVIRONMENTS[AGENTS[experiment.page].env_id].return_range,
        ),
        key="experiment_result",
        height=CHART_HEIGHT,
        config=NO_TOOLBAR,
    )
    st.markdown(explanation(experiment))
    claims = (experiment.right_claim, *experiment.further)
    st.caption(
        _(
            "Checked with `python -m pglab.studies.check_experiments {name} --write`: {claims}."
        ).format(
            claims=" · ".join(verdict(claim, experiment) for claim in claims),
            name=f"{experiment.page}/{experiment.key}",
        )
    )
    with st.container(horizontal=True):
        _start_button(lab, attempts, _("Try again with another seed"), result.seed + 1)
        st.button(
            _("Back to the usual settings"),
            icon=":material/undo:",
            key="back_to_usual",
            on_click=on_whole_page(lab, lab.bench.lock, partial(back_to_usual, lab)),
            help=_("This run stays in the return plot and in the table of runs."),
        )


def _reached(experiment: Experiment, result: Result) -> Curve:
    """Return a horizontal line at the mean return of the run's last third."""
    steps = np.array(LATE) * experiment.steps
    label = _("mean return in the last third")
    return Curve(steps, np.full(2, result.late_return), label)


def _judgement(experiment: Experiment, attempt: Attempt, result: Result) -> str:
    """Describe this run's result and the usual result; say whether the guess is right."""
    statistic = STATISTICS[experiment.statistic]
    reference = (
        _("the usual settings gave {usual} with the same seed")
        if result.same_seed
        else _("the usual settings gave {usual} (median of the stored seeds)")
    ).format(usual=f"{result.usual:.{statistic.digits}f}")
    found = _("This run (seed {seed}): the {name} is **{figure}**; {reference}.").format(
        seed=result.seed,
        name=_(statistic.name),
        figure=f"{result.figure:.{statistic.digits}f}",
        reference=reference,
    )
    diverged = [_("The run diverged before its end.")] if result.outcome == "diverged" else []
    return " ".join([found, *diverged, judgement(experiment, attempt)])
