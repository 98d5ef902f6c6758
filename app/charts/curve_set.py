"""Any set of curves of one kind: of several models, or of the classes of one model, each against the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import plotly.graph_objects as go

from app.charts import det, gains, layout, lift, pr, roc
from app.charts.curve_traces import Drawn
from app.palette import Palette
from metrics_core import curves
from metrics_core.cases import BinaryCases
from metrics_core.errors import DataError
from metrics_core.tally import Outcomes, ScoreTally

#: With more curves than this only the current one gets a band.
MOST_BANDS = 3


@dataclass(frozen=True, eq=False)
class Scored:
    """What one curve is drawn from.

    Attributes
    ----------
    name : str
        Of the model or of the class.
    tally : ScoreTally
    outcomes : Outcomes
        Counts of the decision in force.
    order : int
        Place among the curves: gives colour and dash.
    value : str
        What stands beside the name in the legend, such as ``AUC 0.943``.
    cases : BinaryCases, optional
        The rows of the tally; the band draws those together that belong together.
    behind : bool
        Whether the curve is only the context of others.
    """

    name: str
    tally: ScoreTally
    outcomes: Outcomes
    order: int = 0
    value: str = ""
    cases: BinaryCases | None = None
    behind: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of curve.

    Attributes
    ----------
    key : str
    label, question : str
    columns : tuple of str
        What x and y are called in tables.
    compute : callable
        From a tally to the curve.
    of_model, figure : callable
        From curves to what is drawn.
    area : str
        Key of the metric that sums the curve up; empty when there is none.
    short : str
        The area's name in a legend.
    """

    key: str
    label: str
    question: str
    columns: tuple[str, str]
    compute: Callable[..., Any]
    of_model: Callable[..., Drawn]
    figure: Callable[..., go.Figure]
    area: str = ""
    short: str = ""


KINDS = {
    kind.key: kind
    for kind in (
        Kind("roc", "ROC", "How many false alarms does each caught positive cost?", ("false_positive_rate", "recall"),
             curves.roc, roc.of_model, roc.roc_figure, "roc_auc", "AUC"),
        Kind("pr", "Precision-recall", "How clean do the flagged rows stay as more is caught?", ("recall", "precision"),
             curves.pr, pr.of_model, pr.pr_figure, "average_precision", "AP"),
        Kind("gains", "Gains", "How many of the positives are found in the rows that are looked at first?",
             ("share_of_rows_flagged", "share_of_positives_found"), curves.gains, gains.of_model, gains.gains_figure),
        Kind("lift", "Lift", "How many times better than chance are the rows that are looked at first?",
             ("share_of_rows_flagged", "lift"), curves.lift, lift.of_model, lift.lift_figure),
        Kind("det", "DET", "How do the two kinds of error trade against each other where both are rare?",
             ("false_positive_rate", "false_negative_rate"), curves.det, det.of_model, det.det_figure),
    )
}  # fmt: skip


def banded(names: Sequence[str], current: str) -> frozenset[str]:
    """Choose which curves get a band: all of a few, else the current one, else none."""
    return frozenset(names if len(names) <= MOST_BANDS else {current}.intersection(names))


def places(names: Sequence[str], before: Mapping[str, int]) -> dict[str, int]:
    """Give each curve the place that its colour and dash follow from.

    Parameters
    ----------
    names : sequence of str
    before : mapping of str to int
        Places so far: a curve keeps its own, so that it keeps its colour; new ones take the first that are free.

    Examples
    --------
    >>> places(["cat", "eel", "dog"], {"ant": 0, "cat": 1, "dog": 2})
    {'cat': 1, 'eel': 0, 'dog': 2}
    """
    kept = {name: before[name] for name in names if name in before}
    free = (place for place in count() if place not in kept.values())
    return {name: kept[name] if name in kept else next(free) for name in names}


def computed(
    kind: Kind, scored: Sequence[Scored], current: str, *, bands: Collection[str], replicates: int
) -> dict[str, Any]:
    """Compute the curves that are defined, the current one among them if there is one.

    Parameters
    ----------
    kind : Kind
    scored : sequence of Scored
    current : str
        Empty when all are alike.
    bands : collection of str
        Names of the curves that get a band.
    replicates : int
        Draws for each band.

    Returns
    -------
    dict
        Curve by name.

    Raises
    ------
    DataError
        If the current curve is undefined.
    """
    found = {}
    for one in scored:
        try:
            found[one.name] = kind.compute(
                one.tally, band=one.name in bands, cases=one.cases, replicates=replicates
            )
        except DataError:
            if one.name == current:
                raise
    return found


def drawn(kind: Kind, scored: Sequence[Scored], found: Mapping[str, Any]) -> list[Drawn]:
    """Join curves with the decisions in force."""
    return [
        replace(
            kind.of_model(one.name, one.order, found[one.name], one.outcomes, one.value), behind=one.behind
        )
        for one in scored
        if one.name in found
    ]


def curve_figure(
    kind: Kind,
    shown: Sequence[Drawn],
    current: str,
    palette: Palette,
    *,
    decided: str,
    height: int = layout.TALL,
) -> go.Figure:
    """Draw a set of curves; see ``curve_traces.draw``."""
    return kind.figure(shown, current, palette, decided=decided, height=height)


def clicked_curve(event: Mapping[str, Any] | None, figure: go.Figure) -> str:
    """Return the name of the curve that was clicked; empty when the click cleared the selection.

    Parameters
    ----------
    event : mapping, optional
        What a chart with ``on_select`` holds.
    figure : plotly Figure
        What that chart showed.
    """
    points = event["selection"]["points"] if event else []
    at = points[0].get("curve_number") if points else None
    return str(figure.data[at].meta or "") if isinstance(at, int) and 0 <= at < len(figure.data) else ""
