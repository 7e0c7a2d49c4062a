"""Hyperparameters: one frozen dataclass per algorithm, the single source of every setting.

Each field carries a `Setting`: its range, scale, label, help and whether it may change while
training runs. Sliders, the address bar, validation and tables are all made from it.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar

from pglab.language import N_, _

NO_HIDDEN_LAYERS = "none"
MAX_HIDDEN_LAYERS = 4
SEEDS = 2**31
LONGEST_QUOTE = 40  # of a refused value in the sentence that refuses it


class ConfigError(ValueError):
    """Settings that cannot be used, `names` if they are known; the message says what to change."""

    def __init__(self, message: str, *names: str) -> None:
        """The sentence, and the fields that it is about."""
        super().__init__(message)
        self.names = names


@dataclass(frozen=True)
class Setting:
    """What the interface and the validation need to know about one hyperparameter."""

    label: str
    help: str
    short: str = ""  # name in legends and tables; the label where empty
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    scale: Literal["linear", "log"] = "linear"
    stops: tuple[float, ...] = ()  # where a slider stops; other values are valid in links
    choices: tuple[str, ...] = ()
    changes_while_running: bool = False
    applies_when: tuple[str, str] | None = None  # only where another setting has this value
    level: Literal["basic", "batch", "advanced"] = "advanced"

    @property
    def name(self) -> str:
        """Short translated name."""
        return _(self.short or self.label)


DECADES = (*(m * 10.0**e for e in range(-5, 0) for m in (1, 2, 5)), 1.0)
HORIZONS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)


def powers_of_two(most: int) -> tuple[int, ...]:
    """1, 2, 4 … up to `most`."""
    return tuple(2**n for n in range(most.bit_length()) if 2**n <= most)


def setting(default: Any, **description: Any) -> Any:
    """A dataclass field with a default and its `Setting`."""
    return dataclasses.field(default=default, metadata={"setting": Setting(**description)})


def same_setting(config_class: type[RunConfig], name: str, default: Any) -> Any:
    """A field as another class has it, with another default."""
    known = next(field for field in dataclasses.fields(config_class) if field.name == name)
    return dataclasses.field(default=default, metadata=known.metadata)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What the configurations of all algorithms share.

    Raises:
        ConfigError: a value is out of its range; the message says what to change.
    """

    gamma: float = setting(
        0.99,
        label=N_("Discount γ"),
        short=N_("γ"),
        help=N_("Larger: actions answer for rewards further in the future; returns get noisier."),
        minimum=0.0,
        maximum=1.0,
        stops=HORIZONS,
        changes_while_running=True,
        level="basic",
    )
    learning_rate: float = setting(
        1e-3,
        label=N_("Learning rate α"),
        short=N_("α"),
        help=N_("Larger: each update moves the policy further; too large and it collapses."),
        minimum=1e-5,
        maximum=1.0,
        scale="log",
        stops=DECADES,
        changes_while_running=True,
        level="basic",
    )
    hidden_sizes: tuple[int, ...] = setting(
        (128, 128),
        label=N_("Hidden layers"),
        short=N_("layers"),
        help=N_("More or wider layers: more flexible policies and slower updates."),
        minimum=1,
        maximum=512,
        scale="log",
        stops=powers_of_two(512)[3:],
        level="basic",
    )
    activation: str = setting(
        "relu",
        label=N_("Activation"),
        short=N_("activation"),
        help=N_("ReLU gives piecewise-linear boundaries in the heatmap, Tanh smooth ones."),
        choices=("relu", "tanh"),
        level="batch",
    )
    env_id: str = setting(
        "CartPole-v1",
        label=N_("Environment"),
        short=N_("environment"),
        help=N_("The task. Settings that solve one may fail on another."),
    )
    engine: str = setting(
        "fast",
        label=N_("Engine"),
        short=N_("engine"),
        help=N_(
            "Compiled code, or the PyTorch code of the Code tab, which is slower. Each update is "
            "the same up to rounding; rounding adds up, so that two runs of one seed part."
        ),
        choices=("fast", "reference"),
    )
    seed: int = setting(
        0,
        label=N_("Random seed"),
        short=N_("seed"),
        help=N_("Another seed: other initial weights, other starts, other sampled actions."),
        minimum=0,
        maximum=SEEDS - 1,
    )
    total_steps: int = setting(
        200_000,
        label=N_("Total environment steps"),
        short=N_("total steps"),
        help=N_("Larger: the run ends later, unless it is solved before."),
        minimum=1_000,
        maximum=1_000_000,
        step=1_000,
        changes_while_running=True,
    )
    eval_interval: int = setting(
        1_000,
        label=N_("Steps between readings"),
        short=N_("reading interval"),
        help=N_("Larger: fewer episodes count for the seminar's progress reading."),
        minimum=100,
        maximum=50_000,
        step=100,
    )
    smoothing_window: int = setting(
        10,
        label=N_("Readings averaged"),
        short=N_("readings averaged"),
        help=N_("Larger: a steadier reading that notices success and collapse later."),
        minimum=1,
        maximum=100,
    )
    success_return: float = setting(
        500.0,
        label=N_("Return that counts as solved"),
        short=N_("solved at"),
        help=N_("Larger: harder to reach. Usual: 500 CartPole, −100 Acrobot, −110 MountainCar."),
        minimum=-500.0,
        maximum=500.0,
        step=5.0,
    )
    stop_when_solved: bool = setting(
        True,
        label=N_("Stop when solved"),
        short=N_("stop when solved"),
        help=N_("Off: training goes on after success, and may lose it again."),
        changes_while_running=True,
    )

    entropy_coefficient: float = setting(
        0.0,
        label=N_("Entropy bonus"),
        short=N_("entropy bonus"),
        help=N_("Larger: the policy stays random for longer."),
        minimum=0.0,
        maximum=1.0,
        stops=(0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        changes_while_running=True,
    )

    def __post_init__(self) -> None:
        """Check every field."""
        for field in dataclasses.fields(self):
            checked = _checked(field, getattr(self, field.name))
            object.__setattr__(self, field.name, checked)

    def changed(self, **changes: Any) -> Self:
        """A copy with some settings replaced.

        Raises:
            ConfigError: a new value cannot be used.
        """
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class ReinforceConfig(RunConfig):
    """REINFORCE; the defaults are the seminar's (Williams 1992; Sutton & Barto 2018, ch. 13)."""

    episodes_per_update: int = setting(
        1,
        label=N_("Episodes per update"),
        short=N_("episodes/update"),
        help=N_("Larger: steadier gradients, fewer updates in the same number of steps."),
        minimum=1,
        maximum=32,
        changes_while_running=True,
        level="batch",
    )
    min_batch_steps: int = setting(
        64,
        label=N_("Minimum batch"),
        short=N_("min. batch"),
        help=N_("Larger: an update waits for more steps while episodes are short."),
        minimum=1,
        maximum=2_048,
        scale="log",
        stops=powers_of_two(2_048),
        changes_while_running=True,
        level="batch",
    )
    baseline: str = setting(
        "none",
        label=N_("Baseline"),
        short=N_("baseline"),
        help=N_("Subtracted from the returns: actions are judged against it, with less noise."),
        choices=("none", "mean", "value"),
    )
    value_learning_rate: float = setting(
        1e-3,
        label=N_("Learning rate of the baseline V"),
        short=N_("α of V"),
        help=N_("Larger: V(s) follows the returns faster; only with the learned baseline."),
        minimum=1e-5,
        maximum=1.0,
        scale="log",
        stops=DECADES,
        changes_while_running=True,
        applies_when=("baseline", "value"),
    )
    return_form: str = setting(
        "reward_to_go",
        label=N_("Return form"),
        short=N_("return form"),
        help=N_("Whole-episode returns credit an action for rewards before it too: more noise."),
        choices=("reward_to_go", "whole_episode"),
        changes_while_running=True,
    )
    normalize_returns: bool = setting(
        False,
        label=N_("Normalise the weights"),
        short=N_("normalise"),
        help=N_("On: a batch's weights get mean 0 and deviation 1; all 0 if they are all equal."),
        changes_while_running=True,
    )


@dataclass(frozen=True, kw_only=True)
class ActorCriticConfig(RunConfig):
    """Actor-critic with an action-value critic, one family with two independent switches.

    `body` says whether actor and critic share theirs, `critic_data` what the critic learns from.
    The defaults are the seminar's second agent, `shared_on_policy`.

    Source: Konda & Tsitsiklis (1999); Sutton & Barto (2018), section 13.5.
    """

    gamma: float = same_setting(RunConfig, "gamma", 0.995)
    activation: str = same_setting(RunConfig, "activation", "tanh")
    body: str = setting(
        "shared",
        label=N_("Body"),
        short=N_("body"),
        help=N_("Shared: one body feeds both heads. Split: actor and critic share nothing."),
        choices=("shared", "split"),
        level="batch",
    )
    critic_data: str = setting(
        "on_policy",
        label=N_("Critic learns from"),
        short=N_("critic data"),
        help=N_("On-policy: the steps just taken. Replay: random steps from a buffer."),
        choices=("on_policy", "replay"),
        level="batch",
    )
    rollout_steps: int = setting(
        1,
        label=N_("Steps per update"),
        short=N_("steps/update"),
        help=N_("Larger: steadier gradients, fewer updates in the same number of steps."),
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
        help=N_("Larger: Q follows its targets faster. A shared body has one optimiser, with α."),
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
        help=N_("What multiplies ∇log π: Q itself, or Q less the best or the mean action's."),
        choices=("q", "advantage_max", "advantage_mean"),
        changes_while_running=True,
    )
    replay_capacity: int = setting(
        50_000,
        label=N_("Replay buffer"),
        short=N_("buffer"),
        help=N_("Larger: the critic learns also from older policies' steps."),
        minimum=1,
        maximum=200_000,
        applies_when=("critic_data", "replay"),
    )
    batch_size: int = setting(
        64,
        label=N_("Critic batch"),
        short=N_("critic batch"),
        help=N_("Larger: steadier critic steps, each of which takes longer."),
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
        help=N_("Larger: the critic learns more from the same data; each update takes longer."),
        minimum=1,
        maximum=64,
        changes_while_running=True,
        applies_when=("critic_data", "replay"),
    )
    q_regularization: float = setting(
        0.1,
        label=N_("Pull on Q"),
        short=N_("pull on Q"),
        help=N_("Larger: estimates are pushed down harder, against overestimation."),
        minimum=0.0,
        maximum=10.0,
        stops=(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
        changes_while_running=True,
    )
    symexp_heads: bool = setting(
        False,
        label=N_("Symexp heads"),
        short=N_("symexp"),
        help=N_("On: sign(x)·(e^|x| − 1) on logits and Q, so that small weights reach far."),
    )
    critic_only: bool = setting(
        False,
        label=N_("Critic only"),
        short=N_("critic only"),
        help=N_("On: act greedily on Q, at random in 5 % of the steps; the actor rests."),
        changes_while_running=True,
    )
    trained: str = setting(
        "both",
        label=N_("Networks that learn"),
        short=N_("learns"),
        help=N_("Only the actor or only the critic: see what each loss alone does to the body."),
        choices=("both", "actor_only", "critic_only"),
        changes_while_running=True,
    )
    value_loss_coefficient: float = setting(
        1.0,
        label=N_("Weight of the critic's loss"),
        short=N_("critic loss ×"),
        help=N_("Larger: in a shared body the critic's wishes count for more."),
        minimum=0.0,
        maximum=100.0,
        stops=(0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0),
        changes_while_running=True,
    )
    stop_gradient: str = setting(
        "none",
        label=N_("Keep out of the shared body"),
        short=N_("kept out"),
        help=N_("The loss named here no longer moves the shared body; split bodies have none."),
        choices=("none", "actor", "critic"),
        applies_when=("body", "shared"),
    )
    match_parameters: bool = setting(
        False,
        label=N_("Match the shared body's size"),
        short=N_("matched size"),
        help=N_("On: split bodies are narrowed to the parameter count of a shared one."),
        applies_when=("body", "split"),
    )
    max_gradient_norm: float = setting(
        0.0,
        label=N_("Gradient clipping"),
        short=N_("clip at"),
        help=N_("Larger: longer gradients pass unshortened; 0 does not clip at all."),
        minimum=0.0,
        maximum=1_000.0,
        stops=(0.0, 0.1, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0, 1_000.0),
        changes_while_running=True,
    )

    @classmethod
    def shared_on_policy(cls, **settings: Any) -> Self:
        """The seminar's second agent: one body, the critic learns from the step just taken.

        Raises:
            ConfigError: a setting cannot be used.
        """
        return cls(**settings)

    @classmethod
    def split_replay(cls, **settings: Any) -> Self:
        """The seminar's third agent: two bodies, the critic learns from a replay buffer.

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
        """The four cells of body and critic data with one learning rate and update frequency.

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
        """Whether updates move the actor."""
        return not self.critic_only and self.trained != "critic_only"

    @property
    def critic_learns(self) -> bool:
        """Whether updates move the critic."""
        return self.trained != "actor_only"

    def __post_init__(self) -> None:
        """Check every field, and that a batch fits into the buffer."""
        super().__post_init__()
        if self.critic_data == "replay" and self.batch_size > self.replay_capacity:
            raise ConfigError(
                _(
                    "A buffer of {capacity:,} steps can never hold a batch of {batch:,}: choose a "
                    "smaller critic batch or a larger replay buffer."
                ).format(capacity=self.replay_capacity, batch=self.batch_size),
                "batch_size",
                "replay_capacity",
            )


AnyConfig = TypeVar("AnyConfig", bound=RunConfig)


def settings_of(config: RunConfig | type[RunConfig]) -> dict[str, Setting]:
    """The `Setting` of every field, by field name, in order of declaration."""
    return {field.name: field.metadata["setting"] for field in dataclasses.fields(config)}


def parse_config(preset: AnyConfig, texts: Mapping[str, str]) -> tuple[AnyConfig, list[str]]:
    """Settings from texts such as an address bar's; what cannot be used stays as in the preset.

    Returns:
        The configuration, and one sentence for every text that was refused.
    """
    fields = {field.name: field for field in dataclasses.fields(preset)}
    values: dict[str, Any] = {}
    problems = []
    for name, text in texts.items():
        if name not in fields:
            problems.append(_unknown_setting(name, list(fields)))
            continue
        try:
            values[name] = _checked(fields[name], _parsed(fields[name], text))
        except ConfigError as error:
            problems.append(_("{problem} The default is used.").format(problem=error))
    while True:
        try:
            return preset.changed(**values), problems
        except ConfigError as error:  # of settings that do not go together
            problems.append(_("{problem} The defaults are used.").format(problem=error))
            kept = {name: value for name, value in values.items() if name not in error.names}
            # Where none of them was linked, another linked one is at odds with the preset's.
            values = kept if len(kept) < len(values) else {}


def format_value(value: Any) -> str:
    """A setting as text, the inverse of parsing: for the address bar and for tables."""
    if isinstance(value, tuple):
        return ",".join(str(size) for size in value) or NO_HIDDEN_LAYERS
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def differences(config: RunConfig, reference: RunConfig) -> dict[str, str]:
    """The settings of `config` that differ from `reference`, formatted, by field name."""
    return {
        name: format_value(getattr(config, name))
        for name in settings_of(config)
        if getattr(config, name) != getattr(reference, name, None)
    }


def describe_differences(config: RunConfig, reference: RunConfig) -> str:
    """What differs, in words for a legend or a table: "γ 0.9, seed 3"."""
    return describe_settings(type(config), differences(config, reference))


def describe_settings(config_class: type[RunConfig], texts: Mapping[str, str]) -> str:
    """Formatted settings with their short names: "γ 0.9, seed 3"."""
    described = settings_of(config_class)
    return ", ".join(f"{described[name].name} {text}" for name, text in texts.items())


def _unknown_setting(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = _(" Did you mean “{name}”?").format(name=close[0]) if close else ""
    return _("There is no setting “{name}”; it is ignored.").format(name=name) + hint


def _parsed(field: dataclasses.Field[Any], text: str) -> Any:
    """The text as the type of the field's default, which is the field's type."""
    try:
        match field.default:
            case bool():
                return {"on": True, "off": False}[text.lower()]
            case int():
                return int(text)
            case float():
                return float(text)
            case tuple():
                sizes = [] if text == NO_HIDDEN_LAYERS else text.split(",")
                return tuple(int(size) for size in sizes)
            case _:
                return text
    except (ValueError, KeyError):
        raise ConfigError(_refusal(field, text)) from None


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """The value in the field's type, or a ConfigError that says what to change."""
    described: Setting = field.metadata["setting"]
    match field.default:
        case bool():
            valid = isinstance(value, bool)
        case int():
            valid = _is_integer(value) and _in_range(described, value)
            value = int(value) if valid else value
        case float():
            valid = _is_number(value) and _in_range(described, value)
            value = float(value) if valid else value
        case tuple():
            valid = _are_layer_sizes(described, value)
            value = tuple(int(size) for size in value) if valid else value
        case _:
            valid = isinstance(value, str) and (not described.choices or value in described.choices)
    if not valid:
        raise ConfigError(_refusal(field, value))
    return value


def _are_layer_sizes(described: Setting, value: Any) -> bool:
    return (
        isinstance(value, (tuple, list))
        and len(value) <= MAX_HIDDEN_LAYERS
        and all(_is_integer(size) and _in_range(described, size) for size in value)
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and int(value) == value


def _in_range(described: Setting, value: float) -> bool:
    low = -math.inf if described.minimum is None else described.minimum
    high = math.inf if described.maximum is None else described.maximum
    return low <= value <= high


def _refusal(field: dataclasses.Field[Any], value: Any) -> str:
    described: Setting = field.metadata["setting"]
    text = value if isinstance(value, str) else format_value(value)
    given = _("{label} ({name}) cannot be “{value}”.").format(
        label=_(described.label),
        name=field.name,
        value=text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…",
    )
    match field.default:
        case bool():
            remedy = _("Write on or off.")
        case tuple():
            remedy = _(
                "Write at most {layers} widths from {low:g} to {high:g} separated by commas, "
                "such as 128,128, or “{none}” for no hidden layer."
            ).format(
                layers=MAX_HIDDEN_LAYERS,
                low=described.minimum,
                high=described.maximum,
                none=NO_HIDDEN_LAYERS,
            )
        case int():
            remedy = _("Choose a whole number from {low:,} to {high:,}.").format(
                low=int(described.minimum or 0), high=int(described.maximum or 0)
            )
        case float():
            remedy = _("Choose a number from {low:g} to {high:g}.").format(
                low=described.minimum, high=described.maximum
            )
        case _ if described.choices:
            remedy = _("Choose one of: {choices}.").format(choices=", ".join(described.choices))
        case _:
            remedy = _("Write a name.")
    return f"{given} {remedy}"
