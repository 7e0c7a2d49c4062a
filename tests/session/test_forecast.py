"""The forecast of the remaining time is a range that follows from measured steps."""

from __future__ import annotations

import pytest

from pglab.session.side_by_side.forecast import Forecast, duration_text


def forecast_after(*notes: tuple[float, int]) -> Forecast:
    now = [0.0]
    forecast = Forecast(lambda: now[0])
    for seconds, steps in notes:
        now[0] = seconds
        forecast.note(steps)
    return forecast


def test_nothing_is_said_before_a_second_of_progress() -> None:
    assert forecast_after().seconds_left(100) is None
    assert forecast_after((0, 0), (0.9, 500)).seconds_left(100) is None
    assert forecast_after((0, 5), (2, 5)).seconds_left(100) is None


def test_seconds_before_the_first_progress_do_not_count() -> None:
    waited = forecast_after((0, 0), (3, 0), (6, 0), (8, 1000))
    assert waited.steps_per_second == 500


def test_the_rate_is_that_of_the_last_seconds() -> None:
    forecast = forecast_after((0, 0), (10, 100), (20, 1100))
    assert forecast.steps_per_second == 100
    assert forecast.seconds_left(1000) == (8, 12.5)
    forecast.start()
    assert forecast.steps_per_second is None


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1, 3, "less than 5 s"),
        (6, 9, "5–10 s"),
        (8, 12.5, "5–15 s"),
        (45, 70, "40–90 s"),
        (80, 125, "1–3 min"),
        (200, 312, "3–7 min"),
        (9000, 9999, "more than 30 min"),
    ],
)
def test_a_range_is_rounded_outwards(low: float, high: float, text: str) -> None:
    assert duration_text(low, high) == text
