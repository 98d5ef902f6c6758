"""One matrix minus another as drawn: values, colours, words and clicks."""

from __future__ import annotations

import numpy as np
import pytest

from app.charts import layout
from app.charts.matrix_difference import SHARES, cell_values, clicked, difference_figure, interval, signed
from app.palette import DARK, LIGHT
from metrics_core.matrix_difference import MatrixDifference, Placed, matrix_difference

MODELS = ("<b>forest</b>", "logit")


def found(k: int = 2, n: int = 600) -> MatrixDifference:
    rng = np.random.default_rng(2)
    truth, rows, ones = rng.integers(0, k, n), np.arange(n), np.ones(n)
    first, second = (np.where(rng.random(n) < p, truth, rng.integers(0, k, n)) for p in (0.9, 0.5))
    return matrix_difference(*(Placed(rows, truth, p, k, ones, rows) for p in (first, second)))


def drawn(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def names(k: int) -> list[str]:
    return [f"c{i}" for i in range(k)]


def painted(figure) -> np.ndarray:
    """What both traces of cells hold together; no cell is in both."""
    loud, pale = drawn(figure)["difference"].z, drawn(figure)["by chance"].z
    assert not (~np.isnan(loud) & ~np.isnan(pale)).any()
    return np.where(np.isnan(loud), pale, loud)


@pytest.mark.parametrize("share", SHARES)
def test_cells_hold_the_difference_on_a_scale_with_0_in_the_middle(share):
    d = found(3)
    figure = difference_figure(d, names(3), MODELS, LIGHT, share=share)
    values = cell_values(d, share) * (1 if share == "counts" else 100)
    np.testing.assert_array_equal(painted(figure), values)
    for name in ("difference", "by chance"):
        trace = drawn(figure)[name]
        assert trace.zmin == -trace.zmax
        assert trace.zmax == pytest.approx(np.abs(values).max())
        assert trace.colorscale[3][0] == 0.5


def test_the_scale_is_shown_once_also_where_chance_explains_every_cell():
    a = Placed(np.arange(6), np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1]), 2, np.ones(6), np.arange(6))  # fmt: skip
    b = Placed(np.arange(6), a.true, np.array([0, 1, 1, 1, 1, 1]), 2, np.ones(6), np.arange(6))
    for d in (matrix_difference(a, b), found(2), found(3, n=60)):
        figure = difference_figure(d, names(len(d.codes)), MODELS, LIGHT)
        assert [trace.showscale for trace in figure.data[:2]].count(True) == 1


def test_what_chance_explains_is_paler():
    d = found(3, n=60)
    assert 0 < d.certain.sum() < 9
    traces = drawn(difference_figure(d, names(3), MODELS, LIGHT))
    np.testing.assert_array_equal(~np.isnan(traces["difference"].z), d.certain)
    ends = [traces[name].colorscale[-1][1] for name in ("difference", "by chance")]
    assert layout.contrast(ends[0], LIGHT.surface) > layout.contrast(ends[1], LIGHT.surface)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_ends_of_the_scale_differ_in_hue_and_the_numbers_on_them_can_be_read(scheme):
    d = found(3)
    figure = drawn(difference_figure(d, names(3), MODELS, scheme, share="counts"))
    scale, z = figure["difference"].colorscale, figure["difference"].z
    assert (scale[0][1], scale[-1][1]) == (scheme.sequence[1], scheme.sequence[0])
    strongest = np.unravel_index(np.abs(z).argmax(), z.shape)
    inks = dict(zip(zip(figure["numbers"].y, figure["numbers"].x, strict=True), figure["numbers"].textfont.color, strict=True))  # fmt: skip
    ground = scale[-1 if z[strongest] > 0 else 0][1]
    assert layout.contrast(inks[strongest], ground) >= 4.5


def test_a_difference_beyond_chance_is_bold_and_one_within_is_not():
    d = found(2)
    assert d.certain.all()
    bold = drawn(difference_figure(d, names(2), MODELS, LIGHT))["numbers"].text
    assert all("<b>" in text for text in bold)
    alike = Placed(np.arange(6), np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1]), 2, np.ones(6), np.arange(6))  # fmt: skip
    other = Placed(np.arange(6), alike.true, np.array([0, 1, 1, 1, 1, 1]), 2, np.ones(6), np.arange(6))
    plain = drawn(difference_figure(matrix_difference(alike, other), names(2), MODELS, LIGHT))["numbers"].text
    assert not any("<b>" in text for text in plain)


def test_of_two_classes_a_cell_holds_both_rates_and_the_interval():
    d = found(2)
    text = drawn(difference_figure(d, names(2), MODELS, LIGHT))["numbers"].text[0]
    assert f"{d.rates[0, 0]:.1%} against {d.other_rates[0, 0]:.1%}" in text
    assert interval(d.low[0, 0], d.high[0, 0]) in text


def test_the_hover_names_both_models_escaped_and_the_rows_that_moved():
    d = found(3)
    text = drawn(difference_figure(d, names(3), MODELS, LIGHT))["cells"].hovertext[1]
    assert "&lt;b&gt;forest" in text
    assert "<b>forest" not in text
    assert (
        f"{d.only[0, 1]:,} rows only &lt;b&gt;forest&lt;/b&gt; puts here, {d.other_only[0, 1]:,} only logit"
        in text
    )


def test_an_undefined_rate_leaves_its_cell_empty():
    a = Placed(np.arange(4), np.array([0, 0, 1, 1]), np.zeros(4, int), 2, np.ones(4), np.arange(4))
    figure = drawn(difference_figure(matrix_difference(a, a, of="predicted"), names(2), MODELS, LIGHT, share="predicted"))  # fmt: skip
    assert np.isnan(figure["difference"].z[:, 1]).all()
    assert np.isnan(figure["by chance"].z[:, 1]).all()
    assert set(figure["numbers"].x) == {0}


@pytest.mark.parametrize(("k", "written"), [(2, True), (30, True), (31, False)])
def test_numbers_are_written_as_long_as_cells_have_room(k, written):
    assert ("numbers" in drawn(difference_figure(found(k), names(k), MODELS, LIGHT))) == written


def test_a_click_means_a_cell_and_an_empty_one_clears():
    figure = difference_figure(found(3), names(3), MODELS, LIGHT)
    cells = drawn(figure)["cells"]
    data = cells.customdata[5]
    assert (cells.y[5], cells.x[5]) == tuple(data)
    assert clicked({"selection": {"points": [{"customdata": list(data)}]}}, 3) == (1, 2)
    assert clicked({"selection": {"points": []}}, 3) is None
    assert clicked({"selection": {"points": [{"customdata": [7, 0]}]}}, 3) is None


@pytest.mark.parametrize(
    ("value", "share", "text"),
    [
        (0.25, "true", "+25.0 pp"),
        (-0.25, "all", "−25.0 pp"),
        (0.0, "true", "0.0 pp"),
        (1200, "counts", "+1,200"),
    ],
)
def test_differences_carry_their_sign(value, share, text):
    assert signed(value, share) == text
