"""The words that pages show for the choices of a setting."""

from __future__ import annotations

from pglab.config.actor_critic import ActorCriticConfig
from pglab.config.all_agents import settings_of
from pglab.config.reinforce import ReinforceConfig
from pglab.language import _

# If two settings offer the same choice, they use the same words for this choice.
_WORDS = {
    value: words
    for config_class in (ReinforceConfig, ActorCriticConfig)
    for described in settings_of(config_class).values()
    for value, words in described.choices.items()
}


def choice_name(choice: str) -> str:
    """The translated words for a choice such as "on_policy". Any other text stays unchanged."""
    return _(_WORDS[choice]) if choice in _WORDS else choice
