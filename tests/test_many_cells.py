"""Replicates of large tallies: quick draws of many cells, and cells no finer than a metric needs."""

from __future__ import annotations

import numpy as np
import pytest

from metrics_core import bootstrap, resampling
from metrics_core.intervals import interval_of
from metrics_core.metrics.registry import REGISTRY
from metrics_core.resampling import RowResampler
from metrics_core.tally import ScoreTally

COUNTS = np.concatenate([np.arange(1.0, 11.0), np.linspace(150, 900, 80)])


def replicates(counts: np.ndarray, n: int = 4000) -> np.ndarray:
    return RowResampler(counts, counts).draw(np.random.default_rng(0), n)


def test_counts_of_many_rows_vary_as_those_of_rows_drawn_again() -> None:
    drawn = replicates(COUNTS)
    share = COUNTS / COUNTS.sum()
    expected = COUNTS.sum() * (np.diag(share) - np.outer(share, share))
    spread = np.sqrt(np.diag(expected))
    assert np.abs(drawn.mean(axis=0) - COUNTS).max() < 5 * spread.max() / np.sqrt(len(drawn))
    correlation_of_chance = 5 / np.sqrt(len(drawn))
    apart = (np.cov(drawn.T) - expected) / np.outer(spread, spread)
    assert np.abs(apart).max() < correlation_of_chance * np.sqrt(2)


def test_every_replicate_has_as_many_rows_as_there_are() -> None:
    np.testing.assert_allclose(replicates(COUNTS).sum(axis=1), COUNTS.sum().round(), rtol=1e-12)


def test_cells_of_few_rows_are_counted_in_whole_rows() -> None:
    drawn = replicates(COUNTS)[:, :10]
    assert (drawn == np.round(drawn)).all()
    assert drawn.min() == 0


def test_few_cells_are_drawn_exactly() -> None:
    drawn = replicates(COUNTS[-resampling._MANY_CELLS + 1 :])
    assert (drawn == np.round(drawn)).all()


def large() -> ScoreTally:
    """A million rows at 20 000 scores: merged to 512 cells, the average precision moves by more than its error."""
    score = (np.arange(20_000) + 0.5) / 20_000
    rows = 50.0
    pos = np.round(rows * score**6)
    return ScoreTally(score, pos, rows - pos, probability=True)


def test_cells_are_made_no_finer_than_the_metric_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []
    draw = bootstrap._draw

    def noted(asked, sample, coarse, starts):  # type: ignore[no-untyped-def]
        used.append(coarse.score.size)
        return draw(asked, sample, coarse, starts)

    monkeypatch.setattr(bootstrap, "_draw", noted)
    tally = large()
    spec = REGISTRY["binary", "average_precision"]
    found = interval_of(spec, tally.outcomes(0.5), tally)
    monkeypatch.setattr(bootstrap, "_FINER", (8,))
    finest = interval_of(spec, tally.outcomes(0.5), tally)
    ends = np.array([[i.low, i.high] for i in (found, finest)], dtype=float)
    assert used[0] == used[2] < used[1] < used[3]
    assert np.abs(ends[0] - ends[1]).max() < 0.15 * np.ptp(ends[1])
