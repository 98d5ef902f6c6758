"""Is my file understood? Open predictions, answer what cannot be guessed, and see what was noticed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import PurePath
from typing import Any

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset, data_folder
from app.views import gate
from app.views.findings import findings
from app.views.pictures import home_of, in_a_table, picture_columns
from app.views.question_form import question_form
from app.views.remembered_line import read_without, remembered_line
from app.views.role_form import in_fields, role_form
from app.views.roles_in_force import confirmed
from app.views.understood import understood
from metrics_core.source import Source

_PREVIEW = 8
_ROW_HEIGHT, _PICTURE_HEIGHT = 31, 56
_KINDS = {"number": "numbers", "text": "text", "boolean": "true and false", "time": "times", "other": "something else"}  # fmt: skip
_TOGETHER = {
    "parts": ("parts of one set", "their rows are put below each other"),
    "models": ("one model each", "the predictions of several models"),
}


def uploader() -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Your file", anchor=False)
        files = st.file_uploader("Predictions as CSV, TSV, Parquet, Feather or JSON", type=None, key="data.upload", accept_multiple_files=True,
                                 on_change=arrived, help="Labels, predictions and scores as columns; any other column can be used to look into the errors.")  # fmt: skip
        if files and state.chosen("data.upload.error"):
            st.error(numbers.plain(state.chosen("data.upload.error")), icon=":material/error:")
        if len(readable(files)) > 1:
            together(readable(files))
        st.caption("Stays in this browser session; nobody else can open it. "
                   f"At most {st.get_option('server.maxUploadSize'):,} MB a file: put bigger ones into the data folder.")  # fmt: skip


def arrived() -> None:
    """Take a file as soon as it is there, before the run begins: a click that comes at once cannot come in between."""
    files = state.chosen("data.upload") or []
    new = [file for file in files if file.file_id not in state.chosen("data.upload.seen", ())]
    state.preset("data.upload.seen", tuple(file.file_id for file in files))
    state.drop("data.upload.error")
    if len(new) == 1:
        take(new)


def readable(files: Sequence[Any]) -> list[Any]:
    return [file for file in files if file.file_id not in state.chosen("data.upload.failed", ())]


def together(files: list[Any]) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**These {len(files)} files** are")
        how = st.radio("What the files are", _TOGETHER, index=None, key="data.together", label_visibility="collapsed",
                       format_func=lambda name: _TOGETHER[name][0], captions=[about for _, about in _TOGETHER.values()])  # fmt: skip
        models = []
        if how == "models":
            models = [
                st.text_input(
                    f"Model in {numbers.plain(file.name)}",
                    PurePath(file.name).stem,
                    key=f"data.together.{file.file_id}",
                ).strip()
                for file in files
            ]
        if st.button(
            "Open together", key="data.together.open", icon=":material/layers:", disabled=how is None
        ):
            if "" in models or len(set(models)) < len(models):
                st.error("Each model needs a name of its own.", icon=":material/error:")
            else:
                with st.spinner("Reading …", show_time=True):
                    take(files, models)
                st.rerun()  # what was opened stands below, or why it could not be read above


def take(files: list[Any], models: Sequence[str] = ()) -> None:
    """Open files as one data set; a sentence why not stands under them."""
    try:
        state.change(data=state.add_uploads([(file.name, file.getvalue()) for file in files], models))
        state.preset("data.upload.opened", tuple(file.file_id for file in files))
        state.drop("data.upload.error")
    except mc.DataError as error:
        state.preset("data.upload.error", str(error))
        if len(files) == 1:  # it is at fault, and not what it was opened with
            state.preset("data.upload.failed", (*state.chosen("data.upload.failed", ()), files[0].file_id))


def demos(sets: list[Dataset]) -> None:
    st.subheader("Or look around in a demo", anchor=False)
    cards = st.grid(len(sets), min_column_width=200, gap="small")
    for demo in sets:
        with cards.cell(), st.container(border=True, height="stretch", vertical_alignment="distribute"):
            with st.container(gap="small"):
                st.markdown(f"**{numbers.plain(demo.title)}**")
                st.caption(numbers.plain(demo.about))
            if st.button(f"Open {demo.name}", key=f"data.demo.{demo.name}", icon=":material/play_arrow:",
                         disabled=state.view().data == demo.name):  # fmt: skip
                state.change(data=demo.name)
                st.rerun()


def folder(sets: list[Dataset]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("The data folder", anchor=False)
        if not sets:
            st.caption("No table lies below FAULTLINE_DATA." if data_folder()
                       else "Set FAULTLINE_DATA to a folder, or mount one in the container, to offer its files here. Best for big files.")  # fmt: skip
            return
        titles = {d.name: d.title for d in sets}
        name = st.selectbox("File or folder", list(titles), index=None, key="data.folder", placeholder="Choose one",
                            format_func=titles.__getitem__)  # fmt: skip
        if st.button("Open", key="data.folder.open", disabled=name is None) and name:
            state.change(data=name)
            st.rerun()


def preview(dataset: Dataset, source: Source, predictions: mc.Predictions | None) -> None:
    with st.container(border=True):
        st.subheader("First rows", anchor=False)
        n = min(_PREVIEW, source.n_rows)
        of_kind = ((sum(c.kind == kind for c in source.columns), what) for kind, what in _KINDS.items())
        st.caption(f"{numbers.rows(source.n_rows)}, {len(source.columns):,} column{'' if len(source.columns) == 1 else 's'}: "
                   + ", ".join(f"{n_columns:,} of {what}" for n_columns, what in of_kind if n_columns))  # fmt: skip
        frame = source.rows(range(n), source.names[:200]).to_pandas()
        frame.index = range(1, n + 1)
        home = home_of(dataset.name)
        drawn = {}
        for name in predictions.roles.image if predictions else picture_columns(source):
            if name in frame:
                drawn[name] = frame[name].map(lambda cell: in_a_table(cell, home))
        pictures = [name for name, cells in drawn.items() if cells.notna().any()]
        for name in pictures:
            frame[name] = drawn[name]
        row = _PICTURE_HEIGHT if pictures else _ROW_HEIGHT
        st.dataframe(frame, height=row * n + _ROW_HEIGHT + 3, row_height=row, alt="First rows of the table",
                     column_config={name: st.column_config.ImageColumn(width=90) for name in pictures})  # fmt: skip


def opened(dataset: Dataset, predictions: mc.Predictions | state.Trouble) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(numbers.plain(dataset.title), anchor=False, width="content")
        if isinstance(predictions, mc.Predictions) and st.button(
            "Looks right: show me the overview",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            key="data.go",
        ):
            state.found_right(dataset, state.roles_of(dataset), confirmed(dataset, predictions))
            st.switch_page("pages/overview.py", query_params=state.link())
    try:
        source, gone = state.source_of(dataset), state.gone(dataset)
    except mc.DataError as error:
        trouble(dataset, state.Trouble(error))
        return
    if isinstance(source, state.Reading):  # its table was dropped, its predictions were not
        gate.wait(source)
        return
    remembered_line(dataset)
    if isinstance(predictions, state.Trouble):
        for finding in gone:  # there are no findings yet to tell it
            st.caption(f":material/warning: {numbers.plain(finding.text)}")
        trouble(dataset, predictions)
    found = predictions if isinstance(predictions, mc.Predictions) else None
    cards = st.grid(2, min_column_width=430, gap=("small", "medium"))
    if found is None:  # what has to be done stands before the rows, also for those who go by keyboard
        asks = isinstance(predictions, state.Trouble) and predictions.question is not None
        with cards.cell(), st.expander("Or say yourself what each column is") if asks else nullcontext():
            role_form(dataset, source, None)
        with cards.cell():
            preview(dataset, source, None)
        return
    with cards.cell():
        understood(found)
        findings(found.findings, title="What was noticed while reading")
    with cards.cell():
        role_form(dataset, source, found)
    preview(dataset, source, found)


def trouble(dataset: Dataset, found: state.Trouble) -> None:
    if found.question is not None:
        question_form(dataset, found.question)
    else:
        st.error(numbers.plain(in_fields(str(found.error))), icon=":material/error:")
        if found.in_choices:
            read_without(dataset)


def ways_in() -> None:
    sets = list(state.datasets().values())
    ways = st.grid(2, min_column_width=260, gap="medium")
    with ways.cell():
        uploader()
    with ways.cell():
        folder([d for d in sets if d.origin == "folder"])
    demos([d for d in sets if d.origin in ("demo", "launched demo")])


def still_to_do() -> bool:
    files = tuple(file.file_id for file in readable(state.chosen("data.upload") or ()))
    several = len(files) > 1 and files != state.chosen("data.upload.opened")
    return several or bool(state.chosen("data.upload.error"))


def page() -> None:
    st.header("Data", anchor=False)
    st.caption("Is my file understood?")
    name = state.view().data
    dataset = state.datasets().get(name)
    predictions = state.load(dataset) if dataset else None
    if isinstance(predictions, state.Reading):
        gate.wait(predictions)
        return
    if dataset is None or predictions is None:
        if name:
            gate.sentence(
                mc.DataError(
                    f"There is no data set '{name}' here. It may have been uploaded in another session; upload it again."
                )
            )
        ways_in()
        return
    other = f"Open another file than {numbers.plain(dataset.title)}, or a demo"
    with st.expander(other, expanded=still_to_do(), icon=":material/folder_open:"):
        ways_in()
    opened(dataset, predictions)


page()
