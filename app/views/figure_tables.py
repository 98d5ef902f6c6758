"""The numbers of figures that stand on more than one page, as tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from app.views.gate import Shown
from metrics_core.curves import ScoreHistogram


def matrix_table(shown: Shown) -> pa.Table:
    """Return the matrix of two classes with its totals, a line for each true class."""
    o = shown.of_model.outcomes
    negative, positive = shown.two_labels
    return pa.table(
        {
            "": [f"actual: {positive}", f"actual: {negative}", "total"],
            f"predicted: {positive}": np.asarray([o.tp, o.fp, o.flagged]),
            f"predicted: {negative}": np.asarray([o.fn, o.tn, o.total - o.flagged]),
            "total": np.asarray([o.positives, o.negatives, o.total]),
        }
    )


def score_table(bins: ScoreHistogram) -> pa.Table:
    """Return the bins of a score; each holds its lower end and not its upper one, the last one both."""
    return pa.table(
        {"score_from": bins.low, "score_to": bins.high, "positives": bins.pos, "negatives": bins.neg}
    )


def confidence_table(bins: ScoreHistogram) -> pa.Table:
    """Return the bins of the probability of the predicted class; each holds its lower end, the last one both."""
    return pa.table(
        {"probability_from": bins.low, "probability_to": bins.high, "right": bins.pos, "wrong": bins.neg}
    )
