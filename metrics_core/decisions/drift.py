"""Whether scores still lie as they lay when a decision was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from ..errors import DataError
from ..tally.outcomes import FloatArray

#: Bands of about equally many rows that the scores are compared in.
BANDS = 10
#: Population stability index from which scores count as shifted, and as drifted.
SHIFTED, DRIFTED = 0.1, 0.25
#: Rows below which an index is noise.
FEWEST = 200


@dataclass(frozen=True)
class Drift:
    """How far the scores have moved.

    Attributes
    ----------
    index : float
        Population stability index over the bands; 0 when nothing moved, NaN with too few rows.
    verdict : {"stable", "shifted", "drifted", "unknown"}
    rows : int
    """

    index: float
    verdict: str
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"index": None if self.index != self.index else self.index, "verdict": self.verdict, "rows": self.rows}  # fmt: skip


def bands_of(score: FloatArray) -> dict[str, Any]:
    """Describe how scores lie: the cuts between bands of about equally many rows, and the share in each.

    Parameters
    ----------
    score : (n,) float64
        Finite.

    Returns
    -------
    dict
        ``edges``, ``shares`` and ``rows``; of many ties there are fewer bands.
    """
    wanted = np.quantile(score, np.arange(1, BANDS) / BANDS, method="higher") if score.size else np.empty(0)
    edges = np.unique(wanted)
    return {"edges": edges.tolist(), "shares": _shares(score, edges).tolist(), "rows": int(score.size)}


def drift_of(bands: Mapping[str, Any] | None, score: FloatArray) -> Drift:
    """Compare scores with those a decision was made on.

    Parameters
    ----------
    bands : mapping, optional
        Made by ``bands_of``.
    score : (n,) float64
        Finite.

    Returns
    -------
    Drift
        The index adds (p - q) ln(p / q) over the bands; half a row is added to each band, so that an empty one counts.

    Raises
    ------
    DataError
        If the bands are damaged.

    References
    ----------
    Siddiqi (2006), Credit Risk Scorecards, ISBN 978-0-471-75451-0, for the limits .1 and .25.
    """
    n = int(score.size)
    if bands is None:
        return Drift(nan, "unknown", n)
    try:
        edges = np.asarray(bands["edges"], dtype=np.float64)
        before = np.asarray(bands["shares"], dtype=np.float64)
        rows = float(bands["rows"])
    except (KeyError, TypeError, ValueError):
        raise DataError("The decision record's 'scores' are damaged: they need 'edges', 'shares' and 'rows' as numbers.") from None  # fmt: skip
    if edges.ndim != 1 or before.shape != (edges.size + 1,) or not (np.diff(edges) > 0).all() or not (before >= 0).all():  # fmt: skip
        raise DataError("The decision record's 'scores' are damaged: there must be one share more than there are rising edges.")  # fmt: skip
    if n < FEWEST or not rows >= FEWEST:
        return Drift(nan, "unknown", n)
    old, new = (_filled(shares, rows) for shares, rows in ((before, rows), (_shares(score, edges), n)))
    index = float(((new - old) * np.log(new / old)).sum())
    verdict = "drifted" if index >= DRIFTED else "shifted" if index >= SHIFTED else "stable"
    return Drift(index, verdict, n)


def _shares(score: FloatArray, edges: FloatArray) -> FloatArray:
    """Share of the rows in each band; a band holds its lower edge."""
    counts = np.bincount(np.searchsorted(edges, score, side="right"), minlength=edges.size + 1)
    return np.asarray(counts / max(score.size, 1))


def _filled(shares: FloatArray, rows: float) -> FloatArray:
    """Add half a row to each band."""
    return np.asarray((shares * rows + 0.5) / (rows + 0.5 * shares.size))
