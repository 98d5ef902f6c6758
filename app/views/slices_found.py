"""What a search for slices found: what was tested, the list with the way to the rows, what the first hold together, a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isnan
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.covering import covering
from app.palette import palette
from app.views import export, gate
from app.views.figure_files import figure_files
from app.views.group_words import condition, difference
from app.views.share import slices_command
from metrics_core.discovery import Discovery, FoundSlice
from metrics_core.discovery.search import FEWEST_ERRORS, FEWEST_ROWS
from metrics_core.filters import Filter

#: What can be looked for: the name on the page, and which rows are behind it.
LOSSES: dict[str, tuple[str, state.Rows]] = {
    "error": ("Errors", "errors"),
    "fnr": ("Missed", "fn"),
    "fpr": ("False alarms", "fp"),
    "log_loss": ("Log loss", ""),
    "amount": ("Errors by amount", "errors"),
    "abs_error": ("Absolute error", ""),
    "squared_error": ("Squared error", ""),
    "too_high": ("Too high", ""),
    "too_low": ("Too low", ""),
    "pinball": ("Pinball loss", ""),
    "scaled_error": ("Scaled error", ""),
}
CORRECTION_NAMES = {"bh": "Benjamini–Hochberg", "by": "Benjamini–Yekutieli", "holm": "Holm"}
# Slices of the list before somebody asks for more.
_LISTED = 10
# Columns that are named for each reason why they are not searched; reasons.
_NAMED, _REASONS = 4, 8
# Rows of the table that are seen at once.
_AT_ONCE = 8


def found_slices(shown: gate.Shown, found: Discovery, asked: dict[str, Any]) -> None:
    """Say what was tested and found; the list, what it covers, the table.

    Parameters
    ----------
    shown : Shown
    found : Discovery
    asked : dict
        The arguments of the search.
    """
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
    return f" Listed are those with q ≤ 0.05 after {CORRECTION_NAMES.get(found.correction, found.correction)}; a slice has at least {numbers.rows(found.min_rows)}{few}."


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
    with st.container(border=True, gap="small"):
        st.subheader(f"Of all {found.failures}", anchor=False)
        st.caption("How much do the first slices hold together?")
        st.plotly_chart(covering(found.covering, found.failures, palette(state.scheme())), theme=None, key="find.covering",
                        config=dict(layout.CONFIG), alt=f"Share of all {found.failures} in the first slices together: {numbers.share(found.covering[-1])} in {len(found.covering)}")  # fmt: skip
        table = pa.table({"slices": list(range(1, len(found.covering) + 1)), "share": list(found.covering)})
        figure_files(
            shown, "find.covering", f"{found.failures} in the first slices", table, key="find.covering.csv"
        )
    with st.container(border=True, gap="small"):
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
        "Slice": c.TextColumn(width=300, pinned=True),
        "Rows": c.NumberColumn(format="localized", width=64),
        "Rate": c.NumberColumn(format=value, width=62, help=f"{found.label} in the slice"),
        "Elsewhere": c.NumberColumn(format=value, width=76, help=f"{found.label} among all other rows"),
        "vs rest": c.NumberColumn(format=change, width=62, help="Difference to all other rows" + (" in percentage points" if share else "")),
        "z": c.NumberColumn(format="%.1f", width=52, help="The difference in standard errors"),
        "q": c.TextColumn(width=62, help="Of the slices with a q as low as this or lower, at most this share is expected to be worse by chance alone"),
        "Share": c.NumberColumn(f"Of {found.failures}", format="%.1f%%", width=76, help=f"Part of all {found.failures} that lies in the slice"),
        "Excess": c.NumberColumn(format="%.1f", width=66, help=f"{found.failures.capitalize()} beyond what the average of all rows would give: the most that mending this slice removes"),
    }  # fmt: skip
