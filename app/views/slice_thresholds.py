"""The groups of a column at the threshold in force, at thresholds of their own, and what separate ones would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.charts.cost_curves import money
from app.charts.slice_changes import slice_figure
from app.views.figure_card import draw, head, numbers_behind, table_of
from app.views.pictured import Pictured
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule
from metrics_core.decisions.separate import (
    Change,
    SeparateThresholds,
    SeparationPrice,
    equal_fpr,
    equal_opportunity,
    own_thresholds,
    separation_price,
)
from metrics_core.decisions.slices import (
    Sliced,
    SliceRates,
    base_rate_warning,
    slice_gaps,
    slice_rates,
    sliced_at,
)
from metrics_core.filters import equals
from metrics_core.grouping import columns_to_compare
from metrics_core.slices import Level

Aim = Literal["own", "recall", "fpr"]

_AIMS: dict[Aim, str] = {"own": "Best of each", "recall": "Equal recall", "fpr": "Equal false positive rate"}
#: Groups that the chart and the buttons hold; the tables have all.
_MOST_DRAWN, _MOST_BUTTONS = 16, 12
_AT_ONCE, _SCROLLS = 12, 440
_SHOWN = {"recall": "Recall", "fpr": "FPR", "precision": "Precision", "flagged_share": "Flagged"}


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of a column at the threshold in force."""

    column: str
    levels: list[Level]
    sliced: Sliced
    rates: SliceRates


def slices_picture(p: Pictured) -> None:
    """Draw the groups of one column."""
    head(
        "Per slice",
        "Does one threshold treat every group alike, and what would thresholds of their own change?",
    )
    columns = _columns(p)
    if not columns:
        st.info("There is no column to group the rows by. Name one as a slice on the Data page.", icon=":material/info:")  # fmt: skip
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        column = _column_chooser(columns)
        aim = _aim_chooser(p)
    try:
        groups: Groups = p.kept("slices", lambda: _counted(p, column), column, p.live)
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    st.markdown(f"**All at {p.decided}**")
    _common_table(p, groups)
    _to_the_rows(p, groups)
    warned = base_rate_warning(groups.rates, column)
    if warned is not None:
        st.markdown(
            f":orange[:material/balance:] {numbers.plain(warned.text)} :gray[{numbers.plain(warned.action)}]"
        )
    try:
        separate: SeparateThresholds = p.kept("separate", lambda: _separate(p, groups.sliced, aim), column, p.live, aim)  # fmt: skip
    except mc.DataError as error:
        st.info(numbers.plain(error), icon=":material/info:")
        return
    _own(p, groups, separate, aim)


# ------------------------------------------------------------------------------------------------ what is chosen


def _columns(p: Pictured) -> list[str]:
    """List the columns rows can be grouped by."""
    return list(dict.fromkeys([*columns_to_compare(p.shown.predictions), *p.shown.predictions.roles.slices]))


def _column_chooser(columns: Sequence[str]) -> str:
    """Draw the choice of the column."""
    if state.chosen("pictures.slices.column") not in columns:
        state.preset("pictures.slices.column", columns[0])
    return str(st.selectbox("Groups of", columns, key="pictures.slices.column", persist_state="session", format_func=str, width=230))  # fmt: skip


def _aim_chooser(p: Pictured) -> Aim:
    """Draw the choice of what separate thresholds are for; the best of each needs a plan."""
    possible: list[Aim] = [aim for aim in _AIMS if aim != "own" or _has_rule(p)]
    if state.chosen("pictures.slices.aim") not in possible:
        state.preset("pictures.slices.aim", possible[0])
    chosen = st.segmented_control("Thresholds of their own", possible, key="pictures.slices.aim", required=True, persist_state="session", format_func=_AIMS.__getitem__,
                                  help="Best of each: what the plan aims for, in each group by itself. Equal recall and equal false positive rate bring every group to the rate that all rows have now")  # fmt: skip
    return chosen or possible[0]


def _has_rule(p: Pictured) -> bool:
    """Whether a plan says what is best; at another prevalence nothing is known of single groups."""
    return p.selection is not None and p.prevalence is None


def _rule(p: Pictured) -> Rule:
    """Take what the plan aims for; without one, errors are counted."""
    if p.selection is not None and _has_rule(p):
        return p.selection.rule
    return Rule(Objective.read(minimize="error_rate"))


# ------------------------------------------------------------------------------------------------ counting


def _counted(p: Pictured, column: str) -> Groups:
    """Count the groups at the threshold in force."""
    found, sliced = sliced_at(p.shown.predictions, column, p.live, model=p.shown.model.name, where=p.shown.where)  # fmt: skip
    return Groups(column, found, sliced, slice_rates(sliced))


def _separate(p: Pictured, sliced: Sliced, aim: Aim) -> SeparateThresholds:
    """Find thresholds of their own."""
    if aim == "own":
        return own_thresholds(sliced, _rule(p))
    return equal_opportunity(sliced) if aim == "recall" else equal_fpr(sliced)


# ------------------------------------------------------------------------------------------------ one threshold for all


