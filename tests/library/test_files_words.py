"""The files with words: `config.json` and the model card."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pglab.config import ActorCriticConfig, settings_of
from pglab.library.encoding import config_from
from pglab.library.model_card import origin
from pglab.library.model_card.config_file import config_file
from pglab.library.model_card.markdown import escaped
from pglab.library.model_card.model_card import model_card
from pglab.library.model_card.words import agent_name, agent_sentences, defaults_of
from pglab.session.history import Change
from tests.library.example_runs import RUNS, contents, session_of

EVERY_RUN = pytest.mark.parametrize("name", RUNS)
EVIL = (
    "<img src=x onerror=alert(1)> [a](javascript:b) `c` | *d* \n# e\n1) f\n---\nwww.g.de @h $i$ ‮j"
)


# --- config.json


@EVERY_RUN
def test_the_configuration_can_be_read_back(name: str) -> None:
    run = contents(name)
    facts = json.loads(config_file(run, "https://example.org/?seed=1"))
    assert config_from(facts) == run.initial_config
    assert facts["link"] == "https://example.org/?seed=1"
    assert facts["made_by"] == run.made_by
    assert [change["settings"] for change in facts["changes"]] == [
        change.settings for change in session_of(name).history.changes
    ]
    assert set(facts["written_by"]) == {"pglab", "commit", "python", "platform", "processor"}
    assert json.loads(config_file(run, None))["link"] is None


def test_the_commit_is_that_of_the_repository(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        assert origin.commit_of(tmp_path) is None
        return
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]

    def run(*words: str) -> str:
        done = subprocess.run([*git, *words], cwd=tmp_path, check=True, capture_output=True)
        return done.stdout.decode().strip()

    run("init")
    (tmp_path / "file").write_text("one")
    run("add", ".")
    run("commit", "-m", "one")
    commit, inner = run("rev-parse", "HEAD"), tmp_path / "site-packages"
    inner.mkdir()
    # Without the cache, because the same folder changes.
    assert origin.commit_of.__wrapped__(tmp_path) == commit
    assert origin.commit_of.__wrapped__(inner) is None
    (tmp_path / "file").write_text("two")
    assert origin.commit_of.__wrapped__(tmp_path) == f"{commit}-dirty"


def test_without_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    assert origin.commit_of.__wrapped__(tmp_path) is None


# --- Model card


def unescaped(markdown: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def test_text_of_other_people_is_never_markup() -> None:
    shown = escaped(EVIL)
    assert "\n" not in shown
    assert "‮" not in shown  # would turn the direction of the text
    assert unescaped(shown) == " ".join(EVIL.replace("‮", " ").split())
    assert re.findall(r"(?<!\\)(?:\\\\)*([`*_{}\[\])<>#+\-.!|~$:@&=^])", shown) == []


def test_names_and_notes_are_shown_as_text() -> None:
    run = contents("diverged")
    told = dataclasses.replace(run, problem="<b>p</b>", made_by={"engine": "<i>", "a|b": "<u>"})
    card = model_card(told, name=EVIL, note=EVIL, link="javascript:x<y>")
    assert card.count(f"# {escaped(EVIL)}") == 1
    assert "> \\# e\\\n> 1\\) f\\\n" in card
    assert re.findall(r"(?<!\\)<[^h]", card) == []
    plain = model_card(told, name="  \n", note="\n \n")
    assert f"# {agent_name(run.config)} on CartPole-v1" in plain.splitlines()
    assert "\n>" not in plain


@EVERY_RUN
def test_the_card_says_what_was_trained_and_how_it_went(name: str) -> None:
    run, session = contents(name), session_of(name)
    card = model_card(run)
    head, front, body = card.split("---\n", 2)
    assert head == ""
    assert f'- "{run.config.env_id}"' in front
    assert agent_sentences(run.config) in body
    for setting, described in settings_of(run.config).items():
        assert f"| {described.label} | `{setting}` |" in body
    assert f"one seed ({run.initial_config.seed})" in body
    mean = session.history.mean_return()
    if mean is None:
        assert "No episode has ended yet" in body
    else:
        assert f" {mean:,.1f}" in body
    reading = session.history.reading
    assert ("has no value yet" if reading is None else f"measure is {reading:,.1f}.") in body
    assert not re.search(r"\bnan\b|\bNone\b|[{}]", body)


ENDS = {
    "solved": "The run solved it at step ",
    "diverged": "The run did not solve it. The run diverged: Training stopped at step ",
    "no episode": "The run has not solved it yet. The run has not ended and can continue.",
}


@pytest.mark.parametrize("name", ENDS)
def test_the_card_says_how_the_run_ended(name: str) -> None:
    card = model_card(contents(name))
    assert [text in card for text in ENDS.values()] == [key == name for key in ENDS]
    assert ("stopped at the first reading that counts as solved" in card) == (name == "solved")


def test_the_card_lists_only_settings_that_differ_and_have_an_effect() -> None:
    lines = model_card(contents("reinforce")).splitlines()
    assert "- **Baseline**: learned V(s) instead of none" in lines
    assert "- **Hidden layers**: 24,12 instead of 128,128" in lines
    assert len([line for line in lines if " instead of " in line]) == 2  # but not the seed
    assert "- α 0.01 from step 1,500" in lines
    assert "- γ 0.9, α 0.002 from step 2,200" in lines
    usual = model_card(contents("shared"))
    assert "All settings but the seed are the defaults of this agent." in usual
    assert "| `critic_learning_rate` | 0.00025 (no effect) | 0.00025 |" in usual


@pytest.mark.parametrize(
    ("steps", "episodes", "sentence"),
    [
        (1, 0, "The run took 1 environment step. It finished 0 episodes. It made 0 updates."),
        (2_500, 1, "The run took 2,500 environment steps. It finished 1 episode."),
    ],
)
def test_numbers_have_their_singular_and_plural(steps: int, episodes: int, sentence: str) -> None:
    run = contents("no episode")
    facts = {**run.state.facts, "global_step": steps}
    columns = {
        name: column[:episodes] for name, column in contents("shared").episodes.columns.items()
    }
    run = dataclasses.replace(
        run,
        state=dataclasses.replace(run.state, facts=facts),
        episodes=dataclasses.replace(run.episodes, columns=columns, appended=episodes),
    )
    card = model_card(run)
    assert sentence in card
    assert ("The only finished episode has the return" in card) == (episodes == 1)


def test_each_actor_critic_has_its_own_name_and_defaults() -> None:
    cells = ActorCriticConfig.cells()
    assert len({agent_name(cell) for cell in cells}) == 4
    shared, shared_replay, split, split_replay = cells
    assert defaults_of(shared) == ActorCriticConfig.shared_on_policy()
    assert defaults_of(split_replay) == ActorCriticConfig.split_replay()
    assert [defaults_of(cell) for cell in (shared_replay, split)] == [shared_replay, split]


def test_a_change_of_a_choice_is_told_in_words() -> None:
    run = dataclasses.replace(
        contents("shared"), changes=(Change(5, 5, {"policy_signal": "q", "trained": "actor_only"}),)
    )
    card = model_card(run)
    assert "- signal Q(s, a), learns the actor only from step 5" in card.splitlines()
    assert "At the end, only the actor learned." in card
