"""Tables with a planted slice, and slices counted the slow way."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

import metrics_core as mc
from metrics_core.discovery import Discovery, discover
from metrics_core.row_losses import RowLoss

Codes = list[NDArray[np.int8]]


def by_hand(
    codes: Codes, loss: NDArray[Any], weight: NDArray[Any], depth: int, need: float
) -> dict[Any, Any]:
    """Count every conjunction the slow way: number of rows, weight and weighted loss by its column-level pairs."""
    found = {}
    for size in range(1, depth + 1):
        for columns in combinations(range(len(codes)), size):
            for values in product(*(range(int(codes[c].max()) + 1) for c in columns)):
                inside = np.all([codes[c] == v for c, v in zip(columns, values, strict=True)], axis=0)
                if weight[inside].sum() >= need and inside.any():
                    found[tuple(zip(columns, values, strict=True))] = (int(inside.sum()), float((weight * loss)[inside].sum()))  # fmt: skip
    return found


def named(items: Any, slices: NDArray[np.int32]) -> list[Any]:
    """Write conjunctions as pairs of column and level."""
    return [tuple((int(items.column[i]), int(items.value[i])) for i in s if i >= 0) for s in slices]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Codes, NDArray[np.bool_]]:
    n, n_columns = draw(st.integers(1, 150)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    codes = [rng.integers(0, draw(st.integers(1, 4)), n).astype(np.int8) for _ in range(n_columns)]
    return codes, rng.random(n) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))


def planted(n: int = 4000, seed: int = 0, base: float = 0.1, more: float = 0.3, **extra: Any) -> pd.DataFrame:
    """Rows that are wrong more often where device is web and country NL."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "device": rng.choice(["app", "web", "tv"], n),
            "country": rng.choice(["DE", "FR", "NL", "AT"], n),
            "age": rng.integers(18, 80, n),
        }
    )
    inside = (frame["device"] == "web") & (frame["country"] == "NL")
    wrong = rng.random(n) < base + more * inside
    label = rng.integers(0, 2, n)
    return frame.assign(y=label, said=label ^ wrong, **extra)


def found(frame: pd.DataFrame, roles: dict[str, Any] | None = None, **asked: Any) -> Discovery:
    return discover(mc.read(frame, **{"y_true": "y", "y_pred": "said"} | (roles or {})), **asked)


def loss_of(wrong: Any, **more: Any) -> RowLoss:
    loss = np.asarray(wrong, dtype=np.float64)
    return RowLoss(loss=loss, rows=np.arange(loss.size), **more)


def scored(n: int = 6000, seed: int = 0) -> pd.DataFrame:
    """Rows whose positives are missed in one city."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["a", "b", "c"], n)
    label = (rng.random(n) < 0.3).astype(int)
    score = np.clip(0.25 + 0.5 * label + rng.normal(0, 0.15, n), 0.01, 0.99)
    score = np.where((city == "b") & (label == 1), score - 0.25, score)
    return pd.DataFrame({"y": label, "p": score.clip(0.001), "city": city, "amount": rng.exponential(10, n)})
