"""Judged rows: what is known of each row that can be used, and its position in the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from .tally.outcomes import FloatArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Loss = Literal["log_loss", "brier", "error"]

#: Names of the outcomes, in the order of their codes.
OUTCOMES = ("tp", "fp", "fn", "tn")
#: Id of the question what rows without an amount count.
AMOUNT_MISSING = "amount_missing"


@dataclass(frozen=True, eq=False, kw_only=True)
class Cases:
    """The rows of one model that can be judged, whatever the task. The error is not stored: it follows from a decision.

    Attributes
    ----------
    rows : (n,) int64
        Positions in the source, counted from 0, ascending.
    weight : (n,) float64, optional
    dropped_rows : (m,) int64
        Positions of rows left out.
    dropped_code : (m,) int64
        Index into ``reasons`` for each row left out.
    reasons : tuple of str
    frequency : bool
        Whether a weight says how many rows a row stands for; else it is a sampling weight.
    together : (n,) int64, optional
        Rows of the same number belong together (one patient, one customer): intervals resample them together.
    together_by : str
        What says so, for a reader.
    """

    #: The fields with one entry a row.
    _A_ROW: ClassVar[tuple[str, ...]] = ("rows", "weight", "together")

    rows: IntArray
    weight: FloatArray | None
    dropped_rows: IntArray
    dropped_code: IntArray
    reasons: tuple[str, ...]
    frequency: bool = False
    together: IntArray | None = None
    together_by: str = ""

    def __len__(self) -> int:
        return int(self.rows.size)

    @property
    def rows_read(self) -> int:
        """Rows looked at, used or not."""
        return len(self) + int(self.dropped_rows.size)

    @property
    def dropped(self) -> dict[str, int]:
        """Rows left out, by reason."""
        counts = np.bincount(self.dropped_code, minlength=len(self.reasons))
        return {reason: int(n) for reason, n in zip(self.reasons, counts, strict=True)}

    @property
    def effective_n(self) -> float:
        """Rows the intervals may count on: the sum of frequency weights, Kish's number for sampling weights."""
        if self.weight is None:
            return float(len(self))
        total = float(self.weight.sum())
        if self.frequency:
            return total
        squares = float((self.weight**2).sum())
        return total * total / squares if squares else 0.0

    def where(self, mask: BoolArray) -> Self:
        """Keep the rows of a mask over the whole source."""
        used, left = mask[self.rows], mask[self.dropped_rows]
        return self._keep(used, left)

    def at(self, chosen: BoolArray | IntArray) -> Self:
        """Keep some of the judged rows by mask or position; rows left out before are forgotten."""
        return self._keep(chosen, np.zeros(self.dropped_rows.size, dtype=bool))

    def _keep(self, used: BoolArray | IntArray, left: BoolArray) -> Self:
        """Take a mask or positions of the used rows, and a mask over the rows left out."""
        kept: dict[str, Any] = {
            name: None if (x := getattr(self, name)) is None else x[used] for name in self._A_ROW
        }
        kept |= {"dropped_rows": self.dropped_rows[left], "dropped_code": self.dropped_code[left]}
        return replace(self, **kept)


