"""Every file of the corpus gets its verdict: go on, go on with a finding, ask, or turn away in one sentence."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest

import metrics_core as mc
from metrics_core.errors import DataError, NeedsChoice
from metrics_core.source import Source, open_source
from tests.corpus_files import CORPUS, SCORES, TRUTH


def of(*verdicts: str) -> list[str]:
    return [name for name, sample in CORPUS.items() if sample.verdict in verdicts]


def read_all(path: Path) -> Source:
    """Open a file and decode every column: damage may show only then."""
    source = open_source(path)
    source.table(source.names)
    return source


@pytest.mark.parametrize("name", of("reject"))
def test_broken_file_is_turned_away_with_one_sentence(name: str, tmp_path: Path) -> None:
    sample = CORPUS[name]
    path = sample.write(tmp_path)
    with pytest.raises(DataError) as caught:
        read_all(path)
    assert not isinstance(caught.value, NeedsChoice)
    pattern = re.escape(sample.expected.replace("{path}", str(path))).replace(r"\.\.\.", ".+")
    assert re.fullmatch(pattern, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("name", of("ask"))
def test_file_that_can_be_read_in_two_ways_is_a_question(name: str, tmp_path: Path) -> None:
    sample = CORPUS[name]
    path = sample.write(tmp_path)
    with pytest.raises(NeedsChoice) as caught:
        open_source(path)
    assert caught.value.id == sample.expected
    for option in caught.value.options:
        assert open_source(path, answers={sample.expected: option.value}).n_rows > 0


@pytest.mark.parametrize("name", of("accept", "repair"))
def test_usable_file_gives_the_right_numbers_and_says_what_was_repaired(name: str, tmp_path: Path) -> None:
    sample = CORPUS[name]
    predictions = mc.read(sample.write(tmp_path), y_true="y_true", y_score="y_score")
    cases = predictions.judged()
    assert cases.rows.tolist() == list(range(6))
    assert cases.positive.astype(int).tolist() == TRUTH
    assert cases.score is not None
    assert cases.score.tolist() == SCORES
    found = list(predictions.source.findings)
    assert [f.id for f in found if f.id != "decimal-comma" or sample.expected == f.id] == ([sample.expected] if sample.expected else [])  # fmt: skip
    assert all(f.text.endswith(".") and f.action for f in found)


def test_corpus_has_every_verdict() -> None:
    assert min(len(of(verdict)) for verdict in ("accept", "repair", "ask", "reject")) >= 3


# ------------------------------------------------------------------------------------------------ what the repairs say

SAID = {
    "lines above the header": "2 lines above the header of 't.csv' were skipped: 'Report of May', 'by hand, really'.",
    "a total": "The last row of 't.csv', row 7, is a total ('y_true' is 'Total' and other cells are empty); it was left out.",
    "the header again": "1 of 7 rows of 't.csv' repeat the header; they were left out.",
    "no name first": "The first column of 't.csv' has no name; it is called 'index'.",
    "row names as R writes them": "The header of 't.csv' names 3 columns but its rows have 4 cells; the first, different in every row, was taken for the row names that R writes and called 'index'.",
    "no name in the middle": "1 column of 't.csv' has no name; called 'column_2'.",
    "empty rows of a spreadsheet": "The last 2 rows of 't.csv' are empty in every column; they were left out.",
    "decimal commas": "1 column of 't.csv' has numbers with a decimal comma ('y_score'; such as '0,875'); they were read as numbers.",
    "grouped digits": "1 column of 't.csv' has numbers with grouped digits ('amount'; such as '1,234.5'); they were read as numbers.",
    "grouped digits or not": "Column 'amount' of 't.csv' stayed text: '1,234' may be a decimal comma, a group of digits or a list.",
    "ids spoilt by a spreadsheet": "Column 'id' of 't.csv' stayed text: '1.23457E+15' is how a spreadsheet writes long whole numbers, with digits lost.",
    "Parquet called csv": "'t.csv' is Parquet in spite of its ending .csv; it was read as that.",
    "JSON of mixed columns": "1 column of 't.json' mixes numbers, text or truth values ('x'); read as text.",
    "the line with the delimiter": "The first line of 't.csv' says that cells are separated by semicolon; it was skipped.",
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_repair_is_said_in_one_sentence(name: str, tmp_path: Path) -> None:
    assert open_source(CORPUS[name].write(tmp_path)).findings[0].text == SAID[name]


VALUES: dict[str, tuple[str, list[object]]] = {
    "grouped digits": ("amount", [1234.5, 12345.5, 1.0, 2.0, 3.0, 4.0]),
    "grouped digits of the other kind": ("amount", [1234.5, 12345.5, 1.0, 2.0, 3.0, 4.0]),
    "grouped digits or not": ("amount", ["1,234", "12,345", "1", "2", "3", "4"]),
    "ids beyond a double": ("id", [str(2**60 + i) for i in range(6)]),
    "ids spoilt by a spreadsheet": ("id", ["1.23457E+15"] * 6),
    "inches": ("size", ['5" pipe'] * 6),
    "quoted line ends": ("text", ["two\nlines", "a\r\nb", 'say "no"', None, ",", "x"]),
    "no name first": ("index", list(range(6))),
    "row names as R writes them": ("index", list(range(6))),
    "Windows-1252": ("note", ["r0", "Zoë €", "r2", "r3", "r4", "r5"]),
    "JSON of mixed columns": ("x", ["a", "1", "a", "3", "a", "5"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_repair_keeps_every_cell(name: str, tmp_path: Path) -> None:
    column, cells = VALUES[name]
    assert open_source(CORPUS[name].write(tmp_path)).column(column).to_pylist() == cells


def test_kinds_of_columns_that_are_no_labels(tmp_path: Path) -> None:
    source = open_source(CORPUS["columns of every type"].write(tmp_path))
    kinds = {name: source.kind(name) for name in source.names[3:]}
    assert kinds == {"nested": "other", "span": "other", "price": "number", "kind": "text", "at": "time", "raw": "other", "none": "text"}  # fmt: skip


def test_unreadable_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("y,p\n1,0.5\n")

    def closed(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)  # the superuser may read everything, so its mode would not do
    with pytest.raises(DataError, match=r"^'t\.csv' cannot be read: Permission denied\.$"):
        open_source(path)


def test_parquet_file_that_is_changed_behind_our_back_is_noticed(tmp_path: Path) -> None:
    path = CORPUS["Parquet called csv"].write(tmp_path)
    source = open_source(path)
    path.unlink()
    with pytest.raises(DataError, match=r"^'t\.csv' is gone: '.*' was there when it was opened"):
        source.column("y_true")
    with pytest.raises(DataError, match=r"is gone"):
        source.rows([0])


class Keys(encryption.KmsClient):
    """Keeps keys where everybody can read them."""

    def wrap_key(self, key: bytes, name: str) -> bytes:
        return base64.b64encode(key)

    def unwrap_key(self, wrapped: bytes, name: str) -> bytes:
        return base64.b64decode(wrapped)


def test_encrypted_column_is_named_when_it_is_read(tmp_path: Path) -> None:
    factory = encryption.CryptoFactory(lambda _: Keys())
    secret = encryption.EncryptionConfiguration(footer_key="f", column_keys={"k": ["p"]}, plaintext_footer=True, double_wrapping=False)  # fmt: skip
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), secret)
    table = pa.table({"y": [1, 0], "p": [0.5, 0.25]})
    with pq.ParquetWriter(tmp_path / "t.parquet", table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    source = open_source(tmp_path / "t.parquet")
    assert source.column("y").to_pylist() == [1, 0]
    with pytest.raises(
        DataError, match=r"^'t\.parquet' is an encrypted Parquet file \(.*\)\. Write it without"
    ):
        source.column("p")


def test_address_is_no_file() -> None:
    with pytest.raises(
        DataError, match=r"is an address, and Faultline reads files only\. Download it first\.$"
    ):
        open_source("s3://bucket/t.parquet")
