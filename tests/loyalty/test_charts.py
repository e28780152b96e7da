"""Charts: the same numbers as a picture, in words and as a table."""

import pytest

from accounts.models import Tenant
from loyalty.charts import Bar, Series, bar_chart, tick_step
from rewards.voice import voice_of

COLUMNS = [("Jan", "January 2026"), ("Feb", "February 2026")]


@pytest.mark.parametrize(
    ("highest", "step"), [(0, 1), (5, 1), (6, 2), (26, 10), (4_014_429, 1_000_000), (51, 20)]
)
def test_ticks_are_round_and_at_most_five(highest, step):
    assert tick_step(highest) == step


def test_bars_stand_on_the_ground_and_reach_their_tick():
    chart = bar_chart(
        key="moved",
        title="Moved",
        columns=COLUMNS,
        series=[Series("In", [500, 1_000]), Series("Out", [0, -20])],
        voice=voice_of(Tenant(currency="USD", time_zone="America/New_York")),
    )

    wide = chart.drawings[0]
    assert [tick.text for tick in wide.ticks] == ["0", "200", "400", "600", "800", "1K"]
    half, whole = wide.bars
    assert half == Bar(77.6, 113.0, 133.4, 101.0, "full", "January 2026, In: 500")
    assert (whole.y, whole.y + whole.height) == (wide.ticks[-1].at, wide.bottom)
    assert chart.rows == [("January 2026", ["500", "0"]), ("February 2026", ["1,000", "-20"])]
    assert (
        chart.description
        == "In: most in February 2026, 1,000; 1,000 in February 2026. Out: nothing."
    )
