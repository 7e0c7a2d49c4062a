"""The page *Split bodies* trains an actor-critic whose actor and critic have separate bodies.

The critic learns off-policy from a replay buffer.
"""

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.config import ActorCriticConfig
from pglab.language import _
from pglab.ui.pages.actor_critic_page import actor_critic_page

actor_critic_page(
    "split_replay",
    _("Split bodies"),
    ActorCriticConfig.split_replay(),
    opened=("drawing", "buffer"),
)
