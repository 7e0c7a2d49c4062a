"""Draws the result of a measurement in the gradient lab: plots, sentences and a table."""

from __future__ import annotations

import math
from collections.abc import Collection
from html import escape

import numpy as np
import streamlit as st

from pglab import palette
from pglab.gradient_noise.estimators import ESTIMATORS, Estimator
from pglab.gradient_noise.measurement import SURVEY_EPISODES
from pglab.gradient_noise.results import EstimatorReport, Report
from pglab.gradient_noise.words import aims_text, number, percent, signal_text, verdict
from pglab.language import _, ngettext
from pglab.plots.figures import titled
from pglab.plots.gradient_noise import (
    Arrows,
    SnrCurve,
    arrows_figure,
    means_figure,
    plane_limit,
    snr_figure,
)
from pglab.ui.chapters.chapters import NO_TOOLBAR
from pglab.ui.shell.visibility import PANELS, visibility

FIGURE_HEIGHT = 380


def shown_parts() -> Collection[str]:
    """Return the names of the parts of a result that the link does not hide."""
    labels = {
        "arrows": _("Arrows of the four estimators"),
        "arrow_numbers": _("Numbers above the arrows"),
        "verdict": _("Result in words"),
        "means": _("The four means, enlarged"),
        "snr": _("Signal-to-noise ratio"),
        "table": _("Table of the estimators"),
    }
    return [
        name
        for name, label in labels.items()
        if not visibility(name, label, PANELS, lockable=False).hidden
    ]


def results(report: Report, described: str, *, former: str | None, parts: Collection[str]) -> None:
    """Draw one plot per estimator, then sentences, two plots and a table that compare them.

    `described` is a text that names the measured policy and episodes. `former` is None if the
    result matches the controls. Otherwise, `former` is a sentence that says why the result does not
    match. `parts` are the names of the parts to draw; see `shown_parts`.
    """
    with st.container(key="gradient_former" if former else "gradient_shown"):
        if former:
            st.caption(f":gray-badge[{_('Former result')}] {described}. {former}")
        else:
            st.caption(_("**Shown:** {what}.").format(what=described))
        if not report.estimators["whole_episode"].variance:
            st.info(
                _(
                    "This policy is deterministic: each chosen action has probability 1, so the "
                    "gradient ∇log π is 0. All gradients are 0, so there are no arrows, and the "
                    "policy cannot learn."
                )
            )
        if "arrows" in parts:
            _panels(report, described, shows_numbers="arrow_numbers" in parts)
        if "verdict" in parts:
            st.markdown(verdict(report))
        if "arrows" in parts:
            _legend(report)
        means, ratios = st.columns(2, gap="medium")
        if "means" in parts:
            with means:
                _means(report, described)
        if "snr" in parts:
            with ratios:
                _ratios(report)
        if "table" in parts:
            st.html(_table(report))
            st.caption(_conditions(report))


def _panels(report: Report, described: str, *, shows_numbers: bool) -> None:
    panels = _arrows(report)
    limit = plane_limit(panels)
    with st.container(key="gradient_arrows"):
        for kind, column, panel in zip(ESTIMATORS, st.columns(4), panels, strict=True):
            of = report.estimators[kind]
            snr, found = of.snr * report.episodes, report.survey.has_signal(kind)
            with column:
                st.markdown(f"**{panel.name}**")
                variance = _("variance × {ratio} · {shown} in plane").format(
                    ratio=number(of.ratio.estimate, 2), shown=percent(of.shown)
                )
                mean = _("mean of {k}: {signal}").format(
                    k=report.episodes, signal=signal_text(snr, found=found)
                )
                if shows_numbers:
                    st.caption(f"{variance}  \n{mean}")
                figure = arrows_figure(panel, _survey_length(report), limit)
                st.plotly_chart(
                    titled(figure, kind, panel.name, variance),
                    key=f"arrows_{kind}",
                    height="stretch",
                    config=NO_TOOLBAR,
                    alt=_("{name}: one arrow per episode. {what}").format(
                        name=panel.name, what=described
                    ),
                )


