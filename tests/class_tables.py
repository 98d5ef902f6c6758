"""Small tables of many classes that several tests build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

import metrics_core as mc
from metrics_core.cases import ClassCases
from metrics_core.errors import DataError, NeedsChoice
from metrics_core.metrics.spec import MetricSpec, Tallies, Tally
from metrics_core.reduce import tallies_of
from metrics_core.tally import ConfusionTally
from metrics_core.values import Metrics, compute
from tests.tables import NOTHING

#: Classes that the top-k metric looks at in these tests.
K = 2


@dataclass(frozen=True, eq=False)
class ClassRows:
    """Judged rows as plain arrays.

    ``truth`` and ``predicted`` (n,) index the classes; ``p`` (n, K) are their probabilities. Without ``predicted``
    the first of the most probable classes is the decision.
    """

    truth: NDArray[np.int32]
    p: NDArray[np.float64]
    predicted: NDArray[np.int32] | None = None
    weight: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return int(self.truth.size)

    @property
    def n_classes(self) -> int:
        return int(self.p.shape[1])

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"c{i:04d}" for i in range(self.n_classes))

    @property
    def decided(self) -> NDArray[np.int32]:
        if self.predicted is not None:
            return self.predicted
        return self.p.argmax(1).astype(np.int32)

    def at(self, chosen: Any) -> ClassRows:
        """Take rows by mask or position."""
        kept = {name: None if (x := getattr(self, name)) is None else x[chosen] for name in ("truth", "p", "predicted", "weight")}  # fmt: skip
        return ClassRows(**kept)

    def weighted(self, weight: Any) -> ClassRows:
        """Give the rows weights."""
        return replace(self, weight=None if weight is None else np.asarray(weight, dtype=np.float64))

    def cases(self, *, frequency: bool = False, together: Sequence[int] | NDArray[Any] | None = None, with_p: bool = True) -> ClassCases:  # fmt: skip
        return ClassCases(
            rows=np.arange(len(self)),
            weight=self.weight,
            dropped_rows=NOTHING,
            dropped_code=NOTHING,
            reasons=(),
            frequency=frequency,
            together=None if together is None else np.asarray(together),
            labels=self.labels,
            truth=self.truth,
            predicted=self.decided,
            probabilities=np.asfortranarray(self.p) if with_p else None,
        )

    def tallies(self, *, frequency: bool = False, exact: bool | None = None) -> Tallies:
        return tallies_of(self.cases(frequency=frequency), exact=exact)

    def frame(self, **more: Any) -> pd.DataFrame:
        """The columns ``y_true``, ``y_pred``, ``p_`` and the class for each class and, with weights, ``w``."""
        names = np.array(self.labels, dtype=object)
        columns: dict[str, Any] = {"y_true": names[self.truth], "y_pred": names[self.decided]}
        columns |= {f"p_{label}": self.p[:, i] for i, label in enumerate(self.labels)}
        if self.weight is not None:
            columns["w"] = self.weight
        return pd.DataFrame(columns | more)


@dataclass(frozen=True, eq=False)
class JudgedClasses:
    """What ``intervals_of`` takes, without a table behind it."""

    cases: ClassCases
    tallies: Tallies
    metrics: Metrics
    task: str = "multiclass"


def judged(drawn: ClassRows, *, together: Any = None, frequency: bool = False, k: Sequence[int] = (), with_p: bool = True) -> JudgedClasses:  # fmt: skip
    """Count rows as an evaluation does."""
    cases = drawn.cases(frequency=frequency, together=together, with_p=with_p)
    tallies = tallies_of(cases)
    return JudgedClasses(cases, tallies, compute("multiclass", tallies, k))


def class_rows(truth: str, decided: str, p: Sequence[Sequence[float]] | None = None, *, classes: str = "abcd") -> ClassRows:  # fmt: skip
    """Write rows by hand, one letter each: ``class_rows("aab", "abb")``; by default all probability is on the decision."""
    codes = [np.array([classes.index(c) for c in letters], dtype=np.int32) for letters in (truth, decided)]
    given = np.eye(len(classes))[codes[1]] if p is None else np.array(p, dtype=np.float64)
    return ClassRows(codes[0], given.reshape(len(truth), len(classes)), codes[1])


def random_classes(
    seed: int, n: int = 300, k: int = 5, *, levels: int | None = None, weighted: bool = False,
    shares: Sequence[float] | None = None, sure: float = 1.5,
) -> ClassRows:  # fmt: skip
    """Draw rows whose probabilities mean something; with ``levels`` they tie, 0 and 1 included."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(k, n, p=shares).astype(np.int32)
    logit = rng.normal(size=(n, k))
    logit[np.arange(n), truth] += sure
    p = np.exp(1.5 * logit)
    p /= p.sum(1, keepdims=True)
    if levels:
        p = np.round(p * levels) / levels
    return ClassRows(truth, p, None, rng.choice([0.5, 1.0, 1.75, 3.0], n) if weighted else None)


def value(spec: MetricSpec, tallies: Tallies) -> Any:
    """Compute a metric from the tally it reads."""
    return of_tally(spec, tallies[spec.of])


def of_tally(spec: MetricSpec, tally: Tally) -> Any:
    """Compute a metric."""
    return spec.fn(tally, K) if spec.takes_k else spec.fn(tally)


def dense(truth: Any, predicted: Any, k: int, weight: Any = None) -> NDArray[np.float64]:
    """Count the matrix row by row."""
    matrix = np.zeros((k, k))
    w = np.ones(len(truth)) if weight is None else weight
    for t, p, x in zip(truth, predicted, w, strict=True):
        matrix[t, p] += x
    return matrix


def decided(tallies: Tallies) -> ConfusionTally:
    """The matrix of an evaluation."""
    found = tallies[ConfusionTally]
    assert isinstance(found, ConfusionTally)
    return found


def rejected(data: Any, **options: Any) -> str:
    """The sentence a table is turned away with: one line that ends as a sentence does."""
    with pytest.raises(DataError) as caught:
        mc.read(data, **options)
    assert not isinstance(caught.value, NeedsChoice), caught.value
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


_WEIGHTS = st.one_of(st.sampled_from([1.0, 2.0, 0.5]), st.floats(1e-3, 1e3))
#: Shares of the classes before they are scaled to 1: ties, exact zeros and, with a single 1, certainty.
_PARTS = st.one_of(st.sampled_from([0.0, 1.0, 0.5]), st.floats(0, 1))


@st.composite
def some_classes(
    draw: st.DrawFn, *, weighted: bool | None = None, min_size: int = 1, max_size: int = 15, max_classes: int = 5
) -> ClassRows:  # fmt: skip
    """Any rows: one row, one class, absent classes, ties, probabilities of exactly 0 and 1, uneven weights."""
    n, k = draw(st.integers(min_size, max_size)), draw(st.integers(1, max_classes))
    codes = st.lists(st.integers(0, k - 1), min_size=n, max_size=n)
    truth = np.array(draw(codes), dtype=np.int32)
    predicted = np.array(draw(codes), dtype=np.int32) if draw(st.booleans()) else None
    p = np.array(draw(st.lists(st.lists(_PARTS, min_size=k, max_size=k), min_size=n, max_size=n))).reshape(
        n, k
    )
    p[p.sum(1) == 0] = 1.0
    p /= p.sum(1, keepdims=True)
    carries = draw(st.booleans()) if weighted is None else weighted
    weight = draw(st.lists(_WEIGHTS, min_size=n, max_size=n)) if carries else None
    return ClassRows(truth, p, predicted, None if weight is None else np.array(weight))
