"""Describes a configuration in the docstrings of the script of an actor-critic."""

from __future__ import annotations

from collections.abc import Iterator

from pglab.library.scripts.actor_critic_plan import WEIGHTS, ActorCriticPlan
from pglab.library.scripts.plan import (
    ENTROPY_SOURCE,
    FACTOR_SOURCE,
    NO_DISCOUNT_FACTOR,
    SURROGATE,
    TEXTBOOK,
    listed,
    paragraph,
    source_paragraph,
)

CARTPOLE = "CartPole-v1"  # each of its rewards is 1
KEPT = "it keeps its initial parameters"
WEIGHT_MEANINGS = {
    "q": "If Q were Q^π, the actor would follow the policy gradient, without a baseline.",
    "advantage_max": (
        "The baseline max_b Q(sₜ,b) is the same for all actions, so it does not change the mean of "
        "the actor's gradient. But wₜ is never positive: the term wₜ·log π(aₜ|sₜ) only lowers "
        "probabilities of actions that were taken, and the action with the largest Q has wₜ = 0."
    ),
    "advantage_mean": "If Q were Q^π, wₜ would be the advantage of aₜ under π.",
}


class ActorCriticWords(ActorCriticPlan):
    """The texts, formulas and sources that the template of the actor-critics uses."""

    @property
    def title(self) -> str:
        """The title of the script, which names the kind of agent."""
        if self.config.critic_only:
            network = "neural network" if self.hidden_sizes else "linear network"
            return f"Q-learning with a {network}" if self.learns else f"A random {network} as Q"
        if self.both_learn:
            return "Actor-critic with an action-value critic"
        if self.actor_learns:
            return "Policy gradient with a random critic"
        return f"A random policy{' beside a learning critic' if self.critic_learns else ''}"

    @property
    def idea(self) -> str:
        """A paragraph about the agent."""
        return paragraph(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if self.config.critic_only:
            yield "The agent takes the action with the largest Q, or sometimes a random action."
        elif not self.shared:
            linear = "" if self.hidden_sizes else "linear "
            yield f"The actor π_θ and the critic Q_φ are two {linear}networks."
        elif self.hidden_sizes:
            yield "The actor π_θ and the critic Q_φ share their hidden layers."
        else:
            yield "The actor π_θ and the critic Q_φ are linear."
        if self.hidden_sizes != self.config.hidden_sizes and not self.config.critic_only:
            *most, last = map(str, self.config.hidden_sizes)
            layers = f"hidden layers of {', '.join(most)} and" if most else "a hidden layer of"
            yield (
                "Their hidden layers are narrow: both networks together have about as many "
                f"parameters as one network with two heads and {layers} {last} units."
            )
        if self.critic_learns:
            discounted = "discounted return" if self.config.gamma < 1 else "return"
            yield (
                f"Q(s,a) estimates the {discounted} of action a in state s, if the best actions "
                "follow."
            )
        if self.config.symexp_heads:
            which = "The" if self.config.critic_only else "Each"
            layer = f"{which}{' last' if self.hidden_sizes else ''} linear layer"
            yield (
                f"{layer} is followed by symexp, sign(x)·(e^|x| − 1), so that small "
                "weights can give large outputs."
            )
        if self.actor_blocked:
            yield f"The loss of the actor does not change the hidden layers{self._frozen_body}."
        if self.critic_blocked:
            yield f"The loss of the critic does not change the hidden layers{self._frozen_body}."
        if self.replay:
            yield (
                "The critic learns by Q-learning from random transitions of a replay buffer, "
                "without the target network of Mnih et al. (2015)."
            )
        elif self.critic_learns:
            steps = "steps" if self.waits else "step"
            yield f"The critic learns by one-step Q-learning on the {steps} just taken."
        if self.no_weight:
            yield "But the factor v of its loss is 0, so it learns nothing."
        if not self.critic_learns:
            yield f"Q does not learn: {self._kept('actor', 'Q', blocked=self.actor_blocked)}."
            if self.actor_learns:
                yield "So no reward reaches the actor, and its returns can improve only by chance."
        if not (self.actor_learns or self.config.critic_only):
            kept = self._kept("critic", "the actor", blocked=self.critic_blocked)
            yield f"The actor does not learn: {kept}."
            if kept == KEPT and self.critic_learns:
                yield "So the critic has no effect on the actions."
            elif self.critic_learns:
                yield "So its returns can improve only by chance."
        if self.actor_learns and not self.waits:
            yield f"An update {'of the actor ' if self.replay else ''}learns from one step (T = 1)."

    def _kept(self, other: str, network: str, *, blocked: bool) -> str:
        """Say which parameters of a network without a loss do not change.

        `blocked` is true if the loss of the `other` network does not change the body.
        """
        if self.learns and self.shared and self.hidden_sizes and not blocked:
            return (
                f"only the loss of the {other} changes the hidden layers, and the last layer of "
                f"{network} keeps its initial parameters"
            )
        return KEPT

    @property
    def _frozen_body(self) -> str:
        """Say what follows if no loss changes the hidden layers; otherwise empty."""
        return "" if self.both_learn else ", so they keep their initial parameters"

    @property
    def remarks(self) -> str:
        """A paragraph and a list of special points of the formulas; empty if there are none."""
        parts = (paragraph(self._meanings()), listed(self._cautions()))
        return "\n\n".join(filter(None, parts))

    def _meanings(self) -> Iterator[str]:
        if not self.both_learn:
            return
        yield "This is a seminar's variant, not the textbook's actor-critic."
        yield (
            "The target y takes the maximum over the next actions, so Q estimates Q*, and not the "
            "Q^π of the policy gradient theorem."
        )
        yield WEIGHT_MEANINGS[self.config.policy_signal]
        if self.config.env_id == CARTPOLE:
            yield (
                "A run may stay near a return of 10 for thousands of steps: its policy then takes "
                "almost always the same action."
            )

    def _cautions(self) -> Iterator[str]:
        if self.pulls:
            yield (
                "The term k·mean( Q(s,a) ) is not part of the cited methods. It acts as if each "
                f"reward were smaller by k/2, and lowers Q {self._lowered}.{self._pulled_q}"
            )
        if self.both_learn and self.replay:
            yield (
                "The critic learns before the actor, so the weights are a little older than the "
                "critic."
            )
            if self.begins_with_none:
                yield "Only the actor learns while the buffer holds less than one batch."
        blocked = self.actor_blocked or self.critic_blocked
        shares = self.both_learn and self.shared and bool(self.hidden_sizes) and not blocked
        if shares:
            yield "The shared hidden layers belong to both θ and φ."
        if self.actor_learns:
            yield f"No gradient flows through wₜ{' or y' if self.critic_learns else ''}."
            yield SURROGATE
            if self.leaves_factor_out:
                yield NO_DISCOUNT_FACTOR
        elif self.critic_learns:
            yield "No gradient flows through y."
        clipped_together = self.clips and self.sums_losses
        if self.weighs_critic and not shares and not clipped_together and not self.no_weight:
            clipping = ": it only decides which gradients are clipped" if self.clips else ""
            yield f"Adam's steps hardly depend on the factor v{clipping}."

    @property
    def _pulled_q(self) -> str:
        """Say what the term k·mean(Q) does to Q if each reward is 1; otherwise empty."""
        pull = self.config.q_regularization
        if self.config.env_id != CARTPOLE or pull == 2:
            return ""
        if pull < 2:
            factor = 1 - pull / 2
            return f" As each reward is 1, the critic then aims at {factor:.3g} times the same Q."
        return (
            " Each reward is 1, less than k/2, so each step counts as a loss, and Q is largest for "
            "actions that end the episode soon."
        )

    @property
    def _lowered(self) -> str:
        """Say how much the term k·mean(Q) lowers Q. Each later step adds k/2, discounted."""
        gamma, pull = self.config.gamma, self.config.q_regularization
        if gamma == 1:
            return "by k/2 for each step of the rest of the episode"
        return f"by at most k/(2(1−γ)) = {pull / (2 * (1 - gamma)):.3g}"

    @property
    def weight_formula(self) -> str:
        """The formula of the weight of an action."""
        return WEIGHTS[self.config.policy_signal][1]

    @property
    def actor_formula(self) -> str:
        """The formula of the actor's loss."""
        bonus = " − c·H" if self.entropy_bonus else ""
        return f"L(θ) = −meanₜ( wₜ·log π(aₜ|sₜ) ){bonus}"

    @property
    def critic_formula(self) -> str:
        """The formula of the critic's loss."""
        pull = " + k·mean( Q(s,a) )" if self.pulls else ""
        loss = f"mean( (y − Q(s,a))² ){pull}"
        if self.weighs_critic:
            loss = f"v·[ {loss} ]" if pull else f"v·{loss}"
        return f"L(φ) = {loss}"

    @property
    def descent(self) -> str:
        """Say what an update does with the losses."""
        if self.sums_losses:
            return "Adam takes a step down the gradient of L(θ) + L(φ)"
        up_to = "up to " if self.begins_with_fewer else ""
        steps = f"{up_to}CRITIC_UPDATES steps" if self.replay else "a step"
        if self.both_learn:
            return f"Adam takes {steps} down the gradient of L(φ), then one for L(θ)"
        return f"Adam takes {steps} down the gradient of {'L(θ)' if self.actor_learns else 'L(φ)'}"

    @property
    def sources(self) -> str:
        """A paragraph that names the papers."""
        papers = []
        if self.actor_learns:
            papers += [
                'Konda & Tsitsiklis (1999), "Actor-critic algorithms"',
                f"{TEXTBOOK}, section 13.5",
            ]
        if self.critic_learns:
            papers.append('Watkins & Dayan (1992), "Q-learning"')
        if self.replay:
            papers += ["Lin (1992), on replay", "Mnih et al. (2015), on target networks"]
        if self.config.symexp_heads:
            papers.append(
                'Hafner et al. (2023), "Mastering diverse domains through world models", on symexp'
            )
        if self.entropy_bonus:
            papers.append(ENTROPY_SOURCE)
        if self.actor_learns and self.leaves_factor_out:
            papers.append(FACTOR_SOURCE)
        return source_paragraph(papers) if papers else ""
