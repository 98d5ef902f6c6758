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
        1, 0, or NULL without a score. Groups with a threshold of their own come first. The column must hold numbers:
        NaN, which many databases put above all of them, and what lies outside the scale is no score to
        ``faultline apply``, but here a number like others.

    Raises
    ------
    DataError
        If the decision has no threshold.
    """
    score = quoted(decision.y_score)
    lines = ["CASE", f"  WHEN {score} IS NULL THEN NULL"]
    for one in decision.thresholds:
        lines.append(f"  WHEN {condition(one.filter)} THEN CASE WHEN {_reached(decision, one.threshold)} THEN 1 ELSE 0 END")  # fmt: skip
    lines += [f"  WHEN {_reached(decision, _common(decision))} THEN 1", "  ELSE 0", "END"]
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


def _reached(decision: Decision, threshold: float) -> str:
    """Write the condition that a score reaches a threshold, on the scale of the score column.

    The least number of that scale that reaches the threshold is searched, so that not one row is decided otherwise.
    """
    kind, cut = decision.score_kind, float(threshold)
    if kind in ("probability", "percent", "logit") and not 0 < cut <= 1:
        return "1 = 1" if cut <= 0 else "1 = 0"
    if kind == "percent":
        cut = _least(cut * 100.0, lambda x: x / 100.0 >= threshold)
    elif kind == "logit":
        # of log-odds from about 37 on nothing but 1 is left
        guess = log(cut / (1 - cut)) if cut < 1 else 37.0
        cut = _least(guess, lambda x: float(expit(np.array([x]))[0]) >= threshold)
    return f"{quoted(decision.y_score)} >= {cut!r}"


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
