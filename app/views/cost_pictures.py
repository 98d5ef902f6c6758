"""The pictures of costs: what thresholds cost at the prices of the plan, at any prices, and what acting on scores is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.cost_curves import PER, Theory, cost_figure, envelope_figure, money
from app.charts.net_benefit import net_benefit_figure
from app.views import plan_words
from app.views.figure_card import about_clicks, draw, head, moves_threshold, numbers_behind, table_of
from app.views.pictured import Pictured
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.curves import (  # fmt: skip
    CostByThreshold,
    NetBenefitCurve,
    cost_by_threshold,
    net_benefit_curve,
)
from metrics_core.decisions.envelope import CostCurve, cost_curve, probability_cost
from metrics_core.decisions.prevalence import prevalence_of, transported
from metrics_core.metrics import counts
from metrics_core.tally import Outcomes

_NARROWEST = 420
#: Ends of the thresholds at which somebody may plausibly act.
_ENDS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 0.9, 0.99)


@dataclass(frozen=True)
class Priced:
    """A threshold with what it costs."""

    name: str
    cut: float | None
    outcomes: Outcomes


def cost_picture(p: Pictured) -> None:
    """Draw what thresholds cost at today's prices, and which are cheapest at any."""
    try:
        costs = _costs(p)
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        costs = None
    parts = st.grid(2, min_column_width=_NARROWEST, gap="medium")
    if costs is not None:
        with parts.cell():
            _by_threshold(p, costs)
    with parts.cell():
        _at_any_prices(p, costs)


def net_benefit_picture(p: Pictured) -> None:
    """Draw the decision curve; for probabilities only."""
    head("Net benefit", "Is acting on the scores worth more than acting on every row, or on none?")
    if not p.tally.probability:
        st.info("Net benefit reads the threshold as the odds at which somebody would act, so it needs probabilities, and these scores are none. If they are, say so on the Data page.", icon=":material/info:")  # fmt: skip
        return
    low, high = _range(p)
    curve: NetBenefitCurve = p.kept(
        "benefit", lambda: net_benefit_curve(p.tally, low=low, high=high), low, high
    )
    live = p.mark(p.live, float(counts.net_benefit(p.at(p.live))))
    chosen = None if p.selection is None else p.selection.choice.threshold
    figure = p.figure("benefit", lambda: net_benefit_figure(curve, live, p.colours, chosen=chosen), low, high)
    key = "pictures.benefit"
    draw(figure, key, "Net benefit of the model, of flagging every row and of flagging none, by threshold; the table behind it holds the numbers",
         moves_threshold(p, key))  # fmt: skip
    st.markdown(_useful(curve))
    st.caption(
        "Net benefit: true positives per row less false positives per row, these weighed at the odds of the threshold. Somebody who acts from 10% on takes nine "
        f"needless flags for one positive found. {'The curve is that of the rows as they are, not at the prevalence of the plan. ' if p.prevalence is not None else ''}{about_clicks(p)}"
    )  # fmt: skip
    numbers_behind(p.shown, lambda: table_of(curve.frame()), "net benefit", "Avoided per 100: needless flags that flagging every row would make and the model does not, in 100 rows.", key=key)  # fmt: skip


# ------------------------------------------------------------------------------------------------ at the prices of the plan


def _costs(p: Pictured) -> Costs:
    """Read the prices of the plan.

    Raises
    ------
    DataError
        If they cannot be read, or need amounts that the rows do not have.
    """
    costs = Costs.read(*(getattr(p.plan, name) for name in state.PRICES))
    costs.check_amounts(p.shown.of_model.binary_cases, p.shown.predictions.roles.amount)
    return costs


def _by_threshold(p: Pictured, costs: Costs) -> None:
    """Draw the cost of every threshold at the prices of the plan."""
    head("Cost by threshold", f"At today’s prices, which threshold costs least? {_prices(p)}")
    curve: CostByThreshold = p.kept("cost", lambda: cost_by_threshold(p.weighted(p.tally), costs), costs)
    now = p.at(p.live, weighted=True)
    live = p.mark(p.live, float(costs.per_row(now)), weighted=True)
    theory, why = _theory(p, costs)
    axis = p.axis(curve.threshold)
    figure = p.figure("cost", lambda: cost_figure(curve, axis, live, p.colours, theory=theory), costs)
    key = "pictures.cost"
    draw(figure, key, "Cost at every threshold, with the cheapest one and the one in force; the table behind it holds the numbers",
         moves_threshold(p, key))  # fmt: skip
    best = float(curve.threshold[curve.cheapest])
    lines = [Priced("Now", p.live, now), Priced("Cheapest on these rows", best, p.at(best, weighted=True))]
    if theory is not None:
        lines.append(Priced("If the scores were calibrated", theory.threshold, p.at(theory.threshold, weighted=True)))  # fmt: skip
    lines += [Priced("Flag no row", None, p.at(np.inf, weighted=True)), Priced("Flag every row", None, p.at(-np.inf, weighted=True))]  # fmt: skip
    st.dataframe(_compared(lines, costs), hide_index=True, height="content", key="pictures.cost.compared", alt="Costs compared")  # fmt: skip
    of_plan = "" if p.plan.aim == state.COST else "To change the prices, aim for the cost in the plan. "
    at = "" if p.prevalence is None else f"As if {numbers.share(p.prevalence)} of the rows were positive. "
    st.caption(f"{why}{at}{of_plan}{about_clicks(p, scaled=True)}")
    numbers_behind(p.shown, lambda: table_of(curve.frame()), "cost by threshold", "Cost of all rows, and of one row, at the cuts a screen can show.", key=key)  # fmt: skip


