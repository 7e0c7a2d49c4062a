"""The visitors of a room in the load test: each of them trains a seed of his own for the class."""

from __future__ import annotations

import os

from pglab.agent_places import config_at
from pglab.classroom.lesson import Lesson, Step
from pglab.classroom.room.opening import OpenedRoom, load_room, open_room
from pglab.classroom.room.own_runs.training import let_train, runs_of
from pglab.classroom.room.own_runs.training_plan import TrainingPlan
from pglab.library.store.library import Library
from pglab.library.store.opening import open_library
from pglab.library.store.runs.kept import new_key
from tests.load.visitor import LoadVisitor
from tests.room.client import PhoneClient

STEPS = 1_000_000  # no run ends during a measurement
STEP = 1  # of the lesson


class LoadRoom:
    """A room whose members train an agent."""

    def __init__(self, page: str) -> None:
        self._library: Library = open_library(os.environ["PGLAB_DATABASE_URL"])
        lesson = Lesson("Load", (Step("Train", page, task="Press Run."),))
        self._room: OpenedRoom = open_room(self._library, new_key(), lesson)
        config = config_at(page, {})
        assert config is not None
        plan = TrainingPlan(config, STEPS)
        state = load_room(self._library, self._room.room).state
        let_train(self._library, self._room.key, state.version, plan)

    async def visitor(self, url: str, further: str) -> LoadVisitor:
        """Let a phone join; return the visitor of the page that trains the phone's seed."""
        phone = PhoneClient(url)
        await phone.join(self._room.full_code)
        address = phone.ask("GET", f"join/{self._room.code}/train/{STEP}").headers["location"]
        path, _mark, query = address.partition("?")
        visitor = LoadVisitor(url, path.rsplit("/", 1)[-1], query + further)
        visitor.cookie = phone.cookie
        return visitor

    def report(self) -> str:
        """How many runs the room has got."""
        runs = runs_of(self._library, self._room.room, STEP)
        steps = [member.run.global_step for member in runs]
        return f"room: {len(runs)} runs have arrived, with {min(steps, default=0):,} to " + (
            f"{max(steps, default=0):,} steps"
        )
