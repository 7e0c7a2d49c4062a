"""The experiments of the three agents' pages.

`right` is the choice that most of the eight stored seeds showed, even if most visitors
expect another one. Neither its place among the choices nor the length of its text gives it away.
"""

from __future__ import annotations

from pglab.experiments.experiment import Choice, Claim, Experiment
from pglab.language import N_

_ONE_ACTION = N_("It repeats one action, so the pole falls at once.")
_LEARNS_LITTLE = N_("It learns a little, and slowly.")
_NO_BASELINE = N_(
    "Each action is weighted by Q(s, a) itself; nothing is subtracted. In theory, a baseline does "
    "not change the expected gradient. How good does the policy become?"
)

_REINFORCE = (
    Experiment(
        key="large_learning_rate",
        page="reinforce",
        settings={"learning_rate": 0.1},
        question=N_(
            "Each update now moves the parameters about a hundred times as far as usual. What does "
            "the policy do in the last third of the run?"
        ),
        choices=(
            Choice(N_("It balances: it has learned faster than usual."), 50),
            Choice(N_("It keeps changing, and is no better than chance."), 12, 50),
            Choice(_ONE_ACTION, below=12),
        ),
        right=2,
        further=(Claim("late_entropy", below=0.01),),
        known_bad=True,
    ),
    Experiment(
        key="no_foresight",
        page="reinforce",
        settings={"gamma": 0.0},
        question=N_(
            "Each action is now weighted only by the reward of its own step, which is always 1. "
            "How good does the policy become?"
        ),
        choices=(
            Choice(N_("It does not learn to balance."), below=35),
            Choice(_LEARNS_LITTLE, 35, 60),
            Choice(N_("It learns: it gets rewards as long as the pole stands."), 60),
        ),
        right=0,
        further=(Claim("late_gradient_norm", below=0.1, relative=True),),
        known_bad=True,
    ),
    Experiment(
        key="whole_episode",
        page="reinforce",
        settings={"return_form": "whole_episode"},
        question=N_(
            "Each action is now weighted by the return of its whole episode. On average, rewards "
            "that came before an action add nothing to the gradient. How far does learning get?"
        ),
        choices=(
            Choice(N_("About as far: on average the gradient is the same."), 0.6, 1.3),
            Choice(N_("Less far: single gradients are noisier."), below=0.6),
            Choice(N_("Further: the weights are larger, and so are the steps."), 1.3),
        ),
        right=1,
        relative=True,
    ),
    Experiment(
        key="value_baseline",
        page="reinforce",
        settings={"baseline": "value"},
        length=60_000,
        question=N_(
            "A second network learns V(s), the expected return of a state. Each action is weighted "
            "by Gₜ − V(sₜ). On average the gradient is the same. How far does learning get?"
        ),
        choices=(
            Choice(N_("Less far: V(s) takes away the reward of good actions."), below=0.9),
            Choice(N_("About as far: on average the gradient is the same."), 0.9, 1.1),
            Choice(N_("Further: single gradients are less noisy."), 1.1),
        ),
        right=2,
        relative=True,
        further=(Claim("late_gradient_norm", below=0.5, relative=True),),
    ),
    Experiment(
        key="rare_updates",
        page="reinforce",
        settings={"episodes_per_update": 16},
        question=N_(
            "A gradient averaged over sixteen episodes is much less noisy. With the same number "
            "of environment steps, how far does learning get?"
        ),
        choices=(
            Choice(N_("Further: each update goes in the right direction."), 1.3),
            Choice(N_("Less far: there are too few updates."), below=0.6),
            Choice(N_("About as far: there are fewer updates, but better ones."), 0.6, 1.3),
        ),
        right=1,
        relative=True,
        further=(Claim("updates", below=0.3, relative=True),),
    ),
    Experiment(
        key="normalized_weights",
        page="reinforce",
        settings={"normalize_returns": True},
        question=N_(
            "In each batch, returns of up to a hundred are shifted to mean 0 and scaled to "
            "standard deviation 1. The gradient shrinks more than tenfold. How far does learning "
            "get?"
        ),
        choices=(
            Choice(N_("About as far as usual."), 0.5, 1.7),
            Choice(N_("Much less far: each step is tiny now."), below=0.5),
            Choice(N_("Much further: the noise is gone."), 1.7),
        ),
        right=0,
        relative=True,
        further=(Claim("late_gradient_norm", below=0.1, relative=True),),
    ),
    Experiment(
        key="entropy_bonus",
        page="reinforce",
        settings={"entropy_coefficient": 1.0},
        question=N_(
            "The loss now rewards randomness with the largest coefficient of the slider, 1. How "
            "random is the policy in the last third of the run, compared with a usual run?"
        ),
        choices=(
            Choice(N_("More random, almost uniform."), 1.1),
            Choice(N_("About as random."), 0.9, 1.1),
            Choice(N_("Less random."), below=0.9),
        ),
        right=1,
        statistic="late_entropy",
        relative=True,
    ),
    Experiment(
        key="linear_policy",
        page="reinforce",
        settings={"hidden_sizes": (), "learning_rate": 0.1},
        question=N_(
            "The learning rate is 0.1, as in the first experiment, but the policy has no hidden "
            "layer: its logits are linear in the four observed numbers. What does it do in the "
            "last third of the run?"
        ),
        choices=(
            Choice(N_("It fails: a linear policy is too simple for this task."), 12, 50),
            Choice(_ONE_ACTION, below=12),
            Choice(N_("It balances."), 50),
        ),
        right=2,
    ),
)

