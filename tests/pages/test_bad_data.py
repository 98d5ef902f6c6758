"""Odd and broken data through the page: a sentence, a question or a finding, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from tests import corpus_cells, corpus_files
from tests.pages.opened import launched, opened, written

#: Every so many lines of the catalogues; each verdict is among them.
_EVERY_FILE, _EVERY_TABLE = 6, 8
FILES = sorted(corpus_files.CORPUS.items(), key=lambda item: item[1].verdict)[::_EVERY_FILE]
TABLES = sorted(corpus_cells.CORPUS.items(), key=lambda item: item[1].verdict)[::_EVERY_TABLE]


def asked(at: AppTest) -> bool:
    return any(radio.key and str(radio.key).startswith("question.answer.") for radio in at.radio)


def test_every_verdict_is_among_the_lines_taken() -> None:
    assert {sample.verdict for _, sample in FILES} == {"accept", "repair", "ask", "reject"}
    assert {line.verdict for _, line in TABLES} == {"accept", "finding", "ask", "reject"}


@pytest.mark.parametrize(("name", "sample"), FILES, ids=[name for name, _ in FILES])
def test_a_file_of_the_catalogue_ends_in_words_on_the_page(
    name: str, sample: corpus_files.Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sample.write(tmp_path)
    at = opened("data", data=launched(monkeypatch, path, y_true="y_true", y_score="y_score"))
    if sample.verdict == "reject":
        assert at.error
    elif sample.verdict == "ask":
        assert asked(at)
    else:
        assert "6 of 6 rows can be judged" in written(at)


@pytest.mark.parametrize(("name", "line"), TABLES, ids=[name for name, _ in TABLES])
def test_a_table_of_the_catalogue_ends_in_words_on_the_page(
    name: str, line: corpus_cells.Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    table = (
        line.data
        if isinstance(line.data, pa.Table)
        else pa.Table.from_pandas(line.data, preserve_index=False)
    )
    try:
        pq.write_table(table, path)
    except pa.ArrowNotImplementedError:
        pytest.skip("Parquet has no place for these cells")
    at = opened("data", data=launched(monkeypatch, path, **{"y_true": "y_true", **line.read}))
    if line.verdict == "reject":
        assert at.error
    elif line.verdict == "ask":
        assert asked(at)
    else:
        assert "can be judged" in written(at)
