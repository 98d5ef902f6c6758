"""What stands under every figure, always in the same order: its numbers as CSV, and the picture."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import streamlit as st

from app import state
from app.components.picture import picture
from app.palette import palette
from app.views import export
from app.views.gate import Shown


def figure_files(
    shown: Shown,
    chart: str,
    what: str,
    table: pa.Table | Callable[[], pa.Table],
    *,
    key: str,
    label: str = "Data as CSV",
    about: str = "",
    more: tuple[str, str, pa.Table] | None = None,
) -> None:
    """Offer the numbers of a figure and the figure itself as files.

    Parameters
    ----------
    shown : Shown
    chart : str
        Key of the chart.
    what : str
        What the figure is: part of the files' names, and with data set and decision the title of the picture.
    table : pyarrow.Table, or callable that returns one
        The numbers behind it; a callable runs when somebody downloads them, away from the page.
    key : str
        Of the download button; the picture's begins with it.
    label, about : str
        Of the button, and what it says on hover.
    more : (str, str, pyarrow.Table), optional
        A second table: label of its button, part of its file's name, and the table.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = export.named(shown, what.lower(), "csv")
        made = (lambda: export.csv(table())) if callable(table) else export.csv(table)
        st.download_button(label, made, name, "text/csv", key=key, on_click="ignore", type="tertiary",
                           icon=":material/download:", help=about or None)  # fmt: skip
        if more is not None:
            title, part, second = more
            st.download_button(title, export.csv(second), export.named(shown, part, "csv"), "text/csv", key=f"{key}.more",
                               on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip
        picture_files(shown, chart, what, key=f"{key}.picture")


def picture_files(shown: Shown, chart: str, what: str, *, key: str) -> None:
    """Offer a figure alone as PNG and SVG; for one whose numbers stand beside it.

    Parameters
    ----------
    shown : Shown
    chart : str
        Key of the chart.
    what : str
        What the figure is.
    key : str
        Unique on the page.
    """
    colors = palette(state.scheme())
    picture(chart, name=export.named(shown, what.lower(), "csv").removesuffix(".csv"), title=picture_title(shown, what),
            ground=colors.surface, ink=colors.text, key=key)  # fmt: skip


def picture_title(shown: Shown, what: str) -> str:
    """Say in a picture what it shows, of which data, and how it was decided."""
    model = shown.model.name if len(shown.evaluation.models) > 1 else ""
    whose = f"class {shown.label} against the rest" if shown.label else ""
    filtered = f"filter {state.view().where}" if shown.where else ""
    return " · ".join(filter(None, [what, shown.predictions.name, model, whose, shown.decided_by, filtered]))
