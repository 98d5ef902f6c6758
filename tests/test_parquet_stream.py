"""Parquet files counted a part at a time give the tally of all their rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics_core.errors import DataError
from metrics_core.reduce import parquet
from metrics_core.reduce.parquet import parquet_tally
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH", 700)


def stored(folder: Path, columns: dict[str, Any], name: str = "rows.parquet") -> Path:
    path = folder / name
    pq.write_table(pa.table(columns), path, row_group_size=1000)
    return path


def equal(found: ScoreTally, drawn: Rows, **options: Any) -> None:
    wanted = tally_of(drawn.score, drawn.positive, drawn.weight, exact=False, **options)
    for a, b in ((found, wanted), (found.squares or found, wanted.squares or wanted)):
        assert np.array_equal(a.score, b.score)
        assert a.pos.dtype == b.pos.dtype
        assert np.array_equal(a.pos, b.pos)
        assert np.array_equal(a.neg, b.neg)
    assert (found.squares is None) == (wanted.squares is None)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_file_counts_like_its_rows(tmp_path: Path, kind: type[Any]) -> None:
    drawn = random_rows(1, 5000, levels=1000)
    score = drawn.score.astype(kind)
    path = stored(tmp_path, {"y": drawn.positive, "other": score, "s": score})
    found = parquet_tally(path, "y", "s", True, cuts=[0.3, 0.7])
    equal(found.tally, Rows(drawn.positive, score.astype(np.float64)), cuts=[0.3, 0.7])
    assert (found.rows_read, found.dropped) == (5000, {})


def test_coarse_bins_are_counted_when_asked_for(tmp_path: Path) -> None:
    drawn = random_rows(1, 2000)
    path = stored(tmp_path, {"y": drawn.positive, "s": drawn.score})
    equal(parquet_tally(path, "y", "s", True, coarse=True).tally, drawn, coarse=True)


@pytest.mark.parametrize("frequency", [False, True])
def test_weights_of_a_file_add_up(tmp_path: Path, frequency: bool) -> None:
    drawn = random_rows(1, 3000, weighted=True)
    path = stored(tmp_path, {"w": drawn.weight, "y": drawn.positive, "s": drawn.score})
    found = parquet_tally(str(path), "y", "s", True, weight="w", frequency=frequency)
    equal(found.tally, drawn, frequency=frequency)


def test_several_files_are_one_set_of_rows(tmp_path: Path) -> None:
    drawn = random_rows(1, 4000)
    parts = [drawn.at(slice(0, 1)), drawn.at(slice(1, 2500)), drawn.at(slice(2500, None))]
    paths = [
        stored(tmp_path, {"y": p.positive, "s": p.score.astype(kind)}, f"{i}.parquet")
        for i, (p, kind) in enumerate(zip(parts, (np.float64, np.float64, np.float64), strict=True))
    ]
    found = parquet_tally(paths, "y", "s", True)
    equal(found.tally, drawn)
    assert found.rows_read == 4000


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        (["no", "yes"], "yes"),
        (pd.Categorical(["no", "yes"]), "yes"),
        ([0, 1], 1),
        ([0.0, 1.0], 1),
        ([-1, 1], 1),
        ([False, True], True),
    ],
)
def test_labels_of_any_type_are_told_apart(tmp_path: Path, labels: Any, positive: Any) -> None:
    drawn = random_rows(1, 2000)
    frame = pd.DataFrame({"y": pd.Series(labels).iloc[drawn.positive.astype(int)].array, "s": drawn.score})
    frame.to_parquet(tmp_path / "rows.parquet")
    equal(parquet_tally(tmp_path / "rows.parquet", "y", "s", positive).tally, drawn)


@pytest.mark.parametrize("kind", [pa.int8(), pa.decimal128(25, 2), pa.float16()])
def test_scores_of_any_type_of_number_are_counted(tmp_path: Path, kind: pa.DataType) -> None:
    score = pa.array([0, 1, 1, 0, None]).cast(kind)
    found = parquet_tally(stored(tmp_path, {"y": [1, 1, 0, 0, 1], "s": score}), "y", "s", 1)
    assert (found.tally.pos[0], found.tally.pos[-1], found.tally.neg[-1]) == (1, 1, 1)
    assert found.dropped == {"score missing": 1}


def test_rows_that_cannot_be_used_are_left_out_and_counted_by_the_first_reason(tmp_path: Path) -> None:
    columns = {
        "y": ["yes", "no", None, "yes", "no", "yes", "no", "yes", "no", None],
        "s": [0.9, 0.1, 0.5, None, float("nan"), float("inf"), -0.1, 1.5, 0.3, None],
        "w": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, float("nan"), 1.0],
    }
    found = parquet_tally(stored(tmp_path, columns), "y", "s", "yes", weight="w")
    assert found.rows_read == 10
    assert found.dropped == {
        "label missing": 2, "score missing": 2, "score infinite": 1, "score outside 0 to 1": 2, "weight missing": 1
    }  # fmt: skip
    assert (found.tally.n_pos, found.tally.n_neg) == (1, 1)


def test_label_that_is_not_a_number_is_missing(tmp_path: Path) -> None:
    path = stored(tmp_path, {"y": pa.array([1.0, 0.0, float("nan"), None]), "s": [0.5] * 4})
    found = parquet_tally(path, "y", "s", 1)
    assert found.dropped == {"label missing": 2}
    assert (found.tally.n_pos, found.tally.n_neg) == (1, 1)


def test_file_without_rows_gives_an_empty_tally(tmp_path: Path) -> None:
    path = stored(tmp_path, {"y": pa.array([], pa.int64()), "s": pa.array([], pa.float64())})
    found = parquet_tally(path, "y", "s", 1)
    assert (found.rows_read, found.dropped, found.tally.n_pos) == (0, {}, 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"y_score": "scor"}, "There is no column 'scor' in '{path}'. Did you mean 'score'?"),
        ({"y_score": "y"}, "Column 'y' does not hold numbers but string. Name another one."),
        ({"positive": 1}, "Column 'y' holds string and can have no label 1. Give a label of that type."),
        (
            {"weight": "w"},
            "Column 'w' (used as weight) is negative in 1 of the first rows read. Weights are 0 or more.",
        ),
    ],
)
def test_column_that_will_not_do_is_named(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    path = stored(tmp_path, {"y": ["a", "b"], "score": [0.1, 0.2], "w": [1.0, -1.0]})
    with pytest.raises(DataError) as caught:
        parquet_tally(path, **({"y_true": "y", "y_score": "score", "positive": "a"} | options))
    assert str(caught.value) == says.format(path=path)


def test_failure_while_decoding_reaches_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored(tmp_path, {"y": [1, 0], "s": [0.1, 0.2]})

    def fails(*_: Any, **__: Any) -> Any:
        raise OSError("the disk is gone")

    decode: Callable[..., Any] = fails
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", decode)
    with pytest.raises(OSError, match="the disk is gone"):
        parquet_tally(path, "y", "s", 1)
