"""What a threshold is to be chosen for and what came out: kept for the session, one desk for each data set and model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow.compute as pc
import streamlit as st

import metrics_core as mc
from metrics_core.cases import BinaryCases
from metrics_core.decisions.costs import Costs
from metrics_core.decisions.record import Decision
from metrics_core.decisions.select import Selection, selection_of
from metrics_core.filters import equals

from .data import identity
from .plans import COST, PRICES, Plan
from .view import view

_DESKS = "decisions.desks"
_MOST_UNDONE = 30
#: Columns of more different values are no splits to choose from.
_MOST_SPLITS = 50


@dataclass(frozen=True)
class Answer:
    """What a plan came to.

    Attributes
    ----------
    plan : Plan
    decision : Decision
        Before anything was reported, or as it was recorded.
    where : str
        The filter it was found under.
    exact : bool
    made : str
        When, in UTC.
    opened : str
        Name of the record it was opened from; empty when it was found here.
    elsewhere : str
        SHA-256 of the data at hand when that record was made on other data; empty else.
    """

    plan: Plan
    decision: Decision
    where: str = ""
    exact: bool = False
    made: str = ""
    opened: str = ""
    elsewhere: str = ""


@dataclass
class Desk:
    """The plan of one data set and model in this session, what came out, and the way back.

    Attributes
    ----------
    plan : Plan
    answer : Answer, optional
        The last one; it may be of an earlier plan.
    named : dict of str to Answer
        Alternatives somebody kept.
    """

    plan: Plan
    answer: Answer | None = None
    named: dict[str, Answer] = field(default_factory=dict)
    _before: list[tuple[Plan, Answer | None]] = field(default_factory=list)

    @property
    def can_undo(self) -> bool:
        """Whether there is a plan before this one."""
        return bool(self._before)

    @property
    def settled(self) -> bool:
        """Whether the answer is the answer to the plan in force, on the rows of the view."""
        now, v = self.answer, view()
        return now is not None and (now.plan, now.where, now.exact) == (self.plan, v.where, v.exact)

    def change(self, plan: Plan | None = None, **changed: Any) -> None:
        """Put another plan in force, or change fields of this one."""
        wanted = replace(plan or self.plan, **changed)
        if wanted != self.plan:
            self._before = [*self._before, (self.plan, self.answer)][-_MOST_UNDONE:]
            self.plan = wanted

    def take(self, answer: Answer) -> None:
        """Put an answer and its plan in force."""
        self.change(answer.plan)
        self.answer = answer

    def undo(self) -> None:
        """Go back to the plan before this one, and to what was known then."""
        if self._before:
            *self._before, (self.plan, self.answer) = self._before

    def keep(self, name: str, answer: Answer) -> None:
        """Keep an answer under a name; an older one of that name is replaced."""
        self.named[name] = answer

    def drop(self, name: str) -> None:
        """Forget an alternative."""
        self.named.pop(name, None)


def desk(predictions: mc.Predictions, model: str) -> Desk:
    """Return the desk of a model in this session; a fresh one has the plan to start from.

    Splits that are not there any more, because another column has that role, are taken out of its plan.
    """
    desks: dict[tuple[str, str, str], Desk] = st.session_state.setdefault(_DESKS, {})
    key = (view().data, model, view().label)
    named = splits(predictions, model)
    if key not in desks:
        desks[key] = Desk(Plan.first(predictions, named))
    plan = desks[key].plan
    if not {plan.select_on, plan.report_on} <= {None, *named}:
        desks[key].change(select_on=None, report_on=None)
    return desks[key]


def find_threshold(predictions: mc.Predictions, model: str, plan: Plan) -> Answer:
    """Choose the threshold of a plan on the rows of the view.

    Raises
    ------
    DataError
        If the plan cannot be carried out on these rows; a question is one too.
    """
    v = view()
    decision = selection(predictions, model, plan, v.where, v.exact).decision
    _can_be_priced(predictions, model, plan, v.where)
    return Answer(plan, decision, v.where, v.exact, now())


def _can_be_priced(predictions: mc.Predictions, model: str, plan: Plan, where: str) -> None:
    """Ask now about amounts that rows kept back lack: once the threshold is locked it is too late.

    Raises
    ------
    NeedsChoice
        If some of these rows have no amount and the costs depend on it.
    """
    if plan.aim == COST and plan.report_on is not None:
        costs = Costs.read(*(getattr(plan, price) for price in PRICES))
        kept_back = only_split(predictions, plan.report_on).judged(model, where or None)
        assert isinstance(kept_back, BinaryCases)  # a plan is for one class against the rest
        costs.check_amounts(kept_back, predictions.roles.amount)


def selection(
    predictions: mc.Predictions,
    model: str,
    plan: Plan,
    where: str,
    exact: bool,
    *,
    report: bool = False,
) -> Selection:
    """Return a decision with what it was made from; made once for each plan.

    Raises
    ------
    DataError
        If the plan cannot be carried out on these rows; a question is one too.
    """
    key = f"{rows_key(predictions, model)}|{where}|{exact}|{report}|{plan!r}"
    return _selection(predictions, key, model, where, exact, plan, report)


@st.cache_resource(max_entries=4, show_spinner=False, scope="session")  # each holds arrays of all its rows
def _selection(_predictions: mc.Predictions, key: str, model: str, where: str, exact: bool, _plan: Plan, report: bool) -> Selection:  # fmt: skip
    return selection_of(_predictions, model=model, where=where or None, exact=exact or None, **_plan.settings(report=report))  # fmt: skip


def open_decision(predictions: mc.Predictions, model: str, decision: Decision, name: str) -> Answer:
    """Make an answer of a recorded decision; on the data it was made on, what is worth knowing is worked out again.

    Raises
    ------
    DataError
        If the record asks for what cannot be read, or its plan cannot be carried out on its own data any more.
    """
    plan, where, exact = Plan.of(decision), decision.filter or "", view().exact
    here = predictions.source.sha256()
    elsewhere = "" if here == decision.data.get("sha256") else here
    if not elsewhere:
        again = selection(predictions, model, plan, where, exact, report=plan.report_on is not None).decision
        decision = replace(decision, findings=again.findings)
        if again.threshold != decision.threshold:
            decision = replace(decision, findings=(*again.findings, _another(again.threshold)))
    return Answer(plan, decision, where, exact, decision.created, name, elsewhere)


def _another(cut: float | None) -> mc.Finding:
    """Say that the plan of a record does not lead to its threshold here."""
    leads = "to no threshold" if cut is None else f"to {cut!r}"
    return mc.Finding("another-cut", "warning", f"The recorded plan leads {leads} here now: the columns may have other roles than they had.", "Find the threshold again, or look at the roles on the Data page.")  # fmt: skip


def now() -> str:
    """Return the time in UTC, to the second, as records write it."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def splits(predictions: mc.Predictions, model: str) -> dict[str, int]:
    """Count the judged rows of each value of the split column, in the order of the file; empty without such a column."""
    column = predictions.roles.split
    if column is None or column not in predictions.source.names:
        return {}
    return _splits(predictions, rows_key(predictions, model), column, model)


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _splits(_predictions: mc.Predictions, key: str, column: str, model: str) -> dict[str, int]:
    values = _predictions.source.column(column)
    named = [value for value in pc.unique(values).to_pylist() if value is not None]
    if len(named) > _MOST_SPLITS:
        return {}
    counted = pc.value_counts(values.take(_predictions.judged(model).rows)).to_pylist()
    judged = {one["values"]: int(one["counts"]) for one in counted}
    return {str(value): judged.get(value, 0) for value in named}


