"""The review band: two thresholds instead of one, and a person looks at the rows between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts.cost_curves import money
from app.charts.reject_curve import reject_figure, zones_figure
from app.components.metric_cards import Card, metric_cards
from app.views import plan_words
from app.views.figure_card import draw, head, numbers_behind, table_of
from app.views.pictured import Pictured
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.reject import RejectBand, RejectCurve, reject_band, reject_curve
from metrics_core.metrics import counts

Aim = Literal["errors", "automation", "price"]

_AIMS: dict[Aim, str] = {
    "errors": "Most errors",
    "automation": "Least automation",
    "price": "Price of a review",
}
_KEY = "pictures.reject"


def reject_picture(p: Pictured) -> None:
    """Draw the choice of a band, what it does, and the curve of all bands."""
    head("Review band", "Which rows can be decided automatically, and which should a person look at?")
    tally = p.weighted(p.tally)
    single = float(counts.error_rate(p.at(p.live, weighted=True)))
    curve: RejectCurve = p.kept("reject", lambda: reject_curve(tally))
    settings, said = _settings(p, single, float(curve.error_rate[0]))
    if settings is None:
        st.info(numbers.plain(said), icon=":material/info:")
        return
    counted = p.weighted(state.tally(p.shown.predictions, p.shown.model.name, p.live))
    try:
        band: RejectBand = p.kept(
            "band", lambda: reject_band(counted, threshold=p.live, **settings), p.live, said
        )
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    if band.reason:
        st.warning(f"Every row goes to review: {band.reason}.", icon=":material/block:")
    metric_cards(_cards(p, band), key=f"{_KEY}.cards.{p.shown.predictions.name}")
    low, high = float(tally.score[0]), float(np.nextafter(tally.score[-1] if tally.top is None else tally.top[-1], np.inf))  # fmt: skip
    ends = (0.0, 1.0) if tally.probability else (low, high)
    flagged, all_rows = float(band.automated.flagged), float(band.automated.total) + band.review_load
    parts = (all_rows - flagged - band.review_load, band.review_load, flagged)
    zones = p.figure("zones", lambda: zones_figure(band, ends, parts, p.colours), said)
    draw(zones, f"{_KEY}.zones", f"Scores below {band.low:.4g} are not flagged, from {band.high:.4g} on flagged, between them reviewed")  # fmt: skip
    figure = p.figure("reject", lambda: reject_figure(curve, band, single, p.decided, p.colours), said)
    draw(figure, f"{_KEY}.curve", "Errors among the automatic decisions by the share of rows decided automatically; the table behind it holds the numbers", _picks())  # fmt: skip
    at = "" if p.prevalence is None else f" As if {numbers.share(p.prevalence)} of the rows were positive."
    st.caption(f"Each point of the curve is a band that no other beats. Click one to take its share of automatic decisions. The band is chosen and judged on the same rows, so its errors are a little flattered; a review is taken to decide right.{at}")  # fmt: skip
    numbers_behind(p.shown, lambda: table_of(curve.frame()), "review bands", "score >= high is flagged, score < low is not; between them is review.", key=_KEY, chart=f"{_KEY}.curve")  # fmt: skip


def _settings(p: Pictured, single: float, least: float) -> tuple[dict[str, Any] | None, str]:
    """Draw the choice of an aim and its number; return them for the core and as a text that tells them apart.

    At first the band is to make half the errors of the best single threshold.
    """
    half = 100 * least / 2
    first = {"aim": "errors", "automation": 80.0, "errors": float(f"{half:.2g}") if 0 < half < 99 else 1.0}
    of = (p.shown.predictions.name, p.shown.model.name, p.shown.label)
    if state.chosen(f"{_KEY}.of") != of:  # how many errors are few depends on the model
        state.preset(f"{_KEY}.of", of)
        state.drop(f"{_KEY}.errors")
    for name, value in first.items():
        if state.chosen(f"{_KEY}.{name}") is None:
            state.preset(f"{_KEY}.{name}", value)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        aim = st.segmented_control("Choose the band by", list(_AIMS), key=f"{_KEY}.aim", required=True, persist_state="session", format_func=_AIMS.__getitem__)  # fmt: skip
        if aim == "automation":
            least = st.number_input("Decide automatically at least, %", 1.0, 100.0, step=5.0, key=f"{_KEY}.automation", persist_state="session", width=260, format="%.1f")  # fmt: skip
            return {"automation": float(least or 1) / 100}, f"automation {least}"
        if aim == "price":
            return _priced(p)
        most = st.number_input("Errors among the automatic decisions, % at most", 0.0, 99.0, step=0.1, key=f"{_KEY}.errors", persist_state="session", width=330, format="%.3g",
                               help=f"Now, at {p.decided}, it is {numbers.share(single)} of all rows")  # fmt: skip
        return {"max_error": float(most or 0) / 100}, f"errors {most}"


def _priced(p: Pictured) -> tuple[dict[str, Any] | None, str]:
    """Ask for the price of a review, beside the prices of the plan."""
    review = st.text_input("A review costs", "0.5", key=f"{_KEY}.price", persist_state="session", width=170, help="A number for each row, or a share of its amount such as 0.01*amount")  # fmt: skip
    st.caption(plan_words.prices(p.plan), width="content")
    try:
        costs = Costs.read(*(getattr(p.plan, name) for name in state.PRICES))
        costs.check_amounts(p.shown.of_model.binary_cases, p.shown.predictions.roles.amount)
    except mc.DataError as error:
        return None, str(error)
    return {"costs": costs, "review": review.strip()}, f"price {costs} {review.strip()}"


def _picks() -> Callable[[], None]:
    """Make the answer to a click on the curve: its share of automatic decisions becomes the aim."""

    def answer() -> None:
        event = state.chosen(f"{_KEY}.curve")
        points = event["selection"]["points"] if event else []
        data = points[0].get("customdata") if points else None
        if data:
            state.preset(f"{_KEY}.aim", "automation")
            state.preset(f"{_KEY}.automation", max(1.0, min(100.0, 100 * float(data[0]))))

    return answer


def _cards(p: Pictured, band: RejectBand) -> list[Card]:
    """Write what the band does."""
    n = float(band.automated.total) + band.review_load
    without = float(counts.error_rate(band.without))
    cards = [
        Card("band", "Band", f"{_short(band.low)}–{_short(band.high)}" if band.high > band.low else "none",
             "of scores go to review" if band.high > band.low else "every row is decided", "score ≥ upper end is flagged, score < lower end is not, between them a person looks."),
        Card("automation", "Automatic", numbers.share(band.automation), f"{numbers.count(float(band.automated.total))} of {numbers.count(n)}",
             "Share of the rows that are decided without a person.", position=_inside(band.automation), ends=("0%", "100%")),
        Card("errors", "Errors among them", numbers.share(band.error_rate), f"{numbers.count(band.errors)} of {numbers.count(float(band.automated.total))}",
             "Wrong ones among the automatic decisions.", baseline_label=f"{numbers.share(without)} without a band"),
        Card("review", "To review", numbers.count(band.review_load), f"{numbers.count(band.review_pos)} of them positive",
             "Rows that a person looks at, or the sum of their weights."),
        Card("avoided", "Errors avoided", numbers.count(band.errors_avoided), f"of {numbers.count(float(band.without.fp + band.without.fn))} at {p.decided}",
             "Errors of the threshold in force less those among the automatic decisions, when reviews decide right."),
    ]  # fmt: skip
    if band.cost is not None and band.cost_without is not None:
        cards.append(Card("cost", "Cost", money(band.cost), f"{money(band.cost_without)} at {p.decided}",
                          "Costs less gains of all rows, reviews included, when reviews decide right."))  # fmt: skip
    return cards


def _inside(value: float) -> float | None:
    """Place a share on a bar."""
    return None if np.isnan(value) else min(1.0, max(0.0, value))


def _short(value: float) -> str:
    """Write an end of the band."""
    return f"{value:.4g}"
