"""The view of one session, and its place in the address bar.

A reload or a link shows the same thing. A URL that somebody else changed (the Back button, a pasted link) wins over the
session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from app.datasets import launch_filter, offered
from metrics_core.filters import Filter, all_of, parse

Rows = Literal["", "tp", "fp", "fn", "tn", "errors", "right"]
ROWS: tuple[Rows, ...] = ("", "tp", "fp", "fn", "tn", "errors", "right")
_VIEW, _WRITTEN = "view", "view.written"


@dataclass(frozen=True)
class View:
    """What is on the screen.

    Attributes
    ----------
    data : str
        Name of the data set; empty before one is chosen.
    model : str
        Empty for the first one.
    threshold : float, optional
        None follows the file's own decision, or the default.
    where : str
        The filter every page obeys.
    rows : str
        Which outcome the examples show: ``tp fp fn tn errors``, of many classes ``errors right``; empty for all.
    label : str
        Of many classes the one that is looked at against the rest; empty for all classes together.
    true, predicted : str
        Of many classes the true and the predicted one whose rows the examples show; empty for any.
    exact : bool
        Whether every distinct score is counted, however many there are.
    scale : {"score", "share"}
        What the threshold slider runs over.
    curve : str
        Which curve the Curves page shows; empty for the first one.
    order : str
        In which order the examples stand, with a minus sign when it is turned round; empty for the usual one.
    row : int, optional
        Which row of the file the examples look at, counted from 1; None for the first of them.
    lock : str
        Id of what is known of a locked threshold, see ``locks.Ledger``; empty before one was locked.
    part : str
        Which part of the Slices page is shown; empty for the first one.
    """

    data: str = ""
    model: str = ""
    threshold: float | None = None
    where: str = ""
    rows: Rows = ""
    label: str = ""
    true: str = ""
    predicted: str = ""
    exact: bool = False
    scale: Literal["score", "share"] = "score"
    curve: str = ""
    order: str = ""
    row: int | None = None
    lock: str = ""
    part: str = ""

    def to_query(self) -> dict[str, str]:
        """Return the URL parameters that restore the view."""
        cut = "" if self.threshold is None else repr(self.threshold)
        pairs = {"data": self.data, "model": self.model, "curve": self.curve, "t": cut, "filter": self.where,
                 "rows": self.rows, "class": self.label, "true": self.true, "pred": self.predicted,
                 "exact": "1" if self.exact else "", "order": self.order, "row": "" if self.row is None else str(self.row),
                 "lock": self.lock, "part": self.part}  # fmt: skip
        return {k: v for k, v in pairs.items() if v} | ({"scale": "share"} if self.scale == "share" else {})

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> View:
        """Read a view from URL parameters; what cannot be read is left at its default."""
        rows = query.get("rows", "")
        return cls(
            data=query.get("data", ""),
            model=query.get("model", ""),
            threshold=_finite(query.get("t", "")),
            where=query.get("filter", ""),
            rows=rows if rows in ROWS else "",
            label=query.get("class", ""),
            true=query.get("true", ""),
            predicted=query.get("pred", ""),
            exact=query.get("exact", "") == "1",
            scale="share" if query.get("scale") == "share" else "score",
            curve=query.get("curve", ""),
            order=query.get("order", ""),
            row=_row(query.get("row", "")),
            lock=query.get("lock", ""),
            part=query.get("part", ""),
        )


def begin() -> View:
    """Bring session and URL together at the start of a run; call once, before anything is drawn."""
    query = dict(st.query_params.items())
    written = st.session_state.get(_WRITTEN)
    if _VIEW not in st.session_state:
        st.session_state[_VIEW] = View.from_query(query)
        if not query.get("data"):
            first = next((d.name for d in offered() if d.origin in ("launch", "launched demo")), "")
            st.session_state[_VIEW] = replace(
                st.session_state[_VIEW], data=first, where=launch_filter() if first else ""
            )
    elif query and query != written:
        st.session_state[_VIEW] = View.from_query(query)
    _write_url()
    return view()


def view() -> View:
    """Return the current view."""
    return st.session_state.get(_VIEW, View())


def change(**fields: Any) -> None:
    """Change the view; the URL follows. Another data set starts with a fresh view, another class with all its rows."""
    if fields.get("data", view().data) != view().data:
        st.session_state[_VIEW] = View(**{"data": fields["data"]})
        fields.pop("data")
    if fields.get("label", view().label) != view().label:
        fields = {"threshold": None, "rows": "", "true": "", "predicted": ""} | fields
    st.session_state[_VIEW] = replace(view(), **fields)
    _write_url()


def link() -> dict[str, str]:
    """Return the URL parameters of the current view, for a jump to another page."""
    return view().to_query()


def _write_url() -> None:
    """Write the view to the URL when it says something else."""
    wanted = view().to_query()
    if dict(st.query_params.items()) != wanted:
        st.query_params.from_dict(wanted)
    st.session_state[_WRITTEN] = wanted


def chosen(key: str, default: Any = None) -> Any:
    """Return what a widget holds."""
    return st.session_state.get(key, default)


def preset(key: str, value: Any) -> None:
    """Set what a widget will hold; call before the widget is drawn or in a callback."""
    st.session_state[key] = value


def drop(key: str) -> None:
    """Forget what a widget held."""
    st.session_state.pop(key, None)


def keys_of(prefix: str) -> list[str]:
    """List the widgets whose key starts so."""
    return [str(key) for key in st.session_state if str(key).startswith(prefix)]


def scheme() -> str:
    """Return ``light`` or ``dark``, as the browser shows the page."""
    return st.context.theme.type or "light"


def filter_of_view() -> Filter | None:
    """Parse the view's filter.

    Raises
    ------
    DataError
        If its text cannot be read.
    """
    return parse(view().where) if view().where else None


def narrow(condition: Filter) -> None:
    """Add a condition to the view's filter."""
    now = filter_of_view()
    if now is None or condition.text not in {t.text for t in now.terms()}:
        combined = all_of([*(now.terms() if now else ()), condition])
        change(where=combined.text if combined else "")


def _finite(text: str) -> float | None:
    """Read a finite number; None when it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _row(text: str) -> int | None:
    """Read a row counted from 1; None when it is none."""
    row = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return row or None
