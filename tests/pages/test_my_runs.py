"""The page *My runs*, without a browser; see `opened`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pglab.algorithms.agents import AgentConfig
from pglab.config import ActorCriticConfig, ReinforceConfig
from pglab.curves import Curve
from pglab.environments import ENVIRONMENTS
from pglab.library.bundle import packed, run_files
from pglab.library.contents import RunContents
from pglab.library.encoding import encoded
from pglab.library.importing import import_bundle
from pglab.library.keeping.saver import shared_library
from pglab.library.model_card.markdown import escaped
from pglab.library.snapshot import contents_of
from pglab.library.store.library import Library
from pglab.library.store.runs.kept import KeptRun, RunRow, new_address, new_key
from pglab.library.store.runs.summary import summary_of
from pglab.library.store.tidying import Quotas
from pglab.session.training_session import TrainingSession
from pglab.ui.pages.compare.settings import STATE as COMPARISON
from pglab.ui.pages.compare.state import ComparePage
from pglab.ui.pages.compare.stored_curves import StoredCurve, drawn_curves
from pglab.ui.pages.live_stage import _is_outdated
from pglab.ui.pages.my_runs.listing import RUNS_PER_PAGE
from tests.pages.opened import bench_of, open_app, press, run

MY_RUNS = "pages/my_runs.py"
MARKUP = "**7** <b>$x$</b> :red[x] [a](http://e.com)"


@pytest.fixture
def library() -> Library:
    found = shared_library().get()
    assert found is not None
    return found


@pytest.fixture
def me() -> str:
    return new_key()


def small(**settings: Any) -> ReinforceConfig:
    return ReinforceConfig(hidden_sizes=(8,), **settings)


def small_cell(**settings: Any) -> ActorCriticConfig:
    return ActorCriticConfig(hidden_sizes=(8,), **settings)


def trained(config: AgentConfig, steps: int) -> RunContents:
    session = TrainingSession(config)
    session.advance("step", steps)
    return contents_of(session)


def save(library: Library, owner: str, contents: RunContents, **summary: Any) -> str:
    """Store a run under a new address; `summary` changes what the list shows of it."""
    kept = KeptRun(
        address=new_address(),
        owner=owner,
        writer="tab",
        data=encoded(contents),
        blocks=contents.state.blocks,
        summary=replace(summary_of(contents), **summary),
    )
    library.save(kept)
    return kept.address


def open_list(owner: str) -> AppTest:
    return open_as(owner, MY_RUNS)


def open_as(owner: str, page: str) -> AppTest:
    app = open_app()
    app.session_state["owner"] = owner
    return go_to(app, page)


def go_to(app: AppTest, page: str) -> AppTest:
    app.query_params.clear()  # a browser does the same
    app.switch_page(page)
    return run(app)


def choose(app: AppTest, *rows: int) -> None:
    chosen = {"rows": list(rows), "columns": [], "cells": []}
    app.session_state[str(app.dataframe[0].key)] = {"selection": chosen}
    run(app)


def column(app: AppTest, name: str) -> list[Any]:
    return list(app.dataframe[0].value[name])


def click(app: AppTest, key: str) -> None:
    app.button(key=key).click()
    run(app)


def said(app: AppTest) -> list[str]:
    return [element.value for element in (*app.warning, *app.info)]


def rows_of(library: Library, owner: str) -> list[RunRow]:
    return library.runs_of(owner)


def test_the_list_shows_my_runs_and_no_others(library: Library, me: str) -> None:
    save(library, me, trained(small(gamma=0.9, seed=3), 300))
    save(library, me, trained(small_cell(body="split", critic_data="on_policy"), 200))
    save(library, new_key(), trained(small(), 100))
    app = open_list(me)
    assert column(app, "agent") == ["Split bodies", "REINFORCE"]
    settings = column(app, "settings")
    assert "critic data on_policy" in settings[0]
    assert settings[1] == "γ 0.9, layers 8, seed 3"
    assert column(app, "steps") == [200, 300]
    assert column(app, "outcome") == ["not ended", "not ended"]
    summary = rows_of(library, me)[1].summary
    assert column(app, "return")[1] == summary.mean_return
    assert column(app, "episodes")[1] == summary.episodes
    curve, (low, high) = column(app, "curve")[1], ENVIRONMENTS["CartPole-v1"].return_range
    assert len(curve) == summary.episodes
    returns = trained(small(gamma=0.9, seed=3), 300).episodes.columns["episode_return"]
    assert curve[0] == pytest.approx(100 * (returns[0] - low) / (high - low), abs=0.06)


def test_without_runs_the_page_says_how_runs_come_here(me: str) -> None:
    app = open_list(me)
    (sentence,) = said(app)
    assert "no stored runs yet" in sentence
    assert not app.dataframe
    assert not app.text_input
    assert len(app.file_uploader) == 1


def test_a_run_of_a_page_appears_in_the_list_and_opens_where_it_stood(
    library: Library, me: str
) -> None:
    app = open_as(me, "pages/reinforce.py")
    press(app, "episode")
    bench = bench_of(app)
    step, episodes = bench.session.global_step, bench.session.history.episodes["episode_return"]
    app.session_state["reinforce.lab"].kept.keeper.save(library, at_once=True)
    other = save(library, me, trained(ReinforceConfig(seed=9, gamma=0.9), 150))
    go_to(app, MY_RUNS)
    assert column(app, "steps") == [150, step]
    choose(app, 0)
    click(app, "open_run")
    assert bench_of(app).session.global_step == 150
    assert bench_of(app).session.config == ReinforceConfig(seed=9, gamma=0.9)
    assert app.query_params["run"] == other
    assert not bench.running
    go_to(app, MY_RUNS)
    choose(app, 1)
    click(app, "open_run")
    assert bench_of(app) is not bench, "the page reads the stored run"
    assert bench_of(app).session.global_step == step
    np.testing.assert_array_equal(
        bench_of(app).session.history.episodes["episode_return"], episodes
    )


def test_the_run_that_a_page_shows_is_not_loaded_again(library: Library, me: str) -> None:
    app = open_as(me, "pages/reinforce.py")
    press(app, "step")
    bench, keeper = bench_of(app), app.session_state["reinforce.lab"].kept.keeper
    keeper.save(library, at_once=True)
    go_to(app, MY_RUNS)
    choose(app, 0)
    click(app, "open_run")
    assert bench_of(app) is bench
    assert app.query_params["run"] == keeper.address


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (ReinforceConfig(), "reinforce"),
        (ActorCriticConfig(critic_data="replay"), "shared_on_policy"),
        (ActorCriticConfig.split_replay(), "split_replay"),
    ],
)
def test_a_run_opens_on_the_page_of_its_agent(
    library: Library, me: str, config: AgentConfig, key: str
) -> None:
    stored = save(library, me, trained(config, 120))
    app = open_list(me)
    choose(app, 0)
    click(app, "open_run")
    assert bench_of(app, key).session.global_step == 120
    assert bench_of(app, key).session.config == config
    assert app.query_params["run"] == stored
    assert not app.warning


def test_search_and_order(library: Library, me: str) -> None:
    contents = trained(small(), 50)
    facts = [(30, 5.0, "solved"), (10, None, None), (20, 9.0, None)]
    addresses = [
        save(library, me, contents, global_step=steps, mean_return=mean, outcome=outcome)
        for steps, mean, outcome in facts
    ]
    library.annotate(me, addresses[2], name="Ärger", note="line\nbreak")
    app = open_list(me)
    assert column(app, "steps") == [20, 10, 30]
    assert column(app, "note")[0] == "line break"
    for order, steps in (("steps", [30, 20, 10]), ("return", [20, 30, 10])):
        app.selectbox(key="my_runs.order").set_value(order)
        run(app)
        assert column(app, "steps") == steps
    assert math.isnan(column(app, "return")[-1])
    for search, steps in (("ärger", [20]), ("SOLVED cartpole", [30]), ("", [20, 30, 10])):
        app.text_input(key="my_runs.search").set_value(search)
        run(app)
        assert column(app, "steps") == steps
    app.text_input(key="my_runs.search").set_value("100% **nothing**")
    run(app)
    assert said(app) == ["No run contains all these words."]
    assert not app.dataframe


def test_the_list_has_pages(library: Library, me: str) -> None:
    contents = trained(small(), 20)
    for number in range(RUNS_PER_PAGE + 3):
        save(library, me, contents, global_step=number)
    app = open_list(me)
    app.selectbox(key="my_runs.order").set_value("steps")
    run(app)
    assert len(column(app, "steps")) == RUNS_PER_PAGE
    app.pagination(key="my_runs.page").set_value(2)
    run(app)
    assert column(app, "steps") == [2, 1, 0]
    assert any(f"Runs 51 to 53 of {RUNS_PER_PAGE + 3}." in c.value for c in app.caption)
    choose(app, 0, 1, 2)
    click(app, "delete_runs")
    click(app, "delete_now")
    assert len(column(app, "steps")) == RUNS_PER_PAGE, "the second page is gone"


def test_name_and_note_are_text(library: Library, me: str) -> None:
    stored = save(library, me, trained(small(), 50))
    save(library, me, trained(small(seed=1), 40))
    app = open_list(me)
    assert "name" not in app.dataframe[0].proto.column_order
    choose(app, 1)
    app.text_input(key=f"my_runs.name.{stored}").set_value(MARKUP)
    app.text_area(key=f"my_runs.note.{stored}").set_value(f"a\n{MARKUP}")
    (button,) = (button for button in app.button if button.label == "Save")
    button.click()
    run(app)
    rows = {row.address: row for row in rows_of(library, me)}
    assert (rows[stored].name, rows[stored].note) == (MARKUP, f"a\n{MARKUP}")
    assert column(app, "name") == ["", MARKUP]
    assert "name" in app.dataframe[0].proto.column_order
    click(app, "pin_runs")
    click(app, "delete_runs")
    (question,) = said(app)
    assert question.endswith(f"Pinned: “`{MARKUP[:40]}…`”.")


def test_a_run_that_was_deleted_meanwhile_cannot_be_named(library: Library, me: str) -> None:
    stored = save(library, me, trained(small(), 50))
    app = open_list(me)
    choose(app, 0)
    library.delete(me, [stored])
    (button,) = (button for button in app.button if button.label == "Save")
    button.click()
    run(app)
    assert any("was deleted meanwhile" in sentence for sentence in said(app))


def test_pin_and_unpin(monkeypatch: pytest.MonkeyPatch, library: Library, me: str) -> None:
    contents = trained(small(), 20)
    for _number in range(3):
        save(library, me, contents)
    app = open_list(me)
    assert app.button(key="pin_runs").disabled
    choose(app, 0, 2)
    click(app, "pin_runs")
    assert [row.pinned for row in rows_of(library, me)] == [True, False, True]
    assert [bool(cell) for cell in column(app, "pinned")] == [True, False, True]
    assert app.button(key="pin_runs").label == "Unpin"
    click(app, "pin_runs")
    assert not any(row.pinned for row in rows_of(library, me))
    monkeypatch.setattr(library, "quotas", Quotas(runs=1))
    click(app, "pin_runs")
    assert [row.pinned for row in rows_of(library, me)].count(True) == 1
    assert said(app) == ["You have pinned 1 runs, and more are not possible\\. Unpin one first\\."]
    assert any("Pinned runs stay (at most 1)" in c.value for c in app.caption)
    run(app)
    assert not said(app), "the sentence appears once"


def test_a_deletion_must_be_confirmed(library: Library, me: str) -> None:
    contents = trained(small(), 20)
    kept, *gone = (save(library, me, contents, global_step=n) for n in range(3))
    library.annotate(me, gone[0], name="a_b", pinned=True)
    app = open_list(me)
    choose(app, 0, 1)
    click(app, "delete_runs")
    assert said(app) == ["Delete 2 runs? They cannot be restored. Pinned: “`a_b`”."]
    assert library.count_of(me) == 3
    click(app, "keep_runs")
    assert not said(app)
    click(app, "delete_runs")
    choose(app, 1, 2)
    assert not said(app), "another choice withdraws the question"
    choose(app, 0, 1)
    click(app, "delete_runs")
    click(app, "delete_now")
    assert [row.address for row in rows_of(library, me)] == [kept]
    assert column(app, "steps") == [0]
    assert app.button(key="delete_runs").disabled, "nothing is chosen after a deletion"


def test_a_deleted_run_that_continues_on_its_page_has_a_new_address(
    library: Library, me: str
) -> None:
    app = open_as(me, "pages/reinforce.py")
    press(app, "step")
    keeper = app.session_state["reinforce.lab"].kept.keeper
    keeper.save_now(library)
    deleted = app.query_params["run"]
    library.delete(me, [deleted])
    press(app, "step")
    keeper.save_now(library)
    # The saver of the process may have saved the run before the page was drawn.
    has_new_address = app.query_params["run"] != deleted
    assert has_new_address or _is_outdated(app.session_state["reinforce.lab"])
    run(app)
    (row,) = rows_of(library, me)
    assert row.address == app.query_params["run"] != deleted
    assert not _is_outdated(app.session_state["reinforce.lab"])


def test_rows_that_moved_are_not_chosen(library: Library, me: str) -> None:
    """Otherwise, a run that was saved meanwhile would be deleted instead of the chosen one."""
    contents = trained(small(), 20)
    save(library, me, contents)
    app = open_list(me)
    choose(app, 0)
    assert not app.button(key="delete_runs").disabled
    save(library, me, contents)
    run(app)
    assert app.button(key="delete_runs").disabled


def test_two_runs_train_side_by_side(library: Library, me: str) -> None:
    second = small_cell(seed=5, total_steps=20_000, gamma=0.9)
    save(library, me, trained(second, 40))
    save(library, me, trained(ReinforceConfig(seed=4, learning_rate=0.01), 40))
    app = open_list(me)
    assert app.button(key="train_side_by_side").disabled
    choose(app, 0, 1)
    assert any("both train with seed 4" in c.value for c in app.caption)
    click(app, "train_side_by_side")
    comparison = app.session_state[COMPARISON].comparison
    assert comparison.first_seed == 4
    assert comparison.configs[0] == ReinforceConfig(learning_rate=0.01)
    usual = ActorCriticConfig()
    shared = {"seed": 0, "total_steps": usual.total_steps}
    assert comparison.configs[1] == second.changed(
        **shared, stop_when_solved=usual.stop_when_solved
    )
    assert not app.warning


def with_a_begun_comparison(library: Library, me: str) -> AppTest:
    """Open Compare and train. The runs of both sides are stored, so runs saved later are newer."""
    app = open_as(me, "pages/compare.py")
    page: ComparePage = app.session_state[COMPARISON]
    page.comparison.advance(30)
    page.kept.keeper.save_now(library)
    return app


def test_a_comparison_that_was_open_before_gets_the_sides(library: Library, me: str) -> None:
    app = with_a_begun_comparison(library, me)
    for seed in (1, 2):
        save(library, me, trained(ReinforceConfig(seed=seed, gamma=0.9 + seed / 100), 40))
    go_to(app, MY_RUNS)
    assert len(app.dataframe[0].value) == 4
    choose(app, 0, 1)
    click(app, "train_side_by_side")
    page: ComparePage = app.session_state[COMPARISON]
    assert [config.gamma for config in page.comparison.configs] == [0.92, 0.91]
    assert len(page.past) == 1, "the former comparison stays in the table"


def test_stored_curves_are_drawn_on_compare(library: Library, me: str) -> None:
    first = trained(small(gamma=0.9), 300)
    addresses = [save(library, me, c) for c in (first, trained(small(seed=1), 300))]
    library.annotate(me, addresses[0], name=MARKUP)
    save(library, me, trained(small(env_id="Acrobot-v1"), 600))
    app = open_list(me)
    choose(app, 0, 1, 2)
    click(app, "compare_curves")
    page: ComparePage = app.session_state[COMPARISON]
    labels = [one.curve.label for one in page.stored]
    assert labels[2] == MARKUP[:33] + "…"
    assert {c.env_id for c in page.comparison.configs} == {"Acrobot-v1"}
    caption = next(c.value for c in app.caption if "from My runs" in c.value)
    assert "No agent here trains in CartPole-v1" in caption
    assert f"“`{labels[2]}`”" in caption
    click(app, "forget_stored")
    run(app)
    assert app.session_state[COMPARISON].stored == ()
    assert not any("from My runs" in c.value for c in app.caption)


def test_curves_do_not_disturb_a_comparison_that_has_begun(library: Library, me: str) -> None:
    app = with_a_begun_comparison(library, me)
    comparison = app.session_state[COMPARISON].comparison
    save(library, me, trained(small(env_id="Acrobot-v1"), 600))
    go_to(app, MY_RUNS)
    choose(app, 0)
    click(app, "compare_curves")
    assert app.session_state[COMPARISON].comparison is comparison
    assert any("No agent here trains in Acrobot" in c.value for c in app.caption)


def test_only_curves_of_the_same_environment_are_drawn_and_their_names_are_text() -> None:
    points = Curve(np.arange(3.0), np.arange(3.0), "<b>a</b> & b")
    nothing = Curve(np.empty(0), np.empty(0), "nothing")
    stored = [
        StoredCurve(points, "CartPole-v1"),
        StoredCurve(points, "Acrobot-v1"),
        StoredCurve(nothing, "CartPole-v1"),
    ]
    (drawn,) = drawn_curves(stored, [ReinforceConfig(), ReinforceConfig(gamma=0.9)])
    assert drawn.label == "&lt;b&gt;a&lt;/b&gt; &amp; b"
    assert drawn.steps is points.steps


def test_a_bundle_comes_back_and_goes_on(library: Library, me: str) -> None:
    contents = trained(small_cell(body="split", critic_data="replay", gamma=0.9), 700)
    app = open_list(me)
    app.file_uploader(key="my_runs.bundle").upload("run.zip", packed(run_files(contents)))
    run(app)
    (row,) = rows_of(library, me)
    bench = bench_of(app, "split_replay")
    session = bench.session
    assert session.global_step == 700
    assert app.query_params["run"] == row.address
    original = TrainingSession(contents.initial_config)
    original.advance("step", 1_000)
    with bench.lock:  # the thread that saves runs reads this run, too
        session.advance("step", 300)
    np.testing.assert_array_equal(
        session.history.updates["critic_loss"], original.history.updates["critic_loss"]
    )


def test_all_runs_of_a_bundle_come_back(library: Library, me: str) -> None:
    sides = {"side-a": trained(small(seed=5), 300), "side-b": trained(small_cell(), 200)}
    files = {
        f"{folder}/{name}": data
        for folder, contents in sides.items()
        for name, data in run_files(contents).items()
    }
    app = open_list(me)
    app.file_uploader(key="my_runs.bundle").upload("comparison.zip", packed(files))
    run(app)
    assert sorted(column(app, "steps")) == [200, 300]
    sentence = "2 runs came in. They are in the list above."
    assert [success.value for success in app.success] == [sentence]
    run(app)
    assert library.count_of(me) == 2, "each file is read once"
    choose(app, column(app, "steps").index(300))
    click(app, "open_run")
    assert bench_of(app).session.global_step == 300


def test_the_sentence_of_a_diverged_run_from_a_bundle_is_text(library: Library, me: str) -> None:
    contents = replace(trained(small(), 100), outcome="diverged", problem=MARKUP)
    app = open_list(me)
    app.file_uploader(key="my_runs.bundle").upload("run.zip", packed(run_files(contents)))
    run(app)
    assert bench_of(app).session.problem == MARKUP
    assert [error.value for error in app.error] == [escaped(MARKUP)]


def spoiled() -> RunContents:
    contents = trained(small(), 50)
    arrays = dict(contents.state.arrays)
    arrays["observation"] = np.full_like(arrays["observation"], np.nan)
    return replace(contents, state=replace(contents.state, arrays=arrays))


@pytest.mark.parametrize(
    ("bundle", "sentence"),
    [
        (lambda: b"no zip", "The file is not a bundle of this app"),
        (lambda: packed({"README.md": b"x"}), "The file contains no run"),
        (lambda: packed({"run.safetensors": encoded(spoiled())}), "a number that is not finite"),
    ],
)
def test_a_bad_bundle_is_refused_with_a_sentence(
    library: Library, me: str, bundle: Callable[[], bytes], sentence: str
) -> None:
    app = open_list(me)
    app.file_uploader(key="my_runs.bundle").upload("run.zip", bundle())
    run(app)
    assert sum(sentence in text for text in said(app)) == 1
    assert library.count_of(me) == 0
    run(app)
    assert sum(sentence in text for text in said(app)) == 1, "as long as the file is there"
    app.file_uploader(key="my_runs.bundle").clear()
    run(app)
    assert not any(sentence in text for text in said(app))


def test_without_a_library_the_page_says_so_and_shows_nothing_else(
    monkeypatch: pytest.MonkeyPatch, library: Library, me: str
) -> None:
    import_bundle(library, packed(run_files(trained(small(), 20))), me)
    shared = shared_library()
    monkeypatch.setattr(shared, "_library", None)
    monkeypatch.setattr(shared, "_next_attempt", math.inf)
    monkeypatch.setattr(shared, "problem", "The disk is full.")
    app = open_list(me)
    assert said(app) == ["The disk is full\\."]
    for shown in (app.dataframe, app.main.button, app.file_uploader, app.text_input, app.caption):
        assert not shown
