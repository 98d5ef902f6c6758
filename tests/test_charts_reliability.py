"""The reliability diagram as data."""

from __future__ import annotations

import numpy as np
import pytest

from app.charts.reliability import Diagram, beyond, clicked_bin, edges_text, reliability_figure, scale_of
from app.palette import DARK, LIGHT
from metrics_core.calibration import reliability
from metrics_core.reduce.scores import tally_of

MARKUP = "<b>logit</b> %{x}"


def diagram(name: str = "forest", order: int = 0, *, rare: bool = False, bins: int = 10, strategy="width", n: int = 4000):  # fmt: skip
    rng = np.random.default_rng(order)
    score = rng.beta(0.3, 20, n) if rare else rng.beta(1.2, 1.4, n)
    tally = tally_of(score, rng.random(n) < score**1.3)
    return Diagram(name, order, reliability(tally, bins=bins, strategy=strategy), tally, "ECE 0.012")


def figure(*shown: Diagram, current: str = "forest", **settings):
    return reliability_figure(shown or (diagram(),), current, LIGHT, **settings)


def points(drawn) -> dict:
    return {trace.meta: trace for trace in drawn.data if trace.customdata is not None}


def below(drawn) -> list:
    return [trace for trace in drawn.data if trace.name in ("rows", "rarer")]


def test_each_bin_is_a_point_at_its_mean_score_and_rate_with_its_interval():
    one = diagram()
    trace = points(figure(one))["forest"]
    np.testing.assert_allclose(trace.x, one.bins.mean_score)
    np.testing.assert_allclose(trace.y, one.bins.rate)
    np.testing.assert_allclose(trace.y + trace.error_y.array, one.bins.rate_high)
    np.testing.assert_allclose(trace.y - trace.error_y.arrayminus, one.bins.rate_low)


def test_a_bin_without_rows_has_no_point():
    tally = tally_of(np.array([0.1, 0.9]), np.array([False, True]))
    trace = points(figure(Diagram("forest", 0, reliability(tally, bins=3), tally)))["forest"]
    assert [number for number, _ in trace.customdata] == [0, 2]


def test_the_diagonal_runs_through_the_diagram_and_both_its_sides_are_named():
    for zoom in ("full", "scores"):
        drawn = figure(zoom=zoom)
        (line,) = drawn.layout.shapes
        assert (line.x0, line.x1) == (line.y0, line.y1)
        assert drawn.layout.xaxis.range == drawn.layout.yaxis.range == drawn.layout.xaxis2.range
        assert drawn.layout.xaxis.range[0] < line.x0 < line.x1 < drawn.layout.xaxis.range[1]
        assert {"scores too low", "scores too high"} < {note.text for note in drawn.layout.annotations}


def test_several_models_differ_in_colour_dash_and_symbol_and_the_current_one_is_on_top():
    drawn = figure(diagram(), diagram(MARKUP, 1), current="forest")
    traces = points(drawn)
    assert list(traces) == [MARKUP, "forest"]
    for look in ("line.dash", "marker.color", "marker.symbol"):
        assert len({trace[look] for trace in traces.values()}) == 2
    assert drawn.layout.showlegend
    assert traces[MARKUP].name == "&lt;b&gt;logit&lt;/b&gt; &#37;{x}  ECE 0.012"
    assert [trace.meta for trace in below(drawn)] == [MARKUP, "forest"]
    assert {trace.line.dash for trace in below(drawn)} == {trace.line.dash for trace in traces.values()}


def test_one_model_has_all_rows_and_the_rarer_outcome_in_its_histogram():
    one = diagram()
    rows, rarer = below(figure(one))
    assert (rows.name, rarer.name) == ("rows", "rarer")
    assert sum(rows.y) == one.bins.rows.sum()
    assert sum(rarer.y) == one.bins.positives.sum()
    often = Diagram(
        "forest", 0, one.bins, tally_of(one.tally.score, np.ones(one.tally.score.size, dtype=bool))
    )
    assert len(below(figure(often, hits=("right", "wrong")))[1].y) == 0
    assert any("positive" in note.text for note in figure(one).layout.annotations)


