"""Whatever the bytes are, a file is read, asked about or turned away with a sentence; nothing else ever happens."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core.errors import DataError, NeedsChoice
from metrics_core.source import open_source
from tests.corpus_files import CORPUS

_ENDINGS = [".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".feather", ".gz", ".csv.zst", ""]
_WHOLE = [s.content for s in CORPUS.values() if isinstance(s.content, bytes) and 0 < len(s.content) < 5000]
_PIECES = st.sampled_from([b",", b";", b"\t", b"|", b'"', b"\n", b"\r", b"\r\n", b" ", b"0", b"1", b"0,5", b"1.5", b"75 %", b"a", b"y_true", b"NaN", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9", b"{", b"}", b"[", b"]", b":", b'{"a":1}', b'"a"', b"Total", b"#", b"sep=;\n", b"2026-01-05", b"1e400", b"-", b"007"])  # fmt: skip


def said(path: Path, answers: dict[str, str]) -> str:
    """What a file is turned away or asked about with; empty when all of it could be read."""
    try:
        source = open_source(path, answers=answers)
        table = source.table(source.names)
    except NeedsChoice as question:
        return f"{question.id}?"
    except DataError as error:
        return str(error)
    assert table.num_rows == source.n_rows > 0
    assert len(set(source.names)) == len(source.names)
    table.validate(full=True)
    return ""


def check(content: bytes, ending: str) -> None:
    """Read it all, whichever way a question is answered."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{ending}"
        path.write_bytes(content)
        sentence = said(path, {})
        assert sentence in ("", "header?") or sentence.endswith(".")
        for answer in ("yes", "no"):
            assert not said(path, {"header": answer}).endswith("?")


@given(st.binary(max_size=400), st.sampled_from(_ENDINGS))
def test_any_bytes(content: bytes, ending: str) -> None:
    check(content, ending)


@given(st.lists(_PIECES, max_size=40).map(b"".join), st.sampled_from(_ENDINGS))
def test_any_text_made_of_what_tables_are_made_of(content: bytes, ending: str) -> None:
    check(content, ending)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file of the corpus with some bytes changed, or cut off."""
    content = bytearray(draw(st.sampled_from(_WHOLE)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content) - 1))
        content[at] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(1, len(content)))] if draw(st.booleans()) else content)


@given(damaged(), st.sampled_from(_ENDINGS))
def test_any_damage(content: bytes, ending: str) -> None:
    check(content, ending)


@given(damaged())
def test_any_damage_inside_a_packed_file(content: bytes) -> None:
    check(gzip.compress(content), ".csv.gz")


@pytest.mark.parametrize("name", [n for n, s in CORPUS.items() if isinstance(s.content, bytes) and len(s.content) < 5000])  # fmt: skip
@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_content_decides_whatever_the_ending_is(name: str, ending: str) -> None:
    content = CORPUS[name].content
    assert isinstance(content, bytes)
    check(content, ending)
