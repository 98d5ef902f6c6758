"""The pictures of the Threshold page: only the open one is computed, all obey the one threshold, and the numbers are the core's."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.views import cost_pictures, curve_pictures, objective_pictures, reject_view, slice_thresholds
from metrics_core.decisions.reject import reject_band
from metrics_core.reduce.scores import tally_of
from tests.pages.opened import launched, opened, written
from tests.pages.test_plan import chosen, cut, find, page, pressed, typed
from tests.planned import ROLES, planned_table

CHARTS = {"objective": ["objective"], "rates": ["rates"], "cost": ["cost", "envelope"], "benefit": ["benefit"],
          "curves": ["roc", "pr"], "slices": ["slices.chart"], "reject": ["reject.zones", "reject.curve"], "alternatives": []}  # fmt: skip


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return launched(monkeypatch, planned_table(tmp_path), **ROLES)


@pytest.fixture
def rows(planned: str, tmp_path: Path) -> pd.DataFrame:
    """The rows a threshold is chosen on."""
    frame = pd.read_csv(tmp_path / planned)
    return frame[frame["part"] == "validation"]


def other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **roles: Any) -> str:
    """Offer the table with other roles."""
    return launched(monkeypatch, planned_table(tmp_path), y_true="label", pos_label="1", **roles)


def look_at(at: AppTest, picture: str) -> AppTest:
    at.segmented_control(key="pictures.shown").set_value(picture).run()
    assert not at.exception
    return at


def charts(at: AppTest) -> dict[str, dict[str, Any]]:
    """Return the figures on the page by the key of their widget."""
    found = {}
    for chart in at.get("plotly_chart"):
        name = chart.proto.id.partition("pictures.")[2]
        if name:
            found[name] = json.loads(chart.proto.spec)
    return found


def trace(spec: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in spec["data"] if one["name"] == name)


def values(cells: Any) -> np.ndarray:
    """Read numbers of a figure as they were sent."""
    if isinstance(cells, dict):
        return np.frombuffer(base64.b64decode(cells["bdata"]), dtype=cells["dtype"])
    return np.array(cells, dtype=np.float64)


def line(spec: dict[str, Any], name: str = "now") -> float:
    return float(next(shape for shape in spec["layout"]["shapes"] if shape.get("name") == name)["x0"])


def counted(monkeypatch: pytest.MonkeyPatch, *of: tuple[Any, str]) -> Counter[str]:
    """Count how often functions are called."""
    calls: Counter[str] = Counter()

    def counting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return real(*args, **kwargs)

        return call

    for module, name in of:
        monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    return calls


def table(at: AppTest, column: str) -> pd.DataFrame:
    return next(t.value for t in at.dataframe if column in t.value.columns)


# ------------------------------------------------------------------------------------------------ which picture


def test_each_picture_draws_its_charts_two_at_most(planned):
    at = find(page(planned))
    assert at.segmented_control(key="pictures.shown").value == "objective"
    for picture, names in CHARTS.items():
        assert list(charts(look_at(at, picture))) == names


def test_only_the_open_picture_is_computed_and_nothing_twice_for_the_same_view(planned, monkeypatch):
    calls = counted(
        monkeypatch, (objective_pictures, "guaranteed_curve"), (cost_pictures, "cost_curve"), (cost_pictures, "net_benefit_curve"),
        (curve_pictures, "roc_hull"), (slice_thresholds, "sliced_at"), (reject_view, "reject_curve"), (reject_view, "reject_figure"),
    )  # fmt: skip
    at = page(planned)
    assert dict(calls) == {"guaranteed_curve": 1}
    look_at(at, "reject").run()
    look_at(at, "rates")
    look_at(at, "reject").run()
    assert dict(calls) == {"guaranteed_curve": 1, "reject_curve": 1, "reject_figure": 1}


def test_before_a_plan_is_carried_out_there_is_everything_but_the_objective(planned):
    at = page(planned)
    assert at.segmented_control(key="pictures.shown").options == ["Rates", "Cost", "Net benefit", "ROC and PR", "Per slice", "Review band", "Alternatives"]  # fmt: skip
    look_at(at, "slices")
    assert at.segmented_control(key="pictures.slices.aim").options == ["Equal recall", "Equal false positive rate"]  # fmt: skip
    assert "Error rate " in written(at)


def test_the_picture_stays_when_another_page_was_looked_at(planned):
    at = look_at(page(planned), "reject")
    at.switch_page("pages/curves.py").run()
    at.switch_page("pages/threshold.py").run()
    assert at.segmented_control(key="pictures.shown").value == "reject"


@pytest.mark.parametrize("picture", ["objective", "rates", "cost", "benefit"])
def test_every_picture_obeys_the_threshold_of_the_page(planned, picture):
    at = look_at(find(page(planned)), picture)
    at.query_params["t"] = "0.37"
    at.run()
    assert line(next(iter(charts(at).values()))) == 0.37


def test_after_another_filter_the_objective_of_the_old_rows_is_not_shown(planned):
    at = find(page(planned))
    at.query_params["filter"] = "region == 'north'"
    at.run()
    assert not at.exception
    assert "Objective" not in at.segmented_control(key="pictures.shown").options
    assert "carried out on other rows than those shown" in written(at)


def test_a_locked_threshold_is_not_moved_by_a_click(planned):
    at = look_at(find(page(planned)), "rates")
    chart = next(c for c in at.get("plotly_chart") if "pictures.rates" in c.proto.id)
    assert chart.proto.selection_mode
    assert "Click the curve to put the threshold there" in written(at)
    pressed(at, "lock.on")
    chart = next(c for c in at.get("plotly_chart") if "pictures.rates" in c.proto.id)
    assert not chart.proto.selection_mode
    assert "The threshold is locked" in written(at)


# ------------------------------------------------------------------------------------------------ the plan


def test_the_objective_has_its_chosen_point_its_interval_and_what_its_limits_rule_out(planned, rows):
    at = page(planned)
    pressed(at, "plan.limit.add")
    typed(at, "plan.limit.0.number", "55%")
    find(at)
    spec = charts(at)["objective"]
    mark = trace(spec, "chosen by the plan")
    flagged, positive = rows["p"] >= cut(at), rows["label"] == 1
    f1 = 2 * (flagged & positive).sum() / (flagged.sum() + positive.sum())
    assert (mark["x"], mark["y"]) == ([cut(at)], [pytest.approx(f1)])
    assert spec["layout"]["yaxis2"]["ticktext"] == ["precision ≥ 55%"]
    assert trace(spec, "a limit is broken")["fillpattern"]["shape"] == "/"
    low, high = trace(spec, "95% of redraws")["x"][:2]
    assert low <= cut(at) <= high
    at.session_state["pictures.objective.numbers"] = True
    at.run()
    behind = table(at, "keeps_every_limit")
    at_cut = behind[behind["threshold"] == cut(at)].iloc[0]
    assert at_cut["F1"] == pytest.approx(f1)
    assert at_cut["keeps_every_limit"]
    broken = behind[behind["breaks precision ≥ 55%"]]["threshold"]
    precision = [rows.loc[rows["p"] >= t, "label"].mean() for t in broken]
    assert broken.size > 50
    assert not any(p >= 0.55 for p in precision)


def test_a_plan_that_cannot_be_kept_is_hatched_all_over(planned):
    at = page(planned)
    pressed(at, "plan.limit.add")
    typed(at, "plan.limit.0.number", "100%")
    pressed(at, "plan.limit.add")
    chosen(at, "plan.limit.1.key", "recall")
    typed(at, "plan.limit.1.number", "99%")
    find(at)
    spec = charts(at)["objective"]
    assert "chosen by the plan" not in {one["name"] for one in spec["data"]}
    hatched = trace(spec, "a limit is broken")["x"]
    assert (min(x for x in hatched if x is not None), max(x for x in hatched if x is not None)) == (0, 1)
    assert "No threshold keeps every limit" in written(at)


def test_a_cost_is_written_for_1000_rows(planned, rows):
    at = page(planned)
    chosen(at, "plan.aim", "cost")
    typed(at, "plan.cost_fn", "7")
    find(at)
    (y,) = trace(charts(at)["objective"], "chosen by the plan")["y"]
    flagged, positive = rows["p"] >= cut(at), rows["label"] == 1
    cost = (flagged & ~positive).sum() + 7 * (~flagged & positive).sum()
    assert y == pytest.approx(1000 * cost / len(rows))
    look_at(at, "cost")
    compared = table(at, "Cost in all").set_index("")["Cost in all"]
    assert compared["Now"] == compared["Cheapest on these rows"] == f"{cost:,.2f}"
    assert compared["Flag no row"] == f"{7 * positive.sum():,.2f}"
    assert line(charts(at)["cost"], "theory") == pytest.approx(1 / 8)


def test_costs_of_amounts_have_no_place_on_the_cost_curve_and_no_common_cut(planned):
    at = page(planned)
    chosen(at, "plan.aim", "cost")
    typed(at, "plan.cost_fn", "amount")
    find(at)
    look_at(at, "cost")
    assert "best here" not in {one["name"] for one in charts(at)["envelope"]["data"]}
    assert "each row has a cut of its own" in written(at)


# ------------------------------------------------------------------------------------------------ rates


def test_the_rates_hold_the_bounds_of_the_core_and_say_what_is_promised(planned, tmp_path):
    at = page(planned, t="0.4")
    spec = charts(at)["rates"]
    frame = pd.read_csv(tmp_path / planned)
    frame = frame[frame["part"] == "validation"]
    tally = tally_of(frame["p"].to_numpy(), frame["label"].to_numpy() == 1)
    curve = objective_pictures.guaranteed_curve(tally)
    np.testing.assert_allclose(values(trace(spec, "Precision at least")["y"]), curve.precision_low)
    assert f"recall on new rows is at least **{100 * float(curve.recall_at(0.4)):.1f}%**" in written(at)
    recall = trace(spec, "Recall")
    positive = frame.loc[frame["label"] == 1, "p"]
    found = values(recall["y"])[np.flatnonzero(values(recall["x"]) == 0.4)[0]]
    assert found == pytest.approx((positive >= 0.4).mean())


@pytest.mark.parametrize(("role", "column", "why"), [("weight", "w", "the rows are weighted"), ("group", "patient", "rows that belong together")])  # fmt: skip
def test_without_a_promise_the_rates_stand_alone_and_the_reason_is_said(monkeypatch, tmp_path, role, column, why):  # fmt: skip
    at = page(other(monkeypatch, tmp_path, y_score="p", **{role: column}), t="0.4")
    assert {one["name"] for one in charts(at)["rates"]["data"]} == {"Precision", "Recall", "F1", "Flagged share", "points"}  # fmt: skip
    assert any(why in str(box.value) for box in at.info)


# ------------------------------------------------------------------------------------------------ other scores


def test_scores_that_are_no_probabilities_have_a_sentence_in_the_place_of_net_benefit(monkeypatch, tmp_path):
    path = planned_table(tmp_path)
    pd.read_csv(path).assign(p=lambda t: 12 * t["p"] - 5).to_csv(path, index=False)
    at = page(launched(monkeypatch, path, y_true="label", pos_label="1", y_score="p", score_kind="margin"))
    look_at(at, "benefit")
    assert charts(at) == {}
    assert any("needs probabilities" in str(box.value) for box in at.info)
    for picture in ("rates", "cost", "curves", "reject"):
        assert len(charts(look_at(at, picture))) == len(CHARTS[picture])


def test_one_class_alone_has_sentences_where_there_is_no_trade_off(monkeypatch, tmp_path):
    path = planned_table(tmp_path)
    pd.read_csv(path).assign(label=1).to_csv(path, index=False)
    at = page(launched(monkeypatch, path, y_true="label", pos_label="1", y_score="p"))
    look_at(at, "curves")
    assert list(charts(at)) == ["pr"]
    look_at(at, "cost")
    assert list(charts(at)) == ["cost"]
    assert any("Only one class is present" in str(box.value) for box in at.info)


# ------------------------------------------------------------------------------------------------ slices


def test_each_group_has_its_rates_at_the_one_threshold_and_a_way_to_its_missed_positives(planned, rows):
    at = look_at(page(planned, t="0.6"), "slices")
    chosen(at, "pictures.slices.column", "region")
    shown = table(at, "Recall vs rest").set_index("Group")
    missed = rows[(rows["label"] == 1) & (rows["p"] < 0.6)].groupby("region").size()
    for region, part in rows.groupby("region"):
        assert shown.loc[region, "Rows"] == len(part)
        assert shown.loc[region, "Recall"] == pytest.approx(100 * (part.loc[part["label"] == 1, "p"] >= 0.6).mean())  # fmt: skip
        label = at.button(key=f"pictures.slices.fn.{region}").label
        assert label == f"{region} · {missed[region]}"
    pressed(at, "pictures.slices.fn.north")
    assert at.query_params["rows"] in ("fn", ["fn"])
    text = at.query_params["filter"]
    text = text[0] if isinstance(text, list) else text
    assert rows.query(text).shape[0] == (rows["region"] == "north").sum()
    assert "part == 'validation'" in text


def test_separate_thresholds_are_judged_by_the_plan_and_bring_rates_together(planned, rows):
    at = look_at(find(page(planned)), "slices")
    chosen(at, "pictures.slices.column", "region")
    own = table(at, "Own threshold").set_index("Group")
    for region, part in rows.groupby("region"):
        hits = part["label"] == 1

        def f1(t: float, part: pd.DataFrame = part, hits: pd.Series = hits) -> float:
            flagged = part["p"] >= t
            return 2 * (flagged & hits).sum() / (flagged.sum() + hits.sum())

        best = min(np.unique(part["p"]), key=lambda t: (-f1(t), t))
        assert float(own.loc[region, "Own threshold"]) == best
        assert own.loc[region, "F1"].endswith(f"{f1(best):.3f}")
    at.segmented_control(key="pictures.slices.aim").set_value("recall").run()
    recall = (rows.loc[rows["label"] == 1, "p"] >= cut(at)).mean()
    assert f"bring every group to a recall of {100 * recall:.1f}%" in written(at)


def test_a_limit_on_all_rows_cannot_be_kept_by_each_group(planned):
    at = page(planned)
    pressed(at, "plan.capacity.add")
    typed(at, "plan.capacity", "90")
    find(at)
    look_at(at, "slices")
    assert any("limits all rows together" in str(box.value) for box in at.info)
    assert charts(at) == {}


# ------------------------------------------------------------------------------------------------ review band


def test_the_band_keeps_to_the_errors_that_were_asked_for(planned, rows):
    at = look_at(page(planned, t="0.5"), "reject")
    at.number_input(key="pictures.reject.errors").set_value(10.0).run()
    assert not at.exception
    band = trace(charts(at)["reject.curve"], "this band")
    tally = tally_of(rows["p"].to_numpy(), rows["label"].to_numpy() == 1)
    core = reject_band(tally, max_error=0.1)
    assert (band["x"], band["y"]) == ([core.automation], [core.error_rate])
    assert core.error_rate <= 0.1
    review = ((rows["p"] >= core.low) & (rows["p"] < core.high)).sum()
    assert f"to review: {review:,} rows" in {one["name"] for one in charts(at)["reject.zones"]["data"]}


def test_the_band_may_be_chosen_by_automation_or_by_the_price_of_a_review(planned, rows):
    at = look_at(page(planned, t="0.5"), "reject")
    at.segmented_control(key="pictures.reject.aim").set_value("automation").run()
    at.number_input(key="pictures.reject.automation").set_value(60.0).run()
    assert trace(charts(at)["reject.curve"], "this band")["x"][0] >= 0.6
    at.segmented_control(key="pictures.reject.aim").set_value("price").run()
    typed(at, "pictures.reject.price", "0.01")
    assert trace(charts(at)["reject.curve"], "this band")["x"][0] < 0.6
    typed(at, "pictures.reject.price", "cheap")
    assert any("'cheap' is no cost" in str(box.value).replace("\\", "") for box in at.info)


# ------------------------------------------------------------------------------------------------ alternatives


def test_alternatives_stand_side_by_side_on_the_rows_shown_and_can_be_used(planned, rows):
    at = find(page(planned))
    first = cut(at)
    typed(at, "alternative.name", "*balanced*")
    pressed(at, "alternative.keep")
    chosen(at, "plan.aim", "cost")
    typed(at, "plan.cost_fn", "20")
    find(at)
    assert cut(at) != first
    look_at(at, "alternatives")
    shown = next(t.value for t in at.dataframe if "*balanced*" in t.value.columns).set_index("")
    for name, t in (("Now", cut(at)), ("*balanced*", first)):
        flagged, positive = rows["p"] >= t, rows["label"] == 1
        hits = (flagged & positive).sum()
        assert shown.loc["Recall", name] == f"{100 * hits / positive.sum():.1f}% ({hits} of {positive.sum()})"
        cost = (flagged & ~positive).sum() + 20 * (~flagged & positive).sum()
        assert shown.loc["Cost per 1,000 rows (the plan)", name] == f"{1000 * cost / len(rows):,.2f}"
    pressed(at, "pictures.alternatives.use.0")
    assert cut(at) == first
    assert at.selectbox(key="plan.aim").value == "f1"
    pressed(at, "pictures.alternatives.drop.0")
    assert any("No alternative is kept yet" in str(box.value) for box in at.info)


def test_the_fraud_demo_shows_every_picture():
    at = find(opened("threshold", t="0.25", scale="share"))
    for picture, names in CHARTS.items():
        assert list(charts(look_at(at, picture))) == names
