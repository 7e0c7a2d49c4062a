"""Draws the stage of an agent's page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.session.bench import Bench
from pglab.ui.controls.lab import Lab
from pglab.ui.controls.sharing.kept_run import is_outdated
from pglab.ui.controls.shown_panels import Extra, shown_panels, view_of
from pglab.ui.pages.address import write_address
from pglab.ui.shell.visibility import PANELS, visibility
from pglab.ui.stage.page_channel import live_fragment, show
from pglab.ui.stage.panels.returns import reading_explained
from pglab.ui.stage.panels.scenery import PanelMaker, Scenery, View
from pglab.ui.stage.picture import Number, Picture, Progress, without_missing_player

COLLAPSE_ENTROPY = 0.01
COLLAPSE_SHARE = 0.5  # a mean return below this share of the return range is low


def live(
    lab: Lab, panels: Sequence[PanelMaker], extras: Sequence[Extra], heading: Callable[[], None]
) -> None:
    """Draw the stage: the numbers, the progress bar and the panels that show the run.

    `heading` draws the elements above the stage.
    """
    live_fragment(lab, _live)(lab, panels, extras, heading)


def _live(
    lab: Lab, panels: Sequence[PanelMaker], extras: Sequence[Extra], heading: Callable[[], None]
) -> None:
    lab.redraw_stale_page()
    write_address(lab, extras)  # a run that has begun has an address
    heading()
    draw = partial(_picture, lab, view_of(lab), shown_panels(lab, panels, extras), _facts())
    show(lab, lab.bench, draw, partial(_is_outdated, lab))


def _is_outdated(lab: Lab) -> bool:
    """Whether the page must be drawn again, for example because further seeds have caught up.

    The caller must hold the lock of the bench.
    """
    return is_outdated(lab, lab.bench, lab.kept) or (lab.awaits_seeds and not lab.bench.busy)


@dataclass(frozen=True)
class _Facts:
    """Which facts the stage shows: numbers, progress (bar and reading), band of the usual runs."""

    numbers: bool
    progress: bool
    usual: bool


def _facts() -> _Facts:
    labels = {
        "numbers": _("Numbers"),
        "progress": _("Progress"),
        "usual": _("Grey band of the usual runs"),
    }
    return _Facts(
        **{
            name: not visibility(name, label, PANELS, lockable=False).hidden
            for name, label in labels.items()
        }
    )


def _picture(
    lab: Lab, view: View, panels: Sequence[PanelMaker], facts: _Facts, *, resume: bool
) -> Picture:
    bench = lab.bench
    showing = lab.player.show(bench, view.plane, follows=view.follows, resume=resume)
    scene = Scenery(
        lab.key, bench, view, showing, shows_usual=facts.usual, shows_reading=facts.progress
    )
    return Picture(
        without_missing_player([panel(scene) for panel in panels]),
        _numbers(bench) if facts.numbers else (),
        _progress(bench) if facts.progress else None,
        more=lab.player.has_more,
    )


def _numbers(bench: Bench) -> list[Number]:
    history = bench.session.history
    mean = history.mean_return()
    rate = bench.pacemaker.steps_per_second if bench.running else None
    return [
        Number(
            _("environment steps"),
            f"{bench.session.global_step:,}",
            _("Actions taken in the training environment since the reset."),
        ),
        Number(_("episodes"), f"{len(history.episodes):,}", _("Finished training episodes.")),
        Number(
            _("mean of last 100 returns"),
            "–" if mean is None else f"{mean:.1f}".replace("-", "−"),
            _(
                "Mean return of the last 100 training episodes, or of all episodes if there are "
                "fewer. The progress reading, not this mean, decides whether the run is solved."
            ),
        ),
        Number(
            _("steps per second"),
            "–" if rate is None else f"{rate:,.0f}",
            _("Environment steps per second of wall-clock time, in the last two seconds."),
        ),
    ]


def _progress(bench: Bench) -> Progress:
    session = bench.session
    parts = [_state(bench)]
    if bench.shown_session is not session:  # the panels show another seed
        parts.insert(0, _("seed {seed}").format(seed=session.config.seed))
    if session.history.reading is not None:
        parts.append(_reading(bench))
    return Progress(
        fraction=session.global_step / session.config.total_steps,
        label=" · ".join(parts),
        marker_label=_milestone(bench),
        help=reading_explained(session.config),
    )


def _milestone(bench: Bench) -> str | None:
    """Return the label "solved at step …", or None if the run is not solved."""
    solved_at = bench.session.history.solved_at
    if solved_at is None:
        return None
    return _("solved at step {step:,}").format(step=solved_at)


def _state(bench: Bench) -> str:
    """Return a short text with the number of steps, or with the reason why the run stopped."""
    session = bench.session
    if session.outcome == "diverged":
        return _("stopped: see the message above")
    if session.outcome == "solved":
        return _("stopped: “Stop when solved” is on")
    if _collapsed(bench):
        return _("almost always the same action; low returns")
    return _("{done:,} of {total:,} steps").format(
        done=session.global_step, total=session.config.total_steps
    )


def _reading(bench: Bench) -> str:
    """Return a text with the progress reading and the goal of the run."""
    session = bench.session
    goal = session.config.success_return
    reading = f"{session.history.reading:.0f}".replace("-", "−")
    most = ENVIRONMENTS[session.config.env_id].return_range[1]
    counted = int(np.count_nonzero(~np.isnan(session.history.episodes["reading"])))
    window = session.config.smoothing_window
    if session.history.solved_at is not None:
        told = _("goal {goal} reached; progress reading {reading}")
    elif goal > most:
        told = _("goal {goal} is out of reach; progress reading {reading}")
    else:
        told = _("progress reading {reading}, goal {goal}")
    text = told.format(reading=reading, goal=f"{goal:g}".replace("-", "−"))
    if counted < window:
        text += _(" · {n} of {window} episodes").format(n=counted, window=window)
    return text


def _collapsed(bench: Bench) -> bool:
    """True if the policy has become deterministic while its returns are low."""
    history = bench.session.history
    low, high = ENVIRONMENTS[bench.session.config.env_id].return_range
    mean = history.mean_return(20)
    entropies = history.updates["entropy"][-10:]
    return (
        mean is not None
        and len(entropies) == 10
        and bool(entropies.max() < COLLAPSE_ENTROPY)
        and mean < low + COLLAPSE_SHARE * (high - low)
    )
