"""The columns of predicted numbers found by name, and what was said about the intervals and quantiles around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .around_guesses import guess_around, median_column
from .around_names import called_after
from .errors import DataError, NeedsChoice, Option
from .evidence import MAX_GUESSED, by_stem, measured
from .forecast_guesses import looks_forecast, models_of_package, number_of_forecast
from .guesses import ALL, Guess, best
from .model_guesses import decided_models
from .number_columns import ends_of_interval
from .role_names import (
    USUAL,
    WORD,
    decision_points,
    joined,
    sounds_predicted,
    truth_points,
    words,
)
from .roles import OF_NUMBERS, Model, Named

#: Words in the names of columns that lie around a prediction.
_AROUND = frozenset(["lower", "upper", "low", "high", "lo", "hi", "lwr", "upr", "lb", "ub", "p", "std", "sd", "sigma", "stddev", "variance", "var", "q", "quantile", "percentile", "interval", "error", "residual", "abs"])  # fmt: skip
#: Names of a prediction that only numbers have.
_FORECASTS = frozenset(["forecast", "estimate", "estimated", "fitted", "fcst"])
#: Words beside these that say what a forecast is about.
_ABOUT_FORECASTS = frozenset(["horizon", "date", "time", "id", "origin", "start", "end", "step", "steps", "lead", "cutoff", "hour", "day", "week", "month", "quarter", "year", "number", "nr", "count", "version", "run", "weight", "ahead", "index"])  # fmt: skip
#: A decision may name classes that are never true: so many values, or so many times those of the truth.
_FEW_DECISIONS, _TIMES_LABELS = 20, 2


def predicted_numbers(guess: Guess, y_true: str, free: Sequence[str]) -> list[str]:
    """List the columns that by name and values hold predicted numbers, the best ones and all equally good.

    Without one that is called so, in a table of a forecasting package the column of every model; else a column after which the ends of intervals are called, else the predicted median.

    Parameters
    ----------
    guess : Guess
    y_true : str
    free : sequence of str
        Columns without a role.
    """
    points = {}
    for column in free:
        named = decision_points(column) or (USUAL if joined(column) in _FORECASTS else WORD if _speaks_of_forecast(column) else 0)  # fmt: skip
        if not named or set(words(column)) & _AROUND:
            continue
        if guess.source.kind(column) == "number" or guess.seen.numbers_as_text(column):
            points[column] = named
    if not points:
        points = dict.fromkeys(models_of_package(guess, y_true, free), WORD)
    if not points:
        numeric = [c for c in free if guess.source.kind(c) == "number"]
        points = dict.fromkeys(called_after(numeric), WORD)
    median = None if points else median_column(guess, y_true, free)
    return [median] if median else best(points)


def _speaks_of_forecast(column: str) -> bool:
    """Tell a name such as sales_forecast that is not about the forecast, as forecast_horizon is."""
    parts = set(words(column))
    return bool(parts & _FORECASTS) and not parts & _ABOUT_FORECASTS


def looks_measured(guess: Guess, column: str) -> bool:
    """Tell a column of numbers that measure something, with more than a few different values."""
    if guess.source.kind(column) != "number" or guess.seen.at_most(column, 2):
        return False
    return not guess.seen.at_most(column, MAX_GUESSED) or measured(guess.seen.different_numbers(column))


def guess_numbers(guess: Guess, y_true: str, named: Named, free: Sequence[str]) -> str:
    """Say why the task is regression: both columns hold measured numbers, or intervals were named; empty when it is not.

    Raises
    ------
    NeedsChoice
        If the truth may be classes but the predictions are measured numbers.
    """
    if named.around:
        return "intervals, quantiles or standard deviations of a prediction were named"
    if named.y_score or guess.source.kind(y_true) != "number":
        return ""
    if guess.seen.at_most(y_true, 2):
        columns = list(named.y_pred.values()) or predicted_numbers(guess, y_true, free)
        others = [c for c in free if c not in columns]
        return (
            f"{y_true!r} is predicted in time"
            if number_of_forecast(guess, y_true, named, columns, others)
            else ""
        )
    if not named.y_pred and models_of_package(guess, y_true, free):
        return "the columns are called as forecasting packages do"
    columns = list(named.y_pred.values()) or predicted_numbers(guess, y_true, free)
    columns = [c for c in columns if c in guess.source.names and looks_measured(guess, c)]
    if not columns:
        return ""
    if looks_measured(guess, y_true):
        return f"{y_true!r} and {columns[0]!r} hold measured numbers"
    enough = max(_FEW_DECISIONS, _TIMES_LABELS * guess.seen.distinct(y_true))
    fractions = [c for c in columns if not guess.seen.at_most(c, enough) and _has_fractions(guess, c)]
    if fractions and looks_forecast(guess, named, [c for c in free if c not in columns]):
        return f"{fractions[0]!r} predicts fractions in time"
    if fractions and not _has_class_columns(guess, y_true, free):
        raise NeedsChoice("task", f"Column {y_true!r} holds {guess.different(y_true)}, which may be classes or numbers, and {fractions[0]!r} predicts fractions. What is predicted?",
                          [Option("regression", "a number"), Option("multiclass", "one of these classes")])  # fmt: skip
    return ""


def _has_fractions(guess: Guess, column: str) -> bool:
    """Tell whether some of the numbers in a sample are not whole."""
    return any(isinstance(v, float) and not v.is_integer() for v in guess.seen.cells(column, 500))


def _has_class_columns(guess: Guess, y_true: str, free: Sequence[str]) -> bool:
    """Tell whether there are columns for each class."""
    labels = guess.seen.labels(y_true)
    stems = by_stem([c for c in free if guess.source.kind(c) == "number"], labels).values() if 2 < len(labels) <= len(free) else ()  # fmt: skip
    return any(len(of) == len(labels) for of in stems)


def named_after(guess: Guess, named: Named, names: Sequence[str]) -> str | None:
    """Find the truth by a prediction called after it, such as ``price`` and ``predicted_price``, both measured numbers.

    None when a column sounds like the truth by itself, or several could be it.
    """
    if named.task not in (None, *OF_NUMBERS) or any(truth_points(c) for c in names):
        return None
    plain = {words(c): c for c in names if not sounds_predicted(c) and not _speaks_of_forecast(c)}
    found = set()
    for column in list(named.y_pred.values()) or names:
        rest = tuple(w for w in words(column) if not sounds_predicted(w) and w not in _FORECASTS)
        speaks = sounds_predicted(column) or _speaks_of_forecast(column)
        if column in guess.source.names and speaks and rest in plain:
            truth = plain[rest]
            if looks_measured(guess, truth) and looks_measured(guess, column):
                found.add((truth, column))
    truths = {truth for truth, _ in found}
    if len(truths) != 1:
        return None
    truth, column = min(found)
    guess.reasons["y_true"] = f"{column!r} is called after it, {guess.different(truth)}"
    return truth


def number_models(
    guess: Guess, y_true: str, named: Named, free: Sequence[str], all_of: frozenset[str]
) -> tuple[Model, ...]:
    """Find the predictions, and give each model what was named or is called so around them.

    Raises
    ------
    DataError
        If there is no prediction, a score is named, or something is named around a model there is not.
    NeedsChoice
        If several columns are equally good.
    """
    if named.y_score or named.proba or named.proba_prefix:
        what = "--y-score" if named.y_score else "--proba"
        raise DataError(f"Predicted numbers have no score: name the column of predictions with --y-pred instead of {what}.")  # fmt: skip
    if named.y_pred:
        models = tuple(Model(name=name, y_pred=column) for name, column in named.y_pred.items())
    else:
        taken = set(named.around)
        found = predicted_numbers(guess, y_true, [c for c in free if c not in taken])
        if not found:
            raise DataError(f"No column of '{guess.source.name}' looks like a predicted number. Name it with --y-pred; "
                            f"the columns are: {', '.join(map(repr, guess.source.names[:12]))}.")  # fmt: skip
        if "y_pred" in all_of and len(found) > 1:
            models = decided_models(found)
        else:
            of_package = models_of_package(guess, y_true, free)
            if len(found) > 1 and found == of_package and ALL not in guess.source.names:
                raise NeedsChoice("y_pred", f"Which column holds the predicted numbers in '{guess.source.name}'?", [*(Option(c) for c in of_package[:20]), Option(ALL, f"all {len(of_package)}, each of its own model")])  # fmt: skip
            column = guess.only(found, "y_pred", "column holds the predicted numbers", all_of=True)
            guess.reasons["y_pred"] = f"named {column!r}, numbers"
            models = (Model(name=column, y_pred=column),)
    return tuple(guess_around(guess, y_true, _with_around(models, named), named, free))


def _with_around(models: Sequence[Model], named: Named) -> Sequence[Model]:
    """Give each model its intervals, quantiles and standard deviation."""
    names = [model.name for model in models]
    for of in (named.y_std, named.interval, named.quantile):
        unknown = [name for name in of if name and name not in names]
        if unknown:
            raise DataError(f"There is no model {unknown[0]!r} to have intervals, quantiles or deviations; there are: {', '.join(map(repr, names))}.")  # fmt: skip
        if of.get("") and len(models) > 1:
            raise DataError(f"There are {len(models)} models: say whose interval, quantile or deviation it is, such as --interval {names[0]}=0.9=LOWER,UPPER.")  # fmt: skip

    def own(of: Mapping[str, Any], name: str, nothing: Any) -> Any:
        return of.get(name, of.get("", nothing))

    return [
        replace(m, y_std=own(named.y_std, m.name, None), interval=own(named.interval, m.name, ()), quantile=own(named.quantile, m.name, ()))
        for m in models
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ what was said


def read_intervals(said: Mapping[str, Any] | None) -> dict[str, tuple[tuple[float, str, str], ...]]:
    """Read intervals: level to the two columns, or model name to such a mapping; an empty one says that there are none.

    Raises
    ------
    DataError
        If a level is none, or an interval has not two columns.

    Examples
    --------
    >>> read_intervals({"0.9": "low,high"})
    {'': ((0.9, 'low', 'high'),)}
    >>> read_intervals({"ridge": {"0.5": ["a", "b"]}})
    {'ridge': ((0.5, 'a', 'b'),)}
    """
    return {
        model: tuple(sorted((_share(level, "level of an interval"), *ends_of_interval(columns)) for level, columns in of.items()))
        for model, of in _each_model(said).items()
    }  # fmt: skip


def read_quantiles(said: Mapping[str, Any] | None) -> dict[str, tuple[tuple[float, str], ...]]:
    """Read quantiles: share to column, or model name to such a mapping.

    Raises
    ------
    DataError
        If a share is none.
    """
    return {
        model: tuple(sorted((_share(share, "share of a quantile"), str(column)) for share, column in of.items()))
        for model, of in _each_model(said).items()
    }  # fmt: skip


def _each_model(said: Mapping[str, Any] | None) -> dict[str, Mapping[Any, Any]]:
    """Tell what is meant for every model, under no name, from what is meant for one."""
    found: dict[str, Any] = {"": {}} if said is not None and not said else {}
    for key, value in (said or {}).items():
        if isinstance(value, Mapping):
            found[str(key)] = value
        else:
            found[""] = {**found.get("", {}), key: value}
    return found


def _share(text: Any, what: str) -> float:
    """Read a share between 0 and 1; percentages are written with their sign."""
    written = str(text).strip()
    try:
        value = float(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise DataError(f"The {what} is a number between 0 and 1, such as 0.9, not {text!r}.")
    return value
