"""Slices side by side: the counts of the slow way, the same numbers as a column's groups, many models, tests and pulls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.derived import derived
from metrics_core.differences import benjamini_hochberg
from metrics_core.filters import parse
from metrics_core.grouping import grouping
from metrics_core.groups_compared import ComparedGroup, Comparison, comparable_metrics, corrected
from metrics_core.shrinkage import shrunk_rates
from metrics_core.slice_table import (
    NO_RATE,
    OVERLAPS,
    TOGETHER,
    NamedSlice,
    SliceTable,
    named_slices,
    slice_table,
)
from metrics_core.source import Cancelled
from tests.class_tables import random_classes
from tests.tables import random_rows

SLICES = [
    "age < 40",
    "age >= 30 and age < 60",
    "not (city == 'a' or age > 70)",
    "city == 'b' and age < 40",
    "age is missing",
]


def frame(n: int = 600, seed: int = 2, **more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return random_rows(seed, n).frame(
        age=rng.integers(18, 80, n),
        city=rng.choice(["a", "b", "c"], n),
        note=rng.choice(["x", "yy", "zzz 1"], n),
        **more,
    )


def read(table: pd.DataFrame, **roles: Any) -> mc.Predictions:
    return mc.read(table, **{"y_true": "y_true", "y_score": "y_score"} | roles)


def groups(found: SliceTable, metric: str = "error_rate", model: str = "") -> list[ComparedGroup]:
    return list(found.tables[model or found.models[0], metric].groups)


def test_every_number_is_a_direct_count_of_the_rows() -> None:
    table = frame()
    predictions = read(table)
    found = slice_table(predictions, SLICES, metrics=["error_rate", "fnr", "f1"])
    positive, flagged = table["y_true"] == 1, table["y_score"] >= 0.5
    wrong = (positive != flagged).to_numpy()
    for slice_, group in zip(found.slices, groups(found), strict=True):
        inside = predictions.mask(slice_.where)
        assert group.rows == inside.sum()
        assert group.share_of_failures == pytest.approx(wrong[inside].sum() / wrong.sum())
        if inside.any():
            assert group.value == pytest.approx(wrong[inside].mean())
            assert group.rest == pytest.approx(wrong[~inside].mean())
            assert group.difference == pytest.approx(wrong[inside].mean() - wrong[~inside].mean())
    for slice_, group in zip(found.slices, groups(found, "fnr"), strict=True):
        inside = predictions.mask(slice_.where) & positive
        if inside.any():
            assert group.value == pytest.approx(1 - flagged[inside].mean())
            assert group.n == inside.sum()


@pytest.mark.parametrize("metric", [spec.key for spec in comparable_metrics("binary")])
def test_a_group_of_a_column_has_the_same_numbers_as_its_filter_alone(metric: str) -> None:
    predictions = read(frame())
    column = grouping(predictions.source, "city")
    together = slice_table(predictions, [column], metrics=[metric])
    alone = slice_table(predictions, [level.where for level in column.levels], metrics=[metric])
    for one, other in zip(groups(together, metric), groups(alone, metric), strict=True):
        for name in (
            "rows",
            "value",
            "low",
            "high",
            "rest",
            "difference",
            "difference_low",
            "difference_high",
            "z",
            "p",
            "n",
            "share",
        ):
            assert getattr(one, name) == pytest.approx(getattr(other, name), nan_ok=True), name


@pytest.mark.parametrize(
    "roles",
    [
        {"weight": "w"},
        {"weight": "w", "weight_kind": "frequency"},
        {"group": "who"},
        {"weight": "w", "group": "who"},
    ],
)
def test_weights_and_rows_that_belong_together_count_as_they_do_for_a_column(roles: dict[str, str]) -> None:
    rng = np.random.default_rng(9)
    predictions = read(frame(w=rng.integers(1, 4, 600), who=rng.integers(0, 60, 600)), **roles)
    column = grouping(predictions.source, "city")
    judged = predictions.judged()
    wanted = Comparison.of(judged, "error_rate", 0.5).table(column).groups
    found = groups(slice_table(predictions, [level.where for level in column.levels]))
    for one, other in zip(wanted, found, strict=True):
        for name in (
            "rows",
            "share",
            "value",
            "low",
            "high",
            "rest",
            "difference",
            "difference_low",
            "difference_high",
            "p",
            "n",
        ):
            assert getattr(one, name) == pytest.approx(getattr(other, name), nan_ok=True), name


@pytest.mark.parametrize("metrics", [["error_rate"], ["error_rate", "mcc", "f1_macro", "accuracy"]])
def test_many_classes_are_compared_too(metrics: list[str]) -> None:
    drawn = random_classes(3, 300)
    table = drawn.frame(city=np.random.default_rng(3).choice(["a", "b"], 300))
    predictions = mc.read(table, y_true="y_true", y_pred="y_pred")
    found = slice_table(predictions, ["city == 'a'"], metrics=metrics)
    inside = (table["city"] == "a").to_numpy()
    wrong = (table["y_true"].astype(str) != table["y_pred"].astype(str)).to_numpy()
    (group,) = groups(found)
    assert (group.value, group.rest) == pytest.approx((wrong[inside].mean(), wrong[~inside].mean()))
    assert set(found.tables) == {(found.models[0], metric) for metric in metrics}


def test_predicted_numbers_are_compared_by_their_errors() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {"y": rng.normal(size=200), "age": rng.integers(0, 80, 200), "city": rng.choice(["a", "b"], 200)}
    )
    table["f"] = table["y"] + rng.normal(size=200) * (1 + (table["age"] < 40))
    predictions = mc.read(table, task="regression", y_true="y", y_pred="f")
    found = slice_table(
        predictions, ["age < 40", grouping(predictions.source, "city")], metrics=["mae", "bias"]
    )
    error, young = (table["f"] - table["y"]).abs(), table["age"] < 40
    first, *cities = groups(found, "mae")
    assert (first.value, first.rest) == pytest.approx((error[young].mean(), error[~young].mean()))
    assert [g.value for g in cities] == pytest.approx(error.groupby(table["city"]).mean().tolist())


def test_the_rest_is_the_rest_of_the_rows_that_are_looked_at() -> None:
    table = frame()
    predictions = read(table)
    (group,) = groups(slice_table(predictions, ["age < 40"], where="city == 'a'"))
    wrong = (table["y_true"] == 1) != (table["y_score"] >= 0.5)
    here, young = table["city"] == "a", table["age"] < 40
    assert group.rows == (here & young).sum()
    assert group.rest == pytest.approx(wrong[here & ~young].mean())


def test_several_models_stand_side_by_side_each_with_its_threshold() -> None:
    table = frame().assign(other=lambda t: 1 - t["y_score"])
    predictions = read(table, y_score={"a": "y_score", "b": "other"})
    found = slice_table(predictions, ["age < 40"], models=["b", "a"], threshold={"a": 0.3, "b": 0.8})
    inside = (table["age"] < 40).to_numpy()
    for model, column, cut in (("a", "y_score", 0.3), ("b", "other", 0.8)):
        wrong = ((table["y_true"] == 1) != (table[column] >= cut)).to_numpy()
        (group,) = groups(found, model=model)
        assert group.value == pytest.approx(wrong[inside].mean())
    assert found.models == ("b", "a")
    with pytest.raises(mc.DataError, match="There is no model 'c'"):
        slice_table(predictions, ["age < 40"], threshold={"c": 0.3})


def test_without_a_threshold_the_files_own_decision_counts() -> None:
    table = frame().assign(said=lambda t: (t["y_score"] > 0.9).astype(int))
    (group,) = groups(slice_table(read(table, y_pred="said"), ["age < 40"]))
    young = table["age"] < 40
    assert group.value == pytest.approx((table["said"] != table["y_true"])[young].mean())


def test_q_allows_for_every_slice_metric_and_model_of_the_table() -> None:
    table = frame(2000).assign(other=lambda t: 1 - t["y_score"])
    predictions = read(table, y_score={"a": "y_score", "b": "other"})
    found = slice_table(predictions, SLICES, metrics=["error_rate", "fpr"], models=["a", "b"])
    every = [g for of in found.tables.values() for g in of.groups if not g.small and not np.isnan(g.p)]
    assert found.tested == len(every) == 16
    assert [g.q for g in every] == pytest.approx(benjamini_hochberg([g.p for g in every]).tolist())


def test_a_slice_without_rows_is_told_and_not_tested() -> None:
    found = slice_table(read(frame()), ["age > 999", "age < 40"])
    empty, _ = groups(found)
    assert (empty.rows, empty.reason, empty.label) == (0, "no row is in it", "age > 999")
    assert np.isnan([empty.value, empty.q, empty.difference]).all()
    assert found.tested == 1


def test_a_slice_of_all_rows_has_no_rest() -> None:
    (group,) = groups(slice_table(read(frame()), ["age > 0"]))
    assert group.reason == "there are no other rows"
    assert np.isnan(group.difference)


def test_the_same_filter_is_one_slice_and_keeps_its_first_name() -> None:
    predictions = read(frame())
    given = [
        NamedSlice("Young", parse("age < 40")),
        "age<40",
        grouping(predictions.source, "city"),
        "city == 'a'",
    ]
    found = slice_table(predictions, given)
    assert [s.name for s in found.slices] == ["Young", "city = a", "city = b", "city = c"]


def test_groups_of_a_column_are_pulled_together_and_other_slices_say_why_not() -> None:
    predictions = read(frame())
    column = grouping(predictions.source, "city")
    found = slice_table(predictions, [column, "age < 40"], metrics=["error_rate", "f1"])
    rates, *_ = (found.pulled[found.models[0], m] for m in ("error_rate", "f1"))
    cities = groups(found)[:3]
    expected = shrunk_rates([g.part for g in cities], [g.of for g in cities])
    assert [p.value for p in rates[:3]] == pytest.approx(expected.value.tolist())
    assert [p.above for p in rates[:3]] == pytest.approx(expected.above.tolist())
    assert (rates[3].reason, found.pulled[found.models[0], "f1"][0].reason) == (OVERLAPS, NO_RATE)
    assert np.isnan(rates[3].value)
    together = slice_table(read(frame(who=np.arange(600) // 5), group="who"), [column])
    assert {p.reason for p in together.pulled[together.models[0], "error_rate"]} == {TOGETHER}


def test_a_tiny_group_does_not_lead_by_the_pulled_rate() -> None:
    errors = {"tiny": (1, 2), "a": (100, 400), **{name: (50 + i, 400) for i, name in enumerate("bcdefgh")}}
    parts = [
        pd.DataFrame({"c": name, "said": [1] * k + [0] * (n - k), "y": 0}) for name, (k, n) in errors.items()
    ]
    said = pd.concat([*parts, pd.DataFrame({"c": ["b"], "said": [1], "y": [1]})], ignore_index=True)
    predictions = mc.read(said, y_true="y", y_pred="said", pos_label="1")
    found = slice_table(predictions, [grouping(predictions.source, "c")])
    by = {
        g.label: (g.value, p.value)
        for g, p in zip(groups(found), found.pulled["said", "error_rate"], strict=True)
    }
    assert max(by, key=lambda label: by[label][0]) == "c = tiny"
    assert max(by, key=lambda label: by[label][1]) == "c = a"


def test_groups_of_derived_columns_are_named_as_they_are_asked_for() -> None:
    source = read(frame()).source
    names = [
        s.name
        for what in ("has_digit(note)", "length(note)", "note is missing")
        for s in named_slices(derived(source, what))
    ]
    assert names == [
        "has_digit(note)",
        "not has_digit(note) and note is not missing",
        "length(note) = 1",
        "length(note) = 2",
        "length(note) = 5",
        "note is not missing",
    ]


def test_the_frame_has_a_row_for_each_slice_model_and_metric() -> None:
    found = slice_table(read(frame()), SLICES, metrics=["error_rate", "recall"])
    table = found.frame()
    assert len(table) == 2 * len(SLICES)
    assert table["where"].tolist() == [s.where.text for s in found.slices] * 2
    assert {
        "slice",
        "model",
        "metric",
        "rows",
        "n",
        "value",
        "low",
        "difference",
        "q",
        "share_of_failures",
        "shrunken",
        "not_shrunken",
    } <= set(table.columns)


@pytest.mark.parametrize(
    ("slices", "more", "said"),
    [
        ([], {}, "There is no slice to compare"),
        (["agee < 4"], {}, "no column 'agee'. Did you mean 'age'"),
        (["city < 4"], {}, "Quote it to order by spelling"),
        (["age < 40"], {"metrics": ["eror_rate"]}, "Did you mean 'error_rate'"),
        (["age < 40"], {"metrics": []}, "at least one metric"),
        (["age < 40"], {"models": ["nope"]}, "There is no model 'nope'"),
        (["age < 40"], {"where": "age > 999"}, "No row of model 'y_score' is left"),
        ([f"age < {i}" for i in range(1001)], {}, "These are 1,001 slices; at most 1,000"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(slices: list[str], more: dict[str, Any], said: str) -> None:
    with pytest.raises(mc.DataError, match=said):
        slice_table(read(frame()), slices, **more)


def test_the_work_reports_how_far_it_is_and_can_be_given_up() -> None:
    seen: list[float] = []
    slice_table(read(frame()), SLICES, progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    with pytest.raises(Cancelled):
        slice_table(read(frame()), SLICES, cancelled=lambda: len(seen) > 0)


@given(
    st.lists(
        st.sampled_from(["age < 40", "city == 'a'", "note contains '1'", "length(note) > 1"]),
        min_size=1,
        max_size=4,
    )
)
def test_conditions_that_slices_share_are_answered_as_if_alone(parts: list[str]) -> None:
    predictions = read(frame(60))
    slices = [" and ".join(parts[: i + 1]) for i in range(len(parts))]
    found = slice_table(predictions, slices)
    for slice_, group in zip(found.slices, groups(found), strict=True):
        assert group.rows == predictions.mask(slice_.where).sum()


def test_corrected_tables_are_what_is_shown() -> None:
    found = slice_table(read(frame(2000)), SLICES, metrics=["error_rate", "fpr"])
    again = corrected(found.tables.values())
    assert [g.q for t in again for g in t.groups] == pytest.approx(
        [g.q for t in found.tables.values() for g in t.groups], nan_ok=True
    )
