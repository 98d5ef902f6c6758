"""Predicted intervals and quantiles: how often they hold, in which groups they do not, and what would mend them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import predicted_numbers
from app.palette import palette
from app.views import export
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.group_table import group_card, legend, tables_of, without_small
from app.views.number_kept import moments_of, of_view, probability
from metrics_core.conformal import GroupWidening, widening_by_group
from metrics_core.grouping import Grouping, columns_to_compare, grouping
from metrics_core.groups_compared import GroupTable, corrected
from metrics_core.interval_tests import Together, christoffersen, kupiec
from metrics_core.number_bands import (
    PitVerdict,
    Widening,
    outside,
    pit_verdict,
    reached,
    share_below,
    widening,
)

_LEAST, _SURE = 0.02, 0.05


def has_any(shown: Shown) -> bool:
    """Tell whether something was predicted around the number."""
    cases = shown.of_model.number_cases
    return bool(cases.levels or cases.shares)


def predicted_around(shown: Shown, key: str) -> None:
    """Draw the part of the page about predicted intervals and quantiles.

    Parameters
    ----------
    shown : Shown
    key : str
        Begins the keys of the widgets.
    """
    cases = shown.of_model.number_cases
    if cases.levels:
        with st.container(border=True, gap="small"):
            _promised(shown, key)
        _by_column(shown, key)
    if cases.shares:
        with st.container(border=True, gap="small"):
            _quantiles(shown, key)


# ------------------------------------------------------------------------------------------------ all rows


def _promised(shown: Shown, key: str) -> None:
    """Show coverage and width now, and after a conformal correction."""
    cases = shown.of_model.number_cases
    head("Do the intervals hold", "Coverage should be the level; a correction moves both ends of every interval by the same amount.")  # fmt: skip
    found = of_view(shown, "widening", lambda: [widening(cases, i) for i in range(len(cases.levels))])
    rows = [_row(w) for w in found]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}.coverage", placeholder=numbers.NOT_AVAILABLE,
                 alt="Coverage and width of the predicted intervals")  # fmt: skip
    for w in found:
        st.markdown(in_words(w))
    if shown.predictions.roles.time is not None:
        _in_a_row(shown)
    st.caption("The 95% interval of the coverage is Clopper and Pearson's, p that of Kupiec's likelihood-ratio test of the level. The correction is split conformal: "
               "it promises its level for rows like these, if the model has not learnt from them. Coverage afterwards is measured on rows the correction was not made from.")  # fmt: skip
    made = pa.Table.from_pylist([_numbers(w) for w in found])
    st.download_button("Data as CSV", export.csv(made), export.named(shown, "intervals", "csv"), "text/csv", key=f"{key}.coverage.csv",
                       on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip


def _numbers(w: Widening) -> dict[str, float]:
    """Return the numbers of one level: the download."""
    test = kupiec(w.coverage * w.told_by, w.told_by, w.level)
    names = ("level", "coverage", "low", "high", "width", "moved", "width_after", "after", "rows")
    return {**{name: getattr(w, name) for name in names}, "kupiec": test.statistic, "p": test.p}


def _row(w: Widening) -> dict[str, str]:
    """Write one level."""
    test = kupiec(w.coverage * w.told_by, w.told_by, w.level)
    return {
        "Level": numbers.share(w.level),
        "Coverage": numbers.share(w.coverage),
        "95 %": numbers.interval(w.low, w.high, "share"),
        "p": numbers.NOT_AVAILABLE if math.isnan(test.p) else probability(test.p).removeprefix("= "),
        "Mean width": numbers.number(w.width),
        "Move each end by": numbers.NOT_AVAILABLE if math.isinf(w.moved) else signed(w.moved),
        "Width afterwards": numbers.NOT_AVAILABLE if math.isinf(w.moved) else numbers.number(w.width_after),
        "Coverage afterwards": numbers.share(w.after),
    }


def signed(value: float) -> str:
    """Write a number with its sign."""
    return f"{value:+.4g}".replace("-", "−")


def in_words(w: Widening) -> str:
    """Say of one level whether it holds and what would mend it (Markdown)."""
    level = f"The {100 * w.level:g}% intervals"
    if math.isinf(w.moved):
        return f"{level}: {numbers.rows(w.rows)} are too few for a correction."
    holds = w.low <= w.level <= w.high
    side = "more" if w.coverage > w.level else "less"
    said = f"{level} hold **{numbers.share(w.coverage)}**" + (", as far as these rows tell what they promise." if holds else f", {side} than they promise.")  # fmt: skip
    how = "outwards" if w.moved > 0 else "inwards"
    return said if holds else f"{said} Moving both ends {how} by {numbers.plain(numbers.number(abs(w.moved)))} would mend that."  # fmt: skip


def _in_a_row(shown: Shown) -> None:
    """Say for each level whether truths outside come one after the other."""
    cases = shown.of_model.number_cases
    found = of_view(shown, "in a row", lambda: _tested_in_a_row(shown))
    if isinstance(found, str):
        st.caption(numbers.plain(f"Whether misses come one after the other cannot be said: {found}"))
        return
    for level, test in zip(cases.levels, found, strict=True):
        st.markdown(in_a_row_in_words(level, test))


def _tested_in_a_row(shown: Shown) -> list[Together] | str:
    """Test the order of the misses of each level; rows that belong together are a sequence of their own."""
    cases, when = shown.of_model.number_cases, moments_of(shown)
    if isinstance(when, str):
        return when
    use = np.flatnonzero(when[1])
    moment = when[0][use]
    series = np.zeros(use.size, dtype=np.int64) if cases.together is None else cases.together[use]
    order = np.lexsort((moment, series))
    moment, series, use = moment[order], series[order], use[order]
    if ((moment[1:] == moment[:-1]) & (series[1:] == series[:-1])).any():
        return "several rows have the same time, so they have no order."
    return [christoffersen(outside(cases, i)[use] > 0, series) for i in range(len(cases.levels))]


def in_a_row_in_words(level: float, test: Together) -> str:
    """Say whether a miss tells something about the row after it (Markdown)."""
    name = f"Misses of the {100 * level:g}% intervals"
    if test.reason:
        return f"{name} cannot be tested for their order: {test.reason}."
    said = f"{name}: **{numbers.share(test.after_miss)}** of the rows right after a miss are misses, **{numbers.share(test.after_hit)}** right after a hit (Christoffersen's test of {numbers.count(test.pairs)} neighbours, p {probability(test.p)})"  # fmt: skip
    if not test.p < _SURE:
        return f"{said}: chance explains it."
    return f"{said}: they {'come together' if test.after_miss > test.after_hit else 'avoid each other'}."


# ------------------------------------------------------------------------------------------------ groups


def _by_column(shown: Shown, key: str) -> None:
    """Show coverage, width and corrections in the groups of a column."""
    columns = columns_to_compare(shown.predictions)
    if not columns:
        return
    levels = [f"coverage@{level:g}" for level in shown.of_model.number_cases.levels]
    tables = {metric: _tables(shown, columns, metric) for metric in levels[-1:]}
    st.subheader("Coverage by group", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        metric = levels[-1]
        if len(levels) > 1:
            metric = str(st.selectbox("Level", levels, key=f"{key}.level", format_func=lambda k: f"{100 * float(k.partition('@')[2]):g}%", width=120, persist_state="session"))  # fmt: skip
        found = tables.get(metric) or _tables(shown, columns, metric)
        names = [t.column for t in found]
        if state.chosen(f"{key}.column") not in names:
            state.preset(f"{key}.column", names[0])
        column = st.selectbox("Groups of", names, key=f"{key}.column", width=260, format_func=str, persist_state="session",
                              help="The column in which coverage differs most stands first.")  # fmt: skip
    table = next(t for t in found if t.column == column)
    legend(table)
    group_card(shown, table, key=f"{key}.{table.column}")
    with st.container(border=True, gap="small"):
        _corrected(shown, key, levels.index(metric), grouping(shown.predictions.source, table.column))


def _tables(shown: Shown, columns: tuple[str, ...], metric: str) -> list[GroupTable]:
    """Compare the groups of all columns, that with the clearest difference first."""
    tables = list(corrected(without_small(t, _LEAST) for t in tables_of(shown, columns, metric)))
    return sorted(tables, key=lambda t: max((abs(g.z) for g in t.groups if g.z == g.z), default=0.0), reverse=True)  # fmt: skip


def _corrected(shown: Shown, key: str, place: int, groups: Grouping) -> None:
    """Preview one correction for all rows beside one for each group."""
    cases = shown.of_model.number_cases
    head("One correction for all, or one for each group", "Coverage of rows that the correction was not made from, in each group; it should be the level.")  # fmt: skip

    def make() -> GroupWidening:
        code = groups.code[cases.rows].astype(np.int64)
        return widening_by_group(cases, place, np.where(code < len(groups.levels), code, -1), len(groups.levels))  # fmt: skip

    found = of_view(shown, f"widening {place} {groups.column}", make)
    held = np.flatnonzero(found.rows > 0)
    st.markdown(groups_in_words(found, [groups.levels[i].label for i in held], held))
    frame = pd.DataFrame([_row_of_group(found, i, groups.levels[i].label) for i in held.tolist()])
    st.dataframe(frame, hide_index=True, key=f"{key}.groups", placeholder=numbers.NOT_AVAILABLE, height="content" if held.size <= 12 else 420,
                 alt=f"Coverage and width of the intervals in the groups of {groups.column}, now and corrected")  # fmt: skip
    names = ("rows", "coverage", "width", "with_all", "with_own", "moved", "width_after")
    table = pa.table({"group": [groups.levels[i].label for i in held], **{name: getattr(found, name)[held] for name in names}})  # fmt: skip
    st.download_button("Data as CSV", export.csv(table), export.named(shown, f"corrections by {groups.column}", "csv"), "text/csv", key=f"{key}.groups.csv",
                       on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip


def _row_of_group(found: GroupWidening, i: int, label: str) -> dict[str, object]:
    """Write one group."""
    few = not math.isfinite(found.moved[i])
    return {
        "Group": label,
        "Rows": numbers.count(found.rows[i]),
        "Coverage": numbers.share(found.coverage[i]),
        "Mean width": numbers.number(found.width[i]),
        "Corrected for all": numbers.share(found.with_all[i]),
        "Corrected for itself": numbers.share(found.with_own[i]),
        "Move each end by": "too few rows" if few else signed(found.moved[i]),
        "Width afterwards": numbers.NOT_AVAILABLE if few else numbers.number(found.width_after[i]),
    }


def groups_in_words(found: GroupWidening, labels: list[str], held: np.ndarray) -> str:
    """Say what corrections of groups would change (Markdown)."""
    if not math.isfinite(found.moved_all):
        return "These rows are too few for a correction."
    both = [np.abs(x[held] - found.level) for x in (found.with_all, found.with_own)]
    known = ~np.isnan(both[1])
    said = f"One correction for all moves every end by **{numbers.plain(signed(found.moved_all))}**."
    if known.any() and not np.isnan(both[0]).any():
        farthest = [float(b[known].max()) for b in both]
        worst = labels[int(np.flatnonzero(known)[int(both[0][known].argmax())])]
        said += f" It leaves coverage up to **{100 * farthest[0]:.1f} points** off its level (in {numbers.plain(worst)}); a correction of its own for each group up to {100 * farthest[1]:.1f} points."  # fmt: skip
    if (~known).any():
        small = ", ".join(numbers.plain(labels[i]) for i in np.flatnonzero(~known)[:3])
        more = int((~known).sum()) - 3
        said += f" Too small for its own, with about {numbers.rows(found.fewest)} needed: {small}{f' and {more} more' if more > 0 else ''}."  # fmt: skip
    return said


# ------------------------------------------------------------------------------------------------ quantiles


def _quantiles(shown: Shown, key: str) -> None:
    """Draw where the truths lie among the predicted quantiles."""
    cases = shown.of_model.number_cases
    found = of_view(shown, "reached", lambda: reached(cases))
    head("Where the truths lie among the quantiles", "Flat at 1 is right; high at both ends: too narrow; high in the middle: too wide.")  # fmt: skip
    st.markdown(pit_in_words(pit_verdict(cases, found)))
    draw(predicted_numbers.gaps(found.low, found.high, found.rows, (found.band_low, found.band_high), palette(state.scheme())), f"{key}.pit", "Truths between the predicted quantiles against perfect ones")  # fmt: skip
    rows = [{"Quantile": numbers.share(share), "Truths at or below": numbers.share(below), "95 %": numbers.interval(low, high, "share")} for share, below, low, high in share_below(cases)]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}.shares", alt="Share of truths below each quantile")  # fmt: skip
    figure_files(shown, f"{key}.pit", "Quantiles", pa.table({"from": found.low, "to": found.high, "rows": found.rows, "expected": found.expected}), key=f"{key}.pit.csv")  # fmt: skip


def pit_in_words(v: PitVerdict) -> str:
    """Say whether the quantiles are too narrow, too wide, too low or too high (Markdown)."""
    if math.isnan(v.beyond):
        said = "One quantile tells nothing of the spread."
    else:
        said = f"**{numbers.share(v.beyond)}** of the truths lie beyond the outermost quantiles; {numbers.share(v.beyond_expected)} should (p {probability(v.p_spread)}): "  # fmt: skip
        said += {
            "narrow": "the quantiles lie too close together (under-dispersed).",
            "wide": "the quantiles lie too far apart (over-dispersed).",
            "": "as far as these rows tell their spread is right.",
        }[v.spread]
    where = {"low": "the quantiles lie too low", "high": "the quantiles lie too high", "": "neither too low nor too high"}[v.side]  # fmt: skip
    return f"{said} On average the truths lie at {numbers.share(v.mean)} of the way up, {numbers.share(0.5)} is right (p {probability(v.p_side)}): {where}."  # fmt: skip
