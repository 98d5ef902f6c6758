"""The view of one session and everything kept between runs; nothing else touches session, URL or caches.

The view lives in the session and is written to the URL, so a reload or a link shows the same thing. A URL that
somebody else changed (the Back button, a pasted link) wins over the session.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import streamlit as st

import metrics_core as mc
from metrics_core.evaluation import Evaluation, ModelEvaluation
from metrics_core.filters import Filter, all_of, parse
from metrics_core.intervals import Interval, intervals_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.reduce.scores import with_cuts
from metrics_core.source import Source, open_source
from metrics_core.stacking import open_sources
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.thresholds import ThresholdTable, threshold_table

from .datasets import Dataset, launch_filter, offered

T = TypeVar("T")
Rows = Literal["", "tp", "fp", "fn", "tn", "errors", "right"]
ROWS: tuple[Rows, ...] = ("", "tp", "fp", "fn", "tn", "errors", "right")
_VIEW, _WRITTEN, _UPLOADS, _ROLES, _LOADED = "view", "view.written", "uploads", "roles", "loaded"


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

    def to_query(self) -> dict[str, str]:
        """Return the URL parameters that restore the view."""
        cut = "" if self.threshold is None else repr(self.threshold)
        pairs = {"data": self.data, "model": self.model, "t": cut, "filter": self.where, "rows": self.rows,
                 "class": self.label, "true": self.true, "pred": self.predicted,
                 "exact": "1" if self.exact else "", "curve": self.curve}  # fmt: skip
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
        )


@dataclass(frozen=True)
class Trouble:
    """Why there are no predictions to show: an error, or a question with its options."""

    error: mc.DataError

    @property
    def question(self) -> mc.NeedsChoice | None:
        """The question, when an answer would help."""
        return self.error if isinstance(self.error, mc.NeedsChoice) else None


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


# ------------------------------------------------------------------------------------------------ data sets


def datasets() -> dict[str, Dataset]:
    """Return every data set this session may open, by name."""
    return {d.name: d for d in (*offered(), *st.session_state.get(_UPLOADS, {}).values())}


def add_uploads(files: Sequence[tuple[str, bytes]], models: Sequence[str] = ()) -> str:
    """Read uploaded files once as one data set and keep it for this session only.

    Parameters
    ----------
    files : sequence of (name, content)
        Several are parts of one table.
    models : sequence of str
        One for each file when each holds the predictions of one model.

    Returns
    -------
    str
        The name of the data set.

    Raises
    ------
    DataError
        If a file cannot be read as a table, or they share no column.
    """
    name = " + ".join([file for file, _ in files[:3]]) + (" …" if len(files) > 3 else "")
    parts = [_uploaded(file, content) for file, content in files]
    source, model_column = open_sources(dict(zip(models, parts, strict=True)) if models else parts, name=name)
    dataset = Dataset(
        name=name,
        title=name,
        origin="upload",
        models=tuple(models),
        source=replace(source, key=f"upload-{uuid.uuid4()}"),
        roles={"model_column": model_column} if model_column else {},
    )
    st.session_state.setdefault(_UPLOADS, {})[name] = dataset
    st.session_state.get(_ROLES, {}).pop(name, None)
    return name


def _uploaded(name: str, content: bytes) -> Source:
    """Read one uploaded file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("upload" + Path(name).suffix.lower())
        path.write_bytes(content)
        source = open_source(path, name=name)
        if source.on_disk:  # the copy is gone after this block
            source = open_source(source.table(source.names), name=name)
    return source


def roles_of(dataset: Dataset) -> dict[str, Any]:
    """Return the roles confirmed for a data set, on top of those it came with."""
    kept: dict[str, Any] = st.session_state.get(_ROLES, {}).get(dataset.name) or _remembered().get(
        _memory_key(dataset), {}
    )
    return {**dataset.roles, **kept}


def confirm_roles(dataset: Dataset, roles: Mapping[str, Any]) -> None:
    """Keep roles for this session, and for new sessions when the file is not an upload."""
    st.session_state.setdefault(_ROLES, {})[dataset.name] = dict(roles)
    if dataset.origin != "upload":
        _remembered()[_memory_key(dataset)] = dict(roles)


def forget_roles(dataset: Dataset) -> None:
    """Go back to the roles the data set came with."""
    st.session_state.get(_ROLES, {}).pop(dataset.name, None)
    _remembered().pop(_memory_key(dataset), None)


def source_of(dataset: Dataset) -> Source:
    """Open a data set's table."""
    return dataset.source if dataset.source is not None else _open(dataset, dataset.stamp)[0]


def load(dataset: Dataset) -> mc.Predictions | Trouble:
    """Read a data set with its confirmed roles; a fault or a question comes back as ``Trouble``."""
    roles = roles_of(dataset)
    try:
        if dataset.source is None:
            return _read(dataset, dataset.stamp, _frozen(roles), roles)
        key = (dataset.source.key, _frozen(roles))
        kept = st.session_state.get(_LOADED)
        if kept is None or kept[0] != key:
            kept = (key, mc.read(dataset.source, **roles))
            st.session_state[_LOADED] = kept
        return kept[1]
    except mc.DataError as error:
        return Trouble(error)


def current() -> mc.Predictions | Trouble | None:
    """Return the predictions of the view, of one class against the rest when it names one; None without a data set."""
    found, label = whole(), view().label
    if not isinstance(found, mc.Predictions) or not label:
        return found
    try:
        return _against_rest(found, identity(found), label)
    except mc.DataError as error:
        return Trouble(error)


