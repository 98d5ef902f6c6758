"""The rows most like one row, what is different in them, and which groups the row belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import numbers, state
from app.palette import Palette, palette
from app.views.gate import Shown
from app.views.slice_losses import made
from metrics_core.alike import MAX_ROWS, Alike, Neighbours
from metrics_core.cases import BinaryCases, BoolArray, ClassCases
from metrics_core.filters import Filter
from metrics_core.grouping import columns_to_compare, grouping
from metrics_core.slices import Level
from metrics_core.text_changes import Change, text_changes

_MOST, _SHOWN = 5, 3
#: Rows times columns up to which neighbours are looked for unasked.
_AT_ONCE = 20_000_000
_KINDS = {"": "any", "right": "predicted right", "wrong": "predicted wrong"}
_LONGEST = 4_000


def wrong_rows(shown: Shown) -> BoolArray:
    """Tell which cases of the view are decided wrong."""
    cases = shown.of_model.cases
    if isinstance(cases, BinaryCases):
        return np.asarray(cases.flagged(shown.threshold) != cases.positive)
    assert isinstance(cases, ClassCases)  # there are these two tasks
    return cases.wrong


def neighbours(shown: Shown, case: int, kind: str = "") -> tuple[Alike, Neighbours]:
    """Find the cases most like one.

    Parameters
    ----------
    shown : Shown
    case : int
        Index into the cases.
    kind : {"", "right", "wrong"}
        Which of them may be found.
    """
    cases = shown.of_model.cases

    def prepare() -> Alike:
        more = {}
        if isinstance(cases, BinaryCases) and cases.score is not None:
            more = {"score": cases.score}
        elif isinstance(cases, ClassCases) and cases.probabilities is not None:
            more = {"probability of the decision": cases.of_decision()}
        return Alike.of(shown.predictions.source, cases.rows, columns_to_compare(shown.predictions), more)

    ready = made(shown, "alike", make=prepare)
    among = None if not kind else wrong_rows(shown) == (kind == "wrong")
    return ready, ready.nearest(case, _MOST, among=among)


def alike_rows(shown: Shown, case: int, cells: Mapping[str, Any], *, key: str = "alike") -> None:
    """Draw the rows most like one: how near, what is different, and the way to them.

    Parameters
    ----------
    shown : Shown
    case : int
        Index into the cases.
    cells : mapping of column name to cell
        Of the row, as ``cells_of`` reads them.
    key : str
        Begins the keys of the widgets.
    """
    columns = columns_to_compare(shown.predictions)
    cases = shown.of_model.cases
    if not columns and not (isinstance(cases, BinaryCases) and cases.score is not None):
        return
    inside = st.expander("Rows most like this one", icon=":material/join_inner:", key=f"{key}.open", on_change="rerun")  # fmt: skip
    if not inside.open:
        return
    with inside:
        kind = str(st.segmented_control("Which rows", list(_KINDS), default="", key=f"{key}.kind", required=True, persist_state="session",
                                        format_func=_KINDS.__getitem__, label_visibility="collapsed"))  # fmt: skip
        with st.spinner("Comparing with every other row …", show_time=len(cases) * len(columns) > _AT_ONCE):
            ready, found = neighbours(shown, case, kind)
        if not found.at.size:
            st.caption("There is no such row.")
            return
        st.dataframe(neighbour_frame(shown, ready, found), hide_index=True, key=f"{key}.table", height="content",
                     column_config={"Alike": st.column_config.NumberColumn(format="%.0f%%", help="100% for a row with the same groups, ranks of numbers and score")},
                     alt="Rows most like this one")  # fmt: skip
        sampled = f" among {numbers.count(MAX_ROWS)} rows drawn at random" if ready.pool is not None else ""
        st.caption(f"By {', '.join(numbers.plain(name) for name in ready.names)}, each counting the same{sampled}. A number counts by its rank.")  # fmt: skip
        _text_differences(shown, found, cells, key)
        _go(shown, found, key)


def neighbour_frame(shown: Shown, ready: Alike, found: Neighbours) -> pd.DataFrame:
    """Return the neighbours as they are shown: how alike, the decision, and where they differ most.

    Parameters
    ----------
    shown : Shown
    ready : Alike
    found : Neighbours
    """
    rows = shown.of_model.cases.rows[found.at]
    wrong = wrong_rows(shown)[found.at]
    return pd.DataFrame(
        {
            "Row": rows + 1,
            "Alike": 100 * (1 - found.distance),
            "Decision": np.where(wrong, "wrong", "right"),
            "Differs most in": [_most_different(ready, line) for line in found.differs],
        }
    )


def _most_different(ready: Alike, line: Any) -> str:
    """Name the columns in which a neighbour differs most."""
    order = np.argsort(-line, kind="stable")[:_SHOWN]
    named = [ready.names[i] for i in order.tolist() if line[i] > 0]
    return ", ".join(named) or "nothing"


def _text_differences(shown: Shown, found: Neighbours, cells: Mapping[str, Any], key: str) -> None:
    """Show the texts of the row beside those of a neighbour, word by word."""
    source = shown.predictions.source
    texts = [name for name in shown.predictions.roles.text if isinstance(cells.get(name), str)]
    if not texts:
        return
    rows = (shown.of_model.cases.rows[found.at] + 1).tolist()
    if state.chosen(f"{key}.beside") not in rows:
        state.preset(f"{key}.beside", rows[0])
    row = int(st.selectbox("Text beside that of row", rows, key=f"{key}.beside", width=180, format_func=lambda r: f"Row {numbers.count(r)}"))  # fmt: skip
    other = source.rows([row - 1])
    for name in texts:
        theirs = other.column(name)[0].as_py()
        st.caption(numbers.plain(name))
        if not isinstance(theirs, str):
            st.caption("That row has no text here.")
        else:
            st.markdown(
                marked(text_changes(str(cells[name])[:_LONGEST], theirs[:_LONGEST]), palette(state.scheme()))
            )


def marked(changes: tuple[Change, ...], colours: Palette) -> str:
    """Write two texts as one: what only this row says stands out, what only the other says is struck through (Markdown).

    Parameters
    ----------
    changes : tuple of Change
    colours : Palette
    """
    out = []
    for change in changes:
        if change.kind == "same":
            out.append(numbers.plain(change.first))
            continue
        if change.second.strip():
            out.append(f'~~:color[{numbers.plain(change.second.strip())}]{{foreground="{colours.quiet}"}}~~ ')
        if change.first.strip():
            out.append(f'**:color[{numbers.plain(change.first.strip())}]{{foreground="{colours.accent}"}}** ')
        elif change.first:
            out.append(" ")
    return "".join(out)


def _go(shown: Shown, found: Neighbours, key: str) -> None:
    """Offer to look at one of the neighbours."""
    rows = (shown.of_model.cases.rows[found.at] + 1).tolist()
    with st.container(horizontal=True, gap="small"):
        for i, row in enumerate(rows[:_SHOWN]):
            st.button(f"Row {numbers.count(row)}", key=f"{key}.go.{i}", type="tertiary", icon=":material/arrow_forward:", icon_position="right",
                      on_click=state.change, kwargs={"row": int(row), "rows": "", "true": "", "predicted": ""})  # fmt: skip


# ------------------------------------------------------------------------------------------------ the groups of a row


def groups_of_row(shown: Shown, row: int) -> list[Level]:
    """List the groups of the compared columns that a row of the file, counted from 0, belongs to.

    Parameters
    ----------
    shown : Shown
    row : int
    """
    found = []
    for column in columns_to_compare(shown.predictions):
        cut = grouping(shown.predictions.source, column)
        code = int(cut.code[row])
        if code < len(cut.levels):
            found.append(cut.levels[code])
    return found


def row_groups(
    shown: Shown, row: int, saved: Mapping[str, Filter] | None = None, *, key: str = "groups"
) -> None:
    """Draw the groups and the saved slices a row belongs to; choosing one keeps only its rows.

    Parameters
    ----------
    shown : Shown
    row : int
        Counted from 0.
    saved : mapping of name to Filter, optional
        Saved slices whose columns this file has.
    key : str
        Begins the keys of the widgets.
    """
    named = {f"{level.column}: {level.label}": level.where for level in groups_of_row(shown, row)}
    for name, where in (saved or {}).items():
        if bool(where.mask(shown.predictions.source.rows([row], list(where.columns)))[0]):
            named[name] = where
    if not named:
        return

    def keep() -> None:
        chosen = state.chosen(f"{key}.of")
        if chosen in named:
            state.narrow(named[chosen])
            state.drop(f"{key}.of")

    st.pills("Groups of this row", list(named), key=f"{key}.of", selection_mode="single", format_func=numbers.plain, on_change=keep,
             help="Keeps only the rows of the group, on every page")  # fmt: skip
