"""Every rate, interval, p and q of a slice against scipy, or worked out row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metrics_core as mc
from metrics_core.discovery import Asked, Discovery, discover, find
from metrics_core.discovery.multiplicity import benjamini_yekutieli, holm
from metrics_core.discovery.significance import Together, effect_size
from metrics_core.discovery.sums import Losses
from metrics_core.discovery.tails import hypergeometric_tail, saddlepoint_tail
from metrics_core.filters import equals
from metrics_core.grouping import Grouping
from metrics_core.rate_interval import wilson
from metrics_core.row_losses import RowLoss
from metrics_core.slices import Level


def groups(*codes: Any) -> list[Grouping]:
    """Make groups of codes, named c0, c1 and so on with the levels 0, 1, ..."""
    found = []
    for j, code in enumerate(codes):
        names = range(int(np.max(code)) + 1)
        levels = tuple(Level(f"c{j}", str(v), equals(f"c{j}", v), value=v) for v in names)
        found.append(Grouping(f"c{j}", levels, np.asarray(code, dtype=np.int8)))
    return found


def searched(loss: Any, *codes: Any, depth: int = 1, is_rate: bool = True, **more: Any) -> Discovery:
    values = np.asarray(loss, dtype=np.float64)
    weights = {name: np.asarray(x) if isinstance(x, np.ndarray) else x for name, x in more.items()}
    of = RowLoss(loss=values, rows=np.arange(values.size), is_rate=is_rate, **weights)
    return find(groups(*codes), of, Asked(depth=depth, min_support=2, limit=100, unclear=True))


def two_groups(seed: int = 0, n: int = 400) -> tuple[Any, Any, Any]:
    """Errors, real losses and a column of two levels, the second one worse."""
    rng = np.random.default_rng(seed)
    code = (rng.random(n) < 0.3).astype(int)
    wrong = (rng.random(n) < np.where(code == 1, 0.3, 0.12)).astype(float)
    return wrong, rng.gamma(2.0, np.where(code == 1, 1.5, 1.0)), code


# ------------------------------------------------------------------------------------------------ tails


@given(st.integers(2, 400), st.data())
def test_the_tail_is_that_of_the_hypergeometric_distribution(n: int, data: st.DataObject) -> None:
    all_wrong, m = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    k = data.draw(st.integers(max(0, m + all_wrong - n), min(m, all_wrong)))
    exact = float(stats.hypergeom.sf(k - 1, n, all_wrong, m))
    ours = float(hypergeometric_tail([k], [m], all_wrong, n)[0])
    if k > m * all_wrong / n:  # more than expected: the probabilities are added up
        assert ours == pytest.approx(exact, rel=1e-9, abs=1e-300)
    else:
        assert ours == pytest.approx(exact, abs=0.02)


def test_the_tail_is_fishers_one_sided_test() -> None:
    table = [[9, 21], [14, 156]]
    exact = stats.fisher_exact(table, alternative="greater").pvalue
    assert hypergeometric_tail([9], [30], 23, 200)[0] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("all_rows", "all_wrong"), [(20_000, 2_000), (100_000, 30_000), (10**6, 20_000)])
def test_the_saddlepoint_is_within_a_thousandth_where_it_stands_for_the_sum(
    all_rows: int, all_wrong: int
) -> None:
    rng = np.random.default_rng(0)
    m = rng.integers(all_rows // 20, all_rows // 2, 200)
    mean = m * all_wrong / all_rows
    spread = np.sqrt(mean * (1 - all_wrong / all_rows) * (all_rows - m) / (all_rows - 1))
    k = np.rint(mean + spread * rng.uniform(0.3, 7, 200))
    exact = stats.hypergeom.sf(k - 1, all_rows, all_wrong, m)
    far = spread > 12
    assert far.sum() > 100
    ours = saddlepoint_tail(k - 0.5, m, float(all_wrong), float(all_rows), lattice=True)
    assert ours[far] == pytest.approx(exact[far], rel=1e-3)


# ------------------------------------------------------------------------------------------------ a rate


def test_a_rate_has_the_score_test_fishers_p_and_newcombes_interval() -> None:
    wrong, _, code = two_groups()
    one = searched(wrong, code).slices[0]
    m, k, n, all_k = int(code.sum()), int(wrong[code == 1].sum()), code.size, int(wrong.sum())
    assert (one.rows, one.errors, one.rate, one.rest_rate) == (
        m,
        k,
        k / m,
        pytest.approx((all_k - k) / (n - m)),
    )
    e0 = all_k / n
    assert one.z == pytest.approx((k / m - e0) / np.sqrt(e0 * (1 - e0) * (n - m) / (m * (n - 1))))
    table = [[k, m - k], [all_k - k, n - m - all_k + k]]
    assert one.p == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, rel=1e-9)
    (low_a, high_a), (low_b, high_b) = wilson(k, m), wilson(all_k - k, n - m)
    p, q = k / m, (all_k - k) / (n - m)
    assert one.low == pytest.approx(p - q - np.hypot(p - low_a, high_b - q))
    assert one.high == pytest.approx(p - q + np.hypot(high_a - p, q - low_b))
    assert one.excess == pytest.approx(k - e0 * m)
    assert one.share_of_errors == pytest.approx(k / all_k)
    assert one.contributions == pytest.approx((k / m - e0,))


def test_z_is_that_of_a_permutation() -> None:
    wrong, _, code = two_groups(1)
    one = searched(wrong, code).slices[0]
    rng = np.random.default_rng(0)
    drawn = np.array([wrong[rng.permutation(code.size)[: one.rows]].mean() for _ in range(4000)])
    assert one.z == pytest.approx((one.rate - wrong.mean()) / drawn.std(), rel=0.05)


def test_q_is_benjamini_and_hochbergs_over_everything_that_was_tested() -> None:
    rng = np.random.default_rng(2)
    codes = [rng.integers(0, 3, 900) for _ in range(3)]
    wrong = (rng.random(900) < np.where((codes[0] == 1) & (codes[2] == 2), 0.6, 0.2)).astype(float)
    d = searched(wrong, *codes, depth=2)
    p = []
    for i in range(3):
        p += [_fisher(wrong, codes[i] == v) for v in range(3)]
        for j in range(i + 1, 3):
            p += [_fisher(wrong, (codes[i] == a) & (codes[j] == b)) for a in range(3) for b in range(3)]
    assert d.tested == len(p) == 36
    expected = dict(zip(np.round(np.log(p), 6), stats.false_discovery_control(p), strict=True))
    assert len(d.slices) >= 5
    for one in d.slices:
        at = min(expected, key=lambda x: abs(x - np.log(one.p)))
        assert one.q == pytest.approx(expected[at], rel=1e-6)


def _fisher(wrong: Any, inside: Any) -> float:
    n, k = wrong.size, wrong[inside].sum()
    return float(stats.hypergeom.sf(k - 1, n, wrong.sum(), inside.sum()))


def test_corrections_agree_with_scipy_and_with_holm_by_hand() -> None:
    p = np.random.default_rng(3).random(50) ** 3
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by"))
    order = np.argsort(p)
    running, expected = 0.0, np.empty(50)
    for rank, at in enumerate(order):
        running = max(running, min(1.0, (50 - rank) * p[at]))
        expected[at] = running
    assert holm(p) == pytest.approx(expected)


# ------------------------------------------------------------------------------------------------ other losses


def test_a_mean_has_welchs_test_and_interval() -> None:
    _, loss, code = two_groups()
    one = searched(loss, code, is_rate=False).slices[0]
    welch = stats.ttest_ind(loss[code == 1], loss[code == 0], equal_var=False, alternative="greater")
    both = stats.ttest_ind(loss[code == 1], loss[code == 0], equal_var=False).confidence_interval(0.95)
    assert one.rate == pytest.approx(loss[code == 1].mean())
    assert one.rest_rate == pytest.approx(loss[code == 0].mean())
    assert (one.z, one.p) == pytest.approx((welch.statistic, welch.pvalue))
    assert (one.low, one.high) == pytest.approx((both.low, both.high))


def test_the_effect_is_slice_finders() -> None:
    _, loss, code = two_groups()
    losses = Losses.of_rows(RowLoss(loss=loss, rows=np.arange(loss.size), is_rate=False))
    a, b = loss[code == 1], loss[code == 0]
    expected = np.sqrt(2) * (a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) + b.var(ddof=1))
    assert effect_size(losses.inside(code == 1), losses.whole)[0] == pytest.approx(expected)


def test_whole_frequencies_give_what_the_repeated_rows_give() -> None:
    _, loss, code = two_groups()
    times = np.random.default_rng(1).integers(1, 5, loss.size)
    weighed = searched(loss, code, is_rate=False, weight=times.astype(float), frequency=True).slices[0]
    plain = searched(loss.repeat(times), code.repeat(times), is_rate=False).slices[0]
    assert (weighed.z, weighed.p, weighed.low, weighed.high) == pytest.approx(
        (plain.z, plain.p, plain.low, plain.high)
    )


def test_weighted_means_have_the_linearised_standard_error() -> None:
    _, loss, code = two_groups()
    w = np.random.default_rng(1).lognormal(0, 0.5, loss.size)
    one = searched(loss, code, is_rate=False, weight=w).slices[0]
    means, variances = [], []
    for side in (code == 1, code == 0):
        mean = np.average(loss[side], weights=w[side])
        kish = w[side].sum() ** 2 / (w[side] ** 2).sum()
        means.append(mean)
        variances.append(
            ((w[side] * (loss[side] - mean)) ** 2).sum() / w[side].sum() ** 2 * kish / (kish - 1)
        )
    assert one.rate == pytest.approx(means[0])
    assert one.z == pytest.approx((means[0] - means[1]) / np.sqrt(sum(variances)))


def test_the_interval_of_a_weighted_rate_holds_the_bootstrap_of_its_rows() -> None:
    wrong, _, code = two_groups(4, n=1500)
    rng = np.random.default_rng(1)
    w = rng.lognormal(0, 0.8, wrong.size)
    one = searched(wrong, code, weight=w).slices[0]
    draws = []
    for _ in range(2000):
        at = rng.integers(0, wrong.size, wrong.size)
        inside = code[at] == 1
        draws.append(
            np.average(wrong[at][inside], weights=w[at][inside])
            - np.average(wrong[at][~inside], weights=w[at][~inside])
        )
    low, high = np.quantile(draws, [0.025, 0.975])
    assert one.high - one.low == pytest.approx(high - low, rel=0.12)


def test_the_interval_of_rows_that_belong_together_holds_the_bootstrap_of_the_groups() -> None:
    rng = np.random.default_rng(5)
    patient = rng.integers(0, 120, 2400)
    code = (rng.random(120) < 0.4)[patient].astype(int)
    wrong = (rng.random(2400) < rng.beta(1, 4, 120)[patient] + 0.2 * code).astype(float)
    of = RowLoss(loss=wrong, rows=np.arange(2400), together=patient)
    design, p, low, high = Together(Losses.of_rows(of)).evidence(code == 1, 0.95)
    rows_of = [np.flatnonzero(patient == g) for g in range(120)]
    draws = []
    for _ in range(1500):
        at = np.concatenate([rows_of[g] for g in rng.integers(0, 120, 120)])
        draws.append(wrong[at][code[at] == 1].mean() - wrong[at][code[at] == 0].mean())
    assert high - low == pytest.approx(np.subtract(*np.quantile(draws, [0.975, 0.025])), rel=0.15)
    assert design > 2
    assert p > _fisher(wrong, code == 1)


def test_with_every_row_alone_groups_change_next_to_nothing() -> None:
    wrong, _, code = two_groups(6, n=3000)
    alone = searched(wrong, code, together=np.arange(3000)).slices[0]
    plain = searched(wrong, code).slices[0]
    assert alone.z == pytest.approx(plain.z, rel=0.01)
    assert (alone.low, alone.high) == pytest.approx((plain.low, plain.high), abs=0.005)


# ------------------------------------------------------------------------------------------------ nothing planted


@pytest.mark.parametrize("kind", ["rate", "mean", "weights", "amounts", "groups"])
def test_where_nothing_is_planted_hardly_any_search_reports_a_slice(kind: str) -> None:
    reported = 0
    for run in range(25):
        rng = np.random.default_rng([3, run])
        n = 2500
        codes = [rng.integers(0, 4, n) for _ in range(5)]
        loss: Any = (rng.random(n) < 0.15).astype(float)
        more: dict[str, Any] = {}
        if kind == "mean":
            loss, more = rng.exponential(1, n), {"is_rate": False}
        if kind in ("weights", "amounts"):
            more = {"weight": rng.lognormal(0, 1, n)}
        if kind == "amounts":  # what weighs more is wrong more often, everywhere alike
            loss = (rng.random(n) < np.clip(0.1 * more["weight"], 0, 0.6)).astype(float)
        if kind == "groups":
            patient = rng.integers(0, 150, n)
            loss = (rng.random(n) < rng.beta(0.7, 4, 150)[patient]).astype(float)
            codes = [rng.integers(0, 4, 150)[patient] for _ in range(5)]
            more = {"together": patient}
        of = RowLoss(**({"loss": loss, "rows": np.arange(n)} | more))
        reported += find(groups(*codes), of, Asked()).n_clear > 0
    assert reported <= 3  # 25 runs at 5 %: more than three in one of 30 such tests


def test_without_the_groups_the_same_rows_report_far_too_much() -> None:
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(100), 30)
    wrong = (rng.random(3000) < rng.beta(0.5, 3, 100)[patient]).astype(float)
    codes = [rng.integers(0, 4, 100)[patient] for _ in range(5)]
    naive = find(groups(*codes), RowLoss(loss=wrong, rows=np.arange(3000)), Asked())
    honest = find(groups(*codes), RowLoss(loss=wrong, rows=np.arange(3000), together=patient), Asked())
    assert naive.n_clear > 3
    assert honest.n_clear == 0


def test_the_fraud_demo_names_the_planted_slice_first() -> None:
    import demo_data

    demo = demo_data.DEMOS["fraud"]
    predictions = mc.read(demo.path, **demo.roles)
    d = discover(predictions, loss="fnr", threshold=0.1, confirm="split")
    first = d.slices[0]
    assert first.where.text == "merchant_type == 'gaming' and device == 'mobile web'"
    assert first.confirmed is not None
    assert first.confirmed.holds
    frame = pd.read_parquet(demo.path).query("split == 'validation' and is_fraud == 1")
    inside = (frame["merchant_type"] == "gaming") & (frame["device"] == "mobile web")
    assert (first.rows, first.errors) == (inside.sum(), (frame["score"][inside] < 0.1).sum())
