"""Groups against all other rows: the counts of the slow way, intervals, many tests, and rows that belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.differences import benjamini_hochberg, newcombe, same_rate_p
from metrics_core.errors import DataError
from metrics_core.group_spread import difference_ends
from metrics_core.grouping import MOST_LEVELS, columns_to_compare, grouping
from metrics_core.groups_compared import Comparison, GroupTable, comparable_metrics, corrected, n_tested
from metrics_core.rate_interval import wilson
from metrics_core.worst_groups import worst_groups
from tests.class_tables import random_classes
from tests.tables import random_rows

BINARY = [spec.key for spec in comparable_metrics("binary")]
CLASSES = [spec.key for spec in comparable_metrics("multiclass")]


def compared(frame: Any, column: str = "c", metric: str = "error_rate", **roles: Any) -> GroupTable:
    """Compare the groups of a column as the page does, at the threshold an evaluation takes."""
    predictions = mc.read(frame, **{"y_true": "y_true", "y_score": "y_score"} | roles)
    judged = mc.evaluate(predictions).models[0]
    return Comparison.of(judged.cases, metric, judged.threshold).table(grouping(predictions.source, column))


def some_frame(seed: int = 3, n: int = 400, **more: Any) -> pd.DataFrame:
    drawn = random_rows(seed, n)
    return drawn.frame(
        c=np.random.default_rng(seed + 1000).choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]), **more
    )


def counts(wrong: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Rows of groups with so many errors of so many."""
    parts = [pd.DataFrame({"c": name, "said": [1] * k + [0] * (n - k)}) for name, (k, n) in wrong.items()]
    return pd.concat(parts, ignore_index=True).assign(y_true=0)


def decided(frame: pd.DataFrame, metric: str = "error_rate", **roles: Any) -> GroupTable:
    named = {"y_score": None, "y_pred": "said", "pos_label": "1"}
    return compared(
        pd.concat([frame, pd.DataFrame({"c": ["z"], "said": [1], "y_true": [1]})]),
        metric=metric,
        **named | roles,
    )


# ------------------------------------------------------------------------------------------------ values


@pytest.mark.parametrize("metric", BINARY)
def test_a_group_and_the_rest_have_the_values_of_their_rows_evaluated_alone(metric):
    frame = some_frame()
    table = compared(frame, metric=metric)
    assert [g.label for g in table.groups] == ["a", "b", "c"]
    for g in table.groups:
        inside, outside = (
            mc.evaluate(mc.read(frame[rows], y_true="y_true", y_score="y_score")).metrics[metric]
            for rows in (frame["c"] == g.label, frame["c"] != g.label)
        )
        assert (g.value, g.rest) == pytest.approx((inside, outside))
        assert g.difference == pytest.approx(inside - outside)
        assert g.rows == (frame["c"] == g.label).sum()


@pytest.mark.parametrize("metric", CLASSES)
def test_the_same_holds_of_many_classes(metric):
    frame = random_classes(2, 300, 4).frame(c=np.repeat(["a", "b"], [220, 80]))
    predictions = mc.read(frame, y_true="y_true", y_pred="y_pred", proba_prefix="p_")
    table = Comparison.of(predictions.judged(), metric).table(grouping(predictions.source, "c"))
    for g in table.groups:
        inside, outside = (
            mc.evaluate(mc.read(frame[rows], y_true="y_true", y_pred="y_pred", proba_prefix="p_")).metrics[
                metric
            ]
            for rows in (frame["c"] == g.label, frame["c"] != g.label)
        )
        assert (g.value, g.rest) == pytest.approx((inside, outside))
        assert g.low <= g.value <= g.high
        assert g.difference_low < g.difference < g.difference_high


