"""The page *Shared body* trains an on-policy actor-critic with one body for actor and critic."""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.config import ActorCriticConfig
from pglab.language import _
from pglab.ui.pages.actor_critic_page import actor_critic_page

actor_critic_page(
    "shared_on_policy",
    _("Shared body"),
    ActorCriticConfig.shared_on_policy(),
    opened=("drawing", "conflict"),
)
