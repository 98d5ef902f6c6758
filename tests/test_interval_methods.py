"""Each method of intervals against an independent implementation, published values or drawn rows."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, t

from metrics_core.auc_interval import auc_interval, delong_variance, hanley_mcneil
from metrics_core.intervals import intervals_of
from metrics_core.metrics import counts, probabilities
from metrics_core.metrics.registry import metrics_of
from metrics_core.rate_interval import rate_cells, wilson
from metrics_core.resampling import GroupResampler, RowResampler, chunks, merged, rank_cells, score_cells
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.values import spec_of
from tests.judged import judged
from tests.tables import Rows, random_rows, rows

Array = NDArray[Any]
Z = 1.959963984540054


# ------------------------------------------------------------------------------------------------------- rates


@given(data=st.data(), level=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_wilson_is_scipys(data: st.DataObject, level: float) -> None:
    n = data.draw(st.integers(1, 10**6))
    successes = data.draw(st.integers(0, n))
    low, high = wilson(successes, n, level)
    expected = binomtest(successes, n).proportion_ci(level, method="wilson")
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775)],
)
def test_wilson_gives_the_published_values(successes: int, n: int, low: float, high: float) -> None:
    """Newcombe (1998)."""
    assert np.round(wilson(successes, n), 4).tolist() == [low, high]


def test_wilson_takes_any_shape_and_is_nan_without_trials() -> None:
    low, high = wilson([[0, 5], [5, 0]], [[5, 5], [10, 0]])
    assert low.shape == high.shape == (2, 2)
    assert (low[0, 0], high[0, 1]) == (0.0, 1.0)
    assert np.isnan([low[1, 1], high[1, 1]]).all()


@pytest.mark.parametrize(
    "spec", [s for s in metrics_of("binary") if s.interval == "wilson"], ids=lambda s: s.key
)
def test_rate_is_the_share_of_its_cells(spec: Any) -> None:
    cells = np.random.default_rng(1).integers(1, 50, (4, 20))
    part, whole = rate_cells(spec.fn)
    np.testing.assert_allclose(spec.fn(Outcomes(*cells)), cells[part].sum(0) / cells[whole].sum(0))


def test_metric_that_is_no_rate_has_no_wilson_interval() -> None:
    with pytest.raises(ValueError, match="not a share of rows among rows"):
        rate_cells(counts.mcc)


# --------------------------------------------------------------------------------------------------------- AUC


def naive_delong(pos: Array, neg: Array) -> tuple[float, float]:
    """AUC and variance from every pair of rows."""
    order = (pos[:, np.newaxis] > neg) + 0.5 * (pos[:, np.newaxis] == neg)
    auc, of_pos, of_neg = order.mean(), order.mean(1), order.mean(0)
    variance = np.var(of_pos, ddof=1) / pos.size + np.var(of_neg, ddof=1) / neg.size
    return float(auc), float(variance)


@pytest.mark.parametrize("levels", [None, 15, 3])
@pytest.mark.parametrize("n", [6, 50, 400])
def test_delong_variance_is_that_of_every_pair(n: int, levels: int | None) -> None:
    drawn = random_rows(n, n, levels=levels)
    auc, variance = naive_delong(drawn.score[drawn.positive], drawn.score[~drawn.positive])
    assert float(probabilities.roc_auc(drawn.tally())) == pytest.approx(auc, abs=1e-12)
    assert float(delong_variance(drawn.tally())) == pytest.approx(variance, rel=1e-9)


def test_delong_gives_the_published_interval() -> None:
    """Ratings of 109 CT images (Hanley and McNeil 1982); Stata's manual prints this interval for them."""
    images = ScoreTally(np.arange(1.0, 6.0), np.array([3, 2, 2, 11, 33]), np.array([33, 6, 6, 11, 2]), False)
    found = auc_interval(images, 51, 58, Z)
    assert (round(found.low, 5), round(found.high, 5), found.method) == (0.83295, 0.95339, "delong")
    assert round(sqrt(float(delong_variance(images))), 4) == 0.0307


def test_delong_variance_is_free_in_leading_axes() -> None:
    parts = [random_rows(seed, 60, levels=10) for seed in range(4)]
    score = np.arange(11) / 10
    cells = np.array([[np.sum(p.positive & (p.score == s)) for s in score] for p in parts])
    others = np.array([[np.sum(~p.positive & (p.score == s)) for s in score] for p in parts])
    together = delong_variance(ScoreTally(score, cells, others))
    np.testing.assert_allclose(together, [float(delong_variance(p.tally())) for p in parts])


