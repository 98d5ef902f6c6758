"""Small tables and what the adviser says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import metrics_core as mc

Frame = pd.DataFrame


def said(
    frame: Frame, id: str, *, how: dict[str, Any] | None = None, **options: Any
) -> list[tuple[str, str]]:
    """Severity and text of every finding of an id."""
    found = mc.evaluate(mc.read(frame, **({"pos_label": 1} | (how or {}))), **options).findings
    return [(f.severity, f.text) for f in found if f.id == id]


def of_classes(frame: Frame, id: str, **options: Any) -> list[tuple[str, str]]:
    return said(frame, id, how={"task": "multiclass", "pos_label": None}, **options)


def decided(tp: int, fn: int, fp: int, tn: int) -> Frame:
    """Decisions without a score."""
    return pd.DataFrame({"y_true": [1] * (tp + fn) + [0] * (fp + tn), "y_pred": [1] * tp + [0] * fn + [1] * fp + [0] * tn})  # fmt: skip


def classified(**rows: dict[str, int]) -> Frame:
    """Rows of true classes by predicted class: ``a={"a": 90, "b": 10}``."""
    pairs = [(true, label) for true, of in rows.items() for label, n in of.items() for _ in range(n)]
    return pd.DataFrame(pairs, columns=["y_true", "y_pred"])


def scored(n: int = 400, *, seed: int = 5, share: float = 0.4, by: float = 0.3) -> Frame:
    """Rows whose scores, all different, mean something."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    return pd.DataFrame(
        {"y_true": positive.astype(int), "y_score": by * positive + (1 - by) * rng.beta(2, 3, n)}
    )


def described(n: int, seed: int = 0) -> Frame:
    """Scores with three columns that tell rows apart."""
    rng = np.random.default_rng(seed)
    more = {
        "age": rng.integers(18, 90, n),
        "sum": rng.normal(50, 10, n).round(2),
        "town": rng.choice(list("ABCDEFGH"), n),
    }
    return scored(n, seed=seed).assign(**more)  # fmt: skip
