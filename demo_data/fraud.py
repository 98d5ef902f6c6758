"""The ``fraud`` demo: simulated card payments, scored by a model with a planted weakness.

``docs/demos.md`` says what is simulated and what is planted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SEED = 20260803
ROWS_PER_WEEK = 12_500
NEW_ACCOUNT_DAYS = 30
MISSED_FRAUD = 0.03
"""Share of the fraudulent transactions that nobody reported: recorded as 0."""
FALSE_REPORTS = 0.0002
"""Share of the honest transactions that were charged back by mistake: recorded as 1."""
UNKNOWN_COUNTRY = 0.005

Array = npt.NDArray[Any]
Columns = dict[str, Array]

# Share of the honest transactions, median amount in EUR, spread of its logarithm.
MERCHANTS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "grocery": (0.21, 34.0, 0.75),
        "restaurant": (0.15, 22.0, 0.60),
        "fashion": (0.13, 58.0, 0.70),
        "gaming": (0.11, 15.0, 0.80),
        "transport": (0.10, 18.0, 0.85),
        "subscription": (0.09, 12.0, 0.50),
        "electronics": (0.07, 120.0, 0.90),
        "home": (0.06, 75.0, 0.85),
        "travel": (0.05, 210.0, 0.90),
        "tickets": (0.03, 64.0, 0.65),
    }
)
DEVICES = ("mobile app", "desktop", "mobile web", "tablet", "phone order")
COUNTRIES = ("DE", "FR", "NL", "AT", "IT", "ES", "BE", "GB", "PL", "US", "IE", "SE")
HOME_COUNTRIES = (0.47, 0.10, 0.09, 0.08, 0.06, 0.05, 0.04, 0.035, 0.03, 0.02, 0.015, 0.01)
ABROAD_COUNTRIES = (0.30, 0.10, 0.08, 0.05, 0.06, 0.06, 0.04, 0.11, 0.04, 0.09, 0.05, 0.02)
# Weights of the days from Monday and of the hours from midnight, UTC.
WEEKDAYS = (0.132, 0.132, 0.135, 0.140, 0.155, 0.165, 0.141)
DAY_HOURS = (12, 8, 6, 5, 5, 7, 13, 24, 36, 44, 50, 56, 60, 56, 52, 54, 60, 68, 74, 76, 70, 56, 38, 22)
NIGHT_HOURS = (56, 58, 58, 54, 48, 38, 30, 24, 24, 26, 28, 30, 32, 32, 32, 34, 36, 38, 40, 42, 44, 48, 52, 60)
EVENING_HOURS = (20, 10, 5, 3, 3, 4, 8, 14, 20, 26, 30, 34, 40, 42, 46, 56, 66, 76, 86, 92, 90, 78, 58, 38)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How one kind of customer or fraudster pays.

    Attributes
    ----------
    merchants : mapping of str to float
        Weights of the merchant types; one that is not named is never visited.
    devices, gaming_devices, countries, hours : tuple of float
        Weights in the order of the tuples above; `gaming_devices` rules in gaming when given.
    amount_factor : float
        Times the usual amount of the merchant type.
    attempts : float
        Mean number of earlier attempts within the hour.
    new_accounts : float
        Share of the accounts that are younger than 30 days.
    """

    merchants: Mapping[str, float]
    devices: tuple[float, ...]
    gaming_devices: tuple[float, ...] | None = None
    countries: tuple[float, ...] = HOME_COUNTRIES
    hours: tuple[float, ...] = DAY_HOURS
    amount_factor: float = 1.0
    attempts: float = 0.25
    new_accounts: float = 0.06


