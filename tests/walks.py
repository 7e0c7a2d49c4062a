"""Random walks of visitors over the protocol: `python -m tests.walks --walks 200 --actions 30`.

After every action there must be no exception on the page and no error in the server's log. A walk
that fails prints its seed and its actions: `--seed SEED --walks 1` repeats it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import time
from pathlib import Path
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.browser.harness import ARTIFACTS, running_app
from tests.walks_protocol import SELECT_SLIDER, Control, Visitor

PAGES = ("", "reinforce", "shared_body", "split_bodies", "compare", "gradient_lab")
LINKS = ("", "", "seeds=2", "gamma=0.9&x=3&y=1", "seed=99999999999999999999", "x=9&y=9&at=nan")
WALK_SECONDS = 240.0
ERROR_IN_LOG = re.compile(r"Traceback|\bERROR\b|Error:|Exception")


async def walk(url: str, seed: int, actions: int) -> tuple[list[str], list[str]]:
    """One visit; what was done, and what went wrong."""
    dice = random.Random(seed)
    visitor = Visitor(url, dice.choice(PAGES), dice.choice(LINKS))
    done, trail = [f"open /{visitor.path}?{visitor.query}"], [(visitor.path, visitor.query)]
    try:
        async with asyncio.timeout(WALK_SECONDS):
            await visitor.open()
            for _ in range(actions):
                if visitor.problems:
                    break
                done.append(await act(visitor, dice, trail))
    except TimeoutError:
        done.append(f"(cut after {WALK_SECONDS:g} seconds)")
    finally:
        await visitor.close()
    return done, visitor.problems


async def act(visitor: Visitor, dice: random.Random, trail: list[tuple[str, str]]) -> str:
    """One random action, and its name."""
    usable = [c for _, c in sorted(visitor.controls.items()) if not c.disabled]
    pressed = [c for c in usable if c.kind == "button"]
    turned = [c for c in usable if c.kind not in ("button", "page_link")]
    what = dice.choices(
        ("press", "twice", "turn", "several", "tick", "go", "back", "reload", "emptied"),
        (6, 2, 8, 2, 6 if visitor.running else 0, 2, 1, 1, 1),
    )[0]
    if what in ("press", "twice") and pressed:
        button = dice.choice(pressed)
        for _ in range(2 if what == "twice" else 1):
            state = WidgetState(id=button.element.id, trigger_value=True)
            await visitor.send(state, fragment=button.fragment)
        await visitor.settle()
        return f"{what} {button.element.label}"
    if what in ("turn", "several", "emptied") and turned:
        count = min(len(turned), 3 if what == "several" else 1)
        chosen = dice.sample(turned, count)
        states = [another_value(c, dice, empty=what == "emptied") for c in chosen]
        await visitor.send(*states, fragment=chosen[0].fragment if count == 1 else "")
        await visitor.settle()
        said = zip(chosen, states, strict=True)
        return f"{what} {[(c.element.label, str(state)[-60:]) for c, state in said]}"
    if what == "tick":
        for _ in range(5):
            await tick(visitor)
        return "ticks"
    if what in ("go", "back"):
        if what == "back" and len(trail) > 1:
            trail.pop()
            visitor.path, visitor.query = trail[-1]
        else:
            visitor.path, visitor.query = dice.choice(PAGES), ""
            trail.append((visitor.path, ""))
        await visitor.send(page=visitor.path)
        await visitor.settle()
        return f"{what} /{visitor.path}?{visitor.query}"
    await visitor.open()
    return f"reload /{visitor.path}?{visitor.query}"


async def tick(visitor: Visitor) -> None:
    """What the stage sends when it has painted a picture."""
    if visitor.running:
        state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{visitor.stage[0]}__events")
        state.json_trigger_value = json.dumps([{"event": "tick", "value": visitor.sequence}])
        await visitor.send(state, fragment=visitor.stage[1])
        await visitor.settle()


def another_value(control: Control, dice: random.Random, *, empty: bool) -> WidgetState:
    """A value that a control may take; `empty` as one that the browser has built anew."""
    shown: Any = control.element
    state = WidgetState(id=shown.id)
    match control.kind:
        case "checkbox":
            state.bool_value = dice.random() < 0.5
        case "selectbox" | "radio":
            state.string_value = dice.choice(list(shown.options))
        case "button_group":
            options = [option.content for option in shown.options]
            several = shown.click_mode == 1
            count = 0 if empty else dice.randint(0, len(options)) if several else 1
            state.string_array_value.data[:] = dice.sample(options, count)
        case "slider" if shown.type == SELECT_SLIDER:
            state.string_array_value.data[:] = [dice.choice(list(shown.options))]
        case _:
            low, high, step = shown.min, min(shown.max, shown.min + 1e6), shown.step or 1.0
            value = low + step * dice.randint(0, max(int((high - low) / step), 0))
            if control.kind == "number_input":
                state.double_value = value
            else:
                state.double_array_value.data[:] = [value]
    return state


async def walk_all(url: str, log: Path, arguments: argparse.Namespace) -> list[str]:
    """All walks, several visitors at once; a report of each that failed."""
    gate, reports = asyncio.Semaphore(arguments.at_once), []

    async def one(seed: int) -> None:
        async with gate:
            done, problems = await walk(url, seed, arguments.actions)
        if problems:
            lines = [*(f"  {number} {text}" for number, text in enumerate(done)), *problems]
            reports.append("\n".join([f"walk with seed {seed} failed:", *lines]))

    first = arguments.seed
    await asyncio.gather(*(one(seed) for seed in range(first, first + arguments.walks)))
    text = log.read_text(encoding="utf-8", errors="replace")
    if ERROR_IN_LOG.search(text):
        reports.append("in the server's log:\n" + text[-6_000:])
    return reports


def main() -> int:
    """Walk, and print what went wrong; 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("walks", 200), ("actions", 30), ("seed", 0), ("at-once", 4)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    arguments = parser.parse_args()
    log, begun = ARTIFACTS / "walks.log", time.perf_counter()
    with running_app(log) as server:
        reports = asyncio.run(walk_all(server.url, log, arguments))
    seconds = time.perf_counter() - begun
    lines = [*reports, f"{arguments.walks} walks, {seconds:.0f} s, {len(reports)} failed"]
    sys.stdout.write("\n".join(lines) + "\n")
    return bool(reports)


if __name__ == "__main__":
    sys.exit(main())
