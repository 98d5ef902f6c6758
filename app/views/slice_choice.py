"""Which slices stand in the table: columns, ranges somebody chose, derived columns, and slices of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views import gate
from app.views.condition_form import begin_again, condition_form
from app.views.slice_losses import all_of, columns_offered
from metrics_core.derived import binned, derivable, grouping_of, of_model, quantiles
from metrics_core.filters import Filter, parse
from metrics_core.grouping import Grouping, columns_to_compare
from metrics_core.slice_table import NamedSlice

#: Columns that stand in the table unless somebody chooses.
FIRST = 6
# Columns of the file whose derived ones are offered.
_DERIVED = 200
_COLUMNS, _OWN, _CUTS = "slices.table.columns", "slices.table.own", "slices.table.cuts"
_NEW, _NAME, _TEXT, _ADDED = "slices.new", "slices.new.name", "slices.new.text", "slices.new.added"
_OF_MODEL = "true and predicted class, score"


@dataclass(frozen=True)
class Chosen:
    """What to put into the table.

    Attributes
    ----------
    slices : tuple of Grouping or NamedSlice
    refused : tuple of str
        Why some of it is not there.
    """

    slices: tuple[Grouping | NamedSlice, ...]
    refused: tuple[str, ...]


def derived_names(shown: gate.Shown) -> list[str]:
    """List what can be derived of the columns that are no answers of the model, such as ``hour(time)``.

    Parameters
    ----------
    shown : Shown
    """
    source = shown.predictions.source
    names = [column for column in source.names[:_DERIVED] if column not in shown.model.columns]
    return [what.name for column in names for what in derivable(source, column)]


def chosen_slices(shown: gate.Shown, saved: Sequence[tuple[str, str]]) -> Chosen:
    """Draw the choices and return what was chosen.

    Parameters
    ----------
    shown : Shown
    saved : sequence of (name, filter)
        Slices from elsewhere, such as saved ones; those whose columns the file lacks are told.
    """
    source, name = shown.predictions.source, shown.predictions.name
    possible = columns_to_compare(shown.predictions)
    offered = list(dict.fromkeys([*columns_offered(shown), _OF_MODEL, *derived_names(shown)]))  # fmt: skip
    columns = st.multiselect("Columns, also derived ones", offered, key=f"{_COLUMNS}.{name}", persist_state="session", format_func=str, width=330,
                             placeholder=f"The first {FIRST}" if len(possible) > FIRST else all_of(possible))  # fmt: skip
    _ranges(shown)
    _own_slice(shown)
    found: list[Grouping | NamedSlice] = []
    refused: list[str] = []
    for column in columns or possible[:FIRST]:
        try:
            found += (
                of_model(shown.predictions, shown.model.name)
                if column == _OF_MODEL
                else [_cut(shown, column)]
            )
        except mc.DataError as error:
            refused.append(str(error))
    for title, text in [*saved, *_own(name)]:
        try:
            where = parse(text)
            for column in where.columns:
                source.kind(column)  # says what is meant by a wrong name
            where.mask(source.rows([0], where.columns))  # and this what is wrong with a type
            found.append(NamedSlice(title, where))
        except mc.DataError as error:
            refused.append(f"Slice {title!r} does not fit this file. {error}")
    return Chosen(tuple(found), tuple(refused))


def _cut(shown: gate.Shown, column: str) -> Grouping:
    """Cut a column as somebody said, else as usual; made once."""
    source = shown.predictions.source
    said = _cuts(shown).get(column)
    if said is None:
        return grouping_of(source, column)
    return state.kept(f"cut|{source.key}|{column}|{said}", lambda: quantiles(source, column, said) if isinstance(said, int) else binned(source, column, said))  # fmt: skip


# ------------------------------------------------------------------------------------------------ ranges


def _cuts(shown: gate.Shown) -> dict[str, int | tuple[float, ...]]:
    """Return how number columns are cut where somebody said so: at so many quantiles, or at these edges."""
    return state.chosen(f"{_CUTS}.{shown.predictions.name}", {})


def _ranges(shown: gate.Shown) -> None:
    """Choose where a number column is cut."""
    source = shown.predictions.source
    columns = [c for c in columns_offered(shown) if source.kind(c) == "number"]
    cuts = _cuts(shown)
    if not columns:
        return
    with st.popover(f"Ranges · {len(cuts)}" if cuts else "Ranges", icon=":material/linear_scale:", key="slices.ranges", 
                    help="Cut a number column into other ranges"):  # fmt: skip
        column = st.selectbox("Column", columns, key="slices.ranges.column", width=320, format_func=str)
        count = st.slider("Groups of about equal size", 2, 10, key="slices.ranges.count", value=5)
        text = st.text_input("Or edges, with commas between", key="slices.ranges.edges", placeholder="18, 30, 65",
                             help="Each range holds its lower edge and not its upper one")  # fmt: skip
        try:
            said: int | tuple[float, ...] = _edges(text) if text.strip() else int(count)
            if isinstance(said, tuple):
                binned(source, column, said)
        except mc.DataError as error:
            st.caption(f":material/error: {numbers.plain(error)}")
            return
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Cut", key="slices.ranges.cut", type="primary", on_click=_set_cut, args=(shown, column, said)
            )
            st.button("As usual", key="slices.ranges.usual", type="tertiary", disabled=column not in cuts, on_click=_set_cut, args=(shown, column, None))  # fmt: skip


def _edges(text: str) -> tuple[float, ...]:
    """Read edges."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise mc.DataError(f"{text!r} are no edges. Write numbers with commas between: 18, 30, 65.") from None


