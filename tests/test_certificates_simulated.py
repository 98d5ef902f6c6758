"""How often a promise is broken: samples of populations whose rates at any cut are known exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pytest
from scipy.special import expit, logit, ndtr

from metrics_core.decisions.certificates import Certificate, certify, together
from metrics_core.decisions.guaranteed import guaranteed_curve
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally


@dataclass(frozen=True)
class Population:
    """Two normal distributions of scores, ``apart`` from each other, perhaps rounded or made probabilities and binned."""

    apart: float = 2.0
    share: float = 0.2
    decimals: int | None = None
    binned: bool = False

    def drawn(self, n: int, runs: int, seed: int = 0) -> Iterator[ScoreTally]:
        rng = np.random.default_rng(seed)
        for _ in range(runs):
            positive = rng.random(n) < self.share
            score = rng.normal(size=n) + self.apart * positive
            if self.decimals is not None:
                score = np.round(score, self.decimals)
            if self.binned:
                yield tally_of(expit(score), positive, exact=False, coarse=True)
            else:
                yield tally_of(score, positive, exact=True, probability=False)

    def rates(self, cut: object) -> dict[str, np.ndarray]:
        """True rates of the rule ``score >= cut``; a rounded score is at the cut from half a step below it."""
        at = np.asarray(cut, dtype=float)
        at = logit(at) if self.binned else at - (0.0 if self.decimals is None else 0.5 * 10.0**-self.decimals)
        recall, fpr = ndtr(self.apart - at), ndtr(-at)
        flagged = self.share * recall + (1 - self.share) * fpr
        return {"recall": recall, "fpr": fpr, "precision": self.share * recall / flagged}

    def breaks(self, found: Certificate) -> bool:
        """Whether any cut of a certificate breaks its promise; the ends do when any cut between them does."""
        if not found.holds:
            return False
        promise = found.promise
        rate = self.rates(found.cuts or found.threshold)[promise.kind]
        return bool(np.any(rate > promise.allowed if promise.kind == "fpr" else rate < 1 - promise.allowed))


STRONG, WEAK = Population(), Population(apart=0.5)
ROUNDED, COARSE = Population(decimals=1), Population(decimals=0)
#: Every cut has the precision of the prevalence, just below the target: the hardest null.
HARDEST = Population(apart=0.0, share=0.79)
BINNED = Population(binned=True)


def limit(level: float, runs: int) -> float:
    """Share of runs that a promise with this level stays below, but for three standard deviations."""
    return level + 3 * sqrt(level * (1 - level) / runs)


@pytest.mark.parametrize(
    "population",
    [STRONG, WEAK, ROUNDED, COARSE, BINNED],
    ids=["strong", "weak", "rounded", "coarse", "binned"],
)
@pytest.mark.parametrize("promise", ["recall>=0.9", "fpr<=0.1"])
def test_recall_and_false_positive_rate_are_broken_no_more_often_than_said(
    population: Population, promise: str
) -> None:
    runs = 500
    found = [certify(t, [promise], confidence=0.9)[0] for t in population.drawn(300, runs)]
    assert sum(c.holds for c in found) > 0.99 * runs
    assert sum(map(population.breaks, found)) / runs <= limit(0.1, runs)


def test_the_rank_of_a_recall_is_no_more_careful_than_it_must_be() -> None:
    """Of 300 positives the 22nd is taken, which breaks a recall of 0.9 in 0.0472 of all samples."""
    runs, population = 2000, Population(share=1.0)
    found = (certify(t, ["recall>=0.9"])[0] for t in population.drawn(300, runs, seed=1))
    broken = sum(map(population.breaks, found)) / runs
    assert abs(broken - 0.0472) < 3 * sqrt(0.0472 * 0.9528 / runs)


def test_the_quantile_of_the_sample_breaks_its_promise_about_half_the_time() -> None:
    runs, rng = 2000, np.random.default_rng(2)
    positives = rng.normal(size=(runs, 300)) + STRONG.apart
    broken = (STRONG.rates(np.quantile(positives, 0.1, axis=1))["recall"] < 0.9).mean()
    assert broken > 4 * limit(0.1, runs)


@pytest.mark.parametrize(
    ("population", "n", "target"),
    [
        (STRONG, 500, 0.8),
        (STRONG, 2000, 0.8),
        (STRONG, 4000, 0.9),
        (WEAK, 2000, 0.25),
        (ROUNDED, 2000, 0.8),
        (COARSE, 2000, 0.8),
        (BINNED, 2000, 0.8),
        (HARDEST, 500, 0.8),
        (HARDEST, 2000, 0.8),
        (Population(apart=0.0, share=0.79, decimals=1), 2000, 0.8),
    ],
)
def test_no_cut_certified_for_a_precision_breaks_it_more_often_than_said(
    population: Population, n: int, target: float
) -> None:
    runs = 400
    found = [certify(t, [f"precision>={target}"], confidence=0.9)[0] for t in population.drawn(n, runs)]
    assert sum(map(population.breaks, found)) / runs <= limit(0.1, runs)


@pytest.mark.parametrize(
    ("population", "target", "share"), [(STRONG, 0.8, 0.9), (ROUNDED, 0.8, 0.9), (WEAK, 0.25, 0.5)]
)
def test_a_precision_within_reach_is_certified(population: Population, target: float, share: float) -> None:
    runs = 200
    found = (certify(t, [f"precision>={target}"], confidence=0.9)[0] for t in population.drawn(2000, runs))
    assert sum(c.holds for c in found) >= share * runs


@pytest.mark.parametrize("population", [STRONG, WEAK, HARDEST], ids=["strong", "weak", "hardest"])
def test_the_lowest_cut_that_reaches_the_precision_breaks_it_far_more_often(population: Population) -> None:
    runs, target = 400, 0.8
    broken = 0
    for tally in population.drawn(2000, runs):
        reached = np.flatnonzero(tally.tp / (tally.tp + tally.fp) >= target)
        broken += reached.size > 0 and population.rates(tally.score[reached[0]])["precision"] < target
    assert broken / runs > 3 * limit(0.1, runs)


@pytest.mark.parametrize(
    "population",
    [Population(apart=3.0), Population(apart=3.0, decimals=1), Population(apart=3.0, binned=True)],
    ids=["strong", "rounded", "binned"],
)
def test_promises_made_together_are_kept_together(population: Population) -> None:
    runs = 400
    promises = ["recall>=0.8", "fpr<=0.1", "precision>=0.7"]
    broken = kept = joint_broken = 0
    for tally in population.drawn(2000, runs):
        found = certify(tally, promises, confidence=0.9)
        broken += any(map(population.breaks, found))
        joint = together(found)
        if joint.holds:
            kept += 1
            joint_broken += any(population.breaks(c.at(joint.threshold)) for c in found)
    assert broken / runs <= limit(0.1, runs)
    assert joint_broken / runs <= limit(0.1, runs)
    assert kept > 0.5 * runs


@pytest.mark.parametrize(
    "population",
    [STRONG, WEAK, ROUNDED, COARSE, HARDEST, BINNED],
    ids=["strong", "weak", "rounded", "coarse", "hardest", "binned"],
)
def test_all_bounds_of_the_curve_hold_at_once(population: Population) -> None:
    runs, broken = 400, 0
    for tally in population.drawn(1000, runs):
        curve = guaranteed_curve(tally, confidence=0.9)
        precision = population.rates(curve.cuts.threshold)["precision"]
        recall = population.rates(curve.recall_threshold)["recall"]
        broken += np.any(precision < curve.precision_low) or np.any(recall < curve.recall_low)
    assert broken / runs <= limit(0.1, runs)
