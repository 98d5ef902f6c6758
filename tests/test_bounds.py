"""What bins leave open: the number of the rows is always inside the bounds, and they are narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics_core.bounds import bounds_of
from metrics_core.metrics import probabilities
from metrics_core.metrics.registry import metrics_of
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally
from metrics_core.tally.bins import ECE_CUTS, FINE, Bins
from tests.tables import Rows, random_rows, some_rows

KEYS = ("roc_auc", "pr_auc", "average_precision", "ks", "gini", "log_loss", "log_loss_clipped", "brier", "brier_skill", "ece", "mce")  # fmt: skip
AT_K = tuple(f"{name}@{k}" for name in ("precision", "recall") for k in (1, 3, 40))


def value(key: str, tally: ScoreTally) -> float:
    name, _, k = key.partition("@")
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(getattr(probabilities, f"{name}_at_k")(tally, int(k)) if k else getattr(probabilities, name)(tally))  # fmt: skip


def rounded(tally: ScoreTally) -> float:
    """What sums of the tally may be off by."""
    return 1e-12 * max(1.0, float(np.abs(np.log(tally.score[tally.score > 0])).max(initial=1.0)))


def check(drawn: Rows, *, coarse: bool = False) -> None:
    """Compare both the numbers of the rows and those of the bins with the bounds."""
    exact, binned = (
        tally_of(drawn.score, drawn.positive, drawn.weight, exact=e, coarse=coarse) for e in (True, False)
    )
    found = bounds_of(binned, [*KEYS, *AT_K])
    for key in (*KEYS, *AT_K):
        truth, shown = value(key, exact), value(key, binned)
        if key not in found:
            assert not np.isfinite(truth), key
            continue
        low, high = found[key]
        assert low <= shown <= high, key
        assert low - rounded(exact) <= truth <= high + rounded(exact), key


def packed(seed: int, n: int, width: float, *, weighted: bool = False) -> Rows:
    """Many rows in few bins, both classes mixed in any order: the bounds have much to hold."""
    rng = np.random.default_rng(seed)
    near = rng.choice([0.0, 2.0**-25, 0.01, 0.2, 1 / 3, 0.4999, 0.5, 0.9, 1 - 2.0**-10, 1.0], n)
    score = np.clip(near + width * rng.standard_normal(n), 0, 1)
    weight = rng.choice([0.1, 1.0, 7.5], n) if weighted else None
    return Rows(rng.random(n) < rng.choice([0.05, 0.5, 0.9]), score, weight)


@given(some_rows())
def test_any_rows_have_their_numbers_inside(drawn: Rows) -> None:
    check(drawn)
    check(drawn, coarse=True)


@given(
    st.integers(0, 10**6), st.integers(1, 60), st.sampled_from([1e-9, 1e-5, 1e-4, 1e-3, 0.1]), st.booleans()
)
def test_rows_that_crowd_into_few_bins_have_their_numbers_inside(seed: int, n: int, width: float, weighted: bool) -> None:  # fmt: skip
    check(packed(seed, n, width, weighted=weighted))
    check(packed(seed, n, width, weighted=weighted), coarse=True)


def logistic(seed: int, n: int, centre: float, spread: float) -> Rows:
    """Scores of a model that is a little too sure of itself."""
    rng = np.random.default_rng(seed)
    z = rng.normal(centre, spread, n)
    return Rows(rng.random(n) < 1 / (1 + np.exp(-0.8 * z)), 1 / (1 + np.exp(-z)))


SHAPES: dict[str, Callable[[], Rows]] = {
    "ordinary": lambda: logistic(0, 200_000, -1.3, 1.5),
    "0.1 % positive": lambda: logistic(1, 200_000, -9.5, 1.5),
    "saturated": lambda: logistic(2, 200_000, 0.0, 25.0),
    "heavy ties": lambda: Rows((r := logistic(3, 200_000, -1.3, 1.5)).positive, r.score.round(2)),
    "float32": lambda: Rows((r := logistic(4, 200_000, 0.0, 9.0)).positive, r.score.astype(np.float32).astype(float)),
    "one bin": lambda: Rows((r := logistic(5, 20_000, 0.0, 1.0)).positive, 0.3001 + r.score * 1e-5),
}  # fmt: skip


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_numbers_of_many_rows_are_inside(shape: str, coarse: bool) -> None:
    check(SHAPES[shape](), coarse=coarse)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "one bin"])
def test_roc_auc_of_bins_is_right_to_five_digits(shape: str) -> None:
    drawn = SHAPES[shape]()
    exact, binned = (tally_of(drawn.score, drawn.positive, exact=e) for e in (True, False))
    assert abs(value("roc_auc", exact) - value("roc_auc", binned)) <= 1e-5
    low, high = bounds_of(binned, ["roc_auc"])["roc_auc"]
    assert high - low <= 4e-4 or shape == "heavy ties"  # a bin does not tell that all of its rows tie


def test_a_bin_whose_rows_have_any_order_can_reach_both_ends() -> None:
    """Positives all above the negatives of their bin, or all below: no narrower bound would hold both."""
    score = 0.3001 + np.arange(10) * 1e-6
    for positive in (np.arange(10) >= 5, np.arange(10) < 5):
        exact, binned = (tally_of(score, positive, exact=e) for e in (True, False))
        low, high = bounds_of(binned, ["roc_auc"])["roc_auc"]
        assert (low, high) == pytest.approx((0, 1), abs=1e-11)
        assert low <= value("roc_auc", exact) <= high


def test_exact_tallies_have_no_bounds() -> None:
    assert bounds_of(random_rows(1).tally()) == {}


def test_scores_that_fill_only_entries_of_their_own_leave_nothing_open() -> None:
    tally = tally_of(np.array([0.0, 0.0, 1.0, 1.0]), np.array([False, True, True, True]), exact=False)
    for key, (low, high) in bounds_of(tally, ["roc_auc", "average_precision", "pr_auc", "ks", "brier", "recall@1"]).items():  # fmt: skip
        assert high - low <= 3e-12, key


def test_metric_without_a_certain_interval_is_left_out() -> None:
    tally = tally_of(*(lambda r: (r.score, r.positive))(random_rows(1)), exact=False)
    assert bounds_of(tally, ["smooth_ece", "recall", "hinge_loss", "precision@0"]) == {}


def test_every_score_metric_of_the_registry_is_bounded_but_those_named_here() -> None:
    keys = {spec.key for spec in metrics_of("binary") if spec.of is ScoreTally}
    assert keys - {"smooth_ece", "hinge_loss"} == {*KEYS, "precision@k", "recall@k"}


def test_what_is_undefined_or_infinite_has_no_bounds() -> None:
    one_class = tally_of(np.array([0.2, 0.3]), np.array([True, True]), exact=False)
    assert {"roc_auc", "gini", "ks", "brier_skill"}.isdisjoint(bounds_of(one_class))
    ruled_out = tally_of(np.array([0.0, 0.3]), np.array([True, False]), exact=False)
    assert "log_loss" not in bounds_of(ruled_out)
    assert "log_loss_clipped" in bounds_of(ruled_out)


def test_calibration_has_no_bounds_when_a_bin_reaches_over_an_end() -> None:
    drawn = random_rows(1)
    tally = tally_of(drawn.score, drawn.positive, exact=False)
    bare = Bins(())
    starts = np.searchsorted(FINE.edges, bare.edges)
    whole = ScoreTally(
        bare.edges, *(np.add.reduceat(side, starts) for side in (tally.pos, tally.neg)), top=bare.tops
    )
    assert not np.isin(ECE_CUTS, whole.score).any()
    found = bounds_of(whole)
    assert {"ece", "mce"}.isdisjoint(found)
    assert "roc_auc" in found


def test_bounds_stay_in_the_range_of_the_metric() -> None:
    for shape in SHAPES.values():
        drawn = shape()
        found = bounds_of(tally_of(drawn.score, drawn.positive, exact=False))
        for spec in metrics_of("binary"):
            if spec.key in found:
                assert spec.low <= found[spec.key][0] <= found[spec.key][1] <= spec.high


def test_tally_with_leading_axes_is_refused() -> None:
    sides: list[NDArray[Any]] = [np.zeros((2, FINE.size)), np.zeros((2, FINE.size))]
    with pytest.raises(ValueError, match="one tally at a time"):
        bounds_of(ScoreTally(FINE.edges, sides[0], sides[1], top=FINE.tops))
