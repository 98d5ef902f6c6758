"""Rows on which several models do not say the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cases import BinaryCases, Cases, ClassCases, IntArray
from .number_cases import NumberCases
from .tally.outcomes import FloatArray

#: The cases of a model and the threshold that decides them; None where their own decision counts.
Decided = tuple[Cases, float | None]


def disagreement(one: Decided, others: Sequence[Decided]) -> tuple[IntArray, FloatArray]:
    """Say for each row of a model how many others decide it otherwise, and how far their numbers lie apart.

    Parameters
    ----------
    one : (Cases, float or None)
        The model whose rows are looked at.
    others : sequence of (Cases, float or None)
        Models of the same task and table; a row they did not judge counts for nothing.

    Returns
    -------
    times : (n,) int64
        Other models with another decision; of predicted numbers always 0.
    apart : (n,) float64
        Largest distance of two scores, of two probabilities of the first model's decision, or of two predicted numbers;
        0 where nothing can be compared.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [1, 0, 1], "a": [0.9, 0.2, 0.4], "b": [0.8, 0.75, 0.6]})
    >>> cases = mc.read(frame, y_true="y", y_score=["a", "b"]).cases
    >>> times, apart = disagreement((cases["a"], 0.5), [(cases["b"], 0.5)])
    >>> times.tolist(), apart.round(2).tolist()
    ([0, 1, 1], [0.1, 0.55, 0.2])
    """
    cases, threshold = one
    times, apart = np.zeros(len(cases), dtype=np.int64), np.zeros(len(cases))
    for other, cut in others:
        _, mine, theirs = np.intersect1d(cases.rows, other.rows, assume_unique=True, return_indices=True)
        a, b = cases.at(mine), other.at(theirs)
        if isinstance(a, BinaryCases) and isinstance(b, BinaryCases):
            times[mine] += a.flagged(threshold) != b.flagged(cut)
            if a.score is not None and b.score is not None:
                apart[mine] = np.maximum(apart[mine], np.abs(a.score - b.score))
        elif isinstance(a, ClassCases) and isinstance(b, ClassCases):
            times[mine] += a.predicted != b.predicted
            if a.probabilities is not None and b.probabilities is not None:
                at = np.arange(len(a)), a.predicted
                apart[mine] = np.maximum(apart[mine], np.abs(a.probabilities[at] - b.probabilities[at]))
        elif isinstance(a, NumberCases) and isinstance(b, NumberCases):
            apart[mine] = np.maximum(apart[mine], np.abs(a.predicted - b.predicted))
    return times, apart
