"""Writing about rows: tags, notes and who is to look at them, for one row, for those with a tick, or for all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from app import numbers, state
from app.state.annotations import MOST_ROWS, Annotated, Wanted
from app.store import duplicates
from app.views.gate import Shown
from app.views.looked_at import TICKING, Examples
from app.views.tag_names import tag_names

_TAGS, _NOTE, _ASSIGN, _NAME = "tagging.tags", "tagging.note", "tagging.assign", "tagging.reviewer"
_CHOICE, _KNOWN, _ASKED = "tagging.marks", "tagging.known", "tagging.asked"
#: Beyond so many rows an action asks first.
_ASKS_BEYOND = 100
#: Tags of a row that have a key of their own.
_KEYS = 9
_OF_ALL = {
    "": "All rows",
    "tagged": "Tagged",
    "untagged": "Not tagged",
    "noted": "With a note",
    "mine": "Assigned to me",
}


def told() -> None:
    """Say what became of the last action: in passing, or to stay when it failed."""
    said = state.annotations.said()
    if said is None:
        return
    if said.failed:
        st.error(numbers.plain(said.text), icon=":material/error:")
    else:
        st.toast(numbers.plain(said.text), icon=":material/check:", duration="long")


def chosen_by_marks(shown: Shown, annotated: Annotated) -> Shown:
    """Keep the rows that are chosen by what is written about them; say so when nothing of that name can be written."""
    marks = state.annotations.marks()
    if not marks:
        return shown
    if marks not in _names(annotated):  # a tag that has another name now, or is not in this store
        state.annotations.choose_marks("")
        st.caption(f":material/help: No tag is called {numbers.plain(marks.removeprefix('tag:'))} here, so all rows are shown.")  # fmt: skip
        return shown
    cases = shown.of_model.cases
    kept = cases.at(annotated.mask(cases.rows, marks, state.annotations.reviewer()))
    return replace(shown, of_model=replace(shown.of_model, cases=kept))


def marks_choice(shown: Shown, annotated: Annotated) -> None:
    """Choose rows by what is written about them; every choice says how many rows it has. ``shown`` has all of them."""
    if not annotated.every.rows and not state.annotations.marks():
        return
    rows, me = shown.of_model.cases.rows, state.annotations.reviewer()
    names = _names(annotated)
    now = state.annotations.marks()
    counts = {marks: int(annotated.mask(rows, marks, me).sum()) for marks in names}
    state.preset(_CHOICE, now)
    st.selectbox(
        "Written about",
        list(names),
        key=_CHOICE,
        width=230,
        format_func=lambda marks: f"{names[marks]} ({numbers.count(counts[marks])})",
        on_change=lambda: state.annotations.choose_marks(state.chosen(_CHOICE) or ""),
        help="Of the rows of the filter, whatever their outcome",
    )


def _names(annotated: Annotated) -> dict[str, str]:
    """Name every way of choosing rows by what is written about them."""
    return _OF_ALL | {f"tag:{tag.name}": tag.name for tag in annotated.every.tags.values()}


def no_marked_row() -> None:
    """Say that no row is chosen, and offer all of them."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader("No row here is chosen by what is written about it", anchor=False, width="content")
        st.button("Show all rows", type="primary", icon=":material/list_alt:", key="tagging.show_all",
                  on_click=state.annotations.choose_marks, args=("",))  # fmt: skip
        st.space("small")


