"""A page with nothing but the threshold view; its table is counted row by row, without the core.

Serve it with ``streamlit run``; ``?case=`` chooses the scores.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.components.threshold_view import (
    MetricText,
    ThresholdColumns,
    ThresholdEvent,
    threshold_view,
)

COLOURS: dict[Literal["light", "dark"], dict[str, str]] = {
    "light": {
        "tp": "#0072B2",
        "fn": "#D55E00",
        "fp": "#E69F00",
        "tn": "#8A8F98",
        "precision": "#00805D",
        "recall": "#A8467E",
        "f1": "#1C2430",
    },
    "dark": {
        "tp": "#56B4E9",
        "fn": "#FF8A4C",
        "fp": "#F2C14E",
        "tn": "#9AA0A6",
        "precision": "#3CC9A0",
        "recall": "#E79AC2",
        "f1": "#E6EBF2",
    },
}
METRICS: tuple[MetricText, ...] = (
    {
        "key": "precision",
        "label": "Precision",
        "about": "Share of the rows predicted positive that are positive.",
        "better": "higher",
        "unit": "share",
        "undefined_when": "no row is predicted positive",
        "fraction": ("tp", "flagged"),
    },
    {
        "key": "recall",
        "label": "Recall",
        "about": "Share of the positive rows that were predicted positive.",
        "better": "higher",
        "unit": "share",
        "undefined_when": "no row is positive",
        "fraction": ("tp", "n_positive"),
    },
    {
        "key": "f1",
        "label": "F1",
        "about": "Harmonic mean of precision and recall, computed from the counts.",
        "better": "higher",
        "unit": "number",
        "undefined_when": "no row is positive or predicted positive",
    },
    {
        "key": "specificity",
        "label": "Specificity",
        "about": "Share of the negative rows that were predicted negative.",
        "better": "higher",
        "unit": "share",
        "undefined_when": "no row is negative",
        "fraction": ("tn", "n_negative"),
    },
    {
        "key": "accuracy",
        "label": "Accuracy",
        "about": "Share of the rows that were predicted right.",
        "better": "higher",
        "unit": "share",
        "undefined_when": "there are no rows",
    },
    {
        "key": "mcc",
        "label": "MCC",
        "about": "Correlation of prediction and truth, from -1 to 1.",
        "better": "higher",
        "unit": "number",
        "undefined_when": "only one class is present or predicted",
    },
)

LABELS = ("fraud", "legitimate")
MARKUP = ("<b>fraud</b> & *co*", "<img src=x onerror=alert(1)>")


@cache
def rows(case: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Truth and score of the made-up rows."""
    rng = np.random.default_rng(4)
    match case:
        case "three":
            return np.array([True, False, True]), np.array([0.9, 0.4, 0.2])
        case "one-score":
            return np.arange(50) % 5 == 0, np.full(50, 0.25)
        case "no-positives":
            return np.zeros(200, dtype=bool), rng.random(200)
        case "margins":
            truth = rng.random(2000) < 0.3
            return truth, np.where(truth, rng.normal(2, 1.5, 2000), rng.normal(-1.5, 2, 2000))
        case _:
            truth = rng.random(20_000) < 0.015
            return truth, np.where(truth, rng.beta(3.2, 2.2, truth.size), rng.beta(0.9, 9, truth.size))


def count(truth: NDArray[np.bool_], score: NDArray[np.float64], threshold: float) -> dict[str, float | None]:
    """One row of the table by direct counting."""
    flagged = score >= threshold
    tp, fp = int((flagged & truth).sum()), int((flagged & ~truth).sum())
    fn, tn = int((~flagged & truth).sum()), int((~flagged & ~truth).sum())

    def ratio(top: float, bottom: float) -> float | None:
        return top / bottom if bottom else None

    spread = float((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
    return {
        "threshold": threshold,
        "flagged": tp + fp,
        "flagged_share": (tp + fp) / truth.size,
        **{"tp": tp, "fp": fp, "fn": fn, "tn": tn},
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "fnr": ratio(fn, tp + fn),
        "specificity": ratio(tn, tn + fp),
        "fpr": ratio(fp, tn + fp),
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "accuracy": (tp + tn) / truth.size,
        "mcc": ratio(tp * tn - fp * fn, spread),
    }


@cache
def table(case: str, typed: float | None) -> ThresholdColumns:
    """Count at 501 scores and 301 flagged shares, and at a typed threshold."""
    truth, score = rows(case)
    low, high = float(np.floor(score.min())), float(np.ceil(score.max()))
    even = [float(t) for t in np.linspace(low, high, 501).round(6)]
    ordered = np.sort(score)[::-1]
    ranks = np.unique(np.geomspace(1, score.size, 301).round().astype(int))
    shares = [float(ordered[rank - 1]) for rank in ranks]
    thresholds = sorted({*even, *shares, *([] if typed is None else [typed])})
    at = {t: i for i, t in enumerate(thresholds)}
    counted = [count(truth, score, t) for t in thresholds]
    edges = np.linspace(low, high, 61)
    pos, neg = np.histogram(score[truth], edges)[0], np.histogram(score[~truth], edges)[0]
    return ThresholdColumns(
        columns={name: [row[name] for row in counted] for name in counted[0]},
        metrics=METRICS,
        by_score=[at[t] for t in even],
        by_share=[at[t] for t in shares],
        histogram={
            "edges": edges.tolist(),
            "pos": pos.tolist(),
            "neg": neg.tolist(),
            "pos_height": np.sqrt(pos / max(1, pos.max())).tolist(),
            "neg_height": np.sqrt(neg / max(1, neg.max())).tolist(),
        },
        n_rows=truth.size,
        n_positive=int(truth.sum()),
        n_negative=int((~truth).sum()),
    )


def page() -> None:
    """Show the view; keep value and scale in the session as a page of the app does."""
    st.set_page_config(layout="wide")
    case = st.query_params.get("case", "rare")
    start = {"margins": 0.0, "one-score": 0.25}.get(case, 0.5)
    held = st.session_state.setdefault("held", {"value": start, "scale": "score", "events": 0})

    def commit(event: ThresholdEvent) -> None:
        held.update(value=event.value, scale=event.scale, how=event.how, events=held["events"] + 1)

    if st.button("Python says 0.25"):
        held["value"] = 0.25

    @st.fragment(run_every=0.25 if case == "ticking" else None)
    def view() -> None:
        shown = table(case, None)
        version = case
        if not shown.holds(held["value"]):
            shown, version = table(case, held["value"]), f"{case} {held['value']!r}"
        held["runs"] = held.get("runs", 0) + 1
        threshold_view(
            shown,
            key="threshold_view",
            version=version,
            value=held["value"],
            scale=held["scale"],
            on_commit=commit,
            colours=COLOURS,
            pos_label=(MARKUP if case == "markup" else LABELS)[0],
            neg_label=(MARKUP if case == "markup" else LABELS)[1],
            note=f"Run {held['runs']}" if case == "ticking" else "Every threshold is counted on all rows.",
        )
        st.text(
            f"Python has {held['value']!r} by {held['scale']}, {held['events']} events, last {held.get('how')}"
        )

    view()


if __name__ == "__main__":
    page()
