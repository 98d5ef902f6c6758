"""What a threshold is to be chosen for, as it is typed into the form and as the core takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import metrics_core as mc
from metrics_core.decisions.constraints import Capacity, Constraint
from metrics_core.decisions.costs import Costs, Price
from metrics_core.decisions.objectives import Objective, threshold_metric
from metrics_core.decisions.promises import Promise
from metrics_core.decisions.record import Decision
from metrics_core.roles import NAMED

Sign = Literal[">=", "<=", ">", "<"]

COST = "cost"
PRICES = ("cost_fp", "cost_fn", "gain_tp", "gain_tn")
#: What splits are called on which a threshold is chosen, the plausible ones first, and those that are kept for a proof.
_CHOOSE_ON = ["validation", "valid", "val", "dev", "development", "tune", "tuning", "calibration", "train", "training"]  # fmt: skip
_REPORT_ON = ["test", "testing", "holdout", "hold-out", "hold_out", "heldout", "held-out", "held_out", "evaluation", "eval", "oot"]  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """A constraint or a promise as it stands in the form: a metric, a sign and a number as text."""

    key: str
    sign: Sign
    number: str

    @property
    def text(self) -> str:
        """The limit as the core reads it."""
        return f"{self.key}{self.sign}{self.number.strip()}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a threshold is to be chosen for, as somebody typed it; what cannot be read stays until it is mended.

    Attributes
    ----------
    aim : str
        A metric at a threshold, an F-score of any beta such as ``f3``, or ``cost``.
    cost_fp, cost_fn, gain_tp, gain_tn : str
        Prices, as ``Price.read`` takes them; they count only when the aim is the cost.
    limits : tuple of Limit
    capacity : str, optional
        Most rows to flag, such as ``200`` or ``5%``; None for any number.
    per : {"", "day", "week"}
        What the capacity is for; empty for all rows together.
    prevalence : str, optional
        Share of positives where the decision will run; None for that of the rows.
    promises : tuple of Limit
    confidence : str
    keep_promises : bool
    select_on, report_on : str, optional
        Values of the split column; None for all rows, and for no rows to report on.
    """

    aim: str = "f1"
    cost_fp: str = "1"
    cost_fn: str = "1"
    gain_tp: str = "0"
    gain_tn: str = "0"
    limits: tuple[Limit, ...] = ()
    capacity: str | None = None
    per: Literal["", "day", "week"] = ""
    prevalence: str | None = None
    promises: tuple[Limit, ...] = ()
    confidence: str = "95%"
    keep_promises: bool = False
    select_on: str | None = None
    report_on: str | None = None

    @classmethod
    def first(cls, predictions: mc.Predictions, splits: Mapping[str, int]) -> Plan:
        """Return the plan to start from: the plausible splits, and a missed positive costs its amount if rows have one."""
        worth = predictions.roles.amount is not None and predictions.reasons.get("amount") == NAMED
        select_on = _named_like(splits, _CHOOSE_ON)
        report_on = None if select_on is None else _named_like(splits, _REPORT_ON)
        return cls(cost_fn="amount" if worth else "1", select_on=select_on, report_on=report_on)

    @classmethod
    def of(cls, decision: Decision) -> Plan:
        """Return the plan that a recorded decision was made by.

        Raises
        ------
        DataError
            If what the record asks for cannot be read.
        """
        try:
            return cls._of(decision)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise mc.DataError(f"What the record asks for cannot be read ({type(error).__name__}: {error}). Write one with faultline threshold -o.") from None  # fmt: skip

    @classmethod
    def _of(cls, decision: Decision) -> Plan:
        """Read the plan of a record that may have been changed by hand."""
        aimed = Objective.from_dict(dict(decision.objective))
        prices = {} if aimed.costs is None else aimed.costs.to_dict()
        by_period = [text for text in decision.constraints if " per " in text]
        limits = [Constraint.read(text) for text in decision.constraints if text not in by_period]
        promised = [Promise.read(str(c["promise"])) for c in decision.certificates]
        kept: dict[str, Any] = {}
        if by_period:
            amount, _, per = by_period[0].partition(" per ")
            most = Constraint.read(amount)
            capacity = percentage(most.limit) if most.key == "flagged_share" else f"{most.limit:.15g}"
            Capacity.read(capacity, per)  # type: ignore[arg-type]  # it says what is wrong with the period
            kept = {"capacity": capacity, "per": per}
        if decision.certificates:
            kept["confidence"] = percentage(float(decision.certificates[0]["confidence"]))
        if prices:
            kept |= dict(
                zip(PRICES, (prices["fp"], prices["fn"], prices["gain_tp"], prices["gain_tn"]), strict=True)
            )
        return cls(
            aim=aimed.key,
            limits=tuple(Limit(c.key, c.sign, f"{c.limit:.15g}") for c in limits),
            prevalence=None if decision.prevalence is None else percentage(decision.prevalence),
            promises=tuple(Limit(p.key, p.sign, repr(p.target)) for p in promised),
            keep_promises=decision.keep_promises,
            select_on=decision.selected_on,
            report_on=decision.reported_on,
            **kept,
        )

    def problems(self, *, amounts: bool) -> dict[str, str]:
        """Say by control what cannot be read; empty when the plan can be carried out.

        Parameters
        ----------
        amounts : bool
            Whether the rows have amounts.
        """
        found: dict[str, str] = {}

        def tried(control: str, read: Any, *given: Any) -> Any:
            try:
                return read(*given)
            except mc.DataError as error:
                found[control] = str(error)

        if self.aim == COST:
            read = {name: tried(name, Price.read, getattr(self, name)) for name in PRICES}
            if None not in read.values():
                tried("cost_fp", Costs.read, *(getattr(self, name) for name in PRICES))
            missing = "No column holds amounts. Name one on the Data page, or give a plain number."
            found |= {name: missing for name, price in read.items() if price and price.per_amount and not amounts}  # fmt: skip
        elif tried("aim", threshold_metric, self.aim) is None:
            found["aim"] = f"{self.aim[1:]!r} is no beta. Write a positive number such as 2 or 0.5."
        constraints: list[Constraint] = []
        for i, limit in enumerate(self.limits):
            constraint = tried(f"limit.{i}", Constraint.read, limit.text)
            if constraint in constraints:
                found[f"limit.{i}"] = f"The constraint '{constraint.text}' is there twice. Take one away."
            elif constraint is not None:
                constraints.append(constraint)
        if self.capacity is not None:
            tried("capacity", Capacity.read, self.capacity, self.per or None)
        if self.prevalence is not None:
            tried("prevalence", fraction, self.prevalence, "a share of positives", "2%")
        for i, promise in enumerate(self.promises):
            tried(f"promise.{i}", Promise.read, promise.text)
        empty = {f"limit.{i}": one.number for i, one in enumerate(self.limits)}
        empty |= {f"promise.{i}": one.number for i, one in enumerate(self.promises)} | {"capacity": "-" if self.capacity is None else self.capacity}  # fmt: skip
        found |= {control: "Give a number such as 0.9 or 90%." for control, text in empty.items() if not text.strip()}  # fmt: skip
        if self.promises:
            tried("confidence", fraction, self.confidence, "a confidence", "95%")
        return found

    def settings(self, *, report: bool) -> dict[str, Any]:
        """Return the plan as keyword arguments of ``selection_of``.

        Parameters
        ----------
        report : bool
            Whether the rows that were kept back are looked at.

        Raises
        ------
        DataError
            If a number cannot be read.
        """
        costs = {name: getattr(self, name) for name in PRICES} if self.aim == COST else {}
        lower = self.aim == COST or threshold_metric(self.aim).better == "lower"
        capacity = None if self.capacity is None else f"{self.capacity}{f'/{self.per}' if self.per else ''}"
        return {
            "minimize" if lower else "maximize": self.aim,
            **costs,
            "subject_to": [limit.text for limit in self.limits],
            "capacity": capacity,
            "prevalence": None if self.prevalence is None else fraction(self.prevalence, "a share of positives", "2%"),
            "certify": [promise.text for promise in self.promises],
            "confidence": fraction(self.confidence, "a confidence", "95%") if self.promises else 0.95,
            "keep_promises": self.keep_promises and bool(self.promises),
            "select_on": self.select_on,
            "report_on": self.report_on if report else None,
        }  # fmt: skip


def fraction(text: str, what: str, example: str) -> float:
    """Read a share or a percentage above 0 and below 1.

    Raises
    ------
    DataError
        If it is none.
    """
    bare = text.strip()
    try:
        value = float(Decimal(bare.removesuffix("%").strip()) / (100 if bare.endswith("%") else 1))
    except ArithmeticError:
        raise mc.DataError(f"{text!r} is not {what}. Write a percentage such as {example}.") from None
    if not 0 < value < 1:
        raise mc.DataError(f"{text!r} is not {what}: it lies above 0% and below 100%, such as {example}.")
    return value


def _named_like(splits: Mapping[str, int], words: Sequence[str]) -> str | None:
    """Find the split that is called like the first of these words; None for none."""
    folded = {split.strip().casefold(): split for split in splits}
    return next((folded[word] for word in words if word in folded), None)


def percentage(share: float) -> str:
    """Write a fraction as a percentage with all its digits.

    Examples
    --------
    >>> percentage(0.29), percentage(0.005)
    ('29%', '0.5%')
    """
    return f"{float(Decimal(repr(float(share))) * 100):.15g}%"
