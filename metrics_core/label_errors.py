"""Labels worth a second look: rows to which the model gives far less probability than its usual share for that label.

Confident learning estimates how many labels are wrong; the rows with the least probability of their own label are named. A
suspect is a row to check, not a wrong label: the model may be wrong instead, and then the row is one of its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .cases import BinaryCases, BoolArray, Cases, ClassCases, IntArray
from .errors import DataError
from .filters import Filter
from .metrics.registry import REGISTRY
from .predictions import Predictions
from .reduce import decided_outcomes
from .reduce.classes import confusion_tally
from .tally.outcomes import FloatArray

#: Slack of a threshold: a probability that differs from it by rounding only still reaches it.
_SLACK = 1e-6
#: Share of confirmed suspects over ten well-known test sets (Northcutt, Athalye and Mueller 2021).
CONFIRMED = 0.51
#: What the model looks like when it has seen these very labels.
_TRAINED_ON, _ROWS = 0.995, 100
#: Share of rows with a probability of exactly 1 from which on they say nothing about doubt.
_HARD = 0.5
#: Rows a class needs on average.
_ROWS_A_CLASS = 20
#: Overlap of suspects and mistakes from which on one is the other.
_SAME_ROWS = 0.9

_Scenario = Literal["as labelled", "left out", "relabelled", "half relabelled"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Suspects:
    """What was found.

    Attributes
    ----------
    labels : tuple of K str
        The classes; of a binary table the negative and the positive one.
    rows : (m,) int64
        Positions in the source of the rows to check, the most suspicious first.
    given, suggested : (m,) int64
        Places in ``labels``: what the row is labelled, and the most probable class but that.
    self_confidence : (m,) float64
        Probability of the label that was given.
    margin : (m,) float64
        Probability of the suggested class minus that.
    count : int
        Estimated number of wrong labels, m.
    n_rows : int
        Rows looked at.
    joint : (K, K) float64
        Estimated share of the rows with a given label (down) and a true one (across); its sum is 1.
    if_wrong : mapping of str to mapping of str to float
        Metrics as the labels stand, and if the suspects were left out, or all of them, or the most suspicious 51 %, had the
        suggested label.
    cautions : tuple of str
        Why the suspects should be taken with more care than usual; sentences.
    """

    labels: tuple[str, ...]
    rows: IntArray
    given: IntArray
    suggested: IntArray
    self_confidence: FloatArray
    margin: FloatArray
    count: int
    n_rows: int
    joint: FloatArray
    if_wrong: Mapping[_Scenario, Mapping[str, float]]
    cautions: tuple[str, ...]

    @property
    def share(self) -> float:
        """Estimated share of wrong labels."""
        return self.count / self.n_rows if self.n_rows else float("nan")

    def pairs(self) -> list[tuple[str, str, int]]:
        """Return how many suspects carry one label and look like another, the most frequent first."""
        cell = self.given * len(self.labels) + self.suggested
        found, times = np.unique(cell, return_counts=True)
        order = np.argsort(-times, kind="stable")
        k = len(self.labels)
        return [
            (self.labels[found[i] // k], self.labels[found[i] % k], int(times[i])) for i in order.tolist()
        ]


def suspects(
    predictions: Predictions, model: str | None = None, *, where: Filter | str | None = None, threshold: float | None = None
) -> Suspects:  # fmt: skip
    """Find the labels worth checking.

    Parameters
    ----------
    predictions : Predictions
        With probabilities from a model that has not learnt from these rows: a test set, or cross-validation.
    model : str, optional
    where : Filter or str, optional
    threshold : float, optional
        Decides binary rows in ``if_wrong``; without one the file's own decision does, else 0.5.

    Returns
    -------
    Suspects

    Raises
    ------
    DataError
        If there are no probabilities, or only one class.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), doi:10.1613/jair.1.12125
    """
    cases = predictions.judged(model, where)
    return suspects_of(cases, predictions.labels, threshold)


def suspects_of(cases: Cases, labels: tuple[str, ...], threshold: float | None = None) -> Suspects:
    """Find the labels worth checking among judged rows; see ``suspects``.

    Parameters
    ----------
    cases : BinaryCases or ClassCases
    labels : tuple of str
        The negative and the positive label, or all classes.
    threshold : float, optional
    """
    truth, p = _read(cases)
    present = np.bincount(truth, minlength=len(labels))
    if np.count_nonzero(present) < 2:
        raise DataError("Every row has the same label, so there is nothing to compare a label with.")
    count, confident = _joint(truth, p, present)
    own = _at(p, truth)
    suggested = _best_other(p, truth)
    margin = _at(p, suggested) - own
    order = np.lexsort((np.arange(own.size), -margin, own))[:count]
    if isinstance(cases, BinaryCases) and threshold is None and cases.predicted is None:
        threshold = 0.5
    return Suspects(
        labels=labels, rows=cases.rows[order], given=truth[order].astype(np.int64), suggested=suggested[order],
        self_confidence=own[order], margin=margin[order], count=count, n_rows=len(cases), joint=confident,
        if_wrong=_if_wrong(cases, order, suggested, threshold), cautions=_cautions(cases, p, order, threshold),
    )  # fmt: skip


def _read(cases: Cases) -> tuple[NDArray[Any], list[FloatArray]]:
    """Return the given label of each row and the probabilities, a column a class."""
    if isinstance(cases, BinaryCases) and cases.score is not None and cases.probability:
        return cases.positive.astype(np.int64), [1 - cases.score, cases.score]
    if isinstance(cases, ClassCases) and cases.probabilities is not None:
        return cases.truth, list(cases.probabilities.T)
    raise DataError("Labels are checked against probabilities, and this model has none: name a column of probabilities as its score.")  # fmt: skip


def _joint(truth: NDArray[Any], p: list[FloatArray], present: IntArray) -> tuple[int, FloatArray]:
    """Count the rows that are confidently of another class, and estimate the joint distribution of given and true labels."""
    k = len(p)
    usual = [float(p[c][truth == c].mean()) - _SLACK if present[c] else np.inf for c in range(k)]
    best, at = np.full(truth.size, -np.inf), np.full(truth.size, -1, dtype=np.int64)
    for c in range(k):
        better = (p[c] >= usual[c]) & (p[c] > best)
        best[better], at[better] = p[c][better], c
    counted = at >= 0
    table = (
        np.bincount(truth[counted] * np.int64(k) + at[counted], minlength=k * k).reshape(k, k).astype(float)
    )
    off = int(table.sum() - np.trace(table))
    held = np.flatnonzero(present)
    table[held, held] = np.maximum(table[held, held], 1.0)
    sums = table.sum(1, keepdims=True)
    scaled = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0) * present[:, np.newaxis]
    return off, scaled / scaled.sum()


def _at(p: list[FloatArray], code: NDArray[Any]) -> FloatArray:
    """Take one probability of each row."""
    out = np.empty(code.size)
    for c, column in enumerate(p):
        inside = code == c
        out[inside] = column[inside]
    return out


def _best_other(p: list[FloatArray], truth: NDArray[Any]) -> IntArray:
    """Return the most probable class but the one given; of equals the first."""
    best, at = np.full(truth.size, -np.inf), np.zeros(truth.size, dtype=np.int64)
    for c, column in enumerate(p):
        better = (column > best) & (truth != c)
        best[better], at[better] = column[better], c
    return at


# ------------------------------------------------------------------------------------------------ what it would change


def _if_wrong(
    cases: Cases, order: IntArray, suggested: IntArray, threshold: float | None
) -> dict[_Scenario, Mapping[str, float]]:
    """Compute the metrics as labelled and if the suspects are wrong."""
    half = order[: round(CONFIRMED * order.size)]
    kept = np.ones(len(cases), dtype=bool)
    kept[order] = False
    return {
        "as labelled": _metrics(cases, threshold),
        "left out": _metrics(cases.at(kept), threshold),
        "relabelled": _metrics(_relabelled(cases, order, suggested), threshold),
        "half relabelled": _metrics(_relabelled(cases, half, suggested), threshold),
    }


def _relabelled(cases: Cases, rows: IntArray, suggested: IntArray) -> Cases:
    """Give some rows the label that was suggested."""
    if isinstance(cases, BinaryCases):
        positive = cases.positive.copy()
        positive[rows] = suggested[rows] == 1
        return replace(cases, positive=positive)
    assert isinstance(cases, ClassCases)  # the caller has looked
    truth = cases.truth.copy()
    truth[rows] = suggested[rows]
    return replace(cases, truth=truth)


def _metrics(cases: Cases, threshold: float | None) -> dict[str, float]:
    """Compute a few metrics that everybody reads; NaN where undefined."""
    if isinstance(cases, BinaryCases):
        keys = ("accuracy", "precision", "recall", "f1")
        outcomes = decided_outcomes(cases, threshold)
        return {key: float(REGISTRY["binary", key].fn(outcomes)) for key in keys}
    assert isinstance(cases, ClassCases)  # the caller has looked
    tally = confusion_tally(cases)
    return {key: float(REGISTRY["multiclass", key].fn(tally)) for key in ("accuracy", "balanced_accuracy", "f1_macro")}  # fmt: skip


# ------------------------------------------------------------------------------------------------ how far to trust it


def _cautions(cases: Cases, p: list[FloatArray], order: IntArray, threshold: float | None) -> tuple[str, ...]:
    """Say what speaks against the suspects."""
    wrong = _wrong(cases, threshold)
    n, k, said = len(cases), len(p), []
    if n >= _ROWS and 1 - wrong.mean() > _TRAINED_ON:
        said.append("The model is nearly always right, as it is on rows it has learnt from. Such probabilities repeat the labels and cannot check them.")  # fmt: skip
    hard = float((np.max(p, axis=0) >= 1).mean())
    if hard > _HARD:
        said.append(f"In {100 * hard:.0f} % of the rows one class has a probability of exactly 1, so there is hardly any doubt to go by.")  # fmt: skip
    if k > n / _ROWS_A_CLASS:
        said.append(f"There are {k:,} classes for {n:,} rows: too few rows a class to say what its usual probability is.")  # fmt: skip
    chosen = np.zeros(n, dtype=bool)
    chosen[order] = True
    either = int((chosen | wrong).sum())
    if order.size and int((chosen & wrong).sum()) > _SAME_ROWS * either:
        said.append("The suspects are nearly the same rows as the model's mistakes, so this list says no more than those.")  # fmt: skip
    if cases.together is not None:
        said.append("Rows belong together: a label that was given to several of them at once is counted once for each.")  # fmt: skip
    return tuple(said)


def _wrong(cases: Cases, threshold: float | None) -> BoolArray:
    """Tell which rows are decided wrong."""
    if isinstance(cases, BinaryCases):
        return np.asarray(cases.flagged(threshold) != cases.positive)
    assert isinstance(cases, ClassCases)  # the caller has looked
    return cases.wrong
