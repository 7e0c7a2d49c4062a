"""Claims about the maps that come with the repository: sentences, each with a check.

`pglab check maps` makes the maps again, and checks the sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pglab.language import N_
from pglab.maps.measures import measures
from pglab.maps.plan import MapPlan
from pglab.maps.run_result import RunResult
from pglab.maps.summary import CellSummary, by_cell, summarised

Results = Mapping[tuple[tuple[int, ...], int], RunResult]
Check = Callable[["Returns"], bool]


class Returns:
    """The summary of the returns in the last tenth of the runs, for each cell of a map."""

    def __init__(self, plan: MapPlan, results: Results) -> None:
        """Summarise all cells of a map."""
        measure = measures(plan.config)["late_return"]
        self._cells = [
            (plan.settings_of_cell(cell), summarised(of_cell, measure))
            for cell, of_cell in by_cell(plan, results).items()
        ]

    def at(self, **settings: Any) -> list[CellSummary]:
        """The summaries of the cells with these settings, sorted by the other setting's values."""
        return [
            summary
            for values, summary in self._cells
            if all(values[name] == value for name, value in settings.items())
        ]

    def middle(self, **settings: Any) -> list[float]:
        """The interquartile means of the cells with these settings."""
        return [summary.estimate for summary in self.at(**settings)]

    def widths(self, **settings: Any) -> list[float]:
        """The widths of the intervals of the cells with these settings."""
        return [summary.high - summary.low for summary in self.at(**settings)]

    def best(self) -> dict[str, Any]:
        """The settings of the cell with the highest interquartile mean."""
        settings, _summary = max(self._cells, key=lambda cell: cell[1].estimate)
        return settings


@dataclass(frozen=True)
class Claim:
    """A sentence about a map, and a function that checks every part of the sentence."""

    sentence: str
    holds: Check


