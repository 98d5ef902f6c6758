"""Precision, recall, F1 and the flagged share at every threshold, with the bounds that hold for rows yet to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app import numbers
from app.charts import cut_axis, layout
from app.charts.cut_axis import CutAxis, Mark
from app.palette import Palette
from metrics_core.decisions.guaranteed import GuaranteedCurve
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.tally.outcomes import FloatArray

#: Each line: its name, the metric, its dash (as in the live view) and its width.
LINES = (
    ("Precision", "precision", "solid", 2.25),
    ("Recall", "recall", "dash", 2.25),
    ("F1", "f1", "dot", 2),
)
_FLAGGED = ("Flagged share", "longdashdot", 1.5)


@dataclass(frozen=True, eq=False)
class Rates:
    """The rates of some thresholds.

    Attributes
    ----------
    outcomes : Outcomes
        ``(m,)`` at ascending thresholds.
    guaranteed : GuaranteedCurve, optional
        Bounds that hold all at once; None where nothing can be promised.
    """

    outcomes: Outcomes
    guaranteed: GuaranteedCurve | None = None

    @classmethod
    def of(cls, tally: ScoreTally, threshold: FloatArray, guaranteed: GuaranteedCurve | None) -> Rates:
        """Count thresholds, and those that have a bound."""
        more = [] if guaranteed is None else [guaranteed.cuts.threshold, guaranteed.recall_threshold]
        return cls(tally.outcomes(np.unique(np.concatenate([threshold, *more]))), guaranteed)

    @property
    def threshold(self) -> FloatArray:
        """The thresholds, ascending."""
        assert self.outcomes.threshold is not None  # they were counted at some
        return self.outcomes.threshold

    @property
    def flagged_share(self) -> FloatArray:
        """Share of the rows at or above each threshold."""
        return counts.ratio(self.outcomes.flagged, self.outcomes.total)

    def columns(self) -> dict[str, FloatArray]:
        """Return the numbers behind the figure, one entry a threshold; NaN where undefined or nothing is promised."""
        o = self.outcomes
        found = {"threshold": self.threshold, "flagged": o.flagged, "flagged_share": self.flagged_share}
        found |= {"precision": counts.precision(o), "recall": counts.recall(o), "f1": counts.f1(o)}
        if self.guaranteed is not None:
            found |= {
                "precision_guaranteed": self.guaranteed.precision_at(self.threshold),
                "recall_guaranteed": self.guaranteed.recall_at(self.threshold),
            }
        return found


def rates_figure(rates: Rates, axis: CutAxis, live: Mark, chosen: Mark | None, palette: Palette, *, height: int = layout.TALL) -> go.Figure:  # fmt: skip
    """Draw the rates.

    Parameters
    ----------
    rates : Rates
    axis : CutAxis
    live : Mark
        The threshold in force.
    chosen : Mark, optional
        What the plan chose.
    palette : Palette
    height : int

    Returns
    -------
    plotly Figure
        A line each for ``Precision``, ``Recall``, ``F1`` and ``Flagged share``; with bounds the steps ``Recall at
        least`` and the marks ``Precision at least``, because precision is bounded at these cuts only; ``points``, whose
        ``customdata`` begin with the threshold.
    """
    found, share = rates.columns(), rates.flagged_share
    figure = go.Figure()
    for name, key, dash, width in LINES:
        x, y = axis.whole(rates.threshold, share, found[key])
        figure.add_scatter(name=name, x=x, y=y, mode="lines", hoverinfo="skip",
                           line={"color": getattr(palette, key), "dash": dash, "width": width, "shape": "vh"})  # fmt: skip
    x, y = axis.whole(rates.threshold, share, share)
    name, dash, width = _FLAGGED
    figure.add_scatter(name=name, x=x, y=y, mode="lines", hoverinfo="skip", line={"color": palette.quiet, "dash": dash, "width": width, "shape": "vh"})  # fmt: skip
    if rates.guaranteed is not None:
        figure.add_traces(_bounds(rates, rates.guaranteed, axis, palette))
    at = axis.place(rates.threshold, share)
    on = np.where(np.isnan(found["recall"]), share, found["recall"])
    figure.add_trace(cut_axis.clickable(at, on, rates.threshold, _said(found)))
    if chosen is not None and chosen.threshold != live.threshold:
        cut_axis.chosen_line(figure, axis, chosen, palette)
    layout.apply(figure, palette, height=height, x=axis.title, y="Share")
    cut_axis.live(figure, axis, live, palette)
    figure.update_xaxes(axis.settings())
    figure.update_yaxes(range=[-0.01, 1.01], tickformat=".0%")
    return cut_axis.dressed(figure, height)


def _bounds(rates: Rates, guaranteed: GuaranteedCurve, axis: CutAxis, palette: Palette) -> list[go.Scatter]:
    """Draw the bounds: of recall as steps, because each holds at every lower cut too; of precision where cuts were laid."""
    threshold, share = rates.threshold, rates.flagged_share
    traces = []
    if guaranteed.recall_threshold.size:
        x, y = axis.whole(threshold, share, guaranteed.recall_at(threshold))
        traces.append(go.Scatter(name="Recall at least", x=x, y=y, mode="lines", fill="tozeroy", hoverinfo="skip", fillcolor=layout.faded(palette.recall, 0.10),
                                 line={"color": layout.faded(palette.recall, 0.85), "width": 1.25, "shape": "vh"}))  # fmt: skip
    cuts = guaranteed.cuts.threshold
    if cuts.size:
        at = axis.place(cuts, share[np.searchsorted(threshold, cuts)])
        said = [
            f"score ≥ {cut:.6g}, flags {numbers.count(int(n))}<br>precision at least <b>{numbers.share(low)}</b> on new rows"
            for cut, n, low in zip(cuts.tolist(), guaranteed.cuts.flagged, guaranteed.precision_low.tolist(), strict=True)
        ]  # fmt: skip
        traces.append(go.Scatter(name="Precision at least", x=at, y=guaranteed.precision_low, mode="markers", hovertext=said, customdata=[[float(c)] for c in cuts],
                                 hovertemplate="%{hovertext}<extra></extra>", unselected={"marker": {"opacity": 1}},
                                 marker={"symbol": "triangle-up", "size": 9, "color": palette.precision, "line": {"color": palette.surface, "width": 1}}))  # fmt: skip
    return traces


def _said(found: dict[str, FloatArray]) -> list[str]:
    """Write what the mouse reads at every threshold."""
    words = []
    for i, cut in enumerate(found["threshold"].tolist()):
        one = {key: float(values[i]) for key, values in found.items()}
        lines = [f"score ≥ {cut:.6g}", f"precision {numbers.share(one['precision'])}", f"recall {numbers.share(one['recall'])}",
                 f"F1 {numbers.number(one['f1'])}", f"flags {numbers.count(one['flagged'])}, {numbers.share(one['flagged_share'])}"]  # fmt: skip
        if not np.isnan(one.get("recall_guaranteed", np.nan)):
            lines.append(f"recall at least {numbers.share(one['recall_guaranteed'])} on new rows")
        words.append("<br>".join(lines))
    return words
