"""What a measurement of the gradient lab found: arrows, ratios and numbers."""

from __future__ import annotations

import math
from html import escape

import numpy as np
import streamlit as st

from pglab import palette
from pglab.gradient_estimators import ESTIMATORS, Estimator
from pglab.gradient_lab import SURVEY_EPISODES, EstimatorReport, Report
from pglab.gradient_lab_plots import Arrows, SnrCurve, arrows_figure, plane_limit, snr_figure
from pglab.language import _
from pglab.ui.chapters import NO_TOOLBAR

PANEL_HEIGHT = 250
SNR_HEIGHT = 330


def results(report: Report, described: str) -> None:
    """Four panels on the same episodes, then the ratios beside the numbers."""
    if not report.estimators["whole_episode"].variance:
        st.info(
            _(
                "Every gradient is 0: this policy is certain of every action it takes, and "
                "∇log π of a certain action is 0. There is nothing to learn from, and no arrow."
            )
        )
    _panels(report, described)
    picture, numbers = st.columns([1, 1], gap="medium")
    with picture:
        st.markdown(_("**Signal-to-noise ratio** ‖∇J‖² / (tr Σ / k) of a mean over k episodes"))
        curves = [
            SnrCurve(name, colour, of.snr, of.signal / of.group_variances)
            for name, colour, of in _in_order(report)
        ]
        st.plotly_chart(
            snr_figure(curves, report.group_sizes, report.episodes, SURVEY_EPISODES),
            key="snr",
            height=SNR_HEIGHT,
            config=NO_TOOLBAR,
            alt=_("Signal-to-noise ratio of each estimator over the number of episodes."),
        )
        st.caption(_snr_text())
    with numbers:
        st.html(_table(report))
        st.markdown(_verdict(report))
        st.caption(_conditions(report))


def _panels(report: Report, described: str) -> None:
    panels = [
        Arrows(name, colour, of.arrows, _episode_labels(report))
        for name, colour, of in _in_order(report)
    ]
    limit = plane_limit(panels)
    length = float(report.plane[0] @ report.survey.direction)
    for kind, column, panel in zip(ESTIMATORS, st.columns(4), panels, strict=True):
        ratio = report.variance_ratio(kind)
        with column:
            st.markdown(
                f"**{panel.name}**  \n"
                + _("variance × {ratio} · {shown} in plane").format(
                    ratio=_number(ratio, 2), shown=_percent(report.estimators[kind].shown)
                )
            )
            st.plotly_chart(
                arrows_figure(panel, length, limit),
                key=f"arrows_{kind}",
                height=PANEL_HEIGHT,
                config=NO_TOOLBAR,
                alt=_("{name}: one arrow per episode. {what}").format(
                    name=panel.name, what=described
                ),
            )
    st.caption(
        _(
            "Thin: one episode each. Thick: their mean. Dotted and solid ellipse: one standard "
            "deviation of an episode and of the mean. ✚: mean gradient of {n} separate episodes, "
            "which sets the horizontal axis; the vertical one is the largest remaining direction "
            "of the whole-episode gradients. Same axes in all four; the longest twentieth of the "
            "arrows in the first leave them. In plane: the share of the variance seen here."
        ).format(n=report.survey.episodes)
    )


def _episode_labels(report: Report) -> list[str]:
    return [
        _("episode {k}, return {total:g}").format(k=k, total=total)
        for k, total in enumerate(report.totals.tolist(), start=1)
    ]


def _in_order(report: Report) -> list[tuple[str, str, EstimatorReport]]:
    """Name, colour and findings of each estimator."""
    names = estimator_names()
    return [
        (names[kind], colour, report.estimators[kind])
        for kind, colour in zip(ESTIMATORS, palette.ESTIMATORS, strict=True)
    ]


def estimator_names() -> dict[Estimator, str]:
    """Short translated names."""
    return {
        "whole_episode": _("Whole-episode return"),
        "reward_to_go": _("Reward-to-go"),
        "mean": _("Minus the mean"),
        "value": _("Minus V(s)"),
    }


