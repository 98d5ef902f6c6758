"""What a score column holds: probabilities, percentages, logits, margins or plain ranks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .cases import BoolArray
from .checks import TOLERATED_SHARE, Finding, rows_of, severity_of_share
from .errors import DataError, NeedsChoice, Option, did_you_mean, example_rows
from .labels import NO_VALUE
from .source import Source
from .spelling import tidy
from .tally.outcomes import FloatArray

KINDS = ("probability", "percent", "logit", "margin", "score")
#: How far rounding may take a probability out of 0 to 1: in double and single precision, and in half precision.
_ROUNDING, _HALF_ROUNDING = 1e-6, 1 / 512
#: More different values than this outside 0 to 1 are a scale, not a few slips or a stand-in such as -999.
_SLIPS = 10
#: Fractions hardly overshoot 1 by more than this; what reaches from 0 to beyond it may be percentages.
_OVERSHOOT = 2.0
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
#: What makes a comma a decimal one: a thousand is never written 0,5 or 12,34.
_SURELY_DECIMAL = re.compile(r"[+-]?(?:0*,|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})(?:[eE]|$)|[0-9]{4,},)")
_EXACT_INTEGERS = 2**53


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


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers, typed or written as text.

    Attributes
    ----------
    values : (n,) float64
        NaN where there is no number; what carries a percent sign is not divided yet.
    missing, garbled, signed : (n,) bool
        Cells that are empty, that hold something else, and that carry a percent sign.
    findings : tuple of Finding
        Repairs that lost nothing.
    """

    values: FloatArray
    missing: BoolArray
    garbled: BoolArray
    signed: BoolArray
    findings: tuple[Finding, ...] = ()

    def only(self, own: BoolArray) -> Numbers:
        """Look at some rows; the others are neither missing nor garbled, and no number."""
        return Numbers(np.where(own, self.values, np.nan), self.missing & own, self.garbled & own, self.signed & own, self.findings)  # fmt: skip


def read_scores(
    source: Source, column: str, kind: str, note: Callable[[Finding], None],
    *, own: BoolArray | None = None, question: str = "score_kind",
) -> Scores:  # fmt: skip
    """Read a score column.

    Parameters
    ----------
    source : Source
    column : str
    kind : str
        What the user says the scores are; empty when nobody said.
    note : callable
        Receives a finding for each repair.
    own : (n_rows,) bool, optional
        The rows of the model, when others stand in the same column.
    question : str
        Id under which the kind is asked for.

    Raises
    ------
    DataError
        If the column holds no number.
    NeedsChoice
        If the values could be percentages or logits.
    """
    if kind and kind not in KINDS:
        raise DataError(f"There is no score kind {kind!r}. {did_you_mean(kind, KINDS)}")
    found = read_numbers(source, column, "used as y_score", "A score is a number; name another column with --y-score, or use this one as --y-pred.")  # fmt: skip
    own = np.ones(source.n_rows, dtype=bool) if own is None else own
    found = found.only(own)
    for finding in found.findings:
        note(finding)
    values, n = found.values, int(own.sum())
    invalid: dict[str, BoolArray] = {}
    if found.garbled.any():
        texts = source.rows(np.flatnonzero(found.garbled)[:3], [column]).column(0).to_pylist()
        _report(note, "score-not-a-number", found.garbled, n, texts, column, "that are not numbers", "Mend them or leave them out.")  # fmt: skip
        invalid["score not a number"] = found.garbled
    infinite = np.isinf(values)
    if infinite.any():
        _report(note, "score-infinite", infinite, n, values[infinite][:3].tolist(), column, "that are infinite", "Check the model's output.")  # fmt: skip
        invalid["score infinite"] = infinite
    good = np.isfinite(values)
    if not good.any():
        raise DataError(
            f"Column {column!r} (used as y_score) has no number in any of its {n:,} rows. Name another one."
        )
    values, kind = _without_percent_signs(found, good, column, kind, note, question)
    if not kind:
        kind = _kind_of(values[good], column, question)
    elif kind in ("percent", "logit"):
        _doubt(values[good], kind, column, note)
    if kind == "percent":
        values = values / 100.0
    elif kind == "logit":
        values = expit(values)
    if kind in ("probability", "percent"):
        values, outside = _clipped(values, good, column, n, note)
        if outside.any():
            _report(note, "score-outside", outside, n, values[outside][:3].tolist(), column, "outside 0 to 1",
                    "If these are percentages or logits say so with --score-kind; otherwise pick another column.")  # fmt: skip
            invalid["score outside 0 to 1"] = outside
    return Scores(values, kind, found.missing, invalid)


