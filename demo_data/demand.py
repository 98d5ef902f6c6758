"""The ``demand`` demo: simulated sales by the hour, forecast by two models, with two planted weaknesses.

``demo_data/SOURCES.md`` says what is simulated and what is planted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SEED = 20260907
START = "2026-05-04"
DAY, WEEK = 24, 168
FIRST_ORIGIN = 126 * DAY
"""Hours from the start to the first forecast: 18 weeks."""
N_ORIGINS = 14
BETWEEN_ORIGINS = 36
"""Midnight and noon in turn, so that a long horizon is not always the same hour of the day."""
HORIZON = 24
HOURS = FIRST_ORIGIN + 21 * DAY
MONTH = 4 * WEEK
"""What a level is taken from; a forecast looks back so far and one day more."""
CALIBRATION = 21 * DAY
"""The last hours before the first forecast, from which the linear model learns how wide its intervals are."""
N_TREES = 80
LEVELS = (0.8, 0.95)
DECIMALS = 1

STORES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "Harbour": ("north", 1.1),
        "Lakeside": ("north", 0.8),
        "Dunes": ("north", 0.7),
        "Castle": ("south", 1.2),
        "Vineyard": ("south", 0.7),
        "Bridge": ("south", 1.0),
        "Meadow": ("south", 0.7),
        "Station": ("west", 1.5),
        "Mill": ("west", 0.9),
        "Airport": ("west", 1.3),
    }
)
"""Region and size of each store."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """How one product sells.

    Attributes
    ----------
    per_hour : float
        Mean number sold in an hour of a store of size 1.
    peaks : tuple of (float, float, float)
        Hour, width in hours and height of what comes on top of the sales of the night.
    saturday, sunday : float
        Times the sales of other days.
    warmth : float
        Change of the logarithm for each degree.
    """

    per_hour: float
    peaks: tuple[tuple[float, float, float], ...]
    saturday: float
    sunday: float
    warmth: float


PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {
        "bread": Product(per_hour=70, peaks=((8, 1.8, 4.0), (17.5, 2.2, 2.5)), saturday=1.25, sunday=0.8, warmth=-0.004),
        "milk": Product(per_hour=45, peaks=((10, 3.0, 2.2), (18, 2.0, 2.8)), saturday=1.15, sunday=0.7, warmth=0.0),
        "fruit": Product(per_hour=55, peaks=((12, 3.0, 2.5), (18, 2.0, 2.4)), saturday=1.35, sunday=0.75, warmth=0.012),
        "drinks": Product(per_hour=60, peaks=((13, 3.5, 1.6), (20, 2.4, 3.0)), saturday=1.3, sunday=1.1, warmth=0.03),
    }
)  # fmt: skip

USUAL_LIFT = 1.08
"""What a promotion did everywhere before the first forecast, and still does outside the planted region."""
PLANTED_REGION, PLANTED_LIFT = "north", 1.6
"""The first planted weakness: from the first forecast on, promotions of this region sell far more."""
DRIFTING, DAILY_DRIFT = ("Station", "bread"), 0.91
"""The second: a series that loses 9% of its sales every day."""
DRIFT_START = FIRST_ORIGIN + 2 * BETWEEN_ORIGINS
"""The third origin: what was sold after it drifts."""

Array = npt.NDArray[Any]
Numbers = npt.NDArray[np.float64]
Fit = Callable[[Numbers, Numbers], Callable[[Numbers], Numbers]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sales:
    """What was sold, and what was known about it.

    Series are in the order of `STORES` and, within a store, of `PRODUCTS`; position 0 of the hours is the first one.

    Attributes
    ----------
    demand : ndarray of shape (n_series, n_hours), int64
        Pieces sold in the hour.
    promotion : ndarray of shape (n_series, n_hours), bool
    warmth : ndarray of shape (n_series, n_hours)
        Temperature as it was forecast at the beginning of the day before, degrees Celsius, one decimal.
    store, product : ndarray of shape (n_series,), int64
        Positions in `STORES` and `PRODUCTS`.
    """

    demand: npt.NDArray[np.int64]
    promotion: npt.NDArray[np.bool_]
    warmth: Numbers
    store: npt.NDArray[np.int64]
    product: npt.NDArray[np.int64]


def simulate_sales() -> Sales:
    """Draw 21 weeks of sales.

    Returns
    -------
    Sales
        The same at every call.
    """
    rng = np.random.default_rng(SEED)
    store, product = (
        at.ravel() for at in np.meshgrid(np.arange(len(STORES)), np.arange(len(PRODUCTS)), indexing="ij")
    )
    regions = np.array([region for region, _ in STORES.values()])
    real, forecast = _temperatures(rng)
    of_region = np.unique(regions, return_inverse=True)[1][store]
    promotion = _one_day_a_week(len(store), rng)
    planted = (regions[store] == PLANTED_REGION)[:, np.newaxis] & (np.arange(HOURS) >= FIRST_ORIGIN)
    sizes = np.array([size for _, size in STORES.values()])
    mean = sizes[store][:, np.newaxis] * np.stack([_week(one) for one in PRODUCTS.values()])[product]
    warmth = np.array([one.warmth for one in PRODUCTS.values()])[product][:, np.newaxis]
    mean = mean * np.exp(warmth * (real[of_region] - 18.0) + _moods(len(store), rng))
    mean *= np.where(promotion, np.where(planted, PLANTED_LIFT, USUAL_LIFT), 1.0)
    days_after = np.maximum(np.arange(HOURS) - DRIFT_START, 0) / DAY
    drifting = (store == list(STORES).index(DRIFTING[0])) & (product == list(PRODUCTS).index(DRIFTING[1]))
    mean *= np.where(drifting[:, np.newaxis], DAILY_DRIFT**days_after, 1.0)
    # More spread than a Poisson count has: some hours are busier for a reason nobody wrote down.
    demand = rng.poisson(mean * rng.gamma(150.0, 1 / 150.0, mean.shape))
    return Sales(
        demand=demand, promotion=promotion, warmth=forecast[of_region], store=store, product=product
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What the models learn from, one row an origin, series and horizon.

    Attributes
    ----------
    features : ndarray of shape (n_rows, 10)
        Sales of the same hour a day before, a week before and over four weeks; those of the last day against the same
        day of three weeks; temperature; hour, day of the week, horizon, product, store.
    target : ndarray of shape (n_rows,)
        What was sold, as all sales among the features a share of `level`.
    level : ndarray of shape (n_rows,)
        Mean sales of an hour in the four weeks before the origin, in pieces.
    """

    features: Numbers
    target: Numbers
    level: Numbers


