"""Copies sessions for the library, and makes sessions from these copies."""

from __future__ import annotations

from collections.abc import Sequence

from pglab.library.contents import RunContents
from pglab.library.state.history import history_from, recent_of, table_of
from pglab.library.state.run import run_from, state_of_run
from pglab.session.rewinding.transition_blocks import Block
from pglab.session.stored.provenance import made_by
from pglab.session.trainer import is_compiled
from pglab.session.training_session import TrainingSession


def contents_of(session: TrainingSession, known: Sequence[Block] = ()) -> RunContents:
    """Copy a run that does not train meanwhile. `known` contains blocks of an earlier copy."""
    history = session.history
    return RunContents(
        initial_config=session.initial_config,
        changes=tuple(history.changes),
        outcome=session.outcome,
        problem=session.problem,
        training_seconds=session.training_seconds,
        episodes=table_of(history.episodes),
        updates=table_of(history.updates),
        state=state_of_run(session.present_run(), known),
        recent=recent_of(history),
        made_by=made_by("fast" if is_compiled(session.config) else "reference"),
    )


def session_from(contents: RunContents, *, can_rewind: bool = True) -> TrainingSession:
    """Make a session that continues the run exactly from the moment of the copy.

    If `can_rewind` is False, the session keeps no checkpoints.

    Raises:
        ConfigError: the environment cannot be used.
        StateError: something in the copy is damaged.
    """
    return TrainingSession.continued(
        contents.initial_config,
        run_from(contents.config, contents.state),
        history_from(contents.episodes, contents.updates, contents.recent, contents.changes),
        training_seconds=contents.training_seconds,
        problem=contents.problem if contents.outcome == "diverged" else None,
        can_rewind=can_rewind,
    )
