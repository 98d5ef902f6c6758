"""Find slices: every conjunction of conditions tested against the rest, the clearest listed with the way to their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil, isnan
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts import layout
from app.charts.covering import covering
from app.palette import palette
from app.views import export, gate
from app.views.figure_files import figure_files
from app.views.group_words import condition, difference
from app.views.share import slices_command
from app.views.slice_choice import derived_names
from app.views.slice_losses import made, no_columns
from metrics_core.cases import BinaryCases
from metrics_core.discovery import CORRECTIONS, SCORES, Discovery, FoundSlice
from metrics_core.discovery.columns import usual_columns
from metrics_core.discovery.losses import loss_of
from metrics_core.discovery.search import FEWEST_ERRORS, FEWEST_ROWS
from metrics_core.filters import Filter
from metrics_core.grouping import columns_to_compare
from metrics_core.row_losses import losses_of

#: What can be looked for: the name on the page, and which rows are behind it.
LOSSES: dict[str, tuple[str, state.Rows]] = {
    "error": ("Errors", "errors"),
    "fnr": ("Missed", "fn"),
    "fpr": ("False alarms", "fp"),
    "log_loss": ("Log loss", ""),
    "amount": ("Errors by amount", "errors"),
    "abs_error": ("Absolute error", ""),
}
_SUPPORTS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
_SCORE_NAMES = {"z": "Clearest (z)", "sliceline": "SliceLine's score", "lift": "Lift"}
_CORRECTION_NAMES = {"bh": "Benjamini–Hochberg", "by": "Benjamini–Yekutieli", "holm": "Holm"}
_CONFIRM_NAMES = {"": "No", "half": "On a random half"}
# Slices of the list before somebody asks for more, and cells to be read beyond which the page asks first.
_LISTED, _MOST, _ASK = 10, 50, 20_000_000
# Conditions that are joined unless somebody says so.
_DEPTH = 2
# Columns that are named for each reason why they are not searched; reasons.
_NAMED, _REASONS = 4, 8
# Rows of the table that are seen at once.
_AT_ONCE = 8
# Share of positives below which they are rare.
_RARE = 0.2
_LOOK_SECONDS = 0.3


def find_slices(shown: gate.Shown) -> None:
    """Draw the part of the Slices page that searches.

    Parameters
    ----------
    shown : Shown
    """
    possible = usual_columns(shown.predictions)
    asked = _controls(shown, possible)
    n_columns = len(asked.get("columns") or possible)
    if not n_columns:
        if derived_names(shown):
            st.caption("Nothing is searched yet: choose a derived column above.")
        no_columns()
        return
    if not _started(shown, asked, n_columns):
        return
    try:
        found = state.search(shown.predictions, shown.model.name, shown.threshold, asked)
    except mc.DataError as error:
        gate.sentence(error)
        return
    if isinstance(found, state.Reading):
        _wait(found)
        return
    _answer(shown, found, asked)


# ------------------------------------------------------------------------------------------------ what is asked


def _first(shown: gate.Shown, losses: Sequence[str]) -> str:
    """Choose what is looked for at first: missed positives where these are rare, else errors."""
    rare = shown.of_model.metrics.number("prevalence") < _RARE
    return "fnr" if rare and "fnr" in losses else losses[0]


def _controls(shown: gate.Shown, possible: Sequence[str]) -> dict[str, Any]:
    """Let the user say what is looked for, and where; return it as arguments of the search."""
    cases = shown.of_model.cases
    known = {
        *losses_of(cases),
        *(["amount"] if isinstance(cases, BinaryCases) and cases.worth is not None else []),
    }
    losses = [loss for loss in LOSSES if loss in known]
    first = _first(shown, losses)
    every = list(dict.fromkeys([*possible, *columns_to_compare(shown.predictions), *derived_names(shown)]))
    keys = "find.loss", "find.depth", f"find.columns.{shown.predictions.name}"
    for key, value in zip(keys, _in_the_link(losses, first, every), strict=True):
        state.preset(key, value)

    def to_the_link() -> None:
        chosen, depth, columns = (state.chosen(key) for key in keys)
        usual = chosen == first and depth == _DEPTH and not columns
        state.change(find=() if usual else (f"{chosen}:{depth}", *(columns or ())))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        loss = st.segmented_control("What goes wrong", losses, key=keys[0], required=True, on_change=to_the_link, wrap=True, format_func=lambda key: LOSSES[key][0],
                                    help="Where positives are rare, errors are mostly where positives are: missed ones are then counted among the positives")  # fmt: skip
        depth = st.segmented_control("Conditions joined", [1, 2, 3], key=keys[1], required=True, on_change=to_the_link,
                                     format_func=lambda d: f"up to {d}" if d > 1 else "1",
                                     help="How many conditions a slice may have: country = FR is one, country = FR and device = web are two")  # fmt: skip
        n = _rows_of(shown, loss)
        support = st.select_slider("Smallest slice", _SUPPORTS, value=0.01, key="find.support", persist_state="session", width=210,
                                   format_func=lambda s: f"{100 * s:g}% ({numbers.count(max(30, round(s * n)))})")  # fmt: skip
        columns = st.multiselect("Columns, also derived ones", every, key=keys[2], on_change=to_the_link, format_func=str, width=300,
                                 placeholder=_all_of(possible))  # fmt: skip
        more = _more(shown)
    chosen = {"columns": tuple(columns)} if columns else {}
    return {"loss": loss, "depth": depth, "min_support": support, "limit": _MOST, **chosen, **more}


def _in_the_link(losses: Sequence[str], first: str, every: Collection[str]) -> tuple[str, int, list[str]]:
    """Read what the address bar asks for; what it does not say, or what there is not, is as usual."""
    what, *columns = state.view().find or ("",)
    loss, _, depth = what.partition(":")
    return (
        loss if loss in losses else first,
        int(depth) if depth in ("1", "2", "3") else _DEPTH,
        [c for c in columns if c in every],
    )


def _rows_of(shown: gate.Shown, loss: str) -> int:
    """Count the rows that a loss is about: of missed ones the positives."""
    try:
        return made(
            shown,
            "rows of a loss",
            loss,
            make=lambda: len(loss_of(shown.of_model.cases, loss, shown.threshold)),
        )
    except mc.DataError:  # the search says what is missing
        return len(shown.of_model.cases)


def _all_of(possible: Sequence[str]) -> str:
    """Write what is searched when nothing is chosen."""
    if len(possible) < 2:
        return str(possible[0]) if possible else "Choose a column"
    return f"All {len(possible)} columns"


def _more(shown: gate.Shown) -> dict[str, Any]:
    """Offer what is seldom changed."""
    confirm = dict(_CONFIRM_NAMES)
    split = shown.predictions.roles.split
    if split:
        confirm["split"] = f"On parts of {split}"
    with st.popover("More", icon=":material/tune:", key="find.more"):
        score = st.radio("Order", list(SCORES), key="find.score", persist_state="session", format_func=lambda s: _SCORE_NAMES.get(s, s),
                         help="The difference to the rest in standard errors is the order that finds what is really there. SliceLine's score and the plain lift are there to compare with other tools")  # fmt: skip
        correction = st.radio("Correction for many tests", list(CORRECTIONS), key="find.correction", persist_state="session",
                              format_func=lambda c: _CORRECTION_NAMES.get(c, c),
                              help="Benjamini–Hochberg keeps the expected share of false discoveries at 5 %; Holm the chance of a single one")  # fmt: skip
        confirmed = st.radio("Confirm on rows that took no part", list(confirm), key="find.confirm", persist_state="session",
                             format_func=confirm.__getitem__)  # fmt: skip
    return {"score": score, "correction": correction, "confirm": confirmed}


def _started(shown: gate.Shown, asked: dict[str, Any], n_columns: int) -> bool:
    """Tell whether to search: small tables at once, large ones when somebody asks."""
    work = len(shown.of_model.cases) * n_columns ** min(asked["depth"], 2)
    wanted = repr((state.identity(shown.predictions), sorted(asked.items())))
    if work <= _ASK or state.chosen("find.wanted") == wanted:
        return True

    def go() -> None:
        state.preset("find.wanted", wanted)

    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader("Where is it worse than elsewhere?", anchor=False, width="content")
        st.caption(f"Tests every combination of up to {asked['depth']} conditions over {n_columns} columns against all other rows, and allows for how many were tested.",
                   width="content")  # fmt: skip
        st.button("Find slices", type="primary", icon=":material/search:", key="find.go", on_click=go)
        st.space("small")
    return False


@st.fragment(run_every=_LOOK_SECONDS)
def _progress(search: state.Reading) -> None:
    """Show how far the search is; looks again by itself."""
    if search.over:
        search.take()
        st.rerun()
    st.progress(
        min(max(search.share, 0.0), 1.0),
        text=f"Testing slices: {100 * search.share:.0f}%, {search.seconds} s",
    )
    st.button("Cancel", key="find.cancel", icon=":material/close:", on_click=search.cancel)


def _wait(search: state.Reading) -> None:
    """Stand in for the answer while the search goes on, or after it was cancelled."""
    with st.container(border=True, gap="small"):
        if search.cancelled:
            st.subheader("The search was cancelled", anchor=False)
            st.button("Search again", key="find.again", icon=":material/restart_alt:", on_click=state.forget, args=(search,))  # fmt: skip
        else:
            st.subheader("Searching", anchor=False)
            _progress(search)


# ------------------------------------------------------------------------------------------------ what was found


def _answer(shown: gate.Shown, found: Discovery, asked: dict[str, Any]) -> None:
    """Say what was tested and found; the list, what it covers, the table."""
    clear = [one for one in found.slices if one.clear]
    with st.container(border=True, gap="small"):
        st.subheader("Slices that are worse than the rest", anchor=False)
        st.caption(numbers.plain(found.summary) + _threshold_words(found, asked))
        if not clear:
            _nothing(found)
        this = repr((state.identity(shown.predictions), state.view().where, sorted(asked.items())))
        listed = len(clear) if state.chosen("find.all") == this else min(_LISTED, len(clear))
        for i, one in enumerate(clear[:listed]):
            _one(shown, found, one, i)
        if listed < len(clear):
            st.button(f"Show all {len(clear)}", key="find.show_all", type="tertiary", icon=":material/expand_more:",
                      on_click=lambda: state.preset("find.all", this))  # fmt: skip
        _notes(found)
        with st.popover(
            "The same on the command line", icon=":material/terminal:", type="tertiary", key="find.command"
        ):
            several = (
                len(shown.predictions.roles.models) > 1 and not state.datasets()[state.view().data].models
            )
            st.code(slices_command(asked, shown.threshold, shown.model.name if several else ""), language="bash", width=520)  # fmt: skip
    if clear:
        _figures(shown, found)


def _threshold_words(found: Discovery, asked: dict[str, Any]) -> str:
    """Say from which q on a slice is listed, how it was corrected, and how small it may be."""
    few = ""
    if found.min_rows > max(FEWEST_ROWS, ceil(asked["min_support"] * found.rows)):
        few = f", so that {FEWEST_ERRORS:g} {found.failures} are expected in it"
    return f" Listed are those with q ≤ 0.05 after {_CORRECTION_NAMES.get(found.correction, found.correction)}; a slice has at least {numbers.rows(found.min_rows)}{few}."


def _nothing(found: Discovery) -> None:
    """Say what an empty list means."""
    if not found.tested:
        st.markdown("**Nothing was tested.** " + ("Choose a smaller slice, other columns or fewer conditions." if found.errors else "Nothing goes wrong in these rows."))  # fmt: skip
        return
    st.markdown(f"**No slice stands out.** What goes wrong ({numbers.by_unit(found.rate, found.unit)} on average) is spread over these columns as chance would spread it.")  # fmt: skip


def _one(shown: gate.Shown, found: Discovery, one: FoundSlice, i: int) -> None:
    """Draw a slice: its conditions, its rate beside the rest, what it holds, and the ways on."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_words(found, one, i), width="stretch")
        with st.container(horizontal=True, width="content", gap="xsmall", vertical_alignment="center"):
            rows = LOSSES[found.loss][1]
            weighted = shown.of_model.cases.weight is not None or not one.errors.is_integer()
            label = (
                f"Show its {found.failures}"
                if weighted or not rows
                else f"Show {numbers.count(one.errors)} {found.failures}"
            )
            if st.button(label if rows else "Show its rows", key=f"find.rows.{i}", icon=":material/arrow_forward:", icon_position="right"):  # fmt: skip
                _to_the_rows(one.where, rows)
            st.button("Keep only its rows", key=f"find.keep.{i}", icon=":material/filter_alt:", type="tertiary", help="Every page then shows these rows alone; the chip takes it back",
                      on_click=_keep, args=(one.where,))  # fmt: skip


