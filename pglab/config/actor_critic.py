"""The settings of the actor-critics, and the presets of the seminar's two actor-critics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from pglab.config.all_agents import RunConfig
from pglab.config.setting import DECADES, ConfigError, powers_of_two, same_setting, setting
from pglab.language import N_, _


@dataclass(frozen=True, kw_only=True)
class ActorCriticConfig(RunConfig):
    """The settings of an actor-critic whose critic estimates action values.

    `body` says whether actor and critic share their hidden layers. `critic_data` says from which
    steps the critic learns. The defaults are the settings of the seminar's second agent,
    `shared_on_policy`.

    Source: Konda & Tsitsiklis (1999); Sutton & Barto (2018), section 13.5.
    """

    gamma: float = same_setting(RunConfig, "gamma", 0.995)
    activation: str = same_setting(RunConfig, "activation", "tanh")
    body: str = setting(
        "shared",
        label=N_("Body"),
        short=N_("body"),
        help=N_(
            "Shared: actor and critic use the same hidden layers. Split: actor and critic have "
            "separate hidden layers."
        ),
        choices={
            "shared": N_("shared"),
            "split": N_("split"),
        },
        level="batch",
    )
    critic_data: str = setting(
        "on_policy",
        label=N_("Critic learns from"),
        short=N_("critic data"),
        help=N_(
            "On-policy: the critic learns from the steps just taken. Replay: the critic learns "
            "from random steps of a buffer."
        ),
        choices={
            "on_policy": N_("the steps just taken"),
            "replay": N_("a replay buffer"),
        },
        level="batch",
    )
    rollout_steps: int = setting(
        1,
        label=N_("Steps per update"),
        short=N_("steps/update"),
        help=N_("More steps per update make the gradients steadier, but the updates rarer."),
        minimum=1,
        maximum=2_048,
        scale="log",
        stops=powers_of_two(2_048),
        changes_while_running=True,
        level="batch",
    )
    critic_learning_rate: float = setting(
        2.5e-4,
        label=N_("Learning rate of the critic"),
        short=N_("α of Q"),
        help=N_(
            "With a larger rate, Q follows its targets faster. A shared body learns at the rate α."
        ),
        minimum=1e-5,
        maximum=1.0,
        scale="log",
        stops=DECADES,
        changes_while_running=True,
        applies_when=("body", "split"),
        level="batch",
    )
    policy_signal: str = setting(
        "advantage_max",
        label=N_("Policy signal"),
        short=N_("signal"),
        help=N_(
            "The policy signal is the factor of ∇log π. It is Q, or Q minus the maximum or the "
            "mean of Q over the actions."
        ),
        choices={
            "q": N_("Q(s, a)"),
            "advantage_max": N_("Q(s, a) − max Q"),
            "advantage_mean": N_("Q(s, a) − mean Q"),
        },
        changes_while_running=True,
    )
    replay_capacity: int = setting(
        50_000,
        label=N_("Replay buffer"),
        short=N_("buffer"),
        help=N_("With a larger buffer, the critic also learns from steps of older policies."),
        minimum=1,
        maximum=200_000,
        applies_when=("critic_data", "replay"),
    )
    batch_size: int = setting(
        64,
        label=N_("Critic batch"),
        short=N_("critic batch"),
        help=N_("A larger batch makes the critic's steps steadier, but each step takes longer."),
        minimum=1,
        maximum=1_024,
        scale="log",
        stops=powers_of_two(1_024),
        changes_while_running=True,
        applies_when=("critic_data", "replay"),
    )
    critic_updates: int = setting(
        4,
        label=N_("Critic steps per update"),
        short=N_("critic steps"),
        help=N_(
            "With more critic steps, the critic learns more from the same data, but each update "
            "takes longer."
        ),
        minimum=1,
        maximum=64,
        changes_while_running=True,
        applies_when=("critic_data", "replay"),
    )
    q_regularization: float = setting(
        0.1,
        label=N_("Pull on Q"),
        short=N_("pull on Q"),
        help=N_("A larger pull lowers Q more, and so reduces the overestimation of Q."),
        minimum=0.0,
        maximum=10.0,
        stops=(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
        changes_while_running=True,
    )
    symexp_heads: bool = setting(
        False,
        label=N_("Symexp heads"),
        short=N_("symexp"),
        help=N_(
            "On: each logit or Q value x is replaced by sign(x)·(e^|x| − 1), which grows fast with "
            "|x|."
        ),
    )
    critic_only: bool = setting(
        False,
        label=N_("Act greedily on Q"),
        short=N_("greedy on Q"),
        help=N_(
            "On: the agent takes the action with the largest Q, or a random action with "
            "probability 5 %. The actor does not learn."
        ),
        changes_while_running=True,
    )
    trained: str = setting(
        "both",
        label=N_("Networks that learn"),
        short=N_("learns"),
        help=N_(
            "If only one network learns, you see how the loss of this network alone changes the "
            "body."
        ),
        choices={
            "both": N_("both"),
            "actor_only": N_("the actor only"),
            "critic_only": N_("the critic only"),
        },
        changes_while_running=True,
    )
    value_loss_coefficient: float = setting(
        1.0,
        label=N_("Coefficient of the critic's loss"),
        short=N_("critic loss ×"),
        help=N_("With a larger coefficient, the critic's loss changes a shared body more."),
        minimum=0.0,
        maximum=100.0,
        stops=(0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0),
        changes_while_running=True,
    )
    stop_gradient: str = setting(
        "none",
        label=N_("Keep out of the shared body"),
        short=N_("kept out"),
        help=N_("The loss that you choose here does not change the shared body."),
        choices={
            "none": N_("none"),
            "actor": N_("the actor's loss"),
            "critic": N_("the critic's loss"),
        },
        applies_when=("body", "shared"),
    )
    match_parameters: bool = setting(
        False,
        label=N_("Match the shared body's size"),
        short=N_("matched size"),
        help=N_("On: two narrow bodies have about as many parameters as one shared body."),
        applies_when=("body", "split"),
    )
    max_gradient_norm: float = setting(
        0.0,
        label=N_("Gradient clipping"),
        short=N_("clip at"),
        help=N_(
            "Gradients with a greater norm are scaled down to this norm. The value 0 switches "
            "clipping off."
        ),
        minimum=0.0,
        maximum=1_000.0,
        stops=(0.0, 0.1, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0, 1_000.0),
        changes_while_running=True,
    )

    @classmethod
    def shared_on_policy(cls, **settings: Any) -> Self:
        """The seminar's second agent: a shared body, and a critic that learns from the newest step.

        Raises:
            ConfigError: a setting cannot be used.
        """
        return cls(**settings)

    @classmethod
    def split_replay(cls, **settings: Any) -> Self:
        """The seminar's third agent: split bodies, and a critic that learns from a replay buffer.

        Raises:
            ConfigError: a setting cannot be used.
        """
        preset = {
            "body": "split",
            "critic_data": "replay",
            "learning_rate": 5e-4,
            "critic_learning_rate": 2.5e-4,
            "rollout_steps": 16,
        }
        return cls(**{**preset, **settings})

    @classmethod
    def cells(cls, **settings: Any) -> tuple[Self, ...]:
        """The four combinations of `body` and `critic_data`. All other settings are equal.

        Raises:
            ConfigError: a setting cannot be used.
        """
        equal = {"learning_rate": 5e-4, "critic_learning_rate": 5e-4, "rollout_steps": 16}
        return tuple(
            cls(**{**equal, **settings, "body": body, "critic_data": critic_data})
            for body in ("shared", "split")
            for critic_data in ("on_policy", "replay")
        )

    @property
    def actor_learns(self) -> bool:
        """True if updates change the parameters of the actor."""
        return not self.critic_only and self.trained != "critic_only"

    @property
    def critic_learns(self) -> bool:
        """True if updates change the parameters of the critic."""
        return self.trained != "actor_only"

    def __post_init__(self) -> None:
        """Check every setting, and check that a batch fits into the replay buffer."""
        super().__post_init__()
        if self.critic_data == "replay" and self.batch_size > self.replay_capacity:
            raise ConfigError(
                _(
                    "A buffer of {capacity:,} steps can never hold a batch of {batch:,} steps. "
                    "Choose a smaller critic batch or a larger replay buffer."
                ).format(capacity=self.replay_capacity, batch=self.batch_size),
                "batch_size",
                "replay_capacity",
            )