def read_numbers(source: Source, column: str, use: str, advice: str) -> Numbers:
    """Read a column of numbers, or of text that holds numbers.

    Parameters
    ----------
    source : Source
    column : str
    use : str
        What the column is for, as it is said in parentheses.
    advice : str
        What to do when it holds words.

    Raises
    ------
    DataError
        If the column holds neither, or more words than numbers.
    """
    cells = source.column(column)
    kind = source.kind(column)
    none = np.zeros(len(cells), dtype=bool)
    if kind in ("number", "boolean"):
        values = np.array(pc.cast(cells, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        return Numbers(values, np.isnan(values), none, none, _too_long(cells, values, column, use))
    if kind != "text":
        flag = " with --y-score" if use == "used as y_score" else ""
        raise DataError(f"Column {column!r} ({use}) does not hold numbers. Name another one{flag}.")
    texts = [None if t is None else tidy(t)[0].replace("\u2212", "-") for t in cells.to_pylist()]
    different = {t for t in texts if t}
    comma = _decimal_comma(different)
    parsed = {t: _number(t, comma=comma) for t in different}
    values = np.array([parsed[t] if t else np.nan for t in texts], dtype=np.float64)
    signed = np.array([t is not None and t.endswith("%") for t in texts]) & ~np.isnan(values)
    missing = np.array([not t or t.lower() in NO_VALUE for t in texts], dtype=bool)
    garbled = np.isnan(values) & ~missing
    if garbled.sum() > 0.5 * (~missing).sum():
        at = np.flatnonzero(garbled)
        if all(_COMMA.fullmatch(t) for t in different if np.isnan(parsed[t])):
            advice = "Commas may separate thousands or decimals: write the numbers with a decimal point."
        raise DataError(f"Column {column!r} ({use}) holds text in {rows_of(at.size, values.size)}: {example_rows(at[:3].tolist(), [texts[i] for i in at[:3]])}. {advice}")  # fmt: skip
    found = []
    if comma:
        at = np.flatnonzero([t is not None and "," in t for t in texts])
        found.append(Finding("decimal-comma", "note", f"Column {column!r} ({use}) has a decimal comma in {rows_of(at.size, values.size)}: {example_rows(at.tolist(), [texts[i] for i in at[:3]])}. It was read as a decimal point."))  # fmt: skip
    return Numbers(values, missing, garbled, signed, tuple(found))


def _too_long(cells: pa.ChunkedArray, values: FloatArray, column: str, use: str) -> tuple[Finding, ...]:
    """Say when integers are so long that neighbours become the same number."""
    if not pa.types.is_integer(cells.type) or not values.size:
        return ()
    at = np.flatnonzero(np.abs(values) > _EXACT_INTEGERS)
    if not at.size:
        return ()
    return (Finding("integers-too-long", "warning", f"Column {column!r} ({use}) has {rows_of(at.size, values.size)} beyond 2^53: {example_rows(at.tolist(), [int(v) for v in values[at[:3]]])}. Such integers were rounded to the nearest number with 53 binary digits.",
                    "This looks like ids: check that it is the right column."),)  # fmt: skip


def _decimal_comma(texts: set[str]) -> bool:
    """Tell whether commas stand for decimal points: no cell has both, and some cannot be thousands."""
    with_comma = [t.rstrip("% ") for t in texts if "," in t]
    numbers = [t for t in with_comma if _COMMA.fullmatch(t)]
    return bool(numbers) and not any("." in t for t in with_comma) and any(_SURELY_DECIMAL.match(t) for t in numbers)  # fmt: skip


def _number(text: str, *, comma: bool) -> float:
    """Read one number, with or without a percent sign behind it; NaN when it is none."""
    if "_" in text:  # Python reads 1_000, nobody else does
        return float("nan")
    bare = text.removesuffix("%").strip()
    try:
        return float(bare.replace(",", ".") if comma and _COMMA.fullmatch(bare) else bare)
    except ValueError:
        return float("nan")


def _without_percent_signs(
    found: Numbers, good: BoolArray, column: str, kind: str, note: Callable[[Finding], None], question: str
) -> tuple[FloatArray, str]:
    """Divide what carries a percent sign by 100; ask when some numbers carry none."""
    signed, bare = found.signed & good, good & ~found.signed
    if not signed.any():
        return found.values, kind
    if not kind and bare.any():
        raise NeedsChoice(question, f"Column {column!r} (used as y_score) has a percent sign in {rows_of(int(signed.sum()), int(good.sum()))}, and none in the others. What are those?",
                        [Option("percent", "percentages too"), Option("probability", "fractions; only numbers with the sign are divided by 100")])  # fmt: skip
    if kind not in ("", "probability"):
        return found.values, kind
    note(Finding("percent-sign", "note", f"Column {column!r} (used as y_score) has a percent sign in {rows_of(int(signed.sum()), int(good.sum()))}; these numbers were divided by 100."))  # fmt: skip
    return np.where(signed, found.values / 100.0, found.values), "probability"


def _clipped(
    values: FloatArray, good: BoolArray, column: str, n: int, note: Callable[[Finding], None]
) -> tuple[FloatArray, BoolArray]:
    """Set what rounding took out of 0 to 1 back to it; tell what else lies outside."""
    allowed, how = _ROUNDING, "at most 1e-6"
    if in_half_precision(values[good]):
        allowed, how = _HALF_ROUNDING, "half precision, at most 0.002"
    outside = good & ((values < -allowed) | (values > 1 + allowed))
    near = good & ~outside & ((values < 0) | (values > 1))
    if near.any():
        note(Finding("score-clipped", "note", f"{rows_of(int(near.sum()), n)} of {column!r} lie outside 0 to 1 by rounding ({how}); they were set to 0 or 1."))  # fmt: skip
        values = np.where(near, np.clip(values, 0, 1), values)
    return values, outside


def in_half_precision(values: FloatArray) -> bool:
    """Tell whether numbers were computed in half precision: all have at most 11 binary digits, and some have as many."""
    if not values.size or np.abs(values).max() > 60_000:
        return False
    with np.errstate(under="ignore"):
        return bool((values == values.astype(np.float16)).all() and (values != np.round(values, 3)).any())


def _kind_of(values: FloatArray, column: str, question: str) -> str:
    """Take scores for probabilities unless many different values say otherwise; then ask."""
    outside = values[(values < -_ROUNDING) | (values > 1 + _ROUNDING)]
    low, high = float(values.min()), float(values.max())
    different = np.unique(outside).size
    slips = different <= min(_SLIPS, outside.size // 2) and 2 * outside.size <= values.size
    percentages = different > _SLIPS and low >= 0 and _OVERSHOOT < high <= 100
    if (outside.size <= TOLERATED_SHARE * values.size and not percentages) or slips:
        return "probability"
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
    raise NeedsChoice(question, f"Column {column!r} (used as y_score) runs from {low:.4g} to {high:.4g}, {rows_of(outside.size, values.size)} outside 0 to 1. What are these numbers?", options)  # fmt: skip


def _doubt(values: FloatArray, kind: str, column: str, note: Callable[[Finding], None]) -> None:
    """Say when numbers that are called percentages or log-odds all look like fractions."""
    low, high = float(values.min()), float(values.max())
    if 0 <= low < high <= 1 and np.unique(values).size > 2:
        note(Finding("score-kind-doubt", "warning", f"Column {column!r} (used as y_score) was read as {kind} because somebody said so, but it runs from {low:.4g} to {high:.4g} as probabilities do.",
                     "Say --score-kind probability if they are."))  # fmt: skip


def asked_kind(answers: Mapping[str, str], kind: str | None, model: str) -> str:
    """Return what somebody said the scores of a model are: for this model, else for all; empty when nobody did."""
    return answers.get(f"score_kind:{model}") or kind or answers.get("score_kind") or ""


def _report(
    note: Callable[[Finding], None],
    id: str,
    bad: BoolArray,
    n: int,
    shown: list[object],
    column: str,
    what: str,
    action: str,
) -> None:
    """Make the finding for rows that cannot be used."""
    at = np.flatnonzero(bad)
    n_bad = int(at.size)
    note(Finding(id, severity_of_share(n_bad, n), f"Column {column!r} (used as y_score) has {rows_of(n_bad, n)} {what}: {example_rows(at[:3].tolist(), shown)}. They were left out.", action))  # fmt: skip


def expit(values: FloatArray) -> FloatArray:
    """Turn log-odds into probabilities without overflow."""
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))
