"""The adviser's rules for predicted numbers; ``advice`` applies them.

The ids are those of ``docs/findings.md``; a rule returns None when it has nothing to say.
"""

from __future__ import annotations

from math import isnan

import numpy as np

from .checks import percent, rows_of
from .facts import Facts, Rule
from .number_cases import NumberCases
from .rate_interval import wilson
from .residual_shape import worst_share
from .tally import NumberTally

_NUMBERS = ("regression", "forecasting")
#: A true value nearer to 0 than this share of the median size is next to nothing.
NEAR_ZERO = 0.01
#: Above this R² a model is suspiciously good.
TOO_GOOD_R2 = 0.9999
#: Rows of which the worst hundredth is more than one, and the share of the squared error it may carry.
_FEWEST_ROWS, _HEAVY = 200, 0.25
#: A bias worth a word is beyond chance and this share of the mean absolute error.
_BIASED, _SURE = 0.1, 3.0
#: A group whose true values spread this much less than all of them has an R² of its own.
_LESS_SPREAD, _GROUP_ROWS = 0.5, 30


def _cases(f: Facts) -> NumberCases:
    """Return the rows."""
    assert isinstance(f.cases, NumberCases)  # the rules are for these
    return f.cases


def _numbers(f: Facts) -> NumberTally:
    """Return means and spreads."""
    found = f.tallies[NumberTally]
    assert isinstance(found, NumberTally)
    return found


def _worse_than_the_mean(f: Facts) -> str | None:
    r2 = f.metrics["r2"]
    if isnan(r2) or r2 >= 0:
        return None
    base = float(np.sqrt(_numbers(f).spread["truth"] / _numbers(f).total))
    return f"R² is {r2:.3g}: always predicting the mean of these true values would do better (RMSE {base:.4g} instead of {f.metrics['rmse']:.4g})."


def _not_comparable(f: Facts) -> str | None:
    whole = _numbers(f)
    of_all = float(whole.spread["truth"] / whole.total)
    less = []
    for group in f.groups:
        t = group.tallies.get(NumberTally)
        if isinstance(t, NumberTally) and group.rows >= _GROUP_ROWS and of_all > 0:
            share = float(t.spread["truth"] / t.total) / of_all
            if share < _LESS_SPREAD:
                less.append((share, f"{group.level.column} {group.level.label}"))
    if not less:
        return None
    share, name = min(less)
    have = "group has" if len(less) == 1 else "groups have"
    return f"{len(less):,} {have} true values that spread less than half as much as all of them ({name}: {share:.0%} of the variance), so R² is lower there with the same errors."


def _near_zero(f: Facts, *, decides: bool) -> str | None:
    c = _cases(f)
    size = np.abs(c.truth)
    middle = float(np.median(size))
    near = size < NEAR_ZERO * middle
    n = int(near.sum())
    if not n:
        return None
    mape, wape = f.metrics["mape"], f.metrics["wape"]
    said = f"The true value is 0 or nearer to 0 than a hundredth of the median size ({middle:.4g}) in {rows_of(n, len(c))}"
    if isnan(mape):
        return (
            None
            if decides
            else f"{said}, so the mean percentage error is undefined and sMAPE counts these rows near 200. WAPE is {wape:.1%}."
        )
    w = np.ones(len(c)) if c.weight is None else c.weight
    share = w * np.divide(np.abs(c.residual), size, out=np.zeros(len(c)), where=size > 0)
    of_these = float(share[near].sum() / share.sum()) if share.sum() > 0 else 0.0
    if (of_these > 0.5) != decides:
        return None
    return f"{said}: they make {of_these:.0%} of the mean percentage error ({mape:.1%}). WAPE is {wape:.1%}."


def _near_zero_decides(f: Facts) -> str | None:
    return _near_zero(f, decides=True)


def _near_zero_occurs(f: Facts) -> str | None:
    return _near_zero(f, decides=False)


