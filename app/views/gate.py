"""What every page needs before it draws: predictions, or a sentence why there are none and one way on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.components.scheme_watch import scheme_watch
from app.views.chips import selection_chips
from app.views.filter_bar import filter_bar, filter_doubts
from app.views.narrow_bins import narrow_bins
from app.views.offered import is_offered, not_offered
from app.views.share import share
from metrics_core.evaluation import Evaluation, ModelEvaluation
from metrics_core.filters import Filter
from metrics_core.roles import Model

_LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Shown:
    """What the page shows: one model on the rows of the filter.

    Attributes
    ----------
    predictions : Predictions
    model : Model
    evaluation : Evaluation
    of_model : ModelEvaluation
        The current model's part of the evaluation.
    where : Filter, optional
    """

    predictions: mc.Predictions
    model: Model
    evaluation: Evaluation
    of_model: ModelEvaluation
    where: Filter | None

    @property
    def threshold(self) -> float | None:
        """The threshold in force; None when the file's own decision counts."""
        return self.of_model.threshold

    @property
    def many(self) -> bool:
        """Whether many classes are shown together; a class against the rest has two."""
        return self.of_model.task == "multiclass"

    @property
    def label(self) -> str:
        """The class that is looked at against the rest; empty when there is no other way to look."""
        return state.view().label

    @property
    def two_labels(self) -> tuple[str, str]:
        """The negative and the positive label."""
        negative, positive = self.predictions.labels
        return negative, positive

    @property
    def decided_by(self) -> str:
        """Who decides: the threshold, the file's own decision, or the most probable class; of numbers who predicts."""
        if self.predictions.roles.of_numbers:
            return f"predicted by {self.model.y_pred}"
        if self.threshold is not None:
            return f"score ≥ {numbers.threshold(self.threshold)}"
        return f"decided by {self.model.y_pred}" if self.model.y_pred else "most probable class"


def require(title: str, question: str, *, by: tuple[str, ...] = ()) -> Shown:
    """Draw the page's head and return what it shows; stop the page when there is nothing to show.

    Parameters
    ----------
    title : str
    question : str
        The question the page answers, in one line.
    by : tuple of str
        Columns to break the numbers down by.
    """
    predictions = state.current()
    if predictions is None:
        _nothing_yet(title)
    if isinstance(predictions, state.Reading):
        st.header(title, anchor=False)
        wait(predictions)
        st.stop()
    if isinstance(predictions, state.Trouble):
        _in_trouble(title, predictions)
    if not is_offered(title, predictions.roles.task):
        not_offered(title, predictions.roles.task)
    try:
        if predictions.roles.task != "binary" and state.view().threshold is not None:
            state.change(threshold=None)  # a link's threshold belongs to one class, and it names none
        model = predictions.model(state.view().model or None)
        if predictions.roles.task == "binary":
            state.in_force(predictions, model.name)  # a locked threshold counts on every page
        evaluation = state.evaluation(predictions, by=by)
        where = state.filter_of_view()
    except mc.DataError as error:
        _cannot_evaluate(title, error, predictions)
    of_model = next(m for m in evaluation.models if m.model == model.name)
    shown = Shown(predictions, model, evaluation, of_model, where)
    _head(title, question, shown)
    selection_chips(shown)
    return shown


def sentence(error: mc.DataError) -> None:
    """Show an error as text, never as markup."""
    st.error(numbers.plain(error), icon=":material/error:")


def wait(reading: state.Reading) -> None:
    """Stand in for a page while a big file is read; the page comes by itself, or the user cancels."""
    with st.container(border=True, gap="small"):
        if reading.cancelled:
            _was_cancelled(reading)
        else:
            st.subheader(f"Reading {numbers.plain(reading.title)}", anchor=False)
            _progress(reading)


@st.fragment(run_every=_LOOK_SECONDS)
def _progress(reading: state.Reading) -> None:
    """Show how much is read, or what is being done and since when; looks again by itself."""
    if reading.over:
        reading.take()
        st.rerun()
    if reading.stage:
        st.status(f"{reading.stage}: {reading.seconds} s", state="running")
    else:
        percent = int(100 * reading.share)  # 100 % only when all is read
        st.progress(percent, text=f"{percent}% of {reading.n_bytes / 1e6:,.0f} MB")
    st.button("Cancel", key="gate.cancel", icon=":material/close:", on_click=reading.cancel)