def _words(found: Discovery, one: FoundSlice, i: int) -> str:
    """Write a slice in three short lines (Markdown)."""
    unit = found.unit
    name = numbers.plain(" and ".join(condition(level) for level in one.levels))
    points = " points" if unit == "share" else ""
    span = (
        f"{difference(one.low, unit)} to {difference(one.high, unit)}"
        if not isnan(one.low)
        else numbers.NOT_AVAILABLE
    )
    facts = [
        f"{difference(one.difference, unit)}{points} ({span})",
        numbers.rows(one.rows),
        f"{numbers.share(one.share_of_errors)} of all {found.failures}",
        f"q {_q(one.q)}",
    ]
    if one.confirmed is not None:
        facts.append(f"{'confirmed' if one.confirmed.holds else 'not confirmed'} on {numbers.rows(one.confirmed.rows)} that took no part: {numbers.by_unit(one.confirmed.rate, unit)}, elsewhere {numbers.by_unit(one.confirmed.rest_rate, unit)}")  # fmt: skip
    more = []
    if len(one.levels) > 1:
        shares = zip(one.levels, one.contributions, strict=True)
        more.append("of the difference " + ", ".join(f"{difference(c, unit)} from {level.column}" for level, c in shares))  # fmt: skip
    if one.also:
        also = [" and ".join(condition(level) for level in levels) for levels in one.also[:3]]
        left = f" and {len(one.also) - 3} more" if len(one.also) > 3 else ""
        more.append("mostly the same rows: " + "; ".join(also) + left)
    lines = [
        f"{i + 1}\\. **{name}** · {found.label.lower()} {numbers.by_unit(one.rate, unit)}, elsewhere {numbers.by_unit(one.rest_rate, unit)}",
        f":small[:gray[{numbers.plain(' · '.join(facts))}]]",
    ]
    return "  \n".join([*lines, *(f":small[:gray[{numbers.plain(' · '.join(more))}]]" for _ in more[:1])])


