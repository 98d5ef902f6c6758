"""What the pictures of the Threshold page are drawn from: the rows shown, the threshold in force, and what a plan led to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

import plotly.graph_objects as go

from app import numbers, state
from app.charts.cut_axis import CutAxis, Mark
from app.palette import Palette, palette
from app.views.gate import Shown
from metrics_core.decisions.prevalence import reweighted
from metrics_core.decisions.select import Selection
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.tally.outcomes import FloatArray
from metrics_core.thresholds import default_threshold

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Pictured:
    """What is drawn.

    Attributes
    ----------
    shown : Shown
        The rows a threshold is chosen on.
    selection : Selection, optional
        What a plan led to on these rows; None before one was carried out.
    live : float
        The threshold in force.
    plan : Plan
        The plan in force, which may not have been carried out yet.
    locked : bool
        Whether the threshold cannot be moved.
    """

    shown: Shown
    selection: Selection | None
    live: float
    plan: state.Plan
    locked: bool

    @classmethod
    def of(cls, shown: Shown, selection: Selection | None) -> Pictured:
        """Take what is in force; a selection made on other rows is left out."""
        tally = shown.of_model.tally
        assert tally is not None  # the page stops before when there is no score
        live = default_threshold(tally) if shown.threshold is None else shown.threshold
        ledger = state.in_force(shown.predictions, shown.model.name)
        plan = state.desk(shown.predictions, shown.model.name).plan if ledger is None else ledger.answer.plan
        if selection is not None:
            where = None if shown.where is None else shown.where.text
            if (selection.decision.filter, selection.decision.selected_on) != (where, plan.select_on):
                selection = None
        return cls(shown, selection, live, plan, ledger is not None)

    @property
    def tally(self) -> ScoreTally:
        """The scores as they were first counted."""
        return state.tally(self.shown.predictions, self.shown.model.name, None)

    @property
    def prevalence(self) -> float | None:
        """The share of positives the plan is for; None for that of the rows."""
        return None if self.selection is None else self.selection.decision.prevalence

    @property
    def decided(self) -> str:
        """The threshold in force as a label."""
        return f"score ≥ {numbers.threshold(self.live)}"

    @property
    def colours(self) -> Palette:
        """The colours of the page."""
        return palette(state.scheme())

    def weighted(self, tally: ScoreTally) -> ScoreTally:
        """Weight the classes to the prevalence of the plan, if it has one."""
        return tally if self.prevalence is None else reweighted(tally, self.prevalence)

    def at(self, cut: float, *, weighted: bool = False) -> Outcomes:
        """Count any threshold exactly, without leading axes."""
        finite = isfinite(cut)  # above or below every score no bin has to be divided
        tally = state.tally(self.shown.predictions, self.shown.model.name, cut) if finite else self.tally
        return (self.weighted(tally) if weighted else tally).outcomes(cut)

    def mark(self, cut: float, value: float = float("nan"), *, weighted: bool = False) -> Mark:
        """Place a threshold; its share is counted."""
        o = self.at(cut, weighted=weighted)
        return Mark(cut, float(counts.ratio(o.flagged, o.total)), value)

    def axis(self, threshold: FloatArray) -> CutAxis:
        """Choose the axis of thresholds: on the scale of the live view."""
        return CutAxis.over(state.view().scale, threshold, probability=self.tally.probability)

    def key(self, what: str, *more: object) -> str:
        """Name something made of these rows and this plan; ``more`` is whatever else it depends on."""
        v, s = state.view(), self.selection
        of_plan = () if s is None else (s.decision.objective, s.decision.constraints, s.decision.prevalence, s.decision.threshold,
                                        s.decision.keep_promises, [c["promise"] for c in s.decision.certificates], s.decision.interval)  # fmt: skip
        return "|".join(map(str, ("pictures", what, state.identity(self.shown.predictions), self.shown.model.name, v.label, v.where, v.exact, of_plan, *more)))  # fmt: skip

    def kept(self, what: str, make: Callable[[], T], *more: object) -> T:
        """Compute something once for these rows and this plan."""
        return state.kept(self.key(what, *more), make)

    def figure(self, what: str, make: Callable[[], go.Figure], *more: Any) -> go.Figure:
        """Build a figure once for the threshold in force and the colours of the page."""
        return state.kept(self.key(what, self.live, state.view().scale, state.scheme(), *more), make)
