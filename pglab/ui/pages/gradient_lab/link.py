"""Reads and writes links to the gradient lab: policy, number of episodes, and seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pglab.algorithms.agents import AgentConfig
from pglab.config import SEEDS, ActorCriticConfig, Link, ReinforceConfig, differences, quoted
from pglab.gradient_noise.measurement import EPISODE_CHOICES
from pglab.language import _
from pglab.session.rewinding.checkpoints import Snapshot
from pglab.session.stored.policies import STEPS
from pglab.ui.pages.gradient_lab.controls import EXAMPLE, Subject
from pglab.ui.pages.gradient_lab.visit_policies import VisitRun, base_settings, describe_agent

POLICY, STEP, EPISODES, SEED, AGENT = "policy", "step", "episodes", "seed", "agent"
OF_RUN = "run."  # stands before the name of each setting of a run
AGENTS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "actor_critic": ActorCriticConfig(),
}
MOST_STEPS = 10**9


def link_parameters(subject: Subject, snapshot: Snapshot) -> dict[str, str]:
    """Return the parameters of a link to a measurement of `subject`; leave out default values.

    A link to a visitor's own run also contains the settings of the run, because other visitors must
    train such a run again.
    """
    usual = Subject()
    texts = {EPISODES: str(subject.episodes), SEED: str(subject.seed), STEP: str(subject.step)}
    defaults = {EPISODES: str(usual.episodes), SEED: str(usual.seed), STEP: str(usual.step)}
    changed = {name: text for name, text in texts.items() if text != defaults[name]}
    if subject.run == EXAMPLE:
        return changed
    base = base_settings(snapshot.config)
    (agent,) = (name for name, config in AGENTS.items() if config == base)
    settings = differences(snapshot.config, base)
    return (
        {POLICY: subject.run, AGENT: agent, STEP: str(subject.step)}
        | {OF_RUN + name: text for name, text in settings.items()}
        | changed
    )


def read_link(link: Link, runs: Sequence[VisitRun]) -> Subject:
    """Return the subject of the measurement that a link describes.

    If this visit does not have the run in the link, return the stored example instead.
    """
    usual = Subject()
    episodes = link.choice(EPISODES, _("Episodes K"), _by_text(EPISODE_CHOICES), usual.episodes)
    seed = link.whole_number(SEED, _("Seed"), 0, SEEDS - 1, usual.seed)
    of_example = Subject(EXAMPLE, usual.step, episodes, seed)
    policy = link.text(POLICY) or EXAMPLE
    if policy == EXAMPLE:
        step = link.choice(STEP, _("Policy after"), _by_text(STEPS), usual.step)
        return replace(of_example, step=step)
    agent = link.choice(AGENT, _("Agent"), {name: name for name in AGENTS}, None)
    step = link.whole_number(STEP, _("Policy after"), 0, MOST_STEPS, usual.step)
    if agent is None:
        link.problems.append(
            _("This visit has no policy {policy}; the example is shown instead.").format(
                policy=quoted(policy)
            )
        )
        return of_example
    config, problems = link.settings(AGENTS[agent], OF_RUN)
    link.problems += problems
    for run in runs:
        if run.key == policy and any(
            s.global_step == step and s.config == config for s in run.snapshots
        ):
            return Subject(policy, step, episodes, seed, run.name)
    link.problems.append(
        _(
            "The link leads to a run from another visit: {agent}, after {step:,} steps. This visit "
            "does not have this run, so the page shows the example instead. To repeat the linked "
            "run, train an agent with the same settings on its page; then choose the new run here."
        ).format(agent=describe_agent(config), step=step)
    )
    return of_example


def _by_text(numbers: Iterable[int]) -> dict[str, int]:
    return {str(number): number for number in numbers}