def _common_table(p: Pictured, groups: Groups) -> None:
    """Draw the rates of each group at the common threshold, with intervals."""
    frame = common_frame(groups.rates, weighted=p.shown.predictions.roles.weight is not None)
    column = st.column_config
    config: dict[str, Any] = {"Group": column.TextColumn(pinned=True, width=130), "Rows": column.NumberColumn(format="localized", width=60),
                              "Weight": column.NumberColumn(format="%,.1f", width=75), "Positive": column.NumberColumn(format=f"%.{_digits(frame['Positive'].to_numpy())}f%%", width=70)}  # fmt: skip
    for name in _SHOWN.values():
        config[name] = column.NumberColumn(format=f"%.{_digits(frame[name].to_numpy())}f%%", width=70)
        config[f"{name} 95%"] = column.TextColumn("95%", width=84, help=f"95% interval of {name} (Wilson)")
    config["Recall vs rest"] = column.TextColumn(width=150, help="Recall of the group less that of all other rows, in percentage points, with its 95% interval (Newcombe). Bold words: the q-value allows for all groups tested")  # fmt: skip
    st.dataframe(frame, hide_index=True, height="content" if len(frame) <= _AT_ONCE else _SCROLLS, column_config=config, key="pictures.slices.common",
                 placeholder=numbers.NOT_AVAILABLE, alt=f"Groups of {groups.column} at the common threshold")  # fmt: skip


def common_frame(rates: SliceRates, *, weighted: bool = False) -> pd.DataFrame:
    """Return the table as it is shown: rates in percent.

    Parameters
    ----------
    rates : SliceRates
    weighted : bool
        Whether rows are sums of weights.
    """
    o, gaps = rates.outcomes, slice_gaps(rates, "recall")
    frame: dict[str, Any] = {
        "Group": rates.labels,
        "Weight" if weighted else "Rows": o.total,
        "Positive": 100 * rates.value("prevalence"),
    }
    for key, name in _SHOWN.items():
        low, high = rates.interval(key)
        frame[name] = 100 * rates.value(key)
        frame[f"{name} 95%"] = [_span(float(a), float(b), _digits(frame[name])) for a, b in zip(low, high, strict=True)]  # fmt: skip
        if key == "recall":
            frame["Recall vs rest"] = [_gap(*(float(x) for x in one)) for one in zip(gaps.difference, gaps.low, gaps.high, gaps.q, strict=True)]  # fmt: skip
    return pd.DataFrame(frame)


def _gap(difference: float, low: float, high: float, q: float) -> str:
    """Write a difference to the rest in percentage points, and whether it is clear."""
    if isnan(difference):
        return numbers.NOT_AVAILABLE
    ends = "" if isnan(low) else f" ({100 * low:+.1f} to {100 * high:+.1f})"
    return f"{100 * difference:+.1f}{ends}{' clear' if q < 0.05 else ''}".replace("-", "−")


def _digits(percent: np.ndarray) -> int:
    """Choose the decimals of a column of percentages: small ones need more to be told apart."""
    known = percent[np.isfinite(percent)]
    return 2 if known.size and known.max() < 5 else 1


def _span(low: float, high: float, digits: int) -> str:
    """Write an interval in percent."""
    return numbers.NOT_AVAILABLE if isnan(low) or isnan(high) else f"{100 * low:.{digits}f}–{100 * high:.{digits}f}%"  # fmt: skip


def _to_the_rows(p: Pictured, groups: Groups) -> None:
    """Offer the false negatives of each group, those with most first."""
    missed = np.asarray(groups.sliced.outcomes.fn, dtype=np.float64)
    order = [i for i in np.argsort(-missed, kind="stable").tolist() if missed[i] > 0]
    weighted = p.shown.predictions.roles.weight is not None  # sums of weights are no numbers of rows
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**See the false negatives of**" if order else "No group has false negatives at this threshold.", width="content")  # fmt: skip
        for i in order[:_MOST_BUTTONS]:
            count = "" if weighted else f" · {numbers.count(missed[i])}"
            if st.button(f"{numbers.plain(groups.levels[i].label)}{count}", key=f"pictures.slices.fn.{groups.levels[i].label}", icon=":material/list_alt:"):  # fmt: skip
                if p.plan.select_on is not None:  # the other pages show what was counted here
                    state.narrow(equals(str(p.shown.predictions.roles.split), p.plan.select_on))
                state.narrow(groups.levels[i].where)
                state.change(rows="fn", threshold=p.live)
                st.switch_page("pages/examples.py", query_params=state.link())
        if len(order) > _MOST_BUTTONS:
            st.caption(f"and {len(order) - _MOST_BUTTONS} more on the Slices page", width="content")


# ------------------------------------------------------------------------------------------------ thresholds of their own