HONEST = "honest"
NEW_PATTERN = "gaming top-up"
BEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        HONEST: Behaviour(
            merchants={name: share for name, (share, _, _) in MERCHANTS.items()},
            devices=(0.42, 0.29, 0.18, 0.08, 0.03),
            gaming_devices=(0.44, 0.15, 0.31, 0.10, 0.0),
        ),
        # Big-ticket goods that sell again, bought abroad and at night.
        "stolen card": Behaviour(
            merchants={"electronics": 0.46, "travel": 0.22, "fashion": 0.14, "tickets": 0.10, "home": 0.08},
            devices=(0.10, 0.55, 0.22, 0.05, 0.08),
            countries=ABROAD_COUNTRIES,
            hours=NIGHT_HOURS,
            amount_factor=3.4,
            attempts=1.6,
            new_accounts=0.12,
        ),
        # Is the number alive? Many tiny payments within minutes.
        "card testing": Behaviour(
            merchants={
                "subscription": 0.38,
                "gaming": 0.32,
                "transport": 0.12,
                "restaurant": 0.10,
                "grocery": 0.08,
            },
            devices=(0.10, 0.52, 0.34, 0.02, 0.02),
            countries=ABROAD_COUNTRIES,
            amount_factor=0.20,
            attempts=5.0,
            new_accounts=0.15,
        ),
        # An account opened for the purpose.
        "new account": Behaviour(
            merchants={"electronics": 0.34, "fashion": 0.26, "tickets": 0.20, "gaming": 0.12, "home": 0.08},
            devices=(0.36, 0.34, 0.24, 0.04, 0.02),
            hours=EVENING_HOURS,
            amount_factor=2.2,
            attempts=1.0,
            new_accounts=0.80,
        ),
        # An old account in foreign hands: hard to tell from its owner.
        "takeover": Behaviour(
            merchants={"fashion": 0.28, "electronics": 0.30, "travel": 0.20, "tickets": 0.12, "home": 0.10},
            devices=(0.24, 0.42, 0.28, 0.04, 0.02),
            hours=NIGHT_HOURS,
            amount_factor=2.6,
            attempts=1.3,
            new_accounts=0.02,
        ),
        # The planted failure: only after the model was trained, and it looks like an ordinary evening player.
        NEW_PATTERN: Behaviour(
            merchants={"gaming": 1.0},
            devices=(0.0, 0.0, 1.0, 0.0, 0.0),
            hours=EVENING_HOURS,
            amount_factor=1.6,
            attempts=1.0,
            new_accounts=0.03,
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class Period:
    """Some weeks of payments: when, and which share of them is which fraud."""

    start: str
    weeks: int
    fraud: Mapping[str, float]
    amount_growth: float = 1.0


TRAINING = Period(
    start="2026-04-13",
    weeks=16,
    fraud={"stolen card": 0.0055, "card testing": 0.0034, "new account": 0.0030, "takeover": 0.0022},
)
VALIDATION = Period(
    start="2026-08-03",
    weeks=5,
    fraud={
        "stolen card": 0.0053,
        "card testing": 0.0032,
        "new account": 0.0031,
        "takeover": 0.0024,
        NEW_PATTERN: 0.0013,
    },
)
# The small drift of the test weeks: dearer baskets, fewer tests of stolen numbers, more takeovers.
TEST = Period(
    start="2026-09-07",
    weeks=3,
    fraud={
        "stolen card": 0.0053,
        "card testing": 0.0027,
        "new account": 0.0031,
        "takeover": 0.0032,
        NEW_PATTERN: 0.0017,
    },
    amount_growth=1.04,
)


@dataclass(frozen=True)
class Simulation:
    """A demo's table and what the table does not tell, in its row order.

    Attributes
    ----------
    table : pyarrow.Table
        What is written to the file.
    clean : ndarray of bool
        True where the transaction really was fraud, before label noise.
    pattern : ndarray of str
        The behaviour each row was drawn from: ``"honest"`` or the kind of fraud.
    """

    table: pa.Table
    clean: npt.NDArray[np.bool_]
    pattern: Array


def simulate_fraud(*, rows_per_week: int = ROWS_PER_WEEK) -> Simulation:
    """Simulate eight weeks of card payments, scored by a model that was trained on the weeks before.

    Parameters
    ----------
    rows_per_week : int
        Transactions per week; the file has eight weeks, the training set sixteen.

    Returns
    -------
    Simulation
    """
    seeds = np.random.SeedSequence(SEED).spawn(3)
    train, validation, test = (
        _payments(period, period.weeks * rows_per_week, np.random.default_rng(seed))
        for period, seed in zip((TRAINING, VALIDATION, TEST), seeds, strict=True)
    )
    rows = {name: np.concatenate([validation[name], test[name]]) for name in validation}
    n_rows = len(rows["time"])
    split = np.where(np.arange(n_rows) < len(validation["time"]), "validation", "test")
    table = pa.table(
        {
            "transaction_id": pa.array([f"T{number:07d}" for number in range(1, n_rows + 1)], pa.string()),
            "time": pa.array(rows["time"], pa.timestamp("us")),
            "amount": pa.array(rows["amount"], pa.float64()),
            "merchant_type": pa.array(np.array(list(MERCHANTS))[rows["merchant"]], pa.string()),
            "device": pa.array(np.array(DEVICES)[rows["device"]], pa.string()),
            "country": pa.array(np.array(COUNTRIES)[rows["country"]], pa.string(), mask=rows["no_country"]),
            "new_account": pa.array(np.where(rows["age"] < NEW_ACCOUNT_DAYS, "yes", "no"), pa.string()),
            "account_age_days": pa.array(rows["age"], pa.int64()),
            "attempts_last_hour": pa.array(rows["attempts"], pa.int64()),
            "split": pa.array(split, pa.string()),
            "is_fraud": pa.array(rows["recorded"], pa.int64()),
            "score": pa.array(_scores(train, rows), pa.float64()),
        }
    )
    pattern = np.array(list(BEHAVIOURS))[rows["pattern"]]
    return Simulation(table, pattern != HONEST, pattern)


def _payments(period: Period, n_rows: int, rng: np.random.Generator) -> Columns:
    """Draw a period's payments in order of time, honest and fraudulent, with the label as recorded."""
    shares = [period.fraud.get(name, 0.0) for name in BEHAVIOURS]
    shares[0] = 1.0 - sum(shares)
    counts = rng.multinomial(n_rows, shares)
    parts = [
        _behave(behaviour, period, int(count), rng)
        for behaviour, count in zip(BEHAVIOURS.values(), counts, strict=True)
    ]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows["pattern"] = np.repeat(np.arange(len(parts)), counts)
    order = np.argsort(rows["time"], kind="stable")
    rows = {name: values[order] for name, values in rows.items()}
    fraud = rows["pattern"] > 0
    flipped = rng.random(n_rows) < np.where(fraud, MISSED_FRAUD, FALSE_REPORTS)
    rows["recorded"] = fraud ^ flipped
    rows["no_country"] = rng.random(n_rows) < UNKNOWN_COUNTRY
    return rows


def _behave(behaviour: Behaviour, period: Period, count: int, rng: np.random.Generator) -> Columns:
    """Draw `count` payments of one behaviour; categories as positions in their tuples."""
    merchant = _choose(rng, [behaviour.merchants.get(name, 0.0) for name in MERCHANTS], count)
    median, spread = np.array([MERCHANTS[name][1:] for name in MERCHANTS])[merchant].T
    factor = behaviour.amount_factor * period.amount_growth
    amount = median * factor * np.exp(spread * rng.standard_normal(count))
    device = _choose(rng, behaviour.devices, count)
    if behaviour.gaming_devices:
        gaming = merchant == list(MERCHANTS).index("gaming")
        device = np.where(gaming, _choose(rng, behaviour.gaming_devices, count), device)
    new = rng.random(count) < behaviour.new_accounts
    age = NEW_ACCOUNT_DAYS + np.minimum(rng.gamma(1.6, 620.0, count), 4000.0)
    hours = 24 * (7 * rng.integers(period.weeks, size=count) + _choose(rng, WEEKDAYS, count)) + _choose(
        rng, behaviour.hours, count
    )
    seconds = 3600 * hours + rng.integers(3600, size=count)
    return {
        "time": np.datetime64(period.start, "us") + seconds.astype("timedelta64[s]"),
        "amount": np.maximum(amount, 0.5).round(2),
        "merchant": merchant,
        "device": device,
        "country": _choose(rng, behaviour.countries, count),
        "age": np.where(new, rng.integers(NEW_ACCOUNT_DAYS, size=count), age.astype(np.int64)),
        "attempts": rng.poisson(rng.gamma(1.5, behaviour.attempts / 1.5, count)),
    }


def _choose(rng: np.random.Generator, weights: Sequence[float], count: int) -> Array:
    """Positions drawn with these weights."""
    shares = np.asarray(weights, dtype=np.float64)
    return rng.choice(len(shares), size=count, p=shares / shares.sum())


def _scores(train: Columns, rows: Columns) -> npt.NDArray[np.float64]:
    """Probability of fraud after a gradient-boosted model that saw only `train`, to six decimals."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

    model = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=60,
        l2_regularization=5.0,
        categorical_features=[1, 2, 3],
        early_stopping=False,
        random_state=0,
    )
    # One thread: the same trees either way, but five times slower with two on a busy machine.
    with threadpool_limits(1, user_api="openmp"):
        model.fit(_features(train), train["recorded"])
        scores: npt.NDArray[np.float64] = model.predict_proba(_features(rows))[:, 1]
    return scores.round(6)


def _features(rows: Columns) -> npt.NDArray[np.float64]:
    """Return what the model sees, one column each; an unknown country is missing."""
    hour = rows["time"].astype("datetime64[h]").astype(np.int64) % 24
    country = np.where(rows["no_country"], np.nan, rows["country"])
    names = ("amount", "merchant", "device")
    return np.column_stack([*(rows[name] for name in names), country, rows["age"], rows["attempts"], hour])
