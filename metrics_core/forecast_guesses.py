"""What tells forecasts from other predicted numbers, and which columns name their series, moment, origin and horizon."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from .around_names import said_of
from .guesses import Guess
from .horizon_steps import says_steps
from .labels import read_labels
from .role_names import (
    HORIZON_NAMES,
    ORIGIN_NAMES,
    SERIES_NAMES,
    TARGET_TIME_NAMES,
    WEIGHT_NAMES,
    joined,
    words,
)
from .roles import Model, Named

#: A series has so many different names at most, as a share of the rows; more are names of rows.
_MOST_SERIES = 0.5
#: So many columns together may name the series.
_MOST_COLUMNS = 3
#: Columns that may, before combinations are tried.
_MOST_CANDIDATES = 12
#: Words of columns whose numbers are names of something.
_NAMES_OF_THINGS = frozenset(
    ["id", "ids", "nr", "no", "nbr", "num", "number", "code", "key", "store", "shop", "item", "sku", "product", "location", "site", "sensor", "meter", "region", "country", "department", "dept", "station", "zone", "customer", "machine", "device", "filiale", "laden", "artikel", "produkt", "kunde"]
)  # fmt: skip
#: Columns that only the tables of forecasting packages have together: series, moment and truth of the Nixtla packages.
_OF_PACKAGE = frozenset(["uniqueid", "ds", "y"])


def looks_forecast(guess: Guess, named: Named, free: Sequence[str]) -> str:
    """Say why predicted numbers are forecasts; empty when they are not.

    Parameters
    ----------
    guess : Guess
    named : Named
    free : sequence of str
        Columns without a role.
    """
    if named.series or named.others.keys() & {"horizon", "origin"} or named.season or named.train is not None:
        return "a series, horizon, origin, season or history was named"
    by_name = {what: [c for c in free if joined(c) in names] for what, names in (("horizon", HORIZON_NAMES), ("origin", ORIGIN_NAMES), ("series", SERIES_NAMES))}  # fmt: skip
    times = [c for c in free if guess.source.kind(c) == "time" or joined(c) in TARGET_TIME_NAMES]
    horizon = [c for c in by_name["horizon"] if _is_horizon(guess, c)]
    found = horizon or by_name["origin"] or by_name["series"]
    if found and times:
        return f"{found[0]!r} and {times[0]!r} say for when each number was predicted"
    alone = [c for c in times if joined(c) == "ds" and guess.seen.each_row_differs(c)]
    return f"{alone[0]!r} says for when each number was predicted" if alone else ""


def models_of_package(guess: Guess, y_true: str, free: Sequence[str]) -> list[str]:
    """List the predictions of a table whose other columns are called as forecasting packages call them.

    Such a table has a column for each model, called after it, and the ends of its intervals behind that.

    Parameters
    ----------
    guess : Guess
    y_true : str
    free : sequence of str
        Columns without a role.

    Returns
    -------
    list of str
        Empty when the table is another one.
    """
    if not _of_package(guess, y_true):
        return []
    known = (
        _OF_PACKAGE
        | {"cutoff", "index", "level0", "indexlevel0"}
        | HORIZON_NAMES
        | ORIGIN_NAMES
        | WEIGHT_NAMES
    )
    models = [c for c in free if guess.source.kind(c) == "number" and joined(c) not in known]
    around = {s.column for c in models for s in said_of([o for o in models if o != c], [Model(name=c, y_pred=c)], y_true)}  # fmt: skip
    return [c for c in models if c not in around]


def _of_package(guess: Guess, y_true: str) -> bool:
    """Tell a table of a forecasting package by the names of its columns."""
    return joined(y_true) == "y" and {joined(c) for c in guess.source.names} >= _OF_PACKAGE


def number_of_forecast(guess: Guess, y_true: str, named: Named, predicted: Sequence[str], free: Sequence[str]) -> bool:  # fmt: skip
    """Tell that a truth of one or two values is a number all the same: what is predicted of series is no class.

    Parameters
    ----------
    guess : Guess
    y_true : str
    named : Named
    predicted : sequence of str
        Columns of predictions.
    free : sequence of str
        Columns without a role.
    """
    if guess.source.kind(y_true) != "number" or not predicted or named.y_score:
        return False
    if any(guess.source.kind(c) != "number" for c in predicted) or not looks_forecast(guess, named, free):
        return False
    if _of_package(guess, y_true):
        return True
    low, high = (f([guess.seen.span(c)[i] for c in (y_true, *predicted)]) for i, f in ((0, min), (1, max)))
    fractions = any(isinstance(v, float) and not v.is_integer() for v in guess.seen.cells(y_true, 500))
    return fractions or not (low >= 0 and high <= 1)


def guess_forecast(
    guess: Guess, named: Named, free: Sequence[str], model_column: str | None
) -> dict[str, object]:
    """Find the columns of time, origin, horizon and series.

    Parameters
    ----------
    guess : Guess
        Its reasons are filled.
    named : Named
    free : sequence of str
        Columns without a role.
    model_column : str, optional

    Returns
    -------
    dict
        ``time``, ``origin`` and ``horizon`` where there is one column for it, and ``series``, a tuple.
    """
    found: dict[str, str] = {role: named.others[role] for role in ("time", "origin", "horizon") if role in named.others}  # fmt: skip
    free = [c for c in free if c not in found.values() and c not in named.series]
    for role, names in (("origin", ORIGIN_NAMES), ("horizon", HORIZON_NAMES), ("time", TARGET_TIME_NAMES)):
        if role not in found:
            fits = [c for c in free if joined(c) in names and c not in found.values() and (role != "horizon" or _is_horizon(guess, c))]  # fmt: skip
            if role == "time" and not fits:
                fits = [c for c in free if guess.source.kind(c) == "time" and c not in found.values()]
            if len(fits) == 1:
                found[role] = fits[0]
                guess.reasons[role] = f"named {fits[0]!r}" if joined(fits[0]) in names else f"{fits[0]!r} is the only other column of dates"  # fmt: skip
    series = named.series or _series(
        guess, [c for c in free if c not in found.values()], found, model_column, named.train
    )
    return {**found, "series": series}


def _series(guess: Guess, free: Sequence[str], found: dict[str, str], model_column: str | None, named_train: Sequence[str] | None) -> tuple[str, ...]:  # fmt: skip
    """Find the columns that name the series: called so, else the fewest that leave no moment forecast twice."""
    named = [c for c in free if joined(c) in SERIES_NAMES]
    if len(named) == 1:
        guess.reasons["series"] = f"named {named[0]!r}, {guess.different(named[0])}"
        return (named[0],)
    keys = [c for c in (model_column, *found.values()) if c is not None]
    if "time" not in found and "horizon" not in found:
        return ()
    if _differ(guess, keys):
        guess.reasons["series"] = "no moment is forecast twice from one origin, so all rows are one series"
        return ()
    n = guess.source.n_rows
    kinds = [c for c in free if guess.source.kind(c) in ("text", "boolean") and guess.seen.varies(c) and guess.seen.distinct(c) <= max(2, _MOST_SERIES * n)]  # fmt: skip
    numbers = [c for c in free if guess.source.kind(c) == "number" and set(words(c)) & _NAMES_OF_THINGS and guess.seen.varies(c) and guess.seen.distinct(c) <= max(2, _MOST_SERIES * n) and _whole(guess, c)]  # fmt: skip
    kinds += numbers
    if named_train is not None:
        kinds = [c for c in kinds if c in named_train]
    kinds = kinds[:_MOST_CANDIDATES]
    for size in range(1, _MOST_COLUMNS + 1):
        for some in combinations(kinds, size):
            if _differ(guess, [*keys, *some]):
                guess.reasons["series"] = f"with {' and '.join(map(repr, some))} no moment is forecast twice from one origin"  # fmt: skip
                return some
    return ()


def _is_horizon(guess: Guess, column: str) -> bool:
    """Tell a column of numbers of steps, also written as text such as h1 or 2 weeks."""
    kind = guess.source.kind(column)
    return kind == "number" or (
        kind == "text" and all(says_steps(str(v)) for v in guess.seen.cells(column, 200))
    )


def _whole(guess: Guess, column: str) -> bool:
    """Tell a column whose numbers in a sample are whole."""
    return all(not isinstance(v, float) or v.is_integer() for v in guess.seen.cells(column, 500))


def _differ(guess: Guess, columns: Sequence[str]) -> bool:
    """Tell whether no two rows are the same in some columns."""
    if not columns:
        return False
    code = np.zeros(guess.source.n_rows, dtype=np.int64)
    for column in columns:
        of_column = read_labels(guess.source.column(column)).code.astype(np.int64)
        _, code = np.unique(code * (int(of_column.max(initial=0)) + 2) + of_column + 1, return_inverse=True)
    return bool(np.bincount(code).max(initial=0) <= 1)
