"""What a search returns: slices with everything known of them, as objects, frame and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..filters import Filter
from ..slices import Level

if TYPE_CHECKING:
    import pandas as pd

#: Q-value up to which a slice is reported.
CLEAR = 0.05


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """The same slice on rows that took no part in the search.

    Attributes
    ----------
    rows : int
    errors, rate, rest_rate, difference, low, high : float
        As in ``FoundSlice``.
    p, q : float
        One-sided; corrected for all slices that were looked up. NaN where too few rows are left to tell.
    holds : bool
        Whether q is at most 0.05.
    """

    rows: int
    errors: float
    rate: float
    rest_rate: float
    difference: float
    low: float
    high: float
    p: float
    q: float
    holds: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "rows": self.rows, "errors": _number(self.errors), "rate": _number(self.rate), "rest_rate": _number(self.rest_rate),
            "difference": _number(self.difference), "interval": {"low": _number(self.low), "high": _number(self.high)},
            "p": _number(self.p), "q": _number(self.q), "holds": self.holds,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FoundSlice:
    """A slice where more goes wrong than elsewhere. What is not defined is NaN.

    Attributes
    ----------
    where : Filter
        The way to its rows.
    levels : tuple of Level
        What ``where`` joins, in the order of the columns.
    rows : int
        Rows that count for the loss (negatives for ``fpr``, positives for ``fnr``), whatever they weigh.
    errors : float
        Wrong rows, or the weight of them; the sum of other losses.
    rate, rest_rate : float
        Share of wrong rows, or mean loss, inside and among all other rows.
    difference, low, high : float
        ``rate - rest_rate`` and its interval.
    level : float
        Of the interval: 0.95 for 95 %.
    method : str
        How the interval was made: ``newcombe``, ``newcombe_effective``, ``welch`` or ``groups``.
    z : float
        Difference in standard errors (Welch's t for losses that are no rate).
    p, q : float
        One-sided chance of so much if nothing were different; the same corrected for everything tested.
    clear : bool
        Whether q is at most 0.05.
    score : float
        What slices are ordered by.
    share_of_errors : float
        Of all errors, or of the whole loss.
    excess : float
        Errors beyond what the rate of all rows would give: the most that mending the slice removes.
    effect : float
        Difference in units of the mean standard deviation of a row's loss.
    contributions : tuple of float
        How much each level adds to the difference from the rate of all rows (Shapley values); their sum is that
        difference.
    also : tuple of tuple of Level
        Other clear slices of mostly the same rows.
    confirmed : Confirmed, optional
    """

    where: Filter
    levels: tuple[Level, ...]
    rows: int
    errors: float
    rate: float
    rest_rate: float
    difference: float
    low: float
    high: float
    level: float
    method: str
    z: float
    p: float
    q: float
    clear: bool
    score: float
    share_of_errors: float
    excess: float
    effect: float
    contributions: tuple[float, ...]
    also: tuple[tuple[Level, ...], ...] = ()
    confirmed: Confirmed | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        found = {
            "where": [level.to_dict() for level in self.levels],
            "filter": self.where.text,
            "rows": self.rows,
            "errors": _number(self.errors),
            "rate": _number(self.rate),
            "rest_rate": _number(self.rest_rate),
            "difference": _number(self.difference),
            "interval": {"low": _number(self.low), "high": _number(self.high), "level": self.level, "method": self.method},
            "z": _number(self.z),
            "p": _number(self.p),
            "q": _number(self.q),
            "clear": self.clear,
            "score": _number(self.score),
            "share_of_errors": _number(self.share_of_errors),
            "excess": _number(self.excess),
            "effect": _number(self.effect),
            "contributions": [_number(c) for c in self.contributions],
            "also": [[level.to_dict() for level in levels] for levels in self.also],
        }  # fmt: skip
        return found | ({} if self.confirmed is None else {"confirmed": self.confirmed.to_dict()})


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """What was found, and what it was looked for in.

    Attributes
    ----------
    slices : tuple of FoundSlice
        The first in the order of the score.
    tested : int
        Slices that were tested: q counts all of them.
    n_clear : int
        Slices with q up to 0.05, with those that are not listed because they repeat another one.
    n_repeated : int
        Of these, slices that are hardly worse than the same with one condition less.
    n_unlisted : int
        Clear slices of rows of their own beyond ``limit``.
    rows : int
        Rows that count for the loss.
    errors, rate : float
        Of all these rows.
    loss, label, failures, unit : str
        What was looked for: its key, the name of its mean, what it counts, and ``share`` or ``number``.
    depth : int
    min_rows : int
        Rows (or their weight, if they stand for several) that a slice must have.
    test, correction, score : str
    columns : tuple of str
        Searched to the full depth.
    left_out : tuple of (str, str)
        Columns that were not, each with the reason.
    covering : tuple of float
        Share of all errors in the first slice, in the first two together, and so on up to ten.
    notes : tuple of str
        What a reader should know, as sentences.
    model : str
    threshold : float, optional
    where : Filter, optional
        The rows that were searched.
    confirmed_on : str
        Which rows took no part in the search; empty when all did.
    """

    slices: tuple[FoundSlice, ...]
    tested: int
    n_clear: int
    n_repeated: int
    n_unlisted: int
    rows: int
    errors: float
    rate: float
    loss: str
    label: str
    failures: str
    unit: str
    depth: int
    min_rows: int
    test: str
    correction: str
    score: str
    columns: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    covering: tuple[float, ...]
    notes: tuple[str, ...]
    model: str = ""
    threshold: float | None = None
    where: Filter | None = None
    confirmed_on: str = ""

    @property
    def summary(self) -> str:
        """Say in a sentence how many slices were tested and what came of it."""
        tested = f"{self.tested:,} slice{'' if self.tested == 1 else 's'} of {len(self.columns)} column{'' if len(self.columns) == 1 else 's'} tested"
        if not self.tested and self.errors:
            return f"No slice of {len(self.columns)} column{'' if len(self.columns) == 1 else 's'} could be tested: each needs at least {self.min_rows:,} rows."
        if not self.n_clear:
            return f"{tested}; none is worse than the rest beyond chance."
        clear = sum(one.clear for one in self.slices)
        return f"{tested}; {self.n_clear:,} {'is' if self.n_clear == 1 else 'are'} worse than the rest beyond chance, {clear:,} of rows of {'its' if clear == 1 else 'their'} own listed."

    def frame(self) -> pd.DataFrame:
        """Return one row a slice, everything as numbers: shares and rates as fractions."""
        import pandas as pd

        names = [n for n in FoundSlice.__dataclass_fields__ if n not in ("where", "levels", "contributions", "also", "confirmed")]  # fmt: skip
        rows = [{"where": one.where.text} | {n: getattr(one, n) for n in names} for one in self.slices]
        return pd.DataFrame(rows, columns=["where", *names])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON contract."""
        return {
            "slices": [one.to_dict() for one in self.slices],
            "tested": self.tested,
            "covering": [_number(share) for share in self.covering],
            "search": {
                "loss": self.loss,
                "counts": self.failures,
                "rows": self.rows,
                "errors": _number(self.errors),
                "rate": _number(self.rate),
                "clear": self.n_clear,
                "repeated": self.n_repeated,
                "unlisted": self.n_unlisted,
                "depth": self.depth,
                "min_rows": self.min_rows,
                "test": self.test,
                "correction": self.correction,
                "score": self.score,
                "columns": list(self.columns),
                "left_out": [{"column": column, "reason": reason} for column, reason in self.left_out],
                "confirmed_on": self.confirmed_on or None,
                "notes": list(self.notes),
            },
        }


def _number(value: float) -> float | None:
    """Write what is not defined as null."""
    return float(value) if isfinite(value) else None
