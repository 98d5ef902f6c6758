"""A decision as cards: the threshold and where it may lie, its objective, what it flags, and the optimism gap."""

from __future__ import annotations

from math import isfinite

from app import numbers
from app.components.metric_cards import Card
from app.views import plan_words
from app.views.worth import objective_text, objective_unit, objective_value
from metrics_core.decisions.record import Decision


def cards_of(decision: Decision, least: float, most: float) -> list[Card]:
    """Write the cards of a decision with a threshold.

    Parameters
    ----------
    decision : Decision
    least, most : float
        The range of the thresholds, the ends of its bar.
    """
    cards = [_cut_card(decision, least, most), _objective_card(decision), _flagged_card(decision)]
    return cards if decision.reported is None else [*cards, _gap_card(decision)]


def _cut_card(d: Decision, least: float, most: float) -> Card:
    """Write the threshold with the interval of where it may lie."""
    span, cut = d.interval or {}, float(d.threshold or 0.0)
    low, high = span.get("low"), span.get("high")

    def place(value: float | None) -> float | None:
        if value is None or not most > least:
            return None
        return min(1.0, max(0.0, (value - least) / (most - least)))

    known = low is not None and high is not None
    level = f"{100 * span.get('level', 0.95):g}%"
    return Card(
        "threshold", "Threshold", numbers.threshold(cut), "score ≥ threshold is positive",
        "The threshold the plan leads to, and where it would have fallen had other rows of the same kind been drawn.",
        position=place(cut), low=place(low), high=place(high),
        interval=f"{level} of redraws {numbers.threshold(_short(low))}–{numbers.threshold(_short(high))}" if known else "",
        ends=(f"{least:.3g}", f"{most:.3g}"),
    )  # fmt: skip


def _objective_card(d: Decision) -> Card:
    """Write the objective on the rows it was chosen on, beside what it is worth on rows it was not chosen on."""
    here, honest = objective_value(d, d.apparent), _honest_value(d)
    key, spec = plan_words.key_of(d.objective), plan_words.spec_of(d.objective)
    # an interval belongs to the rows as they are, not to another prevalence
    span = {} if d.prevalence is not None else (d.apparent or {}).get("intervals", {}).get(key) or {}
    low, high = span.get("low"), span.get("high")
    bounded = spec is not None and isfinite(spec.low) and isfinite(spec.high) and here is not None

    def place(value: float | None) -> float | None:
        if value is None or spec is None or not bounded:
            return None
        return min(1.0, max(0.0, (value - spec.low) / (spec.high - spec.low)))

    known = low is not None and high is not None
    return Card(
        "objective", plan_words.aimed_for(d.objective), objective_text(d, here), "where it was chosen",
        "What the plan aims for, on the rows the threshold was chosen on. Honest is what the same plan reaches on rows it was not chosen on, by repeated cross-validation.",
        position=place(here), low=place(low) if known else None, high=place(high) if known else None, baseline=place(honest),
        baseline_label="" if honest is None else f"honest {objective_text(d, honest)}",
        interval=f"95% CI {numbers.interval(low, high, objective_unit(d))}" if known else "",
        ends=(objective_text(d, spec.low), objective_text(d, spec.high)) if spec is not None and bounded else ("", ""),
    )  # fmt: skip


def _flagged_card(d: Decision) -> Card:
    """Write how many rows are flagged."""
    part = d.apparent or {}
    cells = part["confusion"]
    total = sum(cells.values())
    span, share = (d.interval or {}).get("flagged_share") or {}, part.get("flagged_share")
    low, high = span.get("low"), span.get("high")
    known = low is not None and high is not None
    return Card(
        "flagged", "Flagged", numbers.share(share), f"{numbers.count(cells['tp'] + cells['fp'])} of {numbers.count(total)}",
        "Share of the rows whose score reaches the threshold, and between what it would move with the threshold.",
        position=share, low=low, high=high,
        interval=f"moves within {numbers.interval(low, high, 'share')}" if known else "", ends=("0%", "100%"),
    )  # fmt: skip


def _gap_card(d: Decision) -> Card:
    """Write the optimism gap: what is lost on rows that had no part in the choice."""
    here, there = objective_value(d, d.apparent), objective_value(d, d.reported)
    gap = None if here is None or there is None else there - here
    text = said = numbers.NOT_AVAILABLE
    if gap is not None and isfinite(gap):
        points = " points" if objective_unit(d) == "share" else ""
        text = f"{'+' if gap > 0 else '−' if gap < 0 else '±'}{objective_text(d, abs(gap)).removesuffix('%')}{points}"
        better = gap != 0 and (gap > 0) == ("maximize" in d.objective)
        than = "as good as" if gap == 0 else "better than" if better else "worse than"
        said = f"{than} {objective_text(d, here)} where it was chosen"
    return Card(
        "gap", f"Optimism gap on {d.reported_on}", text, f"{objective_text(d, there)} there",
        "How the objective changes from the rows it was chosen on to those that had no part in the choice.",
        interval=said,
    )  # fmt: skip


def _honest_value(d: Decision) -> float | None:
    """Return the honest value of the objective, costs for each row."""
    value = (d.honest or {}).get("value")
    if value is None or value != value:
        return None
    if "costs" not in d.objective:
        return float(value)
    total = sum((d.apparent or {})["confusion"].values())
    return float(value) / total if total else None


def _short(value: float | None) -> float:
    """Round an end of the interval of a threshold to what is worth reading."""
    return float(f"{value or 0.0:.4g}")