def test_high_auc_has_its_interval_on_the_logit_scale() -> None:
    drawn = random_rows(3, 400, share=0.5)
    sharper = replace(drawn, score=drawn.score + 0.1 * drawn.positive)
    found, t_ = intervals_of(judged(sharper), keys=["roc_auc"])["roc_auc"], sharper.tally()
    auc, sd = float(probabilities.roc_auc(t_)), sqrt(float(delong_variance(t_)))
    assert auc > 0.9
    centre, half = np.log(auc / (1 - auc)), Z * sd / (auc * (1 - auc))
    expected = [1 / (1 + np.exp(-end)) for end in (centre - half, centre + half)]
    assert [found.low, found.high] == pytest.approx(expected, abs=1e-12)
    assert found.method == "delong_logit"


def test_gini_has_the_interval_of_the_auc_stretched() -> None:
    found = intervals_of(judged(random_rows(4)), keys=["roc_auc", "gini"])
    auc, gini = found["roc_auc"], found["gini"]
    assert [gini.low, gini.high] == pytest.approx([2 * auc.low - 1, 2 * auc.high - 1], abs=1e-12)
    assert gini.method == auc.method == "delong"


@pytest.mark.parametrize("auc", [0.0, 0.3, 0.97, 1.0])
def test_hanley_mcneil_ends_lie_their_own_standard_error_away(auc: float) -> None:
    for end in hanley_mcneil(auc, 12, 40, Z):
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
        variance = (end * (1 - end) + 11 * (q1 - end**2) + 39 * (q2 - end**2)) / (12 * 40)
        assert abs(end - auc) == pytest.approx(Z * sqrt(variance), abs=1e-6)


def test_few_rows_out_of_order_use_hanley_and_mcneil() -> None:
    perfect = judged(rows("-" * 20 + "+" * 20, [i / 40 for i in range(40)]))
    found = intervals_of(perfect, keys=["roc_auc"])["roc_auc"]
    assert (found.high, found.method) == (1.0, "hanley_mcneil")
    assert found.low == pytest.approx(0.8987, abs=1e-4)


# ------------------------------------------------------------------------------ against drawing rows themselves


def brute_force(drawn: Rows, replicates: int) -> dict[type, Outcomes | ScoreTally]:
    """Draw the rows again and count each draw."""
    n, rng = len(drawn), np.random.default_rng(99)
    times = rng.multinomial(n, np.full(n, 1 / n), size=replicates)
    code = drawn.cases().outcome(drawn.threshold)
    tp, fp, fn, tn = (times[:, code == i].sum(1) for i in range(4))
    order = np.argsort(drawn.score, kind="stable")
    score, starts = np.unique(drawn.score[order], return_index=True)
    sides = drawn.positive[order], ~drawn.positive[order]
    pos, neg = (np.add.reduceat(times[:, order] * side, starts, axis=1) for side in sides)
    return {
        Outcomes: Outcomes(tp, fp, fn, tn, np.asarray(drawn.threshold)),
        ScoreTally: ScoreTally(score, pos, neg),
    }


def expected_tail(n: int, level: float) -> float:
    return float(norm.cdf(t.ppf((1 - level) / 2, n - 1) * sqrt(n / (n - 1))))


CELL_METRICS = ["f1", "mcc", "cohen_kappa", "balanced_accuracy", "jaccard", "lr_positive", "net_benefit"]
TALLY_METRICS = [
    "average_precision",
    "pr_auc",
    "log_loss",
    "brier",
    "brier_skill",
    "precision@20",
    "recall@20",
]


@pytest.mark.parametrize(("n", "share"), [(400, 0.4), (2500, 0.02)], ids=["many positives", "rare positives"])
def test_intervals_are_those_of_drawn_rows(n: int, share: float) -> None:
    """Beyond each end lies the promised share of replicates that drew rows (a standard error is 0.004)."""
    drawn = replace(random_rows(5, n, share=share), threshold=0.4)
    found = intervals_of(judged(drawn, k=[20]), keys=CELL_METRICS + TALLY_METRICS, replicates=3000)
    tallies, positives = brute_force(drawn, 3000), int(drawn.positive.sum())
    for key, span in found.items():
        spec, k = spec_of("binary", key)
        brute = spec.fn(tallies[spec.of]) if k is None else spec.fn(tallies[spec.of], k)
        tail = expected_tail(min(positives, n - positives, k or n), 0.95)
        for beyond, at in ((brute < span.low, brute == span.low), (brute > span.high, brute == span.high)):
            half = 0.5 * at.mean()  # a metric of few rows takes few values
            assert beyond.mean() + half == pytest.approx(tail, abs=0.014 + half), key


