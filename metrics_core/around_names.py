"""What the names of columns say about intervals, quantiles and standard deviations around a predicted number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .role_names import sounds_predicted, words
from .roles import Model

Kind = Literal["low", "high", "quantile", "std"]


def _set(text: str) -> frozenset[str]:
    """Read a table of words."""
    return frozenset(text.split())


#: Both ends of an interval in seven languages, as forecasting packages and people shorten them.
_LOW = _set("lo low lower lwr lb l lowerbound untere unterer unter unten untergrenze inf inferieur inferieure bas basse inferior inferiore ondergrens onder")  # fmt: skip
_HIGH = _set("hi high higher upper upr uppr ub u upperbound obere oberer ober oben obergrenze sup superieur superieure haut haute superior superiore bovengrens boven")  # fmt: skip
_QUANTILE = _set("q quantile quantiles quant percentile percentiles pctl quantil perzentil percentil centile cuantil quantiel percentiel kwantiel p")  # fmt: skip
_STD = _set("std sd sigma stddev stdev standardabweichung ecarttype")
#: Words that say nothing more about an end, a quantile or a deviation of the prediction.
_FILLERS = _set("""
    bound limit end interval intervals int ci pi conf confidence credible level pct percent band y yhat ypred hat obs predictive forecast fcst fc estimate
    intervall grenze borne intervalle limite intervallo intervalo dev deviation standard value
""")  # fmt: skip
_NUMBER = re.compile(r"((?<!\d)0[._,]\d+|\d+(?:[.,]\d+)?)\s?(%?)")


@dataclass(frozen=True)
class Said:
    """What the name of one column says.

    Attributes
    ----------
    column : str
    kind : {"low", "high", "quantile", "std"}
    digits : str
        The number in the name as it is written, a decimal point for any separator; empty without one.
    percent : bool
        Whether a percent sign follows it.
    model : str
        Whose it is; empty when the name speaks of no model.
    """

    column: str
    kind: Kind
    digits: str
    percent: bool
    model: str

    @property
    def share(self) -> float | None:
        """The number as a fraction, a whole one as a percentage; None without one, or when it is no share."""
        return _share_of(self.digits, self.percent)


def said_of(columns: Iterable[str], models: Sequence[Model], y_true: str) -> list[Said]:
    """Read the names of columns that lie around a prediction; all others are left out.

    Parameters
    ----------
    columns : iterable of str
    models : sequence of Model
        Whose prediction it may be: its name or its column may stand before or after the rest, or among its words.
    y_true : str
        May stand in the name, too.

    Returns
    -------
    list of Said

    Examples
    --------
    >>> ridge = Model(name="ridge", y_pred="ridge_pred")
    >>> [(s.kind, s.digits, s.model) for s in said_of(["ridge-lo-80", "price_p10", "income_std", "y_std"], [ridge], "price")]
    [('low', '80', 'ridge'), ('quantile', '10', ''), ('std', '', '')]
    """
    predicted = {model.y_pred for model in models}  # a predicted median is a quantile, too
    taken = {column for model in models for column in model.columns} - predicted
    every = (_said(column, models, y_true) for column in columns if column not in taken)
    return [s for s in every if s is not None and (s.kind == "quantile" or s.column not in predicted)]


def shares_of(said: Sequence[Said]) -> dict[str, float]:
    """Read the shares of the quantiles of one model: a fraction, a percentage, or the digits after the point.

    ``q05`` is 0.05 and ``q025`` 0.025; ``q975`` counts so only beside such a one, ``p5`` only beside one of two digits:
    ``q1`` and ``q3`` alone may be quartiles.

    Parameters
    ----------
    said : sequence of Said
        Quantiles of one model.

    Returns
    -------
    dict of column to share
        Only those that are sure.

    Examples
    --------
    >>> names = ["q025", "q50", "q975"], ["p5", "p50"], ["q1", "q3"], ["0.1", "0.9"]
    >>> [list(shares_of(said_of(some, [], "y")).values()) for some in names]
    [[0.025, 0.5, 0.975], [0.05, 0.5], [], [0.1, 0.9]]
    """
    thousandths = any(len(s.digits) == 3 and s.digits[0] == "0" and s.digits.isdigit() for s in said)
    hundredths = any(len(s.digits) == 2 and s.digits.isdigit() for s in said)
    found = {}
    for one in said:
        whole, n = one.digits.isdigit() and not one.percent, len(one.digits)
        share = one.share
        if whole and n == 3 and thousandths and int(one.digits):
            share = int(one.digits) / 1000
        if share is not None and not (whole and n == 1 and not hundredths):
            found[one.column] = share
    return found


def called_after(columns: Sequence[str]) -> list[str]:
    """List the columns after which both ends of an interval are called, whatever their own names say.

    Examples
    --------
    >>> called_after(["ds", "AutoARIMA", "AutoARIMA-lo-80", "AutoARIMA-hi-80", "price", "price_low"])
    ['AutoARIMA']
    """
    sides: dict[str, set[str]] = {}
    for column in columns:
        if set(words(column)) & (_LOW | _HIGH):
            for key in columns:
                found = _parsed(_without(column, key))
                if found is not None and not found[3]:
                    sides.setdefault(key, set()).add(found[0])
    return [column for column in columns if {"low", "high"} <= sides.get(column, set())]


def _said(column: str, models: Sequence[Model], y_true: str) -> Said | None:
    """Read one name: without the model's where it stands at an end, else as a whole."""
    for key, model in _keys(models):
        rest = _without(column, key)
        if rest:
            found = _parsed(rest)
            if found is not None and not found[3]:
                return Said(column, found[0], found[1], found[2], model)
    found = _parsed(column)
    if found is None:
        return None
    kind, digits, percent, rest_words = found
    left = [w for w in rest_words if w not in words(y_true)]
    if not left:
        return Said(column, kind, digits, percent, "")
    for key, model in _keys(models):
        own = {w for w in words(key) if not _is_filler(w)} - set(words(y_true))
        if own and own == set(left):
            return Said(column, kind, digits, percent, model)
    return None