def _q(q: float) -> str:
    """Write a q-value; a tiny one only says that it is."""
    return "< 0.001" if q < 0.001 else f"{q:.2g}"


def _keep(where: Filter) -> None:
    """Narrow every page to a slice."""
    for term in where.terms():
        state.narrow(term)


def _to_the_rows(where: Filter, rows: state.Rows) -> None:
    """Narrow every page to a slice and look at what goes wrong there."""
    _keep(where)
    state.change(rows=rows, true="", predicted="", **({} if rows else {"order": "loss"}))
    st.switch_page("pages/examples.py", query_params=state.link())


def _notes(found: Discovery) -> None:
    """Say what a reader should know, and which columns were not searched."""
    for note in found.notes:
        st.caption(f":material/info: {numbers.plain(note)}")
    if found.left_out:
        st.caption(f":material/visibility_off: Not searched: {numbers.plain(_left_out(found.left_out))}.")


def _left_out(columns: Sequence[tuple[str, str]]) -> str:
    """Name the columns that were not searched, reason by reason."""
    by_reason: dict[str, list[str]] = {}
    for column, reason in columns:
        by_reason.setdefault(reason, []).append(column)
    said = []
    for reason, names in list(by_reason.items())[:_REASONS]:
        few = ", ".join(names[:_NAMED])
        more = f" and {numbers.count(len(names) - _NAMED)} more" if len(names) > _NAMED else ""
        each = reason.replace("it ", "each ", 1) if len(names) > 1 and reason.startswith("it ") else reason
        said.append(f"{few}{more} ({each})")
    left = sum(len(names) for names in list(by_reason.values())[_REASONS:])
    return "; ".join(said) + (f"; and {numbers.count(left)} more" if left else "")


