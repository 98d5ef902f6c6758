"""The figures of the forecast boards, as data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.charts.forecast_cells import CLEAR_MARK, cell_clicked, cells_figure, colours_of
from app.charts.forecast_difference import difference_figure
from app.charts.forecast_steps import steps_figure
from app.palette import DARK, LIGHT
from metrics_core.forecast_boards import steps_ahead
from metrics_core.forecast_horizons import by_step
from metrics_core.forecast_pairs import loss_test
from tests.test_forecast_boards import judged, two

VALUE = np.array([[1.0, 2.0, np.nan], [3.0, 0.5, 4.0]])
NONE = np.zeros(VALUE.shape, dtype=bool)


def cells(value=VALUE, middle=None, share=False, **more):
    colours = colours_of(value, "Colour", few=NONE, middle=middle, share=share)
    return cells_figure(value, ["a<b>", "c"], ["1", "2", "3"], LIGHT, colours=colours, titles=("Steps ahead", "Series"), hover=lambda i, j: f"{i} {j}", **more)  # fmt: skip


def test_every_cell_can_be_clicked_and_one_without_a_value_is_blank():
    figure = cells()
    traces = {t.name: t for t in figure.data}
    np.testing.assert_array_equal(traces["values"].z, VALUE)
    assert [tuple(d) for d in traces["cells"].customdata] == [
        ("cell", i, j) for i in (0, 1) for j in (0, 1, 2)
    ]
    assert figure.layout.xaxis.title.text == "Steps ahead"
    assert figure.layout.yaxis.ticktext[0] == "a&lt;b&gt;"


def test_a_click_is_read_as_its_cell_and_anything_else_as_none():
    def event(data):
        return {"selection": {"points": [{"customdata": data}]}}

    assert cell_clicked(event(["cell", 1, 2]), (2, 3)) == (1, 2)
    assert cell_clicked(event(["cell", 2, 0]), (2, 3)) is None
    assert cell_clicked(event(["row", 1]), (2, 3)) is None
    assert cell_clicked({"selection": {"points": []}}, (2, 3)) is None
    assert cell_clicked(None, (2, 3)) is None


def test_cells_of_few_rows_do_not_stretch_the_scale():
    value = np.array([[1.0, 1.0, 1.0, 50.0]])
    few = np.array([[False, False, False, True]])
    assert colours_of(value, "", few=few).high == 1.0
    assert colours_of(value, "", few=np.ones_like(few)).high > 10


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_two_hues_part_at_the_middle_and_are_equally_strong_as_far_out(palette):
    value = np.array([[0.2, 0.8, 1.0]])
    colours = colours_of(value, "", few=np.zeros(value.shape, dtype=bool), middle=0.8, share=True)
    figure = cells_figure(value, ["a"], ["1", "2", "3"], palette, colours=colours, titles=("", ""), hover=lambda i, j: "")  # fmt: skip
    scale = figure.data[0].colorscale
    assert figure.data[0].zmax == 1.0  # no coverage is higher
    assert scale[0][1].lower() != scale[-1][1].lower()
    assert figure.data[0].colorbar.tickvals[1] == 0.8
    # The far end of the short side is no stronger than its distance: not the full hue.
    assert scale[-1][1].upper() != palette.sequence[0].upper()


def test_cells_that_are_not_clear_are_pale_and_clear_ones_marked():
    pale = np.array([[True, False, False], [False, False, False]])
    marks = np.where(VALUE == 4.0, CLEAR_MARK, "")
    traces = {t.name: t for t in cells(middle=0.0, pale=pale, marks=marks).data}
    assert np.isnan(traces["values"].z[0, 0])
    assert traces["pale"].z[0, 0] == 1.0
    assert (traces["marks"].x, traces["marks"].y) == ((2,), (1,))


def test_a_scale_is_there_even_where_every_cell_is_pale():
    for pale in (NONE, ~NONE):
        shown = [t for t in cells(middle=0.0, pale=pale).data if t.type == "heatmap" and t.showscale]
        assert len(shown) == 1
        assert not np.isnan(np.asarray(shown[0].z, dtype=float)).all()


def steps(metric="mae", season=4, **changes):
    cases = replace(judged(), **changes)
    across = steps_ahead(cases)
    assert across is not None
    found = by_step(cases, across, metric, 0.8)
    return found, steps_figure(found, LIGHT, model="f", title="MAE", unit="number", season=season)


def test_the_model_stands_beside_both_naive_forecasts_with_its_band():
    found, figure = steps()
    names = [t.name for t in figure.data]
    assert names == ["95% interval", "naive", "seasonal naive", "f"]
    np.testing.assert_array_equal(figure.data[3].y, found.value)
    assert "less absolute error than it" in figure.data[3].hovertext[0] or "more absolute" in figure.data[3].hovertext[0]  # fmt: skip
    assert list(figure.data[3].customdata[2]) == ["step", 2]
    assert figure.layout.xaxis.title.text == "Steps ahead"


def test_with_a_season_of_one_a_single_naive_forecast_is_drawn():
    _, figure = steps(season=1)
    assert "seasonal naive" not in [t.name for t in figure.data]


def test_a_coverage_is_drawn_beside_what_was_promised():
    _, figure = steps("coverage")
    assert [t.name for t in figure.data] == ["95% interval", "f"]
    assert figure.layout.shapes[0].y0 == 0.8


def test_differences_whose_interval_leaves_zero_out_have_filled_dots():
    found = loss_test(*two())
    figure = difference_figure(found, ("f", "g<i>"), LIGHT, title="Difference")
    line = figure.data[-1]
    sure = [colour != LIGHT.surface for colour in line.marker.color]
    assert sure == ((found.low > 0) | (found.high < 0)).tolist()
    assert "g&lt;i&gt; better ▲" in [a.text for a in figure.layout.annotations]
    low, high = figure.layout.yaxis.range
    assert low < min(0, np.nanmin(found.low))
    assert high > max(0, np.nanmax(found.high))
