"""One table in every format and frame gives one answer; packed files and several files are one table."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from metrics_core.errors import DataError
from metrics_core.reading import unpacking
from metrics_core.reading.watch import Cancelled
from metrics_core.source import open_source
from metrics_core.stacking import open_sources
from tests.tables import random_rows

#: What the reading of a file adds to the answer: how it was written, not what stands in it.
HOW = {"encoding", "decimal-comma", "delimiter-line", "ending"}


def mixed_frame() -> pd.DataFrame:
    """Every kind of column that a file and a frame can both hold, one cell of each missing."""
    n = 60
    rng, drawn = np.random.default_rng(2), random_rows(2, n, levels=50)
    return pd.DataFrame(
        {
            "id": [f"{i:03d}" for i in range(n)],
            "label": np.where(drawn.positive, "yes", "no"),
            "p": np.where(np.arange(n) == 5, np.nan, drawn.score),
            "colour": pd.Series(rng.choice(["rouge", "it's blé", 'say "no"', "a;b,c"], n)).mask(np.arange(n) == 7),
            "count": rng.integers(0, 100, n),
            "x": np.where(np.arange(n) == 9, np.nan, np.round(rng.normal(size=n), 3)),
            "day": pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 3, n), unit="D"),
        }
    )  # fmt: skip


def arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def as_text(frame: pd.DataFrame, path: Path, encoding: str = "utf-8", **options: Any) -> Path:
    frame.to_csv(path, index=False, encoding=encoding, **options)
    return path


def as_json(frame: pd.DataFrame, path: Path, *, lines: bool = False) -> Path:
    frame.assign(day=frame["day"].dt.strftime("%Y-%m-%d")).to_json(path, orient="records", lines=lines)
    return path


def packed(path: Path, how: str) -> Path:
    to = path.with_name(path.name + {"gzip": ".gz", "zstd": ".zst"}[how])
    with pa.CompressedOutputStream(str(to), how) as out:
        out.write(path.read_bytes())
    path.unlink()
    return to


def in_parts(
    frame: pd.DataFrame, write: Callable[[pd.DataFrame, Path], object], folder: Path, ending: str
) -> None:
    folder.mkdir()
    for i, part in enumerate((frame[:20], frame[20:21], frame[21:])):
        write(part, folder / f"part-{i}{ending}")


def parquet(frame: pd.DataFrame, path: Path) -> Path:
    pq.write_table(arrow(frame), path, row_group_size=17)
    return path


def csv_glob(frame: pd.DataFrame, folder: Path) -> str:
    in_parts(frame, lambda part, path: part.to_csv(path, index=False), folder / "g", ".csv")
    return str(folder / "g" / "part-*.csv")


def parquet_folder(frame: pd.DataFrame, folder: Path) -> Path:
    in_parts(frame, parquet, folder / "f", ".parquet")
    (folder / "f" / "_SUCCESS").write_bytes(b"")
    return folder / "f"


def hive_folder(frame: pd.DataFrame, folder: Path) -> Path:
    """As Spark writes it: the column is in the names of the folders, and the files lack it."""
    for i in range(3):
        (folder / "h" / f"part={i}").mkdir(parents=True)
        parquet(frame[i * 20 : (i + 1) * 20], folder / "h" / f"part={i}" / "a.parquet")
    return folder / "h"


def feather_file(frame: pd.DataFrame, folder: Path, compression: str) -> Path:
    feather.write_feather(arrow(frame), str(folder / "t.feather"), compression=compression)
    return folder / "t.feather"


def stream(frame: pd.DataFrame, folder: Path) -> Path:
    table = arrow(frame)
    with pa.OSFile(str(folder / "t.arrows"), "wb") as out, pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return folder / "t.arrows"


FORMATS: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "csv": lambda f, d: as_text(f, d / "t.csv"),
    "csv, semicolons": lambda f, d: as_text(f, d / "t.csv", sep=";"),
    "csv, bars": lambda f, d: as_text(f, d / "t.txt", sep="|"),
    "csv, decimal comma": lambda f, d: as_text(f, d / "t.csv", sep=";", decimal=","),
    "csv, decimal comma in quotes": lambda f, d: as_text(f, d / "t.csv", decimal=","),
    "csv, everything quoted": lambda f, d: as_text(f, d / "t.csv", quoting=1),
    "csv, Windows-1252": lambda f, d: as_text(f, d / "t.csv", "cp1252"),
    "csv, byte order mark": lambda f, d: as_text(f, d / "t.csv", "utf-8-sig"),
    "csv, UTF-16": lambda f, d: as_text(f, d / "t.csv", "utf-16"),
    "csv, UTF-16 without a mark": lambda f, d: as_text(f, d / "t.csv", "utf-16-le"),
    "csv, UTF-16 the other way": lambda f, d: as_text(f, d / "t.csv", "utf-16-be"),
    "csv, old line ends": lambda f, d: as_text(f, d / "t.csv", lineterminator="\r"),
    "csv, Windows line ends": lambda f, d: as_text(f, d / "t.csv", lineterminator="\r\n"),
    "csv called parquet": lambda f, d: as_text(f, d / "t.parquet"),
    "csv without an ending": lambda f, d: as_text(f, d / "t"),
    "tsv": lambda f, d: as_text(f, d / "t.tsv", sep="\t"),
    "csv.gz": lambda f, d: packed(as_text(f, d / "t.csv"), "gzip"),
    "csv.zst": lambda f, d: packed(as_text(f, d / "t.csv"), "zstd"),
    "tsv.gz": lambda f, d: packed(as_text(f, d / "t.tsv", sep="\t"), "gzip"),
    "Windows-1252 in gzip": lambda f, d: packed(as_text(f, d / "t.csv", "cp1252"), "gzip"),
    "json": lambda f, d: as_json(f, d / "t.json"),
    "jsonl": lambda f, d: as_json(f, d / "t.jsonl", lines=True),
    "jsonl called json": lambda f, d: as_json(f, d / "t.json", lines=True),
    "json.gz": lambda f, d: packed(as_json(f, d / "t.json"), "gzip"),
    "jsonl.zst": lambda f, d: packed(as_json(f, d / "t.jsonl", lines=True), "zstd"),
    "parquet": lambda f, d: parquet(f, d / "t.parquet"),
    "parquet called csv": lambda f, d: parquet(f, d / "t.csv"),
    "parquet.gz": lambda f, d: packed(parquet(f, d / "t.parquet"), "gzip"),
    "feather": lambda f, d: feather_file(f, d, "lz4"),
    "feather, not packed": lambda f, d: feather_file(f, d, "uncompressed"),
    "arrow stream": stream,
    "pattern of csv": csv_glob,
    "pattern of parquet": lambda f, d: str(parquet_folder(f, d) / "*.parquet"),
    "folder of parquet": parquet_folder,
    "folders as Spark names them": hive_folder,
    "pandas": lambda f, d: f,
    "polars": lambda f, d: pl.from_pandas(f),
    "polars, lazy": lambda f, d: pl.from_pandas(f).lazy(),
    "pyarrow": lambda f, d: arrow(f),
    "pyarrow batch": lambda f, d: arrow(f).combine_chunks().to_batches()[0],
    "DuckDB relation": lambda f, d: duckdb.connect().from_arrow(arrow(f)),
}


def answer(data: Any) -> dict[str, Any]:
    """Everything about the table, but how it was written."""
    predictions = mc.read(data, y_true="label", y_score="p", id="id", slices=["colour"])
    found = mc.evaluate(
        predictions, threshold=0.3, by=["colour", "count", "x", "day"], where="x > -1 or x is missing"
    ).to_dict()
    found["findings"] = [f for f in found["findings"] if f["id"] not in HOW]
    return found


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_the_same_answer(format: str, tmp_path: Path) -> None:
    frame = mixed_frame()
    assert json.dumps(answer(FORMATS[format](frame, tmp_path))) == json.dumps(answer(frame))


@pytest.mark.parametrize("format", FORMATS)
def test_rows_come_back_by_their_number(format: str, tmp_path: Path) -> None:
    frame = mixed_frame()
    source = open_source(FORMATS[format](frame, tmp_path))
    wanted = [59, 0, 20, 21, 17, 59]
    rows = source.rows(wanted, ["id", "colour", "count"])
    assert rows["id"].to_pylist() == frame["id"].iloc[wanted].tolist()
    assert rows["colour"].to_pylist() == frame["colour"].iloc[wanted].tolist()
    assert source.rows([]).num_rows == 0


def test_folder_names_of_spark_are_columns(tmp_path: Path) -> None:
    source = open_source(hive_folder(mixed_frame(), tmp_path))
    assert source.column("part").to_pylist() == ["0"] * 20 + ["1"] * 20 + ["2"] * 20


def test_parquet_files_of_one_schema_stay_on_disk_and_others_do_not(tmp_path: Path) -> None:
    folder = parquet_folder(mixed_frame(), tmp_path)
    assert open_source(folder).on_disk
    pq.write_table(pa.table({"id": ["x"], "p": [1]}), folder / "part-9.parquet")
    source = open_source(folder)
    assert not source.on_disk
    assert source.n_rows == 61
    assert [f.id for f in source.findings] == ["part-lacks-columns"]


def test_one_parquet_file_in_a_folder_named_after_a_column_is_read(tmp_path: Path) -> None:
    (tmp_path / "label=3").mkdir()
    path = parquet(mixed_frame(), tmp_path / "label=3" / "t.parquet")
    assert open_source(path).column("label").to_pylist() == mixed_frame()["label"].tolist()


def test_parts_of_a_pattern_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.csv").write_text(f"y,p\n1,{ord(name)}\n")
    assert open_source(tmp_path / "*.csv").column("p").to_pylist() == [97, 98, 99]


def test_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "p[1].csv").write_text("y,p\n1,0.5\n")
    assert open_source(tmp_path / "p[1].csv").n_rows == 1


def test_frame_that_changes_later_does_not_change_what_was_read() -> None:
    relation = duckdb.connect()
    relation.execute("CREATE TABLE t AS SELECT 1 AS y, 0.5 AS p")
    source = open_source(relation.table("t"))
    relation.execute("INSERT INTO t VALUES (0, 0.25)")
    assert source.n_rows == 1


def test_frames_without_nanoseconds_and_with_dates_agree(tmp_path: Path) -> None:
    days = [date(2026, 1, 5), date(2026, 1, 6)]
    table = pa.table({"y": [1, 0], "p": [0.5, 0.25], "day": pa.array(days, pa.date32())})
    pq.write_table(table, tmp_path / "t.parquet")
    by = [mc.evaluate(mc.read(data, y_true="y", y_score="p"), by=["day"]).to_dict()["by"] for data in (table, tmp_path / "t.parquet")]  # fmt: skip
    assert by[0] == by[1]


# ------------------------------------------------------------------------------------------------ questions


def headless(folder: Path) -> Path:
    (folder / "t.csv").write_text("1,0.75\n0,0.25\n")
    return folder / "t.csv"


def test_answer_about_the_header_is_taken(tmp_path: Path) -> None:
    path = headless(tmp_path)
    no, yes = (open_source(path, answers={"header": said}) for said in ("no", "yes"))
    assert (no.names, no.n_rows) == (("column_1", "column_2"), 2)
    assert (yes.names, yes.n_rows) == (("1", "0.75"), 1)
    assert no.key != yes.key
    assert open_sources([path, path], answers={"header": "no"})[0].n_rows == 4
    assert open_sources({"a": path}, answers={"header": "no"})[0].names == ("column_1", "column_2", "model")


def test_answer_that_is_none_lists_the_answers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^'maybe' is no answer to 'header'\. There are: 'yes', 'no'\.$"):
        open_source(headless(tmp_path), answers={"header": "maybe"})


# ------------------------------------------------------------------------------------------------ progress and cancel


def big(folder: Path, format: str) -> Path:
    n = 200_000
    frame = pd.DataFrame({"y": np.arange(n) % 2, "p": np.arange(n) / n})
    if format == "csv":
        return as_text(frame, folder / "t.csv")
    if format == "csv.gz":
        return packed(as_text(frame, folder / "t.csv"), "gzip")
    if format == "UTF-16":
        return as_text(frame, folder / "t.csv", "utf-16")
    if format == "stray quotes":
        return as_text(
            frame.assign(t='5" pipe'), folder / "t.csv", quoting=3, escapechar="\\", doublequote=False
        )
    frame.to_json(folder / "t.jsonl", orient="records", lines=True)
    return folder / "t.jsonl"


@pytest.mark.parametrize("format", ["csv", "csv.gz", "UTF-16", "stray quotes", "jsonl"])
def test_progress_rises_from_0_to_1_and_a_read_can_be_given_up_anywhere(format: str, tmp_path: Path) -> None:
    path = big(tmp_path, format)
    seen: list[float] = []
    open_source(path, progress=seen.append)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert seen == sorted(seen)
    assert len(set(seen)) > 4
    for after in {0, 1, len(seen) // 2, len(seen) - 1}:
        asked = iter(range(len(seen) + 1))
        with pytest.raises(Cancelled, match=r"^Reading was cancelled\.$"):
            open_source(path, cancelled=lambda: next(asked) >= after)  # noqa: B023  # called at once


def test_progress_of_several_files_is_one(tmp_path: Path) -> None:
    seen: list[float] = []
    open_sources([big(tmp_path, "csv"), big(tmp_path, "jsonl")], progress=seen.append)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert seen == sorted(seen)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    source: Any = open_source(packed(parquet(mixed_frame(), tmp_path / "t.parquet"), "gzip"))
    assert len(list(temporary.iterdir())) == 1  # columns are read from it
    assert source.column("p").to_pylist()[0] == mixed_frame()["p"][0]
    source = open_source(packed(as_text(mixed_frame(), tmp_path / "t.csv", "cp1252"), "gzip"))
    assert list(temporary.iterdir()) == []
    with pytest.raises(Cancelled):
        open_source(packed(as_text(mixed_frame(), tmp_path / "t.csv"), "zstd"), cancelled=lambda: True)
    assert list(temporary.iterdir()) == []


# ------------------------------------------------------------------------------------------------ packed files


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_packed_file_that_grows_too_much_is_given_up(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_bytes(b"y,p\n" + b"1,0.5\n" * 2_000_000)
    path = packed(tmp_path / "t.csv", how)
    monkeypatch.setattr(unpacking, "_FREE", 4 << 20)
    with pytest.raises(DataError, match=r"unpacks to more than 100 times its size, which no table"):
        open_source(path)
    monkeypatch.setattr(unpacking, "_LIMIT", 0)
    with pytest.raises(DataError, match=r"unpacks to more than 0 GiB\. Unpack it yourself"):
        open_source(path)


def test_gzip_of_several_members_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"y,p\n1,0.5\n") + gzip.compress(b"0,0.25\n"))
    assert open_source(tmp_path / "t.csv.gz").column("p").to_pylist() == [0.5, 0.25]