def _keys(models: Sequence[Model]) -> list[tuple[str, str]]:
    """List what may stand for a model in a name, the longest first, and the model's name."""
    keys = [(key, model.name) for model in models for key in dict.fromkeys((model.y_pred or "", model.name)) if key]  # fmt: skip
    return sorted(keys, key=lambda pair: -len(pair[0]))


def _without(column: str, key: str) -> str:
    """Take a key off one end of a name, where it is a word of its own; empty when it does not stand there."""
    low, end = column.casefold(), key.casefold()
    if low.startswith(end) and len(low) == len(column) and len(column) > len(key):
        rest = column[len(key) :]
        if not rest[0].isalnum() or rest[0].isupper():
            return rest
    if low.endswith(end) and len(low) == len(column) and len(column) > len(key) + 1:
        rest = column[: len(column) - len(key)]
        if not rest[-1].isalnum():
            return rest
    return ""


def _parsed(text: str) -> tuple[Kind, str, bool, list[str]] | None:
    """Read the rest of a name: kind, number, whether it is in percent, and the words that are left over."""
    numbers = list(_NUMBER.finditer(text))
    if len(numbers) > 1:
        return None
    digits, percent, parts = "", False, [*words(text)]
    if numbers:
        (number,) = numbers
        digits, percent = number[1].replace("_", ".").replace(",", "."), bool(number[2])
        before, after = words(text[: number.start()]), words(text[number.end() :])
        parts = [*before, *after]
        near = {*before[-1:], *after[:1]}
    else:
        before, near = (), set()
    kind: Kind
    low, high = set(parts) & _LOW, set(parts) & _HIGH
    if low & {"l"} and "l" not in before[-1:]:
        low -= {"l"}
    if high & {"u"} and "u" not in before[-1:]:
        high -= {"u"}
    of_quantile = (near & _QUANTILE - {"p"}) | ({"p"} & set(before[-1:]))
    if len(low) + len(high) == 1:
        kind, own = ("low", low) if low else ("high", high)
    elif low or high:
        return None
    elif digits and (of_quantile or percent or ("." in digits and digits.startswith("0"))):
        kind, own = "quantile", of_quantile
    elif not digits and set(parts) & _STD:
        kind, own = "std", set(parts) & _STD
    elif not digits and {"standard", "deviation"} <= set(parts):
        kind, own = "std", set()
    else:
        return None
    return kind, digits, percent, [w for w in parts if w not in own and not _is_filler(w)]


def _is_filler(word: str) -> bool:
    """Tell a word that says nothing beyond that something is predicted."""
    return word in _FILLERS or sounds_predicted(word)


def _share_of(digits: str, percent: bool) -> float | None:
    """Read a number of a name as a share: a fraction below 1, else a percentage."""
    if not digits:
        return None
    if not percent and digits.isdigit() and len(digits) > 2:
        return None
    value = float(digits)
    share = value / 100 if percent or digits.isdigit() or value > 1 else value
    return round(share, 6) if 0 < share < 1 else None
