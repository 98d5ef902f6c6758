"""The core's threshold table as the plain lists the live view reads."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from app.components.threshold_view import MetricText, ScoreStrip, ThresholdColumns
from app.palette import DARK, LIGHT, Palette
from metrics_core import curves
from metrics_core.metrics.registry import REGISTRY
from metrics_core.tally import ScoreTally
from metrics_core.thresholds import ThresholdTable

#: The tiles of the view, in order; the first three are also drawn as lines.
TILES = ("precision", "recall", "f1", "specificity", "accuracy", "mcc")
_CELL_RATES = ("recall", "fpr", "fnr", "specificity")
_FRACTIONS = {
    "precision": ("tp", "flagged"),
    "recall": ("tp", "n_positive"),
    "specificity": ("tn", "n_negative"),
}
_STRIP_BINS = 60
_COLOURS = ("tp", "fp", "fn", "tn", "precision", "recall", "f1")


@lru_cache(maxsize=16)
def threshold_columns(table: ThresholdTable, tally: ScoreTally) -> ThresholdColumns:
    """Turn a table into what the browser gets; made once a table."""
    o = table.outcomes
    keys = dict.fromkeys([*TILES, *_CELL_RATES])
    columns: dict[str, list[Any]] = {
        "threshold": table.threshold.tolist(),
        "flagged": o.flagged.tolist(),
        "flagged_share": _rounded(table.flagged_share),
        "tp": o.tp.tolist(),
        "fp": o.fp.tolist(),
        "fn": o.fn.tolist(),
        "tn": o.tn.tolist(),
        **{key: _rounded(table.metrics[key]) for key in keys},
    }
    return ThresholdColumns(
        columns=columns,
        metrics=[_text(key) for key in TILES],
        by_score=table.by_score.tolist(),
        by_share=table.by_share.tolist(),
        histogram=_strip(tally),
        share_histogram=_share_strip(table),
        n_rows=float(tally.n_pos + tally.n_neg),
        n_positive=float(tally.n_pos),
        n_negative=float(tally.n_neg),
    )


def colours() -> dict[str, dict[str, str]]:
    """Return the outcome and line colours of both schemes."""
    return {"light": _named(LIGHT), "dark": _named(DARK)}


def _named(palette: Palette) -> dict[str, str]:
    return {name: getattr(palette, name) for name in _COLOURS}


def _text(key: str) -> MetricText:
    """Describe a metric with what the registry says about it."""
    spec = REGISTRY["binary", key]
    text = MetricText(key=key, label=spec.label, about=spec.about, better=spec.better, unit="share" if key == "f1" else spec.unit,
                      undefined_when=spec.undefined_when)  # fmt: skip
    if key in _FRACTIONS:
        text["fraction"] = _FRACTIONS[key]
    return text


def _rounded(values: np.ndarray) -> list[float | None]:
    """Write undefined as None and keep six digits: more is not shown and makes the page heavier."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in values.tolist()]


def _strip(tally: ScoreTally) -> ScoreStrip:
    """Bin the scores of both classes; each class is drawn on its own scale."""
    bins = curves.histogram(tally, bins=_STRIP_BINS)
    return ScoreStrip(
        edges=[*bins.low.tolist(), float(bins.high[-1])],
        pos=bins.pos.tolist(),
        neg=bins.neg.tolist(),
        pos_height=_heights(bins.pos),
        neg_height=_heights(bins.neg),
    )


def _share_strip(table: ThresholdTable) -> ScoreStrip:
    """Bin the rows along the steps of the share slider, highest scores first."""
    steps = table.by_share[
        np.unique(np.linspace(0, table.by_share.size - 1, _STRIP_BINS + 1).round().astype(int))
    ]
    pos, neg = (np.diff(side[steps], prepend=0)[1:] for side in (table.outcomes.tp, table.outcomes.fp))
    if pos.size:  # the first bin holds the rows above the first step too
        pos[0] += table.outcomes.tp[steps[0]]
        neg[0] += table.outcomes.fp[steps[0]]
    edges = table.threshold[steps].tolist()
    return ScoreStrip(
        edges=edges, pos=pos.tolist(), neg=neg.tolist(), pos_height=_heights(pos), neg_height=_heights(neg)
    )


def _heights(counts: np.ndarray) -> list[float]:
    """Scale counts to 0..1 by their square root, so that small bins are seen beside large ones."""
    top = float(counts.max(initial=0))
    return [float(f"{h:.4g}") for h in np.sqrt(counts / top).tolist()] if top else [0.0] * len(counts)
