"""Words that stand in rows the model gets wrong more often than in the others, each with the way to its rows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views import export
from app.views.figure_card import head, table_of
from app.views.gate import Shown, sentence
from app.views.slice_losses import LOSS_NAMES, loss_of, made, q_text, rows_buttons, with_bar
from metrics_core.row_losses import LossKind, losses_of
from metrics_core.words import LEAST_ROWS, Word, Words, telling_words

_KEY = "slices.words"


def text_columns(shown: Shown) -> list[str]:
    """List the columns of texts.

    Parameters
    ----------
    shown : Shown
    """
    source = shown.predictions.source
    return [name for name in shown.predictions.roles.text if source.kind(name) == "text"]


def words_part(shown: Shown) -> None:
    """Draw the part of the Slices page.

    Parameters
    ----------
    shown : Shown
    """
    columns = text_columns(shown)
    if not columns:
        _no_text()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = _loss(shown)
        key = f"{_KEY}.column.{shown.predictions.name}"
        if state.chosen(key) not in columns:
            state.preset(key, columns[0])
        column = str(
            st.selectbox("Text", columns, key=key, persist_state="session", width=220, format_func=str)
        )
    try:
        found = made(shown, "words", kind, column, make=lambda: _read(shown, kind, column))
    except mc.DataError as error:
        sentence(error)
        return
    with st.container(border=True, gap="small"):
        head(f"Words in {numbers.plain(column)}", "Which words come with mistakes?")
        _draw(shown, found)


def _loss(shown: Shown) -> LossKind:
    """Let the user choose what makes a row wrong."""
    possible = [kind for kind in losses_of(shown.of_model.cases) if kind in ("error", "fnr", "fpr")]
    if state.chosen(f"{_KEY}.loss") not in possible:
        state.preset(f"{_KEY}.loss", possible[0] if possible else None)
    return st.selectbox("What goes wrong", possible, key=f"{_KEY}.loss", width=210, persist_state="session", format_func=LOSS_NAMES.__getitem__)  # fmt: skip


def _no_text() -> None:
    """Say that there is no text to read."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader("No column holds texts", anchor=False, width="content")
        st.caption("Give a column the role of a text on the Data page, and its words are compared between wrong and right rows.", width="content")  # fmt: skip
        if st.button("Go to the Data page", type="primary", icon=":material/table_view:", key="slices.data"):
            st.switch_page("pages/data.py", query_params=state.link())
        st.space("small")


def _read(shown: Shown, kind: LossKind, column: str) -> Words:
    """Read the texts once for a view."""
    source, loss = shown.predictions.source, loss_of(shown, kind)
    return with_bar("Reading the texts …", lambda tell: telling_words(source, column, loss, progress=tell))


def _draw(shown: Shown, found: Words) -> None:
    """List the words and lead to the rows of one."""
    worse = [word for word in found.words if word.clear and word.log_odds > 0]
    tested = f"Tested {numbers.count(found.n_tested)} words that are in at least {LEAST_ROWS} rows"
    if not found.words:
        st.markdown(f"No word is in at least {LEAST_ROWS} of the {numbers.rows(found.rows)} that were read.")
        return
    if worse:
        named = ", ".join(f"**{numbers.plain(word.text)}**" for word in worse[:5])
        st.markdown(
            f"{tested}: {len(worse)} of those listed come clearly more often with {found.failures}, first {named}."
        )
    else:
        st.markdown(f"{tested}: none comes clearly more often with {found.failures}.")
    frame = word_frame(found)
    by_text = {word.text: word for word in found.words}
    if state.chosen(f"{_KEY}.word") not in by_text:
        state.preset(f"{_KEY}.word", None)

    def chosen() -> None:
        rows = (state.chosen(f"{_KEY}.table") or {}).get("selection", {}).get("rows", [])
        if rows and rows[0] < len(found.words):
            state.preset(f"{_KEY}.word", found.words[rows[0]].text)

    c = st.column_config
    st.dataframe(frame, hide_index=True, key=f"{_KEY}.table", on_select=chosen, selection_mode="single-row", height=420 if len(frame) > 12 else "content",
                 column_config={
                     "With it": c.NumberColumn(format="%.1f%%", help="Share of the rows with the word that are wrong"),
                     "Without": c.NumberColumn(format="%.1f%%", help="Share of the rows without the word that are wrong"),
                     "Log odds": c.NumberColumn(format="%+.2f", help="Of the word among the words of wrong rows, minus that among right ones, drawn to its share in all rows. Above 0 it comes with mistakes"),
                     "z": c.NumberColumn(format="%+.1f", help="Log odds in standard errors"),
                 }, alt=f"Words of {found.column} that tell wrong rows from right ones")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.selectbox("Word", list(by_text), index=None, key=f"{_KEY}.word", placeholder="Choose a word, or click one", label_visibility="collapsed",
                            width=230, format_func=str)  # fmt: skip
        word: Word | None = by_text.get(text) if text else None
        rows_buttons(word.where if word else None, found.failures, key=_KEY, any_failures=word is None or word.errors > 0)  # fmt: skip
        st.download_button("Data as CSV", lambda: export.csv(table_of(found.frame())), export.named(shown, f"words in {found.column}", "csv"), "text/csv",
                           key=f"{_KEY}.csv", on_click="ignore", icon=":material/download:", type="tertiary")  # fmt: skip
    st.caption(
        " ".join(
            ["A word counts once a row. q allows for all words tested, not only those listed.", *found.notes]
        )
    )


def word_frame(found: Words) -> pd.DataFrame:
    """Return the words as they are shown in a table.

    Parameters
    ----------
    found : Words
    """
    columns = (
        "Word",
        f"{found.failures.capitalize()}",
        "Rows",
        "With it",
        "Without",
        "Log odds",
        "z",
        "Found",
    )
    rows = [
        (w.text, w.errors, w.rows, 100 * w.error_rate, 100 * w.rest_rate, w.log_odds, w.z,
         f"{'more' if w.log_odds > 0 else 'less'}, {q_text(w.q)}" if w.clear else f"not clear, {q_text(w.q)}")
        for w in found.words
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))