@pytest.mark.parametrize(
    ("metric", "named", "failing"),
    [
        ("error_rate", "errors", ("fp", "fn")), ("accuracy", "errors", ("fp", "fn")), ("f1", "errors", ("fp", "fn")),
        ("recall", "false negatives", ("fn",)), ("fnr", "false negatives", ("fn",)), ("npv", "false negatives", ("fn",)),
        ("fpr", "false positives", ("fp",)), ("precision", "false positives", ("fp",)), ("prevalence", "positives", ("tp", "fn")),
    ],
)  # fmt: skip
def test_what_a_metric_holds_against_the_model_is_counted_by_group(metric, named, failing):
    frame = some_frame()
    table = compared(frame, metric=metric)
    flagged, positive = frame["y_score"] >= 0.5, frame["y_true"] == 1
    each = {"tp": positive & flagged, "fp": ~positive & flagged, "fn": positive & ~flagged}
    bad = np.logical_or.reduce([each[code] for code in failing])
    assert table.failures == named
    for g in table.groups:
        n = int((bad & (frame["c"] == g.label)).sum())
        assert (g.failures, g.share_of_failures) == (n, pytest.approx(n / bad.sum()))
    assert sum(g.share_of_failures for g in table.groups) == pytest.approx(1)


@pytest.mark.parametrize("metric", ["error_rate", "precision", "mcc"])
def test_weights_count_as_they_do_in_an_evaluation(metric):
    frame = some_frame(weight_=np.random.default_rng(0).choice([0.5, 1.0, 3.0], 400))
    predictions = mc.read(frame, y_true="y_true", y_score="y_score", weight="weight_")
    judged = mc.evaluate(predictions, by=["c"], intervals=True).models[0]
    table = Comparison.of(judged.cases, metric, judged.threshold).table(grouping(predictions.source, "c"))
    for g, group in zip(table.groups, judged.groups, strict=True):
        span = group.intervals[metric]
        assert g.value == pytest.approx(group.metrics.values[metric])
        assert (g.low, g.high) == pytest.approx((span.low, span.high))
    assert sum(g.share for g in table.groups) == pytest.approx(1)


def test_a_frequency_weight_counts_as_that_many_rows():
    frame = some_frame(n_=np.random.default_rng(0).integers(1, 4, 400))
    once = compared(frame, weight="n_", weight_kind="frequency")
    repeated = compared(frame.loc[frame.index.repeat(frame["n_"])].drop(columns="n_"))
    for a, b in zip(once.groups, repeated.groups, strict=True):
        assert (a.value, a.low, a.high, a.difference_low, a.p) == pytest.approx(
            (b.value, b.low, b.high, b.difference_low, b.p)
        )


# ------------------------------------------------------------------------------------------------ intervals and tests


def test_a_rate_has_the_intervals_of_wilson_and_newcombe_and_the_exact_test():
    table = decided(counts({"a": (56, 70), "b": (48, 79)}))
    (g,) = (g for g in table.groups if g.label == "a")
    assert (g.part, g.of) == (56, 70)
    assert (g.low, g.high) == pytest.approx([float(x) for x in wilson(56, 70)])
    assert (g.difference_low, g.difference_high) == pytest.approx(
        [float(x) for x in newcombe(56, 70, 48, 80)]
    )
    assert g.p == pytest.approx(float(same_rate_p(56, 70, 48, 80)))


def test_newcombe_is_the_difference_rule_on_two_wilson_intervals():
    p, q = np.array(56 / 70), np.array(48 / 80)
    low, high = difference_ends(p, wilson(56, 70), q, wilson(48, 80))
    assert (round(float(low), 4), round(float(high), 4)) == (0.0524, 0.3339)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from("abc")), min_size=2, max_size=40))
def test_values_lie_in_their_intervals_whatever_the_rows(rows):
    frame = pd.DataFrame(rows, columns=["y_true", "said", "c"]).astype({"y_true": int, "said": int})
    if frame["y_true"].nunique() < 2 or frame["said"].nunique() < 2:
        return
    for metric in ("error_rate", "fnr", "precision", "f1", "mcc"):
        for g in compared(frame, metric=metric, y_score=None, y_pred="said").groups:
            assert np.isnan(g.low) or g.low <= g.value + 1e-12
            assert np.isnan(g.high) or g.value - 1e-12 <= g.high
            assert np.isnan(g.difference_low) or g.difference_low <= g.difference + 1e-12
            assert np.isnan(g.difference_high) or g.difference - 1e-12 <= g.difference_high
            assert np.isnan(g.p) or 0 <= g.p <= 1
            assert np.isnan(g.value) <= bool(g.reason)