def _legend(report: Report) -> None:
    st.caption(
        _(
            "An *estimator* is a formula that estimates the gradient from one episode. Thin "
            "arrow: the estimate from one episode. Thick arrow: the mean of the estimates from "
            "all drawn episodes. Dotted ellipse: spread of the estimates (one standard "
            "deviation). Solid ellipse: spread of the mean. ✚: mean gradient of {n} separate "
            "episodes, with the weights of *Minus the mean*. **The axes**: a gradient has one "
            "entry per network parameter, so each gradient is projected onto a plane. Horizontal "
            "axis: the direction of the mean gradient ✚. Vertical axis: the direction at a right "
            "angle to ✚ in which the whole-episode gradients spread most. All four panels have "
            "the same axes. In the first panel, the longest 5 % of the arrows extend beyond the "
            "axes. *In plane*: the share of an estimator's variance that lies in the plane of "
            "the axes."
        ).format(n=report.survey.episodes)
    )


def _means(report: Report, described: str) -> None:
    title = _("The four means over {k} episodes, enlarged").format(k=report.episodes)
    st.markdown(f"**{title}**")
    st.plotly_chart(
        titled(means_figure(_arrows(report), _survey_length(report)), "means", title),
        key="means",
        height=FIGURE_HEIGHT,
        config=NO_TOOLBAR,
        alt=_("Mean gradient of each estimator. {what}").format(what=described),
    )
    st.caption(
        _(
            "The plot shows the four means in the same plane as the arrows. An ellipse shows one "
            "standard deviation of the mean: the typical distance between the mean and the "
            "gradient ✚. A better estimator has a smaller ellipse. In about 6 of 10 measurements, "
            "✚ lies outside an ellipse. All four means use the same episodes, so ✚ often lies "
            "inside all four ellipses, or outside all four ellipses."
        )
    )


def _ratios(report: Report) -> None:
    title = _("Signal-to-noise ratio (SNR) of a mean over k episodes")
    st.markdown(f"**{title}**")
    curves = [
        SnrCurve(
            name,
            colour,
            of.snr if report.survey.has_signal(kind) else math.nan,
            of.signal / of.group_variances,
        )
        for kind, name, colour, of in _in_order(report)
    ]
    figure = snr_figure(curves, report.group_sizes, report.episodes, SURVEY_EPISODES)
    st.plotly_chart(
        titled(figure, "snr", title),
        key="snr",
        height=FIGURE_HEIGHT,
        config=NO_TOOLBAR,
        alt=_("Plot of each estimator's signal-to-noise ratio against the number of episodes."),
    )
    st.caption(
        _(
            "The ratio is ‖∇J‖² / (tr Σ / k): the squared length of the gradient, divided by the "
            "variance of the mean. tr Σ is the *total variance* of one episode's estimate: the sum "
            "of the variances of all its entries. Lines: the values of ‖∇J‖² / (tr Σ / k). Points: "
            "ratios measured on groups of k drawn episodes. Dashed line: at ratio 1, the typical "
            "error of the mean is as long as the gradient. Dotted line: k = {k}, the number of "
            "drawn episodes. An estimator has no line if its mean gradient cannot be "
            "distinguished from noise."
        ).format(k=report.episodes)
    )


def _arrows(report: Report) -> list[Arrows]:
    labels = [
        _("episode {k}, return {total:g}").format(k=k, total=total)
        for k, total in enumerate(report.totals.tolist(), start=1)
    ]
    return [Arrows(name, colour, of.arrows, labels) for _k, name, colour, of in _in_order(report)]


def _survey_length(report: Report) -> float:
    return float(report.plane[0] @ report.survey.direction)


def _in_order(report: Report) -> list[tuple[Estimator, str, str, EstimatorReport]]:
    """Return the key, the name, the colour and the results of each estimator."""
    names = estimator_names()
    return [
        (kind, names[kind], colour, report.estimators[kind])
        for kind, colour in zip(ESTIMATORS, palette.ESTIMATORS, strict=True)
    ]


