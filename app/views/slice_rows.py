"""The table of slices as it is shown: its columns, their order and their colours."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import pandas as pd
import streamlit as st

from app import numbers
from app.charts import layout
from app.palette import Palette
from app.views.group_words import found, span_of_difference
from metrics_core.groups_compared import ComparedGroup, GroupTable
from metrics_core.metrics.spec import MetricSpec
from metrics_core.slice_table import Pulled, SliceTable

#: What the table can be ordered by, beside the values of every metric.
ORDERS = {
    "clear": "Clearest difference",
    "difference": "Difference to the rest",
    "pulled": "Shrunken value",
    "share": "Share of what goes wrong",
    "rows": "Rows",
    "name": "Name",
}
_NAN = float("nan")
# Share of a colour that is left at its strongest, so that numbers can be read on it.
_STRONG = 0.55
_Pair = tuple[str, str]


def value_name(table: SliceTable, pair: _Pair) -> str:
    """Name the column of a metric's values; with several models it says whose."""
    label = table.tables[pair].metric.label
    return f"{label} · {pair[0]}" if len(table.models) > 1 else label


def in_order(table: SliceTable, kept: Sequence[int], pair: _Pair, by: str, *, turned: bool) -> list[int]:
    """Order slices; those without what they are ordered by stand last.

    Parameters
    ----------
    table : SliceTable
    kept : sequence of int
        Places of the slices.
    pair : (model, metric)
        Whose numbers they are ordered by.
    by : str
        One of ``ORDERS``, or ``value:MODEL:METRIC``.
    turned : bool
        From the other end.
    """
    groups, of = table.tables[pair].groups, table.tables[pair]
    if by == "name":
        return sorted(kept, key=lambda i: table.slices[i].name.lower(), reverse=turned)

    def number(i: int) -> float:
        if by.startswith("value:"):
            _, model, metric = by.split(":", 2)
            return table.tables[model, metric].groups[i].value
        g = groups[i]
        worse = -1.0 if of.metric.better == "higher" else 1.0
        return {"clear": _NAN if g.small else abs(g.z) * (1 if of.metric.better == "neither" or of.worse(g) else -1),
                "difference": worse * g.difference, "pulled": worse * table.pulled[pair][i].value,
                "share": g.share_of_failures, "rows": float(g.rows)}[by]  # fmt: skip

    known = {i: number(i) for i in kept}
    there = sorted((i for i in kept if not isnan(known[i])), key=lambda i: known[i], reverse=not turned)
    return [*there, *(i for i in kept if isnan(known[i]))]


def shown_frame(table: SliceTable, order: Sequence[int], pair: _Pair) -> pd.DataFrame:
    """Return the table as it is shown: one metric in detail, then the values of the others; rates in percent."""
    of, pulled = table.tables[pair], table.pulled[pair]
    frame = pd.DataFrame([_row(table, of, of.groups[i], pulled[i], i, pair) for i in order])
    # one column less to look at where no slice has such a value
    return frame.drop(columns=["Shrunken"]) if all(isnan(one.value) for one in pulled) else frame


def _row(
    table: SliceTable, of: GroupTable, g: ComparedGroup, pulled: Pulled, i: int, pair: _Pair
) -> dict[str, Any]:
    """Write one slice."""
    spec = of.metric
    row: dict[str, Any] = {"Slice": table.slices[i].name, "Rows": g.rows, value_name(table, pair): _shown(g.value, spec)}  # fmt: skip
    row["95 %"] = numbers.NOT_AVAILABLE if isnan(g.low) else numbers.interval(g.low, g.high, spec.unit)
    row["Difference"] = _shown(g.difference, spec)
    row["95 % of it"] = span_of_difference(g, spec.unit)
    row["Found"] = found(of, g)
    row[f"Share of {of.failures}"] = 100 * g.share_of_failures
    row["Shrunken"] = _shown(pulled.value, spec)
    for other, table_of in table.tables.items():
        if other != pair:
            row[value_name(table, other)] = _shown(table_of.groups[i].value, table_of.metric)
    row["n"] = g.n
    return row


def _shown(value: float, spec: MetricSpec) -> float:
    """Turn a share into percent."""
    return (100 if spec.unit == "share" else 1) * value