_SHARED = (
    Experiment(
        key="large_learning_rate",
        page="shared_on_policy",
        settings={"learning_rate": 1e-2},
        question=N_(
            "The learning rate of actor and critic is ten times as large as usual. They still "
            "update after every step. What does the policy do in the last third of the run?"
        ),
        choices=(
            Choice(N_("It balances as well as usual, or better."), 60),
            Choice(_ONE_ACTION, below=12),
            Choice(N_("It balances somewhat, but not as well as it usually does."), 12, 60),
        ),
        right=1,
        further=(Claim("late_entropy", below=0.01),),
        known_bad=True,
    ),
    Experiment(
        key="signal_q",
        page="shared_on_policy",
        settings={"policy_signal": "q"},
        question=_NO_BASELINE,
        choices=(
            Choice(N_("About as good as usual, as theory says."), 60),
            Choice(_LEARNS_LITTLE, 25, 60),
            Choice(N_("No better than chance."), below=25),
        ),
        right=2,
        known_bad=True,
    ),
    Experiment(
        key="rare_updates",
        page="shared_on_policy",
        settings={"rollout_steps": 32},
        question=N_(
            "Both heads learn from 32 steps at once, instead of after each step. With the same "
            "number of environment steps, how far does learning get?"
        ),
        choices=(
            Choice(N_("Less far: there are too few updates."), below=0.6),
            Choice(N_("About as far: there are fewer updates, but better ones."), 0.6, 1.2),
            Choice(N_("Further: a single step is too noisy to learn from."), 1.2),
        ),
        right=0,
        relative=True,
        further=(Claim("updates", below=0.05, relative=True),),
    ),
    Experiment(
        key="heavy_critic",
        page="shared_on_policy",
        settings={"value_loss_coefficient": 100.0},
        question=N_(
            "In the shared body, the critic's gradient is now far larger than the actor's. How far "
            "does learning get?"
        ),
        choices=(
            Choice(N_("Less far: the critic alone shapes the features."), below=0.6),
            Choice(N_("About as far: the features serve both losses."), 0.6, 1.4),
            Choice(N_("Further: a better critic makes a better actor."), 1.4),
        ),
        right=1,
        relative=True,
    ),
    Experiment(
        key="short_sight",
        page="shared_on_policy",
        settings={"gamma": 0.5},
        question=N_(
            "Each step into the future halves the value of a reward: five steps ahead, it hardly "
            "counts. How far does learning get?"
        ),
        choices=(
            Choice(N_("Further: near rewards are less noisy."), 1.2),
            Choice(N_("About as far: a fall is seen a few steps before it happens."), 0.6, 1.2),
            Choice(N_("Less far: a fall is seen too late."), below=0.6),
        ),
        right=2,
        relative=True,
    ),
    Experiment(
        key="critic_kept_out",
        page="shared_on_policy",
        settings={"stop_gradient": "critic"},
        question=N_(
            "The critic's gradient is stopped before the shared body: only the actor shapes the "
            "features, and the critic trains only its head. How far does learning get?"
        ),
        choices=(
            Choice(N_("Less far: the critic's estimates are worse."), below=0.6),
            Choice(N_("About as far: the head alone is enough for the critic."), 0.6, 1.4),
            Choice(N_("Further: no other gradient disturbs the actor's."), 1.4),
        ),
        right=0,
        relative=True,
    ),
)

