"""Fields of a forecast: its series, horizon, origin and season, and the history before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import streamlit as st

from app import numbers, state
from app.datasets import Dataset
from app.views.roles_in_force import start_from
from metrics_core.roles import Roles
from metrics_core.source import Source

_OWN = ""


@dataclass(frozen=True)
class Forecast:
    """What the fields say.

    Attributes
    ----------
    roles : dict
        As ``metrics_core.read`` takes them, the history without an uploaded file.
    upload : object, optional
        The file that was uploaded as the history.
    keep : bool
        Whether a history that was uploaded before stays.
    value : str, optional
        Column of the true values of one of these two.
    """

    roles: dict[str, Any]
    upload: Any = None
    keep: bool = False
    value: str | None = None


def forecast_form(
    dataset: Dataset,
    source: Source,
    now: Mapping[str, Any],
    roles: Roles | None,
    key: str,
    why: Callable[[str], str | None],
) -> Forecast:
    """Show the fields.

    Parameters
    ----------
    dataset : Dataset
    source : Source
    now : mapping
        The roles the fields start from.
    roles : Roles, optional
        In force; absent while the roles do not add up yet.
    key : str
        Begins the keys of the fields.
    why : callable
        Says why the column of a role was taken.
    """
    found: dict[str, Any] = {
        "series": st.multiselect("Series (columns that together name one)", source.names, [c for c in now["series"] if c in source.names],
                                 key=f"{key}.series", placeholder="all rows are one series", format_func=str, help=why("series"))
    }  # fmt: skip
    with st.container(horizontal=True):
        for role, label in (("horizon", "Steps ahead"), ("origin", "Made at (origin)")):
            start_from(f"{key}.{role}", now[role] if now.get(role) in source.names else None)
            found[role] = st.selectbox(label, source.names, None, key=f"{key}.{role}", placeholder="none", format_func=str, help=why(role))  # fmt: skip
        usual = f"{roles.season} (usual)" if roles is not None and roles.season else "usual one"
        start_from(f"{key}.season", None if now.get("season") is None else int(now["season"]))
        found["season"] = st.number_input("Season, in steps", 1, 1_000_000, None, step=1, key=f"{key}.season", placeholder=usual,
                                          help="After so many steps a series is expected to repeat itself: 24 for hours, 12 for months")  # fmt: skip
    return _history(dataset, source, now, found, key)


def remember(dataset: Dataset, said: Forecast) -> None:
    """Let the uploaded history be that of this session, or forget the one before."""
    if said.upload is not None:
        state.add_history(dataset, said.upload.name, said.upload.getvalue(), said.value)
    elif said.keep:
        state.keep_history(dataset, said.value)
    else:
        state.drop_history(dataset)


def _history(dataset: Dataset, source: Source, now: Mapping[str, Any], found: dict[str, Any], key: str) -> Forecast:  # fmt: skip
    """Choose where the values before the forecasts are."""
    own = state.history_of(dataset)
    offered = {str(d.paths[0]): d.title for d in state.datasets().values() if d.origin == "folder" and d.name != dataset.name and len(d.paths) == 1}  # fmt: skip
    named = now.get("train")
    if named:
        offered = {str(named): PurePath(str(named)).name, **offered}
    if own is not None:
        offered = {str(own.path): f"{own.path.name} (uploaded, this session only)", **offered}
    options = [_OWN, *offered]
    chosen = str(own.path) if own is not None else str(named) if named else _OWN
    title = offered.get(chosen, "the true values of this table")
    with st.expander(f"History before the forecasts: {numbers.plain(title)}"):
        train = st.selectbox("Where it is", options, options.index(chosen), key=f"{key}.train",
                             format_func=lambda path: offered.get(path) or "the true values of this table, before each origin",
                             help="Scaled errors (MASE, RMSSE) and the naive forecasts need what was known before")  # fmt: skip
        upload = st.file_uploader("or upload it", key=f"{key}.train.upload", help="Stays in this browser session; it goes before the choice above")  # fmt: skip
        now_named = own.value if own is not None else now.get("train_value")
        names = list(dict.fromkeys([*([now_named] if now_named else []), *source.names]))
        start_from(f"{key}.train_value", now_named)
        value = st.selectbox("Column of its true values", names, None, key=f"{key}.train_value",
                             accept_new_options=True, placeholder="called as here", format_func=str)  # fmt: skip
    train = train if train in offered else _OWN  # no path that was not offered, whatever a browser sends
    keep = own is not None and upload is None and train == str(own.path)
    uploaded = keep or upload is not None
    found["train"] = None if uploaded or train == _OWN else train
    found["train_value"] = value if found["train"] else None
    return Forecast(found, upload, keep=keep, value=value if uploaded else None)