def test_q_values_are_corrected_over_all_tables_and_small_groups_are_no_test():
    one, other = (
        decided(counts(c))
        for c in ({"a": (30, 100), "b": (10, 100), "few": (9, 9)}, {"a": (20, 100), "b": (20, 100)})
    )
    tables = corrected([one, other])
    groups = [g for t in tables for g in t.groups]
    tested = [g for g in groups if not np.isnan(g.q)]
    assert [g.small for g in tables[0].groups] == [False, False, True, True]
    assert len(tested) == n_tested(tables) == 4
    assert [g.q for g in tested] == benjamini_hochberg([g.p for g in tested]).tolist()
    assert [g.q for g in tested] != [g.p for g in tested]
    assert not any(g.clear for g in groups if g.small)


def test_chance_alone_is_hardly_ever_called_clear():
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        drawn = random_rows(seed, 600)
        frame = drawn.frame(**{f"c{j}": rng.integers(0, 6, 600).astype(str) for j in range(4)})
        predictions = mc.read(frame, y_true="y_true", y_score="y_score")
        comparison = Comparison.of(predictions.judged(), "error_rate", 0.5)
        tables = corrected(comparison.table(grouping(predictions.source, f"c{j}")) for j in range(4))
        found += any(g.clear for t in tables for g in t.groups)
    assert found <= 6


# ------------------------------------------------------------------------------------------------ what is undefined


def test_a_group_without_positives_has_no_recall_and_says_why():
    frame = some_frame().query("not (c == 'c' and y_true == 1)")
    (g,) = (g for g in compared(frame, metric="recall").groups if g.label == "c")
    assert np.isnan([g.value, g.low, g.difference, g.p]).all()
    assert g.reason == "no row is positive"
    assert g.failures == 0


def test_the_only_group_has_no_other_rows():
    (g,) = compared(some_frame().assign(c="all")).groups
    assert np.isnan([g.rest, g.difference, g.p]).all()
    assert g.reason == "there are no other rows"
    assert not np.isnan(g.value)


def test_a_group_of_one_row_is_small_and_keeps_its_value():
    frame = some_frame()
    frame.loc[0, "c"] = "one"
    (g,) = (g for g in compared(frame).groups if g.label == "one")
    assert (g.rows, g.small, g.value in (0.0, 1.0)) == (1, True, True)


def test_hardly_any_other_rows_are_no_test():
    frame = some_frame()
    frame["c"] = np.where(np.arange(len(frame)) < 12, "few", "most")
    most = next(g for g in compared(frame).groups if g.label == "most")
    assert np.isnan(most.p)
    assert most.reason == "fewer than 30 other rows count"


def test_missing_cells_are_a_group_of_their_own():
    frame = some_frame()
    frame.loc[:49, "c"] = None
    table = compared(frame)
    assert table.groups[-1].label == "(missing)"
    assert table.groups[-1].rows == 50
    assert sum(g.rows for g in table.groups) == len(frame)


def test_a_metric_that_groups_are_not_compared_by_is_refused_by_name():
    with pytest.raises(DataError, match=r"cannot be compared by 'roc_auc'\. .*accuracy"):
        compared(some_frame(), metric="roc_auc")


def test_values_beyond_the_most_frequent_are_one_group_that_is_not_tested():
    rng = np.random.default_rng(0)
    n = 6000
    frame = random_rows(1, n).frame(c=[f"v{i}" for i in rng.integers(0, MOST_LEVELS + 30, n)])
    (table,) = corrected([compared(frame)])
    assert len(table.groups) == MOST_LEVELS + 1
    other = table.groups[-1]
    assert (other.label, other.level) == ("(other)", None)
    assert np.isnan(other.q)
    assert sum(g.rows for g in table.groups) == n
    assert other.rows == n - frame["c"].value_counts().head(MOST_LEVELS).sum()


