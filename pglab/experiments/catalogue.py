"""The experiments of the three agents' pages.

Each experiment offers several answers to its question. These answers are called choices. `right` is
the index of the choice that is true for most of the experiment's eight stored runs. The visitor
cannot recognise the right choice by its place or its length.
"""

from __future__ import annotations

from pglab.experiments.experiment import Choice, Claim, Experiment
from pglab.language import N_

_ONE_ACTION = N_("The policy repeats one action, so the pole falls at once.")
_LEARNS_LITTLE = N_("The policy improves slowly, and only a little.")
_NO_BASELINE = N_(
    "The weight of each action is Q(s, a), without a baseline. In theory, a baseline does not "
    "change the expected gradient. How good does the policy become?"
)

_REINFORCE = (
    Experiment(
        key="large_learning_rate",
        page="reinforce",
        settings={"learning_rate": 0.1},
        question=N_(
            "Each update now changes the parameters about a hundred times as much as usual. What "
            "does the policy do in the last third of the run?"
        ),
        choices=(
            Choice(N_("The policy balances, and has learned faster than usual."), 50),
            Choice(N_("The policy keeps changing, but never becomes good."), 12, 50),
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
            "Each action is now weighted only by the reward of its own step. This reward is always "
            "1. How good does the policy become?"
        ),
        choices=(
            Choice(N_("The agent does not learn to balance."), below=35),
            Choice(_LEARNS_LITTLE, 35, 60),
            Choice(N_("The agent learns: it gets rewards as long as the pole stands."), 60),
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
            "that came before an action add nothing to the gradient. How good does the policy "
            "become?"
        ),
        choices=(
            Choice(N_("About as good as usual: the mean gradient is as usual."), 0.6, 1.3),
            Choice(N_("A worse policy: each gradient is noisier."), below=0.6),
            Choice(N_("A better policy: larger weights give larger steps."), 1.3),
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
            "A second network learns V(s), the expected return from state s. Each action is "
            "weighted by Gₜ − V(sₜ). On average, V(s) does not change the gradient. How good does "
            "the policy become?"
        ),
        choices=(
            Choice(N_("A worse policy: V(s) takes away the reward of good actions."), below=0.9),
            Choice(N_("About as good as usual: the mean gradient is as usual."), 0.9, 1.1),
            Choice(N_("A better policy: each gradient is less noisy."), 1.1),
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
            "Each gradient is now the mean over sixteen episodes, so the gradient is much less "
            "noisy. How good does the policy become with the same number of environment steps?"
        ),
        choices=(
            Choice(N_("A better policy: each update goes in the right direction."), 1.3),
            Choice(N_("A worse policy: the updates are too few."), below=0.6),
            Choice(N_("About as good as usual: updates are fewer, but better."), 0.6, 1.3),
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
            "In each batch, the returns are shifted to mean 0 and scaled to standard deviation 1. "
            "Without scaling, a return may be nearly 100, so scaling makes the gradient more than "
            "ten times smaller. How good does the policy become?"
        ),
        choices=(
            Choice(N_("About as good as usual."), 0.5, 1.7),
            Choice(N_("A far worse policy: each step is tiny."), below=0.5),
            Choice(N_("A far better policy: the noise is gone."), 1.7),
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
            "The loss now contains an entropy term that favours a random policy. The term has "
            "the coefficient 1, the slider's largest value. How random is the policy in the last "
            "third of the run, compared with a usual run?"
        ),
        choices=(
            Choice(N_("More random than usual, almost uniform."), 1.1),
            Choice(N_("About as random as in a usual run."), 0.9, 1.1),
            Choice(N_("Less random than in a usual run."), below=0.9),
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
            "The policy has no hidden layer: its logits are linear in the four observed numbers. "
            "The learning rate is 0.1. What does the policy do in the last third of the run?"
        ),
        choices=(
            Choice(N_("A linear policy fails: it is too simple for this task."), 12, 50),
            Choice(_ONE_ACTION, below=12),
            Choice(N_("The policy balances."), 50),
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
            "The learning rate of actor and critic is ten times as large as usual. Actor and "
            "critic still update after every step. What does the policy do in the last third of "
            "the run?"
        ),
        choices=(
            Choice(N_("The policy balances as well as usual, or better."), 60),
            Choice(_ONE_ACTION, below=12),
            Choice(N_("The policy balances the pole somewhat, but not as well as usual."), 12, 60),
        ),
        right=1,
        further=(Claim("late_entropy", below=0.03),),
        known_bad=True,
    ),
    Experiment(
        key="signal_q",
        page="shared_on_policy",
        settings={"policy_signal": "q"},
        question=_NO_BASELINE,
        choices=(
            Choice(N_("As good as usual: the theory is right."), 60),
            Choice(_LEARNS_LITTLE, 25, 60),
            Choice(N_("No better than a random policy."), below=25),
        ),
        right=2,
        known_bad=True,
    ),
    Experiment(
        key="rare_updates",
        page="shared_on_policy",
        settings={"rollout_steps": 32},
        question=N_(
            "Each update of actor and critic now uses 32 steps, instead of one step. How good "
            "does the policy become with the same number of environment steps?"
        ),
        choices=(
            Choice(N_("A worse policy: the updates are too few."), below=0.6),
            Choice(N_("About as good as usual: updates are fewer, but better."), 0.6, 1.2),
            Choice(N_("A better policy: a single step is too noisy to learn from."), 1.2),
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
            "In the shared body, the critic's gradient is now far larger than the actor's "
            "gradient. How good does the policy become?"
        ),
        choices=(
            Choice(N_("A worse policy: the critic alone shapes the features."), below=0.6),
            Choice(N_("About as good as usual: the features serve both losses."), 0.6, 1.4),
            Choice(N_("A better policy: a more accurate critic helps the actor."), 1.4),
        ),
        right=1,
        relative=True,
    ),
    Experiment(
        key="short_sight",
        page="shared_on_policy",
        settings={"gamma": 0.5},
        question=N_(
            "Each step of delay now halves the value of a reward, so a reward after five steps "
            "hardly counts. How good does the policy become?"
        ),
        choices=(
            Choice(N_("A better policy: distant rewards are only noise."), 1.2),
            Choice(N_("About as good as usual: the agent sees a fall early enough."), 0.6, 1.2),
            Choice(N_("A worse policy: the agent sees a fall too late."), below=0.6),
        ),
        right=2,
        relative=True,
    ),
    Experiment(
        key="critic_kept_out",
        page="shared_on_policy",
        settings={"stop_gradient": "critic"},
        question=N_(
            "The critic's gradient now stops before the shared body. The critic's loss trains "
            "only the critic's head, and the actor's loss alone trains the body. How good does "
            "the policy become?"
        ),
        choices=(
            Choice(N_("A worse policy: the critic becomes less accurate."), below=0.6),
            Choice(N_("About as good as usual: the critic needs only a head."), 0.6, 1.4),
            Choice(N_("A better policy: the critic does not disturb the actor."), 1.4),
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
            "times from 64 replayed steps. Actor and critic still have separate bodies. What does "
            "the policy do in the last third of the run?"
        ),
        choices=(
            Choice(_ONE_ACTION, below=12),
            Choice(N_("The policy balances a little."), 12, 60),
            Choice(N_("The policy balances more steadily than usual: all data are new."), 60),
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
            "own body and keeps its learning rate. What does the policy do in the last third of "
            "the run?"
        ),
        choices=(
            Choice(N_("The policy balances: the slower critic corrects the actor."), 60),
            Choice(N_("The policy keeps changing, but never becomes good."), 12, 60),
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
            "At each update, the critic learns once from 64 replayed transitions, instead of four "
            "times. Fewer critic steps save time. The actor updates as often as usual. What does "
            "the policy do in the last third of the run?"
        ),
        choices=(
            Choice(N_("The policy balances the pole, but learns a bit more slowly."), 60),
            Choice(_ONE_ACTION, below=12),
            Choice(N_("The policy balances a little."), 12, 60),
        ),
        right=1,
    ),
    Experiment(
        key="fast_critic",
        page="split_replay",
        settings={"critic_learning_rate": 2.5e-3},
        question=N_(
            "The critic's learning rate is 0.0025: ten times as large as usual, and five times as "
            "large as the actor's. How good does the policy become?"
        ),
        choices=(
            Choice(N_("A worse policy: the critic is unstable."), below=0.7),
            Choice(N_("About as good as usual: the actor still learns slowly."), 0.7, 1.3),
            Choice(N_("A better policy: the critic learns faster."), 1.3),
        ),
        right=2,
        relative=True,
    ),
    Experiment(
        key="critic_only",
        page="split_replay",
        settings={"critic_only": True},
        question=N_(
            "The agent ignores the actor and takes the action with the largest Q(s, a), but one "
            "action in twenty is random. What does the agent do in the last third of the run?"
        ),
        choices=(
            Choice(N_("The agent balances without an actor."), 60),
            Choice(N_("The agent balances a little."), 12, 60),
            Choice(N_("The pole falls at once: a critic cannot choose actions."), below=12),
        ),
        right=0,
    ),
    Experiment(
        key="signal_q",
        page="split_replay",
        settings={"policy_signal": "q"},
        question=_NO_BASELINE,
        choices=(
            Choice(N_("The policy balances the pole: the mean gradient is as usual."), 60),
            Choice(N_("The agent does not learn to balance."), below=35),
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