def _own(p: Pictured, groups: Groups, separate: SeparateThresholds, aim: Aim) -> None:
    """Draw separate thresholds: the chart, the table and their price."""
    rule = _rule(p)
    price = separation_price(separate, rule)
    st.markdown(f"**{_title(separate, aim, rule)}**")
    if not separate.own.any():
        st.caption(
            f"Every group keeps the common threshold: {numbers.plain('; '.join(sorted(set(separate.kept))))}."
        )
        return
    n_groups = len(separate.labels)
    drawn = np.argsort(-np.asarray(groups.sliced.outcomes.total), kind="stable")[:_MOST_DRAWN]
    shown = sorted(drawn.tolist())
    figure = p.figure("slices", lambda: slice_figure(groups.rates, separate, shown, p.colours), groups.column, aim)  # fmt: skip
    draw(figure, "pictures.slices.chart", f"Recall and false positive rate of each group of {groups.column}, at the common threshold and at its own; the table below it holds the numbers")  # fmt: skip
    if n_groups > len(shown):
        st.caption(f"The chart shows the {len(shown)} largest of {n_groups} groups.")
    _all_together(price, rule)
    frame = own_frame(separate, price, rule)
    st.dataframe(frame, hide_index=True, height="content" if len(frame) <= _AT_ONCE else _SCROLLS, key="pictures.slices.own",
                 column_config={"Group": st.column_config.TextColumn(pinned=True, width=130), "Own threshold": st.column_config.TextColumn(width=110)},
                 alt=f"Groups of {groups.column} with thresholds of their own, before and after")  # fmt: skip
    st.caption("Chosen and judged on the same rows, so what separate thresholds gain is flattered. Treating groups by different thresholds may not be allowed where you work.")  # fmt: skip
    numbers_behind(p.shown, lambda: table_of(_whole_frame(groups, separate, price)), f"slices of {groups.column}",
                   "Every group with its rates at the common threshold and after; rates as fractions.", key="pictures.slices", chart="pictures.slices.chart")  # fmt: skip


def _title(separate: SeparateThresholds, aim: Aim, rule: Rule) -> str:
    """Say what the separate thresholds are."""
    if aim == "own":
        limits = " that keeps the limits of the plan within the group" if rule.constraints else ""
        return (
            f"With thresholds of their own, each the best for {numbers.plain(rule.objective.label)}{limits}"
        )
    rate = "recall" if aim == "recall" else "false positive rate"
    return (
        f"With thresholds of their own that bring every group to a {rate} of {numbers.share(separate.target)}"
    )


def _all_together(price: SeparationPrice, rule: Rule) -> None:
    """Say what separate thresholds change over all groups."""
    said = []
    for key, change in price.changes.items():
        if key == "cost" and rule.objective.costs is not None:
            continue  # it is the objective
        before, after = (_written(key, rule, x) for x in (change.all_before, change.all_after))
        said.append(f"{numbers.plain(_label(key, rule))} {before} → **{after}**")
    st.markdown(f"All groups together: {'; '.join(said)}.")
    lost = [text for text, holds in price.holds.items() if holds is False and price.held.get(text)]
    if lost:
        st.markdown(f":orange[:material/warning:] All groups together then break {numbers.plain(', '.join(lost))}, which the common threshold keeps.")  # fmt: skip


def own_frame(separate: SeparateThresholds, price: SeparationPrice, rule: Rule) -> pd.DataFrame:
    """Return the table as it is shown: every number before and after, as text.

    Parameters
    ----------
    separate : SeparateThresholds
    price : SeparationPrice
    rule : Rule
    """
    keys = [key for key in price.changes if not (key == "cost" and rule.objective.costs is not None)]
    rows = []
    for i, label in enumerate(separate.labels):
        row = {
            "Group": label,
            "Own threshold": f"{separate.threshold[i]:.6g}" if separate.own[i] else "common",
        }
        for key in keys:
            row[_label(key, rule)] = _pair(key, price.changes[key], i, rule)
        rows.append(row | {"Why it keeps the common one": separate.kept[i]})
    frame = pd.DataFrame(rows)
    return frame if any(separate.kept) else frame.drop(columns="Why it keeps the common one")


def _pair(key: str, change: Change, i: int, rule: Rule) -> str:
    """Write a number before and after; once where it stays."""
    before, after = (_written(key, rule, float(x[i])) for x in (change.before, change.after))
    return before if before == after else f"{before} → {after}"


def _label(key: str, rule: Rule) -> str:
    """Name a number that changes."""
    named = {"objective": rule.objective.label, "fpr": "False positive rate", "flagged_share": "Flagged"}
    return named.get(key, key.capitalize())


def _written(key: str, rule: Rule, value: float) -> str:
    """Write a number that changes."""
    spec = rule.objective.spec
    if key == "cost" or (key == "objective" and spec is None):
        return money(value)
    return numbers.by_unit(value, spec.unit) if key == "objective" and spec is not None else numbers.share(value)  # fmt: skip


def _whole_frame(groups: Groups, separate: SeparateThresholds, price: SeparationPrice) -> pd.DataFrame:
    """Return every number of every group: the download."""
    frame = groups.rates.frame()
    after = (
        separate.frame()
        .drop(columns="slice")
        .rename(columns={"threshold": "own_threshold", "kept": "why_common"})
    )
    after = after[[name for name in after if not str(name).endswith("_before")]]
    objective = price.changes["objective"]
    return frame.join(after).assign(objective_before=objective.before, objective_after=objective.after)
