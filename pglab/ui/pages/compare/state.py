"""The state of the page *Compare*: its comparisons, and the players."""

from __future__ import annotations

from dataclasses import dataclass, field

from pglab.language import _
from pglab.library.keeping.comparison_keeper import ComparisonKeeper
from pglab.library.keeping.reopening_comparison import ReopenedComparison
from pglab.maps.two_agents import TwoAgents
from pglab.session.side_by_side.bench import ComparisonBench
from pglab.session.side_by_side.comparison import Comparison, PastComparison
from pglab.session.side_by_side.contrasts import LETTERS
from pglab.ui.controls.sharing import kept_run
from pglab.ui.controls.sharing.kept_run import Kept
from pglab.ui.pages.compare import settings
from pglab.ui.pages.compare.stored_curves import StoredCurve
from pglab.ui.shell.owner import owner
from pglab.ui.shell.page_state import LivePage
from pglab.ui.stage.video.player import Player


@dataclass(kw_only=True)
class ComparePage(LivePage):
    """The page of one visitor, with the current comparison and the earlier comparisons."""

    bench: ComparisonBench
    kept: Kept[ComparisonKeeper]
    stored: tuple[StoredCurve, ...] = ()  # drawn for comparison
    restarts: int = 0
    evidence_drawn: bool = False  # whether the page was last drawn with stored results
    # The last statistics, after the number of restarts and the step at which they were computed.
    statistics: tuple[tuple[int, int], TwoAgents | None] | None = None
    awaits_statistics: bool = False  # whether seeds had to catch up when the page was last drawn
    _players: dict[int, Player] = field(default_factory=dict)

    @property
    def comparison(self) -> Comparison:
        """The current comparison."""
        return self.bench.comparison

    @property
    def past(self) -> list[PastComparison]:
        """The results of earlier comparisons."""
        return self.bench.past

    @property
    def guess(self) -> int | None:
        """Index of the agent that the visitor expects to be ahead; see `ComparisonBench`."""
        return self.bench.guess

    @property
    def tells_evidence(self) -> bool:
        """True if the page may show stored results: after a guess, or after the first step.

        Before a guess, stored results stay hidden, because the results would reveal the answer.
        """
        return self.guess is not None or self.comparison.global_step > 0

    @property
    def may_tell_statistics(self) -> bool:
        """True if the page was drawn without statistics, and they can be computed now."""
        return self.awaits_statistics and not self.comparison.busy

    def player(self, index: int) -> Player:
        """Return the player of one agent; a new run of this agent gets a new player."""
        session = self.comparison.sides[index].session
        known = self._players.get(index)
        if known is None or known.session is not session:
            known = self._players[index] = Player(session, f"player_{LETTERS[index]}")
        known.name = self.heading(index)
        return known

    def heading(self, index: int) -> str:
        """Return the beginning of an agent's panel titles, such as "Shared body, seed 3 · "."""
        name = self.comparison.names[index]
        if self.comparison.seeds == 1:
            return f"{name} · "
        seed = self.comparison.sides[index].shown_session.config.seed
        return _("{name}, seed {seed} · ").format(name=name, seed=seed)

    def restart(self) -> None:
        """Replace the comparison by a new comparison with the values of the controls.

        The new comparison is paused. The page keeps the results of the old comparison as dotted
        lines in the return plot and as a row in a table.
        """
        shown = self.comparison.sides[0].shown_seed
        self.bench.begin(new_comparison())
        self.comparison.show_seed(shown if shown < self.comparison.seeds else 0)
        self._players.clear()
        self.restarts += 1


def new_page() -> ComparePage:
    """Make the state of the page from the stored comparison in the link, or from a new one."""
    found = kept_run.reopened_by_link(settings.PAGE, ReopenedComparison)
    bench = ComparisonBench(new_comparison()) if found is None else found.bench
    keeper = ComparisonKeeper(bench, owner(), None if found is None else found.addresses)
    return ComparePage(key=settings.PAGE, bench=bench, kept=kept_run.keep(keeper, found))


def new_comparison() -> Comparison:
    """Return a new comparison; its settings are the values of the controls."""
    return Comparison(
        settings.compared(), settings.seeds(), settings.first_seed(), settings.length()
    )
