"""Checks whether the stored runs confirm the claims about shared bodies.

This command checks every claim in `content/en/sharing.md`:

    python -m pglab.studies.check_sharing
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from pglab.experiments.evidence import (
    CHANCE,
    COLLAPSED,
    ON_POLICY_RATES,
    collapsed,
    early_returns,
    last_returns,
    opposed,
    p_of_the_body,
)
from pglab.networks import use_one_thread
from pglab.studies.arguments import parser_of
from pglab.studies.outcome import Outcome


def checks() -> list[tuple[str, bool]]:
    """Each claim about the stored runs, and whether the runs confirm this claim."""
    split, shared = "equal_split_on_policy", "equal_shared_on_policy"
    seeds = len(last_returns(split))
    replay = [collapsed("equal_split_replay"), collapsed("equal_shared_replay")]
    best, late = early_returns(split)[0], early_returns(split)[0, 20:]
    one_step = early_returns("one_critic_step")
    return [
        *(
            (f"on-policy at {rate}, {what}", holds)
            for rate in ON_POLICY_RATES
            for what, holds in (
                ("most split runs collapse", collapsed(f"{rate}_split_on_policy") > seeds / 2),
                ("at most one shared run collapses", collapsed(f"{rate}_shared_on_policy") <= 1),
                (
                    "the bodies differ by more than chance",
                    p_of_the_body("on_policy", rate) < CHANCE,
                ),
            )
        ),
        (
            "p is largest at double the learning rate",
            max(ON_POLICY_RATES, key=lambda rate: p_of_the_body("on_policy", rate))
            == "double_rate",
        ),
        (
            "at double the learning rate, one split run beats every shared run",
            last_returns("double_rate_split_on_policy").max()
            > last_returns("double_rate_shared_on_policy").max(),
        ),
        ("with replay, the bodies do not differ clearly", p_of_the_body("replay") > CHANCE),
        ("with replay, no run collapses", not any(replay)),
        (
            "the split run with seed 0 learns, then collapses",
            best.max() > 100 and late.max() < COLLAPSED,
        ),
        ("shared runs recover from an early dip", bool((last_returns(shared) > COLLAPSED).all())),
        (
            "with the textbook's advantage, most split runs collapse too",
            collapsed("advantage_split_on_policy") > seeds / 2,
        ),
        (
            "replayed data help, even without extra critic steps",
            np.median(last_returns("same_work_split_replay")) > 100,
        ),
        ("gradients are opposed in most updates", opposed(shared) > 0.5),
        ("with one critic step, some runs learn late", collapsed("one_critic_step") < seeds),
        (
            "with one critic step, few runs learn early",
            float(np.median(one_step[:, 5])) < COLLAPSED,
        ),
    ]


def recheck() -> Outcome:
    """Check each claim about the stored runs."""
    return Outcome(claims=[claim for claim, holds in checks() if not holds])


def parser() -> argparse.ArgumentParser:
    """The parser of the command, which takes no arguments."""
    return parser_of("pglab.studies.check_sharing", __doc__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command. The exit status is 1 if at least one claim is not confirmed."""
    use_one_thread()
    parser().parse_args(arguments)
    found = checks()
    for claim, holds in found:
        print("holds" if holds else "FAILS", claim)
    sys.exit(not all(holds for _claim, holds in found))


if __name__ == "__main__":
    main()
