"""How far two reviewers agree on the rows that both have tagged."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd
import streamlit as st

from app import numbers, state
from app.state.annotations import Annotated
from app.views.gate import Shown
from app.views.looked_at import Examples
from metrics_core.agreement import Agreement, agreement
from metrics_core.cases import IntArray

_FIRST, _SECOND, _TABLE = "reviewers.first", "reviewers.second", "reviewers.rows"
_MOST_ROWS = 200


def reviewers(shown: Shown, examples: Examples, annotated: Annotated) -> None:
    """Choose two reviewers; show how often their tags are the same, kappa, each tag, and the rows where they differ."""
    rows = shown.of_model.cases.rows[examples.chosen]
    tagged = _tagged_by(rows, annotated)
    names = sorted(tagged, key=str.casefold)
    if len(names) < 2:
        said = (
            f"Only {numbers.plain(names[0])} has tagged rows shown here."
            if names
            else "Nobody has tagged rows shown here."
        )
        st.caption(f"{said} Agreement needs two reviewers who tagged the same rows.")
        return
    with st.container(horizontal=True, gap="small"):
        for key, usual, label in (
            (_FIRST, names[0], "First reviewer"),
            (_SECOND, names[1], "Second reviewer"),
        ):
            if state.chosen(key) not in names:
                state.preset(key, usual)
            st.selectbox(label, names, key=key, width=200, format_func=str)
    one, other = str(state.chosen(_FIRST)), str(state.chosen(_SECOND))
    if one == other:
        st.caption("Choose two different reviewers.")
        return
    both = sorted(tagged[one] & tagged[other])
    if not both:
        st.caption(
            f"{numbers.plain(one)} tagged {numbers.rows(len(tagged[one]))} shown here, {numbers.plain(other)} {numbers.rows(len(tagged[other]))}; none is the same."
        )
        return
    sets = [[annotated.at[row].of(who) for row in both] for who in (one, other)]
    whole = agreement(*sets)
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Same tags",
            numbers.share(whole.share),
            border=True,
            width=230,
            help="Rows where both gave exactly the same tags",
        )
        st.metric(
            "Cohen's kappa",
            numbers.number(whole.kappa),
            border=True,
            width=230,
            help="Agreement beyond chance, each set of tags taken as one answer",
        )
    st.caption(_in_words(whole))
    per_tag = _each_tag(annotated, sets, one, other)
    st.dataframe(per_tag, hide_index=True, key="reviewers.tags", alt="Agreement on each tag",
                 column_config={"Kappa": st.column_config.NumberColumn(format="%.3f", help="Of having the tag or not; empty when it is undefined")})  # fmt: skip
    _differing(
        examples, annotated, [row for row, a, b in zip(both, *sets, strict=True) if a != b], (one, other)
    )


def _tagged_by(rows: IntArray, annotated: Annotated) -> dict[str, set[int]]:
    """Return the rows each reviewer has tagged."""
    found: dict[str, set[int]] = {}
    for row in np.intersect1d(rows, annotated.positions).tolist():
        for given in annotated.at[row].tags.values():
            for who in given:
                found.setdefault(who, set()).add(row)
    return found


def _in_words(whole: Agreement) -> str:
    """Say what the numbers rest on."""
    n = f"{numbers.count(whole.n_same)} of {numbers.rows(whole.n_rows)} that both have tagged"
    share = f"{n} have the same tags, 95% interval {numbers.interval(whole.low, whole.high, 'share')}."
    if isnan(whole.kappa):
        return numbers.plain(f"{share} Kappa is undefined: {whole.reason}.")
    kappa = f"{numbers.number(whole.kappa_low)} to {numbers.number(whole.kappa_high)}"  # a dash would look like a minus sign
    return numbers.plain(f"{share} Kappa's interval is {kappa}; 0 is what chance gives, 1 is full agreement.")


def _each_tag(annotated: Annotated, sets: list[list[frozenset[str]]], one: str, other: str) -> pd.DataFrame:
    """Count for each tag who gave it, among the rows both have tagged."""
    lines = []
    for tag in annotated.every.tags.values():
        a, b = ([tag.id in given for given in of] for of in sets)
        if not any(a) and not any(b):
            continue
        pairs = list(zip(a, b, strict=True))
        lines.append({"Tag": tag.name, "Both": pairs.count((True, True)), f"Only {one}": pairs.count((True, False)),
                      f"Only {other}": pairs.count((False, True)), "Neither": pairs.count((False, False)), "Kappa": agreement(a, b).kappa})  # fmt: skip
    return pd.DataFrame(lines)


def _differing(examples: Examples, annotated: Annotated, rows: list[int], pair: tuple[str, str]) -> None:
    """List the rows where both gave other tags; a click looks at one."""
    if not rows:
        st.caption("There is no row where they differ.")
        return
    shown = rows[:_MOST_ROWS]
    names = {tag.id: tag.name for tag in annotated.every.tags.values()}

    def text(row: int, who: str) -> str:
        given = annotated.at[row].of(who)
        return "; ".join(name for id, name in names.items() if id in given)

    frame = pd.DataFrame(
        {"Row": [row + 1 for row in shown]} | {who: [text(row, who) for row in shown] for who in pair}
    )

    def picked() -> None:
        marked = (state.chosen(_TABLE) or {}).get("selection", {}).get("rows", [])
        if marked:
            place = np.flatnonzero(examples.rows == shown[marked[0]] + 1)
            if place.size:
                examples.look(int(place[0]))

    more = f" The first {numbers.count(_MOST_ROWS)} are listed." if len(rows) > _MOST_ROWS else ""
    st.caption(f"They differ on {numbers.rows(len(rows))}.{more} Choose one to look at it above.")
    st.dataframe(
        frame,
        hide_index=True,
        key=_TABLE,
        on_select=picked,
        selection_mode="single-row",
        alt="Rows where the two reviewers differ",
    )
