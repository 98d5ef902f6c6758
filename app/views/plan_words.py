"""A plan in words: one sentence for the card, the lock and whoever opens the record. What the user typed is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import metrics_core as mc
from app import numbers, state
from metrics_core.decisions.constraints import Capacity, Constraint
from metrics_core.decisions.costs import Price
from metrics_core.decisions.objectives import threshold_metric
from metrics_core.decisions.promises import Promise
from metrics_core.metrics.spec import MetricSpec, Unit

_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_COUNTED: dict[str, tuple[str, Unit]] = {"flagged": ("flagged rows", "number"), "flagged_share": ("flagged share", "share")}  # fmt: skip
_OUTCOMES = {"cost_fp": "a false positive costs", "cost_fn": "a missed positive", "gain_tp": "a true positive gains", "gain_tn": "a true negative gains"}  # fmt: skip


def sentence(plan: state.Plan, where: str = "") -> str:
    """Write a plan as one sentence (Markdown).

    Parameters
    ----------
    plan : Plan
    where : str
        The filter of the rows.
    """
    said = f"Choose the threshold that **{aim(plan)}**"
    if plan.aim == state.COST:
        said += f" ({prices(plan)})"
    limits = [f"**{limit(one.text)}**" for one in plan.limits]
    if plan.capacity is not None:
        limits.append(f"**{capacity(plan)}**")
    if limits:
        said += f" subject to {_listed(limits)}"
    said += f", on {rows(plan.select_on)}"
    if plan.report_on is not None:
        said += f" (to be proven once on {rows(plan.report_on)})"
    if where:
        said += f" where {numbers.plain(where)}"
    if plan.prevalence is not None:
        said += f", as if **{numbers.plain(plan.prevalence)}** of them were positive"
    if plan.promises:
        promised = _listed([f"**{promise(one.text)}**" for one in plan.promises])
        said += f"; promise {promised} with {numbers.plain(plan.confidence)} confidence"
        said += ", and look only at cuts that keep the promise" if plan.keep_promises else ""
    return said + "."


def aim(plan: state.Plan) -> str:
    """Say what is aimed for: ``maximizes F1``, ``minimizes the cost``."""
    if plan.aim == state.COST:
        return "minimizes the cost"
    try:
        spec = threshold_metric(plan.aim)
    except mc.DataError:
        return f"maximizes {numbers.plain(plan.aim)}"
    return f"{'maximizes' if spec.better == 'higher' else 'minimizes'} {numbers.plain(inside(spec.label))}"


def prices(plan: state.Plan) -> str:
    """Write the four prices, without what costs or gains nothing."""
    said = []
    for name, words in _OUTCOMES.items():
        text = getattr(plan, name)
        try:
            price = Price.read(text)
        except mc.DataError:
            said.append(f"{words} {numbers.plain(text)}")
            continue
        if price != Price() or name in ("cost_fp", "cost_fn"):
            said.append(f"{words} {_price(price)}")
    return ", ".join(said)


def limit(text: str) -> str:
    """Write a constraint as the core writes it: ``precision ≥ 90%``, ``at most 200 flagged a day``."""
    if text.startswith("promise "):
        return f"promised {promise(text.removeprefix('promise '))}"
    amount, _, per = text.partition(" per ")
    try:
        found = Constraint.read(amount)
    except mc.DataError:
        return numbers.plain(text)
    if per:
        return f"at most {_number(found.limit, unit_of(found.key))} flagged a {numbers.plain(per)}"
    return f"{numbers.plain(name_of(found.key))} {numbers.plain(_SIGNS[found.sign])} {_number(found.limit, unit_of(found.key))}"  # fmt: skip


def capacity(plan: state.Plan) -> str:
    """Write how many rows may be flagged."""
    try:
        most = Capacity.read(plan.capacity or "", per=plan.per or None)
    except mc.DataError:
        return f"at most {numbers.plain(plan.capacity or '…')} flagged"
    period = f" a {plan.per}" if plan.per else ""
    return f"at most {_number(most.limit, 'share' if most.share else 'number')}{'' if most.share else ' rows'} flagged{period}"  # fmt: skip


def promise(text: str) -> str:
    """Write a promise: ``recall ≥ 90%``."""
    try:
        found = Promise.read(text)
    except mc.DataError:
        return numbers.plain(text)
    return f"{numbers.plain(inside(threshold_metric(found.key).label))} {_SIGNS[found.sign]} {_number(found.target, 'share')}"  # fmt: skip


def rows(split: str | None) -> str:
    """Name the rows of a split."""
    return "**all rows**" if split is None else f"the **{numbers.plain(split)}** rows"


def name_of(key: str) -> str:
    """Name what a constraint limits, as it stands inside a sentence."""
    return _COUNTED[key][0] if key in _COUNTED else inside(threshold_metric(key).label)


def unit_of(key: str) -> Unit:
    """Return how what a constraint limits is written."""
    return _COUNTED[key][1] if key in _COUNTED else threshold_metric(key).unit


def aimed_for(objective: Mapping[str, Any]) -> str:
    """Name what a record aims for, as the head of a row."""
    spec = spec_of(objective)
    return "Cost per 1,000 rows" if spec is None else spec.label


def key_of(objective: Mapping[str, Any]) -> str:
    """Return the key of what a record aims for."""
    return str(objective.get("maximize", objective.get("minimize")))


def spec_of(objective: Mapping[str, Any]) -> MetricSpec | None:
    """Return the metric that a record aims for; None for the cost."""
    key = key_of(objective)
    return None if key == state.COST else threshold_metric(key)


def inside(label: str) -> str:
    """Write a label as it stands inside a sentence: ``recall``, but ``F1`` and ``Youden's J``."""
    first = label.split()[0]
    named = first[1:] != first[1:].lower() or any(sign in first for sign in "0123456789'")
    return label if named or first in ("Matthews",) else label[0].lower() + label[1:]


def moment(at: str) -> str:
    """Write a time of a log."""
    return f"{at.removesuffix('+00:00').replace('T', ' ')} UTC"


def _price(price: Price) -> str:
    """Write a price: ``5``, ``its amount``, ``5 + 0.5 × its amount``."""
    each = f"{price.each:,.6g}"
    if not price.per_amount:
        return numbers.plain(each)
    share = "its amount" if price.per_amount == 1 else f"{price.per_amount:g} × its amount"
    return numbers.plain(f"{each} + {share}" if price.each else share)


def _number(value: float, unit: Unit) -> str:
    """Write a limit with all its digits."""
    return numbers.plain(state.percentage(value) if unit == "share" else f"{value:,.15g}")


def _listed(parts: list[str]) -> str:
    """Join with commas and a last ``and``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
