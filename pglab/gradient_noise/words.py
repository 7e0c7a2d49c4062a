"""Sentences that explain the numbers on the page *Gradient lab*."""

from __future__ import annotations

import math

from pglab.gradient_noise.intervals import LEVEL, Interval
from pglab.gradient_noise.results import Report
from pglab.language import _

WIDEST_COSINE = 0.5  # if the cosine's interval is wider, the text names no direction
SIGNIFICANT_DIGITS = 2


def verdict(report: Report) -> str:
    """Say how reward-to-go and the baselines change the variance of the gradient.

    The text is empty if the variance with whole-episode returns is 0.
    """
    ratios = {name: of.ratio for name, of in report.estimators.items()}
    if math.isnan(ratios["value"].estimate):
        return ""
    shares = _(
        "If the variance with the whole-episode return is 100%, the variance on these {k} "
        "episodes is **{to_go:.1%}** with reward-to-go, **{mean:.1%}** with the mean baseline "
        "and **{value:.1%}** with V(s)."
    ).format(
        k=report.episodes,
        to_go=ratios["reward_to_go"].estimate,
        mean=ratios["mean"].estimate,
        value=ratios["value"].estimate,
    )
    sentences = [
        shares,
        precision_text(report.value_over_to_go, ratios["value"]),
        baselines_text(report.value_over_mean),
    ]
    if report.survey.source == "fitted":
        fitted = _(
            "V was fitted to {n} separate episodes. If an agent learns V during "
            "training, its V may reduce the variance less than this V."
        )
        sentences.append(fitted.format(n=report.survey.episodes))
    return " ".join(sentences)


def precision_text(over_to_go: Interval, over_whole: Interval) -> str:
    """Say how many episodes without a baseline give the same precision as one episode with V(s).

    Args:
        over_to_go: the gradient's variance with V(s), divided by the variance with reward-to-go.
        over_whole: the variance with V(s), divided by the variance with whole-episode returns.
    """
    if not over_to_go.high < 1 and not over_to_go.low > 1:
        return _(
            "These episodes do not show whether V(s) as baseline makes the gradient more precise "
            "than reward-to-go alone. With V(s), the variance is {ratio} times as large "
            "({interval})."
        ).format(
            ratio=number(over_to_go.estimate, SIGNIFICANT_DIGITS),
            interval=interval_text(over_to_go),
        )
    worth, of_whole = over_to_go.inverse, over_whole.inverse
    text = (
        _(
            "**With V(s) as baseline, one episode estimates the gradient as precisely as about "
            "{times} episodes with reward-to-go alone** ({interval}). With the whole-episode "
            "return, about {of_whole} episodes give the same precision."
        )
        if over_to_go.high < 1
        else _(
            "Here V(s) as baseline makes the gradient less precise. One episode estimates the "
            "gradient as precisely as about {times} episodes with reward-to-go alone ({interval}). "
            "With the whole-episode return, about {of_whole} episodes give the same precision."
        )
    )
    return text.format(
        times=number(worth.estimate, SIGNIFICANT_DIGITS),
        interval=interval_text(worth),
        of_whole=number(of_whole.estimate, SIGNIFICANT_DIGITS),
    )


def baselines_text(value_over_mean: Interval) -> str:
    """Say whether the variance is smaller with V(s) or with the mean baseline."""
    if value_over_mean.high < 1:
        found = _("The variance is smaller with V(s) than with the mean baseline")
    elif value_over_mean.low > 1:
        found = _("Here the variance is larger with V(s) than with the mean baseline")
    else:
        found = _("These episodes show no clear difference between V(s) and the mean baseline")
    return _("{found} (ratio of the variances: {ratio}; {interval}).").format(
        found=found,
        ratio=number(value_over_mean.estimate, SIGNIFICANT_DIGITS),
        interval=interval_text(value_over_mean),
    )


def signal_text(snr: float, *, found: bool) -> str:
    """Describe a signal-to-noise ratio in words.

    `found` is true if the signal differs significantly from noise.
    """
    if not found or not snr > 0:
        return _("no signal found")
    if snr < 0.1:
        return _("almost only noise")
    if snr < 1:
        return _("more noise than signal")
    if snr < 10:
        return _("more signal than noise")
    return _("mostly signal")


def aims_text(cosine: Interval, *, found: bool) -> str:
    """Compare the directions of two gradients in words.

    The first gradient is the expected gradient of whole-episode returns. The second gradient is the
    expected gradient of the other three estimators, which is the same for all three.

    Args:
        cosine: cosine between the two expected gradients; if it is NaN, the text is empty.
        found: true if both gradients differ significantly from noise.
    """
    if math.isnan(cosine.estimate):
        return ""
    numbers = _("cosine {cosine}; {interval}").format(
        cosine=number(cosine.estimate, 3), interval=interval_text(cosine, 3)
    )
    if not found or not cosine.high - cosine.low <= WIDEST_COSINE:
        return _(
            "If γ < 1, the estimator with whole-episode returns estimates another gradient than "
            "the other three estimators. These episodes cannot show how different the two "
            "gradients are ({numbers})."
        ).format(numbers=numbers)
    return _(
        "Since γ < 1, the estimator with whole-episode returns estimates another gradient than the "
        "other three estimators. Compared with the gradient of the other three, this gradient "
        "points {direction} ({numbers})."
    ).format(direction=_direction(cosine.estimate), numbers=numbers)


def _direction(cosine: float) -> str:
    """Describe the angle between two gradients in words, given its cosine."""
    if cosine >= 0.99:
        return _("almost in the same direction")
    if cosine >= 0.9:
        return _("in a slightly different direction")
    if cosine >= 0.5:
        return _("in a clearly different direction")
    if cosine >= 0.2:
        return _("in a very different direction")
    if cosine > -0.2:
        return _("at about a right angle")
    return _("towards the opposite side")


def interval_text(interval: Interval, digits: int = SIGNIFICANT_DIGITS) -> str:
    """A confidence interval in words, such as "95% interval 14 to 44"."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return _("no interval")
    return _("{level:.0%} interval {low} to {high}").format(
        level=LEVEL,
        low=number(interval.low, digits),
        high=number(interval.high, digits),
    )


def percent(share: float) -> str:
    """A share as a whole percentage; NaN becomes a dash."""
    return "–" if math.isnan(share) else f"{share:.0%}"


def number(value: float, digits: int) -> str:
    """A number with `digits` significant digits and without an exponent; NaN becomes a dash."""
    if math.isnan(value):
        return "–"
    if value and abs(value) < 1:
        text = f"{value:.{digits}g}"
        return (f"{value:.6f}".rstrip("0") if "e" in text else text).replace("-", "−")
    rounded = float(f"{value:.{digits}g}")
    places = 0 if rounded == int(rounded) else digits - len(str(int(abs(rounded))))
    return f"{rounded:,.{places}f}".replace("-", "−")
