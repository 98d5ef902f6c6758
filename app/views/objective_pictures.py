"""The pictures of a plan: what it aims for at every threshold, and the rates with their guaranteed bounds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts.cost_curves import PER
from app.charts.cut_axis import Mark
from app.charts.objective_curve import Marked, Measure, objective_figure
from app.charts.rates_by_threshold import Rates, rates_figure
from app.views import plan_words
from app.views.figure_card import about_clicks, draw, head, moves_threshold, numbers_behind, table_of
from app.views.pictured import Pictured
from metrics_core.decisions.curves import ObjectiveCurve, objective_curve
from metrics_core.decisions.guaranteed import GuaranteedCurve, guaranteed_curve
from metrics_core.decisions.rule import BoolArray
from metrics_core.decisions.select import Selection
from metrics_core.metrics import counts
from metrics_core.tally.outcomes import FloatArray
from metrics_core.thresholds import ThresholdTable, threshold_table

_CONFIDENCE = 0.95


def objective_picture(p: Pictured) -> None:
    """Draw what the plan aims for at every threshold."""
    assert p.selection is not None  # there is no such picture without a plan that was carried out
    s, rule = p.selection, p.selection.choice.rule
    measure = _measure(s)
    head(f"{measure.label} by threshold", "Where is the best threshold, how sharp is the peak, and what do the limits rule out?")  # fmt: skip
    curve: ObjectiveCurve = p.kept("objective", lambda: objective_curve(p.weighted(s.tally), rule))
    broken: dict[str, BoolArray] = p.kept("limits", lambda: _broken(p, s, curve))
    if not np.isfinite(curve.value).any():
        st.info(numbers.plain(s.choice.reason), icon=":material/info:")
        return
    live = p.mark(p.live, float(rule.values(p.at(p.live, weighted=True))), weighted=True)
    marked = Marked(live, _chosen(p, s), _ends(p, s), 0.95 if s.spread is None else s.spread.level)
    axis = p.axis(curve.threshold)
    figure = p.figure("objective", lambda: objective_figure(curve, axis, measure, marked, broken, p.colours))
    key = "pictures.objective"
    draw(figure, key, f"{measure.label} at every threshold, with the chosen one, its interval, and where limits are broken; the table behind it holds the numbers",
         moves_threshold(p, key))  # fmt: skip
    st.markdown(_in_words(p, s, measure, live))
    st.caption(" ".join(filter(None, [_about(p, s, broken), about_clicks(p, scaled=True)])))
    numbers_behind(p.shown, lambda: _objective_table(curve, measure, broken), f"{measure.label.lower()} by threshold",
                   "The cuts a screen can show: of each pixel the first, last, lowest and highest. The last one flags nothing.", key=key)  # fmt: skip


def rates_picture(p: Pictured) -> None:
    """Draw the rates by threshold with the bounds that hold all at once."""
    head("Rates by threshold", "What does each threshold do, and what is certain to hold on new rows?")
    bounds, refused = p.kept("guaranteed", lambda: _guaranteed(p))
    rates: Rates = p.kept("rates", lambda: Rates.of(p.tally, _steps(p), bounds), state.view().scale)
    live = p.mark(p.live)
    chosen = _chosen(p, p.selection) if p.selection is not None else None
    axis = p.axis(rates.threshold)
    figure = p.figure("rates", lambda: rates_figure(rates, axis, live, chosen, p.colours))
    key = "pictures.rates"
    draw(figure, key, "Precision, recall, F1 and flagged share at every threshold, with guaranteed lower bounds; the table behind it holds the numbers",
         moves_threshold(p, key))  # fmt: skip
    if bounds is None:
        st.info(numbers.plain(refused), icon=":material/info:")
    else:
        st.markdown(_promised(p, bounds))
    st.caption(
        " ".join(filter(None, [_about_bounds(bounds), _own_prevalence(p), about_clicks(p, scaled=True)]))
    )
    numbers_behind(p.shown, lambda: table_of(rates.columns()), "rates by threshold",
                   "Every threshold is counted exactly. Guaranteed: a lower bound for rows yet to come; empty where nothing is promised.", key=key)  # fmt: skip


# ------------------------------------------------------------------------------------------------ the objective


def _measure(s: Selection) -> Measure:
    """Say how the objective is written; costs for 1,000 rows."""
    objective = s.rule.objective
    if objective.costs is not None:
        return Measure(f"Cost per {PER:,} rows", factor=PER / float(s.tally.n_pos + s.tally.n_neg), bounded=False)  # fmt: skip
    spec = objective.spec
    assert spec is not None  # an objective is a metric or a cost
    return Measure(objective.label, spec.unit, bounded=bool(np.isfinite([spec.low, spec.high]).all()))


def _broken(p: Pictured, s: Selection, curve: ObjectiveCurve) -> dict[str, BoolArray]:
    """Say by limit where on the curve it does not hold."""
    counted = p.weighted(s.tally).outcomes(curve.threshold)
    return {_plain(plan_words.limit(c.text)): ~c.holds(counted) for c in s.choice.rule.constraints}


def _chosen(p: Pictured, s: Selection) -> Mark | None:
    """Place what the plan chose."""
    choice = s.choice
    if choice.threshold is None or choice.outcomes is None:
        return None
    share = float(counts.ratio(choice.outcomes.flagged, choice.outcomes.total))
    return Mark(choice.threshold, share, choice.value)


def _ends(p: Pictured, s: Selection) -> tuple[Mark, Mark] | None:
    """Place the interval of the threshold."""
    if s.spread is None or not np.isfinite([s.spread.low, s.spread.high]).all():
        return None
    return p.mark(s.spread.low, weighted=True), p.mark(s.spread.high, weighted=True)


def _in_words(p: Pictured, s: Selection, measure: Measure, live: Mark) -> str:
    """Compare the chosen threshold with the one in force."""
    now = f"Now, at {numbers.threshold(p.live)}, it is **{measure.text(measure.factor * live.value)}**" if np.isfinite(live.value) else f"Now, at {numbers.threshold(p.live)}, it is undefined"  # fmt: skip
    if s.choice.threshold is None:
        return f"No threshold keeps every limit: {numbers.plain(s.choice.reason)}. {now}."
    same = s.choice.threshold == p.live
    best = f"The plan chose **{numbers.threshold(s.choice.threshold)}**, where {plan_words.inside(measure.label)} is **{measure.text(measure.factor * s.choice.value)}**"  # fmt: skip
    return f"{best}; it is in force." if same else f"{best}. {now}."


def _about(p: Pictured, s: Selection, broken: dict[str, BoolArray]) -> str:
    """Say what the marks mean."""
    said = []
    if s.spread is not None and s.spread.why:
        said.append(f"{numbers.plain(s.spread.why[:1].upper() + s.spread.why[1:])}.")
    elif s.spread is not None:
        said.append(f"Grey band: where {100 * s.spread.level:g}% of the thresholds lie that the same plan leads to on rows drawn again.")  # fmt: skip
    if broken:
        said.append("Hatched: a limit is broken; the bars below say which one.")
    if p.prevalence is not None:
        said.append(f"As if {numbers.share(p.prevalence)} of the rows were positive.")
    return " ".join(said)


def _objective_table(curve: ObjectiveCurve, measure: Measure, broken: dict[str, BoolArray]) -> pa.Table:
    """Make the table behind the figure."""
    columns = {"threshold": curve.threshold, "flagged_share": curve.flagged_share, measure.label: measure.factor * curve.value, "keeps_every_limit": curve.feasible}  # fmt: skip
    return table_of(columns | {f"breaks {name}": where for name, where in broken.items()})


# ------------------------------------------------------------------------------------------------ the rates


def _steps(p: Pictured) -> FloatArray:
    """List the thresholds of the live view on its scale; one that was typed lies in no bin here and is left out."""
    table: ThresholdTable = p.kept("steps", lambda: threshold_table(p.tally))
    steps = table.by_share if state.view().scale == "share" else table.by_score
    return np.asarray(table.threshold[np.sort(steps)])


def _guaranteed(p: Pictured) -> tuple[GuaranteedCurve | None, str]:
    """Bound precision and recall, or say why nothing can be promised."""
    grouped = p.shown.of_model.binary_cases.together is not None
    try:
        return guaranteed_curve(p.tally, confidence=_CONFIDENCE, grouped=grouped), ""
    except mc.DataError as error:
        return None, str(error)


def _promised(p: Pictured, bounds: GuaranteedCurve) -> str:
    """Say what holds at the threshold in force."""
    low = float(bounds.recall_at(p.live))
    said = []
    if np.isfinite(low):
        said.append(f"At {numbers.threshold(p.live)} recall on new rows is at least **{numbers.share(low)}**")
    else:
        said.append(f"At {numbers.threshold(p.live)} no recall is promised: too few positives lie above it")
    higher = bounds.cuts.threshold >= p.live
    if higher.any():
        at = int(np.flatnonzero(higher)[0])
        said.append(f"the next cut with a promised precision is {numbers.threshold(float(bounds.cuts.threshold[at]))}, at least **{numbers.share(float(bounds.precision_low[at]))}**")  # fmt: skip
    elif not bounds.cuts.threshold.size:
        said.append("there are too few rows for any promise of precision")
    return "; ".join(said) + "."


def _about_bounds(bounds: GuaranteedCurve | None) -> str:
    """Say what the bounds are."""
    if bounds is None:
        return ""
    return (
        f"With {100 * bounds.confidence:g}% confidence **all of these bounds hold at once** on new rows of the same kind: slide freely and read off what is promised. "
        "Recall has a bound at every threshold (steps), precision only at the triangles, cuts that were laid before a label was seen; between them nothing is known of it."
    )  # fmt: skip


def _own_prevalence(p: Pictured) -> str:
    """Say whose prevalence this is, where the plan has another one."""
    return "" if p.prevalence is None else "These are the rates of the rows as they are, not at the prevalence of the plan."  # fmt: skip


def _plain(text: str) -> str:
    """Take the Markdown escapes out again: figures and tables show text as it is."""
    return text.replace("\\", "")
