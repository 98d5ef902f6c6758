"""What a wrong decision costs and what a right one gains: a price for each row, or for each unit of its amount."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from ..cases import AMOUNT_MISSING, BinaryCases
from ..checks import rows_of
from ..errors import DataError, NeedsChoice, Option
from ..tally import Outcomes
from ..tally.outcomes import FloatArray

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TERM = re.compile(rf"\s*([+-]?)\s*(?:({_NUMBER})(\s*\*\s*amount)?|amount(?:\s*\*\s*({_NUMBER}))?)\s*", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True)
class Price:
    """What one row of an outcome costs or gains.

    Attributes
    ----------
    each : float
        For every row, in any unit of money; negative turns a cost into a gain.
    per_amount : float
        For every unit of the row's amount.

    Examples
    --------
    >>> Price.read("0.5*amount"), Price.read("-2").text, Price.read("5 + amount").text
    (Price(each=0.0, per_amount=0.5), '-2', '5+amount')
    """

    each: float = 0.0
    per_amount: float = 0.0

    @classmethod
    def read(cls, text: str | float) -> Price:
        """Read ``5``, ``-2``, ``amount``, ``0.5*amount`` or a sum such as ``5 + 0.1*amount``.

        Raises
        ------
        DataError
            If the text is none of these.
        """
        if not isinstance(text, str):
            text = repr(float(text))
        prices, at = [0.0, 0.0], 0
        while at < len(text):
            term = _TERM.match(text, at)
            if term is None or (at > 0 and not term[1]):
                break
            sign, at = -1.0 if term[1] == "-" else 1.0, term.end()
            prices[term[2] is None or term[3] is not None] += sign * float(term[2] or term[4] or 1)
        if at == 0 or at < len(text) or not all(map(isfinite, prices)):
            raise DataError(f"{text!r} is no cost. Give a number such as 5 or -2, or a share of the row's amount such as amount or 0.5*amount, with a decimal point.")  # fmt: skip
        return cls(prices[0] + 0.0, prices[1] + 0.0)  # -0 is 0

    @property
    def text(self) -> str:
        """The price as ``read`` takes it, with every digit."""
        share = {1.0: "amount", -1.0: "-amount"}.get(self.per_amount, f"{_plain(self.per_amount)}*amount")
        if not self.per_amount:
            return _plain(self.each)
        if not self.each:
            return share
        return f"{_plain(self.each)}{'' if share.startswith('-') else '+'}{share}"


@dataclass(frozen=True)
class Costs:
    """Prices of the four outcomes.

    Attributes
    ----------
    fp, fn : Price
        Costs of a false positive and of a false negative.
    tp, tn : Price
        Gains of a true positive and of a true negative.

    Examples
    --------
    >>> from metrics_core.tally.outcomes import outcomes
    >>> costs = Costs.read(fp="1", fn="9")
    >>> float(costs.total(outcomes(tp=3, fp=4, fn=1, tn=2))), costs.calibrated_cut()
    (13.0, (0.1, ''))
    """

    fp: Price
    fn: Price
    tp: Price = Price()
    tn: Price = Price()

    @classmethod
    def read(
        cls,
        fp: str | float | None = None,
        fn: str | float | None = None,
        gain_tp: str | float | None = None,
        gain_tn: str | float | None = None,
        *,
        amounts: bool = False,
    ) -> Costs:
        """Read the four prices, see ``Price.read``.

        Parameters
        ----------
        fp, fn : str or float, optional
            Costs. Who names none pays 1 for a false positive, and for a false negative 1 or, with ``amounts``, the
            amount of the row. A negative cost is a gain.
        gain_tp, gain_tn : str or float, optional
            Gains, 0 when not named. A negative gain is a cost.
        amounts : bool
            Whether the rows have amounts.

        Raises
        ------
        DataError
            If one is no price, or all four are 0.
        """
        given = (1.0 if fp is None else fp, ("amount" if amounts else 1.0) if fn is None else fn)
        costs = cls(*(Price.read(0.0 if price is None else price) for price in (*given, gain_tp, gain_tn)))
        if costs == cls(Price(), Price()):
            raise DataError("All costs and gains are 0, so every threshold costs the same. Give one of them a price.")  # fmt: skip
        return costs

    @property
    def uses_amounts(self) -> bool:
        """Whether any price depends on the amount of the row."""
        return any(price.per_amount for price in (self.fp, self.fn, self.tp, self.tn))

    def check_amounts(self, cases: BinaryCases, column: str | None) -> None:
        """Make sure that every row has the amount that the prices need; nothing happens when they need none.

        Parameters
        ----------
        cases : BinaryCases
        column : str, optional
            Name of the amount column.

        Raises
        ------
        DataError
            If there is no amount column.
        NeedsChoice
            If some rows have no amount: what they count changes every cost.
        """
        if not self.uses_amounts:
            return
        if cases.amount is None:
            raise DataError(_NO_AMOUNTS)
        at = cases.without_amount
        if at.size:
            shown = ", ".join(f"{row + 1:,}" for row in cases.rows[at[:3]])
            raise NeedsChoice(
                AMOUNT_MISSING,
                f"Column {column!r} (used as amount) has no usable number in {rows_of(at.size, len(cases))} "
                f"(row {shown}{', ...' if at.size > 3 else ''}), and the costs depend on it.",
                [Option("drop", "leave these rows out"), Option("zero", "their amount is 0")],
            )

    def total(self, outcomes: Outcomes) -> FloatArray:
        """Add up costs less gains over all rows.

        Parameters
        ----------
        outcomes : Outcomes
            With amounts when a price depends on them.

        Returns
        -------
        (...) float64
            In the unit of the prices; negative when the gains are larger.

        Raises
        ------
        DataError
            If a price depends on amounts and the outcomes have none.
        """
        o, amounts = outcomes, outcomes.amounts
        total = np.zeros(np.shape(o.tp))
        for sign, price, name in ((1, self.fp, "fp"), (1, self.fn, "fn"), (-1, self.tp, "tp"), (-1, self.tn, "tn")):  # fmt: skip
            if price.each:
                total = total + sign * price.each * getattr(o, name)
            if price.per_amount:
                if amounts is None:
                    raise DataError(_NO_AMOUNTS)
                total = total + sign * price.per_amount * getattr(amounts, name)
        return np.asarray(total, dtype=np.float64)

    def per_row(self, outcomes: Outcomes) -> FloatArray:
        """Mean cost of a row in the unit of the prices, ``(...)``; NaN without rows."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.total(outcomes) / outcomes.total)

    def calibrated_cut(self) -> tuple[float | None, str]:
        """Find the cut that costs least when the scores are calibrated probabilities.

        Returns
        -------
        cut : float or None
            (c10 - c00) / (c10 - c00 + c01 - c11), c being the cost of a decision (first digit) on a class (second).
            0 or less means that flagging everything costs least, 1 or more that flagging nothing does.
        reason : str
            Why there is none.

        References
        ----------
        Elkan (2001), The foundations of cost-sensitive learning, IJCAI, equation 2.
        """
        if self.uses_amounts:
            return None, "the costs depend on the amount of each row, so each row has a cut of its own"
        on_negative, on_positive = self.fp.each + self.tn.each, self.fn.each + self.tp.each
        if not on_negative + on_positive > 0:
            return None, "with these costs and gains wrong decisions pay, so a higher score is no reason to flag"  # fmt: skip
        return on_negative / (on_negative + on_positive), ""

    def to_dict(self) -> dict[str, str]:
        """Return the prices as text, as ``read`` takes them."""
        return {"fp": self.fp.text, "fn": self.fn.text, "gain_tp": self.tp.text, "gain_tn": self.tn.text}

    @classmethod
    def from_dict(cls, prices: Mapping[str, Any]) -> Costs:
        """Read what ``to_dict`` wrote."""
        return cls.read(**prices)


_NO_AMOUNTS = "The costs depend on the amount of a row, and the rows have no amounts, or not all of them. Name the column with --amount, or give costs that are plain numbers."


def _plain(number: float) -> str:
    """Write a number with all its digits, whole ones without a point."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)