@pytest.mark.parametrize("several", [False, True])
def test_counts_may_have_a_log_axis_on_which_a_single_row_is_seen(several):
    shown = (diagram(rare=True), diagram("other", 1)) if several else (diagram(rare=True),)
    drawn = figure(*shown, log_counts=True)
    axis = drawn.layout.yaxis2
    assert axis.type == "log"
    assert axis.title.text == "rows, log"
    assert 10 ** axis.range[0] < 1
    assert all(np.min(trace.y) > 0 for trace in below(drawn))
    assert figure(*shown).layout.yaxis2.range[0] == 0


def test_the_zoom_shows_where_the_scores_are_by_log_odds():
    one = diagram(rare=True, strategy="odds")
    scale = scale_of([one], "scores")
    assert scale.log_odds
    assert scale.low == 0.1 / 4000  # lower shares cannot be told from 0
    assert np.quantile(one.tally.score, 0.99) < scale.high < 0.9
    assert "log-odds scale" in figure(one, zoom="scores").layout.xaxis2.title.text
    full = scale_of([one], "full")
    assert (full.low, full.high, full.log_odds) == (0, 1, False)
    np.testing.assert_allclose(scale.value(scale.place([0.001, 0.01])), [0.001, 0.01])


def test_rates_of_0_and_1_are_drawn_on_the_edge_of_log_odds():
    tally = tally_of(np.array([0.01, 0.02, 0.98, 0.99]), np.array([False, False, True, True]))
    one = Diagram("forest", 0, reliability(tally, bins=2), tally)
    assert (beyond([one], "scores"), beyond([one], "full")) == (True, False)
    drawn = figure(one, zoom="scores")
    trace, axis = points(drawn)["forest"], drawn.layout.yaxis.range
    assert np.isfinite(trace.y).all()
    assert axis[0] < trace.y[0] < trace.y[1] < axis[1]
    assert np.isfinite(trace.error_y.array).all()


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("zoom", ["full", "scores"])
def test_a_single_score_can_be_drawn(score, zoom):
    tally = tally_of(np.full(5, score), np.array([True, False, False, True, False]))
    drawn = figure(Diagram("forest", 0, reliability(tally), tally), zoom=zoom)
    assert drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
    assert len(drawn.layout.yaxis.tickvals) >= 2


def test_the_ends_of_bins_are_written_with_as_few_digits_as_tell_them_apart():
    assert edges_text(diagram(bins=3).bins) == [("0", "0.333"), ("0.333", "0.667"), ("0.667", "1")]
    close = tally_of(np.array([0.5, 0.50001, 0.50002, 0.9]), np.zeros(4, dtype=bool))
    texts = edges_text(reliability(close, bins=4, strategy="mass"))
    assert len({low for low, _ in texts}) == 4


def test_a_point_says_what_it_holds_and_labels_of_the_file_stay_text():
    one = diagram()
    drawn = figure(one, y="Share of class <i>x</i>", x="Probability of <i>x</i>")
    said = points(drawn)["forest"].hovertext[2]
    assert "score 0.2 to 0.3" in said
    assert f"{one.bins.positives[2]:,.0f} of {one.bins.rows[2]:,.0f}" in said
    assert "<i>" not in said + drawn.layout.yaxis.title.text + drawn.layout.xaxis2.title.text


def test_only_a_point_of_a_bin_answers_a_click():
    trace = points(figure())["forest"]
    assert clicked_bin({"selection": {"points": [{"customdata": trace.customdata[4]}]}}) == ("forest", 4)
    for nothing in (None, {"selection": {"points": []}}, {"selection": {"points": [{}]}}):
        assert clicked_bin(nothing) is None
    for trace in below(figure()):
        assert trace.customdata is None


def test_both_schemes_have_their_colours():
    dark = reliability_figure([diagram()], "forest", DARK)
    assert points(dark)["forest"].marker.color == DARK.sequence[0]
    assert points(figure())["forest"].marker.color == LIGHT.sequence[0]
