"""The live threshold: every number of a threshold table, redrawn in the browser on each frame of a drag.

Python sends a table in which every threshold somebody can reach is already counted. The browser looks
rows up, formats them and places them on pixels; it never adds, divides or interpolates a number of the
data. A threshold that is typed goes to Python, which counts it and sends a table that holds that very row.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal, NotRequired, TypedDict, get_args

import streamlit as st

Scale = Literal["score", "share"]
How = Literal["drag", "keys", "step", "typed", "undo", "scale"]

OUTCOMES = ("tp", "fp", "fn", "tn")
# The four cells also show their share of the row of the matrix: these rates.
_CELL_RATES = ("recall", "fpr", "fnr", "specificity")
_REQUIRED = ("threshold", "flagged", "flagged_share", *OUTCOMES, *_CELL_RATES)
_LINES = ("precision", "recall", "f1")


class MetricText(TypedDict):
    """How one metric column is named, explained and formatted."""

    key: str
    label: str
    about: str
    better: Literal["higher", "lower", "neither"]
    unit: Literal["share", "number"]
    undefined_when: str
    # The columns (or n_rows, n_positive, n_negative) whose quotient it is; shown as "42 of 50".
    fraction: NotRequired[tuple[str, str]]


class ScoreStrip(TypedDict):
    """Scores in bins: edges on the score scale, rows in each bin, heights from 0 to 1 to draw them."""

    edges: Sequence[float]
    pos: Sequence[float]
    neg: Sequence[float]
    pos_height: Sequence[float]
    neg_height: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class ThresholdColumns:
    """Everything the view can show, counted beforehand; at most about 2500 thresholds.

    Keep one object per data set: its text for the browser is made once.

    Attributes
    ----------
    columns : mapping of name to list
        Equally long plain lists, one entry per distinct threshold, thresholds ascending. Required are
        ``threshold flagged flagged_share tp fp fn tn recall fpr fnr specificity``, and one column for
        each of `metrics`. None is undefined; rates are fractions.
    metrics : sequence of MetricText
        The tiles, in order. ``precision``, ``recall`` and ``f1`` are also drawn as lines.
    by_score : list of int
        Positions in `columns` for the steps of the score slider: thresholds ascending, evenly spaced.
    by_share : list of int
        Positions in `columns` for the steps of the flagged-share slider: share ascending.
    histogram : ScoreStrip
        Scores of both classes, each class with heights on its own scale.
    share_histogram : ScoreStrip, optional
        The same rows in bins that are even on the flagged-share slider, where bins of equal width in score
        would crowd; its edges are thresholds too, in either order.
    n_rows, n_positive, n_negative : float
        Denominators (rows, or sums of weights).

    Raises
    ------
    ValueError
        If a column is missing or of another length, thresholds do not ascend or a slider has no step.
    """

    columns: Mapping[str, Sequence[float | None]]
    metrics: Sequence[MetricText]
    by_score: Sequence[int]
    by_share: Sequence[int]
    histogram: ScoreStrip
    n_rows: float
    n_positive: float
    n_negative: float
    share_histogram: ScoreStrip | None = None
    _positions: dict[float, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wanted = (*_REQUIRED, *(metric["key"] for metric in self.metrics))
        if missing := [name for name in wanted if name not in self.columns]:
            raise ValueError(f"the threshold table lacks {', '.join(missing)}")
        thresholds = [threshold for threshold in self.columns["threshold"] if threshold is not None]
        lengths = {name: len(values) for name, values in self.columns.items()}
        if set(lengths.values()) != {len(thresholds)}:
            raise ValueError(f"columns of the threshold table differ in length: {lengths}")
        if not self.by_score or not self.by_share:
            raise ValueError("each slider needs at least one step")
        if not all(low < high for low, high in itertools.pairwise(thresholds)):
            raise ValueError("thresholds must ascend and be distinct")
        object.__setattr__(self, "_positions", {t: i for i, t in enumerate(thresholds)})

    def holds(self, threshold: float) -> bool:
        """Say whether this very threshold is counted in the table."""
        return threshold in self._positions

    @cached_property
    def text(self) -> str:
        """The table as the browser reads it; NaN and infinity are refused, undefined travels as null."""
        body = {
            "columns": {
                name: values if name == "threshold" else [_nine_digits(value) for value in values]
                for name, values in self.columns.items()
            },
            "metrics": self.metrics,
            "by_score": self.by_score,
            "by_share": self.by_share,
            "histogram": {"score": self.histogram, "share": self.share_histogram or self.histogram},
            "totals": {
                "n_rows": self.n_rows,
                "n_positive": self.n_positive,
                "n_negative": self.n_negative,
            },
            "lines": [key for key in _LINES if key in self.columns],
        }
        return json.dumps(body, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class ThresholdEvent:
    """What somebody settled on: a finite threshold, the scale in use and how they got there."""

    value: float
    scale: Scale
    how: How


def _nine_digits(value: float | None) -> float | None:
    """Shorten what is only read: half the text to send, and no digit of it would be shown."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _asset(name: str) -> str:
    return files("app.components").joinpath(name).read_text(encoding="utf-8")


