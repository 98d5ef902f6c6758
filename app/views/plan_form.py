"""The plan as a card: what the threshold is chosen for, under which limits, on which rows; one line of controls for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import floor
from typing import Any

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views import plan_words
from app.views.gate import Shown
from metrics_core.decisions.promises import Promise
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import MetricSpec
from metrics_core.tally import Outcomes

#: Stands in the list of aims for an F-score whose beta is typed.
_F_BETA = "f…"
_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_COUNTED = ("flagged", "flagged_share")
_PROMISED = ("recall", "precision", "fpr", "specificity", "fnr")
_PERIODS = {"": "in all", "day": "a day", "week": "a week"}
_PRICES = {
    "cost_fp": ("A false positive costs", "What a false alarm costs: 5, amount, or 0.5\\*amount"),
    "cost_fn": ("A missed positive costs", "What a positive row that is not flagged costs: 5, amount, or 0.5\\*amount"),
    "gain_tp": ("A true positive gains", "What a flagged positive row brings in; 0 for nothing"),
    "gain_tn": ("A true negative gains", "What a negative row that is left alone brings in; 0 for nothing"),
}  # fmt: skip
_LABEL_WIDTH = 64
#: Stands in a list for no split.
_NONE = "\0"
_ROWS_CHANGED, _ERROR, _QUESTION = "plan.rows_changed", "plan.error", "plan.question"


@st.fragment  # typing reruns the card alone; finding, and other rows, rerun the page
def plan_form(shown: Shown, predictions: mc.Predictions) -> None:
    """Draw the controls of the plan and the button that finds its threshold.

    Parameters
    ----------
    shown : Shown
        The rows it is chosen on.
    predictions : Predictions
        All rows.
    """
    if state.chosen(_ROWS_CHANGED):
        state.drop(_ROWS_CHANGED)
        st.rerun()
    model = shown.model.name
    desk = state.desk(predictions, model)
    form = _Form(desk, desk.plan.problems(amounts=state.has_amounts(predictions, model)))
    form.aim()
    form.limits(shown)
    form.promises()
    form.rows(state.splits(predictions, model), len(predictions.judged(model)))
    st.markdown(plan_words.sentence(desk.plan, state.view().where))
    if form.wanted():
        with st.spinner("Trying every threshold, then drawing the rows again to see how sure it is …", show_time=True):  # fmt: skip
            carry_out(predictions, model)
        st.rerun()
    told = state.chosen(_ERROR)
    if told is not None and told[0] == desk.plan:
        st.error(numbers.plain(told[1]), icon=":material/error:")


def question(predictions: mc.Predictions, model: str) -> mc.NeedsChoice | None:
    """Return what has to be answered before the plan in force can be carried out on these rows."""
    plan, rows, asked = state.chosen(_QUESTION) or (None, "", None)
    here = plan == state.desk(predictions, model).plan and rows == state.rows_key(predictions, model)
    return asked if here else None


def carry_out(predictions: mc.Predictions, model: str) -> None:
    """Find the threshold of the plan in force and move the view to it; what stands in the way is kept for the page."""
    desk = state.desk(predictions, model)
    state.drop(_ERROR)
    state.drop(_QUESTION)
    try:
        desk.answer = state.find_threshold(predictions, model, desk.plan)
    except mc.NeedsChoice as asked:
        state.preset(_QUESTION, (desk.plan, state.rows_key(predictions, model), asked))
    except mc.DataError as error:
        state.preset(_ERROR, (desk.plan, str(error)))
    else:
        if desk.answer.decision.threshold is not None:
            state.change(threshold=desk.answer.decision.threshold)


class _Form:
    """The controls of one desk. Each draws what the plan says and writes what somebody changes back into it."""

    def __init__(self, desk: state.Desk, problems: dict[str, str]) -> None:
        self.desk = desk
        self.plan = desk.plan
        self.problems = problems

    # ---- lines

    def aim(self) -> None:
        """Choose what the threshold is for; costs and a beta open beside it."""
        with _line("Aim"):
            keys = _aims()
            now = self.plan.aim if self.plan.aim in keys else _F_BETA
            self._choice("plan.aim", "What the threshold is for", list(keys), now, keys.__getitem__, self._aimed, width=250)  # fmt: skip
            if now == _F_BETA:
                self._text("plan.beta", "Beta", self.plan.aim[1:], self._beta, width=90,
                           hidden=False, help="How many times recall weighs as much as precision")  # fmt: skip
        self._said("aim")
        if self.plan.aim == state.COST:
            with _line("Prices"):
                for name, (label, about) in _PRICES.items():
                    self._text(f"plan.{name}", label, getattr(self.plan, name), partial(self._set, name),
                               width=150, hidden=False, help=about)  # fmt: skip
            for name in _PRICES:
                self._said(name)

    def limits(self, shown: Shown) -> None:
        """One group of controls for each constraint, the capacity and the prevalence; and what adds one."""
        with _line("Limits"):
            for i, limit in enumerate(self.plan.limits):
                self._limit(i, limit)
            if self.plan.capacity is not None:
                with _group():
                    st.markdown("at most", width="content")
                    self._text("plan.capacity", "Most rows to flag", self.plan.capacity, partial(self._set, "capacity"), width=80)  # fmt: skip
                    st.markdown("flagged", width="content")
                    timed = shown.predictions.roles.time is not None
                    periods = {per: words for per, words in _PERIODS.items() if timed or per in ("", self.plan.per)}  # fmt: skip
                    self._choice("plan.per", "In which time", list(periods), self.plan.per, periods.__getitem__,
                                 partial(self._set, "per"), width=100)  # fmt: skip
                    _remove("plan.capacity.remove", lambda: self.desk.change(capacity=None, per=""))
            if self.plan.prevalence is not None:
                with _group():
                    st.markdown("where", width="content")
                    self._text("plan.prevalence", "Share of positives where it will run", self.plan.prevalence,
                               partial(self._set, "prevalence"), width=80)  # fmt: skip
                    st.markdown("are positive", width="content")
                    _remove("plan.prevalence.remove", partial(self._set, "prevalence", None))
            self._add_limits(shown)
        for control in (*(f"limit.{i}" for i in range(len(self.plan.limits))), "capacity", "prevalence"):
            self._said(control)

    def promises(self) -> None:
        """Draw what is to be certified, with which confidence, and whether only certified cuts count."""
        if not self.plan.promises:
            return
        with _line("Promises"):
            for i, promise in enumerate(self.plan.promises):
                with _group():
                    self._choice(f"plan.promise.{i}.key", "What is promised", list(_PROMISED), promise.key, _metric_label,
                                 partial(self._promised, i, "key"), width=170)  # fmt: skip
                    st.markdown(_SIGNS[promise.sign], width="content")
                    self._text(f"plan.promise.{i}.number", "How much is promised", promise.number,
                               partial(self._promised, i, "number"), width=80)  # fmt: skip
                    _remove(f"plan.promise.{i}.remove", partial(self._promised, i, "", ""))
            with _group():
                st.markdown("with", width="content")
                self._text("plan.confidence", "Confidence of all promises together", self.plan.confidence,
                           partial(self._set, "confidence"), width=80)  # fmt: skip
                st.markdown("confidence", width="content")
            state.preset("plan.keep", self.plan.keep_promises)
            st.toggle("only cuts that keep them", key="plan.keep", on_change=lambda: self.desk.change(keep_promises=bool(state.chosen("plan.keep"))),
                      help="Choose only among the cuts that the promises are certified for")  # fmt: skip
        for control in (*(f"promise.{i}" for i in range(len(self.plan.promises))), "confidence"):
            self._said(control)

    def rows(self, splits: dict[str, int], n_rows: int) -> None:
        """Choose the rows to choose on and those to report on; nothing to choose without a split column."""
        if not splits:
            return
        names = {split: f"{split} · {numbers.count(n)}" for split, n in splits.items()}
        with _line("Rows"):
            every = {_NONE: f"all rows · {numbers.count(n_rows)}"} | names
            now = self.plan.select_on or _NONE
            with _group():
                st.markdown("choose on", width="content")
                self._choice("plan.select_on", "Choose on", list(every), now, every.__getitem__, self._rows_chosen, width=190)  # fmt: skip
            if now == _NONE:
                return
            others = {_NONE: "nothing"} | {split: text for split, text in names.items() if split != now}
            with _group():
                st.markdown("keep back for one proof", width="content")
                self._choice("plan.report_on", "Report on", list(others), self.plan.report_on or _NONE, others.__getitem__,
                             lambda split: self.desk.change(report_on=None if split == _NONE else split), width=170)  # fmt: skip

    def wanted(self) -> bool:
        """Draw the button that finds the threshold, and the way back to the plan before."""
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            clicked = st.button("Find the threshold", type="primary", icon=":material/search:", key="plan.find", shortcut="Ctrl+Enter",
                                disabled=bool(self.problems), help="Mend what is marked first" if self.problems else None)  # fmt: skip
            st.button("Undo", icon=":material/undo:", key="plan.undo", type="tertiary", on_click=self._undo,
                      disabled=not self.desk.can_undo, help="Back to the plan before this one")  # fmt: skip
            if self.desk.answer is not None and not self.desk.settled:
                st.caption(":material/history: The answer below is that of another plan.", width="content")
        return clicked

    # ---- parts

    def _limit(self, i: int, limit: state.Limit) -> None:
        """Draw one constraint."""
        keys = [*_COUNTED, *(spec.key for spec in _metrics())]
        keys = keys if limit.key in keys else [limit.key, *keys]
        signs = [">=", "<="] if limit.sign in (">=", "<=") else list(_SIGNS)
        with _group():
            self._choice(f"plan.limit.{i}.key", "What is limited", keys, limit.key, _metric_label,
                         partial(self._limited, i, "key"), width=168)  # fmt: skip
            self._choice(f"plan.limit.{i}.sign", "At least or at most", signs, limit.sign, _SIGNS.__getitem__,
                         partial(self._limited, i, "sign"), width=66)  # fmt: skip
            self._text(f"plan.limit.{i}.number", "Limit", limit.number, partial(self._limited, i, "number"), width=80)  # fmt: skip
            _remove(f"plan.limit.{i}.remove", partial(self._limited, i, "", ""))

    def _add_limits(self, shown: Shown) -> None:
        """Offer what can be added."""
        with st.container(horizontal=True, gap="xsmall", width="content"):
            now = shown.of_model.metrics.values.get("precision")
            start = state.Limit("precision", ">=", "90%" if now is None else f"{floor(100 * now):g}%")
            _add("Limit", "plan.limit.add", lambda: self.desk.change(limits=(*self.desk.plan.limits, start)),
                 "Keep a metric above or below a value; it starts from the precision you have now")  # fmt: skip
            if self.plan.capacity is None:
                _add("Capacity", "plan.capacity.add", lambda: self.desk.change(capacity="5%"), "How many rows somebody can look at")  # fmt: skip
            if self.plan.prevalence is None:
                prior = state.percentage(float(f"{shown.of_model.metrics.number('prevalence'):.2g}"))
                _add("Prevalence", "plan.prevalence.add", lambda: self.desk.change(prevalence=prior), "When positives are rarer or more frequent where it will run")  # fmt: skip
            _add("Promise", "plan.promise.add", lambda: self.desk.change(promises=(*self.desk.plan.promises, _promise("recall", "90%"))),
                 "Prove that new rows will keep a recall, a precision or a false positive rate")  # fmt: skip

    def _text(self, key: str, label: str, value: str, changed: Callable[[str], Any], *, width: int, hidden: bool = True, help: str | None = None) -> None:  # fmt: skip
        """Draw a text that is part of the plan."""
        state.preset(key, value)
        st.text_input(label, key=key, on_change=lambda: changed(state.chosen(key, "")), width=width, help=help,
                      label_visibility="collapsed" if hidden else "visible")  # fmt: skip

    def _choice(self, key: str, label: str, options: list[Any], value: Any, words: Callable[[Any], str], changed: Callable[[Any], Any], *, width: int) -> None:  # fmt: skip
        """Draw a choice that is part of the plan."""
        state.preset(key, value)
        st.selectbox(label, options, key=key, format_func=words, on_change=lambda: changed(state.chosen(key)), width=width,
                     label_visibility="collapsed")  # fmt: skip

    def _said(self, control: str) -> None:
        """Say below a line what is wrong in it."""
        if control in self.problems:
            st.caption(f":red[:material/error: {numbers.plain(self.problems[control])}]")

    # ---- what somebody does, always to the plan as it is by then: typing and a click may come together

    def _set(self, name: str, value: Any) -> None:
        """Change a field of the plan."""
        self.desk.change(**{name: value})

    def _aimed(self, key: str) -> None:
        """Aim for a metric; an F-score of one's own starts with one that has no row of its own."""
        self.desk.change(aim="f3" if key == _F_BETA else key)

    def _beta(self, text: str) -> None:
        """Change the beta of an F-score."""
        self.desk.change(aim=f"f{text.strip()}")

    def _limited(self, i: int, name: str, value: str) -> None:
        """Change a constraint, or take it away when nothing of it is named."""
        limits = list(self.desk.plan.limits)
        if i >= len(limits):  # taken away in the same moment
            return
        limits[i : i + 1] = [state.Limit(**(vars(limits[i]) | {name: value}))] if name else []
        self.desk.change(limits=tuple(limits))

    def _promised(self, i: int, name: str, value: str) -> None:
        """Change a promise, or take it away when nothing of it is named."""
        promises = list(self.desk.plan.promises)
        if i >= len(promises):
            return
        promises[i : i + 1] = [_promise(**({"key": promises[i].key, "number": promises[i].number} | {name: value}))] if name else []  # fmt: skip
        self.desk.change(
            promises=tuple(promises), keep_promises=self.desk.plan.keep_promises and bool(promises)
        )

    def _rows_chosen(self, split: str) -> None:
        """Choose on other rows: the whole page shows these."""
        plan, wanted = self.desk.plan, None if split == _NONE else split
        kept = plan.report_on if wanted is not None and wanted != plan.report_on else None
        self.desk.change(select_on=wanted, report_on=kept)
        state.preset(_ROWS_CHANGED, True)

    def _undo(self) -> None:
        """Go back; the rows may be others."""
        self.desk.undo()
        state.preset(_ROWS_CHANGED, True)


