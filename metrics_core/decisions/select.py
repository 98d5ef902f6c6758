"""Choosing a threshold on some rows, saying how sure the choice is, and proving it once on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..cases import BinaryCases
from ..errors import DataError
from ..filters import Filter, parse
from ..intervals import LEVEL, REPLICATES, SEED
from ..predictions import Predictions
from ..reduce import score_tally
from ..roles import Model
from ..tally import ScoreTally
from .asked import cases_of, certified, rule_of
from .at_prevalence import at_prevalence
from .certificates import Certificate
from .choice import Choice, choose
from .constraints import Capacity
from .drift import bands_of
from .group_thresholds import with_groups
from .honest import honest_of
from .promised import Promised
from .record import Decision
from .rule import Rule
from .scored import row_thresholds
from .spread import Spread, spread_of
from .summary import Summary
from .warnings import warnings_of

__all__ = ["Selection", "select", "selection_of"]


@dataclass(frozen=True, eq=False)
class Selection:
    """A decision together with what it was made from.

    Attributes
    ----------
    decision : Decision
    cases : BinaryCases
        The rows it was chosen on.
    tally : ScoreTally
        Of these rows.
    rule : Rule
    choice : Choice
    spread : Spread, optional
    certificates : tuple of Certificate
    """

    decision: Decision
    cases: BinaryCases
    tally: ScoreTally
    rule: Rule
    choice: Choice
    spread: Spread | None
    certificates: tuple[Certificate, ...]


def select(predictions: Predictions, **settings: Any) -> Decision:
    """Choose a threshold; see ``selection_of`` for the settings.

    Examples
    --------
    >>> import metrics_core as mc, numpy as np, pandas as pd
    >>> p = np.arange(200) / 200
    >>> frame = pd.DataFrame({"label": ((p * 7919 % 1) < p).astype(int), "p": p})
    >>> predictions = mc.read(frame, y_true="label", y_score="p")
    >>> decision = select(predictions, maximize="f1", subject_to=["precision>=0.8"])
    >>> decision.feasible, decision.apparent["confusion"]["tp"] > 0
    (True, True)
    """
    return selection_of(predictions, **settings).decision


def selection_of(
    predictions: Predictions,
    *,
    maximize: str | None = None,
    minimize: str | None = None,
    cost_fp: str | float | None = None,
    cost_fn: str | float | None = None,
    gain_tp: str | float | None = None,
    gain_tn: str | float | None = None,
    subject_to: Sequence[str] = (),
    capacity: str | float | None = None,
    prevalence: float | None = None,
    certify: Sequence[str] = (),
    confidence: float = 0.95,
    keep_promises: bool = False,
    select_on: str | None = None,
    report_on: str | None = None,
    per: str | None = None,
    model: str | None = None,
    where: Filter | str | None = None,
    exact: bool | None = None,
    level: float = LEVEL,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> Selection:
    """Choose a threshold, estimate honestly what it is worth, certify what can be promised, and report it elsewhere.

    Parameters
    ----------
    predictions : Predictions
        Binary, with a score.
    maximize, minimize : str, optional
        One of them: a metric at a threshold, an F-score of any beta such as ``f3``, or ``cost`` to minimize.
    cost_fp, cost_fn, gain_tp, gain_tn : str or float, optional
        Prices for ``minimize="cost"``: a number for each row, ``amount``, or a part such as ``0.5*amount``. A false
        positive costs 1 unless said otherwise; a false negative 1, or its amount when an amount column was named.
    subject_to : sequence of str
        Constraints such as ``precision>=0.9``.
    capacity : str or float, optional
        Most rows to flag: ``200``, ``5%``, ``200/day`` or ``5%/week``.
    prevalence : float, optional
        Share of positives where the decision will run, when it is not that of these rows.
    certify : sequence of str
        Promises such as ``recall>=0.9``.
    confidence : float
        With which all promises hold together.
    keep_promises : bool
        Choose only among the cuts that the promises are certified for.
    select_on, report_on : str, optional
        Values of the split column: the rows to choose on, and those to report on once.
    per : str, optional
        A column: each of its groups with enough rows gets the threshold that is best in it. The honest value is left
        out then.
    model : str, optional
        The first one by default.
    where : Filter or str, optional
        Only these rows.
    exact : bool, optional
        Whether every distinct score is a candidate, however many there are.
    level, seed, replicates
        Of the intervals.

    Returns
    -------
    Selection

    Raises
    ------
    DataError
        If there is no score, a setting makes no sense, there is no such split, or no row is left.
    NeedsChoice
        If costs depend on amounts and some rows have none.
    """
    of_model = _model(predictions, model)
    condition = parse(where) if isinstance(where, str) else where
    if report_on is not None and select_on is None:
        raise DataError("Say which rows to choose on: --report-on needs --select-on.")
    if select_on is not None and select_on == report_on:
        raise DataError(f"Choosing and reporting on the same rows ({select_on!r}) proves nothing. Name two splits.")  # fmt: skip
    if per is not None and (prevalence is not None or certify):
        raise DataError("Groups with thresholds of their own cannot be given another prevalence or a promise. Leave --per out, or these.")  # fmt: skip
    if keep_promises and not certify:
        raise DataError("There is no promise to keep: --keep-promises needs a --certify.")
    chosen_on = cases_of(predictions, of_model.name, condition, select_on)
    proof = None if report_on is None else cases_of(predictions, of_model.name, condition, report_on)
    prices = (cost_fp, cost_fn, gain_tp, gain_tn)
    rule = rule_of(predictions, chosen_on, (maximize, minimize), prices, subject_to, capacity)
    if prevalence is not None and any(isinstance(c, Capacity) and c.per for c in rule.constraints):
        raise DataError("A capacity per day counts the days of these rows, so it cannot be judged at another prevalence. Leave one of the two out.")  # fmt: skip
    tally = score_tally(chosen_on, exact=exact)
    grouped = chosen_on.together is not None
    promised = certified(tally, certify, confidence, grouped, prevalence)
    kept = tuple(Promised(c) for c in promised) if keep_promises else ()
    bound = Rule(rule.objective, (*rule.constraints, *kept))
    choice = choose(tally, bound, prevalence=prevalence)
    decision = Decision(
        task="binary",
        model=of_model.name,
        pos_label=str(predictions.roles.pos_label),
        roles=predictions.roles.to_dict() | {"score_kind": of_model.score_kind or "probability"},
        threshold=choice.threshold,
        objective=rule.objective.to_dict(),
        constraints=tuple(c.text for c in rule.constraints),
        prevalence=prevalence,
        keep_promises=keep_promises,
        feasible=choice.feasible,
        infeasible=None if choice.feasible else _infeasible(choice),
        selected_on=select_on,
        reported_on=report_on,
        filter=None if condition is None else condition.text,
        certificates=tuple(_written(c, choice.threshold) for c in promised),
        scores=bands_of(chosen_on.score) if chosen_on.score is not None else None,
        data={
            "name": predictions.name,
            "sha256": predictions.source.sha256(),
            "rows": predictions.source.n_rows,
        },
    )
    spread = None
    if choice.threshold is not None:
        drawn = at_prevalence(bound, prevalence)
        by_row = grouped or (rule.objective.costs is not None and rule.objective.costs.uses_amounts)
        spread = spread_of(tally, drawn, level=level, seed=seed, replicates=replicates, cases=chosen_on if by_row else None)  # fmt: skip
        decision = replace(decision, interval=spread.to_dict())
        if per is not None:
            decision = with_groups(decision, predictions, per, rule)
        worth = Summary(rule, prevalence, level, seed, replicates)
        decision = _worth(decision, predictions, worth, chosen_on, proof)
        if per is None:
            decision = replace(decision, honest=honest_of(tally, drawn, seed=seed, cases=chosen_on).to_dict())
    findings = warnings_of(decision, choice, tally, spread, predictions.roles.split, grouped=grouped)
    decision = replace(decision, findings=(*findings, *decision.findings))
    return Selection(decision, chosen_on, tally, rule, choice, spread, promised)


def _model(predictions: Predictions, name: str | None) -> Model:
    """Find the model; one that has a score and two classes."""
    if predictions.roles.of_numbers:
        raise DataError("Predicted numbers have no threshold: it decides between two classes.")
    if predictions.roles.task != "binary":
        raise DataError("A threshold belongs to one class against the rest: name the class with --pos-label and --task binary.")  # fmt: skip
    model = predictions.model(name)
    if model.y_score is None:
        raise DataError(f"Model {model.name!r} has no score, so there is no threshold to choose. Name one with --y-score.")  # fmt: skip
    return model


def _worth(
    decision: Decision,
    predictions: Predictions,
    worth: Summary,
    chosen_on: BinaryCases,
    proof: BinaryCases | None,
) -> Decision:
    """Say what the decision is worth where it was chosen, and once where it is reported."""
    cuts = row_thresholds(decision, predictions.source)
    apparent = worth.of(chosen_on, cuts[chosen_on.rows] if decision.thresholds else _cut(decision))
    if proof is None:
        return replace(decision, apparent=apparent)
    reported = worth.of(proof, cuts[proof.rows] if decision.thresholds else _cut(decision))
    gap = reported["value"] - apparent["value"]
    return replace(decision, apparent=apparent, reported={**reported, "gap": gap})


def _cut(decision: Decision) -> float:
    """Return the common threshold."""
    assert decision.threshold is not None  # the decision is feasible
    return decision.threshold


def _written(certificate: Certificate, cut: float | None) -> dict[str, Any]:
    """Write a certificate, and whether it covers the cut that was decided on."""
    covers = None if cut is None or not certificate.certifies_some else certificate.at(cut).holds
    return certificate.to_dict() | {"covers_threshold": covers}


def _infeasible(choice: Choice) -> dict[str, Any]:
    """Write what is in the way."""
    nearest = {text: vars(near) for text, near in (choice.nearest or {}).items()}
    return {"reason": choice.reason, "blocking": [c.text for c in choice.blocking], "nearest": nearest}
