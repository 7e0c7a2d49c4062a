"""Prepares a configuration for the code in the script of an actor-critic."""

from __future__ import annotations

from pglab.config import ActorCriticConfig
from pglab.config.fixed import EPSILON
from pglab.library.scripts.plan import Plan
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
    """The values and the code that the template of the actor-critics uses.

    For a network that does not learn, the script has no loss, no optimiser and no replay buffer.
    Terms with a coefficient of 0, and factors of 1, are left out.
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
        # Without a critic that learns, γ has no effect at all.
        self.leaves_factor_out = self.leaves_factor_out and self.critic_learns
        self.needs_probabilities = self.actor_learns and config.policy_signal == "advantage_mean"
        self.learns = self.actor_learns or self.critic_learns
        self.both_learn = self.actor_learns and self.critic_learns
        self.can_diverge = self.learns or not config.critic_only
        self.replay = config.critic_data == "replay" and self.critic_learns
        self.buffer_fills = config.replay_capacity < config.total_steps
        at_first = min(config.rollout_steps, config.replay_capacity)  # transitions in the buffer
        self.begins_with_fewer = at_first // config.batch_size < config.critic_updates
        at_last = min(config.total_steps, config.replay_capacity)
        self.ends_with_fewer = at_last // config.batch_size < config.critic_updates
        self.begins_with_none = at_first < config.batch_size
        self.sums_losses = self.both_learn and self.shared and not self.replay
        self.waits = self.learns and config.rollout_steps > 1
        updates = config.total_steps // config.rollout_steps
        most = "at most " if self.may_stop else ""
        self.updates = f"{most}1 update" if updates == 1 else f"{most}{updates:,} updates"
        self.keeps_rollout = self.waits and (self.actor_learns or not self.replay)

        blocked = config.stop_gradient if self.shared and config.hidden_sizes else "none"
        self.actor_blocked = blocked == "actor" and self.actor_learns
        self.critic_blocked = blocked == "critic" and self.critic_learns
        self.makes_networks = not self.shared and bool(self.hidden_sizes or config.symexp_heads)

        self.clips = config.max_gradient_norm > 0 and self.learns
        self.measures_gradient = self.clips or config.symexp_heads
        self.entropy_bonus = config.entropy_coefficient > 0 and self.actor_learns
        self.pulls = config.q_regularization > 0 and self.critic_learns
        self.weighs_critic = config.value_loss_coefficient != 1 and self.critic_learns
        self.no_weight = not config.value_loss_coefficient and self.critic_learns
        self.epsilon = EPSILON
        self.transition_fields = (
            CRITIC_FIELDS if self.critic_learns else ACTOR_FIELDS if self.actor_learns else ()
        )

    @property
    def network_parts(self) -> list[str]:
        """The layers of a network with its own body, without the log-softmax of an actor."""
        return [*self.hidden_parts, *self._head_parts]

    @property
    def actor_parts(self) -> list[str]:
        """The code of each part of the actor."""
        return [*self._parts(self.actor_blocked), "nn.LogSoftmax(dim=-1)"]

    @property
    def critic_parts(self) -> list[str]:
        """The code of each part of the critic."""
        return self._parts(self.critic_blocked)

    @property
    def unused_actor(self) -> str:
        """The code of an actor that draws random initial parameters, but is never used."""
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
        """The code that computes the weight of an action."""
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
        """The part of the actor that the actor's loss changes."""
        return "actor[1:]" if self.actor_blocked else "actor"

    @property
    def critic_part(self) -> str:
        """The part of the critic that the critic's loss changes."""
        return "critic[1:]" if self.critic_blocked else "critic"

    def measured(self, network: str) -> str:
        """The argument with the network whose gradient is measured; empty if none is."""
        return f", {network}" if self.measures_gradient else ""

    @property
    def fewer(self) -> str:
        """The end of a comment on CRITIC_UPDATES: when the buffer holds too few batches."""
        if self.ends_with_fewer:
            return "; here always fewer"
        return "; at first fewer" if self.begins_with_fewer else ""

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
