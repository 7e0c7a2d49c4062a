"""The experiments of the three agents' pages.

`right` is what the runs of eight seeds showed, whatever one might have expected.
"""

from __future__ import annotations

from pglab.experiment import Choice, Claim, Experiment
from pglab.language import N_

# Sketches that several choices share: share of the run, mean return.
_ONE_ACTION = ((0.0, 22.0), (0.1, 10.0), (1.0, 9.0))
_UNTRAINED = ((0.0, 22.0), (1.0, 22.0))
_SLOW = ((0.0, 22.0), (0.5, 32.0), (1.0, 45.0))
_USUAL = ((0.0, 22.0), (0.3, 40.0), (0.6, 90.0), (1.0, 150.0))
_FAST = ((0.0, 22.0), (0.2, 100.0), (0.5, 300.0), (1.0, 450.0))

_REINFORCE = (
    Experiment(
        key="large_learning_rate",
        page="reinforce",
        title=N_("A learning rate of 0.1"),
        settings={"learning_rate": 0.1},
        question=N_(
            "Each update now moves the policy about a hundred times as far as usual. What has "
            "become of it in the last third of the run?"
        ),
        choices=(
            Choice(N_("It repeats one action: the pole falls at once."), _ONE_ACTION, below=12),
            Choice(N_("It jumps about and balances no better than chance."), _UNTRAINED, 12, 50),
            Choice(N_("It learns, and sooner than usual."), _FAST, 50),
        ),
        right=0,
        further=(Claim("late_entropy", below=0.01),),
        known_bad=True,
    ),
    Experiment(
        key="no_foresight",
        page="reinforce",
        title=N_("No foresight: γ = 0"),
        settings={"gamma": 0.0},
        question=N_(
            "An action now answers for the reward of its own step only. Every step pays 1. How "
            "good does the policy become?"
        ),
        choices=(
            Choice(N_("It learns: whoever still stands is paid for it."), _USUAL, 60),
            Choice(N_("It learns a little, and slowly."), _SLOW, 35, 60),
            Choice(N_("It does not learn to balance at all."), _UNTRAINED, below=35),
        ),
        right=2,
        further=(Claim("late_gradient_norm", below=0.1, relative=True),),
        known_bad=True,
    ),
    Experiment(
        key="whole_episode",
        page="reinforce",
        title=N_("Credit for the whole episode"),
        settings={"return_form": "whole_episode"},
        question=N_(
            "Every action is now weighed by the return of its whole episode. On average, rewards "
            "that came before an action add nothing to the gradient. What happens to learning?"
        ),
        choices=(
            Choice(N_("Nothing: on average the gradient is the same."), _USUAL, 0.6, 1.3),
            Choice(N_("It becomes much slower."), _SLOW, below=0.6),
            Choice(N_("It becomes faster: weights are larger."), _FAST, 1.3),
        ),
        right=1,
        relative=True,
    ),
    Experiment(
        key="rare_updates",
        page="reinforce",
        title=N_("Sixteen episodes per update"),
        settings={"episodes_per_update": 16},
        question=N_(
            "A gradient averaged over sixteen episodes is much less noisy. With the same number "
            "of environment steps, how far does learning get?"
        ),
        choices=(
            Choice(N_("Further: the steps go in the right direction."), _FAST, 1.3),
            Choice(N_("As far: fewer but better steps."), _USUAL, 0.6, 1.3),
            Choice(N_("Much less far: there are too few steps."), _SLOW, below=0.6),
        ),
        right=2,
        relative=True,
        further=(Claim("updates", below=0.3, relative=True),),
    ),
    Experiment(
        key="normalized_weights",
        page="reinforce",
        title=N_("Weights of size one"),
        settings={"normalize_returns": True},
        question=N_(
            "Returns of up to a hundred are shifted and scaled to mean 0 and deviation 1 in each "
            "batch, so that the gradient shrinks more than tenfold. How far does learning get?"
        ),
        choices=(
            Choice(N_("Hardly anywhere: each step is tiny now."), _SLOW, below=0.5),
            Choice(N_("About as far as usual."), _USUAL, 0.5, 1.7),
            Choice(N_("Much further: the noise is gone."), _FAST, 1.7),
        ),
        right=1,
        relative=True,
        further=(Claim("late_gradient_norm", below=0.1, relative=True),),
    ),
    Experiment(
        key="entropy_bonus",
        page="reinforce",
        title=N_("The largest entropy bonus"),
        settings={"entropy_coefficient": 1.0},
        question=N_(
            "The loss now rewards randomness with the slider's largest weight, 1. How random is "
            "the policy in the last third, compared with a usual run?"
        ),
        choices=(
            Choice(N_("Almost uniform: it cannot commit itself."), _UNTRAINED, 1.1),
            Choice(N_("Hardly any different."), _USUAL, 0.9, 1.1),
            Choice(N_("Less random."), _FAST, below=0.9),
        ),
        right=1,
        statistic="late_entropy",
        relative=True,
    ),
    Experiment(
        key="linear_policy",
        page="reinforce",
        title=N_("No hidden layer, learning rate 0.1"),
        settings={"hidden_sizes": (), "learning_rate": 0.1},
        question=N_(
            "The rate of the first experiment, but the policy is linear: its preference is a "
            "weighted sum of the four observations. What has become of it in the last third?"
        ),
        choices=(
            Choice(N_("It repeats one action here too."), _ONE_ACTION, below=12),
            Choice(N_("It fails: a linear policy is too simple."), _UNTRAINED, 12, 50),
            Choice(N_("It learns to balance."), _USUAL, 50),
        ),
        right=2,
    ),
)