# ------------------------------------------------------------------------------------------------ rows that belong together


def clustered(seed: int, n_units: int = 300, spread: float = 1.2) -> pd.DataFrame:
    """Units of 8 rows whose errors go together; half of the units are in each group."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n_units), 8)
    share = 1 / (1 + np.exp(-(-1.5 + spread * rng.normal(size=n_units))))
    wrong = rng.random(unit.size) < share[unit]
    truth = rng.integers(0, 2, unit.size)
    return pd.DataFrame(
        {"y_true": truth, "said": truth ^ wrong, "patient": unit + 1000, "c": np.where(unit % 2, "a", "b")}
    )


def together(frame: pd.DataFrame, metric: str = "error_rate") -> GroupTable:
    return compared(frame, metric=metric, y_score=None, y_pred="said", group="patient", pos_label="1")


@pytest.mark.parametrize("metric", ["error_rate", "fnr", "f1"])
def test_rows_that_belong_together_say_less(metric):
    frame = clustered(0)
    alone = compared(frame.drop(columns="patient"), metric=metric, y_score=None, y_pred="said", pos_label="1")
    for g, h in zip(together(frame, metric).groups, alone.groups, strict=True):
        assert g.value == h.value
        assert g.high - g.low > 1.2 * (h.high - h.low)
        assert g.difference_high - g.difference_low > 1.2 * (h.difference_high - h.difference_low)
        assert g.p > h.p


def test_the_difference_of_units_that_belong_together_is_covered():
    """Both groups err alike in truth: the interval holds 0 in about 95 of 100 samples, not in 70."""
    held = sum(
        g.difference_low <= 0 <= g.difference_high
        for seed in range(100)
        for g in together(clustered(seed, 60)).groups[:1]
    )
    assert 89 <= held <= 100


def test_a_unit_that_has_rows_in_both_groups_is_compared_with_itself():
    frame = clustered(1).assign(c=lambda f: np.where(f.index % 2, "a", "b"))
    within, between = together(frame), together(clustered(1))
    width = [g.groups[0].difference_high - g.groups[0].difference_low for g in (within, between)]
    assert width[0] < 0.8 * width[1]


def test_one_unit_alone_has_no_interval():
    frame = clustered(2).assign(c=lambda f: np.where(f["patient"] == 1000, "one", "others"))
    one = next(g for g in together(frame).groups if g.label == "one")
    assert np.isnan([one.low, one.difference_low, one.p]).all()
    assert one.small
    assert one.reason == "all rows belong together"


# ------------------------------------------------------------------------------------------------ columns


def test_columns_are_slices_then_few_values_then_numbers_and_never_what_names_a_row():
    n = 300
    rng = np.random.default_rng(0)
    frame = random_rows(0, n).frame(
        row_id=np.arange(n), amount=rng.gamma(2, 30, n), customer=rng.permutation(n) + 5000, age=rng.integers(18, 90, n),
        name=[f"name {i}" for i in range(n)], city=rng.choice(["x", "y"], n), y_score_other=rng.random(n),
        vip=rng.random(n) < 0.5, constant="same", nested=[[1]] * n,
    )  # fmt: skip
    predictions = mc.read(pa.Table.from_pandas(frame), y_true="y_true", y_score="y_score", slices=["age"])
    assert columns_to_compare(predictions) == ("age", "city", "vip", "amount")


def test_of_a_short_table_names_are_no_groups():
    frame = random_rows(0, 30).frame(name=[f"name {i}" for i in range(30)], kind=["x", "y", "z"] * 10)
    assert columns_to_compare(mc.read(frame, y_true="y_true", y_score="y_score")) == ("kind",)


def test_a_table_of_labels_and_scores_has_no_columns_to_compare():
    assert columns_to_compare(mc.read(random_rows(0).frame(), y_true="y_true", y_score="y_score")) == ()


# ------------------------------------------------------------------------------------------------ the worst


def planted(seed: int = 0, n: int = 3000) -> pd.DataFrame:
    """Errors are frequent in shop b; till repeats it under another name, weekday has nothing to do with it."""
    rng = np.random.default_rng(seed)
    shop = rng.choice(["a", "b", "c", "d"], n)
    truth = rng.integers(0, 2, n)
    wrong = rng.random(n) < np.where(shop == "b", 0.35, 0.12)
    till = np.where(shop == "b", "till 9", np.where(rng.random(n) < 0.5, "till 1", "till 2"))
    return pd.DataFrame(
        {
            "y_true": truth,
            "said": truth ^ wrong,
            "shop": shop,
            "till": till,
            "weekday": rng.integers(0, 7, n).astype(str),
        }
    )


def worst_of(frame: pd.DataFrame, columns: tuple[str, ...], metric: str = "error_rate") -> Any:
    predictions = mc.read(frame, y_true="y_true", y_pred="said", pos_label="1")
    comparison = Comparison.of(predictions.judged(), metric)
    tables = corrected(comparison.table(grouping(predictions.source, c)) for c in columns)
    return worst_groups(predictions.source, tables, predictions.judged().rows)


def test_the_planted_group_is_the_worst_and_its_double_is_folded_into_it():
    found = worst_of(planted(), ("shop", "till", "weekday"))
    (first,) = found.groups
    assert (first.group.column, first.group.label) == ("shop", "b")
    assert [(level.column, level.label) for level in first.also] == [("till", "till 9")]
    assert (found.n_clear, found.n_tested, found.n_columns) == (2, 14, 3)


@pytest.mark.parametrize("metric", ["accuracy", "error_rate"])
def test_worse_is_less_of_what_should_be_high(metric):
    assert worst_of(planted(), ("shop",), metric).groups[0].group.label == "b"


def test_without_a_planted_group_nothing_is_called_worse():
    frame = planted()
    frame["said"] = frame["y_true"] ^ (np.random.default_rng(5).random(len(frame)) < 0.2)
    found = worst_of(frame, ("shop", "till", "weekday"))
    assert (found.groups, found.n_clear, found.n_tested) == ((), 0, 14)


def test_two_large_groups_are_not_folded_because_both_are_large():
    rng = np.random.default_rng(0)
    n = 4000
    a, b = rng.random(n) < 0.8, rng.random(n) < 0.8
    truth = rng.integers(0, 2, n)
    wrong = rng.random(n) < 0.05 + 0.15 * a + 0.15 * b
    frame = pd.DataFrame({"y_true": truth, "said": truth ^ wrong, "a": a, "b": b})
    assert [(g.group.column, g.also) for g in worst_of(frame, ("a", "b")).groups] in (
        [("a", ()), ("b", ())],
        [("b", ()), ("a", ())],
    )


def test_neither_more_nor_less_of_the_positives_is_worse():
    frame = planted().assign(y_true=lambda f: (f["shop"] == "b").astype(int))
    assert worst_of(frame, ("shop",), "prevalence").groups == ()


# ------------------------------------------------------------------------------------------------ real data


def test_the_groups_of_adult_are_a_direct_count_of_its_rows(shared_data):
    path = shared_data("adult_income_binary.csv")
    predictions = mc.read(path)
    frame = pd.read_csv(path, keep_default_na=False)
    wrong = frame["y_true"] != frame["y_pred"]
    table = Comparison.of(predictions.judged(), "error_rate").table(
        grouping(predictions.source, "occupation")
    )
    rates = wrong.groupby(frame["occupation"].replace("", "(missing)")).agg(["size", "mean"])
    for g in table.groups:
        assert (g.rows, g.value) == (rates.loc[g.label, "size"], pytest.approx(rates.loc[g.label, "mean"]))
    assert len(table.groups) == len(rates)
