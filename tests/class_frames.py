"""A table of four classes with probabilities, read in different ways."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.cases import ClassCases
from metrics_core.errors import NeedsChoice
from tests.class_tables import random_classes

DRAWN = random_classes(1, 60, 4)
FRAME = DRAWN.frame()
LABELS = DRAWN.labels
P = [f"p_{label}" for label in LABELS]
WITHOUT_P = FRAME[["y_true", "y_pred"]]


def read(data: Any = FRAME, **options: Any) -> mc.Predictions:
    return mc.read(data, **options)


def judged(data: Any = FRAME, **options: Any) -> ClassCases:
    cases = mc.read(data, **options).judged()
    assert isinstance(cases, ClassCases)
    return cases


def probabilities(data: Any = FRAME, **options: Any) -> Any:
    found = judged(data, **options).probabilities
    assert found is not None
    return found


def asked(data: Any, **options: Any) -> tuple[str, str, list[str]]:
    """The question's id, its sentence and its options."""
    with pytest.raises(NeedsChoice) as caught:
        mc.read(data, **options)
    return caught.value.id, caught.value.question, [o.value for o in caught.value.options]


def findings(predictions: mc.Predictions) -> dict[str, tuple[str, str]]:
    return {f.id: (f.severity, f.text) for f in predictions.findings}


def numbered(first: int = 0) -> pd.DataFrame:
    """Labels that are whole numbers."""
    return pd.DataFrame({"y_true": DRAWN.truth + first, "y_pred": DRAWN.decided + first})


def with_p(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Add the probabilities under some names."""
    return pd.concat([frame, pd.DataFrame(DRAWN.p, columns=names, index=frame.index)], axis=1)