_SHARED = (
    Experiment(
        key="large_learning_rate",
        page="shared_on_policy",
        title=N_("A learning rate of 0.01"),
        settings={"learning_rate": 1e-2},
        question=N_(
            "Ten times the usual rate, after every single step, for actor and critic alike. What "
            "has become of the policy in the last third of the run?"
        ),
        choices=(
            Choice(N_("It repeats one action: the pole falls at once."), _ONE_ACTION, below=12),
            Choice(N_("It balances somewhat, but not well."), _UNTRAINED, 12, 60),
            Choice(N_("It learns as well as usual, or better."), _FAST, 60),
        ),
        right=0,
        further=(Claim("late_entropy", below=0.01),),
        known_bad=True,
    ),
    Experiment(
        key="signal_q",
        page="shared_on_policy",
        title=N_("Q itself as the policy signal"),
        settings={"policy_signal": "q"},
        question=N_(
            "Each action is weighed by Q(s, a) itself, from which nothing is subtracted. In "
            "theory a baseline changes no expected gradient. How good does the policy become?"
        ),
        choices=(
            Choice(N_("About as good as usual, as theory says."), _USUAL, 60),
            Choice(N_("It learns, but slowly."), _SLOW, 25, 60),
            Choice(N_("No better than chance."), _ONE_ACTION, below=25),
        ),
        right=2,
        known_bad=True,
    ),
    Experiment(
        key="rare_updates",
        page="shared_on_policy",
        title=N_("One update in 32 steps"),
        settings={"rollout_steps": 32},
        question=N_(
            "Instead of after each step, both heads learn from 32 steps at once. In the same "
            "number of environment steps, how far does learning get?"
        ),
        choices=(
            Choice(N_("Further: a single step is too noisy to learn from."), _FAST, 1.2),
            Choice(N_("About as far."), _USUAL, 0.6, 1.2),
            Choice(N_("Much less far."), _SLOW, below=0.6),
        ),
        right=2,
        relative=True,
        further=(Claim("updates", below=0.05, relative=True),),
    ),
    Experiment(
        key="heavy_critic",
        page="shared_on_policy",
        title=N_("The critic's loss weighs 100 times as much"),
        settings={"value_loss_coefficient": 100.0},
        question=N_(
            "In the shared body the critic's gradient now drowns the actor's. How far does the "
            "policy get?"
        ),
        choices=(
            Choice(N_("About as far: the features serve both."), _USUAL, 0.6, 1.4),
            Choice(N_("Much less far: the actor has no say in its own body."), _SLOW, below=0.6),
            Choice(N_("Further: a better critic makes a better actor."), _FAST, 1.4),
        ),
        right=0,
        relative=True,
    ),
    Experiment(
        key="short_sight",
        page="shared_on_policy",
        title=N_("Short sight: γ = 0.5"),
        settings={"gamma": 0.5},
        question=N_(
            "A reward counts half as much with each step into the future: what is five steps away "
            "hardly counts. What can the agent still learn?"
        ),
        choices=(
            Choice(N_("As much: three steps' warning is enough to push back."), _USUAL, 0.6, 1.2),
            Choice(N_("More: near rewards are less noisy."), _FAST, 1.2),
            Choice(N_("Much less."), _UNTRAINED, below=0.6),
        ),
        right=2,
        relative=True,
    ),
    Experiment(
        key="critic_kept_out",
        page="shared_on_policy",
        title=N_("The critic may not move the body"),
        settings={"stop_gradient": "critic"},
        question=N_(
            "The critic's loss is kept out of the shared body: only the actor shapes the "
            "features, the critic's head takes what it gets. How far does the policy get?"
        ),
        choices=(
            Choice(N_("Further: no gradient disturbs the actor's."), _FAST, 1.4),
            Choice(N_("About as far."), _USUAL, 0.6, 1.4),
            Choice(N_("Much less far: the critic's judgement is worse."), _SLOW, below=0.6),
        ),
        right=2,
        relative=True,
    ),
)

