"""A decision with a threshold of its own for each group of a column."""

from __future__ import annotations

from dataclasses import replace

from ..checks import Finding
from ..predictions import Predictions
from .asked import looked_at
from .record import Decision, SliceThreshold
from .rule import Rule
from .separate import Change, own_thresholds, separation_price
from .slices import base_rate_warning, slice_rates, sliced_at


def with_groups(decision: Decision, predictions: Predictions, column: str, rule: Rule) -> Decision:
    """Give each group of a column with enough rows the threshold that is best in it.

    Parameters
    ----------
    decision : Decision
        Whose threshold stays that of all other rows.
    predictions : Predictions
    column : str
    rule : Rule

    Returns
    -------
    Decision
        With the groups' thresholds, and findings about what that costs.

    Raises
    ------
    DataError
        If there is no such column, or a constraint limits all rows together.
    """
    assert decision.threshold is not None  # the decision is feasible
    where = looked_at(decision, decision.selected_on, predictions)
    groups, sliced = sliced_at(predictions, column, decision.threshold, model=decision.model, where=where)
    separate = own_thresholds(sliced, rule)
    own = tuple(
        SliceThreshold(level.to_dict(), level.where.text, float(cut))
        for level, cut, is_own in zip(groups, separate.threshold, separate.own, strict=True)
        if is_own
    )
    findings = [_price(separation_price(separate, rule).changes["objective"], rule, column)]
    warned = base_rate_warning(slice_rates(sliced), column)
    kept = [f"{label} ({why})" for label, why in zip(separate.labels, separate.kept, strict=True) if why]
    if kept:
        findings.append(Finding("group-keeps-common", "note", f"{len(kept)} of {len(groups)} groups of {column!r} keep the common threshold: {'; '.join(kept[:3])}{'; …' if len(kept) > 3 else ''}."))  # fmt: skip
    return replace(decision, thresholds=own, findings=(*findings, *([warned] if warned else [])))


def _price(change: Change, rule: Rule, column: str) -> Finding:
    """Say what separate thresholds change in what is aimed for."""
    text = f"With a threshold for each group of {column!r}, {rule.objective.label} goes from {change.all_before:,.6g} to {change.all_after:,.6g} on the rows they were chosen on, which flatters it."  # fmt: skip
    return Finding("group-thresholds", "note", text, "Weigh that against the rows being treated differently.")