def known_at(sales: Sales, origins: Array) -> Known:
    """Gather what is known at each origin about each series and horizon.

    Parameters
    ----------
    sales : Sales
    origins : ndarray of shape (n_origins,), int64
        Hours since the start, at least four weeks and a day of them. Sales of these and later hours go into `target`
        only.

    Returns
    -------
    Known
    """
    series, origin, horizon = _rows(len(sales.store), origins)
    hour = origin + horizon - 1
    sums = np.concatenate([np.zeros((len(sales.store), 1)), sales.demand.cumsum(axis=1)], axis=1)

    def between(back: int, until: int) -> Numbers:
        return np.asarray(sums[series, origin - until] - sums[series, origin - back])

    level = between(MONTH, 0) / MONTH
    same_hour = sum(sales.demand[series, hour - weeks * WEEK] for weeks in (1, 2, 3, 4)) / 4
    weeks_before = sum(between(DAY + weeks * WEEK, weeks * WEEK) for weeks in (1, 2, 3)) / 3
    features = [
        sales.demand[series, hour - DAY] / level,
        sales.demand[series, hour - WEEK] / level,
        same_hour / level,
        between(DAY, 0) / weeks_before,
        sales.warmth[series, hour],
        hour % DAY,
        hour // DAY % 7,
        horizon,
        sales.product[series],
        sales.store[series],
    ]
    return Known(
        features=np.column_stack(features), target=sales.demand[series, hour] / level, level=level
    )  # fmt: skip


