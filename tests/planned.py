"""A table with everything a plan can ask for, and the decision that the core makes of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metrics_core as mc
from app.state import Answer, Plan
from metrics_core.decisions.select import Selection, selection_of

#: The roles of ``planned_table`` for ``metrics_core.read``.
ROLES: dict[str, Any] = {
    "y_true": "label",
    "y_score": "p",
    "pos_label": "1",
    "split": "part",
    "amount": "money",
    "time": "day",
}


def planned_table(folder: Path, n: int = 600, name: str = "planned.csv") -> Path:
    """Write rows with score, label, split, amount, time, weight and patient."""
    rng = np.random.default_rng(5)
    score = rng.random(n).round(3)
    frame = pd.DataFrame({
        "label": (rng.random(n) < score**2).astype(int),
        "p": score,
        "q": np.clip(score + rng.normal(0, 0.2, n), 0, 1).round(3),
        "part": np.where(np.arange(n) % 3 == 2, "test", "validation"),
        "money": rng.gamma(2, 20, n).round(2),
        "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(n) % 40, unit="D"),
        "w": rng.integers(1, 4, n) / 2,
        "patient": [f"P{i % 150}" for i in range(n)],
        "region": np.resize(["north", "south"], n),
    })  # fmt: skip
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def selected(predictions: mc.Predictions, plan: Plan, *, report: bool = False, **more: Any) -> Selection:
    """Choose by the core alone."""
    return selection_of(predictions, **plan.settings(report=report), **more)


def answered(predictions: mc.Predictions, plan: Plan, *, report: bool = False, where: str = "", model: str | None = None) -> Answer:  # fmt: skip
    """Choose by the core alone, as the page keeps it."""
    decision = selected(predictions, plan, report=report, where=where or None, model=model).decision
    return Answer(plan, decision, where)
