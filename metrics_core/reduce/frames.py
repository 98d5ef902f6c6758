"""Rows of any engine into a tally: one plan that each of them runs itself, with the integers that numpy counts.

The plan keeps to what every narwhals backend can do: filter and compute columns, when/then, floor, ceil, cast, group
and add up. Bins made of powers of two need no logarithm and no table, and scaling by a power of two does not round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from narwhals.typing import IntoFrame
from numpy.typing import NDArray

from ..errors import DataError, did_you_mean
from ..tally import ScoreTally
from ..tally.bins import COARSE, FINE, ZONE_BITS, ZONE_OCTAVES, ZONES, Bins
from ..tally.outcomes import FloatArray

#: Why a row is left out, in the order in which it is asked; code 0 is a row that counts.
REASONS = ("label missing", "score missing", "score infinite", "score outside 0 to 1", "weight missing")
#: Numbers of steps that a zone takes up in the key of a group, zones that a side takes up, and sides of a class.
_STEPS, _SIDE, _PLACES = 1 << (ZONE_BITS + 1), 8, 1 << (ZONE_BITS + 5)


@dataclass(frozen=True, eq=False)
class CountedRows:
    """A tally and what became of the rows.

    Attributes
    ----------
    tally : ScoreTally
    rows_read : int
    dropped : dict of int
        Rows left out by reason, each of ``REASONS`` that occurs.
    """

    tally: ScoreTally
    rows_read: int
    dropped: dict[str, int]


def frame_tally(
    frame: IntoFrame,
    y_true: str,
    y_score: str,
    positive: Any,
    *,
    weight: str | None = None,
    frequency: bool = False,
    cuts: Iterable[float] = (),
    coarse: bool = False,
) -> CountedRows:
    """Count the rows of a frame in bins of the score, in one query of the engine that holds it.

    Parameters
    ----------
    frame : DataFrame, LazyFrame, Table or relation
        Of pandas, polars, pyarrow, DuckDB or another engine that narwhals knows. DuckDB prints ``nanobind: leaked`` when
        Python ends after any narwhals plan; that is harmless.
    y_true, y_score : str
        Columns of the label and of the probability, 0 to 1.
    positive : value of the label column
        Every other label is negative.
    weight : str, optional
        Column of weights, 0 or more.
    frequency : bool
        Whether a weight says how often a row counts.
    cuts : iterable of float
        Thresholds to be counted exactly.
    coarse : bool
        Whether the coarse set of bins is enough.

    Returns
    -------
    CountedRows
        The tally has bins, also of few rows.

    Raises
    ------
    DataError
        If a column does not exist, holds no numbers where numbers are needed, or a weight is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"label": ["yes", "no", "yes"], "p": [0.7, 0.2, None]})
    >>> found = frame_tally(frame, "label", "p", "yes", cuts=[0.7])
    >>> int(found.tally.outcomes(0.7).tp), found.rows_read, found.dropped
    (1, 3, {'score missing': 1})
    """
    data = nw.from_native(frame)
    schema = data.collect_schema()
    for i, column in enumerate(filter(None, (y_true, y_score, weight))):
        if column not in schema:
            raise DataError(f"There is no column {column!r}. {did_you_mean(column, list(schema))}")
        if i and not schema[column].is_numeric():
            raise DataError(
                f"Column {column!r} does not hold numbers but {schema[column]}. Name another one."
            )
    bins = (COARSE if coarse else FINE).with_cuts(cuts)
    apart = np.setdiff1d(
        bins.edges, bins.base
    )  # 0, 1, ends of calibration bins and cuts divide bins of the plan
    judged = _judged(data, schema, y_true, y_score, positive, weight)
    plan = _grouped(judged, apart.tolist(), weighted=weight is not None)
    found = plan.collect("pyarrow") if isinstance(plan, nw.LazyFrame) else plan
    columns = {name: found[name].to_numpy() for name in found.columns}
    return _collected(columns, bins, apart, squares=not frequency)


def _judged(
    data: Any, schema: nw.Schema, y_true: str, y_score: str, positive: Any, weight: str | None
) -> Any:
    """Reduce the frame to class, score, weight and the reason to leave a row out; what is left out has score 0."""
    label, s = nw.col(y_true), nw.col(y_score).cast(nw.Float64)
    no_label = _empty(label) if schema[y_true].is_float() else label.is_null()
    columns = {"label": ~no_label & (label == positive), "no_label": no_label, "s": s}
    if weight is not None:
        columns["w"] = nw.col(weight).cast(nw.Float64)
    data = data.select(**columns)
    s, w, why = nw.col("s"), nw.col("w"), nw.lit(0)
    if weight is not None:
        why = nw.when(_empty(w) | (w.abs() == np.inf)).then(nw.lit(5)).otherwise(why)
    why = nw.when((s < 0) | (s > 1)).then(nw.lit(4)).otherwise(why)
    why = nw.when(s.abs() == np.inf).then(nw.lit(3)).otherwise(why)
    why = (
        nw.when(_empty(s)).then(nw.lit(2)).otherwise(why)
    )  # before comparisons count: in SQL NaN > 1 is true
    why = nw.when(nw.col("no_label")).then(nw.lit(1)).otherwise(why)
    data = data.with_columns(why.cast(nw.Int64).alias("why"))
    used = nw.col("why") == 0
    columns = {
        "class": nw.when(used & nw.col("label")).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64),
        "s": nw.when(used).then(s).otherwise(nw.lit(0.0)),
        "why": nw.col("why"),
    }
    if weight is not None:
        columns["w"] = nw.when(used).then(w).otherwise(nw.lit(0.0))
    return data.select(**columns)


def _empty(column: nw.Expr) -> nw.Expr:
    """Tell null and NaN."""
    return column.is_null() | column.is_nan()


def _grouped(data: Any, apart: list[float], *, weighted: bool) -> Any:
    """Group by reason, cuts passed, class and step, all in one number: engines group by one column the fastest."""
    s, t, upper = nw.col("s"), nw.col("t"), nw.col("s") >= 0.5
    data = data.with_columns(nw.when(upper).then(1 - s).otherwise(s).alias("t"))
    scale, zone = nw.lit(_scale(ZONES - 1)), nw.lit(ZONES - 1)
    for k in range(ZONES - 2, -1, -1):
        inside = t >= 2.0 ** (-ZONE_OCTAVES * (k + 1))
        scale = nw.when(inside).then(nw.lit(_scale(k))).otherwise(scale)
        zone = nw.when(inside).then(nw.lit(k)).otherwise(zone)
    data = data.with_columns((t * scale).alias("step"), zone.cast(nw.Int64).alias("zone"))
    step = nw.when(upper).then(nw.col("step").ceil()).otherwise(nw.col("step").floor()).cast(nw.Int64)
    place = nw.when(upper).then(nw.col("zone") + _SIDE).otherwise(nw.col("zone")) * _STEPS + step
    passed = sum(((s >= cut).cast(nw.Int64) for cut in apart), start=nw.col("why") * (len(apart) + 1))
    columns = {"key": (passed * 2 + nw.col("class")) * _PLACES + place}
    sums = [nw.len().alias("n")]
    if weighted:
        w = nw.col("w")
        columns |= {"w": w, "w2": w * w, "less": (w < 0).cast(nw.Float64)}
        sums += [nw.col(name).sum() for name in ("w", "w2", "less")]
    return data.select(**columns).group_by("key").agg(*sums)


def _scale(zone: int) -> float:
    """Steps between 0 and 1 in a zone."""
    return float(2 ** (ZONE_BITS + ZONE_OCTAVES * zone))


def _collected(
    columns: dict[str, NDArray[Any]], bins: Bins, apart: FloatArray, *, squares: bool
) -> CountedRows:
    """Turn groups into a tally: the least score that each may hold says its bin."""
    n, weighted = columns["n"].astype(np.int64), "w" in columns
    if weighted and columns["less"].sum() > 0:
        raise DataError(f"The weights are negative in {int(columns['less'].sum()):,} of {n.sum():,} rows. Weights are 0 or more.")  # fmt: skip
    rest, place = np.divmod(columns["key"].astype(np.int64), _PLACES)
    rest, label = np.divmod(rest, 2)
    why, passed = np.divmod(rest, apart.size + 1)
    place, step = np.divmod(place, _STEPS)
    upper, zone = np.divmod(place, _SIDE)
    least = step / 2.0 ** (ZONE_BITS + ZONE_OCTAVES * zone)
    least = np.maximum(np.where(upper == 1, 1 - least, least), np.append(0.0, apart)[passed])
    used = why == 0
    at = (bins.index(least) + label * bins.size)[used]

    def summed(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Add up by class and bin: positives, negatives."""
        sums = np.bincount(at, values[used].astype(np.float64), 2 * bins.size).reshape(2, -1)
        sums = sums if weighted else sums.astype(np.int64)  # counts below 2^53 are whole in float64
        return sums[1], sums[0]

    pos, neg = summed(columns["w"] if weighted else n)
    of_squares = None
    if weighted and squares:
        of_squares = ScoreTally(bins.edges, *summed(columns["w2"]), top=bins.tops)
    tally = ScoreTally(bins.edges, pos, neg, squares=of_squares, top=bins.tops)
    rows = np.bincount(why, n, len(REASONS) + 1).astype(np.int64)
    dropped = {reason: int(m) for reason, m in zip(REASONS, rows[1:], strict=True) if m}
    return CountedRows(tally, int(rows.sum()), dropped)