def demand_table(*, n_trees: int = N_TREES) -> pa.Table:
    """Forecast every series from every origin with boosted trees and a ridge regression.

    Neither model sees a promotion or anything after its origin; both learn from the time before the first origin.

    Parameters
    ----------
    n_trees : int
        Trees of each boosted model.

    Returns
    -------
    pyarrow.Table
        One row an origin, series and horizon, in this order.
    """
    sales = simulate_sales()
    origins = FIRST_ORIGIN + BETWEEN_ORIGINS * np.arange(N_ORIGINS)
    series, origin, horizon = _rows(len(sales.store), origins)
    hour = origin + horizon - 1
    promotion = sales.promotion[series, hour]
    region = np.array([region for region, _ in STORES.values()])[sales.store[series]]
    return pa.table(
        {
            "store": np.array(list(STORES))[sales.store[series]],
            "product": np.array(list(PRODUCTS))[sales.product[series]],
            "region": region,
            "origin": pa.array(_stamps(origin), pa.timestamp("us")),
            "time": pa.array(_stamps(hour + 1), pa.timestamp("us")),
            "horizon": horizon,
            "day": np.where(hour // DAY % 7 >= 5, "weekend", "weekday"),
            "promotion": np.where(promotion, "yes", "no"),
            "temperature": sales.warmth[series, hour],
            "demand": sales.demand[series, hour],
            **_forecasts(sales, origins, n_trees),
        }
    )


def demand_history() -> pa.Table:
    """Return what was sold in every hour, before, between and after the forecasts.

    Returns
    -------
    pyarrow.Table
        One row a series and hour, in this order.
    """
    sales = simulate_sales()
    hours = np.tile(np.arange(HOURS), len(sales.store))
    return pa.table(
        {
            "store": np.repeat(np.array(list(STORES))[sales.store], HOURS),
            "product": np.repeat(np.array(list(PRODUCTS))[sales.product], HOURS),
            "time": pa.array(_stamps(hours + 1), pa.timestamp("us")),
            "demand": sales.demand.ravel(),
        }
    )


def _stamps(hours: Array) -> Array:
    """Moments so many hours after the start; an hour's sales carry the moment at which it ends."""
    return np.datetime64(START, "us") + hours.astype("timedelta64[h]")


def _week(product: Product) -> Numbers:
    """Mean sales of a store of size 1 in every hour, before weather and chance; (n_hours,)."""
    middle = np.arange(DAY) + 0.5
    day = np.full(DAY, 0.6)
    for peak, width, height in product.peaks:
        day += height * np.exp(-0.5 * (_around(middle - peak) / width) ** 2)
    day *= product.per_hour / day.mean()
    factors = np.array([1.0, 0.96, 0.98, 1.02, 1.12, product.saturday, product.sunday])
    return np.resize(np.outer(factors, day).ravel(), HOURS)


def _one_day_a_week(n_series: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which hours are of a promotion; (n_series, n_hours)."""
    drawn = rng.integers(7, size=(n_series, HOURS // WEEK, 1))
    return np.repeat((drawn == np.arange(7)).reshape(n_series, -1), DAY, axis=1)


def _around(distance: Array) -> Array:
    """Distance on the clock: 23 is one hour from 0."""
    return (distance + 12) % DAY - 12


def _temperatures(rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Temperature of the three regions at every hour, and what the day before said it would be; (3, n_hours) each."""
    hours = np.arange(HOURS)
    season = 16.0 + 5.0 * np.sin(2 * np.pi * (hours / DAY - 20) / 240)
    clock = 4.0 * np.sin(2 * np.pi * (hours % DAY - 9) / DAY)
    real = season + clock + np.array([[-1.5], [1.5], [0.0]]) + 2.5 * _lasting(3, HOURS, 0.985, rng)
    # Made at the midnight that begins the day before, so every origin knows it; worse with the hours since then.
    error = rng.standard_normal((3, HOURS // DAY, 1)) * np.sqrt(np.arange(DAY + 1, 2 * DAY + 1)) * 0.2
    return real, (real + error.reshape(3, HOURS)).round(1)


def _moods(n_series: int, rng: np.random.Generator) -> Numbers:
    """What moves the logarithm of a series for a day, little of it into the next; (n_series, n_hours)."""
    return np.repeat(0.05 * _lasting(n_series, HOURS // DAY, 0.3, rng), DAY, axis=1)


def _lasting(n: int, length: int, keep: float, rng: np.random.Generator) -> Numbers:
    """Noise of variance 1 that keeps this share of itself at every step; (n, length)."""
    noise = rng.standard_normal((n, length))
    for at in range(1, length):
        noise[:, at] = keep * noise[:, at - 1] + np.sqrt(1 - keep**2) * noise[:, at]
    return noise


def _rows(n_series: int, origins: Array) -> tuple[Array, Array, Array]:
    """Series, origin and horizon of each row: (n_rows,), ordered by origin, series, horizon."""
    origin, series, horizon = np.meshgrid(
        origins, np.arange(n_series), np.arange(1, HORIZON + 1), indexing="ij"
    )
    return series.ravel(), origin.ravel(), horizon.ravel()


def _forecasts(sales: Sales, origins: Array, n_trees: int) -> dict[str, Numbers]:
    """Train both models on the time before the first origin and forecast from each origin."""
    # threadpoolctl holds back only what is loaded already.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

    learn = np.arange(MONTH + DAY, FIRST_ORIGIN - HORIZON + 1, BETWEEN_ORIGINS)
    inside = learn <= FIRST_ORIGIN - CALIBRATION - HORIZON
    train, fresh = known_at(sales, learn), known_at(sales, origins)
    earlier, later = known_at(sales, learn[inside]), known_at(sales, learn[~inside])
    tails = [(1 - level) / 2 for level in LEVELS]
    # One thread: more of them may add in another order and round differently.
    with threadpool_limits(1):
        boosted = _boosted(n_trees)(train.features, train.target)(fresh.features)
        ends = [
            _boosted(n_trees, loss="quantile", quantile=at)(train.features, train.target)(fresh.features)
            for at in (tails[1], tails[0], 1 - tails[0], 1 - tails[1])
        ]
        ridge = _ridge(train.features, train.target)(fresh.features)
        misses = np.abs(_ridge(earlier.features, earlier.target)(later.features) - later.target)
    # Trees of different quantiles may cross; the ends of a row are put in order.
    ends = list(np.sort(ends, axis=0))
    halves = [_conformal(misses, level) for level in LEVELS]
    shares = {
        "boosted": boosted,
        "boosted_low_80": ends[1],
        "boosted_high_80": ends[2],
        "boosted_low_95": ends[0],
        "boosted_high_95": ends[3],
        "ridge": ridge,
        "ridge_low_80": ridge - halves[0],
        "ridge_high_80": ridge + halves[0],
        "ridge_low_95": ridge - halves[1],
        "ridge_high_95": ridge + halves[1],
    }
    return {name: np.maximum(share * fresh.level, 0.0).round(DECIMALS) for name, share in shares.items()}


def _boosted(n_trees: int, **settings: Any) -> Fit:
    """Boosted trees for the mean, or for what `settings` say."""

    def fit(features: Numbers, target: Numbers) -> Callable[[Numbers], Numbers]:
        from sklearn.ensemble import HistGradientBoostingRegressor

        model = HistGradientBoostingRegressor(
            max_iter=n_trees, learning_rate=0.1, max_leaf_nodes=15, min_samples_leaf=60, early_stopping=False,
            categorical_features=[8, 9], random_state=0, **settings,
        )  # fmt: skip
        predict: Callable[[Numbers], Numbers] = model.fit(features, target).predict
        return predict

    return fit


def _ridge(features: Numbers, target: Numbers) -> Callable[[Numbers], Numbers]:
    """Learn a linear model of the earlier sales and the temperature; hour, store and product stay out of it."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), Ridge(1.0, solver="cholesky")).fit(features[:, :5], target)
    return lambda new: np.asarray(model.predict(new[:, :5]))


def _conformal(misses: Numbers, level: float) -> float:
    """Half the width of an interval that would have held this share of rows the model had not seen."""
    rank = int(np.ceil((len(misses) + 1) * level))
    return float(np.sort(misses)[rank - 1])
