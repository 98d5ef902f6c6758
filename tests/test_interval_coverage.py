"""How often the intervals hold the truth: samples of populations whose metrics are known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from metrics_core.intervals import intervals_of
from metrics_core.metrics.spec import Tallies
from metrics_core.tally import ScoreTally
from metrics_core.values import Metrics, compute, tallied

KEYS = ("recall", "precision", "roc_auc", "f1", "average_precision", "brier")
#: Besides the main metrics; wider bounds, for what is biased upwards in small samples.
OTHERS = ("accuracy", "mcc", "balanced_accuracy", "log_loss", "brier_skill", "ks", "ece")
SAMPLES, REPLICATES = 600, 300


@dataclass(frozen=True)
class Population:
    """Rows whose scores are the probabilities of two normal distributions, sharpened, on 60 levels."""

    n: int
    share: float
    apart: float
    cut: float
    sharpened: float = 1.3

    def cells(self) -> tuple[Any, Any, Any]:
        """Scores, and the probability of a positive and of a negative row at each."""
        edges = np.linspace(-3.5, 3.5 + self.apart, 61)
        middle = (edges[1:] + edges[:-1]) / 2
        mass = [np.diff(norm.cdf(edges, at)) for at in (self.apart, 0.0)]
        pos, neg = (m / m.sum() * p for m, p in zip(mass, (self.share, 1 - self.share), strict=True))
        odds = np.log(self.share / (1 - self.share)) + self.apart * middle - self.apart**2 / 2
        return 1 / (1 + np.exp(-self.sharpened * odds)), pos, neg


@dataclass(frozen=True)
class Sample:
    """Counts without rows."""

    tallies: Tallies
    metrics: Metrics
    task: str = "binary"
    cases: Any = None


def counted(score: Any, pos: Any, neg: Any, cut: float) -> Sample:
    tally = ScoreTally(score, pos, neg)
    tallies = tallied(tally.outcomes(cut), tally)
    return Sample(tallies, compute("binary", tallies))


POPULATIONS = {
    "1 % positives": Population(8000, 0.01, 2.0, 0.1),
    "30 % positives": Population(400, 0.3, 1.5, 0.5),
}


@cache
def coverage(name: str) -> dict[str, float]:
    """Share of the samples whose 95 % interval holds the value of the population, by metric."""
    population, rng = POPULATIONS[name], np.random.default_rng(2024)
    score, pos, neg = population.cells()
    truth = counted(score, pos, neg, population.cut).metrics.values
    held = dict.fromkeys((*KEYS, *OTHERS), 0)
    for _ in range(SAMPLES):
        drawn = rng.multinomial(population.n, np.concatenate([pos, neg]))
        sample = counted(score, drawn[: score.size], drawn[score.size :], population.cut)
        for key, span in intervals_of(sample, keys=held, replicates=REPLICATES).items():
            assert span.low is not None, (key, span.reason)
            held[key] += span.low <= truth[key] <= span.high
    return {key: n / SAMPLES for key, n in held.items()}


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("key", KEYS)
def test_main_metrics_keep_their_promise(name: str, key: str) -> None:
    assert 0.93 <= coverage(name)[key] <= 0.975


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("key", OTHERS)
def test_other_metrics_nearly_keep_it(name: str, key: str) -> None:
    assert 0.9 <= coverage(name)[key] <= 0.99
