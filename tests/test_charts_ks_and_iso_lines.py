"""The KS figure, and the lines of equal F1 and equal cost, as data."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from app.charts.iso_lines import F1_LEVELS, add_iso_cost, add_iso_f1
from app.charts.ks import UNITS, KsLines, across, ks_figure
from app.palette import DARK, LIGHT
from metrics_core.iso_cost import IsoCost, cheapest
from metrics_core.separation import ks
from tests.test_separation_and_iso_cost import POSITIVE, SCORE, TALLY, rows, tally_of

EVEN = tally_of(*rows(2000, 0.5))


def lines(figure: go.Figure, what: str) -> list:
    return [t for t in figure.data if (t.name or "").lower().endswith(what)]


def iso(figure: go.Figure) -> list:
    return [shape for shape in figure.layout.shapes if shape.name == "iso"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tally", [TALLY, EVEN], ids=["rare", "even"])
def test_the_gap_stands_at_its_place_between_the_two_lines(unit, palette, tally):
    curve = ks(tally)
    figure = ks_figure([KsLines("forest", 0, curve, 0.3)], "forest", palette, unit=unit)
    (gap,) = lines(figure, "gap")
    assert gap.x[0] == gap.x[1] == across(curve, unit)[curve.at]
    assert gap.y[0] - gap.y[1] == pytest.approx(curve.statistic)
    text = "\n".join(note.text for note in figure.layout.annotations)
    assert f"KS {curve.statistic:.3f}" in text
    assert "score ≥ 0.300" in text


def test_both_lines_are_the_shares_of_the_rows():
    figure = ks_figure([KsLines("forest", 0, ks(TALLY))], "forest", LIGHT)
    for name, of in (("positives", POSITIVE), ("negatives", ~POSITIVE)):
        (line,) = lines(figure, name)
        at = len(line.x) // 2
        assert line.y[at] == pytest.approx((SCORE[of] >= line.x[at]).mean())


def test_several_models_keep_their_colours_and_the_current_one_is_on_top_and_clickable():
    models = [KsLines("<b>a</b>", 0, ks(TALLY)), KsLines("b", 1, ks(EVEN))]
    figure = ks_figure(models, "<b>a</b>", LIGHT)
    assert [line.meta for line in lines(figure, "positives")] == ["b", "<b>a</b>"]
    assert {line.line.color for line in lines(figure, "positives")} == set(LIGHT.sequence[:2])
    assert {line.line.dash for line in lines(figure, "negatives")} == {"dot"}
    assert [t.meta for t in figure.data if t.name == "points"] == ["<b>a</b>"]
    assert not any("<b>a" in (t.name or "") for t in figure.data)


def test_rare_positives_have_their_flagged_shares_by_decades():
    assert ks_figure([KsLines("m", 0, ks(TALLY))], "m", LIGHT, unit="share").layout.xaxis.type == "log"
    assert ks_figure([KsLines("m", 0, ks(EVEN))], "m", LIGHT, unit="share").layout.xaxis.type != "log"


def test_a_point_carries_the_threshold_a_click_sets():
    figure = ks_figure([KsLines("m", 0, ks(EVEN))], "m", LIGHT)
    points = next(t for t in figure.data if t.name == "points")
    assert [data[0] for data in points.customdata] == list(points.x)


def test_every_point_of_a_line_has_its_f1():
    figure = add_iso_f1(go.Figure(), LIGHT)
    assert len(iso(figure)) == len(F1_LEVELS)
    for shape, level in zip(iso(figure), F1_LEVELS, strict=True):
        points = np.array([pair.split(",") for pair in shape.path[1:].split("L")], dtype=float)
        recall, precision = points[:, 0], points[:, 1]
        np.testing.assert_allclose(2 * precision * recall / (precision + recall), level, atol=2e-3)
        assert ((precision > 0) & (precision <= 1)).all()


def test_the_cheapest_point_is_marked_and_its_line_leaves_the_curve_below():
    costs = IsoCost(1, 20, POSITIVE.mean())
    best = cheapest(TALLY, costs)
    figure = add_iso_cost(go.Figure(), LIGHT, costs, best, (0.5, 0.9))
    (mark,) = [t for t in figure.data if t.name == "cheapest"]
    assert (mark.x[0], mark.y[0]) == (best.fpr, best.recall)
    cheap, decided = iso(figure)
    for shape, cost in ((cheap, best.cost), (decided, costs.at(0.5, 0.9))):
        assert costs.at(shape.x0, shape.y0) == pytest.approx(cost)
        assert costs.at(shape.x1, shape.y1) == pytest.approx(cost)
    each = costs.per_fpr * TALLY.fp / TALLY.n_neg + costs.per_miss * (1 - TALLY.tp / TALLY.n_pos)
    assert (each >= best.cost - 1e-12).all()


@pytest.mark.parametrize("fn", [1, 20, 5000])
def test_each_line_says_its_cost_inside_the_square(fn):
    costs = IsoCost(1, fn, POSITIVE.mean())
    figure = add_iso_cost(go.Figure(), LIGHT, costs, cheapest(TALLY, costs), (0.3, 0.7))
    notes = figure.layout.annotations
    assert [note.text.partition(":")[0] for note in notes] == ["cheapest", "decision"]
    for note in notes:
        assert note.text.endswith(" per 1,000 rows")
        assert -1e-9 <= note.x <= 1 + 1e-9
        assert -1e-9 <= note.y <= 1 + 1e-9


def test_a_decision_at_the_cheapest_point_has_no_second_line():
    costs = IsoCost(1, 1, POSITIVE.mean())
    best = cheapest(TALLY, costs)
    assert len(iso(add_iso_cost(go.Figure(), LIGHT, costs, best, (best.fpr, best.recall)))) == 1
    assert len(iso(add_iso_cost(go.Figure(), LIGHT, costs, best, None))) == 1