def _figures(shown: gate.Shown, found: Discovery) -> None:
    """Draw how much the first slices hold, and the table of all."""
    parts = st.grid(2, min_column_width=420, gap=("small", "small"))
    with parts.cell(), st.container(border=True, gap="small"):
        st.subheader(f"Of all {found.failures}", anchor=False)
        st.caption("How much do the first slices hold together?")
        st.plotly_chart(covering(found.covering, found.failures, palette(state.scheme())), theme=None, key="find.covering",
                        config=dict(layout.CONFIG), alt=f"Share of all {found.failures} in the first slices together: {numbers.share(found.covering[-1])} in {len(found.covering)}")  # fmt: skip
        table = pa.table({"slices": list(range(1, len(found.covering) + 1)), "share": list(found.covering)})
        figure_files(
            shown, "find.covering", f"{found.failures} in the first slices", table, key="find.covering.csv"
        )
    with parts.cell(), st.container(border=True, gap="small"):
        st.subheader("All of them as a table", anchor=False)
        frame = _frame(found)
        st.dataframe(frame, key="find.table", hide_index=True, height="content" if len(frame) <= _AT_ONCE else 340, column_config=_config(found),
                     alt="Slices that were found, with their numbers")  # fmt: skip
        st.download_button("All numbers as CSV", export.csv(pa.Table.from_pandas(found.frame(), preserve_index=False)),
                           export.named(shown, f"slices by {found.loss}", "csv"), "text/csv", key="find.csv", on_click="ignore", type="tertiary",
                           icon=":material/download:")  # fmt: skip


