"""The view of one session, and its place in the address bar.

A reload or a link shows the same thing. A URL that somebody else changed (the Back button, a pasted link) wins over the
session; one that the browser has not exchanged yet for what this session wrote does not.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.datasets import launch_filter, offered
from metrics_core.filters import Filter, all_of, parse

Rows = Literal["", "tp", "fp", "fn", "tn", "errors", "right"]
ROWS: tuple[Rows, ...] = ("", "tp", "fp", "fn", "tn", "errors", "right")
#: What this run may open: the folder is looked through once a run, however often somebody asks.
OFFERED = "offered"
_VIEW, _WRITTEN, _EARLIER = "view", "view.written", "view.earlier"
# What a browser may still send: it hears of a new URL within a run or two.
_REMEMBERED = 8


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
        Which part of the Slices, the Residuals or the Forecasts page is shown; empty for the first one.
    against : str
        The model the Confusion page compares with; empty for none.
    costs : (float, float), optional
        Of a false alarm and of a missed positive, where the ROC curve has lines of equal cost.
    metric : str
        What the Slices page compares groups by; empty for the first one.
    columns : tuple of str
        The columns whose groups it compares; empty for all.
    least : float
        Groups with a smaller share of the rows than this are not shown there.
    arranged : {"clear", "file"}
        Whether the columns whose groups differ most clearly come first there, or they stand as in the file.
    find : tuple of str
        What the part "find" of the Slices page looks for: loss and depth as ``fnr:2``, then the columns it searches;
        empty for the usual search.
    marks : str
        What must be written about a row for the examples to show it, see ``annotations.choose_marks``; empty for all rows.
    series : str
        The series the Forecasts page looks at; empty for none.
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
    against: str = ""
    costs: tuple[float, float] | None = None
    metric: str = ""
    columns: tuple[str, ...] = ()
    least: float = 0.0
    arranged: Literal["clear", "file"] = "clear"
    find: tuple[str, ...] = ()
    marks: str = ""
    series: str = ""

    def to_query(self) -> dict[str, str]:
        """Return the URL parameters that restore the view."""
        cut = "" if self.threshold is None else repr(self.threshold)
        pairs = {"data": self.data, "model": self.model, "curve": self.curve, "t": cut, "filter": self.where,
                 "rows": self.rows, "class": self.label, "true": self.true, "pred": self.predicted,
                 "exact": "1" if self.exact else "", "order": self.order, "row": "" if self.row is None else str(self.row),
                 "lock": self.lock, "part": self.part, "against": self.against,
                 "costs": "" if self.costs is None else ":".join(f"{cost:.12g}" for cost in self.costs),
                 "metric": self.metric, "columns": _listed(self.columns), "least": f"{self.least:g}" if self.least else "",
                 "arranged": "file" if self.arranged == "file" else "", "find": _listed(self.find), "marks": self.marks, "series": self.series}  # fmt: skip
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
            against=query.get("against", ""),
            costs=_costs(query.get("costs", "")),
            metric=query.get("metric", ""),
            columns=_columns(query.get("columns", "")),
            least=_share(query.get("least", "")),
            arranged="file" if query.get("arranged") == "file" else "clear",
            find=_columns(query.get("find", "")),
            marks=query.get("marks", ""),
            series=query.get("series", ""),
        )


def begin() -> View:
    """Bring session and URL together at the start of a run; call once, before anything is drawn."""
    query = dict(st.query_params.items())
    written = st.session_state.get(_WRITTEN)
    st.session_state[OFFERED] = offered()
    if _VIEW not in st.session_state:
        st.session_state[_VIEW] = View.from_query(query)
        if not query.get("data"):
            first = next(
                (d.name for d in st.session_state[OFFERED] if d.origin in ("launch", "launched demo")), ""
            )
            st.session_state[_VIEW] = replace(
                st.session_state[_VIEW], data=first, where=launch_filter() if first else ""
            )
    elif query and query != written and not _is_late(query):
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
    wanted, before = view().to_query(), dict(st.query_params.items())
    if before != wanted:
        st.query_params.from_dict(wanted)
        earlier = [query for query in st.session_state.get(_EARLIER, ()) if query not in (before, wanted)]
        st.session_state[_EARLIER] = [*earlier, before][-_REMEMBERED:]
    st.session_state[_WRITTEN] = wanted


def _is_late(query: Mapping[str, str]) -> bool:
    """Tell a click made before the browser heard of the new URL from a step back in its history: both send an old one."""
    return query in st.session_state.get(_EARLIER, ()) and not _went_back()


def _went_back() -> bool:
    """Whether this run was asked for by a step through the browser's history."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


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


def _share(text: str) -> float:
    """Read a share from 0 to 1; 0 when it is none."""
    value = _finite(text)
    return value if value is not None and 0 <= value <= 1 else 0.0


def _costs(text: str) -> tuple[float, float] | None:
    """Read two costs; None when they are none."""
    costs = [_finite(part) for part in text.split(":")]
    match costs:
        case [float() as alarm, float() as miss] if alarm >= 0 and miss >= 0:
            return alarm, miss
    return None


def _listed(names: Sequence[str]) -> str:
    """Write names with commas between them, those that hold one in quotes.

    Examples
    --------
    >>> _listed(["age", "city, state"])
    'age,"city, state"'
    """
    return ",".join(f'"{name.replace(chr(34), 2 * chr(34))}"' if set(name) & set(',"\r\n') else name for name in names)  # fmt: skip


def _columns(text: str) -> tuple[str, ...]:
    """Read what `_listed` wrote; none when it is something else."""
    try:
        names = [name for line in csv.reader([text]) for name in line if name]
    except csv.Error:
        return ()
    return tuple(dict.fromkeys(names))


def _row(text: str) -> int | None:
    """Read a row counted from 1; None when it is none."""
    row = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return row or None
