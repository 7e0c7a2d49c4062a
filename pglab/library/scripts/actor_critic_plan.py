"""What the script of an actor-critic needs of a configuration."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from pglab.config import ActorCriticConfig
from pglab.config.fixed import EPSILON
from pglab.library.scripts.plan import WIDTH, Plan
from pglab.networks import matched_hidden_sizes

ACTOR_FIELDS = (("observation", "np.ndarray"), ("action", "int"))
CRITIC_FIELDS = (
    *ACTOR_FIELDS,
    ("reward", "float"),
    ("terminated", "bool"),
    ("next_observation", "np.ndarray"),
)
WEIGHTS = {  # the code and the formula of each policy signal
    "q": ("q[action]", "Q(sₜ,aₜ)"),
    "advantage_max": ("q[action] - q.max()", "Q(sₜ,aₜ) − max_b Q(sₜ,b)"),
    "advantage_mean": (
        "q[action] - np.dot(probabilities, q)",
        "Q(sₜ,aₜ) − Σ_b π(b|sₜ)·Q(sₜ,b)",
    ),
}


class ActorCriticPlan(Plan):
    """What the template of the actor-critics needs to know.

    A network that does not learn needs no loss, no optimiser and no replay buffer. A coefficient of
    0, and a factor of 1, are left out.
    """

    def __init__(self, config: ActorCriticConfig) -> None:
        super().__init__(config)
        self.config = config
        self.shared = config.body == "shared"
        if config.match_parameters and not self.shared:
            self.hidden_sizes = matched_hidden_sizes(
                self.observation_size, self.actions, config.hidden_sizes
            )
        self.actor_learns, self.critic_learns = config.actor_learns, config.critic_learns
        self.needs_probabilities = self.actor_learns and config.policy_signal == "advantage_mean"
        self.learns = self.actor_learns or self.critic_learns
        self.both_learn = self.actor_learns and self.critic_learns
        self.can_diverge = self.learns or not config.critic_only
        self.replay = config.critic_data == "replay" and self.critic_learns
        self.sums_losses = self.both_learn and self.shared and not self.replay
        self.waits = self.learns and config.rollout_steps > 1
        self.keeps_rollout = self.waits and (self.actor_learns or not self.replay)

        blocked = config.stop_gradient if self.shared and config.hidden_sizes else "none"
        self.actor_blocked = blocked == "actor" and self.actor_learns
        self.critic_blocked = blocked == "critic" and self.critic_learns
        self.makes_networks = not self.shared and bool(self.hidden_sizes or config.symexp_heads)

        self.clips = config.max_gradient_norm > 0 and self.learns
        self.entropy_bonus = config.entropy_coefficient > 0 and self.actor_learns
        self.pulls = config.q_regularization > 0 and self.critic_learns
        self.weighs_critic = config.value_loss_coefficient != 1 and self.critic_learns
        self.epsilon = EPSILON
        self.transition_fields = (
            CRITIC_FIELDS if self.critic_learns else ACTOR_FIELDS if self.actor_learns else ()
        )

    # --- Texts of the code

    @property
    def network_parts(self) -> list[str]:
        """The layers of one of two split networks, without the actor's log-softmax."""
        return [*self.hidden_parts, *self._head_parts]

    @property
    def actor_parts(self) -> list[str]:
        """The parts of the actor."""
        return [*self._parts(self.actor_blocked), "nn.LogSoftmax(dim=-1)"]

    @property
    def critic_parts(self) -> list[str]:
        """The parts of the critic."""
        return self._parts(self.critic_blocked)

    @property
    def unused_actor(self) -> str:
        """The actor that draws initial parameters, but is not used."""
        return self.head if self.shared else self.critic_parts[0]

    def _parts(self, blocked: bool) -> list[str]:
        if self.makes_networks:
            return ["make_network(inputs, outputs)"]
        body = ["body"] if self.hidden_sizes else []
        return [*body, *(["StopGradient()"] if blocked else []), *self._head_parts]

    @property
    def _head_parts(self) -> list[str]:
        return [self.head, "Symexp()"] if self.config.symexp_heads else [self.head]

    @property
    def weight(self) -> str:
        """The weight of an action."""
        return WEIGHTS[self.config.policy_signal][0]

    @property
    def batch(self) -> str:
        """The batch of the steps just taken."""
        return "stacked(rollout)" if self.keeps_rollout else "stacked([transition])"

    @property
    def weights(self) -> str:
        """The weights of the steps just taken."""
        return "weights" if self.keeps_rollout else "[weight]"

    @property
    def update_condition(self) -> str:
        """The condition for an update."""
        taken = "len(rollout)" if self.keeps_rollout else "global_step % ROLLOUT_STEPS"
        return f"{taken} == {'ROLLOUT_STEPS' if self.keeps_rollout else '0'}"

    @property
    def actor_part(self) -> str:
        """The part of the actor that its loss changes."""
        return "actor[1:]" if self.actor_blocked else "actor"

    @property
    def critic_part(self) -> str:
        """The part of the critic that its loss changes."""
        return "critic[1:]" if self.critic_blocked else "critic"

    @property
    def actor_optimizer(self) -> str:
        """The script's name for the optimiser of the actor."""
        return "actor_optimizer" if self.both_learn and not self.shared else "optimizer"

    @property
    def critic_optimizer(self) -> str:
        """The script's name for the optimiser of the critic."""
        return "critic_optimizer" if self.both_learn and not self.shared else "optimizer"

    @property
    def critic_rate(self) -> str:
        """The script's name for the learning rate of the critic."""
        return "LEARNING_RATE" if self.shared else "CRITIC_LEARNING_RATE"

    # --- Texts of the docstrings

    @property
    def title(self) -> str:
        """What the script trains, and how it learns."""
        if self.config.critic_only:
            return "Q-learning with a neural network" if self.learns else "A random Q network"
        return "Actor-critic with an action-value critic"

    @property
    def idea(self) -> str:
        """A paragraph about the agent."""
        return textwrap.fill(" ".join(self._sentences()), WIDTH)

    def _sentences(self) -> Iterator[str]:
        if self.config.critic_only:
            yield "The agent takes the action with the largest Q, or sometimes a random action."
        elif not self.shared:
            yield "The actor π_θ and the critic Q_φ are two networks."
        elif self.hidden_sizes:
            yield "The actor π_θ and the critic Q_φ share their hidden layers."
        else:
            yield "The actor π_θ and the critic Q_φ are linear."
        if self.hidden_sizes != self.config.hidden_sizes and not self.config.critic_only:
            yield (
                "Together, they have about as many parameters as two networks with shared hidden "
                f"layers of {' and '.join(map(str, self.config.hidden_sizes))} units."
            )
        if self.actor_blocked:
            yield "The loss of the actor does not change the hidden layers."
        if self.critic_blocked:
            yield "The loss of the critic does not change the hidden layers."
        if self.replay:
            yield "The critic learns from random transitions of a replay buffer."
        elif self.critic_learns:
            yield "The critic learns from the steps just taken."
        else:
            yield "Q does not learn: it keeps its initial parameters."
        if not (self.actor_learns or self.config.critic_only):
            yield "The actor does not learn: it keeps its initial parameters."

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
        return f"L(φ) = v·[ {loss} ]" if self.weighs_critic else f"L(φ) = {loss}"

    @property
    def learned_symbols(self) -> str:
        """The symbols of the parameters that learn."""
        return "θ, φ" if self.both_learn else "θ" if self.actor_learns else "φ"

    @property
    def sources(self) -> str:
        """A paragraph that names the papers."""
        papers = (
            'Watkins & Dayan (1992), "Q-learning"; Sutton & Barto (2018), section 6.5'
            if self.config.critic_only
            else 'Konda & Tsitsiklis (1999), "Actor-critic algorithms"; Sutton & Barto (2018), '
            "section 13.5"
        )
        replay = "; Lin (1992), on replay" if self.replay else ""
        return textwrap.fill(f"Source: {papers}{replay}.", WIDTH)