CLIFF = Claim(
    N_("The cliff: with α 0.02, the middle return is below 10 for every γ."),
    lambda m: max(m.middle(learning_rate=2e-2)) < 10,
)
CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    "reinforce_gamma": (
        CLIFF,
        Claim(
            N_(
                "With γ 0.8, no learning rate reaches a return of 80: the agent hardly sees beyond "
                "five steps. With γ 0.99 and α 0.001, the return is 248."
            ),
            lambda m: (
                max(m.middle(gamma=0.8)) < 80
                and round(m.middle(gamma=0.99, learning_rate=1e-3)[0]) == 248
            ),
        ),
        Claim(
            N_(
                "From γ 0.9 on, α 0.005 has the widest intervals of all learning rates, wider than "
                "200: some seeds learn fast, others collapse."
            ),
            lambda m: all(
                m.widths(gamma=g, learning_rate=5e-3)[0] == max(m.widths(gamma=g)) > 200
                for g in (0.9, 0.95, 0.99, 1.0)
            ),
        ),
    ),
    "reinforce_width": (
        Claim(
            N_(
                "The wider the network, the smaller its best learning rate: α 0.02 for 8 units, "
                "0.005 for 32 and 64 units, 0.001 for 128 and 256 units."
            ),
            lambda m: (
                [_best_of(m.middle(hidden_sizes=(width, width))) for width in (8, 32, 64, 128, 256)]
                == [4, 3, 3, 2, 2]
            ),
        ),
        Claim(
            N_("With α 5e-05, every wider network has a higher return, from 20 up to 65."),
            lambda m: _rises(m.middle(learning_rate=5e-5), 20, 65),
        ),
    ),
    "reinforce_updates": (
        Claim(
            N_(
                "The fewer updates, the larger the learning rate that they bear: with α 0.005, an "
                "update after every episode ends at a return below 10, and an update after 1,024 "
                "steps at 254."
            ),
            lambda m: (
                m.middle(learning_rate=5e-3, min_batch_steps=1)[0] < 10
                and round(m.middle(learning_rate=5e-3, min_batch_steps=1024)[0]) == 254
            ),
        ),
        Claim(
            N_("With α 0.0002, 64 steps of a batch are better than 1 step and than 256 steps."),
            lambda m: _best_of(m.middle(learning_rate=2e-4)) == 1,
        ),
    ),
    "shared_on_policy_gamma": (
        CLIFF,
        Claim(
            N_(
                "The best cells have α 0.001 with γ 0.98 or 0.995: 417 and 421. Their intervals "
                "overlap, so this map cannot tell which is better."
            ),
            lambda m: (
                [round(m.middle(gamma=g, learning_rate=1e-3)[0]) for g in (0.98, 0.995)]
                == [417, 421]
                and m.best() == {"gamma": 0.995, "learning_rate": 1e-3}
                and sorted(m.middle())[-2] == m.middle(gamma=0.98, learning_rate=1e-3)[0]
                and m.at(gamma=0.98, learning_rate=1e-3)[0].high
                > m.at(gamma=0.995, learning_rate=1e-3)[0].low
            ),
        ),
        Claim(
            N_(
                "With α 5e-05, a smaller γ learns faster: 100 with γ 0.8, about 20 with γ 0.995 "
                "and γ 1."
            ),
            lambda m: (
                [round(x) for x in m.middle(learning_rate=5e-5)][:1] == [100]
                and all(18 < x < 23 for x in m.middle(learning_rate=5e-5)[3:])
            ),
        ),
    ),
    "shared_on_policy_width": (
        Claim(
            N_("With two layers of 8 units, the best learning rate reaches a return of 69."),
            lambda m: round(max(m.middle(hidden_sizes=(8, 8)))) == 69,
        ),
        Claim(
            N_("With α 0.001, every wider network has a higher return, from 23 up to 479."),
            lambda m: _rises(m.middle(learning_rate=1e-3), 23, 479),
        ),
    ),
    "shared_on_policy_updates": (
        Claim(
            N_(
                "With α 0.001, rarer updates are always worse: 421 with an update after every "
                "step, 13 with an update after 256 steps."
            ),
            lambda m: _rises(m.middle(learning_rate=1e-3)[::-1], 13, 421),
        ),
        Claim(
            N_(
                "Rarer updates need larger steps: with 4 to 256 steps per update, α 0.005 is the "
                "best of these learning rates."
            ),
            lambda m: all(
                _best_of(m.middle(rollout_steps=steps)) == 3 for steps in (4, 16, 64, 256)
            ),
        ),
    ),
    "split_replay_gamma": (
        Claim(
            N_(
                "Slow and safe: with α 2e-05, the return is between 149 and 173 for every γ, and "
                "no seed ends below 115."
            ),
            lambda m: (
                [round(end(m.middle(learning_rate=2e-5))) for end in (min, max)] == [149, 173]
                and min(summary.values.min() for summary in m.at(learning_rate=2e-5)) >= 115
            ),
        ),
        Claim(
            N_("Fast and broken: with α 0.002 and with α 0.01, every γ has a seed below 10."),
            lambda m: all(
                summary.values.min() < 10
                for rate in (2e-3, 1e-2)
                for summary in m.at(learning_rate=rate)
            ),
        ),
        Claim(
            N_("The best cell has γ 0.9 and α 0.0005: 288. The usual γ of 0.995 has 208 there."),
            lambda m: (
                m.best() == {"gamma": 0.9, "learning_rate": 5e-4}
                and [round(m.middle(gamma=g, learning_rate=5e-4)[0]) for g in (0.9, 0.995)]
                == [288, 208]
            ),
        ),
    ),
    "split_replay_width": (
        Claim(
            N_("With α 2e-05, every wider network has a higher return, from 17 up to 274."),
            lambda m: _rises(m.middle(learning_rate=2e-5), 17, 274),
        ),
        Claim(
            N_(
                "The best cell has the widest network and the smallest learning rate; its worst "
                "seed has 240."
            ),
            lambda m: (
                m.best() == {"hidden_sizes": (256, 256), "learning_rate": 2e-5}
                and round(m.at(hidden_sizes=(256, 256), learning_rate=2e-5)[0].values.min()) == 240
            ),
        ),
    ),
    "split_replay_updates": (
        Claim(
            N_(
                "With α 0.0005, rarer updates are always worse: 313 with an update after 4 steps, "
                "9 with an update after 256 steps."
            ),
            lambda m: _rises(m.middle(learning_rate=5e-4)[::-1], 9, 313),
        ),
        Claim(
            N_("With 256 steps per update, the best learning rate reaches a return of 30."),
            lambda m: round(max(m.middle(rollout_steps=256))) == 30,
        ),
    ),
    "split_replay_critic": (
        Claim(
            N_(
                "A critic that learns too slowly blinds the actor: with a critic's rate of 1e-05, "
                "no learning rate gets above a return of 10."
            ),
            lambda m: round(max(m.middle(critic_learning_rate=1e-5))) == 10,
        ),
        Claim(
            N_(
                "With α 0.0005, every faster critic has a higher return, from 9 up to 391. The "
                "usual critic's rate of 0.00025 has 208."
            ),
            lambda m: (
                _rises(m.middle(learning_rate=5e-4), 9, 391)
                and round(m.middle(learning_rate=5e-4, critic_learning_rate=2.5e-4)[0]) == 208
            ),
        ),
        Claim(
            N_("The best cell has a critic ten times as fast as the actor: 0.005 and 0.0005."),
            lambda m: m.best() == {"critic_learning_rate": 5e-3, "learning_rate": 5e-4},
        ),
    ),
}


def _rises(middles: list[float], first: int, last: int) -> bool:
    """True if the numbers increase, and the two ends of the list round to `first` and `last`."""
    ends = round(middles[0]), round(middles[-1])
    return ends == (first, last) and middles == sorted(set(middles))


def _best_of(middles: list[float]) -> int:
    return max(range(len(middles)), key=middles.__getitem__)


def broken_claims(name: str, plan: MapPlan, results: Results) -> list[str]:
    """The sentences about a map that do not hold for these results.

    `name` is the name of the map in `shipped.PLANS`; `results` contains the results of all runs of
    the plan.
    """
    returns = Returns(plan, results)
    return [claim.sentence for claim in CLAIMS.get(name, ()) if not claim.holds(returns)]
