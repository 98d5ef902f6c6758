"""The rates a confusion matrix implies: value, interval, the two counts behind it and what it says."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from app import numbers
from metrics_core.evaluation import Metrics
from metrics_core.intervals import Interval
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import Outcomes

#: Each rate's outcomes: those it counts, and those it counts them among.
RATES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "recall": (("tp",), ("tp", "fn")),
    "fnr": (("fn",), ("tp", "fn")),
    "fpr": (("fp",), ("fp", "tn")),
    "specificity": (("tn",), ("fp", "tn")),
    "precision": (("tp",), ("tp", "fp")),
    "npv": (("tn",), ("fn", "tn")),
    "accuracy": (("tp", "tn"), ("tp", "fp", "fn", "tn")),
    "prevalence": (("tp", "fn"), ("tp", "fp", "fn", "tn")),
}

# As the margins of the matrix call them.
_ABBREVIATED = {"fnr": "{} (FNR)", "fpr": "{} (FPR)", "npv": "{} (NPV)"}


def rate_frame(outcomes: Outcomes, metrics: Metrics, spans: Mapping[str, Interval]) -> pd.DataFrame:
    """Return one row of text a rate.

    Parameters
    ----------
    outcomes : Outcomes
    metrics : Metrics
    spans : mapping of str to Interval

    Returns
    -------
    pandas.DataFrame
        Columns ``Rate``, ``Value``, ``95 % interval``, ``Rows``, ``Definition``.
    """
    rows = []
    for key, (part, whole) in RATES.items():
        spec, span = REGISTRY["binary", key], spans.get(key)
        of = f"{_sum(outcomes, part)} of {_sum(outcomes, whole)}"
        reason = metrics.undefined.get(key)
        says = f"{spec.about} Not defined because {reason}." if reason else spec.about
        interval = numbers.NOT_AVAILABLE if span is None else numbers.interval(span.low, span.high, spec.unit)
        rows.append(
            (
                _ABBREVIATED.get(key, "{}").format(spec.label),
                numbers.by_unit(metrics.values[key], spec.unit),
                interval,
                of,
                says,
            )
        )
    return pd.DataFrame(rows, columns=["Rate", "Value", "95 % interval", "Rows", "Definition"])


def _sum(outcomes: Outcomes, codes: tuple[str, ...]) -> str:
    """Add up some of the four counts."""
    return numbers.count(sum(float(getattr(outcomes, code)) for code in codes))
