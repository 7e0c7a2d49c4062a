"""Uses the stored results to make the lessons' sentences that contain figures.

A lesson is a file that people can download and edit, so its results are plain numbers in a text.
`check_lessons` looks for each of the sentences in the file of its lesson.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from pglab.config import ActorCriticConfig
from pglab.experiments.evidence import (
    COLLAPSED,
    ON_POLICY_RATES,
    collapsed,
    early_returns,
    last_returns,
    opposed_text,
    p_of_the_body,
    spread_text,
)
from pglab.experiments.results import load
from pglab.language import content
from pglab.maps.ladder import stored as ladders
from pglab.maps.ladder.words import rung_in_words
from pglab.networks import parameter_count
from pglab.session.stored.usual_curves import WINDOW
from pglab.session.training_session import TrainingSession
from pglab.studies.lessons.lesson_figures import (
    arms,
    below,
    cell,
    extent,
    interval,
    right_on,
    spread,
)
from pglab.studies.lessons.lesson_runs import Part
from pglab.studies.outcome import not_in

Parts = Mapping[str, Part]

GAMMAS = (0.8, 0.9, 0.95, 0.99, 1.0)


# --- From returns to gradients


def _from_returns_to_gradients(parts: Parts) -> Iterator[str]:
    first = parts["first_update"]
    ten, likelier, steps = first["ten_episodes"], first["likelier"], first["steps"]
    yield f"the mean of the first ten episodes is between {min(ten):.1f} and {max(ten):.1f} steps"
    length = int(first["first_episode"][0])
    yield f"The first episode has {length} steps."
    yield rf"\frac{{1-0.99^{{{length}}}}}{{1-0.99}} = {(1 - 0.99**length) / (1 - 0.99):.2f}$"
    rose, batch = int(likelier[0]), int(steps[0])
    yield f"For {rose} of {batch} steps. The actions of the other {batch - rose} steps"
    shares = [100 * n / of for n, of in zip(likelier, steps, strict=True)]
    yield f"{min(shares):.0f} to {max(shares):.0f} % of the actions became more likely"
    loss, norm = first["loss"][0], first["gradient_norm"][0]
    yield f"The loss is {loss:.3f}, and the norm of its gradient is {norm:.3f}."

    blind, usual = arms("reinforce", "no_foresight")
    yield f"the mean return is {spread(blind)}. With γ = 0.99, it is {spread(usual)}."
    entropy = blind.spread("late_entropy").median
    yield f"falls from {np.log(2):.2f}, when both actions are equally likely, to {entropy:.2f}"
    by_gamma = [cell("reinforce_gamma", gamma=g, learning_rate=1e-3) for g in GAMMAS]
    middles = [f"{of.estimate:.0f}" for of in by_gamma]
    yield (
        "the middle half of the seeds: {} (γ = 0.8), {} (0.9), {} (0.95), {} (0.99) and {} (1)."
    ).format(*middles)
    wide = "The 95 % intervals for 0.95, 0.99 and 1 are {}, {} and {}. They overlap"
    yield wide.format(*map(interval, by_gamma[2:]))

    small, normal, large = (
        cell("reinforce_gamma", gamma=0.99, learning_rate=rate) for rate in (2e-4, 1e-3, 5e-3)
    )
    yield f"the ten returns (seeds 0–9) lie between {extent(large.values)}."
    yield f"With the usual α of 0.001, they lie between {extent(normal.values)}."
    reinforce = last_returns("reinforce")
    yield f"20 seeds (0–19) lie between {extent(reinforce)} in the steps 50,001–60,000."
    yield f"Their median is {np.median(reinforce):.0f}."
    yield f"The intervals are {interval(normal)} and {interval(small)}, so they do not overlap."
    yield f"With α = 0.005, the interval is {interval(large)}."

    few, many = (of[0] / 1e6 for of in parts["noise"].values())
    yield f"is {few:.1f} million with your 20 episodes, and {many:.1f} million with your 500."
    yield from _worth_of_a_baseline()
    better, plain = arms("reinforce", "value_baseline")
    yield f"{spread(better)} with V(s), and {spread(plain)} without a baseline."
    right = right_on("reinforce", "value_baseline")
    yield f"On {right} of 8 seeds, the return is at least 1.1 times"


# The gradient lab says these sentences, and `pglab check gradient-variance` checks them there.
_IN_THE_LAB = (
    "about 13 episodes with reward-to-go alone (median over the seeds; range: 4 to 26)",
    "about 33 episodes with the whole-episode return (median over the seeds; range: 12 to 77)",
)


def _worth_of_a_baseline() -> Iterator[str]:
    lost = not_in(content("gradient_lab"), list(_IN_THE_LAB))
    yield from (f"(the gradient lab no longer says: {sentence})" for sentence in lost)
    yield from _IN_THE_LAB


# --- One body or two?


def _one_body_or_two(parts: Parts) -> Iterator[str]:
    one, two = (
        parameter_count(*TrainingSession(config, can_rewind=False).networks.values())
        for config in (ActorCriticConfig(), ActorCriticConfig(body="split"))
    )
    yield f"{two / one:.2f} times: {two:,} instead of {one:,} parameters."
    seminar = [spread_text(agent) for agent in ("shared_on_policy", "split_replay")]
    yield "with the shared body: {}. The agent with split bodies has {}.".format(*seminar)

    split, shared = "equal_split_on_policy", "equal_shared_on_policy"
    yield f"The agent with the shared body: {spread_text(shared)}."
    yield f"The agent with split bodies has {spread_text(split)}."
    yield f"{collapsed(split)} of 10 runs with split bodies end with a policy that repeats"
    of_body = {
        body: sum(collapsed(f"{rate}_{body}_on_policy") for rate in ON_POLICY_RATES)
        for body in ("shared", "split")
    }
    yield f"{of_body['split']} of 30 runs with split bodies end like this"
    yield f"and {of_body['shared']} of 30 runs with a shared body."
    first = early_returns(split)[0]
    last_good = WINDOW * int(np.flatnonzero(first >= COLLAPSED)[-1] + 1)
    yield f"reaches a mean return of {first.max():.0f}, and repeats one action from about step"
    yield f"from about step {last_good:,} on."

    same_work, replay = "same_work_split_replay", "equal_split_replay"
    yield f"its agent reaches {spread_text(same_work)}. The agent without replay"
    yield f"The agent without replay reaches {spread_text(split)}."
    yield f"With the buffer, {collapsed(same_work)} of 10 runs also end with a policy that repeats"
    yield f"the mean return is {spread_text(replay)}, and {collapsed(replay)} of 10 runs"
    bodies = [spread_text(f"equal_{body}_replay") for body in ("shared", "split")]
    yield "{} with a shared body, and {} with split bodies.".format(*bodies)
    yield f"A test gives p = {p_of_the_body('replay'):.2f}:"

    share = opposed_text("shared_on_policy").replace("%", " %")
    yield f"In {share} of the updates in which neither gradient is zero"
    yield f"reach a mean return of {np.median(last_returns('shared_on_policy')):.0f}:"
    kept_out, usual = arms("shared_on_policy", "critic_kept_out")
    yield f"{spread(kept_out, digits=1)}. With the usual settings, it is {spread(usual)}."
    right = right_on("shared_on_policy", "critic_kept_out")
    yield f"On {right} of 8 seeds, the return is less than"
    yield f"The median entropy is {kept_out.spread('late_entropy').median:.3f}:"
    bias = parts["replay"]["bias"]
    yield f"(0–7): by {min(bias):.0f} to {max(bias):.0f}. With seed 0, Q is {bias[0]:.0f} too high"
    yield from _effects_of_the_ladder()


def _effects_of_the_ladder() -> Iterator[str]:
    """Yield the ladder's effects as the lesson writes them, such as "−319 in A (−358 to −253)"."""
    ladder = ladders.load(ladders.SEMINAR)
    told = {one.rung.names[0]: rung_in_words(ladder.plan, one) for one in ladder.effects}
    for setting, start in (
        ("rollout_steps", "Steps per update, 16 instead of 1"),
        ("body", "Body, split instead of shared"),
        ("critic_data", "Replay instead of the steps just taken"),
        ("learning_rate", "α, 0.0005 instead of 0.001"),
    ):
        effects = [sentence.rpartition(": ")[2].split(" return ")[0] for sentence in told[setting]]
        intervals = [sentence.split("interval ")[1].split(",")[0] for sentence in told[setting]]
        yield f"{start}: {effects[0]} in A ({intervals[0]})"
        if setting != "learning_rate":
            yield f"{effects[1]} in B ({intervals[1]})"