def _theory(p: Pictured, costs: Costs) -> tuple[Theory | None, str]:
    """Find Elkan's cut, or say why there is none."""
    cut, reason = costs.calibrated_cut()
    if cut is None:
        return None, f"There is no cut for calibrated scores: {reason}. "
    if not p.tally.probability:
        return None, "There is no cut for calibrated scores: these scores are no probabilities. "
    if p.prevalence is not None and 0 < cut < 1:
        cut = float(transported(cut, float(prevalence_of(p.tally)), p.prevalence))
    mark = p.mark(cut, weighted=True)
    return Theory(cut, mark.share), "If calibrated: the cut that costs least when scores are calibrated probabilities (Elkan 2001). Where it lies apart from the cheapest one, the scores are not calibrated there, or few rows decide. "  # fmt: skip


def _compared(lines: list[Priced], costs: Costs) -> pd.DataFrame:
    """Make the table of thresholds side by side."""
    rows = []
    for one in lines:
        o = one.outcomes
        share = float(counts.ratio(o.flagged, o.total))
        rows.append(
            {
                "": one.name,
                "Threshold": "" if one.cut is None else f"{one.cut:.6g}",
                "Flagged": numbers.share(share),
                f"Cost per {PER:,} rows": money(PER * float(costs.per_row(o))),
                "Cost in all": money(float(costs.total(o))),
            }
        )
    return pd.DataFrame(rows)


def _prices(p: Pictured) -> str:
    """Write the prices as a sentence."""
    text = plan_words.prices(p.plan)
    return f"{text[:1].upper()}{text[1:]}."


# ------------------------------------------------------------------------------------------------ at any prices


def _at_any_prices(p: Pictured, costs: Costs | None) -> None:
    """Draw the cost curve."""
    head("Cost at any prices", "Which thresholds can be cheapest, however rare positives are and whatever errors cost?")  # fmt: skip
    curve: CostCurve = p.kept("envelope", lambda: cost_curve(p.tally))
    here, why = _here(p, costs)
    figure = p.figure("envelope", lambda: envelope_figure(curve, p.at(p.live), p.decided, p.colours, here=here, height=layout.TALL), here)  # fmt: skip
    key = "pictures.envelope"
    draw(figure, key, "Least expected cost for every weight of the positives, with the threshold in force as a line; the table behind it holds the numbers")  # fmt: skip
    if here is not None:
        cut, _ = curve.at(here)
        st.markdown(f"With these prices and {numbers.share(_prevalence(p))} positives, the positives weigh **{numbers.share(here)}**, and **{numbers.threshold(cut)}** is the best cut there.")  # fmt: skip
    st.caption(
        f"{why}Each threshold is a straight line, from its false positive rate on the left to its share of missed positives on the right; the curve is the lowest of all. "
        f"Where the dashed line lies above it, another threshold is cheaper. {numbers.count(curve.threshold.size)} thresholds are ever the cheapest."
    )  # fmt: skip
    numbers_behind(p.shown, lambda: table_of(curve.frame()), "cost curve", "One row a threshold that is cheapest somewhere, with the stretch where it is.", key=key)  # fmt: skip


def _here(p: Pictured, costs: Costs | None) -> tuple[float | None, str]:
    """Place today's prices and prevalence, or say why they have no place."""
    if costs is None:
        return None, ""
    try:
        return probability_cost(costs, _prevalence(p)), ""
    except mc.DataError as error:
        return None, f"{numbers.plain(error)} "


def _prevalence(p: Pictured) -> float:
    """The share of positives that counts."""
    return float(prevalence_of(p.tally)) if p.prevalence is None else p.prevalence


# ------------------------------------------------------------------------------------------------ net benefit


def _range(p: Pictured) -> tuple[float, float]:
    """Draw the choice of the thresholds that are plausible; the one in force is among them at first."""
    low = max([end for end in _ENDS if end <= min(0.01, p.live)] or [0.0])
    high = min([end for end in _ENDS if end >= max(0.5, p.live)] or [_ENDS[-1]])
    ends = st.select_slider("Thresholds at which somebody may act", _ENDS, value=(low, high), key="pictures.benefit.ends", persist_state="session",
                            format_func=lambda end: f"{100 * end:g}%", width=420)  # fmt: skip
    first, last = float(ends[0]), float(ends[1])
    if first < last:
        return first, last
    at = _ENDS.index(first)  # both ends on one step: the stretch next to it
    return (first, _ENDS[at + 1]) if at + 1 < len(_ENDS) else (_ENDS[at - 1], first)


def _useful(curve: NetBenefitCurve) -> str:
    """Say where the scores are worth something."""
    found = [f"{numbers.share(a)} to {numbers.share(b)}" if b > a else numbers.share(a) for a, b in curve.useful_between()]  # fmt: skip
    if not found:
        return "Nowhere between these ends is the model worth more than flagging every row or none."
    more = f" and {len(found) - 3} more stretches" if len(found) > 3 else ""
    return f"The model is worth more than flagging every row and than flagging none from **{', '.join(found[:3])}**{more}."  # fmt: skip
