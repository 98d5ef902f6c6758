"""What the parts of the Slices page share: which loss, which columns, what was made before, and the way to the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from app import numbers, state
from app.views.gate import Shown
from metrics_core.filters import Filter
from metrics_core.grouping import columns_to_compare
from metrics_core.leaks import answers_of
from metrics_core.roles import CONTENTS
from metrics_core.row_losses import LossKind, RowLoss, losses_of, row_loss, without_scale

T = TypeVar("T")

LOSS_NAMES: dict[LossKind, str] = {
    "error": "Error rate",
    "fnr": "False negative rate",
    "fpr": "False positive rate",
    "log_loss": "Log loss",
    "abs_error": "Mean absolute error",
    "squared_error": "Mean squared error",
    "too_high": "Mean overshoot",
    "too_low": "Mean undershoot",
    "pinball": "Mean pinball loss",
    "scaled_error": "Mean scaled error",
}
#: What stands behind a loss, as the examples select and order it.
_ROWS: dict[str, tuple[state.Rows, str]] = {
    "errors": ("errors", ""),
    "false negatives": ("fn", ""),
    "false positives": ("fp", ""),
    "log loss": ("", "loss"),
    "absolute error": ("", ""),
    "squared error": ("", ""),
    "overshoot": ("", ""),
    "undershoot": ("", ""),
    "pinball loss": ("", ""),
    "scaled error": ("", ""),
}
# Results that are kept for a view; columns that are offered besides those that are compared.
_KEPT, _OFFERED = 24, 500


def loss_chooser(shown: Shown) -> LossKind:
    """Let the user choose what counts as going wrong; the same on every part.

    Parameters
    ----------
    shown : Shown
    """
    possible = list(losses_of(shown.of_model.cases))
    if state.chosen("slices.loss") not in possible:
        state.preset("slices.loss", possible[0])
    kind: LossKind = st.selectbox("What goes wrong", possible, key="slices.loss", width=210, persist_state="session",
                                  format_func=LOSS_NAMES.__getitem__)  # fmt: skip
    if kind == "scaled_error" and (none := without_scale(shown.of_model.cases)):
        st.caption(f"{numbers.rows(none)} of series without a scale are left out.", width="content")
    return kind


def with_bar(said: str, work: Callable[[Callable[[float], None]], T]) -> T:
    """Do something long under a bar, which is gone afterwards.

    Parameters
    ----------
    said : str
        What stands above the bar.
    work : callable
        Takes what it tells its share to, from 0 to 1.
    """
    bar = st.progress(0.0, said)

    def tell(share: float) -> None:
        bar.progress(min(share, 1.0), said)

    try:
        return work(tell)
    finally:
        bar.empty()


def loss_of(shown: Shown, kind: LossKind) -> RowLoss:
    """Say what goes wrong in each row of the view.

    Parameters
    ----------
    shown : Shown
    kind : str

    Raises
    ------
    DataError
        If no row is left to count it on.
    """
    return row_loss(shown.of_model.cases, kind, shown.threshold)


def columns_offered(shown: Shown) -> list[str]:
    """List the columns that rows can be grouped by: first those that are compared everywhere, then the rest without a role.

    Parameters
    ----------
    shown : Shown
    """
    predictions = shown.predictions
    roles, source = predictions.roles, predictions.source
    taken = {roles.y_true, roles.model_column, roles.id, roles.weight, roles.group, roles.split, roles.fold, roles.time, *answers_of(predictions)}  # fmt: skip
    taken |= {column for role in CONTENTS for column in getattr(roles, role)}
    free = [c.name for c in source.columns if c.kind in ("text", "boolean", "number") and c.name not in taken]
    return list(dict.fromkeys([*columns_to_compare(predictions), *roles.slices, *free[:_OFFERED]]))


def all_of(columns: Sequence[str]) -> str:
    """Write what counts when nothing is chosen: all of some columns.

    Parameters
    ----------
    columns : sequence of str
    """
    if len(columns) < 2:
        return str(columns[0]) if columns else "Choose a column"
    return f"All {len(columns)} columns"


def columns_chooser(shown: Shown, key: str, possible: Sequence[str] | None = None) -> list[str]:
    """Let the user choose columns; none chosen means all that are worth it.

    Parameters
    ----------
    shown : Shown
    key : str
        Of the widget; the data set's name is added.
    possible : sequence of str, optional
        By default the columns that are compared everywhere.
    """
    usual = columns_to_compare(shown.predictions) if possible is None else possible
    every = list(dict.fromkeys([*usual, *columns_offered(shown)]))
    chosen = st.multiselect("Columns", every, key=f"{key}.{shown.predictions.name}", placeholder=all_of(usual),
                            persist_state="session", format_func=str, width=330)  # fmt: skip
    return [c for c in chosen if c in every] or list(usual)


def made(shown: Shown, what: str, *of: object, make: Callable[[], T]) -> T:
    """Make something once for a view and what it is of, and keep it for this session.

    Parameters
    ----------
    shown : Shown
    what : str
        Which kind of thing.
    *of : object
        Everything it depends on besides data, model, filter and threshold.
    make : callable
    """
    store: dict[tuple[object, ...], T] = state.kept(f"{what}|{state.identity(shown.predictions)}", dict)
    key = (shown.model.name, state.view().where, shown.threshold, *of)
    if key not in store:
        found = make()
        while len(store) >= _KEPT:
            store.pop(next(iter(store)), None)
        store[key] = found
    return store[key]


def no_columns() -> None:
    """Say that there is nothing to group the rows by."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader("There is no column to group the rows by", anchor=False, width="content")
        st.caption("Besides labels, scores and ids no column has few values or numbers. Name one as a slice on the Data page, or bring a file with more columns.",
                   width="content")  # fmt: skip
        if st.button("Go to the Data page", type="primary", icon=":material/table_view:", key="slices.data"):
            st.switch_page("pages/data.py", query_params=state.link())
        st.space("small")


def rows_buttons(where: Filter | None, failures: str, *, key: str, any_failures: bool = True) -> None:
    """Draw the two ways on from a group of rows: look at what goes wrong there, or keep only its rows on every page.

    Parameters
    ----------
    where : Filter, optional
        None as long as nothing is chosen.
    failures : str
        What the loss counts.
    key : str
        Begins the keys of the buttons.
    any_failures : bool
        Whether there is anything to look at.
    """
    rows, order = _ROWS.get(failures, ("", ""))
    what = failures if rows else "rows"
    if st.button(f"Show its {what}" if any_failures else f"No {what}", key=f"{key}.show", icon=":material/arrow_forward:", icon_position="right",
                 disabled=where is None or not any_failures) and where is not None:  # fmt: skip
        state.narrow(where)
        state.change(rows=rows, true="", predicted="", **({"order": order} if order else {}))
        st.switch_page("pages/examples.py", query_params=state.link())
    if st.button("Keep only its rows", key=f"{key}.keep", icon=":material/filter_alt:", type="tertiary", disabled=where is None,
                 help="Every page then shows these rows alone; the chip in the sidebar takes it back") and where is not None:  # fmt: skip
        state.narrow(where)
        st.rerun()


def q_text(q: float) -> str:
    """Write a q-value: ``q < 0.001``, ``q 0.03``; for NaN that there was no test."""
    if q != q:
        return "not tested"
    return "q < 0.001" if q < 0.001 else f"q {q:.2g}"


def ends(low: float, high: float, unit: str) -> str:
    """Write an interval, or that there is none."""
    return numbers.NOT_AVAILABLE if low != low else numbers.interval(low, high, unit)
