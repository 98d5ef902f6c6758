"""The charts of a decision as data, against the core and against direct counts of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from app.charts import layout
from app.charts.cost_curves import Theory, cost_figure, envelope_figure
from app.charts.curve_traces import clicked
from app.charts.cut_axis import CutAxis, Mark, cost_span
from app.charts.net_benefit import net_benefit_figure
from app.charts.objective_curve import TRACK, Marked, Measure, objective_figure
from app.charts.rates_by_threshold import Rates, rates_figure
from app.charts.reject_curve import reject_figure, zones_figure
from app.charts.roc import of_model, roc_figure
from app.charts.roc_hull import with_chosen, with_hull
from app.charts.slice_changes import slice_figure
from app.palette import DARK, LIGHT
from metrics_core import curves
from metrics_core.decisions.choice import choose
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.curves import cost_by_threshold, net_benefit_curve, objective_curve
from metrics_core.decisions.envelope import cost_curve, probability_cost, roc_hull
from metrics_core.decisions.guaranteed import guaranteed_curve
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.reject import reject_band, reject_curve
from metrics_core.decisions.rule import Rule
from metrics_core.decisions.separate import own_thresholds
from metrics_core.decisions.slices import Sliced, slice_rates
from metrics_core.reduce.scores import tally_of

MARKUP = "<b>x</b>"
PRECISE, FEW = Constraint.read("precision>=0.6"), Constraint.read("flagged_share<=0.1")
RULE = Rule(Objective.read(maximize="f1"), (PRECISE, FEW))


def rows(n: int = 4000, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.2
    return positive, np.where(positive, rng.beta(3, 2, n), rng.beta(1, 5, n)).round(3)


POSITIVE, SCORE = rows()
TALLY = tally_of(SCORE, POSITIVE)
AXIS = CutAxis("score")
LIVE = 0.4


def counted(cut: float) -> tuple[int, int, int, int]:
    """TP, FP, FN, TN row by row."""
    flagged = cut <= SCORE
    return tuple(int(c.sum()) for c in (POSITIVE & flagged, ~POSITIVE & flagged, POSITIVE & ~flagged, ~POSITIVE & ~flagged))  # type: ignore[return-value]  # there are four  # fmt: skip


def f1(cut: float) -> float:
    tp, fp, fn, _ = counted(cut)
    return 2 * tp / (2 * tp + fp + fn)


def mark(cut: float, value: float = float("nan")) -> Mark:
    return Mark(cut, float((cut <= SCORE).mean()), value)


def traces(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def texts(figure) -> str:
    return "\n".join(str(note.text) for note in figure.layout.annotations)


def lines(figure) -> dict:
    return {shape.name: shape for shape in figure.layout.shapes if shape.name}


def ends(trace) -> list[tuple[float, float]]:
    """The left and right ends of the rectangles of a trace."""
    return [(trace.x[i], trace.x[i + 1]) for i in range(0, len(trace.x), 6)]


def covers(trace, x: float) -> bool:
    return any(a < x < b for a, b in ends(trace))


# ------------------------------------------------------------------------------------------------ the objective


def objective_of(rule: Rule = RULE, axis: CutAxis = AXIS, palette=LIGHT, **marks):
    curve = objective_curve(TALLY, rule)
    choice = choose(TALLY, rule)
    broken = {c.text: ~c.holds(TALLY.outcomes(curve.threshold)) for c in rule.constraints}
    best = None if choice.threshold is None else mark(choice.threshold, choice.value)
    marked = Marked(mark(LIVE, f1(LIVE)), best, marks.get("ends"))
    return choice, objective_figure(curve, axis, Measure("F1"), marked, broken, palette)


def test_the_chosen_threshold_lies_on_the_curve_of_the_objective():
    choice, figure = objective_of()
    (x,), (y,) = traces(figure)["chosen by the plan"].x, traces(figure)["chosen by the plan"].y
    assert (x, y) == (choice.threshold, pytest.approx(f1(x)))
    points = traces(figure)["points"]
    at = [cut for (cut,) in points.customdata].index(x)
    assert points.y[at] == y


def test_every_point_of_the_objective_is_a_direct_count_and_carries_its_threshold():
    points = traces(objective_of()[1])["points"]
    for i in range(0, len(points.x), 97):
        (cut,) = points.customdata[i]
        assert points.x[i] == cut
        assert points.y[i] == pytest.approx(f1(cut))
    assert (
        clicked({"selection": {"points": [{"customdata": points.customdata[3]}]}}) == points.customdata[3][0]
    )


def test_what_breaks_a_limit_is_hatched_and_the_limit_is_named_below():
    _, figure = objective_of()
    found = traces(figure)
    hatched = found["a limit is broken"]
    assert hatched.fillpattern.shape == "/"
    for cut in np.linspace(0.05, 0.95, 19):
        tp, fp, _, _ = counted(cut)
        is_precise, is_few = tp / (tp + fp) >= 0.6, (tp + fp) / SCORE.size <= 0.1
        assert covers(hatched, cut) == (not (is_precise and is_few))
        assert covers(found[PRECISE.text], cut) == is_precise
        assert covers(found[f"{FEW.text}, broken"], cut) == (not is_few)
    assert figure.layout.yaxis2.ticktext == (PRECISE.text.replace(">", "&gt;"), FEW.text.replace("<", "&lt;"))
    assert figure.layout.height == layout.TALL + 2 * TRACK


def test_the_line_is_solid_only_where_every_limit_holds():
    _, figure = objective_of()
    kept, dotted = traces(figure)["F1"], traces(figure)["ruled out"]
    assert (kept.line.dash, dotted.line.dash) == (None, "dot")
    solid = [x for x in kept.x if x is not None]
    hatched = traces(figure)["a limit is broken"]
    assert not any(covers(hatched, x - 1e-6) for x in solid[1:])


def test_without_limits_nothing_is_hatched_and_there_is_one_panel():
    _, figure = objective_of(Rule(RULE.objective))
    assert set(traces(figure)) == {"F1", "points", "now", "chosen by the plan"}
    assert "yaxis2" not in figure.to_dict()["layout"]


def test_when_no_threshold_is_feasible_all_is_hatched_and_none_is_marked():
    _, figure = objective_of(Rule(RULE.objective, (Constraint.read("precision>=0.999"), Constraint.read("recall>=0.9"))))  # fmt: skip
    assert "chosen by the plan" not in traces(figure)
    hatched = traces(figure)["a limit is broken"]
    assert all(covers(hatched, cut) for cut in np.linspace(0.01, 0.98, 40))
    assert not [x for x in traces(figure)["F1"].x if x is not None]


def test_the_interval_is_a_band_and_the_threshold_in_force_a_line_with_its_number():
    _, figure = objective_of(ends=(mark(0.3), mark(0.5)))
    assert ends(traces(figure)["95% of redraws"]) == [(0.3, 0.5)]
    assert (lines(figure)["now"].x0, lines(figure)["now"].x1) == (LIVE, LIVE)
    assert "now 0.400" in texts(figure)
    assert traces(figure)["now"].y[0] == pytest.approx(f1(LIVE))


def test_on_the_scale_of_flagged_shares_the_same_cuts_are_placed_by_their_share():
    axis = CutAxis("share")
    choice, figure = objective_of(axis=axis)
    share = (choice.threshold <= SCORE).mean()
    assert traces(figure)["chosen by the plan"].x[0] == pytest.approx(share**0.5)
    assert figure.layout.xaxis.title.text == axis.title
    assert figure.layout.xaxis.ticktext[1] == "1%"
    assert lines(figure)["now"].x0 == pytest.approx(float((LIVE <= SCORE).mean()) ** 0.5)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_both_schemes_draw_in_their_own_colours(palette):
    _, figure = objective_of(palette=palette)
    assert traces(figure)["F1"].line.color == palette.sequence[0]
    assert lines(figure)["now"].line.color == palette.accent


def test_a_threshold_beyond_the_axis_is_said_not_drawn():
    curve = objective_curve(TALLY, RULE)
    figure = objective_figure(curve, AXIS, Measure("F1"), Marked(Mark(7.0, 0.0, 0.0)), {}, LIGHT)
    assert "now" not in lines(figure) | traces(figure)
    assert "now 7.000, above every score" in texts(figure)


def test_names_of_limits_stay_text():
    curve = objective_curve(TALLY, RULE)
    figure = objective_figure(curve, AXIS, Measure("F1"), Marked(mark(LIVE)), {MARKUP: ~curve.feasible}, LIGHT)  # fmt: skip
    assert figure.layout.yaxis2.ticktext == ("&lt;b&gt;x&lt;/b&gt;",)
    assert not any(MARKUP in text for text in traces(figure)["points"].hovertext)


# ------------------------------------------------------------------------------------------------ the axis


@pytest.mark.parametrize(
    ("scores", "probability", "wanted"),
    [([0.02, 0.9], True, (0, 1)), ([0.02, 0.3], True, (0.02, 0.3)), ([-4.0, 6.0], False, (-4, 6)), ([0.5, 0.5], True, (0, 1))],
)  # fmt: skip
def test_the_axis_runs_from_0_to_1_only_where_probabilities_fill_it(scores, probability, wanted):
    axis = CutAxis.over("score", np.array(scores), probability=probability)
    assert (axis.low, axis.high) == wanted


def test_a_threshold_outside_the_scores_widens_the_axis():
    assert CutAxis.over("score", np.array([1.0, 5.0]), probability=False, also=[9.0, np.inf]).high == 9


def test_beyond_the_scores_the_curve_goes_on_as_it_is():
    x, y = CutAxis("score").whole(np.array([0.2, 0.7]), np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    assert (x.tolist(), y.tolist()) == ([0, 0.2, 0.7, 1], [3, 3, 4, 4])


def test_costs_many_times_those_compared_are_cut_off():
    low, high = cost_span(np.array([1.0, 2.0, 1000.0]), [1.0, 3.0, float("nan")])
    assert low < 1 < 3 < high < 10
    assert cost_span(np.array([1.0, 2.0, 4.0]), [3.0])[1] > 4


# ------------------------------------------------------------------------------------------------ the rates


GUARANTEED = guaranteed_curve(TALLY)
RATES = Rates.of(TALLY, np.arange(1001) / 1000, GUARANTEED)


def test_the_rates_are_direct_counts():
    figure = rates_figure(RATES, AXIS, mark(LIVE), None, LIGHT)
    tp, fp, fn, _ = counted(LIVE)
    wanted = {"Precision": tp / (tp + fp), "Recall": tp / (tp + fn), "F1": f1(LIVE), "Flagged share": (tp + fp) / SCORE.size}  # fmt: skip
    for name, value in wanted.items():
        line = traces(figure)[name]
        assert line.y[list(line.x).index(LIVE)] == pytest.approx(value)
    assert len({traces(figure)[name].line.dash for name in wanted}) == 4


def test_recall_is_bounded_in_steps_and_precision_only_at_its_cuts():
    figure = rates_figure(RATES, AXIS, mark(LIVE), None, LIGHT)
    recall, precision = traces(figure)["Recall at least"], traces(figure)["Precision at least"]
    assert (recall.mode, recall.line.shape, precision.mode) == ("lines", "vh", "markers")
    np.testing.assert_allclose(precision.x, GUARANTEED.cuts.threshold)
    np.testing.assert_allclose(precision.y, GUARANTEED.precision_low)
    at = list(recall.x).index(LIVE)
    assert recall.y[at] == pytest.approx(float(GUARANTEED.recall_at(LIVE)))
    found = traces(figure)["Recall"]
    known = np.isfinite(np.asarray(recall.y, dtype=float))
    assert (np.asarray(recall.y, dtype=float)[known] <= np.asarray(found.y)[known]).all()


def test_without_bounds_only_the_rates_are_drawn_and_in_the_table():
    rates = Rates.of(TALLY, np.arange(11) / 10, None)
    figure = rates_figure(rates, AXIS, mark(LIVE), None, LIGHT)
    assert not {"Recall at least", "Precision at least"} & set(traces(figure))
    assert list(rates.columns()) == ["threshold", "flagged", "flagged_share", "precision", "recall", "f1"]


def test_the_chosen_threshold_has_a_line_of_its_own_unless_it_is_in_force():
    assert lines(rates_figure(RATES, AXIS, mark(LIVE), mark(0.6), LIGHT))["chosen"].x0 == 0.6
    assert "chosen" not in lines(rates_figure(RATES, AXIS, mark(LIVE), mark(LIVE), LIGHT))


# ------------------------------------------------------------------------------------------------ costs


COSTS = Costs.read(fp="1", fn="5")


def cost_of(cut: float) -> float:
    _, fp, fn, _ = counted(cut)
    return (fp + 5 * fn) / SCORE.size


def test_the_cost_of_every_threshold_is_that_of_1000_rows():
    figure = cost_figure(cost_by_threshold(TALLY, COSTS), AXIS, mark(LIVE, cost_of(LIVE)), LIGHT)
    points = traces(figure)["points"]
    for i in range(0, len(points.x), 111):
        assert points.y[i] == pytest.approx(1000 * cost_of(points.customdata[i][0]))
    assert traces(figure)["now"].y[0] == pytest.approx(1000 * cost_of(LIVE))


def test_the_cheapest_threshold_and_that_of_calibrated_scores_stand_side_by_side():
    theory = COSTS.calibrated_cut()[0]
    figure = cost_figure(cost_by_threshold(TALLY, COSTS), AXIS, mark(LIVE, 1.0), LIGHT, theory=Theory(theory, 0.3))  # fmt: skip
    best = min(np.unique(SCORE), key=cost_of)
    assert traces(figure)["cheapest on these rows"].x[0] == best
    assert lines(figure)["theory"].x0 == theory == pytest.approx(1 / 6)
    assert "if calibrated 0.166667" in texts(figure)


def test_flagging_every_row_and_none_are_drawn_where_they_are_in_sight():
    found = lines(cost_figure(cost_by_threshold(TALLY, COSTS), AXIS, mark(LIVE, cost_of(LIVE)), LIGHT))
    assert found["flag no row"].y0 == pytest.approx(1000 * 5 * POSITIVE.mean())
    assert found["flag every row"].y0 == pytest.approx(1000 * (~POSITIVE).mean())
    dear = Costs.read(fp="50", fn="1")
    found = lines(cost_figure(cost_by_threshold(TALLY, dear), AXIS, mark(0.9, 0.2), LIGHT))
    assert "flag every row" not in found


def test_the_envelope_is_the_lowest_line_and_the_threshold_in_force_a_straight_one():
    curve, now = cost_curve(TALLY), TALLY.outcomes(LIVE)
    here = probability_cost(COSTS, float(POSITIVE.mean()))
    figure = envelope_figure(curve, now, "score ≥ 0.4", LIGHT, here=here)
    tp, fp, fn, tn = counted(LIVE)
    assert traces(figure)["score ≥ 0.4"].y == pytest.approx((fp / (fp + tn), fn / (tp + fn)))
    best = traces(figure)["best here"]
    assert (best.x[0], best.y[0]) == (here, curve.at(here)[1])
    assert best.y[0] <= traces(figure)["now"].y[0]
    assert lines(figure)["here"].x0 == here


def test_prices_that_have_no_place_leave_the_envelope_alone():
    figure = envelope_figure(cost_curve(TALLY), TALLY.outcomes(LIVE), "now", LIGHT)
    assert "best here" not in traces(figure)
    assert "here" not in lines(figure)


# ------------------------------------------------------------------------------------------------ net benefit


def test_net_benefit_stands_beside_flagging_every_row_and_none():
    curve = net_benefit_curve(TALLY)
    figure = net_benefit_figure(curve, mark(LIVE, 0.05), LIGHT, chosen=0.3)
    model, everything, nothing = (traces(figure)[n] for n in ("the model", "flag every row", "flag no row"))
    i = int(np.argmin(np.abs(np.asarray(model.x) - 0.25)))
    tp, fp, _, _ = counted(model.x[i])
    odds = model.x[i] / (1 - model.x[i])
    assert model.y[i] == pytest.approx((tp - fp * odds) / SCORE.size)
    assert everything.y[i] == pytest.approx(POSITIVE.mean() - (~POSITIVE).mean() * odds)
    assert set(nothing.y) == {0}
    assert len({t.line.dash for t in (model, everything, nothing)}) == 3
    assert lines(figure)["chosen"].x0 == 0.3


def test_the_useful_stretch_is_a_band_along_the_foot():
    curve = net_benefit_curve(TALLY)
    figure = net_benefit_figure(curve, mark(LIVE), LIGHT)
    assert ends(traces(figure)["useful: worth more than both"]) == curve.useful_between()
    useless = net_benefit_curve(tally_of(np.full(100, 0.5), np.arange(100) < 20), low=0.3)
    assert "useful: worth more than both" not in traces(net_benefit_figure(useless, mark(LIVE), LIGHT))


# ------------------------------------------------------------------------------------------------ ROC hull


def test_the_hull_lies_on_or_above_the_roc_curve_and_its_corners_answer_clicks():
    curve, hull = curves.roc(TALLY), roc_hull(TALLY)
    figure = roc_figure([of_model("m", 0, curve, TALLY.outcomes(LIVE))], "m", LIGHT, decided="now")
    found = traces(with_chosen(with_hull(figure, hull, LIGHT), 0.1, 0.6, "chosen", LIGHT))
    assert (np.interp(curve.fpr, found["hull"].x, found["hull"].y) >= curve.tpr - 1e-12).all()
    (cut,) = found["hull"].customdata[2]
    tp, fp, fn, tn = counted(cut)
    assert (found["hull"].x[2], found["hull"].y[2]) == pytest.approx((fp / (fp + tn), tp / (tp + fn)))
    assert (found["chosen by the plan"].x, found["chosen by the plan"].y) == ((0.1,), (0.6,))


def test_a_chosen_threshold_without_precision_is_not_marked():
    figure = roc_figure([of_model("m", 0, curves.roc(TALLY), TALLY.outcomes(LIVE))], "m", LIGHT, decided="now")  # fmt: skip
    assert "chosen by the plan" not in traces(with_chosen(figure, 0.0, float("nan"), "x", LIGHT))


# ------------------------------------------------------------------------------------------------ review band


BAND = reject_band(TALLY, max_error=0.05, threshold=LIVE)


def test_the_band_lies_on_the_curve_of_the_best_bands_below_the_single_threshold():
    _, fp, fn, _ = counted(LIVE)
    figure = reject_figure(reject_curve(TALLY), BAND, (fp + fn) / SCORE.size, MARKUP, LIGHT)
    curve, band, single = figure.data[0], traces(figure)["this band"], figure.data[2]
    sure = (BAND.low > SCORE) | (BAND.high <= SCORE)
    wrong = (POSITIVE & (BAND.low > SCORE)).sum() + (~POSITIVE & (BAND.high <= SCORE)).sum()
    assert (band.x[0], band.y[0]) == pytest.approx((sure.mean(), wrong / sure.sum()))
    assert np.interp(band.x[0], curve.x, curve.y) == pytest.approx(band.y[0], abs=0.002)
    assert (single.x[0], single.y[0]) == (1, (fp + fn) / SCORE.size)
    assert single.name == "one threshold, &lt;b&gt;x&lt;/b&gt;"
    assert traces(figure)["points"].customdata[-1] == [1.0] or traces(figure)["points"].customdata[-1] == (
        1.0,
    )


def test_the_three_zones_meet_at_the_ends_of_the_band_and_count_their_rows():
    review = float(((BAND.low <= SCORE) & (BAND.high > SCORE)).sum())
    figure = zones_figure(BAND, (0.0, 1.0), (10.0, review, 20.0), LIGHT)
    assert [ends(trace) for trace in figure.data] == [[(0, BAND.low)], [(BAND.low, BAND.high)], [(BAND.high, 1)]]  # fmt: skip
    assert figure.data[1].name == f"to review: {review:,.0f} rows"
    assert figure.data[1].fillpattern.shape == "/"


def test_a_single_threshold_far_above_every_band_is_said_not_drawn():
    curve = reject_curve(TALLY)
    near, far = (reject_figure(curve, BAND, error, "now", LIGHT) for error in (0.2, 0.9))
    assert near.layout.yaxis.range[1] > 0.2
    assert far.layout.yaxis.range[1] < 0.2
    assert "far above: 90.0%" in texts(far)
    assert "far above" not in texts(near)


def test_a_band_without_review_has_two_zones():
    whole = reject_band(TALLY, automation=1.0, threshold=LIVE)
    assert [trace.name.split(":")[0] for trace in zones_figure(whole, (0.0, 1.0), (1.0, 0.0, 2.0), LIGHT).data] == ["not flagged", "flagged"]  # fmt: skip


# ------------------------------------------------------------------------------------------------ slices


def test_each_group_stands_at_its_rates_before_and_after():
    parts = [np.arange(SCORE.size) % 4 != 0, np.arange(SCORE.size) % 4 == 0, np.arange(SCORE.size) < 20]
    tallies = [tally_of(SCORE[part], POSITIVE[part]) for part in parts]
    sliced = Sliced.of(["many", MARKUP, "few"], tallies, LIVE)
    separate = own_thresholds(sliced, Rule(RULE.objective))
    figure = slice_figure(slice_rates(sliced), separate, [0, 1, 2], LIGHT)
    before, after = ([t for t in figure.data if t.name == f"{name} threshold"] for name in ("common", "own"))
    recall = [float((SCORE[p & POSITIVE] >= LIVE).mean()) for p in parts]
    np.testing.assert_allclose(before[0].x, recall)
    fpr = [float((SCORE[p & ~POSITIVE] >= cut).mean()) for p, cut in zip(parts[:2], separate.threshold[:2], strict=True)]  # fmt: skip
    np.testing.assert_allclose(after[1].x, fpr)  # the small group keeps the common threshold
    assert before[0].marker.symbol != after[0].marker.symbol
    assert figure.layout.yaxis.ticktext == ("many", "&lt;b&gt;x&lt;/b&gt;", "few")
    assert (figure.layout.xaxis.title.text, figure.layout.xaxis2.title.text) == ("Recall", "False positive rate")  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "titles"),
    [
        (lambda: objective_of()[1], ("Threshold (score ≥ threshold is flagged)", "F1")),
        (lambda: rates_figure(RATES, AXIS, mark(LIVE), None, LIGHT), ("Threshold (score ≥ threshold is flagged)", "Share")),
        (lambda: cost_figure(cost_by_threshold(TALLY, COSTS), AXIS, mark(LIVE, 1.0), LIGHT), ("Threshold (score ≥ threshold is flagged)", "Cost per 1,000 rows")),
        (lambda: envelope_figure(cost_curve(TALLY), TALLY.outcomes(LIVE), "now", LIGHT), ("Weight of the positives (share of the cost if every decision were wrong)", "Expected cost (1 = every decision wrong)")),
        (lambda: net_benefit_figure(net_benefit_curve(TALLY), mark(LIVE), LIGHT), ("Threshold: the probability from which one would act", "Net benefit")),
        (lambda: reject_figure(reject_curve(TALLY), BAND, 0.1, "now", LIGHT), ("Decided automatically (share of the rows)", "Errors among the automatic decisions")),
    ],
    ids=["objective", "rates", "cost", "envelope", "benefit", "reject"],
)  # fmt: skip
def test_both_axes_are_named(figure, titles):
    drawn = figure()
    assert (drawn.layout.xaxis.title.text, drawn.layout.yaxis.title.text) == titles
