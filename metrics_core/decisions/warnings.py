"""What somebody who decides should know: findings about a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ..checks import Finding
from ..tally import ScoreTally
from .choice import Choice
from .objectives import F_BETA_GAP, Objective, f_beta_relation
from .record import Decision
from .spread import Spread

#: Costs that differ by more than this share between the calibrated and the empirical cut are worth a word.
_COST_GAP = 0.02


def warnings_of(
    decision: Decision,
    choice: Choice,
    tally: ScoreTally,
    spread: Spread | None,
    split: str | None,
    *,
    grouped: bool,
) -> tuple[Finding, ...]:
    """List what is worth knowing about a decision.

    Parameters
    ----------
    decision : Decision
    choice : Choice
    tally : ScoreTally
        Of the rows it was chosen on.
    spread : Spread, optional
    split : str, optional
        The column of splits, if there is one.
    grouped : bool
        Whether rows belong together.
    """
    return tuple(_all(decision, choice, tally, spread, split, grouped))


def _all(d: Decision, choice: Choice, tally: ScoreTally, spread: Spread | None, split: str | None, grouped: bool) -> Iterator[Finding]:  # fmt: skip
    """Go through the reasons one by one."""
    if d.feasible and d.reported is None:
        how = f"Choose on one split of column {split!r} and report on another: --select-on and --report-on." if split else "Bring rows that were not chosen on, with a split column, and report there."  # fmt: skip
        yield Finding("W9", "warning", "The threshold was chosen and is reported on the same rows, so its value here is too good. Read the honest value instead.", how)  # fmt: skip
    if not choice.feasible:
        yield Finding("infeasible", "error", f"There is no threshold: {choice.reason}.", "Relax what is in the way, or bring a better model.")  # fmt: skip
        yield from _not_certified(d)
        return
    if spread is not None and not spread.determined:
        yield Finding("undetermined", "warning", f"{_sentence(spread.why)}.", "Many cuts do as well: take one that is easy to explain, and do not read much into its digits.")  # fmt: skip
    yield from _uncalibrated(d, choice, tally)
    if choice.overflow is not None and choice.overflow.room >= 1:
        o = choice.overflow
        yield Finding("capacity-in-ties", "note", f"{o.block.rows:,.0f} rows share the next lower score {o.block.score:.6g}, and only {o.room:,.0f} of them fit. Drawn by lot they would make precision {o.precision:.1%}.", "Break the ties with a second score, or leave the room unused.")  # fmt: skip
    flagged = float(choice.outcomes.flagged) if choice.outcomes is not None else 1.0
    if flagged == 0:
        why = "With these prices no flag is worth its cost: check them." if choice.rule.objective.costs else "Check the constraints: they leave nothing better than no flag."  # fmt: skip
        yield Finding("flags-nothing", "warning", "The best threshold flags nothing at all.", why)
    for c in d.certificates:
        if c.get("covers_threshold") is False and c.get("holds"):
            yield Finding("not-promised", "warning", f"'{c['promise']}' is promised of the cut {c['threshold']:.6g}, not of the chosen one {d.threshold:.6g}.", "Choose only among the promised cuts with --keep-promises.")  # fmt: skip
    yield from _not_certified(d)
    if grouped and d.certificates:
        yield Finding("promises-of-groups", "warning", "Rows belong together, so they are not independent draws, and nothing can be promised.", "Certify on one row of each group.")  # fmt: skip


def _not_certified(d: Decision) -> Iterator[Finding]:
    """Say which promises have no cut that keeps them."""
    for c in d.certificates:
        if not c["holds"]:
            yield Finding("not-certified", "warning", f"'{c['promise']}' {c['reason']}.", "Ask for less, or bring more rows.")  # fmt: skip


def _uncalibrated(d: Decision, choice: Choice, tally: ScoreTally) -> Iterator[Finding]:
    """Compare the cut with the one that calibrated scores would have."""
    objective, cut = choice.rule.objective, choice.threshold
    if cut is None or not tally.probability or choice.rule.constraints or choice.prevalence is not None:
        return
    beta = _beta(objective)
    expected = cut if beta is None else f_beta_relation(choice.value, beta)
    if abs(cut - expected) > F_BETA_GAP:
        yield Finding("f-cut-gap", "note", f"For calibrated scores the best cut of {objective.label} lies at {expected:.3f}, here it is {cut:.3f}: the scores look uncalibrated near it.", "Look at the Calibration page.")  # fmt: skip
    if objective.costs is None:
        return
    ideal, _ = objective.costs.calibrated_cut()
    if ideal is None or not 0 < ideal < 1:
        return
    at = int(np.searchsorted(tally.score, ideal))
    there = tally.score[at] if at < tally.score.size else np.inf
    more = float(objective.value(tally.outcomes(there))) - choice.value
    if more > _COST_GAP * abs(choice.value):
        yield Finding("cost-cut-gap", "warning", f"For calibrated scores the cheapest cut would be {ideal:.4g}; on these rows it is {cut:.4g}, and {ideal:.4g} costs {more:,.4g} more. The scores are not calibrated near it.", "Look at the Calibration page before trusting either.")  # fmt: skip


def _beta(objective: Objective) -> float | None:
    """Return the beta of an F-score; None for other objectives."""
    found = re.fullmatch(r"f(\d+(?:[._]\d+)?)", objective.key)
    return None if found is None else float(found[1].replace("_", "."))


def _sentence(text: str) -> str:
    """Begin with a capital letter and end without a full stop."""
    return text[:1].upper() + text[1:].rstrip(".")
