"""The decision in other languages decides every row as ``apply`` does: the SQL is run by DuckDB, the Python by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

import metrics_core as mc
from metrics_core.decisions.apply import apply
from metrics_core.decisions.record import Decision
from metrics_core.decisions.select import select
from metrics_core.decisions.snippets import scikit_learn, sql
from metrics_core.source import open_source
from tests.tables import random_rows


def decision(cut: float | None, kind: str = "probability", column: str = "p", groups: Sequence[dict[str, Any]] = (), label: str = "1") -> Decision:  # fmt: skip
    return Decision(
        task="binary",
        model="m",
        pos_label=label,
        roles={"y_true": "y", "y_score": column, "score_kind": kind},
        threshold=cut,
        objective={"maximize": "f1"},
        data={},
        feasible=cut is not None,
        thresholds=Decision.from_dict(_record(groups)).thresholds,
    )


def _record(groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    fields = {
        "schema": 1,
        "task": "binary",
        "model": "m",
        "pos_label": "1",
        "roles": {"y_true": "y", "y_score": "p"},
    }
    return fields | {"threshold": 0.5, "objective": {"maximize": "f1"}, "data": {}, "feasible": True, "thresholds": list(groups)}  # fmt: skip


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One for the whole file: opening it takes longer than a question."""
    return duckdb.connect()


def by_sql(record: Decision, table: pa.Table) -> list[int | None]:
    database().register("rows", table)
    return [row[0] for row in database().execute(f"SELECT {sql(record)} FROM rows").fetchall()]


def by_apply(record: Decision, table: pa.Table, folder: Path) -> list[int | None]:
    apply(record, open_source(table), folder / "out.parquet")
    return pq.read_table(folder / "out.parquet").column("flagged").to_pylist()


def with_gaps(values: Any) -> pa.Array:
    """Put an empty cell into every tenth row."""
    return pa.array([None if i % 10 == 3 else float(v) for i, v in enumerate(values)], pa.float64())


# ------------------------------------------------------------------------------------------------- SQL


@pytest.mark.parametrize("kind", ["probability", "percent", "logit", "margin", "score"])
def test_the_sql_flags_the_rows_that_apply_flags(kind: str, tmp_path: Path) -> None:
    drawn = random_rows(0, 300)
    p = drawn.score.clip(0.001, 0.999)
    raw = {"percent": 100 * p, "logit": np.log(p / (1 - p)), "margin": 4 * p - 2, "score": 70 * p}.get(
        kind, p
    )
    table = pa.table({"y": drawn.positive.astype(int), "p": with_gaps(raw)})
    predictions = mc.read(table, y_true="y", y_score="p", score_kind=kind)
    for metric in ("f1", "precision"):
        record = select(predictions, maximize=metric, replicates=100)
        flags = by_sql(record, table)
        assert flags == by_apply(record, table, tmp_path)
        assert {*flags} == {0, 1, None}


@pytest.mark.parametrize("kind", ["percent", "logit"])
def test_the_sql_decides_rows_exactly_at_the_threshold_alike(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    raw = {"percent": 100 * rng.random(60), "logit": rng.normal(0, 12, 60)}[kind]
    table = pa.table({"y": np.arange(60) % 2, "p": raw})
    score = mc.read(table, y_true="y", y_score="p", score_kind=kind).cases["p"].score
    for cut in score[::3]:
        record = decision(float(cut), kind)
        assert (
            by_sql(record, table) == by_apply(record, table, tmp_path) == (score >= cut).astype(int).tolist()
        )


@given(st.floats(-60, 60), st.sampled_from(["percent", "logit"]))
def test_the_cut_on_another_scale_is_the_least_number_that_reaches_it(raw: float, kind: str) -> None:
    raw = abs(raw) if kind == "percent" else raw
    around = [float(np.nextafter(raw, -np.inf)), raw, float(np.nextafter(raw, np.inf))]
    table = pa.table({"y": [0, 1, 0, 1], "p": [*around, 0.5 if kind == "percent" else 0.0]})
    score = mc.read(table, y_true="y", y_score="p", score_kind=kind).cases["p"].score
    for cut in np.unique(score):
        assert by_sql(decision(float(cut), kind), table) == (score >= cut).astype(int).tolist()


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("probability", [0.0, 0.5, 1.0]), ("percent", [0.0, 50.0, 100.0]), ("logit", [-800.0, 0.0, 36.0, 37.0, 40.0, 800.0])],
)  # fmt: skip
def test_the_ends_of_the_scale_are_decided_alike(kind: str, raw: list[float], tmp_path: Path) -> None:
    table = pa.table({"p": raw})
    for cut in (-1.0, 0.0, 5e-324, 1 - 2**-53, 1.0, float(np.nextafter(1, 2))):
        record = decision(cut, kind)
        assert by_sql(record, table) == by_apply(record, table, tmp_path), cut