def column_config(table: SliceTable, pair: _Pair, *, weighted: bool) -> dict[str, Any]:
    """Say how each column of the table is drawn."""
    c, of = st.column_config, table.tables[pair]
    spec = of.metric
    share = spec.unit == "share"
    points = " in percentage points" if share else ""
    values = {
        value_name(table, other): c.NumberColumn(
            format="%.1f%%" if t.metric.unit == "share" else "%.3f",
            width=120 if len(table.models) > 1 else 112,
            help=f"{t.metric.label}{f' of {numbers.plain(other[0])}' if len(table.models) > 1 else ''}. {t.metric.about} A stronger colour is higher; on fewer than 30 rows there is none",
        )
        for other, t in table.tables.items()
    }
    return {
        "Slice": c.TextColumn(width=190, pinned=True),
        "Rows": c.NumberColumn(format="localized", width=60, help="Rows of the slice, whatever they weigh" if weighted else "Rows of the slice"),
        "n": c.NumberColumn("Effective n", format="%,.0f", width=78, help=f"Rows that {spec.label} is counted on, as many of equal weight; groups where rows belong together"),
        "95 %": c.TextColumn(width=86, help=f"95 % interval of {spec.label}"),
        "Difference": c.NumberColumn("vs rest", format="%+.1f" if share else "%+.3f", width=56, help=f"{spec.label} of the slice minus that of all other rows{points}; one colour above 0, another below"),
        "95 % of it": c.TextColumn("95 %", width=86, help=f"95 % interval of the difference{points}"),
        "Found": c.TextColumn(width=112, help="q allows for every slice, metric and model of this table that was tested. Up to 0.05 a slice is called worse or better. One on which fewer than 30 rows count is not tested"),
        f"Share of {of.failures}": c.NumberColumn(f"Of {of.failures}", format="%.1f%%", width=76, help=f"Part of all {of.failures} that lies in the slice; slices that overlap add up to more than all"),
        "Shrunken": c.NumberColumn(format="%.1f%%" if share else "%.3f", width=70, help="The value pulled towards that of all groups of the column, the further the fewer rows there are. Only for rates, and only for groups of one column"),
        **values,
    }  # fmt: skip


def coloured(
    frame: pd.DataFrame, table: SliceTable, order: Sequence[int], pair: _Pair, palette: Palette
) -> Any:
    """Colour the values of each metric by their size, and the differences by their side of 0.

    Returns
    -------
    pandas Styler
    """
    styler = frame.style.format(na_rep=numbers.NOT_AVAILABLE)
    for other, of in table.tables.items():
        sized = [not of.groups[i].small for i in order]
        name = value_name(table, other)
        styler = styler.apply(_ramp, subset=[name], palette=palette, sized=sized)
    return styler.apply(_sides, subset=["Difference"], palette=palette, sized=[not table.tables[pair].groups[i].small for i in order])  # fmt: skip


def _ramp(values: pd.Series, palette: Palette, sized: list[bool]) -> list[str]:
    """Colour from the lowest to the highest value in one hue; small slices stay without colour and stretch nothing."""
    known = [v for v, large in zip(values, sized, strict=True) if large and v == v]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    return [
        _cell(layout.blended(palette.accent, palette.surface, _STRONG * (v - low) / (high - low)), palette)
        if large and v == v and high > low
        else ""
        for v, large in zip(values, sized, strict=True)
    ]


def _sides(values: pd.Series, palette: Palette, sized: list[bool]) -> list[str]:
    """Colour what is above 0 in one hue and what is below in another, both as strong as the farthest of them allows."""
    farthest = max((abs(v) for v, large in zip(values, sized, strict=True) if large and v == v), default=0.0)
    return [
        _cell(
            layout.blended(palette.fn if v > 0 else palette.tp, palette.surface, _STRONG * abs(v) / farthest),
            palette,
        )
        if large and v == v and farthest
        else ""
        for v, large in zip(values, sized, strict=True)
    ]


def _cell(ground: str, palette: Palette) -> str:
    """Write the colours of a cell; the ink can be read on the ground."""
    return f"background-color: {ground}; color: {layout.readable(ground, palette.text, palette.surface)}"
