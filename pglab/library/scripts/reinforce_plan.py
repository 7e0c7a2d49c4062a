"""Prepares a configuration for the script of REINFORCE."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.config import ReinforceConfig
from pglab.library.scripts.plan import (
    ENTROPY_SOURCE,
    FACTOR_SOURCE,
    NO_DISCOUNT_FACTOR,
    SURROGATE,
    TEXTBOOK,
    Plan,
    listed,
    paragraph,
    source_paragraph,
)

# No episode of these environments has fewer steps.
SHORTEST = {"CartPole-v1": 8, "Acrobot-v1": 5, "MountainCar-v0": 20}


class ReinforcePlan(Plan):
    """The values and texts that the template of REINFORCE uses."""

    def __init__(self, config: ReinforceConfig) -> None:
        super().__init__(config)
        self.config = config
        self.learned_baseline = config.baseline == "value"
        self.whole_episode = config.return_form == "whole_episode"
        self.weighs = bool(self.weight_formulas)
        self.leaves_factor_out = self.leaves_factor_out and not self.whole_episode
        self.waits_for_episodes = config.episodes_per_update > 1
        shortest = SHORTEST.get(config.env_id, 1) * config.episodes_per_update
        needed = config.min_batch_steps > shortest
        self.waits_for_steps = needed or not self.waits_for_episodes

    @property
    def network_parts(self) -> list[str]:
        """The layers of a network."""
        return [*self.hidden_parts, self.head]

    @property
    def policy_parts(self) -> list[str]:
        """The layers of the policy."""
        return [*self.network_parts, "nn.LogSoftmax(dim=-1)"]

    @property
    def network(self) -> str:
        """The code of a new network with an output for each action."""
        return (
            "make_network(inputs, outputs)" if self.hidden_sizes else "nn.Linear(inputs, outputs)"
        )

    @property
    def value_network(self) -> str:
        """The code of a new network with one output."""
        return self.network.replace("outputs", "1")

    @property
    def return_symbol(self) -> str:
        """The symbol of the return that each step gets."""
        return "G₀" if self.whole_episode else "Gₜ"

    @property
    def return_formula(self) -> str:
        """The formula of the return that each step gets."""
        if self.whole_episode:
            return "G₀ = r₀ + γ·r₁ + γ²·r₂ + …; each step of an episode gets the same G₀"
        return "Gₜ = rₜ + γ·Gₜ₊₁; at the last step of an episode, Gₜ = rₜ"

    @property
    def weight_formulas(self) -> list[str]:
        """The formulas of the weights; empty if the weights are the returns."""
        symbol = self.return_symbol
        mean, normalized = f"mean({symbol})", "wₜ = (Aₜ − mean(Aₜ)) / std(Aₜ)"
        match self.config.baseline, self.config.normalize_returns:
            case "none", False:
                return []
            case "mean", False:
                return [f"wₜ = {symbol} − {mean}"]
            case "value", False:
                return [f"wₜ = {symbol} − V(sₜ)"]
            case "value", True:
                return [f"Aₜ = {symbol} − V(sₜ)", normalized]
            case _:
                return [f"wₜ = ({symbol} − {mean}) / std({symbol})"]

    @property
    def loss_formula(self) -> str:
        """The formula of the policy's loss."""
        bonus = " − c·H" if self.config.entropy_coefficient else ""
        weight = "wₜ" if self.weighs else self.return_symbol
        return f"L(θ) = −meanₜ( {weight}·log π(aₜ|sₜ) ){bonus}"

    @property
    def remarks(self) -> str:
        """A list of special points of the formulas."""
        return listed(self._remarks())

    def _remarks(self) -> Iterator[str]:
        yield SURROGATE
        yield (
            "The policy gradient is a sum over the steps of an episode. L(θ) is a mean over all N "
            "steps instead, so each step counts less in a batch of long episodes."
        )
        missing = ": the rewards that would follow are missing from its returns"
        yield (
            "An episode that reaches the time limit counts like an episode that ended"
            f"{missing if self.config.gamma else ''}."
        )
        if self.leaves_factor_out:
            yield NO_DISCOUNT_FACTOR
        if self.whole_episode:
            yield (
                "G₀ also counts the rewards before an action. They say nothing about this action, "
                "but they make the gradient noisier."
            )
        if self.config.normalize_returns:
            which = "second baseline" if self.learned_baseline else "baseline"
            yield (
                f"The mean that is subtracted is a {which}. The division by the standard deviation "
                "is common, because the size of the weights then does not depend on the size of "
                "the rewards. It is not part of the cited methods."
            )
        if not self.weighs:
            yield "Without a baseline, the gradient is noisy."
        if self.only_costs and self.longest:
            yield from self._goal()

    def _goal(self) -> Iterator[str]:
        """Say what follows if the agent does not reach the goal within the time limit."""
        same = (
            "all steps have the same G₀"
            if self.whole_episode
            else "Gₜ depends on the time step, but not on the action, so it favours no action"
        )
        yield (
            "Each step costs 1 until the goal is reached. As long as no episode reaches it, all "
            f"episodes have {self.longest} steps, and {same}."
        )
        batch = self.config.episodes_per_update * self.longest
        if batch > self.config.total_steps:
            yield (
                "An untrained agent seldom reaches the goal. If it never does, the run ends before "
                f"its first update, because a batch has {batch:,} steps."
            )

    @property
    def idea(self) -> str:
        """A paragraph about the agent."""
        return paragraph(self._idea())

    def _idea(self) -> Iterator[str]:
        which = "of its episode" if self.whole_episode else "that followed it"
        if self.weighs:
            yield (
                "After whole episodes, the agent pushes up the probability of each action with a "
                "positive weight wₜ, and pushes down that of each action with a negative weight. "
                f"The weight of an action grows with the return {which}."
            )
        elif self.only_rewards:
            yield (
                "After whole episodes, the agent pushes up the probability of each action that it "
                f"took, in proportion to the return {which}. {self._win('larger returns')}"
            )
        elif self.only_costs:
            yield (
                "After whole episodes, the agent pushes down the probability of each action that "
                "it took, in proportion to the costs (the return without its minus sign) "
                f"{which}. {self._win('smaller costs')}"
            )
        else:
            yield (
                "After whole episodes, the agent pushes up the probability of each action if the "
                f"return {which} is positive, and pushes it down if this return is negative."
            )
        if not self.hidden_sizes:
            yield "The policy is linear: it has no hidden layers."
        if self.learned_baseline:
            yield (
                "The baseline V(sₜ) is a second network, which learns to predict "
                f"{self.return_symbol}."
            )
        yield "An update learns from all N steps of these episodes:"

    @staticmethod
    def _win(which: str) -> str:
        """Say which actions gain if the probabilities of all actions are pushed the same way."""
        return (
            "The probabilities in a state add up to 1, so it is the actions with "
            f"{which} that become more likely."
        )

    @property
    def sources(self) -> str:
        """A paragraph that names the papers."""
        plain = not self.weighs
        sections = f"section{' 13.3' if plain else 's 13.3 and 13.4'}, where rₜ is called Rₜ₊₁"
        papers = [
            'Williams (1992), "Simple statistical gradient-following algorithms for connectionist '
            'reinforcement learning"',
            f"{TEXTBOOK}, {sections}",
        ]
        if self.config.entropy_coefficient:
            papers.append(ENTROPY_SOURCE)
        if self.leaves_factor_out:
            papers.append(FACTOR_SOURCE)
        return source_paragraph(papers)

    @property
    def returns_function(self) -> str:
        """The function of the script that computes the returns of an episode."""
        return "whole_episode_returns" if self.whole_episode else "discounted_returns"

    @property
    def weights_parameter(self) -> str:
        """The parameter of the policy's loss function that receives the weights."""
        return "weights: np.ndarray" if self.weighs else "returns: list[float]"

    @property
    def weights(self) -> str:
        """The code that computes the weights of the batch."""
        baseline = {"none": "", "mean": " - np.mean(returns)", "value": " - baseline"}
        if not self.config.normalize_returns:
            return f"np.array(returns){baseline[self.config.baseline]}"
        return f"normalized(np.array(returns){' - baseline' if self.learned_baseline else ''})"

    @property
    def update_condition(self) -> str:
        """The condition for an update."""
        enough_steps = "len(returns) >= MIN_BATCH_STEPS"
        enough_episodes = "episodes >= EPISODES_PER_UPDATE"
        if not self.waits_for_episodes:
            return enough_steps
        return f"{enough_steps} and {enough_episodes}" if self.waits_for_steps else enough_episodes