def whole() -> mc.Predictions | Trouble | None:
    """Return the predictions of the view with all their classes; None when no data set is chosen."""
    name = view().data
    if not name:
        return None
    dataset = datasets().get(name)
    if dataset is None:
        return Trouble(
            mc.DataError(
                f"There is no data set '{name}' here. It may have been another session's upload; open it again on the Data page."
            )
        )
    return load(dataset)


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _against_rest(_predictions: mc.Predictions, identity: str, label: str) -> mc.Predictions:
    return _predictions.against_rest(label)


@st.cache_resource(max_entries=16, show_spinner=False)
def _open(_dataset: Dataset, stamp: str) -> tuple[Source, str | None]:
    return _dataset.open()


@st.cache_resource(max_entries=8, show_spinner="Reading the predictions …")
def _read(_dataset: Dataset, stamp: str, frozen: str, _roles: Mapping[str, Any]) -> mc.Predictions:
    source, model_column = _open(_dataset, stamp)
    return mc.read(source, **{**({"model_column": model_column} if model_column else {}), **_roles})


@st.cache_resource(show_spinner=False)
def _remembered() -> dict[str, dict[str, Any]]:
    return {}


def _memory_key(dataset: Dataset) -> str:
    return f"{dataset.origin}:{dataset.name}:{dataset.paths}"


def _frozen(roles: Mapping[str, Any]) -> str:
    """Write roles as a key."""
    return repr(sorted((k, sorted(v.items()) if isinstance(v, Mapping) else v) for k, v in roles.items()))


# ------------------------------------------------------------------------------------------------ numbers


def identity(predictions: mc.Predictions) -> str:
    """Return a key that changes whenever the numbers of these predictions may."""
    return f"{predictions.source.key}|{predictions.roles!r}"


def evaluation(predictions: mc.Predictions, *, by: tuple[str, ...] = ()) -> Evaluation:
    """Evaluate the view: its threshold on the rows of its filter; all classes together have no threshold.

    Raises
    ------
    DataError
        If the filter cannot be read or leaves no row.
    """
    v = view()
    threshold = v.threshold if predictions.roles.task == "binary" else None
    return _evaluate(predictions, identity(predictions), threshold, v.where, v.exact, by)


def table(predictions: mc.Predictions, model: str, threshold: float) -> ThresholdTable:
    """Return the threshold table of the view; a threshold that is not on its grid is counted and put in.

    Raises
    ------
    DataError
        If the model has no score, or the predictions are of many classes.
    """
    key, v = identity(predictions), view()
    base = _table(predictions, key, model, v.where, v.exact, None)
    if (base.threshold == threshold).any():
        return base
    return _table(predictions, key, model, v.where, v.exact, threshold)


def table_version(predictions: mc.Predictions, model: str, threshold: float) -> str:
    """Return a key that changes with the content of the table."""
    shown, v = table(predictions, model, threshold), view()
    return f"{identity(predictions)}|{model}|{v.where}|{v.exact}|{shown.threshold.size}|{threshold if shown.typed else ''}"


def tally(predictions: mc.Predictions, model: str, threshold: float | None) -> ScoreTally:
    """Return the scores of the view as they were counted; no bin lies on both sides of the threshold.

    Raises
    ------
    DataError
        If the model has no score, or the predictions are of many classes.
    """
    v = view()
    return _tally(predictions, identity(predictions), model, v.where, v.exact, threshold)


def intervals(predictions: mc.Predictions, model: str) -> dict[str, Interval]:
    """Return the 95 % interval of every metric of a model in the view; those over all thresholds stay when it moves."""
    v, key = view(), identity(predictions)
    judged = next(m for m in evaluation(predictions).models if m.model == model)
    stays = _intervals(judged, key, model, v.where, v.exact, None, moves=False)
    return stays | _intervals(judged, key, model, v.where, v.exact, judged.threshold, moves=True)


def kept(key: str, make: Callable[[], T]) -> T:
    """Make something once and keep it for this session under a key that names everything it depends on."""
    return _kept(key, make)


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


@st.cache_resource(max_entries=16, show_spinner=False, scope="session")
def _kept(key: str, _make: Callable[[], Any]) -> Any:
    return _make()


@st.cache_resource(max_entries=64, show_spinner=False, scope="session")
def _evaluate(
    _predictions: mc.Predictions,
    identity: str,
    threshold: float | None,
    where: str,
    exact: bool,
    by: tuple[str, ...],
) -> Evaluation:
    return mc.evaluate(_predictions, threshold=threshold, where=where or None, by=by, exact=exact)


@st.cache_resource(max_entries=64, show_spinner=False, scope="session")
def _intervals(
    _judged: ModelEvaluation,
    identity: str,
    model: str,
    where: str,
    exact: bool,
    threshold: float | None,
    moves: bool,
) -> dict[str, Interval]:
    keys = {spec.key for spec in metrics_of(_judged.task) if (spec.of is Outcomes) == moves}
    return intervals_of(_judged, keys=keys)


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _table(
    _predictions: mc.Predictions, identity: str, model: str, where: str, exact: bool, typed: float | None
) -> ThresholdTable:
    counted = _tally(_predictions, identity, model, where, exact, typed)
    return threshold_table(counted, typed=[] if typed is None else [typed])


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _tally(
    _predictions: mc.Predictions, identity: str, model: str, where: str, exact: bool, cut: float | None
) -> ScoreTally:
    if _predictions.roles.task != "binary":
        raise mc.DataError("A threshold belongs to one class against the rest: choose a class.")
    e = next(m for m in _evaluate(_predictions, identity, None, where, exact, ()).models if m.model == model)
    cases = e.binary_cases
    if e.tally is None or cases.score is None:
        raise mc.DataError("There is no score column, so there is no threshold to move.")
    return e.tally if cut is None else with_cuts(e.tally, cases.score, cases.positive, cases.weight, [cut])


def _finite(text: str) -> float | None:
    """Read a finite number; None when it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
