"""Find slices: every conjunction of conditions tested against the rest, the clearest listed with the way to their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.views import gate
from app.views.slice_choice import derived_names
from app.views.slice_losses import all_of, columns_offered, made, no_columns
from app.views.slices_found import CORRECTION_NAMES, LOSSES, found_slices
from metrics_core.cases import BinaryCases
from metrics_core.discovery import CORRECTIONS, SCORES
from metrics_core.discovery.columns import usual_columns
from metrics_core.discovery.losses import loss_of
from metrics_core.row_losses import losses_of

_SUPPORTS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
_SCORE_NAMES = {"z": "Clearest (z)", "sliceline": "SliceLine's score", "lift": "Lift"}
_CONFIRM_NAMES = {"": "No", "half": "On a random half"}
# Slices of the list at most, and cells to be read beyond which the page asks first.
_MOST, _ASK = 50, 20_000_000
# Conditions that are joined unless somebody says so.
_DEPTH = 2
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
    found_slices(shown, found, asked)


# ------------------------------------------------------------------------------------------------ what is asked


def _first(shown: gate.Shown, losses: Sequence[str]) -> str:
    """Choose what is looked for at first: missed positives where these are rare, else errors."""
    rare = 0 < shown.of_model.metrics.number("prevalence") < _RARE
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
    every = list(dict.fromkeys([*possible, *columns_offered(shown), *derived_names(shown)]))
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
        n = _rows_of(shown, str(loss))
        support = st.select_slider("Smallest slice", _SUPPORTS, value=0.01, key="find.support", persist_state="session", width=210,
                                   format_func=lambda s: f"{100 * s:g}% ({numbers.count(max(30, round(s * n)))})")  # fmt: skip
        columns = st.multiselect("Columns, also derived ones", every, key=keys[2], on_change=to_the_link, format_func=str, width=300,
                                 placeholder=all_of(possible))  # fmt: skip
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
                              format_func=lambda c: CORRECTION_NAMES.get(c, c),
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
