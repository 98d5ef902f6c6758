"""Small tables, tallies and counts that several tests build, counted the slow way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics_core.cases import BinaryCases
from metrics_core.metrics.spec import MetricSpec
from metrics_core.reduce import decided_outcomes, score_tally
from metrics_core.tally import Outcomes, ScoreTally

#: Rows that the @k metrics look at in these tests.
K = 3
NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Rows:
    """Judged rows as plain arrays; the decision is ``score >= threshold``."""

    positive: NDArray[np.bool_]
    score: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None
    threshold: float = 0.5

    def __len__(self) -> int:
        return int(self.positive.size)

    @property
    def flagged(self) -> NDArray[np.bool_]:
        return np.asarray(self.score >= self.threshold)

    def at(self, chosen: Any) -> Rows:
        """Take rows by mask or position."""
        weight = None if self.weight is None else self.weight[chosen]
        return replace(self, positive=self.positive[chosen], score=self.score[chosen], weight=weight)

    def as_margins(self) -> Rows:
        """Stretch the scores 0 to 1 to the margins -3 to 3."""
        return replace(self, score=6 * self.score - 3, threshold=6 * self.threshold - 3)

    def frame(self, **more: Any) -> pd.DataFrame:
        """The columns ``y_true``, ``y_score`` and, with weights, ``w``."""
        columns = {"y_true": self.positive.astype(int), "y_score": self.score}
        if self.weight is not None:
            columns["w"] = self.weight
        return pd.DataFrame(columns | more)

    def cases(self, *, margin: bool = False) -> BinaryCases:
        return BinaryCases(
            rows=np.arange(len(self)),
            positive=self.positive,
            score=self.score,
            predicted=None,
            weight=self.weight,
            dropped_rows=NOTHING,
            dropped_code=NOTHING,
            reasons=(),
            probability=not margin,
            margin=margin,
        )

    def tally(self, *, margin: bool = False) -> ScoreTally:
        return score_tally(self.cases(margin=margin))

    def outcomes(self) -> Outcomes:
        return decided_outcomes(self.cases(), self.threshold)

    def of(self, spec: MetricSpec) -> Outcomes | ScoreTally:
        """The tally that a metric reads."""
        if spec.of is Outcomes:
            return self.outcomes()
        return self.as_margins().tally(margin=True) if spec.needs == "margin" else self.tally()


def rows(labels: str, scores: list[float], weight: list[float] | None = None) -> Rows:
    """Write rows by hand: labels as ``"+-+"``."""
    return Rows(
        np.array([mark == "+" for mark in labels], dtype=bool),
        np.array(scores, dtype=np.float64),
        None if weight is None else np.array(weight, dtype=np.float64),
    )


def random_rows(seed: int, n: int = 300, *, levels: int | None = None, weighted: bool = False, share: float = 0.4) -> Rows:  # fmt: skip
    """Draw rows whose scores mean something; with ``levels`` they tie, 0 and 1 included."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    score = 0.25 * positive + 0.75 * rng.beta(2, 3, n)
    if levels:
        score = np.round(score * levels) / levels
    return Rows(positive, score, rng.choice([0.5, 1.0, 1.75, 3.0], n) if weighted else None)


def value(spec: MetricSpec, tally: Outcomes | ScoreTally) -> Any:
    """Compute a metric from its tally."""
    return spec.fn(tally, K) if spec.takes_k else spec.fn(tally)


def merged(a: Any, b: Any) -> Any:
    """Join the tallies of disjoint rows."""
    if isinstance(a, Outcomes):
        return Outcomes(a.tp + b.tp, a.fp + b.fp, a.fn + b.fn, a.tn + b.tn, a.threshold)
    return a + b


_SCORES = st.one_of(
    st.sampled_from([0.0, 1.0, 0.5, 0.1, 0.3, 0.7, 5e-324, 1e-300, 1 - 2**-53]),
    st.floats(0, 1, allow_subnormal=True),
)
_WEIGHTS = st.one_of(st.sampled_from([1.0, 2.0, 0.5]), st.floats(1e-6, 1e6))


@st.composite
def some_rows(
    draw: st.DrawFn, *, weighted: bool | None = None, min_size: int = 1, max_size: int = 25
) -> Rows:
    """Any rows: one row, one class, ties, 0 and 1 exactly, tiny scores, uneven weights."""
    n = draw(st.integers(min_size, max_size))
    positive = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    score = draw(st.lists(_SCORES, min_size=n, max_size=n))
    carries = draw(st.booleans()) if weighted is None else weighted
    weight = draw(st.lists(_WEIGHTS, min_size=n, max_size=n)) if carries else None
    return Rows(np.array(positive), np.array(score), None if weight is None else np.array(weight))


def write(folder: Path, text: str | bytes, name: str = "predictions.csv") -> Path:
    """Write a file; text as UTF-8 with the line ends it has."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
