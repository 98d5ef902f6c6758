"""One line that says where the choices for a data set are kept, and forgets them."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset, read_only
from app.remembered import FILE
from app.views.role_form import start_again

_ERROR = "remembered.error"


def remembered_line(dataset: Dataset) -> None:
    """Say where the choices are kept; nothing when there are none beyond what the data set came with."""
    where = state.kept_where(dataset)
    aside = state.is_set_aside(dataset)
    error = state.chosen(_ERROR)
    if error:
        st.error(numbers.plain(error), icon=":material/error:")
    if where is None and not aside:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/bookmark: {_in_words(dataset, where)}", width="content")
        in_file = aside or (where is not None and where.where == "file")
        if not (in_file and read_only()) and st.button(
            "Forget",
            key="remembered.forget",
            type="tertiary",
            icon=":material/delete:",
            help=_help(in_file),
        ):
            _forget(dataset)


def read_without(dataset: Dataset) -> None:
    """Offer to go on without a file of choices that cannot be used; it stays as it is."""
    if st.button("Go on without it", key="remembered.without", icon=":material/restart_alt:",
                 help=f"For this session; {FILE} stays as it is."):  # fmt: skip
        state.forget_roles(dataset)
        start_again(dataset)


def _in_words(dataset: Dataset, where: state.Kept | None) -> str:
    """Say where the choices are."""
    if where is None:
        return f"Guessed anew. {FILE} beside the file keeps its earlier choices until you confirm others."
    if where.where == "file":
        first = " What the command line names goes first." if dataset.roles else ""
        return f"Remembered in {FILE} beside the file, for the app and the command line.{first}"
    if where.where == "session":
        return "Your choices are kept as long as this browser session."
    why = f" {FILE} was not written: {numbers.plain(where.why.rstrip('.'))}." if where.why else ""
    return f"Your choices are kept until this server stops.{why}"


def _help(in_file: bool) -> str:
    """Say what the button does."""
    return f"Takes these choices out of {FILE} and guesses again" if in_file else "Guesses again"


def _forget(dataset: Dataset) -> None:
    """Forget the choices, or say why that cannot be."""
    try:
        state.forget_roles(dataset, everywhere=True)
        state.drop(_ERROR)
    except mc.DataError as error:
        state.preset(_ERROR, str(error))
    except OSError as error:
        state.preset(_ERROR, f"{FILE} cannot be written ({error.strerror or error}). Take the table out of it by hand.")  # fmt: skip
    start_again(dataset)
