"""Numbers of the view, computed once and kept between runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

import metrics_core as mc
from metrics_core.evaluation import Evaluation, ModelEvaluation
from metrics_core.intervals import Interval, intervals_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.reduce.scores import with_cuts
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.thresholds import ThresholdTable, threshold_table

from .data import identity
from .view import view

T = TypeVar("T")


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
    if cut is None:
        return e.tally
    return with_cuts(e.tally, cases.score, cases.positive, cases.weight, [cut], worth=cases.worth)