# --- Why did it collapse?


def _why_did_it_collapse(parts: Parts) -> Iterator[str]:
    stored, late = load("reinforce"), "late_return"
    fallen, value, short, long = (
        (stored[name].spread("late_loss").median, stored[name].spread(late).median)
        for name in ("large_learning_rate", "value_baseline", "usual", "usual_60000")
    )
    yield f"agent A is {fallen[0]:.1f}, the loss of agent B is {value[0]:.1f}"
    yield f"the loss of agent C is {short[0]:.1f}."
    yield f"its mean return is {fallen[1]:.0f}. Agent B has V(s) as its baseline: {value[1]:.0f}."
    yield f"after 12,000 steps: {short[1]:.0f}."
    yield f"after 60,000 steps, the loss is {long[0]:.1f}, and the mean return is {long[1]:.0f}."

    hot, usual = arms("reinforce", "large_learning_rate")
    zeros = int((hot.figures["late_entropy"] < 0.005).sum())
    yield f"0.00 on {zeros} of 8 seeds (0–7)."
    yield f"With the usual α, it is {spread(usual, 'late_entropy', 2)}."
    yield f"The mean return is {hot.spread(late).median:.1f}, and {usual.spread(late).median:.0f}"
    yield f"So the gradient is {hot.spread('late_gradient_norm').median:.2f}, the loss"

    yield from _sentences_about_collapses(parts["collapse"])

    fine, usual = arms("split_replay", "large_learning_rate")
    errors = [arm.spread("late_td_error").median for arm in (fine, usual)]
    yield "Smaller: {:.2f}, and {:.2f} in usual runs.".format(*errors)
    yield f"The mean return is {fine.spread(late).median:.1f} on the median seed"
    yield f"and below 12 on {right_on('split_replay', 'large_learning_rate')} of 8 seeds"

    yield from _sentences_about_buffers(parts["replay"])
    slow, middle, fast = (
        cell("split_replay_critic", learning_rate=5e-4, critic_learning_rate=rate).estimate
        for rate in (1e-5, 2.5e-4, 5e-3)
    )
    yield f"from {slow:.0f} (0.00001), over {middle:.0f} (0.00025), up to {fast:.0f} (0.005)."
    yield f"faster critic**: from {slow:.0f} up to {fast:.0f}, with α = 0.0005"