def test_scores_that_rounding_took_out_of_their_scale_are_decided_alike(tmp_path: Path) -> None:
    table = pa.table({"p": [-1e-9, 0.3, 1 + 1e-9]})
    for cut in (0.0, 1.0, float(np.nextafter(1, 2))):
        record = decision(cut)
        assert by_sql(record, table) == by_apply(record, table, tmp_path), cut


COLUMNS: dict[str, pa.Array] = {
    'the "group"': pa.array([["it's", "b", None][i % 3] for i in range(1800)]),
    "it's; DROP TABLE rows --": pa.array([["a", "b"][i % 2] for i in range(1800)]),
    "order": pa.array([[1, 2, None][i % 3] for i in range(1800)], pa.int64()),
    "über gross": pa.array([None if i % 7 == 0 else i % 91 for i in range(1800)], pa.int64()),
    "select": pa.array([None if i % 7 == 0 else (i % 91) / 7 for i in range(1800)], pa.float64()),
    "new": pa.array([[True, False, None][i % 3] for i in range(1800)]),
    "day": pa.array(np.datetime64("2026-01-01") + np.arange(1800) // 900),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_groups_of_any_column_are_told_apart_alike(column: str, tmp_path: Path) -> None:
    drawn = random_rows(2, 1800)
    score = 'p "raw" %'
    table = pa.table(
        {"y": drawn.positive.astype(int), score: with_gaps(drawn.score), column: COLUMNS[column]}
    )
    record = select(mc.read(table, y_true="y", y_score=score), maximize="f1", per=column, replicates=100)
    assert len({one.threshold for one in record.thresholds}) > 1
    assert by_sql(record, table) == by_apply(record, table, tmp_path)


def test_of_groups_that_overlap_the_first_counts_in_sql_too(tmp_path: Path) -> None:
    groups = [{"where": "id >= 2", "threshold": 0.9}, {"where": "id >= 1", "threshold": 0.1}]
    table = pa.table({"id": [0, 1, 2], "p": [0.2, 0.2, 0.2]})
    record = decision(0.5, groups=groups)
    assert by_sql(record, table) == by_apply(record, table, tmp_path) == [0, 1, 0]


def test_a_decision_without_a_threshold_has_no_snippets() -> None:
    for write in (sql, scikit_learn):
        with pytest.raises(mc.DataError, match="so there is nothing to run"):
            write(decision(None))


# ---------------------------------------------------------------------------------------- scikit-learn


def run(snippet: str, model: Any, x: Any, y: Any) -> Any:
    """Run a snippet where ``model``, ``X`` and ``y`` are known, and return its classifier."""
    names = {"model": model, "X": x, "y": y}
    exec(snippet, names)
    return names["decision"]


@pytest.mark.parametrize(
    ("names", "label"), [((0, 1), "1"), ((0, 1), "0"), (("ham", "spam"), "ham"), (("o'k", 'a "b"'), 'a "b"')]
)
def test_the_scikit_learn_snippet_decides_by_the_threshold(names: tuple[Any, Any], label: str) -> None:
    x, code = make_classification(300, 5, random_state=0)
    y = np.array(names)[code]
    model = LogisticRegression().fit(x, y)
    at = [str(c) for c in model.classes_].index(label)
    score = model.predict_proba(x)[:, at]
    cut = float(np.sort(score)[100])
    wrapped = run(scikit_learn(decision(cut, label=label)), model, x, y)
    assert [str(c) == label for c in wrapped.predict(x)] == (score >= cut).tolist()
    assert np.array_equal(wrapped.estimator_.estimator.coef_, model.coef_)


def test_a_margin_is_that_of_the_decision_function() -> None:
    x, y = make_classification(300, 5, random_state=0)
    model = LogisticRegression().fit(x, y)
    score = model.decision_function(x)
    cut = float(np.sort(score)[100])
    wrapped = run(scikit_learn(decision(cut, "margin")), model, x, y)
    assert np.array_equal(wrapped.predict(x), score >= cut)


def test_a_chosen_decision_runs_in_scikit_learn() -> None:
    x, y = make_classification(400, 5, random_state=1)
    model = LogisticRegression().fit(x[:200], y[:200])
    p = model.predict_proba(x[200:])[:, 1]
    predictions = mc.read(pd.DataFrame({"y": y[200:], "p": p}), y_true="y", y_score="p")
    record = select(predictions, maximize="f1", replicates=100)
    predicted = run(scikit_learn(record), model, x, y).predict(x[200:])
    assert record.apparent is not None
    assert record.apparent["confusion"]["tp"] == int((predicted & y[200:]).sum())
    assert record.apparent["confusion"]["fp"] == int((predicted & (1 - y[200:])).sum())


def test_scikit_learn_knows_one_threshold_only() -> None:
    record = decision(0.5, groups=[{"where": "g == 1", "threshold": 0.2}])
    with pytest.raises(mc.DataError, match="FixedThresholdClassifier knows one threshold, and this decision has one for each group"):  # fmt: skip
        scikit_learn(record)
