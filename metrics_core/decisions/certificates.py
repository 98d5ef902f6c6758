"""Promises with a known chance of being broken: which cuts keep a recall, a false positive rate or a precision.

Rows must be independent draws of what the cut will meet, and must not have been used to train or tune the scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Any

import numpy as np

from ..errors import DataError
from ..tally import ScoreTally
from .guaranteed import fewest_flagged, flagged_cuts, risk_of, why_not_rows
from .order_statistics import fpr_cut, highest_rank, recall_cut, rows_needed
from .promises import SENTENCE, Certificate, Promise, at_least, at_most, listed

__all__ = ["SENTENCE", "Certificate", "Promise", "Together", "certify", "together", "verdict"]


def certify(
    tally: ScoreTally,
    promises: Sequence[Promise | str],
    *,
    confidence: float = 0.95,
    requested: int | None = None,
    grouped: bool = False,
) -> tuple[Certificate, ...]:
    """Find the cuts that keep each promise; all certificates are right at once with the confidence.

    A promise must be fixed before the data is looked at. Sliding a target until it is certified voids it; the guaranteed
    curve is for that.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes; exact or in bins. Of bins the cut of a recall is the edge below its row, that of an FPR the edge
        above it, and of a precision an edge: what is promised is on the safe side. See ``guaranteed_curve`` for
        edges that were added later.
    promises : sequence of Promise or str
        As ``Promise.read`` takes them.
    confidence : float
        Above 0 and below 1.
    requested : int, optional
        How many promises have been asked of these rows in all, these included; the chance of being wrong is divided by
        it. By default only these.
    grouped : bool
        Whether rows belong together, such as several of one patient. Then nothing can be certified.

    Returns
    -------
    tuple of Certificate
        One for each promise, in their order. One that cannot be certified says why.

    Raises
    ------
    DataError
        If a promise cannot be read, the confidence is no share, or fewer were requested than there are.
    ValueError
        If the tally has leading axes.

    References
    ----------
    Recall: order statistics of the binomial distribution. FPR: Tong, Feng and Li (2018), doi:10.1126/sciadv.aao1659.
    Precision: Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404, at twenty cuts that labels play no part in.

    Examples
    --------
    >>> scores = np.arange(200) / 200
    >>> tally = ScoreTally(scores, (scores > 0.6).astype(int), (scores <= 0.6).astype(int))
    >>> recall, fpr = certify(tally, ["recall>=0.9", "fpr<=0.01"])
    >>> recall.holds, recall.threshold
    (True, 0.615)
    >>> fpr.reason
    'cannot be certified: needs at least 368 negatives; there are 121'
    """
    asked = [p if isinstance(p, Promise) else Promise.read(p) for p in promises]
    parts = max(len(asked), 1) if requested is None else requested
    if parts < max(len(asked), 1):
        raise DataError(f"{len(asked)} promises are asked for, so no fewer can have been requested in all; {requested} was given.")  # fmt: skip
    risk = risk_of(confidence) / parts
    weights, why = why_not_rows(tally), why_not_rows(tally, grouped=grouped)
    counts = {"recall": tally.n_pos, "fpr": tally.n_neg, "precision": tally.n_pos + tally.n_neg}
    found = []
    for promise in asked:
        n = None if weights else int(counts[promise.kind])
        blank = Certificate(promise, confidence, risk, parts, n)
        found.append(_refused(blank, why) if why else _CERTIFY[promise.kind](blank, tally))
    return tuple(found)


def verdict(
    of: Certificate | Promise | str,
    tally: ScoreTally,
    cut: float,
    *,
    confidence: float = 0.95,
    grouped: bool = False,
) -> Certificate:
    """Tell whether a given cut keeps a promise, however the cut was chosen.

    Parameters
    ----------
    of : Certificate, Promise or str
        A certificate of this tally keeps its own confidence; a promise is certified alone.
    tally : ScoreTally
        Without leading axes.
    cut : float
        Of the rule ``score >= cut``.
    confidence, grouped
        See ``certify``.

    Returns
    -------
    Certificate
        Which names this cut.

    Examples
    --------
    >>> scores = np.arange(200) / 200
    >>> tally = ScoreTally(scores, (scores > 0.6).astype(int), (scores <= 0.6).astype(int))
    >>> verdict("recall>=0.9", tally, 0.5).holds, verdict("recall>=0.9", tally, 0.7).reason
    (True, 'certified only for cuts up to 0.62')
    """
    if not isinstance(of, Certificate):
        (of,) = certify(tally, [of], confidence=confidence, grouped=grouped)
    return of.at(cut)


@dataclass(frozen=True)
class Together:
    """One cut that keeps several promises at once.

    Attributes
    ----------
    promises : tuple of str
    confidence : float
        That all of them are kept.
    threshold : float, optional
        Such a cut: the lowest of those at which one of the promises only just holds.
    reason : str, optional
        Why there is none, and which promises are at odds.
    """

    promises: tuple[str, ...]
    confidence: float
    threshold: float | None = None
    reason: str | None = None

    @property
    def holds(self) -> bool:
        """Whether there is such a cut."""
        return self.threshold is not None

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "promises": list(self.promises),
            "confidence": self.confidence,
            "threshold": self.threshold,
            "holds": self.holds,
            "reason": self.reason,
            "sentence": SENTENCE,
        }


def together(certificates: Sequence[Certificate]) -> Together:
    """Find one cut that every certificate allows.

    Parameters
    ----------
    certificates : sequence of Certificate
        At least one; all from one call of ``certify``, which has divided the chance of being wrong among them.

    Returns
    -------
    Together

    Raises
    ------
    ValueError
        If there are none, or they are not from one call.

    Examples
    --------
    >>> scores = np.arange(200) / 200
    >>> tally = ScoreTally(scores, (scores > 0.6).astype(int), (scores <= 0.6).astype(int))
    >>> together(certify(tally, ["recall>=0.9", "fpr<=0.05"])).threshold
    0.6
    >>> together(certify(tally, ["recall>=0.9", "fpr<=0.01"])).reason
    'fpr<=0.01 cannot be certified: needs at least 368 negatives; there are 121'
    """
    if len({(c.confidence, c.requested) for c in certificates}) != 1 or len(certificates) > certificates[0].requested:  # fmt: skip
        raise ValueError("certificates that share a confidence are those of one call of certify")
    joint = Together(tuple(c.promise.text for c in certificates), certificates[0].confidence)
    missing = [f"{c.promise.text} {c.reason}" for c in certificates if not c.certifies_some]
    if missing:
        return replace(joint, reason="; ".join(missing))
    binding = [c for kind in _STRICTEST if (c := _strictest(kind, certificates)) is not None]
    for cut in _candidates(binding):
        if all(c.at(cut).holds for c in binding):
            return replace(joint, threshold=cut)
    demands = "; ".join(_demand(c) for c in _at_odds(binding))
    return replace(joint, reason=f"not attainable with these data: {demands}")


#: Which of several promises of a kind allows only what the others allow too.
_STRICTEST: dict[str, Callable[[Certificate], float]] = {
    "recall": lambda c: c.high if c.high is not None else np.inf,
    "fpr": lambda c: -c.low if c.low is not None else np.inf,
    "precision": lambda c: c.promise.allowed,
}


def _strictest(kind: str, certificates: Sequence[Certificate]) -> Certificate | None:
    """Pick the certificate of a kind that implies its others: a precision of 0.9 is one of 0.8 too."""
    return min((c for c in certificates if c.promise.kind == kind), key=_STRICTEST[kind], default=None)


def _candidates(binding: Sequence[Certificate]) -> list[float]:
    """List the cuts to try, ascending: those of the precision if there is one, else where the others end."""
    single = next((c.cuts for c in binding if c.cuts), ())
    ends = [c.threshold if c.holds else c.high if c.high is not None else c.low for c in binding]
    return sorted(single or [end for end in ends if end is not None])


def _at_odds(binding: Sequence[Certificate]) -> Sequence[Certificate]:
    """Find two promises that no cut keeps; all of them when any two could be kept."""
    pairs = ((a, b) for i, a in enumerate(binding) for b in binding[i + 1 :])
    return next(
        (pair for pair in pairs if not any(all(c.at(cut).holds for c in pair) for cut in _candidates(pair))),
        binding,
    )


def _demand(c: Certificate) -> str:
    """Say which cuts a promise asks for."""
    if c.cuts:
        return f"{c.promise.text} is certified only at {listed(c.cuts)}"
    ends = [f"from {at_least(c.low)}"] if c.low is not None else []
    ends += [f"up to {at_most(c.high)}"] if c.high is not None else []
    return f"{c.promise.text} is certified for cuts {' '.join(ends)}"


def _recall(blank: Certificate, tally: ScoreTally) -> Certificate:
    """Certify every cut up to the score of one positive."""
    promise, n = blank.promise, int(tally.n_pos)
    rank = highest_rank(n, promise.allowed, blank.risk)
    if rank == 0:
        return _too_few(blank, rows_needed(promise.allowed, blank.risk))
    cut = recall_cut(tally, rank)
    return replace(blank, holds=True, threshold=cut, high=cut)


def _fpr(blank: Certificate, tally: ScoreTally) -> Certificate:
    """Certify every cut above the score of one negative, and name the next score that a row has."""
    promise, n = blank.promise, int(tally.n_neg)
    rank = highest_rank(n, promise.allowed, blank.risk)
    if rank == 0:
        return _too_few(blank, rows_needed(promise.allowed, blank.risk))
    least, named = fpr_cut(tally, rank)
    return replace(blank, holds=True, threshold=named, low=least)


def _precision(blank: Certificate, tally: ScoreTally) -> Certificate:
    """Certify those of twenty cuts, laid without labels, whose lower bound reaches the target."""
    target = blank.promise.target
    fewest = fewest_flagged(target, blank.risk)
    laid = flagged_cuts(tally, fewest)
    if laid.threshold.size == 0:
        return _refused(blank, f"needs at least {fewest:,} flagged rows without a false alarm; there are {blank.n:,} rows in all")  # fmt: skip
    low = laid.precision_low(blank.risk)
    kept = tuple(laid.threshold[low >= target].tolist())
    if not kept:
        best = int(np.argmax(low))
        bound = floor(float(low[best]) * 1000) / 1000  # rounded down, so that it is still a bound
        return _refused(blank, f"of {low.size} cuts tried none has a lower bound of {target:g}; the best is {bound:.3f} at {float(laid.threshold[best])!r}")  # fmt: skip
    return replace(blank, holds=True, threshold=kept[0], cuts=kept)


_CERTIFY: dict[str, Callable[[Certificate, ScoreTally], Certificate]] = {
    "recall": _recall,
    "fpr": _fpr,
    "precision": _precision,
}


def _too_few(blank: Certificate, needed: int) -> Certificate:
    """Say how many rows of the class it takes."""
    return _refused(blank, f"needs at least {needed:,} {blank.rests_on}; there are {blank.n:,}")


def _refused(blank: Certificate, why: str) -> Certificate:
    """Say why there is no cut to certify."""
    return replace(blank, reason=f"cannot be certified: {why}")