def only_split(predictions: mc.Predictions, split: str | None) -> mc.Predictions:
    """Return the predictions with the judged rows of one split; all of them for None."""
    if split is None:
        return predictions
    return _only(
        predictions, "|".join(rows_key(predictions, m.name) for m in predictions.roles.models), split
    )


@st.cache_resource(max_entries=4, show_spinner=False, scope="session")
def _only(_predictions: mc.Predictions, key: str, split: str) -> mc.Predictions:
    column = _predictions.roles.split
    assert column is not None  # a plan names a split only when there is such a column
    condition = equals(column, split)
    mask = _predictions.mask(condition)
    cases = {name: of_model.where(mask) for name, of_model in _predictions.cases.items()}
    # another key: whatever is kept of all rows is not kept of these
    source = replace(_predictions.source, key=f"{key}|{condition.text}")
    return replace(_predictions, source=source, cases=cases, _tallies={})


def rows_key(predictions: mc.Predictions, model: str) -> str:
    """Return a key that changes with the judged rows of a model: answers to questions drop rows and set amounts."""
    cases = predictions.judged(model)
    priced = cases.without_amount.size if isinstance(cases, BinaryCases) else 0
    return f"{identity(predictions)}|{model}|{len(cases)}|{priced}"


def has_amounts(predictions: mc.Predictions, model: str) -> bool:
    """Whether the rows of a model have amounts."""
    cases = predictions.judged(model)
    return isinstance(cases, BinaryCases) and cases.amount is not None
