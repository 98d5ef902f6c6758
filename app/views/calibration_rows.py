"""From a bin of the reliability diagram to its rows: the filter that holds exactly these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app import numbers, state
from app.charts.reliability import Diagram, edges_text
from app.views.calibration_models import Judged, off
from app.views.gate import Shown
from metrics_core.calibration import Reliability
from metrics_core.columns import numbers as number_cells
from metrics_core.filters import Filter, all_of, between, parse

#: Classes up to which a filter over the probabilities of all of them can still be read.
MOST_CLASSES = 12


def reachable(shown: Shown, one: Judged) -> bool:
    """Say whether a filter can name the rows of a bin: of one column of numbers, or of few classes."""
    source = shown.predictions.source
    return all(source.kind(c) == "number" for c in _columns(shown, one)) and (not shown.many or len(shown.predictions.labels) <= MOST_CLASSES)  # fmt: skip


def filter_of(shown: Shown, one: Judged, bins: Reliability, i: int) -> Filter | None:
    """Build the filter of a bin, with as few digits as hold exactly its rows.

    Parameters
    ----------
    shown : Shown
    one : Judged
    bins : Reliability
    i : int
        Number of the bin.

    Returns
    -------
    Filter or None
        None where no comparison with the columns' own values holds these rows, such as when the scores were made of
        several columns.
    """
    cases = one.cases()
    assert cases.score is not None  # there is a tally of them
    low, high = float(bins.low[i]), float(bins.high[i])
    above = np.ones(len(cases), dtype=bool) if i == 0 else cases.score > low
    below = np.ones(len(cases), dtype=bool) if i == bins.low.size - 1 else cases.score <= high
    columns = _columns(shown, one)
    value = (
        cases.score if shown.many else number_cells(shown.predictions.source.column(columns[0]))[cases.rows]
    )
    first, last = _between(value, above, low), _between(value, ~below, high)
    found = (
        _of_the_highest(columns, first, last)
        if shown.many
        else between(columns[0], first, last, closed="right")
    )
    held = shown.predictions.mask(found)[cases.rows]
    return found if np.array_equal(held, above & below) else None


def to_the_rows(shown: Shown, one: Judged, bins: Reliability, i: int) -> None:
    """Show the rows of a bin on the Examples page."""
    found = filter_of(shown, one, bins, i)
    if found is None:
        st.warning("No filter holds exactly these rows: the scores are not one column of the file as it stands.", icon=":material/filter_alt_off:")  # fmt: skip
        return
    several = len(shown.evaluation.models) > 1
    state.change(rows="", true="", predicted="", **({"model": one.name} if several else {}))
    state.narrow(found)
    st.switch_page("pages/examples.py", query_params=state.link())


def bin_chooser(shown: Shown, diagram: Diagram, *, key: str, hits: str) -> int | None:
    """Draw the way to the rows for those who do not click into a figure; return the bin when its rows are asked for.

    Parameters
    ----------
    shown : Shown
    diagram : Diagram
        Of the current model.
    key : str
        Begins the keys of the widgets.
    hits : str
        What the rows of the share are: positive, or right.
    """
    bins, texts = diagram.bins, edges_text(diagram.bins)
    held = [int(i) for i in np.flatnonzero(bins.rows > 0)]

    labels = {
        i: f"{texts[i][0]} to {texts[i][1]} · {numbers.rows(float(bins.rows[i]))} · {numbers.share(float(bins.rate[i]))} {hits}"
        for i in held
    }
    if state.chosen(f"{key}.bin.of") != labels:
        state.preset(f"{key}.bin", _first(bins, held))  # the browser would go on showing a bin of other bins
        state.preset(f"{key}.bin.of", labels)
    elif state.chosen(f"{key}.bin") not in held:  # the page was left in between
        state.preset(f"{key}.bin", _first(bins, held))
    chosen = st.selectbox("Rows of a bin", held, key=f"{key}.bin", format_func=labels.__getitem__)
    asked = st.button("Show these rows", key=f"{key}.rows", icon=":material/list_alt:")
    return chosen if asked else None


def all_scores_again(shown: Shown, judged: Sequence[Judged]) -> None:
    """Say when the filter leaves only some scores, as after a look at the rows of a bin, and offer the way back."""
    columns = {column for one in judged for column in _columns(shown, one)}
    terms = shown.where.terms() if shown.where else ()
    rest = [term for term in terms if not columns.issuperset(term.columns)]
    if len(rest) == len(terms):
        return
    left = all_of(rest)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(":material/filter_alt: The filter keeps only rows with some of the scores, so this is the calibration of these rows alone.", width="content")  # fmt: skip
        st.button("All scores again", key="calibration.unfilter", type="tertiary", icon=":material/filter_alt_off:",
                  on_click=state.change, kwargs={"where": left.text if left else ""})  # fmt: skip


def _columns(shown: Shown, one: Judged) -> list[str]:
    """Return the columns the scores of a model come from."""
    model = shown.predictions.model(one.name)
    if shown.many:
        return [column for _, column in model.proba]
    return [model.y_score] if model.y_score else []


def _between(value: np.ndarray, above: np.ndarray, near: float) -> float | None:
    """Find a number that no row above is as low as and every other row is; None where all rows are on one side.

    The end of the bin itself is taken with as few digits as do, or the middle where the column's numbers are others.
    """
    if above.all() or not above.any():
        return None
    low, high = float(value[~above].max()), float(value[above].min())
    for target in (near, low + (high - low) / 2):
        for digits in range(3, 18):
            found = float(f"{target:.{digits}g}")
            if low <= found < high:
                return found
    return low


def _of_the_highest(columns: Sequence[str], low: float | None, high: float | None) -> Filter:
    """Build the filter of the rows whose highest probability is above one number and not above another."""
    parts = []
    if low is not None:
        parts.append(" or ".join(between(column, low, None, closed="right").text for column in columns))
    if high is not None:
        above = " or ".join(between(column, high, None, closed="right").text for column in columns)
        parts.append(f"not ({above})")
    text = " and ".join(f"({part})" for part in parts)
    return parse(text) if text else between(columns[0], None, None)


def _first(bins: Reliability, held: Sequence[int]) -> int:
    """Return the bin that is looked at first: the one that is farthest off, else that with most rows."""
    away = off(bins)
    return away[0] if away else held[int(np.argmax(bins.rows[list(held)]))]
