"""Prepares a configuration for the script of REINFORCE."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.config import ReinforceConfig
from pglab.library.scripts.plan import (
    FACTOR_SOURCE,
    NO_DISCOUNT_FACTOR,
    SURROGATE,
    Plan,
    listed,
    paragraph,
    source_paragraph,
)


class ReinforcePlan(Plan):
    """The values and texts that the template of REINFORCE uses."""

    def __init__(self, config: ReinforceConfig) -> None:
        super().__init__(config)
        self.config = config
        self.learned_baseline = config.baseline == "value"
        self.weighs = config.baseline != "none" or config.normalize_returns
        self.whole_episode = config.return_form == "whole_episode"
        self.leaves_factor_out = self.leaves_factor_out and not self.whole_episode
        self.waits_for_episodes = config.episodes_per_update > 1
        # Each episode has at least one step.
        needed = config.min_batch_steps > config.episodes_per_update
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
            return "G₀ = r₀ + γ·r₁ + γ²·r₂ + …, the same for each step of an episode"
        return "Gₜ = rₜ + γ·Gₜ₊₁; at the last step of an episode, Gₜ = rₜ"

    @property
    def weight_formula(self) -> str:
        """The formula of the weights."""
        symbol = self.return_symbol
        baseline = {"none": "", "mean": f" − mean({symbol})", "value": " − V(sₜ)"}
        normalized = ", shifted and scaled to mean 0 and standard deviation 1"
        weight = f"wₜ = {symbol}{baseline[self.config.baseline]}"
        return weight + normalized if self.config.normalize_returns else weight

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
        long = ""
        if self.only_rewards or self.only_costs:
            long = f" Here, long batches are the {'good' if self.only_rewards else 'bad'} ones."
        yield f"L(θ) is a mean over T steps, so a step weighs less if its batch is long.{long}"
        error = "small" if self.only_rewards else "large" if self.only_costs else "small or large"
        where = "" if self.whole_episode else ", most of all near the limit"
        yield (
            "An episode that reaches the time limit counts like an episode that ended, so its "
            f"returns are too {error}{where}."
            if self.config.gamma
            else "An episode that reaches the time limit counts like an episode that ended."
        )
        if self.leaves_factor_out:
            yield NO_DISCOUNT_FACTOR
        if self.whole_episode:
            yield "G₀ also counts the rewards before an action: on average, these change nothing."
        if self.config.normalize_returns and self.config.baseline == "mean":
            yield f"The shift makes the baseline mean({self.return_symbol}) superfluous."
        if not self.learned_baseline:
            yield "Without a learned baseline, the gradient is noisy."

    @property
    def idea(self) -> str:
        """A paragraph about the agent."""
        return paragraph(self._idea())

    def _idea(self) -> Iterator[str]:
        which = "of its episode" if self.whole_episode else "that followed it"
        if self.weighs:
            yield (
                "After whole episodes, the agent makes each action with a positive weight wₜ more "
                "likely, and each action with a negative weight less likely. The weight of an "
                f"action grows with the return {which}."
            )
        elif self.only_rewards:
            yield (
                "After whole episodes, the agent makes each action more likely, in proportion to "
                f"the return {which}."
            )
        elif self.only_costs:
            yield (
                "After whole episodes, the agent makes each action less likely, in proportion to "
                f"the return {which}, which is never positive."
            )
        else:
            yield (
                "After whole episodes, the agent makes each action more likely if the return "
                f"{which} is positive, and less likely if it is negative."
            )
        if not self.hidden_sizes:
            yield "The policy is linear: it has no hidden layers."
        if self.learned_baseline:
            yield (
                "The baseline V(sₜ) is a second network, which learns to predict "
                f"{self.return_symbol}."
            )
        yield "An update learns from all T steps of these episodes:"

    @property
    def sources(self) -> str:
        """A paragraph that names the papers."""
        plain = self.config.baseline == "none"
        sections = f"section{' 13.3' if plain else 's 13.3 and 13.4'}, where rₜ is called Rₜ₊₁"
        papers = [
            'Williams (1992), "Simple statistical gradient-following algorithms for connectionist '
            'reinforcement learning"',
            f"Sutton & Barto (2018), {sections}",
        ]
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
        weights = f"np.array(returns){baseline[self.config.baseline]}"
        return f"normalized({weights})" if self.config.normalize_returns else weights

    @property
    def update_condition(self) -> str:
        """The condition for an update."""
        enough_steps = "len(returns) >= MIN_BATCH_STEPS"
        enough_episodes = "episodes >= EPISODES_PER_UPDATE"
        if not self.waits_for_episodes:
            return enough_steps
        return f"{enough_steps} and {enough_episodes}" if self.waits_for_steps else enough_episodes
