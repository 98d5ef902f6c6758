"""The decision in other languages: SQL and scikit-learn, to copy."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

from ..errors import DataError
from ..filters.sql import condition, quoted
from ..scores import expit
from .record import Decision


def sql(decision: Decision) -> str:
    """Write the decision as a ``CASE`` expression of standard SQL.

    Parameters
    ----------
    decision : Decision
        With a threshold.

    Returns
    -------
    str
        1, 0, or NULL without a score. Groups with a threshold of their own come first.

    Raises
    ------
    DataError
        If the decision has no threshold.
    """
    score = quoted(decision.y_score)
    lines = ["CASE", f"  WHEN {score} IS NULL THEN NULL"]
    for one in decision.thresholds:
        lines.append(f"  WHEN {condition(one.filter)} THEN CASE WHEN {score} >= {_cut(decision, one.threshold)} THEN 1 ELSE 0 END")  # fmt: skip
    lines += [f"  WHEN {score} >= {_cut(decision, _common(decision))} THEN 1", "  ELSE 0", "END"]
    return "\n".join(lines)


def scikit_learn(decision: Decision) -> str:
    """Write the decision as a scikit-learn classifier around a fitted one.

    Parameters
    ----------
    decision : Decision
        With a threshold, the same for all rows.

    Raises
    ------
    DataError
        If the decision has no threshold, or groups have thresholds of their own.
    """
    if decision.thresholds:
        raise DataError("FixedThresholdClassifier knows one threshold, and this decision has one for each group. Use the SQL expression or faultline apply.")  # fmt: skip
    cut = _common(decision)
    method = "predict_proba"
    if decision.score_kind in ("margin", "score"):
        method = "decision_function"
    label = decision.pos_label
    try:
        pos_label = repr(int(label)) if str(int(label)) == label else repr(label)
    except ValueError:
        pos_label = repr(label)
    return (
        "from sklearn.frozen import FrozenEstimator\n"
        "from sklearn.model_selection import FixedThresholdClassifier\n\n"
        "decision = FixedThresholdClassifier(\n"
        "    FrozenEstimator(model),  # your fitted classifier\n"
        f"    threshold={cut!r},\n"
        f"    pos_label={pos_label},\n"
        f'    response_method="{method}",\n'
        ").fit(X, y)  # trains nothing: the classifier is frozen\n"
    )


def _common(decision: Decision) -> float:
    """Return the threshold of all rows.

    Raises
    ------
    DataError
        If there is none.
    """
    if decision.threshold is None:
        raise DataError("No threshold was feasible when this decision was made, so there is nothing to run.")
    return decision.threshold


def _cut(decision: Decision, threshold: float) -> str:
    """Write a threshold on the scale of the score column.

    The least number of that scale that reaches the threshold is searched, so that not one row is decided otherwise.
    """
    kind = decision.score_kind
    if kind not in ("percent", "logit"):
        return repr(float(threshold))
    if kind == "percent":
        guess = threshold * 100.0
        return repr(_least(guess, lambda x: x / 100.0 >= threshold))
    if not 0 < threshold < 1:
        return "'-Infinity'" if threshold <= 0 else "'Infinity'"
    return repr(
        _least(log(threshold / (1 - threshold)), lambda x: float(expit(np.array([x]))[0]) >= threshold)
    )


def _least(guess: float, reaches: Callable[[float], bool]) -> float:
    """Find the least number near a guess for which a rising condition holds."""
    low = high = guess
    step = 1
    while not reaches(high):
        high, step = _moved(high, step), step * 2
    step = 1
    while reaches(low):
        low, step = _moved(low, -step), step * 2
    while (middle := low + (high - low) / 2) not in (low, high):
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def _moved(number: float, steps: int) -> float:
    """Go some floating-point numbers up or down."""
    return number + steps * float(np.spacing(abs(number)))
