"""Intervals, quantiles and standard deviations around a predicted number, guessed from names and borne out by values.

A guess takes no row away: a column that is empty, or no number, where there is a prediction is left alone, and somebody
may name it. So no other metric depends on what is guessed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from .around_names import Said, said_of, shares_of
from .evidence import Evidence
from .guesses import Guess
from .roles import Model, Named
from .source import Source
from .tally.outcomes import FloatArray

#: In so many rows the ends stand in their order, and the prediction lies between the outermost ones.
_IN_ORDER, _AROUND = 0.95, 0.5
#: The deviation may be so many times smaller or larger than the middle distance from the truth.
_TIMES = 100.0
#: An interval of a lower level than this may be named after what lies outside of it.
_LEAST_LEVEL = 0.5
#: Beyond these no square of a number can be trusted, as for predictions.
_GREATEST = 1e150
_NAMED_IN_REASON = 3


def guess_around(
    guess: Guess, y_true: str, models: Sequence[Model], named: Named, free: Sequence[str]
) -> list[Model]:
    """Give models of numbers the intervals, quantiles and standard deviations that are called after them.

    Models of which anything of these was named keep what was named, also when that is nothing.

    Parameters
    ----------
    guess : Guess
        Its reasons for ``interval``, ``quantile`` and ``y_std`` are filled.
    y_true : str
    models : sequence of Model
    named : Named
    free : sequence of str
        Columns without a role.

    Returns
    -------
    list of Model
    """
    settled = {name for of in (named.interval, named.quantile, named.y_std) for name in of}
    open_ones = [] if "" in settled else [m for m in models if m.name not in settled]
    numeric = [c for c in free if guess.source.kind(c) == "number" and "," not in c]
    said = said_of(numeric, models, y_true) if open_ones else []
    guessed = {m.name: _with_guessed(guess.seen, y_true, m, _own(said, m, models)) for m in open_ones}
    for role, write in _REASONS.items():
        texts = [text for model in guessed.values() for text in write(model)]
        if texts:
            guess.reasons[role] = _listed(texts)
    return [guessed.get(m.name, m) for m in models]


def median_column(guess: Guess, y_true: str, free: Sequence[str]) -> str | None:
    """Find the middle quantile of a table that predicts quantiles and no other number; None when there is none.

    Parameters
    ----------
    guess : Guess
    y_true : str
    free : sequence of str
        Columns without a role.
    """
    numeric = [c for c in free if guess.source.kind(c) == "number" and "," not in c]
    said = [s for s in said_of(numeric, (), y_true) if s.kind == "quantile"]
    shares = shares_of(said)
    middle = [column for column, share in shares.items() if share == 0.5]
    if len(middle) != 1 or len(shares) < 3:
        return None
    quantiles = _quantiles(guess.seen, Model(name=middle[0], y_pred=middle[0]), said)
    return middle[0] if len(quantiles) >= 3 else None


def without_level(source: Source, y_true: str, models: Sequence[Model]) -> list[tuple[str, str]]:
    """List pairs of columns that look like the ends of an interval of which nobody knows the level.

    Parameters
    ----------
    source : Source
    y_true : str
    models : sequence of Model

    Returns
    -------
    list of (lower, upper)
        By name only, in the order of the file; what the models use is left out.
    """
    numeric = [c for c in source.names if source.kind(c) == "number"]
    said = said_of(numeric, models, y_true)
    found = []
    for low in (s for s in said if s.kind == "low"):
        fits = [s for s in said if s.kind == "high" and (s.digits, s.model) == (low.digits, low.model)]
        if len(fits) == 1 and (low.share is None or low.share < _LEAST_LEVEL):
            found.append((low.column, fits[0].column))
    return found


def _own(said: Sequence[Said], model: Model, models: Sequence[Model]) -> list[Said]:
    """Keep what is called after a model; of a single model also what is called after none."""
    return [s for s in said if s.model == model.name or (not s.model and len(models) == 1)]


def _with_guessed(seen: Evidence, y_true: str, model: Model, said: Sequence[Said]) -> Model:
    """Give one model what its columns bear out."""
    if not said or model.y_pred is None or seen.source.kind(model.y_pred) != "number":
        return model
    return replace(
        model,
        interval=_intervals(seen, model, [s for s in said if s.kind in ("low", "high")]),
        quantile=_quantiles(seen, model, [s for s in said if s.kind == "quantile"]),
        y_std=_deviation(seen, y_true, model, [s for s in said if s.kind == "std"]),
    )


def _intervals(seen: Evidence, model: Model, said: Sequence[Said]) -> tuple[tuple[float, str, str], ...]:
    """Pair the ends of each level: both carry it, or the shares below them are one minus each other."""
    lows, highs = (
        {s.column: s.share for s in said if s.kind == kind and s.share} for kind in ("low", "high")
    )
    found: dict[float, list[tuple[str, str]]] = {}
    for low, a in lows.items():
        for high, b in highs.items():
            if a == b and a >= _LEAST_LEVEL:
                found.setdefault(a, []).append((low, high))
            elif a < _LEAST_LEVEL and abs(a + b - 1) < 1e-9:
                found.setdefault(round(b - a, 6), []).append((low, high))
    once = [(level, *pairs[0]) for level, pairs in sorted(found.items()) if len(pairs) == 1]
    return tuple(one for one in once if _in_order(seen, model, one[1:]))


def _quantiles(seen: Evidence, model: Model, said: Sequence[Said]) -> tuple[tuple[float, str], ...]:
    """Take two quantiles or more that ascend; none when a share has two columns."""
    shares = sorted((share, column) for column, share in shares_of(said).items())
    different = {share for share, _ in shares}
    if len(shares) < 2 or len(different) < len(shares):
        return ()
    return tuple(shares) if _in_order(seen, model, [column for _, column in shares]) else ()


def _deviation(seen: Evidence, y_true: str, model: Model, said: Sequence[Said]) -> str | None:
    """Take the only column called a deviation when it is above 0 and of the size of the mistakes."""
    if len(said) != 1:
        return None
    column = said[0].column
    columns = _where_predicted(seen, model, (column,))
    if columns is None or not (columns[1] > 0).all():
        return None
    if seen.source.kind(y_true) != "number":
        return column
    apart = np.abs(_numbers(seen, y_true) - _numbers(seen, str(model.y_pred)))
    apart = apart[np.isfinite(apart)]
    ratio = (
        float(np.median(columns[1])) / float(np.median(apart)) if apart.size and np.median(apart) > 0 else 1.0
    )
    return column if 1 / _TIMES <= ratio <= _TIMES else None


def _in_order(seen: Evidence, model: Model, columns: Sequence[str]) -> bool:
    """Tell columns that ascend in nearly every row, with the prediction between the outermost ones in most."""
    found = _where_predicted(seen, model, columns)
    if found is None:
        return False
    predicted, *ends = found
    ascending = all((low <= high).mean() >= _IN_ORDER for low, high in pairwise(ends))
    varies = bool((ends[0] < ends[-1]).any())
    return ascending and varies and bool(((ends[0] <= predicted) & (predicted <= ends[-1])).mean() >= _AROUND)


def _where_predicted(seen: Evidence, model: Model, columns: Sequence[str]) -> list[FloatArray] | None:
    """Return the prediction and columns in the rows that have one; None when a column has no usable number there."""
    predicted = _numbers(seen, str(model.y_pred))
    rows = np.isfinite(predicted)
    found = [predicted[rows]]
    for column in columns:
        values = _numbers(seen, column)[rows]
        if not values.size or not (np.abs(values) <= _GREATEST).all():  # NaN is not below either
            return None
        found.append(values)
    return found


def _numbers(seen: Evidence, column: str) -> FloatArray:
    """Read a column of numbers; NaN where it is empty."""
    values: FloatArray = seen.column(column).cast("float64", safe=False).to_numpy()
    return values


# ------------------------------------------------------------------------------------------------ reasons


def _why_interval(model: Model) -> list[str]:
    return [f"{low!r} and {high!r} ({100 * level:g}%)" for level, low, high in model.interval]


def _why_quantile(model: Model) -> list[str]:
    return [f"{column!r} ({share:g})" for share, column in model.quantile]


def _why_deviation(model: Model) -> list[str]:
    return [repr(model.y_std)] if model.y_std else []


_REASONS: dict[str, Callable[[Model], list[str]]] = {
    "interval": _why_interval,
    "quantile": _why_quantile,
    "y_std": _why_deviation,
}


def _listed(texts: Sequence[str]) -> str:
    """Name the first columns and count the others."""
    more = f" and {len(texts) - _NAMED_IN_REASON} more" if len(texts) > _NAMED_IN_REASON else ""
    return f"named {', '.join(texts[:_NAMED_IN_REASON])}{more}"
