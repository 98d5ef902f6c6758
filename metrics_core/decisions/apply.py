"""Running a decision: one flag for each row of a table, written beside its columns."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ..checks import Finding, rows_of
from ..csv_out import defused
from ..errors import DataError
from ..source import Source
from .record import Decision
from .scored import Scored, score_rows

#: The columns that are added.
FLAG, CUT = "flagged", "threshold"
_CSV, _PARQUET = (".csv", ".tsv"), (".parquet", ".pq")


@dataclass(frozen=True)
class Applied:
    """What came of running a decision.

    Attributes
    ----------
    rows, flagged : int
        Rows of the table, and those that were flagged.
    without : dict of str to int
        Rows without a usable score, by reason: their flag is empty.
    findings : tuple of Finding
    """

    rows: int
    flagged: int
    without: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def flagged_share(self) -> float:
        """Share of the rows with a score that were flagged; NaN when none has one."""
        judged = self.rows - sum(self.without.values())
        return self.flagged / judged if judged else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        share = self.flagged_share
        return {"rows": self.rows, "flagged": self.flagged, "flagged_share": share if share == share else None,
                "without_score": self.without, "findings": [f.to_dict() for f in self.findings]}  # fmt: skip


def apply(decision: Decision, source: Source, out: str | Path, *, y_score: str | None = None) -> Applied:
    """Flag every row of a table and write the table with its flags.

    The columns ``flagged`` (1, 0, or empty without a usable score) and ``threshold`` are added. The rows stay in their
    order; they are written some at a time, so memory does not grow with a file of Parquet beyond its scores.

    Parameters
    ----------
    decision : Decision
    source : Source
        Labels are not needed.
    out : path
        ``.csv``, ``.tsv`` or ``.parquet``. In text files a cell that a spreadsheet would run as a formula gets an
        apostrophe in front.
    y_score : str, optional
        The score column when it is called otherwise here.

    Returns
    -------
    Applied

    Raises
    ------
    DataError
        If there is no score column, the decision has no threshold, the table has a column ``flagged`` or
        ``threshold`` already, or the file cannot be written.
    """
    path = Path(out)
    if path.suffix.lower() not in (*_CSV, *_PARQUET):
        raise DataError(f"'{path.name}' must end in .csv, .tsv or .parquet, so that its format is known.")
    taken = [name for name in (FLAG, CUT) if name in source.names]
    if taken:
        raise DataError(f"'{source.name}' already has a column {taken[0]!r}. Rename it: the flags are written there.")  # fmt: skip
    if any(path.exists() and path.samefile(own) for own in source.paths if own.exists()):
        raise DataError(f"'{path}' is the file that is read. Write the flags to another one.")
    scored = score_rows(decision, source, y_score=y_score)
    _write(_with_flags(scored), path)
    return _applied(scored)


def _applied(scored: Scored) -> Applied:
    """Count what was flagged."""
    findings = list(scored.findings)
    n = sum(scored.without.values())
    if n:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in scored.without.items())
        findings.append(Finding("not-flagged", "warning", f"{rows_of(n, scored.source.n_rows)} have no usable score ({reasons}); their flag is empty.", "Decide about these rows by hand."))  # fmt: skip
    return Applied(scored.source.n_rows, int(scored.flagged.sum()), dict(scored.without), tuple(findings))


def _with_flags(scored: Scored) -> Iterator[pa.Table]:
    """Add the two columns to the rows, some at a time."""
    start, flagged, without = 0, scored.flagged.astype(np.int8), ~scored.usable
    for part in scored.source.batches():
        here = slice(start, start + part.num_rows)
        start += part.num_rows
        flags = pa.array(flagged[here], mask=without[here])
        yield part.append_column(FLAG, flags).append_column(CUT, pa.array(scored.threshold[here]))


def _write(parts: Iterator[pa.Table], path: Path) -> None:
    """Write tables below each other; the file appears when it is whole."""
    ending, made = path.suffix.lower(), path.with_name(f".{path.name}.{os.getpid()}")
    if ending in _CSV:
        parts = map(defused, parts)
    first = next(parts)
    try:
        try:
            with _writer(made, ending, first.schema) as writer:
                for part in itertools.chain([first], parts):
                    writer.write_table(part)
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
    except (OSError, pa.ArrowException) as error:
        number = getattr(error, "errno", None)  # Arrow's own words name the file that is made first
        said = os.strerror(number) if number else str(error).partition("\n")[0]
        raise DataError(f"'{path}' cannot be written: {said}.") from None


def _writer(path: Path, ending: str, schema: pa.Schema) -> Any:
    """Open a file to write tables to."""
    if ending in _PARQUET:
        return pq.ParquetWriter(path, schema)
    options = pyarrow.csv.WriteOptions(delimiter="\t" if ending == ".tsv" else ",", quoting_style="needed")
    return pyarrow.csv.CSVWriter(path, schema, write_options=options)