_SPLIT = (
    Experiment(
        key="on_policy_critic",
        page="split_replay",
        title=N_("No memory for the critic"),
        settings={"critic_data": "on_policy"},
        question=N_(
            "The critic learns once from the 16 steps just taken, instead of four times from 64 "
            "replayed ones. Actor and critic keep their own bodies. What becomes of the policy?"
        ),
        choices=(
            Choice(N_("It learns, and in a steadier way: all data are fresh."), _USUAL, 60),
            Choice(N_("It learns a little."), _SLOW, 12, 60),
            Choice(N_("It repeats one action: the pole falls at once."), _ONE_ACTION, below=12),
        ),
        right=2,
        further=(Claim("late_entropy", below=0.01),),
        known_bad=True,
    ),
    Experiment(
        key="large_learning_rate",
        page="split_replay",
        title=N_("An actor's learning rate of 0.05"),
        settings={"learning_rate": 5e-2},
        question=N_(
            "The actor moves a hundred times as far with each update; the critic, in its own body, "
            "is left as it is. What becomes of the policy?"
        ),
        choices=(
            Choice(N_("The steady critic pulls it back: it learns."), _USUAL, 60),
            Choice(
                N_("It changes its mind all the time, no better than chance."), _UNTRAINED, 12, 60
            ),
            Choice(N_("It repeats one action: the pole falls at once."), _ONE_ACTION, below=12),
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
        title=N_("One critic step per update"),
        settings={"critic_updates": 1},
        question=N_(
            "The critic takes one step on 64 replayed transitions per update, not four: less to "
            "compute. The actor updates as often as before. What becomes of the policy?"
        ),
        choices=(
            Choice(N_("It learns: the same data, only a little later."), _USUAL, 60),
            Choice(N_("It learns a little."), _SLOW, 12, 60),
            Choice(N_("It repeats one action: the pole falls at once."), _ONE_ACTION, below=12),
        ),
        right=2,
    ),
    Experiment(
        key="fast_critic",
        page="split_replay",
        title=N_("A critic ten times as fast"),
        settings={"critic_learning_rate": 2.5e-3},
        question=N_(
            "The critic's learning rate is 0.0025, ten times the usual and five times the actor's. "
            "How far does the policy get?"
        ),
        choices=(
            Choice(N_("Much less far: the critic becomes unstable."), _ONE_ACTION, below=0.7),
            Choice(N_("About as far: the actor sets the pace."), _USUAL, 0.7, 1.3),
            Choice(N_("Further: the actor hears the truth sooner."), _FAST, 1.3),
        ),
        right=2,
        relative=True,
    ),
    Experiment(
        key="critic_only",
        page="split_replay",
        title=N_("The critic alone"),
        settings={"critic_only": True},
        question=N_(
            "The actor rests. Actions are those that the critic likes best, one in twenty of them "
            "random. How good does this become without an actor?"
        ),
        choices=(
            Choice(N_("Useless: a critic only judges."), _ONE_ACTION, below=12),
            Choice(N_("It balances a little."), _SLOW, 12, 60),
            Choice(N_("It balances: Q-learning needs no actor."), _USUAL, 60),
        ),
        right=2,
    ),
    Experiment(
        key="signal_q",
        page="split_replay",
        title=N_("Q itself as the policy signal"),
        settings={"policy_signal": "q"},
        question=N_(
            "Each action is weighed by Q(s, a), from which nothing is subtracted. A baseline is "
            "said to change no expected gradient. How good does the policy become?"
        ),
        choices=(
            Choice(N_("Good: it learns to balance."), _USUAL, 60),
            Choice(N_("It learns a little."), _SLOW, 35, 60),
            Choice(N_("It does not learn to balance."), _ONE_ACTION, below=35),
        ),
        right=2,
        known_bad=True,
    ),
)

EXPERIMENTS: tuple[Experiment, ...] = (*_REINFORCE, *_SHARED, *_SPLIT)


def experiments_of(page: str) -> tuple[Experiment, ...]:
    """The experiments of a page, in the order in which it shows them."""
    return tuple(experiment for experiment in EXPERIMENTS if experiment.page == page)
