"""The answers to the three questions on the home page, with numbers from stored runs."""

from __future__ import annotations

from pglab.experiments.catalogue import experiments_of
from pglab.experiments.evidence import last_returns, p_of_the_body, p_text, spread_text
from pglab.experiments.results import SEEDS, arms_of, held, load
from pglab.language import _, content

# Names of stored runs of REINFORCE. A lower loss does not mean that a policy is better.
LOSSES = ("large_learning_rate", "value_baseline", "usual", "usual_60000")


def answers() -> list[str]:
    """The answers to the three questions on the home page, as Markdown texts."""
    arms = load("reinforce")
    (baseline,) = (e for e in experiments_of("reinforce") if e.key == "value_baseline")
    figures = {"seeds": SEEDS, "held": held(baseline.right_claim, *arms_of(baseline))}
    texts = {
        f"{name}_{what}": f"{arms[arm].spread(f'late_{what}').median:.0f}"
        for name, arm in (
            ("collapsed", "large_learning_rate"),
            ("long", "usual_60000"),
            ("value", "value_baseline"),
        )
        for what in ("loss", "return")
    }
    texts |= {
        body + data: spread_text(f"equal_{body}_{data[1:] or 'on_policy'}")
        for body in ("shared", "split")
        for data in ("", "_replay")
    }
    cells = len(last_returns("equal_split_replay"))
    filled = content("questions").format(
        **figures, **texts, cells=cells, p=p_text(p_of_the_body("replay"))
    )
    return filled.split("\n---\n")


def loss_table() -> str:
    """A Markdown table with the loss and mean return of stored runs; the lowest loss is first."""
    names = {
        "large_learning_rate": _("α = 0.1: always one action"),
        "value_baseline": _("with V(s) as baseline"),
        "usual": _("default settings"),
        "usual_60000": _("default settings"),
    }
    arms = load("reinforce")
    lines = [_("| runs | steps | loss | mean return |"), "|---|---:|---:|---:|"]
    for key in LOSSES:
        steps = int(arms[key].settings["total_steps"])
        loss, returns = (arms[key].spread(f"late_{what}") for what in ("loss", "return"))
        lines.append(f"| {names[key]} | {steps:,} | {loss.median:.1f} | {returns.median:.0f} |")
    return "\n".join(lines)
