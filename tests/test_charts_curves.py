"""ROC, precision-recall and score histogram as drawn, against a direct count of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from app.charts import layout, pr, roc
from app.charts.curve_traces import clicked
from app.charts.histogram import histogram_figure
from app.palette import DARK, LIGHT
from metrics_core import curves
from metrics_core.metrics.probabilities import average_precision
from metrics_core.tally import ScoreTally

LABELS = ("stayed", "<b>churned</b> %{x}")
CUT = 0.31


def rows(n: int = 20_000, rate: float = 0.03) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    positive = rng.random(n) < rate
    return positive, np.where(positive, rng.beta(3, 2, n), rng.beta(1, 8, n))


def tally_of(positive: np.ndarray, score: np.ndarray) -> ScoreTally:
    distinct, at = np.unique(score, return_inverse=True)
    return ScoreTally(distinct, np.bincount(at[positive], minlength=distinct.size), np.bincount(at[~positive], minlength=distinct.size))  # fmt: skip


POSITIVE, SCORE = rows()
TALLY = tally_of(POSITIVE, SCORE)
OTHER = tally_of(POSITIVE, np.round(0.5 * SCORE + 0.5 * np.random.default_rng(8).random(SCORE.size), 2))
COUNTED = {
    "fn": int((POSITIVE & (SCORE < CUT)).sum()),
    "tp": int((POSITIVE & (SCORE >= CUT)).sum()),
    "tn": int((~POSITIVE & (SCORE < CUT)).sum()),
    "fp": int((~POSITIVE & (SCORE >= CUT)).sum()),
}


def roc_of(*, models=(("forest", TALLY), ("<i>logit</i>", OTHER)), current="forest", cut: float = CUT):
    drawn = [
        roc.of_model(name, i, curves.roc(t), t.outcomes(cut), f"AUC {i}")
        for i, (name, t) in enumerate(models)
    ]
    return roc.roc_figure(drawn, current, LIGHT, decided=f"score ≥ {cut}")


def pr_of(*, models=(("forest", TALLY), ("<i>logit</i>", OTHER)), current="forest", cut: float = CUT):
    drawn = [pr.of_model(name, i, curves.pr(t), t.outcomes(cut)) for i, (name, t) in enumerate(models)]
    return pr.pr_figure(drawn, current, LIGHT, decided=f"score ≥ {cut}")


def traces(figure, name: str) -> list:
    return [trace for trace in figure.data if trace.name == name]


def lines(figure) -> dict:
    return {trace.meta: trace for trace in figure.data if trace.mode == "lines"}


def texts(figure) -> str:
    return "\n".join(annotation.text for annotation in figure.layout.annotations)


# ------------------------------------------------------------------------------------------------ curves


def test_each_model_has_its_own_colour_and_dash_and_keeps_it_when_it_is_chosen():
    first, second = lines(roc_of()), lines(roc_of(current="<i>logit</i>"))
    looks = {name: (line.line.color, line.line.dash) for name, line in first.items()}
    assert looks == {name: (line.line.color, line.line.dash) for name, line in second.items()}
    assert len({color for color, _ in looks.values()}) == len({dash for _, dash in looks.values()}) == 2
    assert list(first)[-1] == "forest"  # on top
    assert list(second)[-1] == "<i>logit</i>"


def test_the_roc_curve_runs_from_corner_to_corner_over_the_diagonal():
    figure = roc_of()
    for line in lines(figure).values():
        assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0, 0, 1, 1)
    (chance,) = figure.layout.shapes
    assert (chance.x0, chance.y0, chance.x1, chance.y1) == (0, 0, 1, 1)
    assert "chance" in texts(figure)


def test_the_decision_is_marked_where_the_rows_put_it():
    recall = COUNTED["tp"] / POSITIVE.sum()
    mark = next(t for t in traces(roc_of(), "decision") if t.meta == "forest")
    assert (mark.x[0], mark.y[0]) == (COUNTED["fp"] / (~POSITIVE).sum(), recall)
    mark = next(t for t in traces(pr_of(), "decision") if t.meta == "forest")
    assert (mark.x[0], mark.y[0]) == (recall, COUNTED["tp"] / (COUNTED["tp"] + COUNTED["fp"]))
    assert f"<b>score ≥ {CUT}</b><br>Recall {recall:.1%}" in texts(roc_of(models=(("forest", TALLY),)))


def test_several_decisions_are_named_in_a_corner_where_no_label_covers_a_curve():
    for figure, side in ((roc_of(), 0), (pr_of(), 1)):
        (key,) = (note for note in figure.layout.annotations if "score" in note.text)
        assert (key.text, key.xref, key.yref, key.y) == (f"● score ≥ {CUT}", "paper", "paper", side)


def test_nothing_flagged_has_no_precision_and_no_mark():
    assert traces(pr_of(cut=2.0), "decision") == []
    assert len(traces(roc_of(cut=2.0), "decision")) == 2


@pytest.mark.parametrize("figure", [roc_of(), pr_of()], ids=["roc", "pr"])
def test_a_clickable_point_carries_the_threshold_that_gives_it(figure):
    (points,) = traces(figure, "points")
    assert points.meta == "forest"
    assert len(points.x) <= 5000
    for i in range(1, len(points.x), len(points.x) // 20):
        flagged = points.customdata[i][0] <= SCORE
        assert (POSITIVE & flagged).sum() / POSITIVE.sum() in (points.x[i], points.y[i])


def test_only_a_point_with_a_threshold_answers_a_click():
    (points,) = traces(roc_of(), "points")
    picked = {"selection": {"points": [{"customdata": points.customdata[5]}]}}
    assert clicked(picked) == points.customdata[5][0]
    assert points.customdata[0] == [None, "no row flagged", 0, 0]
    for nothing in (
        None,
        {"selection": {"points": []}},
        {"selection": {"points": [{}]}},
        {"selection": {"points": [{"customdata": [None, "no row flagged"]}]}},
        {"selection": {"points": [{"customdata": ["0.5"]}]}},
    ):
        assert clicked(nothing) is None


def test_the_steps_of_the_pr_curve_enclose_the_average_precision():
    small = tally_of(POSITIVE[:600], np.round(SCORE[:600], 2))
    line = lines(pr_of(models=(("forest", small),)))["forest"]
    assert line.line.shape == "vh"
    assert np.sum(np.diff(line.x) * np.asarray(line.y)[1:]) == pytest.approx(float(average_precision(small)))


def test_the_prevalence_is_the_floor_of_the_pr_curve():
    figure = pr_of()
    (floor,) = figure.layout.shapes
    assert floor.y0 == floor.y1 == POSITIVE.mean()
    assert f"prevalence {POSITIVE.mean():.1%}" in texts(figure)


@pytest.mark.parametrize(
    ("figure", "titles"),
    [(roc_of(), ("False positive rate", "Recall (true positive rate)")), (pr_of(), ("Recall", "Precision"))],
    ids=["roc", "pr"],
)
def test_both_axes_run_from_0_to_1_and_are_named(figure, titles):
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == titles
    assert figure.layout.xaxis.range == figure.layout.yaxis.range == (0, 1)
    assert figure.layout.height == layout.TALL


def test_names_from_the_file_stay_text_in_the_legend():
    names = [line.name for line in lines(roc_of()).values()]
    assert "&lt;i&gt;logit&lt;/i&gt;  AUC 1" in names
    assert roc_of().layout.showlegend
    assert not roc_of(models=(("forest", TALLY),)).layout.showlegend


# ------------------------------------------------------------------------------------------------ histogram


def histogram_of(cut: float | None = CUT, tally: ScoreTally = TALLY, **settings):
    bins = curves.histogram(tally, split_at=cut)
    return histogram_figure(bins, cut, LABELS, settings.pop("palette", LIGHT), **settings)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_bars_of_each_outcome_hold_its_rows_in_its_colour(palette):
    figure = histogram_of(palette=palette)
    assert {bars.name: int(sum(bars.y)) for bars in figure.data} == COUNTED
    for bars in figure.data:
        assert bars.marker.color == palette.outcome(bars.name)
        low, high = np.asarray(bars.customdata).T
        np.testing.assert_allclose(high - low, bars.width)
        assert (low >= CUT).all() if bars.name in ("tp", "fp") else (high <= CUT).all()


def test_each_class_has_its_own_panel_and_both_share_the_score_axis():
    figure = histogram_of()
    assert {bars.name: bars.yaxis for bars in figure.data} == {"fn": "y", "tp": "y", "tn": "y2", "fp": "y2"}
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range == (0, 1)
    assert figure.layout.xaxis2.title.text == "Score"
    assert [shape.x0 for shape in figure.layout.shapes] == [CUT, CUT]


def test_the_heads_count_the_outcomes_and_labels_stay_text():
    written = texts(histogram_of())
    assert f"{COUNTED['fn']:,} false negatives" in written
    assert f"{COUNTED['tn']:,} true negatives" in written
    assert "Actual <b>&lt;b&gt;churned&lt;/b&gt; %{x}</b>" in written
    assert not any("churned" in text for bars in histogram_of().data for text in bars.hovertext)


def test_counts_are_on_a_log_axis_only_where_few_bins_hold_nearly_all():
    rng = np.random.default_rng(3)
    even = tally_of(rng.random(2000) < 0.5, rng.random(2000).round(3))
    steep = tally_of(rng.random(20_000) < 0.01, rng.beta(0.3, 9, 20_000))
    assert {histogram_of(tally=even).layout[axis].type for axis in ("yaxis", "yaxis2")} == {None}
    assert {histogram_of(tally=steep).layout[axis].type for axis in ("yaxis", "yaxis2")} == {"log"}
    assert histogram_of(tally=steep, log=False).layout.yaxis2.type is None
    assert "rows, log scale" in texts(histogram_of(tally=steep))


def test_a_single_row_is_a_visible_bar_on_the_log_axis():
    figure = histogram_of(log=True)
    for axis, names in (("yaxis", ("fn", "tp")), ("yaxis2", ("tn", "fp"))):
        least = min(min(bars.y) for bars in figure.data if bars.name in names)
        assert 10 ** figure.layout[axis].range[0] < least


def test_without_a_threshold_bars_have_no_outcome():
    figure = histogram_of(None)
    assert {bars.name: int(sum(bars.y)) for bars in figure.data} == {
        "pos": int(POSITIVE.sum()),
        "neg": int((~POSITIVE).sum()),
    }
    assert {bars.marker.color for bars in figure.data} == {LIGHT.quiet}
    assert "threshold" not in texts(figure)


def test_a_threshold_beyond_the_scores_is_said_not_drawn():
    figure = histogram_of(1.5)
    assert figure.layout.shapes == ()
    assert "threshold 1.500, above every score shown" in texts(figure)


def test_a_class_without_rows_leaves_its_panel_empty_and_says_so():
    none = ScoreTally(TALLY.score, np.zeros_like(TALLY.pos), TALLY.neg)
    figure = histogram_of(tally=none)
    assert {bars.name: len(bars.x) for bars in figure.data}["tp"] == 0
    assert "no row" in texts(figure)


def test_weights_are_called_what_they_are():
    weighted = ScoreTally(TALLY.score, TALLY.pos * 1.5, TALLY.neg * 0.25)
    assert "sum of weights" in texts(histogram_of(tally=weighted))