def tag_bar(shown: Shown, examples: Examples, annotated: Annotated) -> None:
    """Write about several rows at once; without a tick it is the row that is looked at."""
    if annotated.trouble:
        st.warning(
            f"{numbers.plain(annotated.trouble)} Rows can be looked at, but nothing written about them is shown or kept.",
            icon=":material/database_off:",
        )
        return
    rows = shown.of_model.cases.rows[examples.chosen]
    at = list(examples.ticked) or [examples.at]
    all_rows = numbers.rows(rows.size)
    why_not = _why_not(annotated)
    with st.container(border=True, gap="xsmall", key="tagging.bar"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            _reviewer_box()
            _what_to_write(annotated, bool(why_not))
            st.toggle("Tick rows", key=TICKING, persist_state="session", disabled=bool(why_not),
                      help=why_not or "Puts a tick box before each row, to write about several at once")  # fmt: skip
            label = (
                f"Write on {numbers.rows(len(at))}"
                if examples.ticked
                else f"Write on row {numbers.count(int(rows[at[0]]) + 1)}"
            )
            st.button(label, key="tagging.apply", type="primary", icon=":material/sell:", disabled=bool(why_not), help=why_not or "Gives the tags, note and assignment on the left",
                      on_click=_write, args=(shown, examples, rows[at].tolist()))  # fmt: skip
            st.button(f"On all {all_rows}", key="tagging.all", disabled=bool(why_not), icon=":material/select_all:",
                      help=why_not or "Every row of this selection, all pages", on_click=_write_all, args=(shown, examples, rows.tolist()))  # fmt: skip
            st.button("Take tags off", key="tagging.remove", type="tertiary", icon=":material/label_off:", disabled=bool(why_not),
                      help=why_not or f"Takes the chosen tags off {numbers.rows(len(at))}, as far as you gave them",
                      on_click=_write, args=(shown, examples, rows[at].tolist(), True))  # fmt: skip
            last = annotated.every.last_of(state.annotations.reviewer())
            st.button("Undo", key="tagging.undo", type="tertiary", icon=":material/undo:", disabled=bool(why_not) or last is None,
                      help=why_not or (f"Takes back what you did last: {numbers.plain(last.what)}" if last else "You have done nothing yet"),
                      on_click=state.annotations.undo)  # fmt: skip
            tag_names(annotated, disabled=why_not)
        st.caption(f":material/database: {_kept_where(shown, annotated)}")
    if state.chosen(_ASKED):
        state.drop(_ASKED)
        _ask(shown, examples, rows.tolist())


def row_tags(shown: Shown, row: int, annotated: Annotated) -> None:
    """Show what is written about one row, and write about it: a click or a key for each tag, a note, what happened before.

    Parameters
    ----------
    shown : Shown
    row : int
        Its position in the table, counted from 0.
    annotated : Annotated
    """
    if annotated.trouble:
        return
    me, noted = state.annotations.reviewer(), annotated.at.get(row)
    disabled = bool(_why_not(annotated))
    tags = list(annotated.every.tags.values())
    if tags:
        with st.container(horizontal=True, gap="xsmall", key="tagging.row"):
            for i, tag in enumerate(tags):
                given = noted.tags.get(tag.id, {}) if noted else {}
                others = [who for who in given if who != me]
                key = str(i + 1) if i < _KEYS else None
                st.button(
                    numbers.plain(tag.name) + (f" · {len(others)}" if others else ""),
                    key=f"tagging.row.{tag.id}",
                    type="primary" if me in given else "secondary",
                    shortcut=key,
                    disabled=disabled,
                    help=_about(tag.about, list(given), me, key),
                    on_click=_toggle,
                    args=(shown, row, tag.name, me in given),
                )
    if noted and noted.assigned:
        st.caption(f":material/person: Assigned to {numbers.plain(noted.assigned)}")
    for who, note in noted.notes.items() if noted else ():
        if who != me:
            st.caption(f":material/sticky_note_2: {numbers.plain(who)}: {numbers.plain(note.text)}")
    mine = noted.notes[me].text if noted and me in noted.notes else ""
    if not disabled or mine:
        _own_note(shown, row, mine, disabled)
    _history(shown, row, annotated)


def _reviewer_box() -> None:
    """Say who writes."""

    def named() -> None:
        state.annotations.call_reviewer(state.chosen(_NAME) or "")

    state.preset(_NAME, state.annotations.reviewer())
    st.text_input("Your name", key=_NAME, on_change=named, width=120, autocomplete="nickname", placeholder="who writes",
                  help="Stands beside everything you write here")  # fmt: skip


def _what_to_write(annotated: Annotated, disabled: bool) -> None:
    """Choose tags or type new ones, write a note, choose who is to look at the rows."""
    counts = {tag.name: int(annotated.rows_of(tag.id).size) for tag in annotated.every.tags.values()}
    known, held = state.chosen(_KNOWN) or (), state.chosen(_TAGS)
    if held and any(
        name in known and name not in counts for name in held
    ):  # renamed, merged or deleted since
        state.preset(_TAGS, [name for name in held if name in counts or name not in known])
    state.preset(_KNOWN, tuple(counts))
    st.multiselect(
        "Tags",
        list(counts),
        key=_TAGS,
        accept_new_options=True,
        width=250,
        disabled=disabled,
        placeholder="choose, or type a new one",
        format_func=lambda name: f"{name} ({numbers.count(counts[name])})" if name in counts else str(name),
    )
    st.text_input("Note", key=_NOTE, width=170, disabled=disabled, placeholder="what is wrong here")
    people = sorted({*annotated.every.reviewers, state.annotations.reviewer()} - {""}, key=str.casefold)
    st.selectbox("Assign to", people, index=None, key=_ASSIGN, accept_new_options=True, width=130,
                 disabled=disabled, placeholder="nobody", format_func=str)  # fmt: skip


def _write(shown: Shown, examples: Examples, rows: Sequence[int], take_off: bool = False) -> None:
    """Write what the bar holds on rows, given by position; ticks and note are spent by it. For callbacks."""
    wanted = _wanted()
    if take_off:
        wanted = Wanted(untag=wanted.tags)
    if wanted == Wanted():
        state.annotations.say("Choose a tag first." if take_off else "Choose a tag, write a note or choose a person first.")  # fmt: skip
        return
    if state.annotations.annotate(shown.predictions, rows, wanted):
        state.preset(_NOTE, "")
        state.preset(_ASSIGN, None)
        examples.untick()


def _wanted() -> Wanted:
    """Return what the bar holds."""
    tags = tuple(state.chosen(_TAGS) or ())
    return Wanted(tags=tags, note=state.chosen(_NOTE) or None, assign=state.chosen(_ASSIGN) or None)


def _write_all(shown: Shown, examples: Examples, rows: Sequence[int]) -> None:
    """Write on every row of the selection, or ask first when there are many. For callbacks."""
    if len(rows) > _ASKS_BEYOND and _wanted() != Wanted():
        state.preset(_ASKED, True)
    else:
        _write(shown, examples, rows)


@st.dialog("Write on many rows")
def _ask(shown: Shown, examples: Examples, rows: list[int]) -> None:
    """Ask before many rows are written on at once."""
    tags = [numbers.plain(name) for name in state.chosen(_TAGS) or ()]
    parts = [
        f"the tag{'' if len(tags) == 1 else 's'} **{', '.join(tags)}**" if tags else "",
        "your note" if state.chosen(_NOTE) else "",
        f"assigned to **{numbers.plain(state.chosen(_ASSIGN))}**" if state.chosen(_ASSIGN) else "",
    ]
    held = ", ".join(part for part in parts if part)
    st.markdown(
        f"All **{numbers.count(len(rows))}** rows of this selection get {held}. One undo takes it back."
    )
    if len(rows) > MOST_ROWS:
        st.caption(
            f"That is more than {numbers.count(MOST_ROWS)}, the most at once. Narrow the selection first."
        )
    if st.button(f"Write on {numbers.rows(len(rows))}", key="tagging.sure", type="primary", disabled=len(rows) > MOST_ROWS,
                 on_click=_write, args=(shown, examples, rows)):  # fmt: skip
        st.rerun()


def _toggle(shown: Shown, row: int, tag: str, on: bool) -> None:
    """Give one row a tag, or take it off. For callbacks."""
    wanted = Wanted(untag=(tag,)) if on else Wanted(tags=(tag,))
    state.annotations.annotate(shown.predictions, [row], wanted)


def _own_note(shown: Shown, row: int, mine: str, disabled: bool) -> None:
    """Write a note about one row."""
    key = f"tagging.own_note.{row}"

    def written() -> None:
        state.annotations.annotate(shown.predictions, [row], Wanted(note=state.chosen(key) or ""))

    state.preset(key, mine)
    st.text_input("Your note", key=key, on_change=written, disabled=disabled, placeholder="Your note about this row",
                  label_visibility="collapsed", icon=":material/sticky_note_2:")  # fmt: skip


def _history(shown: Shown, row: int, annotated: Annotated) -> None:
    """Show everything that was ever said about a row, also what was taken back."""
    key = annotated.keys.get(row)
    if key is None:
        return
    inside = st.expander(
        "What was written when", icon=":material/history:", key="tagging.history", on_change="rerun"
    )
    if not inside.open:
        return
    lines = []
    for batch, event, undone in annotated.every.history(key):
        who, at = event.who or batch.actor, event.at or batch.at
        name = annotated.every.tag_name(event.tag)
        value = event.value or "nothing"
        words = {
            "tag": f"tagged {name}",
            "untag": f"no longer {name}",
            "note": f"note: {value}",
            "assign": f"assigned to {event.value or 'nobody'}",
        }
        text = numbers.plain(f"{at.replace('T', ' ').removesuffix('Z')} {who}: {words[event.kind]}")
        lines.append(f"- ~~{text}~~ (taken back)" if undone else f"- {text}")
    with inside:
        st.markdown("\n".join(lines))
        st.caption("Times are UTC.")


def _about(about: str, given: list[str], me: str, key: str | None) -> str:
    """Say what a tag means, who gave it, and its key."""
    by = ", ".join("you" if who == me else numbers.plain(who) for who in given)
    return " ".join(
        part
        for part in (f"{numbers.plain(about)}." if about else "", f"Given by {by}." if by else "", f"Key {key}." if key else "")
        if part
    )  # fmt: skip


def _why_not(annotated: Annotated) -> str:
    """Say why nothing can be written; empty when it can."""
    if annotated.why_not:
        return numbers.plain(f"Nothing can be written: {annotated.why_not}")
    return "" if state.annotations.reviewer() else "Say who you are first"


def _kept_where(shown: Shown, annotated: Annotated) -> str:
    """Say where all of it is kept, how rows are known again, and what is not in this file."""
    predictions = shown.predictions
    id, source = predictions.roles.row_id, predictions.source
    parts = [
        f"{'Read from' if annotated.why_not else 'Kept in'} {numbers.plain(annotated.place)} for the data set {numbers.plain(state.view().data)}."
    ]
    if annotated.why_not:
        parts.append(f"Nothing can be written: {numbers.plain(annotated.why_not.rstrip('.'))}.")
    if not id:
        parts.append(
            "Rows are known by their content, because no column has the role id: a changed cell loses its row, and equal rows share what is written."
        )
    else:
        named = numbers.plain(", ".join(id))
        parts.append(f"Rows are known by {named}.")
        rows = predictions.cases[shown.model.name].rows
        twice = state.kept(
            f"duplicates|{state.identity(predictions)}|{shown.model.name}",
            lambda: duplicates(source, id, rows),
        )
        if twice:
            parts.append(
                f"{numbers.rows(twice)} {'shares its' if twice == 1 else 'share their'} {named} with another one, and what is written."
            )
    if annotated.absent:
        n = len(annotated.absent)
        parts.append(
            f"{numbers.count(n)} row{' that is' if n == 1 else 's that are'} written about {'is' if n == 1 else 'are'} not in this file."
        )
    return " ".join(parts)