def test_weighted_draws_vary_as_weighted_rows() -> None:
    drawn = random_rows(7, 500, levels=8, weighted=True)
    assert drawn.weight is not None
    tally, rng = drawn.tally(), np.random.default_rng(0)
    assert tally.squares is not None
    resampler = RowResampler(np.concatenate([tally.pos, tally.neg]), np.concatenate([tally.squares.pos, tally.squares.neg]))  # fmt: skip
    cells = resampler.draw(rng, 4000)
    fast = probabilities.brier(ScoreTally(tally.score, *np.split(cells, 2, axis=1)))
    times = rng.multinomial(500, np.full(500, 1 / 500), size=4000) * drawn.weight
    slow = (times * (drawn.positive - drawn.score) ** 2).sum(1) / times.sum(1)
    assert fast.mean() == pytest.approx(slow.mean(), abs=4 * slow.std() / sqrt(4000))
    assert fast.std() == pytest.approx(slow.std(), rel=0.06)


# ---------------------------------------------------------------------------------------- merging and drawing


def test_merged_scores_keep_the_rows_and_the_calibration_bins() -> None:
    tally = random_rows(8, 20_000, share=0.01).tally()
    starts = score_cells(tally)
    coarse = merged(tally, starts)
    assert coarse.score.size <= 512 < tally.score.size
    assert (coarse.n_pos, coarse.n_neg) == (tally.n_pos, tally.n_neg)
    assert np.all(np.diff(coarse.score) > 0)
    assert float(probabilities.ece(coarse)) == pytest.approx(float(probabilities.ece(tally)), abs=1e-12)
    # rare positives get half of the edges: hardly any cell holds more than a few of them
    assert coarse.pos.max() <= 4


def test_few_scores_are_not_merged() -> None:
    tally = random_rows(9, 300, levels=20).tally()
    assert merged(tally, score_cells(tally)) is tally


def test_cells_around_rank_k_find_the_same_rows() -> None:
    tally = random_rows(10, 20_000).tally()
    for k in (1, 10, 500, 19_999, 10**6):
        coarse = merged(tally, rank_cells(tally, k))
        assert coarse.score.size <= 129
        found = probabilities.precision_at_k(coarse, k), probabilities.precision_at_k(tally, k)
        assert float(found[0]) == pytest.approx(float(found[1]), abs=0.5 / k + 1e-3)


def test_draws_do_not_depend_on_how_many_are_drawn_at_a_time() -> None:
    cells = np.array([5.0, 0.0, 20.0, 1.0])
    group = GroupResampler.of(np.arange(30) // 3, np.arange(30) % 4, None, 4)
    for resampler in (RowResampler(cells, cells), group):
        whole = resampler.draw(np.random.default_rng(3), 50)
        rng = np.random.default_rng(3)
        parts = np.concatenate([resampler.draw(rng, n) for n in (1, 7, 42)])
        np.testing.assert_array_equal(whole, parts)
        assert np.concatenate([part for _, part in chunks(resampler, 3, 50)]).shape == (50, 4)


def test_row_draws_keep_the_number_of_rows_and_empty_cells() -> None:
    drawn = RowResampler(np.array([5.0, 0.0, 20.0]), np.array([5.0, 0.0, 20.0])).draw(np.random.default_rng(0), 200)  # fmt: skip
    assert set(drawn.sum(1)) == {25.0}
    assert not drawn[:, 1].any()
    assert drawn.mean(0) == pytest.approx([5, 0, 20], abs=0.6)


def test_score_whose_loss_hangs_on_one_row_gets_finer_cells_or_no_interval() -> None:
    """Its log loss is carried by one positive at 1e-300; nothing may hide that."""
    drawn = random_rows(11, 3000)
    extreme = replace(
        drawn, score=np.where(np.arange(3000) == np.argmax(drawn.positive), 1e-300, drawn.score)
    )
    span = intervals_of(judged(extreme), keys=["log_loss"])["log_loss"]
    assert span.low is not None
    assert span.high - span.low > 0.4  # 690 nats more or less in 3000 rows, once or twice
