"""The address of the gradient lab: which policy, how many episodes, which seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pglab.algorithms.families import AgentConfig
from pglab.config import SEEDS, ActorCriticConfig, ReinforceConfig, differences, parse_config
from pglab.gradient_noise.measurement import EPISODE_CHOICES
from pglab.language import _
from pglab.session.checkpoints import Snapshot
from pglab.session.stored.policies import STEPS
from pglab.ui.pages.gradient_lab.controls import EXAMPLE, Subject
from pglab.ui.pages.gradient_lab.visit_policies import VisitRun, base_settings, describe_agent

POLICY, STEP, EPISODES, SEED, AGENT = "policy", "step", "episodes", "seed", "agent"
OF_RUN = "run."  # before the names of a run's settings
AGENTS: dict[str, AgentConfig] = {
    "reinforce": ReinforceConfig(),
    "actor_critic": ActorCriticConfig(),
}
MOST_STEPS = 10**9
LONGEST_QUOTE = 40
MOST_NAMES = 3  # of unknown parameters in the sentence on them


def link_parameters(subject: Subject, snapshot: Snapshot) -> dict[str, str]:
    """What makes the address open the page with this choice; what is usual is left out.

    A run of this visit exists nowhere else: the link says with which settings to train one.
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


def read_link(link: Mapping[str, str], runs: Sequence[VisitRun]) -> tuple[Subject, list[str]]:
    """The choice that a link asks for, as far as this visit has it.

    Returns:
        The choice, and one sentence for everything that cannot be used.
    """
    texts, usual, problems = dict(link), Subject(), []
    of_run = {name: texts.pop(name) for name in link if name.startswith(OF_RUN)}
    policy, agent = texts.pop(POLICY, EXAMPLE), texts.pop(AGENT, "")
    numbers = {
        name: texts.pop(name, str(default))
        for name, default in (
            (STEP, usual.step),
            (EPISODES, usual.episodes),
            (SEED, usual.seed),
        )
    }
    if texts:
        problems.append(
            _("There is nothing called {names} in the gradient lab; it is ignored.").format(
                names=_listed(list(texts))
            )
        )
    episodes = whole_number(numbers[EPISODES], max(EPISODE_CHOICES))
    if episodes not in EPISODE_CHOICES:
        episodes = usual.episodes
        problems.append(
            _("{value} episodes cannot be drawn. Choose one of: {choices}.").format(
                value=quoted(numbers[EPISODES]),
                choices=", ".join(str(choice) for choice in EPISODE_CHOICES),
            )
        )
    seed = whole_number(numbers[SEED], SEEDS - 1)
    if seed is None:
        seed = usual.seed
        problems.append(
            _("{seed} is no seed. Choose a whole number from 0 to {most:,}.").format(
                seed=quoted(numbers[SEED]), most=SEEDS - 1
            )
        )
    step = whole_number(numbers[STEP], MOST_STEPS)
    if policy == EXAMPLE:
        if step not in STEPS:
            step = usual.step
            problems.append(
                _("The example was not kept after {step} steps. Choose one of: {choices}.").format(
                    step=quoted(numbers[STEP]),
                    choices=", ".join(str(choice) for choice in STEPS),
                )
            )
        return Subject(EXAMPLE, step, episodes, seed), problems
    if step is None or agent not in AGENTS:
        problems.append(
            _("{policy} is no policy that this visit has; the example is shown instead.").format(
                policy=quoted(policy)
            )
        )
        return Subject(EXAMPLE, usual.step, episodes, seed), problems
    config, _refused = parse_config(
        AGENTS[agent], {name.removeprefix(OF_RUN): text for name, text in of_run.items()}
    )
    for run in runs:
        if run.key == policy and any(
            s.global_step == step and s.config == config for s in run.snapshots
        ):
            return Subject(policy, step, episodes, seed, run.name), problems
    problems.append(
        _(
            "The link is of a run of another visit: {agent}, after {step:,} steps. This visit "
            "does not have it, so the example is shown instead. To get it, train these settings "
            "on their page, then choose the run here."
        ).format(agent=describe_agent(config), step=step)
    )
    return Subject(EXAMPLE, usual.step, episodes, seed), problems


def whole_number(text: str, most: int) -> int | None:
    """The number from 0 to `most` that the text is in plain digits; None for any other text."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return None  # Python refuses to read thousands of digits
    return int(text) if int(text) <= most else None


def quoted(text: str) -> str:
    """What a link says, as Markdown that shows it literally, on one line and not at length."""
    plain = " ".join(text.split()).replace("`", "'")
    if len(plain) > LONGEST_QUOTE:
        plain = plain[:LONGEST_QUOTE] + "…"
    return f"`{plain}`" if plain else _("(nothing)")


def _listed(names: Sequence[str]) -> str:
    shown = [quoted(name) for name in names[:MOST_NAMES]]
    return ", ".join([*shown, *(["…"] if len(names) > MOST_NAMES else [])])
