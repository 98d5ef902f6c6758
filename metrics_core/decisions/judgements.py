"""One thing a decision asked for, judged on other rows by an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..intervals import Interval
from ..rate_interval import wilson
from ..tally import Outcomes
from .constraints import Constraint
from .drift import Drift
from .order_statistics import rate_low
from .promises import Promise, complement

Verdict = Literal["holds", "unclear", "broken"]
_LIMIT = {
    "holds": "holds",
    "unclear": "does not hold here, but chance alone explains that",
    "broken": "is broken, beyond what chance explains",
}
_PROMISE = {
    "holds": "is kept",
    "unclear": "is missed here, but chance alone explains that",
    "broken": "is broken, beyond what chance explains",
}
_DRIFT = {
    "stable": "The scores lie as they did",
    "shifted": "The scores have shifted a little",
    "drifted": "The scores have drifted: what was promised is void, because it was promised of rows like those",
}


@dataclass(frozen=True)
class Judgement:
    """One thing the decision asked for, judged on these rows.

    Attributes
    ----------
    text : str
        The constraint or promise, such as ``precision>=0.9``.
    kind : {"constraint", "promise", "drift"}
    value : float
        Here; NaN where undefined.
    low, high : float
        What the value may really be, at the level of the check.
    verdict : {"holds", "unclear", "broken"}
        Broken when even the interval lies outside; unclear when the value does but the interval does not.
    about : str
        The verdict in a sentence.
    """

    text: str
    kind: Literal["constraint", "promise", "drift"]
    value: float
    low: float
    high: float
    verdict: Verdict
    about: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        ends = {name: _or_none(getattr(self, name)) for name in ("value", "low", "high")}
        return {"text": self.text, "kind": self.kind, **ends, "verdict": self.verdict, "about": self.about}


def of_metric(constraint: Constraint, outcomes: Outcomes, span: Interval) -> Judgement:
    """Judge a limit on a metric by the interval of the metric."""
    low, high = (np.nan if end is None else float(end) for end in (span.low, span.high))
    return _of_limit(constraint, float(constraint.value(outcomes)), low, high)


def of_count(constraint: Constraint, flagged: float, total: float, level: float, effective_n: float | None = None) -> Judgement:  # fmt: skip
    """Judge a limit on the flags: a number of rows as it stands, a share by its interval.

    Parameters
    ----------
    constraint : Constraint
    flagged, total : float
        Rows, or sums of their weights.
    level : float
    effective_n : float, optional
        Rows that the interval may count on, when they are not the total.
    """
    if constraint.key == "flagged":
        return _of_limit(constraint, flagged, flagged, flagged)
    n = total if effective_n is None else effective_n
    low, high = wilson(flagged / total * n, n, level)
    return _of_limit(constraint, flagged / total, float(low), float(high))


def of_promise(certificate: Mapping[str, Any], outcomes: Outcomes) -> Judgement:
    """Judge a promise: it is broken when the rate misses it even at the end of its exact one-sided interval."""
    promise = Promise.read(str(certificate["promise"]))
    if certificate.get("covers_threshold") is False:
        about = f"'{promise.text}' was promised of the cut {certificate.get('threshold')}, not of the one decided on."
        return Judgement(promise.text, "promise", np.nan, np.nan, np.nan, "unclear", about)
    o = outcomes
    good, rows = {"recall": (o.tp, o.positives), "fpr": (o.tn, o.negatives), "precision": (o.tp, o.flagged)}[promise.kind]  # fmt: skip
    hits, n = float(good), float(rows)
    if n <= 0:
        about = f"'{promise.text}' cannot be judged: no row counts towards it."
        return Judgement(promise.text, "promise", np.nan, np.nan, np.nan, "unclear", about)
    # the most the share of good rows may be: one minus the least share of bad ones
    share, most = hits / n, 1 - float(rate_low(n - hits, n, 1 - float(certificate.get("confidence", 0.95))))
    least = complement(promise.allowed)
    verdict: Verdict = "broken" if most < least else "holds" if share >= least else "unclear"
    rising = promise.sign == ">="
    value, low, high = (share, 0.0, most) if rising else (1 - share, 1 - most, 1.0)
    about = f"'{promise.text}' {_PROMISE[verdict]}: {value:.4g} of {n:,.0f} rows."
    return Judgement(promise.text, "promise", value, low, high, verdict, about)


def of_drift(drift: Drift) -> Judgement:
    """Judge whether the scores have moved so far that the promises are void."""
    if drift.verdict == "unknown":
        about = f"Whether the scores have drifted cannot be said of {drift.rows:,} rows."
        return Judgement(_SCORES, "drift", np.nan, np.nan, np.nan, "unclear", about)
    verdict: Verdict = "broken" if drift.verdict == "drifted" else "holds"
    about = f"{_DRIFT[drift.verdict]} (population stability index {drift.index:.3f})."
    return Judgement(_SCORES, "drift", drift.index, np.nan, np.nan, verdict, about)


_SCORES = "scores as before"


def _of_limit(limit: Constraint, value: float, low: float, high: float) -> Judgement:
    """Compare a value and its interval with a limit."""
    if np.isnan(value):
        about = f"'{limit.text}' cannot be judged: it is undefined on these rows."
        return Judgement(limit.text, "constraint", value, low, high, "unclear", about)
    known = [end for end in (low, high) if not np.isnan(end)]
    here, *ends = (bool(limit.met(limit.room(np.asarray(number)))) for number in (value, *known))
    if len(known) < 2 and not here:  # an end that is missing may lie anywhere
        about = f"'{limit.text}' does not hold here, and how sure that is cannot be said: {value:.4g}."
        return Judgement(limit.text, "constraint", value, low, high, "unclear", about)
    verdict: Verdict = "holds" if here else "unclear" if any(ends) else "broken"
    span = f" ({low:.4g} to {high:.4g})" if len(known) == 2 else ""
    about = f"'{limit.text}' {_LIMIT[verdict]}: {value:.4g}{span}."
    return Judgement(limit.text, "constraint", value, low, high, verdict, about)


def _or_none(value: float) -> float | None:
    """Return None for what is undefined."""
    return float(value) if np.isfinite(value) else None
