"""Which columns are searched, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..derived import grouping_of, quantiles
from ..errors import DataError
from ..grouping import MAX_COLUMNS, Grouping, columns_to_compare
from ..labels import distinct_count
from ..leaks import answers_of
from ..predictions import Predictions
from ..roles import CONTENTS
from ..slices import MAX_DISTINCT_NUMBERS, QUANTILE_BINS
from ..source import Source

#: Quantiles that numbers may be cut at.
MOST_BINS = 40
# Columns that are named one by one among those left out.
_NAMED = 100

_ROLES = {
    "y_true": "it is the true label",
    "model_column": "it names the model",
    "id": "it names the rows",
    "weight": "it is the weight",
    "group": "it says which rows belong together",
    "split": "it is the split",
    "fold": "it is the fold",
    "time": "it is the time; hour, weekday and month can be named",
}


@dataclass(frozen=True, eq=False)
class Chosen:
    """Columns to search.

    Attributes
    ----------
    groupings : tuple of Grouping
    left_out : tuple of (str, str)
        Columns that are not searched, with the reason.
    """

    groupings: tuple[Grouping, ...]
    left_out: tuple[tuple[str, str], ...]


def columns_of(predictions: Predictions, named: Sequence[str | Grouping] | None, bins: int) -> Chosen:
    """Cut the columns that are searched into groups.

    Parameters
    ----------
    predictions : Predictions
    named : sequence of str or Grouping, optional
        Columns of the file, derived columns by their names, or groups made elsewhere; by default those that were said
        to be slices, else the columns that are compared (see ``columns_to_compare``).
    bins : int
        Into how many ranges numbers are cut.

    Raises
    ------
    DataError
        If a column does not exist, no column is left, or ``bins`` makes no sense.
    """
    if not 2 <= bins <= MOST_BINS:
        raise DataError(f"Numbers are cut into 2 to {MOST_BINS} ranges, not {bins}.")
    source = predictions.source
    asked = list(usual_columns(predictions) if named is None else named)
    unlike = {one if isinstance(one, str) else one.column: one for one in asked}
    kept, left_out = [], []
    for name, one in unlike.items():
        reason = _useless(source, name) if isinstance(one, str) and name in source.names else ""
        if reason:
            left_out.append((name, reason))
            continue
        cut = _cut(source, one, bins) if isinstance(one, str) else one
        if len(cut.levels) < 2 and not (cut.code >= len(cut.levels)).any():
            left_out.append((name, "it has one group only"))
        else:
            kept.append(cut)
    if named is None:
        left_out += _not_compared(predictions, set(unlike))
    if not kept:
        why = "; ".join(f"{name!r}: {reason}" for name, reason in left_out[:3])
        raise DataError(f"There is no column to look for slices in{f' ({why})' if why else ''}. Name columns with --slice.")  # fmt: skip
    return Chosen(tuple(kept), tuple(left_out))


def usual_columns(predictions: Predictions) -> tuple[str, ...]:
    """Take the columns that have the role of a slice; when none has, those that are compared.

    Parameters
    ----------
    predictions : Predictions
    """
    return predictions.roles.slices or columns_to_compare(predictions)


def _cut(source: Source, name: str, bins: int) -> Grouping:
    """Cut a column, numbers into as many ranges as asked for."""
    numbers = bins != QUANTILE_BINS and name in source.names and source.kind(name) == "number"
    if numbers and distinct_count(source.column(name)) > MAX_DISTINCT_NUMBERS:
        return quantiles(source, name, bins)
    return grouping_of(source, name)


def _useless(source: Source, name: str) -> str:
    """Say why a column has no slices worth looking at; nothing when it may have some."""
    cells = source.column(name)
    kind = source.kind(name)
    if kind == "other":
        return "its cells are nested or binary"
    if cells.null_count == len(cells):
        return "it has no value in any row"
    if kind == "number":
        return ""
    known = len(cells) - cells.null_count
    different = distinct_count(cells)
    if different > max(known / 2, 1):
        return f"it has {different:,} different values in {known:,} rows, so it names rows"
    return ""


def _not_compared(predictions: Predictions, compared: set[str]) -> list[tuple[str, str]]:
    """Say of every other column why it is not among those that are compared."""
    roles, source = predictions.roles, predictions.source
    why = {getattr(roles, role): reason for role, reason in _ROLES.items() if getattr(roles, role)}
    why |= {column: "it is an answer of a model" for column in answers_of(predictions) if column not in why}
    why |= {c: "it is there to be read" for role in CONTENTS for c in getattr(roles, role)}
    others = [name for name in source.names if name not in compared]
    passed_over = (
        "it has not the role of a slice"
        if roles.slices
        else f"it is not among the {MAX_COLUMNS} compared first"
    )
    passed_over += "; name it to search it"
    found = []
    for name in others[:_NAMED]:
        reason = why.get(name) or _unfit(source, name) or passed_over
        found.append((name, reason))
    if len(others) > _NAMED:
        found.append(
            (f"{len(others) - _NAMED:,} more", "only so many are looked at; name them to search them")
        )
    return found


def _unfit(source: Source, name: str) -> str:
    """Say why a column without a role is never among those that are compared; nothing when it may be."""
    kind = source.kind(name)
    if kind == "time":
        return "it is a time; hour, weekday and month can be named"
    if kind == "other":
        return "its cells are nested or binary"
    cells = source.column(name)
    if cells.null_count == len(cells):
        return "it has no value in any row"
    if distinct_count(cells) == 1 and cells.null_count == 0:
        return "it is the same in every row"
    return _useless(source, name)
