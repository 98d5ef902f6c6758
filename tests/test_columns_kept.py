"""A table on disk keeps what it has decoded, and a table that was opened is handed to whoever opens its file next."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from app.cli import main
from metrics_core.errors import DataError
from metrics_core.grouping import is_remembered
from metrics_core.reading import decoded as of_decoded
from metrics_core.reading.parquet_files import ParquetFiles
from metrics_core.source import hand_over, open_source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    numbers = np.arange(100)
    pq.write_table(
        pa.table({"y": numbers % 2, "p": numbers / 100, "kind": [f"k{i % 3}" for i in numbers]}), path
    )
    return path


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the columns that are decoded as a whole."""
    seen: list[str] = []
    read = ParquetFiles.read

    def noted(files: ParquetFiles, names: Any) -> pa.Table:
        seen.extend(names)
        return read(files, names)

    monkeypatch.setattr(ParquetFiles, "read", noted)
    return seen


def test_a_column_is_decoded_once(path: Path, decoded: list[str]) -> None:
    source = open_source(path)
    once, again = source.column("p"), source.table(["kind", "p"])
    assert decoded == ["p", "kind"]
    assert again.column_names == ["kind", "p"]
    assert again.column("p").equals(once)


def test_kept_columns_are_the_table_that_is_decoded_at_once(path: Path) -> None:
    source = open_source(path)
    source.column("p"), source.rows([3], ["y"])
    assert source.table(source.names).equals(open_source(path).table(source.names), check_metadata=True)


def test_rows_come_from_the_columns_that_are_kept(path: Path, decoded: list[str]) -> None:
    source = open_source(path)
    source.table(["p", "kind"])
    assert source.rows([7, 2], ["kind", "p"]).to_pydict() == {"kind": ["k1", "k2"], "p": [0.07, 0.02]}
    assert decoded == ["p", "kind"]


def test_columns_beyond_the_bytes_are_decoded_again_for_whoever_asks(
    path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_decoded, "KEPT_BYTES", 1000)  # a column of 100 numbers takes 800
    source = open_source(path)
    source.column("p"), source.column("p")
    assert decoded == ["p", "p"]


def test_rows_of_a_large_table_are_decoded_alone(
    path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_decoded, "KEPT_BYTES", 1000)
    assert open_source(path).rows([7], ["p"]).to_pydict() == {"p": [0.07]}
    assert decoded == []


def test_the_columns_asked_for_last_stay(
    path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_decoded, "KEPT_BYTES", 3300)  # four columns of 800 bytes
    pq.write_table(pa.table({name: np.arange(100) for name in "abcde"}), path)
    source = open_source(path)
    for name in ("a", "b", "c", "d", "a", "e", "a", "b"):
        source.column(name)
    assert decoded == ["a", "b", "c", "d", "e", "b"]


def test_a_table_that_is_handed_over_is_opened_once_more_without_reading(path: Path) -> None:
    source = open_source(path)
    hand_over(source)
    assert open_source(path) is source
    assert open_source(path) is not source


def test_a_file_that_has_changed_is_read_again(path: Path) -> None:
    hand_over(open_source(path))
    pq.write_table(pa.table({"other": [1, 2, 3]}), path)
    os.utime(path, ns=(1, 1))
    assert open_source(path).names == ("other",)


def test_a_table_of_another_name_is_opened_anew(path: Path) -> None:
    source = open_source(path)
    hand_over(source)
    assert open_source(path, name="mine").name == "mine"


def test_a_file_that_is_gone_is_missed_where_it_is_needed(path: Path) -> None:
    source = open_source(path)
    source.column("p")
    path.unlink()
    assert source.rows([1], ["p"]).num_rows == 1
    with pytest.raises(DataError, match="is gone"):
        source.rows([1], ["y"])


def _noting(done: list[Any]) -> Callable[..., int]:
    """Stand in for the server: note what it would do meanwhile."""

    def serve(server: object, request: object, page: str, meanwhile: object) -> int:
        done.append(meanwhile)
        return 0

    return serve


def test_the_app_gets_the_table_that_the_command_has_looked_at(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    monkeypatch.setattr("app.launch.serve", _noting(done))
    assert main(["open", str(path), "--y-true", "y", "--y-score", "p", "--headless"]) == 0
    done[0]()
    source = open_source(path)
    assert is_remembered(source, "kind")  # its groups were cut meanwhile


def test_several_files_are_handed_over_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for one in paths:
        one.write_text("label,p\n0,0.1\n1,0.9\n", encoding="utf-8")
    done: list[Any] = []
    monkeypatch.setattr("app.launch.serve", _noting(done))
    assert main(["open", *map(str, paths), "--headless"]) == 0
    assert done == [None]  # the app makes one table of them, which has no groups yet
    assert mc.read(paths, y_true="label", y_score="p").source.n_rows == 4


def test_a_leak_among_many_rows_is_found_as_in_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from metrics_core.leaks import Leak, leaks_of

    rng = np.random.default_rng(0)
    n = 20_000
    y = (rng.random(n) < 0.2).astype(int)
    frame = pd.DataFrame({
        "y": y, "p": rng.random(n), "told": y + rng.normal(0, 0.3, n), "hinted": y + rng.normal(0, 1.0, n),
        "code": np.where(rng.random(n) < 0.999, y, 1 - y).astype(str), "kind": rng.integers(0, 5, n).astype(str),
        "place": [f"{label}{i // 4}" for i, label in enumerate(np.sort(y))],
    })  # fmt: skip

    def found() -> tuple[Leak, ...]:
        return leaks_of(mc.read(frame, y_true="y", y_score="p"))

    quick = found()
    monkeypatch.setattr("metrics_core.leaks._HARMLESS", 0.0)  # every column is looked at in all rows
    assert quick == found()
    assert {leak.column for leak in quick} == {"told", "code"}
