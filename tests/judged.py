"""Rows judged and counted as an evaluation does it, without a table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics_core.cases import Cases
from metrics_core.reduce import decided_outcomes, score_tally
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.values import Metrics, compute
from tests.tables import Rows


@dataclass(frozen=True, eq=False)
class Judged:
    """What ``intervals_of`` takes, without a table behind it."""

    cases: Cases
    outcomes: Outcomes
    tally: ScoreTally | None
    metrics: Metrics
    task: str = "binary"


def judged(drawn: Rows, *, together: Sequence[int] | NDArray[Any] | None = None, k: Sequence[int] = (3,), frequency: bool = False) -> Judged:  # fmt: skip
    cases = replace(drawn.cases(), together=None if together is None else np.asarray(together), frequency=frequency)  # fmt: skip
    table, tally = decided_outcomes(cases, drawn.threshold), score_tally(cases)
    return Judged(cases, table, tally, compute("binary", table, tally, k))
