"""What a threshold is chosen for: a metric to make as large or as small as it gets, or a cost."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite

import numpy as np

from ..errors import DataError, did_you_mean
from ..metrics import counts
from ..metrics.registry import REGISTRY
from ..metrics.spec import MetricSpec
from ..tally import Outcomes
from ..tally.outcomes import FloatArray
from .costs import Costs

_F_BETA = re.compile(r"f(\d+(?:[._]\d+)?)")
#: Difference between the best cut and half the best F1 (in general F / (1 + beta^2)) from which scores look uncalibrated.
F_BETA_GAP = 0.05


@dataclass(frozen=True)
class Objective:
    """What to make as large (direction 1) or as small (-1) as possible.

    Attributes
    ----------
    key : str
        Of the metric, such as ``f1``, ``f0.25`` or ``mcc``; or ``cost``.
    label : str
    direction : {1, -1}
    spec : MetricSpec, optional
        The metric; absent for costs.
    costs : Costs, optional
        Of a net benefit they fix what a false positive weighs.

    Examples
    --------
    >>> from metrics_core.tally.outcomes import outcomes
    >>> objective = Objective.read(maximize="f1")
    >>> objective.label, objective.direction, float(objective.value(outcomes(tp=2, fp=1, fn=1, tn=3)).round(4))
    ('F1', 1, 0.6667)
    """

    key: str
    label: str
    direction: int
    spec: MetricSpec | None = None
    costs: Costs | None = None

    @classmethod
    def read(
        cls, *, maximize: str | None = None, minimize: str | None = None, costs: Costs | None = None
    ) -> Objective:
        """Read the name of a metric.

        Parameters
        ----------
        maximize, minimize : str, optional
            One of them: a metric at a threshold, an F-score such as ``f3`` or ``f0.25``, or ``cost`` to minimize.
        costs : Costs, optional
            Prices of the outcomes; 1 for each wrong decision when there are none.

        Raises
        ------
        DataError
            If there is no such metric, no threshold changes it, the other direction is the better one, or costs are
            given that the metric does not use.
        """
        key = maximize if minimize is None else minimize
        if key is None or None not in (maximize, minimize):
            raise DataError(
                "Name one thing to aim for: either a metric to maximize, or a metric or the cost to minimize."
            )
        if key == "cost":
            if minimize is None:
                raise DataError("A cost is to be minimized: say --minimize cost. Gains count as negative costs.")  # fmt: skip
            return cls("cost", "Cost", -1, costs=Costs.read() if costs is None else costs)
        spec = threshold_metric(key)
        if spec.key == "net_benefit" and minimize is None:
            return cls(spec.key, spec.label, 1, spec, _exchange(costs))
        if costs is not None:
            raise DataError(f"Costs are given, but {spec.label} does not use them. Say --minimize cost, or leave the costs out.")  # fmt: skip
        direction = 1 if minimize is None else -1
        if (spec.better == "higher") != (direction > 0):
            verb, other = ("maximize", "minimize") if direction < 0 else ("minimize", "maximize")
            raise DataError(f"Of {spec.label} {'higher' if direction < 0 else 'lower'} is better: say --{verb} {spec.key} instead of --{other}.")  # fmt: skip
        return cls(spec.key, spec.label, direction, spec)

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Compute it for every cut, ``(...)`` float64; NaN where undefined. Costs are totals in the unit of the prices."""
        if self.spec is None:
            assert self.costs is not None  # an objective is a metric or a cost
            return self.costs.total(outcomes)
        if self.costs is not None:  # a net benefit whose odds the prices fix, whatever the cut
            odds = np.broadcast_to(self.costs.calibrated_cut()[0] or 0.0, np.shape(outcomes.tp))
            outcomes = replace(outcomes, threshold=np.asarray(odds))
        return np.asarray(self.spec.fn(outcomes), dtype=np.float64)

    @property
    def undefined_when(self) -> str:
        """The reason shown where there is no value."""
        return "" if self.spec is None else self.spec.undefined_when

    @property
    def text(self) -> str:
        """What is aimed for in words: ``maximize f1``."""
        return f"{'maximize' if self.direction > 0 else 'minimize'} {self.key}"

    def to_dict(self) -> dict[str, object]:
        """Return the objective for a record of the decision; ``from_dict`` reads it."""
        found: dict[str, object] = {"maximize" if self.direction > 0 else "minimize": self.key}
        return found | ({} if self.costs is None else {"costs": self.costs.to_dict()})

    @classmethod
    def from_dict(cls, record: dict[str, object]) -> Objective:
        """Read what ``to_dict`` wrote."""
        named = {name: str(record[name]) for name in ("maximize", "minimize") if name in record}
        prices = record.get("costs")
        costs = Costs.from_dict(prices) if isinstance(prices, dict) else None
        return cls.read(maximize=named.get("maximize"), minimize=named.get("minimize"), costs=costs)