def _set_cut(shown: gate.Shown, column: str, said: int | tuple[float, ...] | None) -> None:
    """Remember how a column is cut."""
    cuts = {c: cut for c, cut in _cuts(shown).items() if c != column}
    state.preset(f"{_CUTS}.{shown.predictions.name}", cuts if said is None else {**cuts, column: said})


# ------------------------------------------------------------------------------------------------ own slices


def _own(name: str) -> list[tuple[str, str]]:
    """Return the slices of one's own for a data set: name and filter."""
    return state.chosen(f"{_OWN}.{name}", [])


def _own_slice(shown: gate.Shown) -> None:
    """Put together a slice of one's own, or take one off."""
    own = _own(shown.predictions.name)
    with st.popover(f"Own slices · {len(own)}" if own else "Own slice", icon=":material/add:", key="slices.own",
                    help="A slice of any conditions, also over several columns"):  # fmt: skip
        _own_form(shown)
        for i, (title, text) in enumerate(own):
            st.button(numbers.plain(title), key=f"slices.own.{i}", icon=":material/close:", icon_position="right", help=f"Take off: {numbers.plain(text)}",
                      on_click=_without, args=(shown.predictions.name, i))  # fmt: skip


@st.fragment  # choosing reruns the form alone, not the page behind it
def _own_form(shown: gate.Shown) -> None:
    """Draw the form: conditions chosen, or a filter written."""
    if state.chosen(_ADDED):
        state.drop(_ADDED)
        st.rerun()  # the whole page: its slices have changed
    predictions = shown.predictions
    built = condition_form(predictions.source, _NEW)
    text = st.text_input(
        "Or written, as --filter takes it",
        key=_TEXT,
        placeholder="age >= 60 and length(note) > 200",
        width=380,
    )
    where, said = _read(predictions, text, built.condition)
    if said:
        st.caption(said)
    title = st.text_input("Name", key=_NAME, placeholder=where.text[:60] if where else "", width=380)
    if st.button("Add the slice", key="slices.new.add", type="primary", disabled=where is None, on_click=_with,
                 args=(predictions.name, title, where)):  # fmt: skip
        st.rerun()


def _read(predictions: mc.Predictions, text: str, built: Filter | None) -> tuple[Filter | None, str]:
    """Return the slice and what to say of it; what is written counts before what is chosen."""
    try:
        where = parse(text) if text.strip() else built
        if where is None:
            return None, ""
        n = int(predictions.mask(where).sum())
        return where, f"{numbers.rows(n)} of {numbers.count(predictions.source.n_rows)}."
    except mc.DataError as error:
        return None, f":material/error: {numbers.plain(str(error).partition(chr(10))[0])}"


def _with(name: str, title: str, where: Filter) -> None:
    """Add a slice, and begin the next one from nothing."""
    own = [pair for pair in _own(name) if pair[1] != where.text]
    state.preset(f"{_OWN}.{name}", [*own, (title.strip() or where.text, where.text)])
    begin_again(_NEW)
    for key in (_NAME, _TEXT):
        state.preset(key, "")
    state.preset(_ADDED, True)


def _without(name: str, place: int) -> None:
    """Take a slice off."""
    own = _own(name)
    state.preset(f"{_OWN}.{name}", [*own[:place], *own[place + 1 :]])
