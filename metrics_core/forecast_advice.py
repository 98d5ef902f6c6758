"""The adviser's rules for forecasts; ``advice`` applies them.

The ids are those of ``docs/findings.md``; a rule returns None when it has nothing to say.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from .checks import percent
from .facts import Facts, Rule
from .forecast_cases import ForecastCases
from .forecast_cells import coverage_along, steps_of
from .forecast_origins import by_period, drift_of, drifting_series, is_clear, number_of, periods_of
from .number_units import weights
from .tally.outcomes import FloatArray
from .tally.series import SeriesTally

_FORECASTS = ("forecasting",)
#: Series from which on most of them, or one of them, are worth a word.
_FEW_SERIES = 8
#: The share of the absolute error that one series may carry.
_CARRIES = 0.25
#: A series is biased beyond this part of its mean absolute error; most are this share of them.
_BIASED, _MOST = 0.1, 0.75
#: Coverage far ahead may be this much farther from its level than near.
_FARTHER = 0.02
_NAMED = 3


def _cases(f: Facts) -> ForecastCases:
    """Return the rows."""
    assert isinstance(f.cases, ForecastCases)  # the rules are for these
    return f.cases


def _sums(f: Facts) -> SeriesTally:
    """Return the sums of the series."""
    found = f.tallies[SeriesTally]
    assert isinstance(found, SeriesTally)
    return found


def _no_better_than_naive(f: Facts) -> str | None:
    tally, said = _sums(f), []
    kinds = [("naive", "the last known value")]
    if _cases(f).timeline.season > 1:
        kinds.append(("seasonal", "the value one season before"))
    for kind, what in kinds:
        skill = f.metrics[f"skill_{kind}"]
        known = tally.sums[kind] > 0
        n = int(np.count_nonzero(known))
        worse = int(np.count_nonzero(tally.sums[f"of_{kind}"][known] > tally.sums[kind][known]))
        whole, most = skill < 0, n >= _FEW_SERIES and worse > n / 2
        if not whole and not most:
            continue
        in_series = f"in {worse:,} of {n:,} series" if n > 1 else ""
        if whole:
            said.append(f"repeating {what} would have an absolute error that is {percent(1 - 1 / (1 - skill), 1)} smaller{f' (smaller {in_series})' if in_series else ''}")  # fmt: skip
        else:
            said.append(f"repeating {what} is nearer to the truth {in_series}, though not on the whole (skill {percent(skill, 1)})")  # fmt: skip
    return _sentence("; ".join(said))


def _one_series_carries(f: Facts) -> str | None:
    absolute = _sums(f).sums["absolute"]
    n, total = int(np.count_nonzero(_sums(f).weight)), float(absolute.sum())
    if n < _FEW_SERIES or not total > 0:
        return None
    at = int(absolute.argmax())
    share = float(absolute[at]) / total
    if not share > _CARRIES:
        return None
    return f"The series {_cases(f).timeline.names[at]!r} carries {share:.0%} of the absolute error of {n:,} series, so MAE and RMSE are about it; by MASE every series counts the same."


def _drifts(f: Facts) -> str | None:
    c = _cases(f)
    periods = periods_of(c)
    scaled = not bool(np.isnan(c.scaled).all())
    drift = drift_of(by_period(c, number_of(c, "scaled" if scaled else "absolute"), periods))
    along = "origin" if periods.kind == "origin" else "stretch of time"
    said = []
    if is_clear(drift):
        what = "The mean scaled error" if scaled else "The mean absolute error"
        said.append(f"{what} rises from {drift.start:.3g} at the first to {drift.end:.3g} at the last {along} by a straight line (p {_p(drift.p)}).")  # fmt: skip
    moving = drifting_series(c, periods)
    if moving.code.size:
        n = moving.code.size
        each = [f"{c.timeline.names[i]!r} from {_signed(a)} to {_signed(b)}" for i, a, b in zip(moving.code[:_NAMED].tolist(), moving.start.tolist(), moving.end.tolist(), strict=False)]  # fmt: skip
        more = f" and {n - _NAMED:,} more" if n > _NAMED else ""
        said.append(f"The bias of {n:,} of {moving.tested:,} series moves from the first to the last {along}: {', '.join(each)}{more}.")  # fmt: skip
    return " ".join(said) or None


def _intervals_far_ahead(f: Facts) -> str | None:
    c = _cases(f)
    steps = steps_of(c, most=max(len(c), 1))
    if steps is None or not (c.levels or c.shares) or len(steps) < 3:
        return None
    third = ceil(len(steps) / 3)
    part = np.where(steps.code < third, 0, np.where(steps.code >= len(steps) - third, 2, 1))
    found = coverage_along(c, part, 3)
    first = int(steps.low[-third])
    narrow: list[str] = []
    wide: list[str] = []
    for i, level in enumerate(found.levels):
        near, far = float(found.share[i, 0]), float(found.share[i, 2])
        if (
            found.low[i, 2] <= level <= found.high[i, 2]
            or not abs(far - level) > abs(near - level) + _FARTHER
        ):
            continue
        text = f"the {100 * level:g} % interval holds {percent(far, 1)} of the true values {first:,} and more steps ahead (95 % interval {percent(float(found.low[i, 2]), 1)} to {percent(float(found.high[i, 2]), 1)}), {percent(near, 1)} up to {int(steps.high[third - 1]):,}"
        (narrow if far < level else wide).append(text)
    said = [f"Too {way} far ahead: {'; '.join(each)}." for way, each in (("narrow", narrow), ("wide", wide)) if each]  # fmt: skip
    return " ".join(said) or None


def _one_sided(f: Facts) -> str | None:
    c = _cases(f)
    bias, mae, held = _per_series(c)
    n = int(np.count_nonzero(held))
    if n < _FEW_SERIES:
        return None
    for side, off in (("high", bias > _BIASED * mae), ("low", bias < -_BIASED * mae)):
        k = int(np.count_nonzero(off & held))
        if k >= _MOST * n:
            whole = abs(f.metrics["bias"]) / f.metrics["mae"]
            return f"The forecasts are too {side} in {k:,} of {n:,} series, each by over {_BIASED:.0%} of its mean absolute error ({whole:.0%} over all rows)."
    return None


def _per_series(c: ForecastCases) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Return the mean error and mean absolute error of each series, and which series have rows."""
    w, n = weights(c), len(c.timeline.names)
    rows = np.bincount(c.series, weights=w, minlength=n)
    held = rows > 0
    safe = np.where(held, rows, 1.0)
    bias = np.bincount(c.series, weights=w * c.residual, minlength=n) / safe
    mae = np.bincount(c.series, weights=w * np.abs(c.residual), minlength=n) / safe
    return bias, mae, held


