"""What is read as it stands: files and frames, roles that are guessed, labels, scores and weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from tests.tables import random_rows

ROWS = random_rows(1, 100)
FRAME = ROWS.frame()
YES = np.where(ROWS.positive, "yes", "no")


def read(frame: Any = FRAME, **options: Any) -> mc.Predictions:
    return mc.read(frame, y_true="y_true", y_score="y_score", **options)


def findings(predictions: mc.Predictions) -> dict[str, str]:
    return {f.id: f.text for f in predictions.findings}


# ------------------------------------------------------------------------------------------------ files and frames


def mixed_frame() -> pd.DataFrame:
    """Every kind of column a file and a frame can both hold, one cell of each missing."""
    rng, n = np.random.default_rng(2), 60
    drawn = random_rows(2, n, levels=50)
    return pd.DataFrame(
        {
            "id": [f"{i:03d}" for i in range(n)],
            "label": np.where(drawn.positive, "yes", "no"),
            "p": np.where(np.arange(n) == 5, np.nan, drawn.score),
            "decision": np.where(drawn.score > 0.4, "Yes", "No"),
            "colour": pd.Series(rng.choice(["red", "it's blue", 'say "no"'], n)).mask(np.arange(n) == 7),
            "select": rng.integers(0, 100, n),
            "x": np.where(np.arange(n) == 9, np.nan, np.round(rng.normal(size=n), 3)),
            "day": pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 3, n), unit="D"),
        }
    )


def as_csv(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def as_tsv(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "t.tsv", index=False, sep="\t")
    return folder / "t.tsv"


def as_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "t.parquet", row_group_size=17)
    return folder / "t.parquet"


ENGINES: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "csv": as_csv,
    "tsv": as_tsv,
    "parquet": as_parquet,
    "pandas": lambda frame, folder: frame,
    "pandas, other index": lambda frame, folder: frame.set_index(np.arange(len(frame))[::-1] * 7),
    "pandas, Arrow types": lambda frame, folder: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda frame, folder: pl.from_pandas(frame),
    "polars, lazy": lambda frame, folder: pl.from_pandas(frame).lazy(),
    "pyarrow": lambda frame, folder: pa.Table.from_pandas(frame, preserve_index=False),
    "DuckDB": lambda frame, folder: duckdb.connect().from_arrow(
        pa.Table.from_pandas(frame, preserve_index=False)
    ),
}


def answer(data: Any) -> str:
    """Everything about the table, as JSON text."""
    predictions = mc.read(data, y_true="label", y_score="p", y_pred="decision", id="id")
    found = mc.evaluate(
        predictions, threshold=0.3, by=["colour", "select", "x", "day"], where="x > -1 or x is missing"
    )
    return json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "pandas"])
def test_every_engine_gives_the_same_answer(engine: str, tmp_path: Path) -> None:
    frame = mixed_frame()
    assert answer(ENGINES[engine](frame, tmp_path)) == answer(frame)


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_come_back_by_position_in_the_order_asked_for(engine: str, tmp_path: Path) -> None:
    frame = mixed_frame()
    source = mc.read(ENGINES[engine](frame, tmp_path), y_true="label", y_score="p").source
    wanted = [59, 0, 17, 16, 59]
    assert source.rows(wanted, ["id", "colour"])["id"].to_pylist() == frame["id"].iloc[wanted].tolist()
    assert source.rows([]).num_rows == 0


def test_pandas_names_that_are_numbers_become_text() -> None:
    frame = pd.DataFrame({"y_true": ROWS.positive.astype(int), "y_score": ROWS.score, 7: 1})
    assert read(frame).source.names == ("y_true", "y_score", "7")


def test_frame_is_not_changed() -> None:
    frame = mixed_frame()
    before = frame.copy(deep=True)
    answer(frame)
    pd.testing.assert_frame_equal(frame, before)


# ------------------------------------------------------------------------------------------------ roles


@pytest.mark.parametrize(
    ("y_true", "y_score"),
    [
        ("label", "score"),
        ("target", "prob"),
        ("is_fraud", "p"),
        ("Actual", "Predicted Probability"),
        ("y", "y_hat"),
    ],
)
def test_roles_are_guessed_from_usual_names(y_true: str, y_score: str) -> None:
    predictions = mc.read(FRAME.set_axis([y_true, y_score], axis=1))
    assert (predictions.roles.y_true, predictions.model().y_score) == (y_true, y_score)


def test_every_guess_has_its_reason() -> None:
    reasons = mc.read(FRAME.assign(id=range(100))).reasons
    assert reasons["y_true"] == "named 'y_true', 2 different values"
    assert reasons["y_score"].startswith("named 'y_score', numbers from 0.")
    assert reasons["id"] == "named 'id'"
    assert reasons["pos_label"] == "the usual reading of these labels"


def test_naming_the_score_leaves_a_column_of_decisions_unused() -> None:
    assert read(FRAME.assign(y_pred=1)).model().y_pred is None


def test_two_scores_under_names_are_two_models() -> None:
    both = mc.read(FRAME.assign(b=ROWS.score / 2), y_score={"one": "y_score", "other": "b"})
    assert [m.name for m in both.roles.models] == ["one", "other"]
    assert both.roles.to_dict()["y_score"] == {"one": "y_score", "other": "b"}


def test_file_may_hold_decisions_only() -> None:
    predictions = mc.read(FRAME.drop(columns="y_score").assign(y_pred=ROWS.flagged))
    assert predictions.model().y_score is None
    assert predictions.judged().predicted is not None


# ------------------------------------------------------------------------------------------------ labels

LABELS: dict[str, Any] = {
    "integers": ROWS.positive.astype(int),
    "decimals": ROWS.positive.astype(float),
    "booleans": ROWS.positive,
    "-1 and 1": np.where(ROWS.positive, 1, -1),
    "yes and no": YES,
    "YES and No": np.where(ROWS.positive, "YES", "No"),
    "True and False as text": np.where(ROWS.positive, "True", "False"),
    "positive and negative": np.where(ROWS.positive, "positive", "negative"),
    "categories": pd.Categorical(YES, categories=["yes", "no", "perhaps"]),
    "small integers": ROWS.positive.astype("int8"),
    "nullable integers": pd.array(ROWS.positive.astype(int), dtype="Int64"),
    "nullable booleans": pd.array(ROWS.positive, dtype="boolean"),
    "text of numbers": np.where(ROWS.positive, "1", "0"),
    "blanks around": np.where(ROWS.positive, " yes", "no  "),
}


@pytest.mark.parametrize("kind", LABELS)
def test_usual_labels_are_read_without_asking(kind: str) -> None:
    np.testing.assert_array_equal(read(FRAME.assign(y_true=LABELS[kind])).judged().positive, ROWS.positive)


@pytest.mark.parametrize(
    "truth", ["integers", "booleans", "yes and no", "positive and negative", "categories"]
)
@pytest.mark.parametrize("decided", ["integers", "booleans", "YES and No", "decimals", "text of numbers"])
def test_decisions_may_be_written_in_another_usual_way(truth: str, decided: str) -> None:
    frame = pd.DataFrame({"y_true": LABELS[truth], "y_pred": LABELS[decided]})
    predictions = mc.read(frame)
    np.testing.assert_array_equal(predictions.judged().predicted, ROWS.positive)


def test_blanks_around_labels_are_taken_off_with_a_finding() -> None:
    text = findings(read(FRAME.assign(y_true=LABELS["blanks around"])))["labels-trimmed"]
    assert text == "100 of 100 rows of 'y_true' had blanks around the label; they were taken off."


def test_letter_case_of_usual_labels_is_folded_with_a_finding() -> None:
    mixed = np.where(ROWS.positive, np.where(np.arange(100) % 2, "Yes", "yes"), "no")
    predictions = read(FRAME.assign(y_true=mixed))
    np.testing.assert_array_equal(predictions.judged().positive, ROWS.positive)
    assert findings(predictions)["labels-case"] == (
        "The labels 'Yes', 'no', 'yes' of 'y_true' differ in letter case; they were read as 'no' and 'yes'."
    )


def test_letter_case_of_other_labels_tells_two_classes_apart() -> None:
    predictions = read(FRAME.assign(y_true=np.where(ROWS.positive, "a", "A")), pos_label="a")
    assert predictions.labels == ("A", "a")
    np.testing.assert_array_equal(predictions.judged().positive, ROWS.positive)


@pytest.mark.parametrize("said", ["fraud", "FRAUD", " fraud"])
def test_positive_label_is_the_one_named(said: str) -> None:
    predictions = read(FRAME.assign(y_true=np.where(ROWS.positive, "fraud", "honest")), pos_label=said)
    assert predictions.labels == ("honest", "fraud")


@pytest.mark.parametrize("said", [0, 0.0, "0"])
def test_usual_negative_label_can_be_the_positive_one(said: object) -> None:
    predictions = read(pos_label=said)
    np.testing.assert_array_equal(predictions.judged().positive, ~ROWS.positive)


def test_naming_the_usual_negative_label_turns_the_decisions_too() -> None:
    frame = pd.DataFrame({"y_true": LABELS["integers"], "y_pred": LABELS["booleans"]})
    np.testing.assert_array_equal(mc.read(frame, pos_label=0).judged().predicted, ~ROWS.positive)


# ------------------------------------------------------------------------------------------------ scores and weights

SCORES: dict[str, Any] = {
    "text": ROWS.score.astype(str),
    "decimals": pa.array(ROWS.score.round(3)).cast(pa.decimal128(10, 3), safe=False),
    "nullable": pd.array(ROWS.score, dtype="Float64"),
    "integers": ROWS.flagged.astype(int),
    "booleans": ROWS.flagged,
    "all equal": np.full(100, 0.3),
}


@pytest.mark.parametrize("kind", SCORES)
def test_score_of_any_number_type_is_read_as_float64(kind: str) -> None:
    table = pa.table({"y_true": LABELS["integers"], "y_score": pa.array(SCORES[kind])})
    score = read(table).judged().score
    assert score is not None
    assert score.dtype == np.float64
    np.testing.assert_array_equal(score, [float(v) for v in np.asarray(table["y_score"])])


def test_float32_scores_of_a_parquet_file_become_float64_before_any_comparison(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"y_true": [1, 0], "y_score": pa.array([0.7, 0.1], pa.float32())}), tmp_path / "t.parquet"
    )
    cases = mc.read(tmp_path / "t.parquet").judged()
    assert cases.flagged(0.7).tolist() == [False, False]
    assert cases.flagged(float(np.float32(0.7))).tolist() == [True, False]


@pytest.mark.parametrize(
    ("kind", "stretched", "wanted"),
    [
        ("percent", ROWS.score * 100, ROWS.score),
        ("logit", np.log(0.01 + ROWS.score) - np.log(1.01 - ROWS.score), (0.01 + ROWS.score) / 1.02),
        ("margin", ROWS.score * 8 - 4, ROWS.score * 8 - 4),
        ("score", ROWS.score * 1000, ROWS.score * 1000),
    ],
)
@pytest.mark.parametrize("said_by", ["argument", "answer"])
def test_score_kind_says_what_the_numbers_are(kind: str, stretched: Any, wanted: Any, said_by: str) -> None:
    said: dict[str, Any] = {"score_kind": kind} if said_by == "argument" else {"choose": {"score_kind": kind}}
    cases = read(FRAME.assign(y_score=stretched), **said).judged()
    np.testing.assert_allclose(np.asarray(cases.score), wanted, atol=1e-12)
    assert cases.probability == (kind in ("percent", "logit"))
    assert cases.margin == (kind == "margin")


def test_scores_outside_by_rounding_are_set_to_0_or_1_with_a_finding() -> None:
    score = ROWS.score.copy()
    score[:2] = -1e-7, 1 + 1e-7
    predictions = read(FRAME.assign(y_score=score))
    assert predictions.judged().score is not None
    assert predictions.judged().score[:2].tolist() == [0.0, 1.0]  # type: ignore[index]  # checked above
    assert findings(predictions)["score-clipped"].startswith(
        "2 of 100 rows of 'y_score' lie outside 0 to 1 by rounding"
    )


def test_weights_of_zero_are_read() -> None:
    cases = read(FRAME.assign(w=np.arange(100) % 2), weight="w").judged()
    assert len(cases) == 100
    assert cases.effective_n == 50


def test_frequency_weights_count_rows_and_sampling_weights_do_not() -> None:
    weighted = FRAME.assign(w=np.where(np.arange(100) < 50, 1.0, 3.0))
    assert read(weighted, weight="w", weight_kind="frequency").judged().effective_n == 200
    assert read(weighted, weight="w").judged().effective_n == 200**2 / (50 + 450)


def test_decision_that_is_not_the_score_cut_at_one_half_is_counted_aloud() -> None:
    predictions = mc.read(
        FRAME.assign(y_pred=(ROWS.score >= 0.7).astype(int)), y_score="y_score", y_pred="y_pred"
    )
    n = int(((ROWS.score >= 0.5) & (ROWS.score < 0.7)).sum())
    assert findings(predictions)["prediction-disagrees"].startswith(
        f"In {n} of 100 rows ({n}.0 %) 'y_pred' is not what 'y_score' >= 0.5 would say."
    )


def test_one_score_of_many_labels_is_that_of_the_named_one_against_the_rest() -> None:
    frame = pd.DataFrame(
        {"y": list("abcabca"), "p": [0.9, 0.2, 0.1, 0.4, 0.3, 0.6, 0.7], "pred": list("abcbbaa")}
    )
    scored = mc.read(frame, y_true="y", y_score="p", pos_label="a")
    assert scored.labels == ("not a", "a")
    assert mc.evaluate(scored).metrics["recall"] == pytest.approx(2 / 3)
    decided = mc.read(frame, y_true="y", y_score="p", y_pred="pred", pos_label="a")
    assert mc.evaluate(decided).metrics["precision"] == pytest.approx(2 / 3)
    with pytest.raises(
        mc.DataError, match=r"Label 'z' does not occur in column 'y'\. There are: 'a', 'b', 'c'\."
    ):
        mc.read(frame, y_true="y", y_score="p", pos_label="z")