def _frame(found: Discovery) -> pd.DataFrame:
    """Return the table as it is shown: shares in percent, differences in percentage points."""
    factor = 100.0 if found.unit == "share" else 1.0
    return pd.DataFrame([{
        "Slice": " and ".join(condition(level) for level in one.levels), "Rows": one.rows, "Rate": factor * one.rate, "Elsewhere": factor * one.rest_rate,
        "vs rest": factor * one.difference, "z": one.z, "q": _q(one.q), "Share": 100 * one.share_of_errors, "Excess": one.excess,
    } for one in found.slices])  # fmt: skip


def _config(found: Discovery) -> dict[str, Any]:
    """Say how each column of the table is drawn."""
    c, share = st.column_config, found.unit == "share"
    value, change = ("%.1f%%", "%+.1f") if share else ("%.3f", "%+.3f")
    return {
        "Slice": c.TextColumn(width=230, pinned=True),
        "Rows": c.NumberColumn(format="localized", width=64),
        "Rate": c.NumberColumn(format=value, width=62, help=f"{found.label} in the slice"),
        "Elsewhere": c.NumberColumn(format=value, width=76, help=f"{found.label} among all other rows"),
        "vs rest": c.NumberColumn(format=change, width=62, help="Difference to all other rows" + (" in percentage points" if share else "")),
        "z": c.NumberColumn(format="%.1f", width=52, help="The difference in standard errors"),
        "q": c.TextColumn(width=62, help="Of the slices with a q as low as this or lower, at most this share is expected to be worse by chance alone"),
        "Share": c.NumberColumn(f"Of {found.failures}", format="%.1f%%", width=76, help=f"Part of all {found.failures} that lies in the slice"),
        "Excess": c.NumberColumn(format="%.1f", width=66, help=f"{found.failures.capitalize()} beyond what the average of all rows would give: the most that mending this slice removes"),
    }  # fmt: skip
