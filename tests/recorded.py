"""Recorded decisions, and rows whose counts are laid out by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

import metrics_core as mc
from metrics_core.decisions.check import Check, check
from metrics_core.decisions.record import Decision

MINIMAL: dict[str, Any] = {
    "schema": 1,
    "task": "binary",
    "model": "p",
    "pos_label": "1",
    "roles": {"y_true": "y", "y_score": "p", "score_kind": "probability"},
    "threshold": 0.5,
    "objective": {"maximize": "f1"},
    "data": {"sha256": "", "rows": 3},
    "feasible": True,
}


def decision(**fields: Any) -> Decision:
    return Decision.from_dict(MINIMAL | fields)


def laid_out(tp: int, fp: int, fn: int, tn: int, **more: Any) -> pd.DataFrame:
    """Rows with so many of each outcome at 0.5."""
    y, p = np.repeat([1, 0, 1, 0], [tp, fp, fn, tn]), np.repeat([0.9, 0.5, 0.4, 0.1], [tp, fp, fn, tn])
    return pd.DataFrame({"y": y, "p": p} | more)


def checked(
    record: Decision, frame: pd.DataFrame, *, roles: dict[str, Any] | None = None, **more: Any
) -> Check:
    data = mc.read(frame, **{"y_true": "y", "y_score": "p", "pos_label": "1"} | (roles or {}))
    return check(record, data, **{"replicates": 100} | more)


def strict(value: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(json.dumps(value, allow_nan=False))
    assert isinstance(found, dict)
    return found