def _table(report: Report) -> str:
    """The numbers, as HTML."""
    heads = [
        "",
        _("total variance"),
        _("ratio"),
        _("SNR of one"),
        _("SNR of {k}").format(k=report.episodes),
        _("cosine"),
    ]
    rows = [
        [
            name,
            _number(of.variance, 3),
            _number(report.variance_ratio(kind), 2),
            _number(_positive(of.snr), 2),
            _number(_positive(of.snr) * report.episodes, 2),
            _number(of.cosine, 3),
        ]
        for kind, (name, _colour, of) in zip(ESTIMATORS, _in_order(report), strict=True)
    ]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        "<tr>"
        + f'<th scope="row" style="white-space: nowrap">{escape(first)}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f'<table class="pgl-facts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _verdict(report: Report) -> str:
    """In words, what a baseline did to the variance here."""
    best = report.variance_ratio("value")
    of_mean, to_go = report.variance_ratio("mean"), report.variance_ratio("reward_to_go")
    if math.isnan(best):
        return ""
    return _(
        "On these {k} episodes reward-to-go leaves **{to_go:.1%}** of the variance of the "
        "whole-episode return, the mean baseline **{mean:.1%}**, V(s) **{value:.1%}**: to be "
        "as little noisy as one episode with V(s) takes {times:,.0f} without."
    ).format(k=report.episodes, to_go=to_go, mean=of_mean, value=best, times=1 / best)


def _snr_text() -> str:
    return _(
        "Lines: k times the ratio of one episode. Points: measured on groups of the drawn "
        "episodes. Dashed: noise as long as the gradient itself. Dotted: the K drawn. ‖∇J‖² is "
        "estimated without bias from the separate episodes; where they cannot tell it from 0, "
        "there is no line."
    )


def _conditions(report: Report) -> str:
    """What the numbers rest on."""
    survey = report.survey
    sources = {
        "critic": _("V is the run's own critic, Σₐ π(a|s)·Q(s,a)."),
        "value": _("V is the run's own learned baseline."),
        "fitted": _("V was fitted to the {n} separate episodes."),
    }
    parts = [
        _(
            "Mean return {mean:.1f} ({low:g} to {high:g}). Cosine: of the mean over all {k} "
            "episodes and that of {n} separate ones, whose own SNR is {snr}."
        ).format(
            mean=np.mean(report.totals),
            low=report.totals.min(),
            high=report.totals.max(),
            k=report.episodes,
            n=survey.episodes,
            snr=_number(_positive(survey.snr), 2),
        ),
        sources[survey.source].format(n=survey.episodes),
    ]
    if not math.isnan(survey.aims_cosine) and survey.aims_cosine < 0.9995:
        parts.append(
            _(
                "Since γ < 1, whole-episode returns aim at a slightly different gradient than the "
                "other three (cosine {cosine})."
            ).format(cosine=_number(survey.aims_cosine, 3))
        )
    if report.truncated:
        parts.append(
            _(
                "{n} of the {k} episodes were cut by the time limit; their returns just stop."
            ).format(n=report.truncated, k=report.episodes)
        )
    return " ".join(parts)


def _positive(ratio: float) -> float:
    """A ratio that the survey can tell from 0, else NaN."""
    return ratio if ratio > 0 else math.nan


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.0%}"


def _number(value: float, digits: int) -> str:
    """A few significant digits, without exponents; a dash for what is not a number."""
    if math.isnan(value):
        return "–"
    if value and abs(value) < 1:
        text = f"{value:.{digits}g}"
        return (f"{value:.6f}".rstrip("0") if "e" in text else text).replace("-", "−")
    rounded = float(f"{value:.{digits}g}")
    places = 0 if rounded == int(rounded) else digits - len(str(int(abs(rounded))))
    return f"{rounded:,.{places}f}".replace("-", "−")
