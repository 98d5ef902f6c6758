"""Thresholds: every metric at a few thousand of them, the table the live view looks numbers up in; and choosing one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .decisions.record import Decision
from .decisions.select import Selection, select, selection_of
from .metrics.registry import metrics_of
from .metrics.spec import MetricSpec
from .tally import Outcomes, ScoreTally
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BINNED_STEPS",
    "STEPS",
    "Decision",
    "Selection",
    "ThresholdTable",
    "default_threshold",
    "score_grid",
    "select",
    "selection_of",
    "threshold_metrics",
    "threshold_table",
]

#: Steps of each slider, and the nearest power of two, whose steps are edges of bins.
STEPS, BINNED_STEPS = 1000, 1024


@dataclass(frozen=True, eq=False)
class ThresholdTable:
    """Counts and metrics at thresholds spread over the score and over the flagged share.

    Attributes
    ----------
    outcomes : Outcomes
        Over T distinct thresholds, ascending.
    metrics : dict of (T,) float64
        By key; NaN where undefined.
    by_score : (S,) int64
        Positions in the table, evenly spaced in score.
    by_share : (R,) int64
        Positions in the table by ascending flagged share, denser where few rows are flagged.
    typed : tuple of float
        Thresholds that were asked for.
    """

    outcomes: Outcomes
    metrics: dict[str, FloatArray]
    by_score: NDArray[np.int64]
    by_share: NDArray[np.int64]
    typed: tuple[float, ...] = ()

    @property
    def threshold(self) -> FloatArray:
        """The thresholds, ascending."""
        cuts = self.outcomes.threshold
        assert cuts is not None  # a threshold table always has them
        return cuts

    @property
    def flagged_share(self) -> FloatArray:
        """Share of the rows at or above each threshold."""
        return np.asarray(self.outcomes.flagged / self.outcomes.total, dtype=np.float64)

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame, one row a threshold."""
        import pandas as pd

        o = self.outcomes
        counts = {
            "threshold": self.threshold,
            "tp": o.tp,
            "fp": o.fp,
            "fn": o.fn,
            "tn": o.tn,
            "flagged_share": self.flagged_share,
        }
        return pd.DataFrame(counts | self.metrics)


def threshold_table(
    tally: ScoreTally, *, typed: Iterable[float] = (), task: str = "binary"
) -> ThresholdTable:
    """Count every threshold metric over the whole range of thresholds.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes and with at least one score.
    typed : iterable of float
        Thresholds somebody asked for: they are in the table as they stand, counted exactly.
    task : str

    Returns
    -------
    ThresholdTable

    Raises
    ------
    ValueError
        If the tally has bins and a typed threshold lies inside one: count the rows with that cut first.
    """
    asked = tuple(typed)
    grid = score_grid(tally)
    by_rank = _cuts_by_share(tally)
    cuts = np.unique(np.concatenate([grid, by_rank, np.asarray(asked, dtype=np.float64)]))
    counted = tally.outcomes(cuts)
    metrics = {spec.key: np.asarray(spec.fn(counted)) for spec in threshold_metrics(task)}
    by_share = np.searchsorted(cuts, by_rank)
    return ThresholdTable(counted, metrics, np.searchsorted(cuts, grid), by_share, asked)


def threshold_metrics(task: str) -> tuple[MetricSpec, ...]:
    """Return the metrics of a task that read outcomes at a threshold."""
    return tuple(spec for spec in metrics_of(task) if spec.of is Outcomes)


def score_grid(tally: ScoreTally) -> FloatArray:
    """Return evenly spaced thresholds: thousandths for probabilities, else round steps over the range of scores.

    Of binned probabilities the steps are 1/1024, which edges of bins are; fewer in the middle of the coarse set.
    """
    if not tally.exact:
        steps = np.arange(BINNED_STEPS + 1) / BINNED_STEPS
        return np.asarray(steps[np.isin(steps, tally.score)])
    if tally.probability:
        # a division rounds 0.7 to the double that "0.7" is; linspace does not
        return np.asarray(np.arange(STEPS + 1) / STEPS)
    low, high = float(tally.score[0]), float(tally.score[-1])
    if low == high:
        return np.array([low])
    step = 10.0 ** np.floor(np.log10((high - low) / STEPS * 2))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 1.5 * STEPS)
    return np.asarray(np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step)


def default_threshold(tally: ScoreTally) -> float:
    """Return the cut to start from: 0.5 for probabilities, 0 for margins, else as many flags as positives."""
    if tally.probability:
        return 0.5
    if tally.margin:
        return 0.0
    enough = np.flatnonzero(tally.tp + tally.fp <= tally.n_pos)
    return float(tally.score[enough[0]]) if enough.size else float(tally.score[-1])


def _cuts_by_share(tally: ScoreTally) -> FloatArray:
    """Return distinct scores, from the highest down, whose flagged share grows as the square of the step."""
    flagged = (tally.tp + tally.fp)[::-1]  # ascending, from the highest score down
    wanted = (np.arange(1, STEPS + 1) / STEPS) ** 2 * flagged[-1]
    at = np.unique(np.minimum(np.searchsorted(flagged, wanted, side="left"), flagged.size - 1))
    return np.asarray(tally.score[::-1][at])