def estimator_names() -> dict[Estimator, str]:
    """Return the translated short name of each estimator."""
    return {
        "whole_episode": _("Whole-episode return"),
        "reward_to_go": _("Reward-to-go"),
        "mean": _("Minus the mean"),
        "value": _("Minus V(s)"),
    }


def _table(report: Report) -> str:
    """Return a table with one row of numbers for each estimator, as HTML."""
    heads = [
        _("estimator"),
        _("total variance"),
        _("ratio (95 % interval)"),
        _("SNR, k=1"),
        _("SNR, k={k}").format(k=report.episodes),
        _("cosine"),
    ]
    rows = [
        [
            name,
            number(of.variance, 3),
            _ratio_text(of),
            _snr_text(of.snr, found=report.survey.has_signal(kind)),
            _snr_text(of.snr * report.episodes, found=report.survey.has_signal(kind)),
            number(of.cosine, 3) if report.survey.has_signal("mean") else _("not found"),
        ]
        for kind, name, _colour, of in _in_order(report)
    ]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        "<tr>"
        + f'<th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in rest)
        + "</tr>"
        for first, *rest in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return table.replace("<table>", '<table class="pgl-facts pgl-estimators">')


def _ratio_text(of: EstimatorReport) -> str:
    if of.ratio.low == of.ratio.high or math.isnan(of.ratio.estimate):
        return number(of.ratio.estimate, 2)
    estimate, low, high = (number(x, 2) for x in (of.ratio.estimate, of.ratio.low, of.ratio.high))
    return f"{estimate} ({low}–{high})"


def _snr_text(snr: float, *, found: bool) -> str:
    return number(snr, 2) if found else _("not found")


def _conditions(report: Report) -> str:
    """Explain how the numbers in the table were computed, and which numbers are unreliable."""
    survey = report.survey
    sources = {
        "critic": _("V comes from the run's critic: V(s) = Σₐ π(a|s)·Q(s,a)."),
        "value": _("V is the baseline that the run has learned."),
        "fitted": _("V was fitted to the {n} separate episodes."),
    }
    parts = [
        _(
            "*Ratio*: the estimator's total variance, divided by the total variance of the "
            "whole-episode return. The ratio's 95 % interval comes from resampling the {k} "
            "episodes with replacement. V(s) is the same in all resamples. *Cosine*: the cosine "
            "of the angle between the estimator's mean gradient and the mean gradient ✚ of {n} "
            "separate episodes."
        ).format(k=report.episodes, n=survey.episodes),
        sources[survey.source].format(n=survey.episodes),
    ]
    unfound = [kind for kind in ESTIMATORS if not survey.has_signal(kind)]
    if unfound:
        names = estimator_names()
        parts.append(
            _(
                "*Not found* ({names}): in the {n} separate episodes, the mean gradient cannot be "
                "distinguished from noise. Numbers that need this gradient are left out."
            ).format(names=", ".join(names[kind] for kind in unfound), n=survey.episodes)
        )
    if survey.aims.estimate < 1 - 1e-9:
        found = survey.has_signal("whole_episode") and survey.has_signal("mean")
        parts.append(aims_text(survey.aims, found=found))
    if report.truncated:
        parts.append(
            ngettext(
                "The time limit ended {n} of the {k} episodes. The return of this episode does not "
                "contain later rewards.",
                "The time limit ended {n} of the {k} episodes. The returns of these episodes do "
                "not contain later rewards.",
                report.truncated,
            ).format(n=report.truncated, k=report.episodes)
        )
    return " ".join(parts)


def return_text(report: Report) -> str:
    """Describe the mean, the lowest and the highest return of the drawn episodes."""
    return _("mean return {mean:.1f} ({low:g} to {high:g})").format(
        mean=np.mean(report.totals), low=report.totals.min(), high=report.totals.max()
    )
