"""The panels that each agent's page always shows."""

from __future__ import annotations

from pglab.ui.stage.panels.critic import value_map
from pglab.ui.stage.panels.heatmaps import policy_map
from pglab.ui.stage.panels.returns import returns
from pglab.ui.stage.panels.scenery import PanelMaker, Scenery
from pglab.ui.stage.panels.updates import weights
from pglab.ui.stage.picture import PlayerPanel


def player(scene: Scenery) -> PlayerPanel:
    """Return the player, which shows the environment and the probability of each action."""
    return scene.showing.panel


OF_REINFORCE: tuple[PanelMaker, ...] = (returns, player, policy_map, weights)


OF_ACTOR_CRITIC: tuple[PanelMaker, ...] = (returns, player, policy_map, value_map)