_SPLIT = (
    Experiment(
        key="on_policy_critic",
        page="split_replay",
        settings={"critic_data": "on_policy"},
        question=N_(
            "At each update, the critic learns once from the 16 steps just taken, instead of four "
            "times from 64 replayed steps. Actor and critic keep their own bodies. What does the "
            "policy do in the last third of the run?"
        ),
        choices=(
            Choice(_ONE_ACTION, below=12),
            Choice(N_("It balances a little."), 12, 60),
            Choice(N_("It balances, and more steadily: all data are fresh."), 60),
        ),
        right=0,
        further=(Claim("late_entropy", below=0.01),),
        known_bad=True,
    ),
    Experiment(
        key="large_learning_rate",
        page="split_replay",
        settings={"learning_rate": 5e-2},
        question=N_(
            "The actor's learning rate is a hundred times as large as usual. The critic has its "
            "own body and keeps its rate. What does the policy do in the last third of the run?"
        ),
        choices=(
            Choice(N_("It balances: the critic keeps its own pace and corrects the actor."), 60),
            Choice(N_("It changes all the time, no better than chance."), 12, 60),
            Choice(_ONE_ACTION, below=12),
        ),
        right=2,
        further=(
            Claim("late_entropy", below=0.01),
            Claim("late_td_error", below=1.0),
        ),
        known_bad=True,
    ),
    Experiment(
        key="one_critic_step",
        page="split_replay",
        settings={"critic_updates": 1},
        question=N_(
            "At each update, the critic takes one step on 64 replayed transitions instead of four. "
            "This saves time, and the actor updates as often as before. What does the policy do in "
            "the last third of the run?"
        ),
        choices=(
            Choice(
                N_("It balances: the data are the same, and it only takes a little longer."), 60
            ),
            Choice(_ONE_ACTION, below=12),
            Choice(N_("It balances a little."), 12, 60),
        ),
        right=1,
    ),
    Experiment(
        key="fast_critic",
        page="split_replay",
        settings={"critic_learning_rate": 2.5e-3},
        question=N_(
            "The critic's learning rate is 0.0025, ten times as large as usual and five times the "
            "actor's. How far does learning get?"
        ),
        choices=(
            Choice(N_("Less far: the critic becomes unstable."), below=0.7),
            Choice(N_("About as far: the actor sets the pace."), 0.7, 1.3),
            Choice(N_("Further: the critic is right sooner."), 1.3),
        ),
        right=2,
        relative=True,
    ),
    Experiment(
        key="critic_only",
        page="split_replay",
        settings={"critic_only": True},
        question=N_(
            "The actor is not used. The agent takes the action with the largest Q(s, a), but one "
            "action in twenty is random. What does it do in the last third of the run?"
        ),
        choices=(
            Choice(N_("It balances: a critic is enough."), 60),
            Choice(N_("It balances a little."), 12, 60),
            Choice(N_("The pole falls at once: a critic only judges."), below=12),
        ),
        right=0,
    ),
    Experiment(
        key="signal_q",
        page="split_replay",
        settings={"policy_signal": "q"},
        question=_NO_BASELINE,
        choices=(
            Choice(N_("It balances: on average the gradient is the same."), 60),
            Choice(N_("It does not learn to balance."), below=35),
            Choice(_LEARNS_LITTLE, 35, 60),
        ),
        right=1,
        known_bad=True,
    ),
)

EXPERIMENTS: tuple[Experiment, ...] = (*_REINFORCE, *_SHARED, *_SPLIT)


def experiments_of(page: str) -> tuple[Experiment, ...]:
    """The experiments of a page, in their order on the page."""
    return tuple(experiment for experiment in EXPERIMENTS if experiment.page == page)