# Streamlit replaces a message it has sent before by its hash, and in a burst of runs the browser may have
# dropped that message: "Cached ForwardMsg MISS" ends the session. No two of ours are the same.
_serial = itertools.count()

_mount = st.components.v2.component(
    "faultline.threshold_view",
    html=_asset("threshold_view.html"),
    css=_asset("threshold_view.css"),
    js=_asset("threshold_plot.js") + _asset("threshold_view.js"),
)


def threshold_view(
    table: ThresholdColumns,
    *,
    key: str,
    version: str,
    value: float,
    on_commit: Callable[[ThresholdEvent], None],
    colours: Mapping[str, Mapping[str, Any]],
    pos_label: str,
    neg_label: str,
    scale: Scale = "score",
    note: str = "",
) -> None:
    """Show the table at `value` and report the threshold somebody settles on.

    The page keeps value and scale under its own session key: what the component remembers is gone when
    its page is left. While a hand is on the slider, nothing that arrives from Python moves it.

    Parameters
    ----------
    table : ThresholdColumns
    key : str
        Unique on the page. Undo remembers by key, so give each data set its own.
    version : str
        Changes whenever the table changes, the exact row of a typed threshold included.
    value : float
        The current threshold; the table holds exactly this row.
    on_commit : callable taking a ThresholdEvent
        Called before the next run of the page: on release, 250 ms after the last key or step, for a
        typed value and on a change of scale. A typed value need not be in the table: count it and pass
        a table with that row next time.
    colours : mapping of "light" and "dark" to colours
        By name: the outcomes ``tp fp fn tn`` and the lines ``precision recall f1``; others are ignored.
    pos_label, neg_label : str
        Names of the classes; shown as text, never as markup.
    scale : {"score", "share"}
        What the slider runs over: the score or the share of rows that is flagged.
    note : str
        A sentence under the view.

    Raises
    ------
    ValueError
        If the table has no row for `value`.
    """
    if not table.holds(value):
        raise ValueError(f"the threshold table has no row for {value!r}: count it first")

    def committed() -> None:
        event = read_event(st.session_state[key].get("commit"))
        if event is not None:
            on_commit(event)

    _mount(
        key=key,
        data={
            "serial": next(_serial),
            "key": key,
            "table": table.text,
            "version": version,
            "value": value,
            "scale": scale,
            "labels": {"pos": pos_label, "neg": neg_label},
            "colours": {
                scheme: {name: palette[name] for name in (*OUTCOMES, *_LINES)}
                for scheme, palette in colours.items()
            },
            "note": note,
        },
        on_commit_change=committed,
    )


def read_event(payload: object) -> ThresholdEvent | None:
    """Check what the browser sent: None for anything but a finite threshold on a known scale."""
    match payload:
        case {"value": int() | float() as value, "scale": scale, "how": how}:
            known = scale in get_args(Scale) and how in get_args(How) and not isinstance(value, bool)
            if known and math.isfinite(value):
                return ThresholdEvent(value=float(value), scale=scale, how=how)
    return None
