"""Which classes a matrix of many shows, and in which order: a figure's affair, the counts stay as they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from metrics_core.metrics.counts import ratio
from metrics_core.tally import ConfusionTally

Order = Literal["file", "similar"]
ORDERS: tuple[Order, ...] = get_args(Order)
#: What a cell is a share of; ``counts`` for none.
Share = Literal["counts", "true", "predicted", "all"]
SHARES: tuple[Share, ...] = get_args(Share)

#: Up to so many classes all are shown; of more, those that are in the most mistakes.
MOST, KEPT = 60, 30
#: What the row and the column of all classes that are not shown are called, and the code in their place.
OTHER, OTHER_CODE = "(other)", -1


@dataclass(frozen=True, eq=False)
class ClassMatrix:
    """The part of a confusion matrix that is shown.

    Attributes
    ----------
    labels : tuple of K str
        Of all classes, in file order.
    codes : (k,) int64
        The classes shown, in the order of rows and columns; last may stand ``OTHER_CODE`` for all others together.
    counts : (k, k) int64 or float64
        Rows true, columns predicted.
    support, decided : (k,)
        Rows of each class shown, and rows predicted as it: over all classes, not only those shown.
    errors : float
        Mistakes of all classes together.
    total : float
        All rows.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int64]
    counts: NDArray[Any]
    support: NDArray[Any]
    decided: NDArray[Any]
    errors: float
    total: float

    @property
    def named(self) -> int:
        """How many classes have a row and a column of their own."""
        return int((self.codes != OTHER_CODE).sum())

    @property
    def shown(self) -> tuple[str, ...]:
        """Labels of the classes shown, in order."""
        return tuple(OTHER if code == OTHER_CODE else self.labels[code] for code in self.codes.tolist())

    @property
    def complete(self) -> bool:
        """Whether every class is shown."""
        return self.named == len(self.labels)

    @property
    def errors_shown(self) -> float:
        """Mistakes between two classes that have a row and a column of their own."""
        own = self.counts[: self.named, : self.named]
        return float(own.sum() - own.trace())

    def values(self, share: Share) -> NDArray[np.float64]:
        """Return what each cell holds: a count, or its share of the true class, the predicted one or all; NaN of 0/0."""
        if share == "true":
            return ratio(self.counts, self.support[:, np.newaxis])
        if share == "predicted":
            return ratio(self.counts, self.decided[np.newaxis, :])
        if share == "all":
            return ratio(self.counts, self.total)
        return np.asarray(self.counts, dtype=np.float64)


def arranged(
    tally: ConfusionTally,
    labels: tuple[str, ...],
    order: Order = "file",
    *,
    chosen: Collection[str] = (),
    other: bool = False,
) -> ClassMatrix:
    """Choose and order the classes of a matrix.

    Parameters
    ----------
    tally : ConfusionTally
        Without leading axes.
    labels : tuple of K str
    order : {"file", "similar"}
        As in the file, or such that neighbours are those that are confused most.
    chosen : collection of str
        Only these classes; empty for no such wish.
    other : bool
        Whether the classes that are left out stand last as one row and one column.

    Returns
    -------
    ClassMatrix
        With all classes, or of more than ``MOST`` the ``KEPT`` that are in the most mistakes.
    """
    missed, taken = tally.support - tally.correct, tally.decided - tally.correct
    codes = np.arange(tally.n_classes)
    if chosen:
        codes = np.asarray([code for code in codes.tolist() if labels[code] in chosen], dtype=np.int64)
    elif tally.n_classes > MOST:
        worst = np.argsort(-(missed + taken), kind="stable")[:KEPT]
        codes = np.sort(worst)
    counts = _between(tally, codes)
    if order == "similar":
        at = np.asarray(_chain(counts, tally.support[codes]), dtype=np.int64)
        codes, counts = codes[at], counts[np.ix_(at, at)]
    support, decided, total = tally.support[codes], tally.decided[codes], tally.total
    if other and codes.size < tally.n_classes:
        beside, below = support - counts.sum(1), decided - counts.sum(0)
        rest = total - counts.sum() - beside.sum() - below.sum()
        counts = np.block([[counts, beside[:, np.newaxis]], [below[np.newaxis, :], np.array([[rest]])]])
        support, decided = (
            np.append(support, total - support.sum()),
            np.append(decided, total - decided.sum()),
        )
        codes = np.append(codes, OTHER_CODE)
    return ClassMatrix(labels, codes, counts, support, decided, float(missed.sum()), float(total))


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
