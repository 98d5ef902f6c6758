"""What somebody asked for, tied to the rows: which rows, which rule, which promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

import pyarrow.compute as pc

from ..cases import BinaryCases
from ..errors import DataError, did_you_mean
from ..filters import Filter, all_of, equals, parse
from ..predictions import Predictions
from ..roles import NAMED
from ..tally import ScoreTally
from .certificates import Certificate, certify
from .constraints import Capacity, read_constraints
from .costs import Costs
from .objectives import Objective
from .record import Decision
from .rule import Limited, Rule
from .times import period_codes


def cases_of(predictions: Predictions, model: str, where: Filter | None, split: str | None) -> BinaryCases:  # fmt: skip
    """Take the rows of a split; all rows for no split.

    Raises
    ------
    DataError
        If there is no split column, no such split, or no row is left.
    """
    conditions = [] if where is None else [where]
    if split is not None:
        conditions.append(rows_called(split, predictions))
    narrowed = all_of(conditions)
    cases = predictions.judged(model, narrowed)
    assert isinstance(cases, BinaryCases)  # the task is binary
    if len(cases) == 0:
        raise DataError(f"No row that can be judged passes the filter {narrowed}. Widen it." if narrowed else "No row can be judged.")  # fmt: skip
    return cases


def rows_called(split: str, predictions: Predictions) -> Filter:
    """Return the filter of the rows of a split, by the text of its value: a column of true and false has the split ``True``.

    Raises
    ------
    DataError
        If there is no split column, or no such split.
    """
    column = predictions.roles.split
    if column is None:
        raise DataError(f"There is no split column, so no rows are called {split!r}. Name the column with --split.")  # fmt: skip
    found = {str(v): v for v in pc.unique(predictions.source.column(column)).to_pylist() if v is not None}
    if split not in found:
        raise DataError(f"Column {column!r} (used as split) has no rows called {split!r}. {did_you_mean(split, list(found))}")  # fmt: skip
    return equals(column, found[split])


def looked_at(decision: Decision, split: str | None, predictions: Predictions) -> Filter | None:
    """Return the filter of a split within the rows that a decision looks at; None for all rows.

    Raises
    ------
    DataError
        If there is no such split.
    """
    of_split = [] if split is None else [rows_called(split, predictions)]
    return all_of([*([parse(decision.filter)] if decision.filter else []), *of_split])


def rule_of(
    predictions: Predictions,
    cases: BinaryCases,
    aim: tuple[str | None, str | None],
    prices: Sequence[str | float | None],
    subject_to: Sequence[str],
    capacity: str | float | None,
) -> Rule:
    """Put objective and constraints together, tied to the rows where they need that."""
    costs = None
    if aim[1] == "cost" or any(price is not None for price in prices):
        costs = Costs.read(*prices, amounts=predictions.reasons.get("amount") == NAMED)
        costs.check_amounts(cases, predictions.roles.amount)
    objective = Objective.read(maximize=aim[0], minimize=aim[1], costs=costs)
    constraints: list[Limited] = list(read_constraints(subject_to))
    if capacity is not None:
        constraints.append(_capacity(predictions, cases, str(capacity)))
    return Rule(objective, tuple(constraints))


def _capacity(predictions: Predictions, cases: BinaryCases, text: str) -> Capacity:
    """Read ``200``, ``5%`` or ``200/day``; count the rows of each day when it is for days."""
    amount, _, per = text.partition("/")
    found = Capacity.read(amount, per=_period(per.strip(), text))
    if found.per is None:
        return found
    assert cases.score is not None  # the model has a score
    codes = period_codes(predictions.source, predictions.roles.time, found.per)
    return found.bound(cases.score, codes[cases.rows], cases.weight)


def _period(word: str, text: str) -> Literal["day", "week"] | None:
    """Read what stands behind the slash."""
    if word not in ("", "day", "week"):
        raise DataError(f"{text!r} is no capacity. Write 200, 5%, 200/day or 5%/week.")
    return cast('Literal["day", "week"] | None', word or None)


def certified(
    tally: ScoreTally, promises: Sequence[str], confidence: float, grouped: bool, prevalence: float | None
) -> tuple[Certificate, ...]:
    """Certify what is asked for; nothing is proven of precision at another prevalence than that of the rows."""
    if not promises:
        return ()
    found = certify(tally, promises, confidence=confidence, grouped=grouped)
    if prevalence is None:
        return found
    why = "cannot be certified: the rows prove a precision at their own prevalence only"
    return tuple(
        replace(c, holds=False, threshold=None, cuts=(), reason=why) if c.promise.kind == "precision" else c
        for c in found
    )
