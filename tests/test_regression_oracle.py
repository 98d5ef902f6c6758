"""Every metric of predicted numbers against scikit-learn, or counted row by row where it has none."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk

from metrics_core import evaluate, read
from metrics_core.metrics.registry import metrics_of
from metrics_core.number_cases import NumberCases
from tests.number_tables import numbers, random_numbers, values

Oracle = Callable[[NumberCases], float]


def _of(fn: Callable[..., Any], **more: Any) -> Oracle:
    return lambda c: float(fn(c.truth, c.predicted, sample_weight=c.weight, **more))


def _mean(c: NumberCases, each: Any) -> float:
    return float(np.average(each, weights=c.weight))


def _interval_score(c: NumberCases) -> float:
    assert c.lower is not None
    assert c.upper is not None
    scores = []
    for i, level in enumerate(c.levels):
        a = 1 - level
        each = [
            (u - low) + (2 / a * (low - y) if y < low else 0) + (2 / a * (y - u) if y > u else 0)
            for y, low, u in zip(c.truth, c.lower[:, i], c.upper[:, i], strict=True)
        ]
        scores.append(_mean(c, each))
    return float(np.mean(scores))


def _pinball(c: NumberCases) -> float:
    assert c.quantiles is not None
    return float(np.mean([
        sk.mean_pinball_loss(c.truth, q, sample_weight=c.weight, alpha=a) for a, q in zip(c.shares, c.quantiles.T, strict=True)
    ]))  # fmt: skip


def _nll(c: NumberCases) -> float:
    from scipy.stats import norm

    return _mean(c, -norm.logpdf(c.truth, c.predicted, c.deviation))


ORACLES: dict[str, Oracle] = {
    "mae": _of(sk.mean_absolute_error),
    "mse": _of(sk.mean_squared_error),
    "rmse": _of(sk.root_mean_squared_error),
    "r2": _of(sk.r2_score),
    "mape": _of(sk.mean_absolute_percentage_error),
    "wape": lambda c: _mean(c, np.abs(c.residual)) / _mean(c, np.abs(c.truth)),
    "smape": lambda c: _mean(c, 200 * np.abs(c.residual) / (np.abs(c.truth) + np.abs(c.predicted))),
    "median_absolute_error": _of(sk.median_absolute_error),
    "max_error": lambda c: float(sk.max_error(c.truth, c.predicted)),
    "bias": lambda c: _mean(c, c.predicted - c.truth),
    "explained_variance": _of(sk.explained_variance_score),
    "d2_absolute_error": _of(sk.d2_absolute_error_score),
    "pinball": _pinball,
    "crps": lambda c: 2 * _pinball(c),
    "interval_score": _interval_score,
    "coverage@0.9": lambda c: _mean(c, (c.lower[:, 1] <= c.truth) & (c.truth <= c.upper[:, 1])),  # type: ignore[index]  # they are there
    "width@0.9": lambda c: _mean(c, c.upper[:, 1] - c.lower[:, 1]),  # type: ignore[index]  # they are there
    "gaussian_nll": _nll,
}


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("n", [2, 25, 400])
@pytest.mark.parametrize("key", ORACLES)
def test_agrees_with_the_oracle(key: str, n: int, weighted: bool) -> None:
    cases = random_numbers(n, n, weighted=weighted, around=True)
    assert values(cases)[key] == pytest.approx(ORACLES[key](cases), rel=1e-9, abs=1e-12)


def test_every_metric_has_an_oracle() -> None:
    assert {s.key.replace("@level", "@0.9") for s in metrics_of("regression")} == ORACLES.keys()


def test_without_quantiles_the_prediction_is_the_median() -> None:
    cases = random_numbers(3)
    assert values(cases)["pinball"] == pytest.approx(sk.mean_pinball_loss(cases.truth, cases.predicted))


def test_a_worked_example() -> None:
    """Truth 3, -0.5, 2, 7 and prediction 2.5, 0, 2, 8: errors -0.5, 0.5, 0, 1."""
    found = values(numbers([3, -0.5, 2, 7], [2.5, 0, 2, 8]))
    assert found["mae"] == 0.5
    assert found["mse"] == 0.375
    assert found["bias"] == 0.25
    assert found["median_absolute_error"] == 0.5
    assert found["max_error"] == 1.0
    assert found["wape"] == pytest.approx(2 / 12.5)
    assert found["r2"] == pytest.approx(1 - 1.5 / 29.1875)


@pytest.mark.parametrize(("y", "f", "each"), [(100.0, 150.0, 40.0), (100.0, 50.0, 66.66666666666667), (0.0, 5.0, 200.0), (0.0, 0.0, 0.0)])  # fmt: skip
def test_symmetric_percentage_error_goes_from_0_to_200(y: float, f: float, each: float) -> None:
    assert values(numbers([y, y], [f, f]))["smape"] == pytest.approx(each)


# ------------------------------------------------------------------------------------------------ digits


def _exact(y: list[float], f: list[float]) -> tuple[float, float]:
    """R² and mean squared error in fractions, without any rounding."""
    ys, fs = [Fraction(v) for v in y], [Fraction(v) for v in f]
    mean = sum(ys) / len(ys)
    error = sum((a - b) ** 2 for a, b in zip(ys, fs, strict=True))
    return float(1 - error / sum((a - mean) ** 2 for a in ys)), float(error / len(ys))


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9, -1e9])
def test_an_offset_of_the_data_costs_no_digits(offset: float) -> None:
    """A spread of 1e-3 on 1e9 leaves the data about four digits; the metrics are those of the data as they are stored."""
    rng = np.random.default_rng(0)
    y = offset + rng.normal(0, 1e-3, 500)
    f = y + rng.normal(0, 4e-4, 500)
    r2, mse = _exact(y.tolist(), f.tolist())
    found = values(numbers(y, f))
    assert found["r2"] == pytest.approx(r2, rel=1e-9)
    assert found["mse"] == pytest.approx(mse, rel=1e-9)
    assert found["rmse"] == pytest.approx(mse**0.5, rel=1e-9)
    assert found["explained_variance"] >= found["r2"]


def test_single_precision_is_read_as_it_is_stored() -> None:
    rng = np.random.default_rng(1)
    y = (1e4 + rng.normal(0, 1, 300)).astype(np.float32)
    f = (y + rng.normal(0, 0.3, 300)).astype(np.float32)
    found = evaluate(read(pd.DataFrame({"y_true": y, "y_pred": f}), task="regression")).metrics
    r2, mse = _exact([float(v) for v in y], [float(v) for v in f])
    assert found["r2"] == pytest.approx(r2, rel=1e-9)
    assert found["mse"] == pytest.approx(mse, rel=1e-9)


@pytest.mark.parametrize("scale", [1e-100, 1e-20, 1e20, 1e100])
def test_huge_and_tiny_numbers_keep_their_digits(scale: float) -> None:
    cases = random_numbers(4)
    found, scaled = values(cases), values(numbers(scale * cases.truth, scale * cases.predicted))
    for key in ("r2", "mape", "wape", "smape", "d2_absolute_error", "explained_variance"):
        assert scaled[key] == pytest.approx(found[key], rel=1e-9), key
    for key in ("mae", "rmse", "median_absolute_error", "max_error", "bias"):
        assert scaled[key] == pytest.approx(scale * found[key], rel=1e-9), key
