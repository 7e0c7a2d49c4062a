"""Writes the model card: what was trained, how training went, and what the result cannot show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from pglab.config import describe_settings, format_value, settings_of
from pglab.config.choice_names import choice_name
from pglab.environments import ENVIRONMENTS
from pglab.language import _
from pglab.library.contents import RunContents
from pglab.library.model_card.markdown import escaped, quotation, table
from pglab.library.model_card.origin import written_by
from pglab.library.model_card.outcome import outcome_sentences
from pglab.library.model_card.words import agent_name, agent_sentences, defaults_of
from pglab.session.side_by_side.contrasts import algorithm_name, applies
from pglab.session.stored.provenance import engine_name

_IN_ADDRESSES = "%/:?&=#,.+~@!$'()*;[]"  # characters that an address may contain


def model_card(
    contents: RunContents, *, name: str = "", note: str = "", link: str | None = None
) -> str:
    """Write a model card in Markdown, with the front matter that Hugging Face reads.

    The front matter contains no metric, because a metric in a front matter means an evaluation on
    fresh episodes.

    Args:
        contents: the run.
        name: the run's name as its owner wrote it; the card shows it as plain text, not as markup.
        note: the owner's note; the card also shows it as plain text.
        link: an address that opens the app with these settings, if there is one.
    """
    title = escaped(name) or _("{agent} on {environment}").format(
        agent=agent_name(contents.config), environment=contents.config.env_id
    )
    sections = [
        _front_matter(contents),
        f"# {title}",
        *([quotation(note)] if escaped(note) else []),
        "## " + _("What was trained"),
        _what(contents),
        *_settings(contents),
        "## " + _("How it went"),
        _list(outcome_sentences(contents)),
        "## " + _("What this rests on"),
        _seeds(contents),
        "## " + _("What it is not"),
        _list(_limits(contents)),
        "## " + _("How it was computed"),
        _list(_origin(contents, link)),
    ]
    return "\n\n".join(sections) + "\n"


def _front_matter(contents: RunContents) -> str:
    config = contents.config
    algorithm = "reinforce" if algorithm_name(config) == "REINFORCE" else "actor-critic"
    tags = ["reinforcement-learning", "policy-gradient", algorithm, "gymnasium", config.env_id]
    lines = [
        "---",
        "library_name: pglab",
        "pipeline_tag: reinforcement-learning",
        "tags:",
        *(f"- {json.dumps(tag)}" for tag in tags),  # JSON strings are YAML strings
        "---",
    ]
    return "\n".join(lines)


def _what(contents: RunContents) -> str:
    info = ENVIRONMENTS[contents.config.env_id]
    environment = _(
        "The environment is {environment} of Gymnasium. Its actions are: {actions}. Its "
        "observations are: {observations}."
    ).format(
        environment=contents.config.env_id,
        actions=", ".join(_(action) for action in info.actions),
        observations=", ".join(_(axis.name) for axis in info.axes),
    )
    return f"{agent_sentences(contents.config)} {environment}"


def _settings(contents: RunContents) -> Iterator[str]:
    """Write the settings that are not defaults, the changes during training, and all settings."""
    config = contents.initial_config
    defaults = defaults_of(config).changed(env_id=config.env_id)
    rows = []
    differing = []
    for name, setting in settings_of(config).items():
        value, default = (choice_name(format_value(getattr(c, name))) for c in (config, defaults))
        if value != default and name != "seed" and applies(config, name):
            differing.append(
                _("**{label}**: {value} instead of {default}").format(
                    label=_(setting.label), value=value, default=default
                )
            )
        shown = value if applies(config, name) else _("{value} (no effect)").format(value=value)
        rows.append((_(setting.label), f"`{name}`", shown, default))
    if differing:
        yield _("These settings differ from the defaults of this agent:")
        yield _list(differing)
    else:
        yield _("All settings but the seed are the defaults of this agent.")
    if contents.changes:
        yield _("These settings changed during training:")
        yield _list(_changes(contents))
    yield _("All settings at the start:")
    yield table((_("setting"), _("name"), _("value"), _("default")), rows)


def _changes(contents: RunContents) -> Iterator[str]:
    for change in contents.changes:
        texts = {name: choice_name(format_value(value)) for name, value in change.settings.items()}
        what = describe_settings(type(contents.initial_config), texts)
        yield _("{what} from step {step:,}").format(what=what, step=change.global_step)


def _seeds(contents: RunContents) -> str:
    return _(
        "This is one run with one seed ({seed}). Another seed gives other initial parameters, "
        "first states and sampled actions, and the result can be very different. So these numbers "
        "say what happened once. They do not say how well this agent usually learns."
    ).format(seed=contents.initial_config.seed)


def _limits(contents: RunContents) -> Iterator[str]:
    yield _(
        "It is not an evaluation on fresh episodes. The returns come from training, and the policy "
        "changed between these episodes."
    )
    yield _(
        "It is not a benchmark. To compare agents, train each of them with several seeds and the "
        "same number of environment steps."
    )
    if contents.outcome == "solved":
        yield _(
            "It is not a run of a fixed length. It stopped at the first reading that counts as "
            "solved, and luck may have helped to reach this reading."
        )
    yield _(
        "It is not made for use outside this environment. It is a small network for teaching and "
        "learning."
    )


def _origin(contents: RunContents, link: str | None) -> Iterator[str]:
    versions = dict(contents.made_by)
    engine = versions.pop("engine", "")
    known = engine in settings_of(contents.config)["engine"].choices
    yield _("Engine: {engine}.").format(engine=engine_name(engine) if known else escaped(engine))
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    yield _("Versions: {packages}.").format(packages=escaped(packages))
    yield _("Training took {seconds:,.1f} seconds of processor time.").format(
        seconds=contents.training_seconds
    )
    origin = written_by()
    if origin["pglab"]:
        yield _("Written by pglab {version}.").format(version=origin["pglab"])
    if origin["commit"]:
        yield _("Commit of pglab: {commit}.").format(commit=origin["commit"])
    if link:
        yield _("These settings in the app: {link}").format(link=_address(link))
    yield _(
        "The same settings, changes, versions and machine give the same numbers again, bit for bit."
    )


def _address(link: str) -> str:
    if not link.startswith(("https://", "http://")):
        return escaped(link)
    return f"<{quote(link, safe=_IN_ADDRESSES)}>"


def _list(items: Iterator[str] | list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
