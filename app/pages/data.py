"""Is my file understood? Open predictions, answer what cannot be guessed, and see what was noticed."""

from __future__ import annotations

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.datasets import Dataset, data_folder
from app.views import gate
from app.views.findings import findings
from app.views.role_form import question_form, role_form
from metrics_core.source import Source

_TYPES = ["csv", "tsv", "txt", "parquet", "pq"]
_PREVIEW = 8


def uploader() -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Your file", anchor=False)
        file = st.file_uploader("Predictions as CSV, TSV or Parquet", type=None, key="data.upload",
                                help="Labels, predictions and scores as columns; any other column can be used to look into the errors.")  # fmt: skip
        if file is not None and state.chosen("data.upload.seen") != file.file_id:
            state.preset("data.upload.seen", file.file_id)
            state.drop("data.upload.error")
            try:
                with st.spinner(f"Reading {numbers.plain(file.name)} …", show_time=True):
                    name = state.add_uploads([(file.name, file.getvalue())])
                state.change(data=name)
                st.rerun()
            except mc.DataError as error:
                state.preset("data.upload.error", str(error))
        if file is not None and state.chosen("data.upload.error"):
            st.error(numbers.plain(state.chosen("data.upload.error")), icon=":material/error:")
        st.caption("Stays in this browser session; nobody else can open it.")


def demos(sets: list[Dataset]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("A demo", anchor=False)
        for demo in sets:
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
            st.caption("No CSV, TSV or Parquet file lies below FAULTLINE_DATA." if data_folder()
                       else "Set FAULTLINE_DATA to a folder, or mount one in the container, to offer its files here. Best for big files.")  # fmt: skip
            return
        name = st.selectbox(
            "File", [d.name for d in sets], index=None, key="data.folder", placeholder="Choose a file"
        )
        if st.button("Open file", key="data.folder.open", disabled=name is None) and name:
            state.change(data=name)
            st.rerun()


def preview(source: Source) -> None:
    with st.container(border=True):
        st.subheader("First rows", anchor=False)
        n = min(_PREVIEW, source.n_rows)
        st.caption(f"{numbers.rows(source.n_rows)}, {len(source.columns):,} columns. Kinds: "
                   + ", ".join(f"{sum(c.kind == k for c in source.columns):,} {k}" for k in ("number", "text", "boolean", "time", "other")
                               if any(c.kind == k for c in source.columns)))  # fmt: skip
        frame = source.rows(range(n), source.names[:200]).to_pandas()
        frame.index = range(1, n + 1)
        st.dataframe(frame, height=35 * (n + 1) + 3, alt="First rows of the table")


def opened(dataset: Dataset) -> None:
    st.divider()
    predictions = state.load(dataset)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(numbers.plain(dataset.title), anchor=False, width="content")
        if isinstance(predictions, mc.Predictions) and st.button(
            "Looks right: show me the overview",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            key="data.go",
        ):
            st.switch_page("pages/overview.py", query_params=state.link())
    try:
        source = state.source_of(dataset)
    except mc.DataError as error:
        gate.sentence(error)
        return
    if isinstance(predictions, state.Trouble):
        if predictions.question is not None:
            question_form(dataset, predictions.question)
        else:
            gate.sentence(predictions.error)
    cards = st.grid(2, min_column_width=430, gap=("small", "medium"))
    with cards.cell():
        role_form(dataset, source, predictions if isinstance(predictions, mc.Predictions) else None)
    with cards.cell():
        if isinstance(predictions, mc.Predictions):
            understood(predictions)
            findings(predictions.findings, title="What was noticed while reading")
    preview(source)


def understood(predictions: mc.Predictions) -> None:
    with st.container(border=True):
        st.subheader("Understood", anchor=False)
        negative, positive = predictions.labels
        for model in predictions.roles.models:
            cases = predictions.cases[model.name]
            n_pos = int(cases.positive.sum())
            st.markdown(f"**{numbers.plain(model.name)}**: {numbers.count(len(cases))} of {numbers.rows(cases.rows_read)} can be judged; "
                        f"{numbers.count(n_pos)} are {numbers.plain(positive)} ({numbers.share(n_pos / len(cases))}), "
                        f"{numbers.count(len(cases) - n_pos)} are {numbers.plain(negative)}.")  # fmt: skip
            left_out = [f"{numbers.count(n)} {reason}" for reason, n in cases.dropped.items() if n]
            if left_out:
                st.caption("Left out: " + ", ".join(left_out) + ".")


def page() -> None:
    st.header("Data", anchor=False)
    st.caption("Is my file understood?")
    sets = list(state.datasets().values())
    ways = st.grid(3, min_column_width=260, gap="medium")
    with ways.cell():
        uploader()
    with ways.cell():
        demos([d for d in sets if d.origin in ("demo", "launched demo")])
    with ways.cell():
        folder([d for d in sets if d.origin == "folder"])
    name = state.view().data
    if not name:
        return
    dataset = state.datasets().get(name)
    if dataset is None:
        st.divider()
        gate.sentence(
            mc.DataError(
                f"There is no data set '{name}' here. It may have been uploaded in another session; upload it again."
            )
        )
        return
    opened(dataset)


page()
