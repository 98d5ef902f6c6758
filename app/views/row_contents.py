"""What a row holds for a reader: its pictures, its texts in full, its links, and every cell of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import numbers, state
from app.views.example_cells import MISSING
from app.views.gate import Shown
from app.views.pictures import as_text, drawable, home_of, picture_columns
from metrics_core.contents import is_link

_PICTURE_WIDTH = 220
#: Longer texts scroll in a box of their own, so that the rest of the row stays in reach.
_LONG, _BOX = 1_500, 320
_LINK_LENGTH = 60


def cells_of(shown: Shown, row: int) -> dict[str, Any]:
    """Read every cell of a row of the file, counted from 0."""
    read = shown.predictions.source.rows([row])
    return {name: column[0].as_py() for name, column in zip(read.column_names, read.columns, strict=True)}


def row_contents(shown: Shown, cells: Mapping[str, Any], row: int) -> None:
    """Draw the pictures of a row, its texts in full and its links.

    Parameters
    ----------
    shown : Shown
    cells : mapping of column name to cell
    row : int
        Counted from 0.
    """
    roles, source = shown.predictions.roles, shown.predictions.source
    seen = picture_columns(source)
    pictures = dict.fromkeys([*roles.image, *(name for name in source.names if name in seen)])
    if pictures:
        _pictures({name: cells[name] for name in pictures}, row)
    for name in roles.text:
        _text(name, cells[name])
    for name in roles.link:
        _link(name, cells[name])


def every_cell(shown: Shown, cells: Mapping[str, Any], row: int) -> None:
    """Draw the table of all cells of a row."""
    st.dataframe(
        listed(shown, cells),
        hide_index=True,
        height="stretch",
        column_config={"Column": st.column_config.TextColumn(width=150), "Value": st.column_config.TextColumn(width=150)},
        key="examples.cells",
        placeholder=MISSING,
        alt=f"All cells of row {row + 1}",
    )  # fmt: skip


def listed(shown: Shown, cells: Mapping[str, Any]) -> pd.DataFrame:
    """List every cell of a row of the file as text: roles first, probabilities of many classes last.

    Parameters
    ----------
    shown : Shown
    cells : mapping of column name to cell
    """
    roles, model = shown.predictions.roles, shown.model
    first = (roles.y_true, model.y_score, model.y_pred, roles.id, roles.time, roles.amount, *roles.slices)
    last = {column for _, column in model.proba}
    others = sorted(cells, key=last.__contains__)
    names = list(dict.fromkeys([*(name for name in first if name), *others]))
    values = [None if cells[name] is None else as_text(cells[name]) for name in names]
    return pd.DataFrame({"Column": names, "Value": values}, dtype="str")


def _pictures(cells: Mapping[str, Any], row: int) -> None:
    """Draw pictures; what cannot be drawn stands there as text to copy."""
    home = home_of(state.view().data)
    with st.container(horizontal=True, gap="small"):
        for name, cell in cells.items():
            picture = drawable(cell, home)
            if picture is not None:
                st.image(picture, width=_PICTURE_WIDTH, caption=numbers.plain(name), alt=f"{name} of row {row + 1}")  # fmt: skip
            elif cell is None:
                st.caption(f"{numbers.plain(name)}: {MISSING}")
            else:
                why = "addresses are not fetched" if is_link(cell) else "no picture below the mounted folder"
                _copied(f"{numbers.plain(name)}: {why}", as_text(cell))


def _text(name: str, cell: object) -> None:
    """Show a text as it stands, whole."""
    if cell is None:
        st.caption(f"{numbers.plain(name)}: {MISSING}")
        return
    written = as_text(cell)
    st.caption(numbers.plain(name))
    with st.container(height=_BOX if len(written) > _LONG else "content", border=len(written) > _LONG):
        st.text(written)


def _link(name: str, cell: object) -> None:
    """Offer an address on the web; whatever else stands there is text."""
    if cell is None:
        st.caption(f"{numbers.plain(name)}: {MISSING}")
    elif is_link(cell):
        address = str(cell)
        short = address if len(address) <= _LINK_LENGTH else address[: _LINK_LENGTH - 1] + "…"
        st.caption(numbers.plain(name))
        st.link_button(numbers.plain(short), address, key=f"examples.link.{name}", type="tertiary", icon=":material/open_in_new:",
                       help="Opens in a new tab")  # fmt: skip
    else:
        _copied(f"{numbers.plain(name)}: no web address", as_text(cell))


def _copied(title: str, written: str) -> None:
    """Show a text with a button that copies it."""
    with st.container(gap=None):
        st.caption(title)
        st.code(written, language=None, wrap_lines=True)