def _was_cancelled(reading: state.Reading) -> None:
    """Say that nothing is there, and offer the ways on."""
    st.subheader("Reading was cancelled", anchor=False)
    st.caption(f"Nothing of {numbers.plain(reading.title)} was kept.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Choose data", type="primary", icon=":material/table_view:", key="gate.choose"):
            state.forget(reading)
            state.change(data="")
            st.switch_page("pages/data.py", query_params=state.link())
        st.button("Read it again", icon=":material/restart_alt:", key="gate.again", on_click=state.forget, args=(reading,))  # fmt: skip


def _head(title: str, question: str, shown: Shown) -> None:
    """Title, question, and one line that says what the numbers are about."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.header(title, anchor=False)
            st.caption(question)
            scheme_watch(state.scheme())
        with st.container(
            width="content",
            horizontal=True,
            gap="small",
            horizontal_alignment="right",
            vertical_alignment="center",
        ):
            if shown.label:
                _class_chip(shown.label)
            for text, icon in _facts(shown):
                st.badge(numbers.plain(text), icon=icon, color="gray")
            if _locked(shown):
                st.badge(
                    "locked",
                    icon=":material/lock:",
                    color="blue",
                    help="Plan and threshold are frozen; the Threshold page has the log",
                )
            share(shown.predictions)
    narrow_bins(shown.of_model, f"{state.identity(shown.predictions)}|{state.view().where}")


def _class_chip(label: str) -> None:
    """Say which class is looked at; a click goes back to all of them."""
    st.button(f"class **{numbers.plain(label)}** against the rest", key="gate.class", icon=":material/close:",
              icon_position="right", help="Back to all classes", on_click=state.change, kwargs={"label": ""})  # fmt: skip


def _facts(shown: Shown) -> list[tuple[str, str]]:
    """Name the data, the rows and the decision rule in force."""
    cases = shown.of_model.cases
    used = numbers.rows(len(cases))
    if cases.rows_read != len(cases):
        used = f"{numbers.count(len(cases))} of {numbers.rows(cases.rows_read)} used"
    facts = [(shown.predictions.name, ":material/table_view:"), (used, ":material/data_table:")]
    if shown.many:
        facts.append((f"{len(shown.predictions.labels):,} classes", ":material/category:"))
    if shown.where is not None:
        facts.append(("filtered", ":material/filter_alt:"))
    return [*facts, (shown.decided_by, ":material/rule:")]


def _locked(shown: Shown) -> bool:
    """Whether the threshold in force is locked."""
    if shown.predictions.roles.task != "binary":
        return False
    return state.in_force(shown.predictions, shown.model.name) is not None


def _nothing_yet(title: str) -> NoReturn:
    """Empty state: what is missing and one button."""
    st.header(title, anchor=False)
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader("No predictions are open yet", anchor=False, width="content")
        st.caption(
            "Open a file of labels and scores, or look around in a bundled demo first.", width="content"
        )
        if st.button("Choose data", type="primary", icon=":material/table_view:", key="gate.choose"):
            st.switch_page("pages/data.py", query_params=state.link())
        st.space("small")
    st.stop()


def _in_trouble(title: str, trouble: state.Trouble) -> NoReturn:
    """The data set cannot be read as it stands: say why and lead to where it is mended."""
    st.header(title, anchor=False)
    if trouble.question is not None:
        st.warning(numbers.plain(trouble.question.question), icon=":material/help:")
        label = "Answer on the Data page"
    else:
        sentence(trouble.error)
        label = "Go to the Data page"
    with st.container(horizontal=True, gap="small"):
        if state.view().label and isinstance(state.whole(), mc.Predictions):
            st.button("Show all classes", type="primary", key="gate.classes", icon=":material/category:",
                      on_click=state.change, kwargs={"label": ""})  # fmt: skip
        elif st.button(label, type="primary", icon=":material/table_view:", key="gate.trouble"):
            st.switch_page("pages/data.py", query_params=state.link())
    st.stop()


def _cannot_evaluate(title: str, error: mc.DataError, predictions: mc.Predictions) -> NoReturn:
    """The filter or the model of the view is at fault: one way back, and the chips to mend it."""
    st.header(title, anchor=False)
    sentence(error)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        filter_bar(predictions)
    filter_doubts(predictions)
    if st.button(
        "Clear filter and threshold, show all rows", icon=":material/filter_alt_off:", key="gate.unfilter"
    ):
        state.change(where="", rows="", model="", threshold=None)
        st.rerun()
    st.stop()
