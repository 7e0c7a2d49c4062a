"""Says in sentences how a run went."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.config import format_value
from pglab.language import _, ngettext
from pglab.library.contents import RunContents
from pglab.library.model_card.markdown import escaped
from pglab.session.history import MEAN_EPISODES


def outcome_sentences(contents: RunContents) -> Iterator[str]:
    """Describe in Markdown the length, the mean return, the reading and the end of a run."""
    yield from (_length(contents), _mean_return(contents), _reading(contents), _end(contents))


def _length(contents: RunContents) -> str:
    steps, episodes = contents.global_step, contents.episodes.appended
    updates = contents.updates.appended
    sentences = (
        ngettext(
            "The run took {n:,} environment step.", "The run took {n:,} environment steps.", steps
        ).format(n=steps),
        ngettext("It finished {n:,} episode.", "It finished {n:,} episodes.", episodes).format(
            n=episodes
        ),
        ngettext("It made {n:,} update.", "It made {n:,} updates.", updates).format(n=updates),
    )
    return " ".join(sentences)


def _mean_return(contents: RunContents) -> str:
    returns = contents.episodes.columns["episode_return"][-MEAN_EPISODES:]
    n = len(returns)
    if n == 0:
        return _("No episode has ended yet, so there is no mean return.")
    sentence = (
        _(
            "The mean return of the last {n} episodes is {mean:,.1f}, with a standard deviation of "
            "{sd:,.1f}."
        )
        if n == MEAN_EPISODES
        else ngettext(
            "The only finished episode has the return {mean:,.1f}.",
            "The mean return of all {n} finished episodes is {mean:,.1f}, with a standard "
            "deviation of {sd:,.1f}.",
            n,
        )
    )
    return sentence.format(n=n, mean=returns.mean(), sd=returns.std())


def _reading(contents: RunContents) -> str:
    reading, config = contents.recent.facts["reading"], contents.config
    measure = ngettext(
        "The seminar's measure of progress is the return of the last episode with a step whose "
        "number is a multiple of {interval:,}.",
        "The seminar's measure of progress is the mean return of the last {n} episodes (fewer at "
        "first) with a step whose number is a multiple of {interval:,}.",
        config.smoothing_window,
    ).format(n=config.smoothing_window, interval=config.eval_interval)
    return " ".join(
        [
            measure,
            _("Long episodes have such a step more often, so they count more often."),
            _("The measure has no value yet.")
            if reading is None
            else _("The last value of the measure is {reading:,.1f}.").format(reading=reading),
        ]
    )


def _end(contents: RunContents) -> str:
    solved_at, config = contents.recent.facts["solved_at"], contents.config
    goal = ngettext(
        "The task counts as solved if the measure is at least {goal}.",
        "The task counts as solved if the measure is at least {goal} with {n} episodes.",
        config.smoothing_window,
    ).format(goal=format_value(config.success_return), n=config.smoothing_window)
    if solved_at is not None:
        solved = _("The run solved it at step {step:,}.").format(step=solved_at)
    elif contents.outcome is None:
        solved = _("The run has not solved it yet.")
    else:
        solved = _("The run did not solve it.")
    ends = {
        "solved": _("Then the run stopped."),
        "total_steps": _("The run ended because it had taken all its steps."),
        "diverged": _("The run diverged: {problem}").format(
            problem=escaped(contents.problem or "")
        ),
        None: _("The run has not ended and can continue."),
    }
    return f"{goal} {solved} {ends[contents.outcome]}"
