"""The gradient lab's page without a browser; see `test_pages`."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pglab.ui.gradient_lab import PAGE, GradientPage
from tests.test_pages import bench_of, open_page, problems, run

LAB = "pages/gradient_lab.py"


def page_of(app: AppTest) -> GradientPage:
    page: GradientPage = app.session_state[PAGE]
    return page


def finish(app: AppTest) -> None:
    """Rerun, as the browser does, until the measurement is done."""
    for _redraw in range(200):
        run(app)
        if page_of(app).job is None:
            return
    raise AssertionError("the measurement has not ended")


def test_the_page_shows_a_result_before_anything_is_pressed() -> None:
    app = run(open_page(LAB))
    report = page_of(app).shown.report
    assert len(report.estimators) == 4
    assert not problems(app)
    assert page_of(app).job is None


def test_drawing_from_a_checkpoint_of_a_run_of_this_visit() -> None:
    app = open_page()
    bench = bench_of(app)
    bench.session.advance("step", 1_100)
    weights = [p.tolist() for p in bench.session.networks["policy"].parameters()]
    app.switch_page(LAB)
    run(app)
    app.select_slider(key="gradient_lab.episodes").set_value(10)
    run(app)
    app.button(key="draw").click()
    run(app)
    finish(app)
    shown = page_of(app).shown
    assert (shown.subject.step, shown.subject.episodes) == (1_100, 10)
    assert shown.subject.run.startswith("reinforce")
    assert [p.tolist() for p in bench.session.networks["policy"].parameters()] == weights
    assert bench.session.global_step == 1_100


def test_a_measurement_can_be_cancelled_and_keeps_the_former_result() -> None:
    app = run(open_page(LAB))
    former = page_of(app).shown
    app.select_slider(key="gradient_lab.episodes").set_value(500)
    run(app)
    app.button(key="draw").click()
    run(app)
    assert page_of(app).job is not None
    app.button(key="cancel").click()
    run(app)
    assert page_of(app).job is None
    assert page_of(app).shown is former


def test_a_link_with_an_impossible_number_of_episodes_gets_a_sentence() -> None:
    app = run(open_page(LAB, episodes="7", seed="x"))
    text = " ".join(warning.value for warning in app.warning)
    assert "“7” episodes cannot be drawn. Choose one of: 10" in text
    assert "“x” is no seed" in text
