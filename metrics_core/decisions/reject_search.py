"""The search for a band of two cuts: what it aims at is a sum of a part of each end, so no pair has to be tried."""

from __future__ import annotations

import numpy as np

from ..metrics.counts import ratio
from ..tally import Outcomes
from ..tally.outcomes import Array, FloatArray
from .constraints import ROUNDING
from .costs import Costs, Price
from .rule import IntArray

#: Steps after which the search of the least error rate is over; it needs about five.
_STEPS = 100


def most_automation(o: Outcomes, max_error: float) -> tuple[int, int]:
    """Find the band that automates most among those whose share of errors stays within a limit.

    Errors less their limit are a sum of a part above the band and a part below it. For each upper end the best lower end
    is therefore the highest one whose part is small enough.
    """
    above, below = o.flagged, o.total - o.flagged
    spare = ROUNDING * float(o.total[0])
    of_high, of_low = o.fp - max_error * above, o.fn - max_error * below
    high = np.arange(of_high.size)
    low = _last_within(of_low, high, spare - of_high)
    high, low = high[low >= 0], low[low >= 0]
    rows, errors = above[high] + below[low], o.fp[high] + o.fn[low]
    best = np.lexsort((high, errors, -rows))[0]
    return int(low[best]), int(high[best])


def least_error(o: Outcomes, automation: float) -> float:
    """Find the least share of errors of a band that automates enough.

    Dinkelbach (1967), doi:10.1287/mnsc.13.7.492: the errors less a share of the rows are made as small as possible, with the
    share of the best band so far, until it stays.
    """
    above, total = np.asarray(o.flagged, dtype=np.float64), float(o.total[0])
    high = np.arange(above.size)
    reviewed = (1 - automation) * total + ROUNDING * total
    low = np.searchsorted(-above, -(above + reviewed))  # the lowest lower end that reviews no more than that
    low = np.minimum(low, high)
    share = float(ratio(errors_of(o).min(), total))
    for _ in range(_STEPS):
        of_low = o.fn - share * (total - above)
        j = int((o.fp - share * above + _least_between(of_low, low, high)).argmin())
        i = int(low[j] + of_low[low[j] : j + 1].argmin())
        found = float((o.fp[j] + o.fn[i]) / (above[j] + total - above[i]))
        if not found < share:
            break
        share = found
    return max(share, 0.0)


def cheapest(o: Outcomes, costs: Costs, review: Price) -> tuple[int, int]:
    """Find the band that costs least.

    With reviews that decide right, misses happen below the band only and false alarms above it only, so the cost is a sum
    of a part of each end.
    """
    looked_at = review_cost(o, review)
    of_low = costs.total(_only(o, "tp", "fn")) + looked_at
    of_high = costs.total(_only(o, "fp", "tn")) - looked_at
    high = np.arange(of_high.size)
    total = np.minimum.accumulate(of_low) + of_high
    spare = ROUNDING * float(np.abs(of_low).max() + np.abs(of_high).max())
    least = float(total.min())
    high = high[total <= least + spare]
    low = _last_within(of_low, high, least + spare - of_high[high])
    high, low = high[low >= 0], low[low >= 0]
    best = np.lexsort((high, o.flagged[low] - o.flagged[high]))[0]
    return int(low[best]), int(high[best])


def _last_within(values: FloatArray, start: IntArray, limit: FloatArray) -> IntArray:
    """Find for each start the last position up to it whose value is within the limit; negative when there is none.

    Blocks whose least value is too large are stepped over, the longest first.
    """
    least = [values]
    while 2 ** len(least) <= values.size:
        before, step = least[-1], 2 ** (len(least) - 1)
        least.append(np.concatenate([before[:step], np.minimum(before[step:], before[:-step])]))
    at = start.copy()
    for power in range(len(least) - 1, -1, -1):
        skipped = (at >= 0) & (least[power][at] > limit)
        at[skipped] -= 2**power
    return at


def _least_between(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Find the least value from each first to each last position, both included."""
    length = last - first + 1
    power = np.frexp(length)[1] - 1  # of the longest block of 2^power values that fits
    out, block = np.empty(length.size), values
    for p in range(int(power.max()) + 1):
        if p:
            block = np.minimum(
                block[: -(2 ** (p - 1))], block[2 ** (p - 1) :]
            )  # from each position 2^p values
        here = np.flatnonzero(power == p)
        out[here] = np.minimum(block[first[here]], block[last[here] - 2**p + 1])
    return out


def _only(o: Outcomes, *names: str) -> Outcomes:
    """Keep some of the cells and count nothing in the others."""

    def cell(name: str) -> Array:
        found: Array = getattr(o, name)
        return found if name in names else np.zeros_like(found)

    amounts = None if o.amounts is None else _only(o.amounts, *names)
    return Outcomes(cell("tp"), cell("fp"), cell("fn"), cell("tn"), amounts=amounts)


def review_cost(o: Outcomes, review: Price) -> FloatArray:
    """Cost of looking at all rows at or above each cut."""
    return Costs(review, Price(), Price(-review.each, -review.per_amount)).total(_only(o, "tp", "fp"))


def errors_of(o: Outcomes) -> FloatArray:
    """Wrong decisions of each single cut."""
    return np.asarray(o.fp + o.fn, dtype=np.float64)
