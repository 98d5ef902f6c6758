"""What a score column holds: probabilities, percentages, logits, margins or plain ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .cases import BoolArray
from .checks import TOLERATED_SHARE, Finding, rows_of, severity_of_share
from .errors import DataError, NeedsChoice, Option, did_you_mean, example_rows
from .source import Source
from .tally.outcomes import FloatArray

KINDS = ("probability", "percent", "logit", "margin", "score")
_ROUNDING = 1e-6
#: More different values than this outside 0 to 1 are a scale, not a few slips or a stand-in such as -999.
_SLIPS = 10


@dataclass(frozen=True, eq=False)
class Scores:
    """A score column as float64.

    Attributes
    ----------
    values : (n,) float64
        Probabilities when the kind is one of probability, percent or logit; as they stand otherwise.
    kind : str
    missing : (n,) bool
    invalid : dict of (n,) bool
        Rows that cannot be used, by reason.
    """

    values: FloatArray
    kind: str
    missing: BoolArray
    invalid: dict[str, BoolArray] = field(default_factory=dict)


def read_scores(source: Source, column: str, kind: str, note: Callable[[Finding], None]) -> Scores:
    """Read a score column.

    Parameters
    ----------
    source : Source
    column : str
    kind : str
        What the user says the scores are; empty when nobody said.
    note : callable
        Receives a finding for each repair.

    Raises
    ------
    DataError
        If the column holds no number.
    NeedsChoice
        If the values could be percentages or logits.
    """
    if kind and kind not in KINDS:
        raise DataError(f"There is no score kind {kind!r}. {did_you_mean(kind, KINDS)}")
    values, missing, garbled = _as_numbers(source, column)
    invalid: dict[str, BoolArray] = {}
    n = values.size
    if garbled.any():
        texts = source.rows(np.flatnonzero(garbled)[:3], [column]).column(0).to_pylist()
        _report(
            note,
            "score-not-a-number",
            garbled,
            texts,
            column,
            "that are not numbers",
            "Mend them or leave them out.",
        )
        invalid["score not a number"] = garbled
    infinite = np.isinf(values)
    if infinite.any():
        _report(
            note,
            "score-infinite",
            infinite,
            values[infinite][:3].tolist(),
            column,
            "that are infinite",
            "Check the model's output.",
        )
        invalid["score infinite"] = infinite
    good = np.isfinite(values)
    if not good.any():
        raise DataError(
            f"Column {column!r} (used as y_score) has no number in any of its {n:,} rows. Name another one."
        )
    kind = kind or _kind_of(values[good], column)
    if kind == "percent":
        values = values / 100.0
    elif kind == "logit":
        values = _expit(values)
    if kind in ("probability", "percent"):
        outside = good & ((values < -_ROUNDING) | (values > 1 + _ROUNDING))
        near = good & ~outside & ((values < 0) | (values > 1))
        if near.any():
            note(Finding("score-clipped", "note", f"{rows_of(int(near.sum()), n)} of {column!r} lie outside 0 to 1 by rounding (at most 1e-6); they were set to 0 or 1."))  # fmt: skip
            values = np.where(near, np.clip(values, 0, 1), values)
        if outside.any():
            _report(note, "score-outside", outside, values[outside][:3].tolist(), column, "outside 0 to 1",
                    "If these are percentages or logits say so with --score-kind; otherwise pick another column.")  # fmt: skip
            invalid["score outside 0 to 1"] = outside
    return Scores(values, kind, missing, invalid)


def _as_numbers(source: Source, column: str) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Return float64 values, which cells are empty, and which hold something that is no number."""
    cells = source.column(column)
    kind = source.kind(column)
    if kind in ("number", "boolean"):
        values = np.array(pc.cast(cells, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        return values, np.isnan(values), np.zeros(values.size, dtype=bool)
    if kind != "text":
        raise DataError(
            f"Column {column!r} (used as y_score) does not hold numbers. Name another one with --y-score."
        )
    texts = [None if t is None else t.strip() for t in cells.to_pylist()]
    parsed = {t: _number(t) for t in set(texts)}
    values = np.array([parsed[t] for t in texts], dtype=np.float64)
    missing = np.array(
        [t is None or t == "" or t.lower() in ("nan", "na", "n/a", "null", "none") for t in texts]
    )
    garbled = np.isnan(values) & ~missing
    if garbled.sum() > 0.5 * (~missing).sum():
        at = np.flatnonzero(garbled)
        raise DataError(f"Column {column!r} (used as y_score) holds text in {rows_of(at.size, values.size)}: {example_rows(at[:3].tolist(), [texts[i] for i in at[:3]])}. A score is a number; name another column with --y-score, or use this one as --y-pred.")  # fmt: skip
    return values, missing, garbled


def _number(text: str | None) -> float:
    """Read one number; NaN when it is none."""
    try:
        return float(text) if text and "_" not in text else float("nan")
    except ValueError:
        return float("nan")


def _kind_of(values: FloatArray, column: str) -> str:
    """Take scores for probabilities unless many different values say otherwise; then ask."""
    outside = values[(values < -_ROUNDING) | (values > 1 + _ROUNDING)]
    slips = np.unique(outside).size <= min(_SLIPS, outside.size // 2) and 2 * outside.size <= values.size
    if outside.size <= TOLERATED_SHARE * values.size or slips:
        return "probability"
    low, high = float(values.min()), float(values.max())
    options = [Option("score", "any number: only the order counts, calibration is left out")]
    if low >= 0 and high <= 100:
        options.insert(0, Option("percent", "0 to 100; divided by 100"))
    if low < 0:
        options = [
            Option("logit", "log-odds; turned into probabilities"),
            Option("margin", "signed distance; the cut is 0"),
            *options,
        ]
    options.append(Option("probability", f"leave out {rows_of(outside.size, values.size)}"))
    raise NeedsChoice("score_kind", f"Column {column!r} (used as y_score) runs from {low:.4g} to {high:.4g}, {rows_of(outside.size, values.size)} outside 0 to 1. What are these numbers?", options)  # fmt: skip


def _report(
    note: Callable[[Finding], None],
    id: str,
    bad: BoolArray,
    shown: list[object],
    column: str,
    what: str,
    action: str,
) -> None:
    """Make the finding for rows that cannot be used."""
    at = np.flatnonzero(bad)
    n_bad, n = int(at.size), int(bad.size)
    note(Finding(id, severity_of_share(n_bad, n), f"Column {column!r} (used as y_score) has {rows_of(n_bad, n)} {what}: {example_rows(at[:3].tolist(), shown)}. They were left out.", action))  # fmt: skip


def _expit(values: FloatArray) -> FloatArray:
    """Turn log-odds into probabilities without overflow."""
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))
