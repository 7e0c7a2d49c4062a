"""The link from a member's phone to the page that trains the member's own run."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from pglab.agent_places import agent_place
from pglab.classroom.room.membership import Member
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.classroom.room.state import RoomError
from pglab.config import ConfigError, ReinforceConfig, differences
from pglab.config.links import language_parameter
from pglab.language import current_language
from pglab.library.state.taking import StateError
from pglab.library.store.library import Library
from pglab.library.store.runs.summary import config_of
from pglab.ui.shell.address_bar import ROOM, ROOM_STEP, RUN
from pglab.ui.shell.menu import HIDE
from pglab.ui.shell.visibility import LOCK, NEW_SEED, SETTINGS, SEVERAL_SEEDS

_NEWEST = 50  # runs of a browser among which the member's own one is looked for


def stored_run(library: Library, owner: str, plan: TrainingPlan, member: Member) -> str:
    """Return the address of the browser's latest stored run that fits the plan and the member.

    The address is "" if there is no such run among the newest runs of the browser.

    Raises:
        LibraryUnavailable: the library cannot be used now.
    """
    for row in library.runs_of(owner, limit=_NEWEST):
        with suppress(ConfigError, StateError, RoomError):  # the run belongs to something else
            config = config_of(row.summary)
            value = None if plan.setting is None else getattr(config, plan.setting)
            if config == plan.config_of(member.number, value):
                return row.address
    return ""


def training_address(
    plan: TrainingPlan, member: Member, code: str, step: int, run: str = ""
) -> str:
    """Return the address, relative to the app, of the page that trains a member's own run.

    On this page, only the setting that members choose can be changed. The page has the language of
    the caller.

    Args:
        plan: what the class trains.
        member: who trains.
        code: the short code of the member's room, which gets the run.
        step: the lesson step in which the class trains.
        run: the address of the stored run that the page continues; "" for a new run.

    Raises:
        RoomError: the plan cannot be used.
    """
    config = plan.config_of(member.number, plan.first_value)
    place = agent_place("reinforce" if isinstance(config, ReinforceConfig) else config.body)
    query = {**differences(config, place.preset), ROOM: code, ROOM_STEP: str(step)}
    hidden = [NEW_SEED, SEVERAL_SEEDS]
    if plan.setting is None:
        query[LOCK] = SETTINGS
    else:  # the line about the class has the only slider
        hidden.append(SETTINGS)
    query[HIDE] = ",".join(hidden)
    if run:
        query[RUN] = run
    query |= language_parameter(current_language())
    return f"{place.path}?{urlencode(query)}"