def _short_history(f: Facts) -> str | None:
    c = _cases(f)
    season = c.timeline.season
    if season < 2:
        return None
    _, first = np.unique(c.path, return_index=True)
    length = c.timeline.history.length(c.series[first], c.until[first])
    shortest = np.full(len(c.timeline.names), np.iinfo(np.int64).max)
    np.minimum.at(shortest, c.series[first], length)
    judged = np.unique(c.series[first])
    short = judged[(shortest[judged] < 2 * season) & (shortest[judged] > season)]
    if not short.size:
        return None
    named = ", ".join(f"{c.timeline.names[i]!r} ({shortest[i]:,})" for i in short[:_NAMED].tolist())
    more = " and others" if short.size > _NAMED else ""
    return f"{short.size:,} of {judged.size:,} series have fewer than two seasons ({2 * season:,} values) known before their first forecast: {named}{more}. Their scale rests on a part of one season."


def _p(p: float) -> str:
    """Write a p-value with its sign."""
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"


def _signed(value: float) -> str:
    """Write a number with its sign and about three digits, large ones in full."""
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"


def _sentence(text: str) -> str | None:
    """Begin and end a sentence; nothing from nothing."""
    return f"{text[0].upper()}{text[1:]}." if text else None


FORECAST_RULES = (
    Rule("W28", "warning", "the absolute error is above that of repeating the last known value, or the value one season before; or it is in most of at least 8 series",
         _no_better_than_naive, "Use the naive forecast where it is better, and find out what the model misses that it knows.", _FORECASTS),
    Rule("W29", "note", "one of at least 8 series carries over a quarter of the absolute error", _one_series_carries,
         "Look at this series first; judge the others by MASE or without it.", _FORECASTS),
    Rule("W30", "warning", "the error rises by a fifth or more from the first to the last origin, p 0.01 or less; or the bias of a series moves by over half of its mean absolute error, q 0.01 or less",
         _drifts, "Find out what changed in time; train again on later values, or watch these series.", _FORECASTS),
    Rule("W31", "warning", "in the farthest third of the horizons an interval holds more or fewer true values than it should, beyond its 95 % interval and by over 2 points more than in the nearest third",
         _intervals_far_ahead, "Let the width of the intervals follow the horizon.", _FORECASTS),
    Rule("W32", "warning", "in three quarters of at least 8 series the mean error has one sign and is over a tenth of the mean absolute error", _one_sided,
         "Find out what all series share that changed, such as a trend or a level; a common shift would mend most of them.", _FORECASTS),
    Rule("W33", "note", "a series has more than one season, but fewer than two, known before its first forecast", _short_history,
         "Bring a longer history, or read MASE of these series with care.", _FORECASTS),
)  # fmt: skip
