"""Which classes a matrix of many shows, and in which order: a figure's affair, the counts stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from metrics_core.metrics.counts import ratio
from metrics_core.tally import ConfusionTally

Order = Literal["file", "similar"]
ORDERS: tuple[Order, ...] = get_args(Order)
#: What a cell is a share of; ``counts`` for none.
Share = Literal["counts", "true", "predicted"]
SHARES: tuple[Share, ...] = get_args(Share)

#: Up to so many classes all are shown; of more, those that are in the most mistakes.
MOST, KEPT = 60, 30


@dataclass(frozen=True, eq=False)
class ClassMatrix:
    """The part of a confusion matrix that is shown.

    Attributes
    ----------
    labels : tuple of K str
        Of all classes, in file order.
    codes : (k,) int64
        The classes shown, in the order of rows and columns.
    counts : (k, k) int64 or float64
        Rows true, columns predicted.
    support, decided : (k,)
        Rows of each class shown, and rows predicted as it: over all classes, not only those shown.
    errors : float
        Mistakes of all classes together.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int64]
    counts: NDArray[Any]
    support: NDArray[Any]
    decided: NDArray[Any]
    errors: float

    @property
    def shown(self) -> tuple[str, ...]:
        """Labels of the classes shown, in order."""
        return tuple(self.labels[code] for code in self.codes.tolist())

    @property
    def complete(self) -> bool:
        """Whether every class is shown."""
        return len(self.codes) == len(self.labels)

    @property
    def errors_shown(self) -> float:
        """Mistakes between two classes shown."""
        return float(self.counts.sum() - self.counts.trace())

    def values(self, share: Share) -> NDArray[np.float64]:
        """Return what each cell holds: a count, or its share of the true or of the predicted class, NaN of 0/0."""
        if share == "true":
            return ratio(self.counts, self.support[:, np.newaxis])
        if share == "predicted":
            return ratio(self.counts, self.decided[np.newaxis, :])
        return np.asarray(self.counts, dtype=np.float64)


def arranged(tally: ConfusionTally, labels: tuple[str, ...], order: Order = "file") -> ClassMatrix:
    """Choose and order the classes of a matrix.

    Parameters
    ----------
    tally : ConfusionTally
        Without leading axes.
    labels : tuple of K str
    order : {"file", "similar"}
        As in the file, or such that neighbours are those that are confused most.

    Returns
    -------
    ClassMatrix
        With all classes, or of more than ``MOST`` the ``KEPT`` that are in the most mistakes.
    """
    missed, taken = tally.support - tally.correct, tally.decided - tally.correct
    codes = np.arange(tally.n_classes)
    if tally.n_classes > MOST:
        worst = np.argsort(-(missed + taken), kind="stable")[:KEPT]
        codes = np.sort(worst)
    counts = _between(tally, codes)
    if order == "similar":
        at = np.asarray(_chain(counts, tally.support[codes]), dtype=np.int64)
        codes, counts = codes[at], counts[np.ix_(at, at)]
    return ClassMatrix(labels, codes, counts, tally.support[codes], tally.decided[codes], float(missed.sum()))


def _between(tally: ConfusionTally, codes: NDArray[np.int64]) -> NDArray[Any]:
    """Return the dense matrix of some classes."""
    place = np.full(tally.n_classes, -1)
    place[codes] = np.arange(codes.size)
    true, predicted = place[tally.true], place[tally.predicted]
    inside = (true >= 0) & (predicted >= 0)
    dense = np.zeros((codes.size, codes.size), dtype=tally.counts.dtype)
    dense[true[inside], predicted[inside]] = tally.counts[inside]
    return dense


def _chain(counts: NDArray[Any], support: NDArray[Any]) -> list[int]:
    """Line the classes up: the pairs confused most become neighbours first, as long as they still can.

    How much two classes are confused is the share of the rows of both that are taken for the other one. Pieces that
    nothing holds together follow each other in file order.
    """
    mixed = ratio(counts + counts.T, support[:, np.newaxis] + support[np.newaxis, :])
    rows, columns = np.triu_indices(len(counts), k=1)
    strength = np.nan_to_num(mixed[rows, columns])
    piece_of = {code: [code] for code in range(len(counts))}
    for at in np.argsort(-strength, kind="stable").tolist():
        if strength[at] == 0:
            break
        a, b = int(rows[at]), int(columns[at])
        one, other = piece_of[a], piece_of[b]
        if one is other or a not in (one[0], one[-1]) or b not in (other[0], other[-1]):
            continue
        joined = (one if one[-1] == a else one[::-1]) + (other if other[0] == b else other[::-1])
        piece_of |= dict.fromkeys(joined, joined)
    pieces = {id(piece): piece for piece in piece_of.values()}
    return [code for piece in sorted(pieces.values(), key=min) for code in piece]
