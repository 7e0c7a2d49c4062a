"""The words that pages show for the possible values of a setting."""

from __future__ import annotations

from pglab.config.actor_critic import ActorCriticConfig
from pglab.config.all_agents import settings_of
from pglab.config.reinforce import ReinforceConfig
from pglab.language import _

# Two settings that offer the same value use the same words for it.
_WORDS = {
    value: words
    for config_class in (ReinforceConfig, ActorCriticConfig)
    for described in settings_of(config_class).values()
    for value, words in described.choices.items()
}


def choice_name(choice: str) -> str:
    """The translated words for a choice such as "on_policy"; any other text stays unchanged."""
    return _(_WORDS[choice]) if choice in _WORDS else choice
