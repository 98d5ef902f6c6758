"""Rows judged and counted as an evaluation does it, without a table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics_core.cases import BinaryCases
from metrics_core.metrics.spec import Tallies
from metrics_core.reduce import decided_outcomes, score_tally
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.values import Metrics, compute, tallied
from tests.tables import Rows


@dataclass(frozen=True, eq=False)
class Judged:
    """What ``intervals_of`` takes, without a table behind it."""

    cases: BinaryCases
    tallies: Tallies
    metrics: Metrics
    task: str = "binary"

    @property
    def outcomes(self) -> Outcomes:
        found = self.tallies[Outcomes]
        assert isinstance(found, Outcomes)
        return found

    @property
    def tally(self) -> ScoreTally | None:
        found = self.tallies.get(ScoreTally)
        assert found is None or isinstance(found, ScoreTally)
        return found


def judged(drawn: Rows, *, together: Sequence[int] | NDArray[Any] | None = None, k: Sequence[int] = (3,), frequency: bool = False) -> Judged:  # fmt: skip
    cases = replace(drawn.cases(), together=None if together is None else np.asarray(together), frequency=frequency)  # fmt: skip
    tallies = tallied(decided_outcomes(cases, drawn.threshold), score_tally(cases))
    return Judged(cases, tallies, compute("binary", tallies, k))