@contextmanager
def _line(name: str) -> Iterator[None]:
    """Begin a line of controls with its name."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(f"**{name}**", width=_LABEL_WIDTH)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            yield


def _group() -> Any:
    """Keep controls that belong together in one line."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content", wrap=False)  # fmt: skip


def _add(label: str, key: str, added: Callable[[], Any], about: str) -> None:
    """Draw a button that adds to the plan."""
    st.button(label, key=key, icon=":material/add:", type="tertiary", on_click=added, help=about)


def _remove(key: str, removed: Callable[[], Any]) -> None:
    """Draw a button that takes something out of the plan."""
    st.button("", key=key, icon=":material/close:", type="tertiary", on_click=removed, help="Take it out")


def _aims() -> dict[str, str]:
    """List what can be aimed for, in words."""
    found = {state.COST: "minimize the cost"}
    for spec in _metrics():
        if not spec.needs:
            found[spec.key] = f"{'maximize' if spec.better == 'higher' else 'minimize'} {plan_words.inside(spec.label)}"  # fmt: skip
    return found | {_F_BETA: "maximize an F-score of any beta"}


def _metrics() -> list[MetricSpec]:
    """List the metrics that a threshold changes for better or worse."""
    return [spec for spec in metrics_of("binary") if spec.of is Outcomes and spec.better != "neither"]


def _metric_label(key: str) -> str:
    """Name what is limited or promised."""
    name = plan_words.name_of(key)
    return name[0].upper() + name[1:]


def _promise(key: str, number: str) -> state.Limit:
    """Write a promise with the sign that its rate is promised by."""
    return state.Limit(key, Promise(key, 0.5).sign, number)