def _exchange(costs: Costs | None) -> Costs:
    """Make sure that prices say how many false positives a true positive outweighs.

    At the odds of each cut, as the decision curve has it, net benefits of two cuts could not be compared.
    """
    if costs is None:
        raise DataError("Net benefit weighs false positives against true ones, so say what errors cost: --cost-fp 1 --cost-fn 9. The decision curve, which takes the odds of each threshold, compares models, not thresholds.")  # fmt: skip
    cut, why = costs.calibrated_cut()
    if cut is None or not 0 <= cut < 1:
        raise DataError(f"Net benefit has no weight for false positives: {why or 'with these prices flagging everything or nothing costs least'}. Say --minimize cost.")  # fmt: skip
    return costs


def threshold_metric(key: str) -> MetricSpec:
    """Find a metric that a threshold changes, or an F-score of any beta.

    Parameters
    ----------
    key : str
        Such as ``recall``, ``mcc`` or ``f0.25``.

    Raises
    ------
    DataError
        If there is none; the text names near misses.

    Examples
    --------
    >>> threshold_metric("f0.5").key, threshold_metric("f3").label
    ('f0_5', 'F3')
    """
    key = key.strip().lower()
    of_beta = _F_BETA.fullmatch(key)
    if of_beta:
        return _f_score(float(of_beta[1].replace("_", ".")))
    spec = REGISTRY.get(("binary", key))
    known = [s for s in REGISTRY.values() if s.task == "binary" and s.of is Outcomes and s.better != "neither"]  # fmt: skip
    if spec is None:
        called = [s.key for s in known if key.replace("_", " ") in (n.lower() for n in (s.label, *s.synonyms))]  # fmt: skip
        hint = f"Did you mean {' or '.join(map(repr, called))}?" if called else did_you_mean(key, [*(s.key for s in known), "cost"])  # fmt: skip
        raise DataError(f"There is no metric {key!r} at a threshold. {hint}")
    if spec.of is not Outcomes:
        raise DataError(f"{spec.label} looks at all thresholds at once, so none can be chosen by it. Name a metric at a threshold, such as f1, mcc or recall.")  # fmt: skip
    if spec.better == "neither":
        raise DataError(f"{spec.label} is no better higher or lower, and no threshold changes it. Name another metric, such as f1, mcc or recall.")  # fmt: skip
    return spec


def _f_score(beta: float) -> MetricSpec:
    """Return the F-score of a beta: a row of the registry where there is one."""
    name = f"{beta:.12g}"
    known = REGISTRY.get(("binary", "f" + name.replace(".", "_")))
    if known is not None:
        return known
    if not 0 < beta < inf or not isfinite(beta * beta):
        raise DataError(f"beta of an F-score must be a positive number, not {name}.")
    return MetricSpec(
        key=f"f{name}",
        label=f"F{name}",
        fn=partial(counts.f_beta, beta=beta),
        task="binary",
        of=Outcomes,
        better="higher",
        low=0.0,
        high=1.0,
        undefined_when="no row is positive or predicted positive",
        about=f"F-score that weighs recall {name} times as much as precision.",
        source="scikit-learn fbeta_score",
        interval="multinomial",
    )


def f_beta_relation(value: float, beta: float) -> float:
    """Say where the cut of the best F-score lies when the scores are calibrated probabilities.

    A cut further away than ``F_BETA_GAP`` says that the scores are not calibrated near it.

    Parameters
    ----------
    value : float
        The best F-score, 0 to 1.
    beta : float

    Returns
    -------
    float
        F / (1 + beta^2), for F1 half of it.

    References
    ----------
    Lipton, Elkan and Naryanaswamy (2014), Optimal thresholding of classifiers to maximize F1 measure, ECML PKDD.

    Examples
    --------
    >>> f_beta_relation(0.8, 1.0)
    0.4
    """
    return value / (1 + beta * beta)
