"""Each parameter of a link is used, or refused with a sentence, or unknown to the app."""

from __future__ import annotations

import pytest

from pglab import language
from pglab.config import (
    LONGEST_QUOTE,
    SEEDS,
    ActorCriticConfig,
    Link,
    ReinforceConfig,
    differences,
    parse_config,
    quoted,
)
from pglab.config.links import MOST_UNKNOWN
from tests.config.test_config import assert_sentences

HUGE = "9" * 4_400  # Python refuses to convert so many digits
NO_NUMBERS = [
    "",
    "nan",
    "inf",
    "1e400",
    "٣",
    "²",
    "1_000",
    "0_1",
    "٠.١",
    "0x1",
    "1 0",
    HUGE,
    "-" + HUGE,
    "<b>1",
]


def refused(link: Link, name: str) -> None:
    """Check that the link has exactly one problem: a short sentence about this parameter."""
    (problem,) = link.problems
    assert_sentences(problem)
    assert f"({name}) cannot be “" in problem
    assert len(problem) < 250


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "9", "1.5", "-1"])
def test_a_whole_number_is_in_its_range_or_refused(text: str) -> None:
    link = Link({"seeds": text})
    assert link.whole_number("seeds", "Seeds", 1, 8, 2) == 2
    refused(link, "seeds")


def test_a_whole_number_is_read() -> None:
    link = Link({"seed": str(SEEDS - 1)})
    assert link.whole_number("seed", "Seed", 0, SEEDS - 1, 0) == SEEDS - 1
    assert link.whole_number("other", "Other", 0, 9, 5) == 5
    assert link.problems == []


@pytest.mark.parametrize(
    "text", [*(f"0,{t}" for t in NO_NUMBERS), "0", "0,1,0", "0,9", "0,,1", ","]
)
def test_a_point_lies_in_its_ranges_or_is_refused(text: str) -> None:
    link = Link({"at": text})
    assert link.point("at", "Cut", [(-1.0, 1.0), (0.0, 2.0)]) is None
    refused(link, "at")


def test_a_point_is_read() -> None:
    assert Link({"at": "-1,1e-1"}).point("at", "Cut", [(-1.0, 1.0), (0.0, 2.0)]) == [-1.0, 0.1]


@pytest.mark.parametrize("text", ["", "Code", "codes", "x" * 5_000, "<b>", "٣", "code\n# T"])
def test_a_choice_is_one_of_those_offered_or_refused(text: str) -> None:
    link = Link({"chapter": text})
    assert link.choice("chapter", "Chapter", {"code": 1, "idea": 2}, 0) == 0
    refused(link, "chapter")
    assert "Choose one of: code, idea." in link.problems[0]


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize("name", ["gamma", "learning_rate", "seed", "hidden_sizes"])
def test_no_text_for_a_number_is_more_than_refused(name: str, text: str) -> None:
    config, (problem,) = parse_config(ReinforceConfig(), {name: text})
    assert config == ReinforceConfig()
    assert_sentences(problem)
    assert len(problem) < 250


def test_settings_of_one_side_and_what_a_page_offers() -> None:
    link = Link({"a.gamma": "0.9", "b.gamma": "0.8", "a.env_id": "Pong-v0"})
    config, (problem,) = link.settings(ReinforceConfig(), "a.", {"env_id": ["CartPole-v1"]})
    assert config == ReinforceConfig(gamma=0.9)
    assert "“Pong-v0”. Choose one of: CartPole-v1." in problem
    link.refuse_the_rest()
    assert [p for p in link.problems if "“b.gamma”" in p] == link.problems


def test_what_a_page_does_not_know_is_refused_with_a_hint_and_not_at_any_length() -> None:
    link = Link({"gama": "1", "x" * 300: "1", "<b>\n**x**": "1"})
    link.settings(ReinforceConfig())
    link.refuse_the_rest()
    hinted, long, odd = link.problems
    assert "Did you mean “gamma”?" in hinted
    assert f"“{'x' * LONGEST_QUOTE}…”" in long
    assert "“<b> **x**”" in odd
    many = Link({f"p{number}": "" for number in range(1_000)})
    many.refuse_the_rest()
    assert len(many.problems) == MOST_UNKNOWN + 1
    assert many.problems[-1].startswith("992 more")


@pytest.mark.parametrize(
    "name", ["fbclid", "gclid", "msclkid", "utm_source", "utm_", "_ga", "ref", "embed_options"]
)
def test_what_campaigns_and_streamlit_add_is_no_matter_of_ours(name: str) -> None:
    link = Link({name: "x"})
    link.refuse_the_rest()
    assert link.problems == []


@pytest.mark.parametrize("text", ["x" * 300, "../..", "", "EN", "en/../en", "\0", "ru"])
def test_any_text_as_a_language_is_the_default_language(text: str) -> None:
    token = language._language.set("en")
    try:
        language.use_language(text)
        assert language.content("home")
        assert language._("Discount γ") == "Discount γ"
        assert language._language.get() == language.DEFAULT_LANGUAGE
    finally:
        language._language.reset(token)
    refused(Link({"lang": text}), "lang")
    assert Link({"lang": "en"}).problems == []


def test_a_quotation_is_short_on_one_line_and_ends_where_it_seems_to() -> None:
    assert quoted("**7**\n# T") == "“**7** # T”"
    assert quoted("a`b`” c“") == "“a'b'\" c\"”"
    assert quoted("x" * 40) == f"“{'x' * 40}”"
    assert quoted("x" * 41) == f"“{'x' * 40}…”"
    assert quoted("left\u202eright\0") == "“left�right�”"


# --- The return that counts as solved


@pytest.mark.parametrize("preset", [ReinforceConfig(), ActorCriticConfig.split_replay()])
def test_a_link_to_an_environment_takes_its_own_return_as_solved(
    preset: ReinforceConfig | ActorCriticConfig,
) -> None:
    link = {"env_id": "Acrobot-v1"}
    config, _problems = parse_config(preset, link)
    assert config.success_return == -100.0
    assert differences(config, preset) == link
    for text in ("500", "-200"):
        asked = link | {"success_return": text}
        config, _problems = parse_config(preset, asked)
        assert config.success_return == float(text)
        assert differences(config, preset) == asked
        assert config.changed(env_id="MountainCar-v0").success_return == float(text)
    assert config.changed(success_return=-100.0).changed(env_id="CartPole-v1").success_return == 500
