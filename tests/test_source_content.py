"""What identifies a table, and reading it some rows at a time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics_core.errors import DataError
from metrics_core.source import Source, open_source
from metrics_core.stacking import open_sources

FRAME = pd.DataFrame({"label": [0, 1] * 500, "p": [0.25, 0.75] * 500})


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.parquet"
    pq.write_table(pa.Table.from_pandas(FRAME), path, row_group_size=300)
    return path


def test_the_hash_of_a_file_is_that_of_its_bytes(parquet: Path) -> None:
    assert open_source(parquet).sha256() == hashlib.sha256(parquet.read_bytes()).hexdigest()


def test_the_hash_of_a_packed_file_is_that_of_the_packed_bytes(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv.gz"
    FRAME.to_csv(path, index=False)
    assert open_source(path).sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_hash_of_several_files_is_that_of_all_their_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        FRAME.to_csv(path, index=False)
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    assert open_sources(paths)[0].sha256() == wanted
    assert open_source(tmp_path / "*.csv").sha256() == wanted


def test_the_hash_of_a_frame_follows_its_cells() -> None:
    other = FRAME.assign(p=FRAME["p"] + 0.125)
    assert open_source(FRAME).sha256() == open_source(FRAME.copy()).sha256() != open_source(other).sha256()


def test_a_file_that_is_gone_is_named(parquet: Path) -> None:
    source = open_source(parquet)
    parquet.unlink()
    with pytest.raises(DataError, match=r"'predictions.parquet' cannot be read again: No such file"):
        source.sha256()


@pytest.mark.parametrize("kind", ["frame", "parquet"])
def test_batches_are_the_rows_in_order(kind: str, parquet: Path) -> None:
    source: Source = open_source(FRAME if kind == "frame" else parquet)
    parts = list(source.batches(size=128))
    assert max(part.num_rows for part in parts) <= 128
    assert pa.concat_tables(parts).to_pandas()["p"].tolist() == FRAME["p"].tolist()


def test_a_file_that_was_replaced_by_a_shorter_one_is_refused(parquet: Path) -> None:
    source = open_source(parquet)
    pq.write_table(pa.Table.from_pandas(FRAME[:10]), parquet)
    with pytest.raises(DataError, match=r"has 10 rows but its footer says 1,000"):
        list(source.batches())
