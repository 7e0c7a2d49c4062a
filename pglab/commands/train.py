"""Trains an agent with one or several seeds, and prints how each run went.

    pglab train reinforce --set gamma=0.9 --seeds 8 --out run.zip

The settings have the same names as in the links of the app. Ctrl+C ends the training early. Then
the command still prints and writes the runs, and they can continue in the app.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from statistics import median

from pglab.algorithms.agents import AgentConfig
from pglab.commands.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    CommandError,
    add_quiet,
    answered,
    mean_text,
    parser_of,
    say,
    table,
)
from pglab.commands.files import add_out, new_bundle, require_writable
from pglab.commands.options.agent_options import PRESETS, add_agent, setting_texts
from pglab.commands.options.parts import USUAL, add_parts, in_order, write_run
from pglab.commands.own_runs import opened_library, own_key
from pglab.commands.progress_bar import part_of, progress_bar
from pglab.commands.seeds import seeds_of, train_all
from pglab.config import ConfigError, require_config
from pglab.engine.engine import LOADING
from pglab.engine.kernels import dynamics
from pglab.language import _, ngettext
from pglab.library.bundle import MOST_RUNS, folder_of
from pglab.library.importing import store
from pglab.library.model_card.words import outcome_name
from pglab.library.snapshot import contents_of
from pglab.library.state.run import can_be_stored
from pglab.library.store.library import Library
from pglab.library.store.problems import LibraryUnavailable
from pglab.library.take_away import Order
from pglab.networks import use_one_thread
from pglab.session.training_session import TrainingSession
from pglab.studies.arguments import whole_number

# Training takes seconds, so a bundle of many seeds would wait mostly for its pictures.
PARTS = [name for name in USUAL if name not in ("clip", "figures")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    chosen = parser().parse_args(arguments)
    try:
        config = require_config(PRESETS[chosen.agent], setting_texts(chosen))
        _require_storable(config, chosen)
    except (ConfigError, CommandError) as error:
        say(error)
        return REFUSED
    use_one_thread()
    return answered(lambda: _train(config, chosen))


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    of_command = parser_of("train", __doc__)
    add_agent(of_command)
    of_command.add_argument(
        "--steps", help="environment steps of each seed (the setting total_steps)"
    )
    of_command.add_argument(
        "--seeds",
        type=whole_number(1, MOST_RUNS),
        default=1,
        help="the number of seeds to train; the setting seed is the first one",
    )
    of_command.add_argument(
        "--keep", action="store_true", help="keep the runs in the library; “pglab runs” lists them"
    )
    add_out(of_command, required=False)
    add_parts(of_command, PARTS)
    add_quiet(of_command)
    return of_command


def _require_storable(config: AgentConfig, chosen: argparse.Namespace) -> None:
    """Before any training, refuse an environment whose runs cannot be stored."""
    if (chosen.out or chosen.keep) and not can_be_stored(config):
        raise CommandError(
            _(
                "Runs in the environment {environment} cannot be stored. Choose one of: {known}, "
                "or leave out --out and --keep."
            ).format(environment=config.env_id, known=", ".join(dynamics.KINDS))
        )


def _train(config: AgentConfig, chosen: argparse.Namespace) -> int:
    """Train all seeds, and do what the options ask for; return the exit code."""
    # What could not be written in the end is refused now.
    library, owner = (opened_library(), own_key()) if chosen.keep else (None, "")
    if chosen.out is not None:
        require_writable(chosen.out, overwrite=chosen.force)
    if config.engine == "fast" and not chosen.quiet:
        say(_(LOADING))
    sessions = seeds_of(config, chosen.seeds)
    with progress_bar(_("Training"), unit=_(" steps"), quiet=chosen.quiet) as report:
        ended = train_all(sessions, report)
    if not ended:
        _say_where(sessions)
    begun = [session for session in sessions if session.global_step]
    if begun:
        print("\n".join(_results(begun)))
    code = DONE if ended else INTERRUPTED
    if library is not None and not _keep(begun, library, owner):
        code = FAILED
    if chosen.out is not None and begun:
        _write(begun, chosen)
    return code


def _say_where(sessions: Sequence[TrainingSession]) -> None:
    """Say at which step Ctrl+C has ended the training."""
    for session in sessions:
        if not session.finished:
            say(
                _("Seed {seed} stopped at step {step:,} of {total:,}.").format(
                    seed=session.config.seed,
                    step=session.global_step,
                    total=session.config.total_steps,
                )
            )


def _results(sessions: Sequence[TrainingSession]) -> Iterator[str]:
    """Yield a table with a row for each seed, and a sentence about all seeds together."""
    header = [_("seed"), _("steps"), _("episodes"), _("mean of last 100 returns"), _("outcome")]
    rows = [
        [
            str(session.config.seed),
            f"{session.global_step:,}",
            f"{len(session.history.episodes):,}",
            mean_text(session.history.mean_return()),
            outcome_name(session.outcome),
        ]
        for session in sessions
    ]
    yield table(header, rows, numbers=(0, 1, 2, 3))
    for session in sessions:
        if session.problem is not None:
            yield _("Seed {seed}: {problem}").format(
                seed=session.config.seed, problem=session.problem
            )
    means = [session.history.mean_return() for session in sessions]
    known = [mean for mean in means if mean is not None]
    if len(sessions) == 1:
        yield _("This is one seed. Another seed can give a very different result.")
    elif known:
        yield ngettext(
            "Only {n} seed has ended an episode; its mean is {median:.1f}.",
            "Over {n} seeds, the median of these means is {median:.1f}, and they range from "
            "{least:.1f} to {most:.1f}.",
            len(known),
        ).format(n=len(known), median=median(known), least=min(known), most=max(known))


def _keep(sessions: Sequence[TrainingSession], library: Library, owner: str) -> bool:
    """Store the runs in the library. If this fails, print why and return False."""
    try:
        for session in sessions:
            kept = store(library, contents_of(session), owner)
            print(
                _("kept seed {seed} as {address}").format(
                    seed=session.config.seed, address=kept.address
                )
            )
    except LibraryUnavailable as error:
        say(error)
        return False
    return True


def _write(sessions: Sequence[TrainingSession], chosen: argparse.Namespace) -> None:
    """Write a bundle with one run at the top level, or with a folder for each of several runs."""
    parts = in_order(chosen.parts)
    with (
        new_bundle(chosen.out, overwrite=chosen.force) as archive,
        progress_bar(_("Writing"), quiet=chosen.quiet) as report,
    ):
        for number, session in enumerate(sessions):
            folder = folder_of(session.config.seed) if len(sessions) > 1 else ""
            progress = part_of(report, number, len(sessions))
            write_run(archive, folder, Order(contents_of(session)), parts, progress)
    print(_("wrote {file}").format(file=chosen.out))
