"""Columns that give the label away, ids that come again and rows that are there twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.leaks import leaks_of
from metrics_core.repeats import repeats_of
from tests.advised import Frame, decided, described, of_classes, said, scored


def leaking(seed: int = 0, n: int = 600) -> tuple[Frame, np.random.Generator]:
    """Scores that are not too good, and the means to add a column."""
    frame = scored(n, seed=seed).assign(time=pd.date_range("2026-01-01", periods=n))
    return frame, np.random.default_rng(seed + 100)


def named(frame: Frame, **how: Any) -> list[str]:
    return [leak.column for leak in leaks_of(mc.read(frame, y_score="y_score", y_true="y_true", **how))]


def test_w10_names_a_column_that_gives_the_label_away() -> None:
    frame, _ = leaking()
    frame["refund"] = np.where(frame["y_true"] == 1, 20.0, 0.0)
    assert said(frame, "W10") == [("warning", "One column tells the label without any model (ROC AUC): 'refund' (1).")]  # fmt: skip
    frame["closed"] = np.where(frame["y_true"] == 1, "by staff", "by customer")
    assert said(frame, "W10") == [("warning", "Each of 2 columns tells the label without any model (ROC AUC): 'refund' (1), 'closed' (1).")]  # fmt: skip


COLUMNS: dict[str, tuple[Any, bool]] = {
    "text": (lambda y, rng: np.where(y == 1, rng.choice(["a", "b"], y.size), rng.choice(["c", "d"], y.size)), True),
    "text of little use": (lambda y, rng: np.where(rng.random(y.size) < 0.8, y, 1 - y).astype(str), False),
    "an id": (lambda y, rng: [f"row {i}" for i in rng.permutation(y.size)], False),
    "an index in a sorted file": (lambda y, rng: np.arange(y.size), False),
    "number": (lambda y, rng: 10 * y + rng.normal(size=y.size), True),
    "number that falls": (lambda y, rng: -10 * y + rng.normal(size=y.size), True),
    "number of little use": (lambda y, rng: 2 * y + rng.normal(size=y.size), False),
    "code": (lambda y, rng: np.where(y == 1, 2, rng.choice([1, 3], y.size)), True),
    "boolean": (lambda y, rng: y == 1, True),
    "filled only for positives": (lambda y, rng: np.where(y == 1, rng.normal(size=y.size), np.nan), True),
    "time only for negatives": (lambda y, rng: pd.Series(pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 900, y.size), unit="h")).mask(y == 1), True),
    "empty": (lambda y, rng: [None] * y.size, False),
    "one value": (lambda y, rng: ["same"] * y.size, False),
    "lists": (lambda y, rng: [[int(v)] for v in y], False),
}  # fmt: skip


@pytest.mark.parametrize("what", COLUMNS)
def test_a_column_gives_away_what_it_tells_about_rows_it_was_not_learnt_from(what: str) -> None:
    frame, rng = leaking()
    frame = frame.sort_values("y_true", ignore_index=True)
    make, leaks = COLUMNS[what]
    frame["extra"] = make(frame["y_true"].to_numpy(), rng)
    assert named(frame) == (["extra"] if leaks else [])


@pytest.mark.parametrize("role", ["weight", "split", "fold", "id", "group", "amount"])
def test_a_column_with_a_role_of_its_own_is_not_called_a_leak(role: str) -> None:
    frame, _ = leaking()
    frame["extra"] = frame["y_true"] + 1
    assert named(frame) == ["extra"]
    assert named(frame, **{role: "extra"}) == []


@pytest.mark.parametrize("name", ["other_score", "y_pred_new", "proba_1", "logits", "YPred"])
def test_what_looks_like_an_answer_of_a_model_is_not_called_a_leak(name: str) -> None:
    frame, _ = leaking()
    assert named(frame.assign(**{name: frame["y_true"] * 0.9})) == []


def test_ten_rows_of_a_label_must_judge_a_column() -> None:
    frame = pd.DataFrame({"y_true": [0] * 20 + [1] * 8, "y_score": np.linspace(0, 1, 28)})
    assert named(frame.assign(extra=frame["y_true"])) == []


def test_rows_that_belong_together_are_not_learnt_from_each_other() -> None:
    frame, rng = leaking(n=1200)
    patient = np.arange(1200) // 10
    frame["y_true"] = (rng.random(120) < 0.4).astype(int)[patient]
    frame["doctor"] = [f"doctor {p}" for p in patient]
    assert named(frame) == ["doctor"]
    assert named(frame.assign(patient=patient), group="patient") == []


def test_a_column_that_tells_many_classes_is_named() -> None:
    rng = np.random.default_rng(3)
    truth = rng.choice(list("abc"), 900)
    frame = pd.DataFrame({"y_true": truth, "y_pred": np.where(rng.random(900) < 0.8, truth, "a"), "extra": [f"{t}{i % 5}" for i, t in enumerate(truth)]})  # fmt: skip
    assert of_classes(frame, "W10") == [("warning", "One column tells the label without any model (share guessed right): 'extra' (1).")]  # fmt: skip
    numbers = frame.assign(extra=10.0 * frame["y_true"].map({"a": 0, "b": 1, "c": 2}) + rng.normal(size=900))
    (found,) = of_classes(numbers, "W10")
    assert "'extra' (0.99" in found[1] or "'extra' (1)" in found[1]
    for useless in ([f"row {i}" for i in range(900)], rng.normal(size=900), np.arange(900), [None] * 900):
        assert of_classes(frame.assign(extra=useless), "W10") == []


def test_probabilities_of_the_other_classes_are_no_leaks_of_one_of_them() -> None:
    rng = np.random.default_rng(4)
    truth = rng.choice(list("ab"), 600)
    truth[:30] = "c"
    frame = pd.DataFrame(
        {"y_true": truth, "q.a": (truth == "a") * 0.9, "q.b": (truth == "b") * 0.9, "q.c": 0.1}
    )
    one = mc.read(frame, proba_prefix="q.").against_rest("a")
    assert leaks_of(one) == ()


def test_leaks_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, _ = leaking()
    predictions = mc.read(frame.assign(extra=frame["y_true"] * 3), y_score="y_score")
    first = leaks_of(predictions)
    monkeypatch.setattr("metrics_core.leaks._search", None)
    assert leaks_of(predictions) is first


def test_of_very_many_rows_a_part_is_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("metrics_core.leaks.MAX_ROWS", 200)
    frame, _ = leaking(n=1000)
    frame["extra"] = frame["y_true"].map({0: "no", 1: "yes"})
    assert named(frame) == ["extra"]
    frame.to_parquet(tmp_path / "many.parquet")
    on_disk = mc.read(tmp_path / "many.parquet", y_score="y_score")
    assert [leak.column for leak in leaks_of(on_disk)] == ["extra"]


# ------------------------------------------------------------------------------------------------ W11


def test_w11_counts_ids_that_come_again() -> None:
    frame = scored(200).assign(case=[f"C{i}" for i in range(197)] + ["C7", "C7", "C9"])
    how = {"id": "case"}
    assert said(frame, "W11", how=how) == [("warning", "3 of 200 rows carry the id of an earlier row: 'C7' is in 3. Intervals that count each row for itself are too narrow.")]  # fmt: skip
    assert said(frame.iloc[:197], "W11", how=how) == []
    assert said(frame, "W11", how={"group": "case"}) == []
    assert said(frame.assign(person=np.arange(200) // 2), "W11", how={"id": "case", "group": "person"}) == []


def test_w11_does_not_count_empty_ids() -> None:
    frame = scored(200).assign(case=[f"C{i}" for i in range(190)] + [None] * 10)
    assert said(frame, "W11", how={"id": "case"}) == []


def test_w11_lets_each_model_have_every_id() -> None:
    one = scored(200).assign(id=[f"C{i}" for i in range(200)])
    both = pd.concat([one.assign(model="a"), one.assign(model="b")], ignore_index=True)
    assert said(both, "W11", how={"model_column": "model"}) == []
    again = pd.concat([both, one.iloc[:5].assign(model="b")], ignore_index=True)
    predictions = mc.read(again, model_column="model")
    assert [repeats_of(predictions, name).ids for name in "ab"] == [0, 5]


def test_w11_counts_copies_of_rows() -> None:
    frame = described(500)
    copied = pd.concat([frame, frame.iloc[:12]], ignore_index=True)
    assert said(copied, "W11") == [("warning", "12 of 512 rows (2.3 %) equal an earlier row in every column. Intervals that count each row for itself are too narrow.")]  # fmt: skip
    assert said(pd.concat([frame, frame.iloc[:9]], ignore_index=True), "W11") == []
    assert said(pd.concat([described(1500), described(1500).iloc[:14]], ignore_index=True), "W11") == []


def test_w11_finds_copies_under_new_names() -> None:
    frame = described(500)
    twice = pd.concat([frame, frame], ignore_index=True)
    names = {"row": np.arange(1000), "case": [f"C{i}" for i in range(1000)]}
    assert said(twice.assign(**names), "W11", how={"id": "case"})[0][1].startswith(
        "500 of 1,000 rows (50.0 %) equal"
    )
    assert said(twice.assign(**names), "W11")[0][1].startswith("500 of 1,000 rows (50.0 %) equal")


def test_w11_finds_a_text_that_comes_twice() -> None:
    frame = scored(300).assign(review=[f"I liked it {i} times" for i in range(300)])
    assert said(pd.concat([frame, frame.iloc[:20]], ignore_index=True), "W11")[0][1].startswith(
        "20 of 320 rows"
    )


COARSE: dict[str, Frame] = {
    "decisions alone": decided(400, 20, 20, 600),
    "rounded scores": scored(2000).round({"y_score": 3}),
    "rounded scores and coarse columns": scored(5000).round({"y_score": 2}).assign(
        sex=np.tile(["f", "m"], 2500), town=np.random.default_rng(1).choice(list("ABCD"), 5000)),
    "nested cells": pd.concat([described(100)] * 2, ignore_index=True).assign(vector=[[i] for i in range(200)]),
}  # fmt: skip


@pytest.mark.parametrize("what", COARSE)
def test_w11_does_not_take_rows_that_are_equal_by_chance_for_copies(what: str) -> None:
    assert said(COARSE[what], "W11") == []


def test_w11_does_not_take_people_with_the_same_few_features_for_copies() -> None:
    """The score follows from the features, the label does not: equal rows are not copies."""
    rng = np.random.default_rng(8)
    age, visits, sex = rng.integers(20, 60, 3000), rng.integers(0, 9, 3000), rng.integers(0, 2, 3000)
    score = 1 / (1 + np.exp(-(0.05 * (age - 40) + 0.2 * visits - 1 + 0.3 * sex)))
    frame = pd.DataFrame({"y_true": (rng.random(3000) < score).astype(int), "y_score": score, "age": age, "visits": visits, "sex": sex})  # fmt: skip
    assert frame.duplicated().mean() > 0.3
    assert said(frame, "W11") == []


def test_w11_knows_equal_cells_of_every_kind() -> None:
    n = 60
    frame = described(n).assign(
        whole=pd.array([None if i % 7 == 0 else i * 3 % 11 for i in range(n)], dtype="Int64"),
        yes=pd.array([None if i % 5 == 0 else i % 2 == 0 for i in range(n)], dtype="boolean"),
        day=pd.date_range("2026-01-01", periods=n).date,
        moment=pd.date_range("2026-01-01", periods=n, tz="UTC").where(np.arange(n) % 4 > 0),
        text=[None if i % 3 == 0 else f"t{i}" for i in range(n)],
        zero=np.where(np.arange(n) % 2 == 0, 0.0, np.nan),
        nothing=[None] * n,
    )
    again = frame.assign(zero=-frame["zero"])
    found = repeats_of(mc.read(pd.concat([frame, again], ignore_index=True), y_score="y_score"), "y_score")
    assert (found.copies, found.of_rows) == (n, 2 * n)


def test_w11_finds_in_blocks_that_a_long_table_is_there_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # fmt: skip
    monkeypatch.setattr("metrics_core.repeats.MAX_ROWS", 240)
    twice = pd.concat([described(1000)] * 2, ignore_index=True)
    assert said(twice, "W11")[0][1].startswith("120 of 240 rows looked at (50.0 %) equal an earlier row")
    twice.to_parquet(tmp_path / "twice.parquet")
    assert repeats_of(mc.read(tmp_path / "twice.parquet", y_score="y_score"), "y_score").copies == 120