def _too_good(f: Facts) -> str | None:
    r2 = f.metrics["r2"]
    if not r2 > TOO_GOOD_R2 or f.n < _GROUP_ROWS:
        return None
    return f"R² is {'1' if r2 == 1 else f'{min(r2, 0.999999):.6f}'}. So good a model is rare: the answer may have leaked into what it learnt from."


def _few_rows_carry_it(f: Facts) -> str | None:
    c = _cases(f)
    if len(c) < _FEWEST_ROWS:
        return None
    share, n = worst_share(c)
    if not share > _HEAVY:
        return None
    return f"The worst 1 % of the rows ({n:,}) carry {share:.0%} of the squared error, so RMSE ({f.metrics['rmse']:.4g}) and R² hang on them; the median error is {f.metrics['median_absolute_error']:.4g}."


def _biased(f: Facts) -> str | None:
    bias, mae = f.metrics["bias"], f.metrics["mae"]
    error = float(_numbers(f).error("error"))
    if f.cases.together is not None or isnan(error) or not abs(bias) > max(_SURE * error, _BIASED * mae):
        return None
    where = "high" if bias > 0 else "low"
    return f"The predictions are too {where} by {abs(bias):.4g} on average ({abs(bias) / mae:.0%} of the mean absolute error), beyond what chance explains."


def _wrong_coverage(f: Facts) -> str | None:
    said = []
    for level in _cases(f).levels:
        value = f.metrics[f"coverage@{level:g}"]
        low, high = (float(end) for end in wilson(value * f.n, f.n, 0.99))
        if not low <= level <= high:
            said.append(
                f"the {100 * level:g} % interval holds {percent(value, 1)} of the true values (99 % interval {percent(low, 1)} to {percent(high, 1)})"
            )
    if not said or f.cases.together is not None:
        return None
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def _tiny_groups(f: Facts) -> str | None:
    tiny = [(g.rows, f"{g.level.column} {g.level.label}") for g in f.groups if g.rows < _GROUP_ROWS]
    if not tiny:
        return None
    named = ", ".join(f"{name} ({n:,} row{'' if n == 1 else 's'})" for n, name in sorted(tiny)[:3])
    have = "group has" if len(tiny) == 1 else "groups have"
    return f"{len(tiny):,} of {len(f.groups):,} {have} fewer than {_GROUP_ROWS} rows: {named}{' and others' if len(tiny) > 3 else ''}."


NUMBER_RULES = (
    Rule("W17", "warning", "R² is below 0", _worse_than_the_mean,
         "Check that truth and prediction belong together; else predict the mean.", _NUMBERS),
    Rule("W17", "note", "the true values of a group of at least 30 rows have less than half the variance of all", _not_comparable,
         "Compare groups by MAE or RMSE, not by R².", _NUMBERS),
    Rule("W18", "warning", "true values at or next to 0 (nearer than 1 % of the median size) make over half of the mean percentage error",
         _near_zero_decides, "Read WAPE or MAE instead.", _NUMBERS),
    Rule("W18", "note", "true values at or next to 0 (nearer than 1 % of the median size)", _near_zero_occurs,
         "Read WAPE or MAE instead.", _NUMBERS),
    Rule("W5", "note", "a group of a breakdown has fewer than 30 rows", _tiny_groups,
         "Read these groups with their intervals, and do not rank groups by them.", _NUMBERS),
    Rule("W10", "note", "30 rows or more and R² above 0.9999", _too_good,
         "Make sure that none of these rows, and nothing known only afterwards, was in the training data.", _NUMBERS),
    Rule("W25", "note", "200 rows or more, and the worst hundredth of them carries over a quarter of the squared error", _few_rows_carry_it,
         "Look at these rows first; judge the others by MAE or the median error.", _NUMBERS),
    Rule("W26", "warning", "the mean error is over a tenth of the mean absolute error and over three standard errors", _biased,
         "Find out what changed between training and these rows; a constant shift would mend the average.", _NUMBERS),
    Rule("W27", "warning", "a predicted interval holds more or fewer true values than it should, beyond its 99 % interval", _wrong_coverage,
         "Widen or narrow the intervals on rows kept back for it; the Residuals page shows by how much.", _NUMBERS),
)  # fmt: skip
