"""The mounted folder: which files and folders are offered as a data set, and when they count as changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app import datasets
from app.datasets import Dataset, offered, read_only


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FAULTLINE_LAUNCH", raising=False)
    monkeypatch.setenv("FAULTLINE_DATA", str(tmp_path))
    return tmp_path


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def found() -> dict[str, str]:
    return {d.name: d.title for d in offered() if d.origin == "folder"}


def test_files_that_can_be_read_are_offered_by_their_path(folder: Path) -> None:
    write(folder, "a.csv", "deep/er/b.parquet", "c.csv.gz", "notes.md", "faultline.toml", "d.JSONL")
    assert list(found()) == ["a.csv", "c.csv.gz", "d.JSONL", "deep/er/b.parquet"]


FOLDERS: dict[str, tuple[list[str], list[str]]] = {
    "parts of Spark": (["s/part-0.parquet", "s/part-1.parquet", "s/_SUCCESS", "s/.part-0.parquet.crc"], ["s/"]),
    "one part": (["s/part-0.parquet"], ["s/"]),
    "parts of Dask": (["s/part.0.parquet", "s/part.1.parquet"], ["s/"]),
    "a folder called like a file": (["s.parquet/a.parquet"], ["s.parquet/"]),
    "partitions": (["s/year=2025/a.parquet", "s/year=2026/a.parquet"], ["s/"]),
    "partitions of partitions": (["s/y=1/m=1/a.pq", "s/y=1/m=2/a.pq"], ["s/"]),
    "files of their own": (["s/a.parquet", "s/b.parquet", "s/README.md"], ["s/", "s/a.parquet", "s/b.parquet"]),
    "one file": (["s/a.parquet"], ["s/a.parquet"]),
    "other data besides": (["s/a.parquet", "s/b.parquet", "s/c.csv"], ["s/a.parquet", "s/b.parquet", "s/c.csv"]),
    "a set in each folder": (["s/jan/part-0.parquet", "s/feb/part-0.parquet"], ["s/feb/", "s/jan/"]),
    "files in folders of folders": (["s/x/a.parquet", "s/y/a.parquet"], ["s/x/a.parquet", "s/y/a.parquet"]),
    "a table with a log of which files count": (["s/part-0.parquet", "s/part-1.parquet", "s/_delta_log/0.json"],
                                                ["s/_delta_log/0.json", "s/part-0.parquet", "s/part-1.parquet"]),
    "the mounted folder itself": (["part-0.parquet", "part-1.parquet"], ["part-0.parquet", "part-1.parquet"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_parquet_is_one_data_set(name: str, folder: Path) -> None:
    files, expected = FOLDERS[name]
    write(folder, *files)
    assert list(found()) == expected


def test_a_folder_says_how_many_files_it_has(folder: Path) -> None:
    write(folder, "s/part-0.parquet", "s/part-1.parquet", "t/part-0.parquet")
    assert found() == {"s/": "s/ (2 Parquet files)", "t/": "t/ (1 Parquet file)"}


def test_links_that_lead_out_of_the_folder_are_left_out(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write(outside, "a.csv", "s/part-0.parquet")
    write(folder, "b.csv")
    (folder / "a.csv").symlink_to(outside / "a.csv")
    (folder / "s").symlink_to(outside / "s")
    (folder / "c.csv").symlink_to(folder / "b.csv")
    assert list(found()) == ["b.csv", "c.csv"]


def test_no_more_than_so_many_are_offered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_MOST_FILES", 3)
    write(folder, *(f"{i}.csv" for i in range(5)))
    assert list(found()) == ["0.csv", "1.csv", "2.csv"]


def test_a_folder_counts_as_changed_with_any_of_its_files(folder: Path) -> None:
    write(folder, "s/y=1/a.parquet", "s/y=2/a.parquet")
    dataset = Dataset(name="s/", title="s/", origin="folder", paths=(folder / "s",))
    before = dataset.stamp
    assert dataset.stamp == before
    status = (folder / "s/y=1/a.parquet").stat()
    os.utime(folder / "s/y=1/a.parquet", ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    changed = dataset.stamp
    assert changed != before
    write(folder, "s/y=2/b.parquet")
    assert dataset.stamp != changed


def test_a_link_to_nothing_in_a_folder_is_no_error(folder: Path) -> None:
    write(folder, "s/part-0.parquet")
    (folder / "s" / "part-1.parquet").symlink_to(folder / "nowhere")
    assert found() == {"s/": "s/ (1 Parquet file)"}
    assert Dataset(name="s/", title="s/", origin="folder", paths=(folder / "s",)).stamp


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("0", False), ("", False)])
def test_only_1_is_read_only(value: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTLINE_READONLY", value)
    assert read_only() is expected
