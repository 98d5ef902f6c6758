"""What may be promised of a cut: a recall, a false positive rate or a precision, read from text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any, Literal

from ..errors import DataError, did_you_mean

#: What stands under every certificate.
SENTENCE = "valid for new rows exchangeable with these; void after drift"
#: How each rate is certified, and which rows that counts.
_METHODS = {
    "recall": ("order_statistic", "positives"),
    "fpr": ("neyman_pearson_order_statistic", "negatives"),
    "precision": ("clopper_pearson_at_ranks", "rows"),
}
#: Which way each rate is promised, and the rate that the promise is kept by.
_KINDS: dict[str, tuple[Literal[">=", "<="], Literal["recall", "fpr", "precision"]]] = {
    "recall": (">=", "recall"),
    "fnr": ("<=", "recall"),
    "fpr": ("<=", "fpr"),
    "specificity": (">=", "fpr"),
    "precision": (">=", "precision"),
}
_ALIASES = {"miss": "fnr", "miss_rate": "fnr"}
_SHAPE = re.compile(r"\s*([^\s<>=≤≥]+)\s*(>=|<=|≥|≤|==|=|<|>)\s*([^\s%]+)\s*(%?)\s*")


@dataclass(frozen=True)
class Promise:
    """A rate that rows yet to come shall keep: ``recall>=0.9``.

    Attributes
    ----------
    key : {"recall", "fnr", "fpr", "specificity", "precision"}
    target : float
        Above 0 and below 1.

    Raises
    ------
    DataError
        If nothing exact can be promised of the rate, or the target is no share strictly between 0 and 1.

    Examples
    --------
    >>> Promise.read("recall >= 90%")
    Promise(key='recall', target=0.9)
    >>> Promise.read("specificity>=0.95").allowed == Promise.read("fpr<=5%").allowed
    True
    """

    key: str
    target: float

    def __post_init__(self) -> None:
        if self.key not in _KINDS:
            raise DataError(f"Nothing exact can be promised of {self.key!r}. {did_you_mean(self.key, [*_KINDS, *_ALIASES])}")  # fmt: skip
        if not 0 < self.target < 1:
            percent = f" If it is a percentage, write {self.target:g}%." if 1 < self.target < 100 else ""
            raise DataError(f"{self.key} cannot be promised at {self.target:g}: no number of rows can prove it. Name a share above 0 and below 1.{percent}")  # fmt: skip

    @classmethod
    def read(cls, text: str) -> Promise:
        """Read ``recall>=0.9``, ``precision>=80%``, ``fpr<=0.05``, ``specificity>=0.95`` or ``miss<=0.1``.

        Parameters
        ----------
        text : str
            A rate, ``>=`` or ``<=`` and a share or a percentage.

        Returns
        -------
        Promise

        Raises
        ------
        DataError
            If the text is none of these.
        """
        found = _SHAPE.fullmatch(text)
        if not found:
            raise DataError(f"{text!r} is not a promise. Write a rate, >= or <= and a share, such as 'recall>=0.9' or 'fpr<=5%'.")  # fmt: skip
        name, sign, number, percent = found.groups()
        key = _ALIASES.get(name.lower(), name.lower())
        try:
            target = Decimal(number) / (100 if percent else 1)
        except ArithmeticError:
            raise DataError(f"{number!r} in {text!r} is not a number. Write a share such as 0.9, or 90%.") from None  # fmt: skip
        promise = cls(key, float(target))
        if sign.replace("≥", ">=").replace("≤", "<=") != promise.sign:
            raise DataError(f"{text!r} cannot be promised. Write {promise.text!r}.")
        return promise

    @property
    def sign(self) -> Literal[">=", "<="]:
        """Which way the rate is promised."""
        return _KINDS[self.key][0]

    @property
    def kind(self) -> Literal["recall", "fpr", "precision"]:
        """The rate that the promise is kept by: a miss rate is kept by a recall, a specificity by an FPR."""
        return _KINDS[self.key][1]

    @property
    def text(self) -> str:
        """The promise as ``read`` takes it."""
        return f"{self.key}{self.sign}{self.target}"

    @property
    def allowed(self) -> float:
        """Share of the rows of its kind that may be wrong, a fraction: 0.1 for a recall of 0.9."""
        return self.target if self.sign == "<=" else complement(self.target)


@dataclass(frozen=True)
class Certificate:
    """Whether a promise is kept by the rule ``score >= threshold``, for rows yet to come.

    Attributes
    ----------
    promise : Promise
    confidence : float
        Of all promises that were asked for together.
    risk : float
        Chance of being broken that this one was given, a part of ``1 - confidence``.
    requested : int
        Number of parts.
    n : int, optional
        Rows it rests on, see ``rests_on``; None when the counts are no numbers of rows.
    holds : bool
    threshold : float, optional
        The cut that is certified; of several the one with the best of the other rates: the highest for a recall, the
        lowest for the others. None when there is none.
    low, high : float, optional
        Every cut from ``low`` to ``high`` is certified, both included; None where that end is open. For recall and
        FPR only.
    cuts : tuple of float
        Every certified cut of a precision, ascending; between them nothing is promised.
    reason : str, optional
        Why it does not hold.
    """

    promise: Promise
    confidence: float
    risk: float
    requested: int
    n: int | None
    holds: bool = False
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    cuts: tuple[float, ...] = ()
    reason: str | None = None

    @property
    def method(self) -> str:
        """How it was certified."""
        return _METHODS[self.promise.kind][0]

    @property
    def rests_on(self) -> str:
        """Which rows were counted: positives, negatives or all rows."""
        return _METHODS[self.promise.kind][1]

    @property
    def certifies_some(self) -> bool:
        """Whether there is any cut that keeps the promise."""
        return bool(self.cuts) or self.low is not None or self.high is not None

    def at(self, cut: float) -> Certificate:
        """Return the certificate of a given cut, which may have been chosen in any way.

        Parameters
        ----------
        cut : float

        Returns
        -------
        Certificate
            With this ``threshold``; it holds when the cut is one of the certified ones.
        """
        cut = float(cut)
        if not self.certifies_some:
            return replace(self, threshold=cut)
        why = self._why_not(cut)
        return replace(self, threshold=cut, holds=why is None, reason=why)

    def _why_not(self, cut: float) -> str | None:
        """Say why a cut is none of the certified ones."""
        if self.cuts:
            if cut in self.cuts:
                return None
            nearest = sorted(self.cuts, key=lambda c: abs(c - cut))[:2]
            return f"certified only at single cuts, and nothing is known between them; nearest: {listed(sorted(nearest))}"  # fmt: skip
        if self.high is not None and not cut <= self.high:
            return f"certified only for cuts up to {at_most(self.high)}"
        if self.low is not None and not cut >= self.low:
            return f"certified only for cuts from {at_least(self.low)}"
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as it stands in the JSON contract."""
        return {
            "promise": self.promise.text,
            "confidence": self.confidence,
            "method": self.method,
            "threshold": self.threshold,
            "holds": self.holds,
            "n": self.n,
            "rests_on": self.rests_on,
            "risk": self.risk,
            "requested": self.requested,
            "low": self.low,
            "high": self.high,
            "cuts": list(self.cuts),
            "reason": self.reason,
            "sentence": SENTENCE,
        }


def complement(share: float) -> float:
    """Subtract from 1 as one does on paper: 0.05 for 0.95, which ``1 - 0.95`` is not.

    Examples
    --------
    >>> complement(0.95), 1 - 0.95
    (0.05, 0.050000000000000044)
    """
    return float(1 - Decimal(repr(float(share))))


def at_most(cut: float) -> str:
    """Write an upper end in six digits, rounded down: what stands there is still certified."""
    return f"{float(Context(prec=6, rounding=ROUND_FLOOR).create_decimal(repr(cut))):.6g}"


def at_least(cut: float) -> str:
    """Write a lower end in six digits, rounded up."""
    return f"{float(Context(prec=6, rounding=ROUND_CEILING).create_decimal(repr(cut))):.6g}"


def listed(cuts: Sequence[float]) -> str:
    """Write single cuts with all their digits; of many the ends."""
    few = len(cuts) <= 3
    return ", ".join(map(repr, cuts)) if few else f"{len(cuts)} cuts from {cuts[0]!r} to {cuts[-1]!r}"
