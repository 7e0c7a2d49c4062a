"""What one visitor's comparison page keeps: the comparison, the former ones, the players."""

from __future__ import annotations

from dataclasses import dataclass, field

from pglab.language import _
from pglab.session.side_by_side.comparison import Comparison, PastComparison
from pglab.session.side_by_side.contrasts import LETTERS
from pglab.ui.pages.compare import settings
from pglab.ui.shell.live_page import LivePage
from pglab.ui.stage.player import Player


@dataclass(kw_only=True)
class ComparePage(LivePage):
    """One visitor's comparison, and what became of those before it."""

    comparison: Comparison
    past: list[PastComparison] = field(default_factory=list)
    guess: int | None = None  # which side will be ahead; their number: about equal
    restarts: int = 0
    evidence_drawn: bool = False  # the page as it was drawn last tells what stored runs gave
    _players: dict[int, Player] = field(default_factory=dict)

    @property
    def tells_evidence(self) -> bool:
        """Whether what stored runs gave may be seen: it would take a guess away."""
        return self.guess is not None or self.comparison.global_step > 0

    def player(self, index: int) -> Player:
        """The player of a side; a new run gets a new one."""
        session = self.comparison.sides[index].session
        known = self._players.get(index)
        if known is None or known.session is not session:
            known = self._players[index] = Player(session, f"player_{LETTERS[index]}")
        known.name = self.heading(index)
        return known

    def heading(self, index: int) -> str:
        """What stands before the titles of a side's panels: its name, and which seed is seen."""
        name = self.comparison.names[index]
        if self.comparison.seeds == 1:
            return f"{name} · "
        seed = self.comparison.sides[index].shown_session.config.seed
        return _("{name}, seed {seed} · ").format(name=name, seed=seed)

    def restart(self) -> None:
        """Fresh runs of what is now to be compared, which wait for Run.

        The former stays as overlay and table row.
        """
        former = self.comparison
        former.abandon()
        self.comparison = new_comparison()
        followed = former.sides[0].shown_seed
        self.comparison.show_seed(followed if followed < self.comparison.seeds else 0)
        self._players.clear()
        self.guess, self.restarts = None, self.restarts + 1
        if former.global_step:
            self.past.append(former.summary(len(self.past) + 1))


def new_comparison() -> Comparison:
    """Fresh runs of what is now to be compared."""
    return Comparison(
        settings.compared(), settings.seeds(), settings.first_seed(), settings.length()
    )
