"""What stored runs of many seeds say about the agents that a comparison shows.

    python -m pglab.evidence

checks every sentence of `content/en/compare.md` that claims something against the stored runs.
"""

from __future__ import annotations

import sys
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pglab.algorithms.families import AgentConfig
from pglab.contrasts import same_agent
from pglab.engine_curves import sign_flip_p
from pglab.experiment_checks import SEEDS, arms_of, held
from pglab.experiments import experiments_of
from pglab.language import _, content
from pglab.learning_curves import AGENTS, TABLE_WINDOW, WINDOW, cells_text, load
from pglab.plots import UsualBand

CELLS_STEPS = 60_000  # of the stored runs of the four cells
COLLAPSED = 12.0  # below this mean return a policy repeats one action
CHANCE = 0.05  # a p above it: the difference may be chance


def stored_agent(config: AgentConfig) -> str | None:
    """The name of the stored curves of an agent that trains like this one."""
    same = (name for name, stored in AGENTS.items() if same_agent(config, stored))
    return next(same, None)


def stored_band(config: AgentConfig) -> UsualBand | None:
    """Median and middle half of the stored runs of an agent; None if there are none."""
    agent = stored_agent(config)
    if agent is None:
        return None
    curves = load(agent)
    label = _("{n} stored seeds").format(n=len(curves.sums))
    low, median, high = _quartiles(agent)
    return UsualBand(curves.steps, low, median, high, label)


@cache
def _quartiles(agent: str) -> NDArray[np.float64]:
    quartiles: NDArray[np.float64] = np.nanquantile(
        load(agent).mean_returns(), [0.25, 0.5, 0.75], axis=0
    )
    return quartiles


def last_returns(agent: str) -> NDArray[np.float64]:
    """Mean return of the last 10,000 stored steps of each seed: [seeds]."""
    means: NDArray[np.float64] = load(agent).mean_returns(TABLE_WINDOW // WINDOW)[:, -1]
    return means


def _collapsed(agent: str) -> int:
    return int((last_returns(agent) < COLLAPSED).sum())


def p_of_the_body(data: str) -> float:
    """Two-sided p of a difference between shared and split, paired by seed."""
    return sign_flip_p(last_returns(f"equal_split_{data}") - last_returns(f"equal_shared_{data}"))


def evidence_text() -> str:
    """The Markdown on the four cells with the stored numbers filled in."""
    split, shared = "equal_split_on_policy", "equal_shared_on_policy"
    experiments = {experiment.key: experiment for experiment in experiments_of("split_replay")}
    counts = {
        key: held(experiments[key].right_claim, *arms_of(experiments[key]))
        for key in ("on_policy_critic", "one_critic_step")
    }
    return content("compare").format(
        table=cells_text(CELLS_STEPS),
        seeds=len(last_returns(split)),
        split_collapsed=_collapsed(split),
        shared_collapsed=_collapsed(shared),
        p_replay=p_of_the_body("replay"),
        experiment_seeds=SEEDS,
        **counts,
    )


def checks() -> list[tuple[str, bool]]:
    """What the page says about the stored runs, and whether they bear it out."""
    seeds = len(last_returns("equal_split_on_policy"))
    shared = last_returns("equal_shared_on_policy")
    below_12 = [
        experiment.right_claim.below == COLLAPSED
        for experiment in experiments_of("split_replay")
        if experiment.key in ("on_policy_critic", "one_critic_step")
    ]
    replay = [_collapsed("equal_split_replay"), _collapsed("equal_shared_replay")]
    return [
        ("on-policy, most split runs collapse", _collapsed("equal_split_on_policy") > seeds / 2),
        ("on-policy, no shared run collapses", bool((shared >= COLLAPSED).all())),
        ("on-policy, the bodies differ by more than chance", p_of_the_body("on_policy") < CHANCE),
        ("with replay, the bodies cannot be told apart", p_of_the_body("replay") > CHANCE),
        ("with replay, no run collapses", not any(replay)),
        ("the experiments count runs below 12", below_12 == [True, True]),
    ]


def main() -> None:
    """Command line."""
    found = checks()
    for claim, holds in found:
        print("holds" if holds else "FAILS", claim)
    sys.exit(not all(holds for _claim, holds in found))


if __name__ == "__main__":
    main()
