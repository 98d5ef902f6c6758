"""The best cut the slow way: every distinct score tried on the rows, in fractions without rounding."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np

from metrics_core.decisions.costs import Costs, Price
from metrics_core.decisions.objectives import Objective
from tests.tables import Rows

Number = Fraction | float
SIGNS: dict[str, Callable[[Number, Number], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Cells:
    """Exact sums of weights, and of weight times amount, of the four outcomes."""

    tp: Fraction
    fp: Fraction
    fn: Fraction
    tn: Fraction
    worth: tuple[Fraction, Fraction, Fraction, Fraction]

    @property
    def total(self) -> Fraction:
        return self.tp + self.fp + self.fn + self.tn


def cells(drawn: Rows, amounts: list[float], cut: float) -> Cells:
    """Count row by row."""
    counts, worth = [Fraction(0)] * 4, [Fraction(0)] * 4
    for i in range(len(drawn)):
        flagged, positive = bool(drawn.score[i] >= cut), bool(drawn.positive[i])
        at = (0 if positive else 1) if flagged else (2 if positive else 3)
        weight = Fraction(1) if drawn.weight is None else Fraction(float(drawn.weight[i]))
        counts[at] += weight
        worth[at] += weight * Fraction(amounts[i])
    tp, fp, fn, tn = worth
    return Cells(*counts, (tp, fp, fn, tn))


def share(part: Fraction, whole: Fraction) -> Number | None:
    """Divide; None for 0/0."""
    if whole == 0:
        return None if part == 0 else inf
    return part / whole


def f_beta(c: Cells, beta: Fraction) -> Number | None:
    square = beta * beta
    return share((1 + square) * c.tp, (1 + square) * c.tp + square * c.fn + c.fp)


def mcc(c: Cells) -> Number | None:
    """The square with the sign: orders like the correlation, without a root."""
    spread = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)
    over = c.tp * c.tn - c.fp * c.fn
    return None if spread == 0 else over * abs(over) / spread


def youden(c: Cells) -> Number | None:
    recall, fpr = share(c.tp, c.tp + c.fn), share(c.fp, c.fp + c.tn)
    return None if recall is None or fpr is None else recall - fpr


def lr_positive(c: Cells) -> Number | None:
    recall, fpr = share(c.tp, c.tp + c.fn), share(c.fp, c.fp + c.tn)
    return None if recall is None or fpr is None else share(Fraction(recall), Fraction(fpr))


SLOW: dict[str, Callable[[Cells], Number | None]] = {
    "precision": lambda c: share(c.tp, c.tp + c.fp),
    "recall": lambda c: share(c.tp, c.tp + c.fn),
    "specificity": lambda c: share(c.tn, c.tn + c.fp),
    "fpr": lambda c: share(c.fp, c.fp + c.tn),
    "error_rate": lambda c: share(c.fp + c.fn, c.total),
    "accuracy": lambda c: share(c.tp + c.tn, c.total),
    "f1": lambda c: f_beta(c, Fraction(1)),
    "f3": lambda c: f_beta(c, Fraction(3)),
    "f0.25": lambda c: f_beta(c, Fraction(1, 4)),
    "mcc": mcc,
    "youden_j": youden,
    "lr_positive": lr_positive,
    "flagged": lambda c: c.tp + c.fp,
    "flagged_share": lambda c: share(c.tp + c.fp, c.total),
}


def cost(costs: Costs, c: Cells) -> Fraction:
    """Add up prices row by row, gains with a minus."""
    prices: tuple[Price, ...] = (costs.tp, costs.fp, costs.fn, costs.tn)
    total = Fraction(0)
    for price, sign, n, worth in zip(prices, (-1, 1, 1, -1), (c.tp, c.fp, c.fn, c.tn), c.worth, strict=True):
        total += sign * (Fraction(price.each) * n + Fraction(price.per_amount) * worth)
    return total


def slow_choice(drawn: Rows, amounts: list[float], objective: Objective, limits: list[str]) -> tuple[float | None, Number | None]:  # fmt: skip
    """Try every distinct score and the cut above all, from the lowest; strictly better ones replace the best."""
    best: tuple[float | None, Number | None] = (None, None)
    cuts = sorted({float(s) for s in drawn.score})
    for cut in [*cuts, float(np.nextafter(cuts[-1], inf))]:
        c = cells(drawn, amounts, cut)
        if not all(slow_holds(limit, c) for limit in limits):
            continue
        value = cost(objective.costs, c) if objective.costs is not None else SLOW[objective.key](c)
        if value is not None and (best[1] is None or objective.direction * (value - best[1]) > 0):
            best = cut, value
    return best


def slow_holds(limit: str, c: Cells) -> bool:
    """Compare without rounding; undefined holds nowhere."""
    key, sign, number = limit.split(" ")
    value = SLOW[key](c)
    return value is not None and SIGNS[sign](value, Fraction(number))