def _sentences_about_collapses(runs: Part) -> Iterator[str]:
    shown = 0  # the place of seed 8 among the runs that had learned
    all_of = len(runs["fork_step"])
    fallen = {name: below(runs[name]) for name in ("unchanged", "tiny", "smaller", "late")}
    yield f"return of 100 or more ends at step {runs['good_step'][shown]:,.0f}."
    yield f"From step {runs['quiet_step'][shown]:,.0f} on, the entropy stays below 0.01."
    yield f"with α = 0.01, {all_of} runs learn"
    gaps = np.subtract(runs["quiet_step"], runs["good_step"])
    yield (
        f"{np.median(gaps):,.0f} steps lie between the last good episode and the final fall of the "
        f"entropy (median; {gaps.min():,.0f} to {gaps.max():,.0f})."
    )
    yield f"this run has {runs['good_entropy'][shown]:.2f} nats."
    yield f"None: {fallen['late']} of {all_of} runs still repeat one action at step 60,000."
    yield f"move *Go to environment step* to {runs['fork_step'][shown]:,}."
    yield f"the mean return of this fork is {runs['smaller'][shown]:.0f}."
    yield f"unchanged: {fallen['unchanged']} of {all_of} runs repeat one action at step 60,000."
    yield f"with α = 0.001: {fallen['smaller']} of {all_of} runs repeat one action."
    yield f"Their mean returns lie between {extent(np.array(runs['smaller']))}."
    yield f"{fallen['tiny']} of {all_of}. So a change that hardly matters already saves"
    yield f"saves {all_of - fallen['tiny']} runs"
    yield f"With α = 0.001, {fallen['smaller']} of {all_of} runs repeat one action."
    yield f"between {fallen['tiny']} and {fallen['smaller']} is the evidence"
    yield f"between {fallen['unchanged']} and {fallen['smaller']} would exaggerate it."
    yield f"{fallen['tiny']} of {all_of} forks collapse with α = 0.01, and {fallen['smaller']} of"


def _sentences_about_buffers(runs: Part) -> Iterator[str]:
    small, usual = runs["small_return"], runs["usual_return"]
    yield f"With 500 transitions, {below(small)} of 8 seeds (0–7) end with a mean return below 12"
    yield f"and the median is {np.median(small):.1f}."
    yield f"With 50,000 transitions, {below(usual)} of 8 seeds end below 12"
    yield f"and the median is {np.median(usual):.0f}."
    errors = [np.median(runs[f"{name}_td_error"]) for name in ("small", "usual")]
    yield "TD error is {:.2f} with 500 transitions, and {:.2f} with 50,000.".format(*errors)
    yield f"it reaches {small[0]:.0f} with 500 transitions, and {usual[0]:.0f} with 50,000."
    yield f"{below(small)} of 8 runs end below 12 with 500 transitions, and {below(usual)} of 8"


SENTENCES: Mapping[str, Callable[[Parts], Iterator[str]]] = {
    "from_returns_to_gradients": _from_returns_to_gradients,
    "one_body_or_two": _one_body_or_two,
    "why_did_it_collapse": _why_did_it_collapse,
}