@dataclass(frozen=True, eq=False, kw_only=True)
class BinaryCases(Cases):
    """Rows that are positive or negative.

    Attributes
    ----------
    positive : (n,) bool
        Truth.
    score : (n,) float64, optional
    predicted : (n,) bool, optional
        The file's own decision.
    probability, margin : bool
        What the scores are.
    amount : (n,) float64, optional
        What each row is worth, in the unit of its column; NaN where that is not known.
    """

    _A_ROW: ClassVar[tuple[str, ...]] = (*Cases._A_ROW, "positive", "score", "predicted", "amount")

    positive: BoolArray
    score: FloatArray | None
    predicted: BoolArray | None
    probability: bool = True
    margin: bool = False
    amount: FloatArray | None = None

    @property
    def without_amount(self) -> IntArray:
        """Positions, among the judged rows, of those that count and have no amount; of all when there are no amounts."""
        if self.amount is None:
            return np.arange(len(self))
        unknown = np.isnan(self.amount)
        return np.flatnonzero(unknown if self.weight is None else unknown & (self.weight > 0))

    @cached_property
    def worth(self) -> FloatArray | None:
        """Weight times amount of each row, ``(n,)``; None unless every row that counts has an amount."""
        if self.amount is None or self.without_amount.size:
            return None
        return (
            self.amount if self.weight is None else np.where(self.weight > 0, self.weight * self.amount, 0.0)
        )

    def flagged(self, threshold: float | None) -> BoolArray:
        """Decide each row: ``score >= threshold``, or the file's own decision without a threshold."""
        if threshold is not None and self.score is not None:
            return np.asarray(self.score >= threshold)
        if self.predicted is None:
            raise ValueError("neither a threshold nor a column of predicted labels decides")
        return self.predicted

    def outcome(self, threshold: float | None) -> NDArray[np.int8]:
        """Give each row its outcome: 0 tp, 1 fp, 2 fn, 3 tn (see ``OUTCOMES``)."""
        flagged = self.flagged(threshold)
        return np.where(flagged, np.where(self.positive, 0, 1), np.where(self.positive, 2, 3)).astype(np.int8)

    def loss(self, kind: Loss, threshold: float | None = None) -> FloatArray:
        """Say how wrong each row is: ``log_loss`` in nats (infinite when ruled out), ``brier`` or ``error`` (0 or 1).

        Scores that are not probabilities have no log loss; their distance to the threshold on the wrong side
        orders them instead, see ``wrongness``.
        """
        if kind == "error":
            return np.asarray(self.flagged(threshold) != self.positive, dtype=np.float64)
        if self.score is None or not self.probability:
            raise ValueError("log loss and Brier score need probabilities")
        if kind == "brier":
            return np.asarray((self.positive - self.score) ** 2)
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(np.where(self.positive, self.score, 1 - self.score)))

    def wrongness(self, threshold: float | None) -> FloatArray:
        """Order rows from most right to most wrong by what there is: log loss, else distance beyond the cut, else error."""
        if self.score is not None and self.probability:
            return self.loss("log_loss")
        if self.score is not None and threshold is not None:
            return np.where(self.positive, threshold - self.score, self.score - threshold)
        return self.loss("error", threshold)


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassCases(Cases):
    """Rows that belong to one of K classes.

    Attributes
    ----------
    labels : tuple of K str
    truth : (n,) int32
        Index into ``labels``.
    predicted : (n,) int32
        Index into ``labels``: the file's own decision, else the most probable class (of equals the first).
    probabilities : (n, K) float64, optional
        Columns lie together in memory (Fortran order), because everything reads one class at a time.
    """

    _A_ROW: ClassVar[tuple[str, ...]] = (*Cases._A_ROW, "truth", "predicted", "probabilities")

    labels: tuple[str, ...]
    truth: NDArray[np.int32]
    predicted: NDArray[np.int32]
    probabilities: FloatArray | None

    @property
    def wrong(self) -> BoolArray:
        """Rows whose decision is not the truth, ``(n,)``."""
        return np.asarray(self.predicted != self.truth)

    def of_truth(self) -> FloatArray:
        """Probability that was given to the true class, ``(n,)``."""
        return self._at(self.truth)

    def of_decision(self) -> FloatArray:
        """Probability that was given to the predicted class, ``(n,)``."""
        return self._at(self.predicted)

    def against_rest(self, label: str) -> BinaryCases:
        """Judge the same rows as one class against all others: the decision is the file's own."""
        code = self.labels.index(label)
        score = None if self.probabilities is None else np.asarray(self.probabilities[:, code])
        shared = {name: getattr(self, name) for name in ("rows", "weight", "dropped_rows", "dropped_code", "reasons", "frequency", "together", "together_by")}  # fmt: skip
        return BinaryCases(
            **shared, positive=self.truth == code, predicted=self.predicted == code, score=score
        )

    def _at(self, code: NDArray[np.int32]) -> FloatArray:
        """Take one probability of each row."""
        if self.probabilities is None:
            raise ValueError("cases without probabilities have none of any class")
        return np.asarray(self.probabilities[np.arange(len(self)), code], dtype=np.float64)

    def _keep(self, used: BoolArray | IntArray, left: BoolArray) -> Self:
        """Keep the columns of the probabilities together in memory."""
        kept = super()._keep(used, left)
        if kept.probabilities is None or kept.probabilities.flags.f_contiguous:
            return kept
        return replace(kept, probabilities=np.asfortranarray(kept.probabilities))
