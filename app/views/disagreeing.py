"""The rows on which the models of a table do not say the same, as an order of the examples."""

from __future__ import annotations

import numpy as np

from app import state
from app.views.gate import Shown
from app.views.row_orders import DISAGREEMENT, RowOrder, orders
from metrics_core.cases import BinaryCases
from metrics_core.disagreement import disagreement
from metrics_core.evaluation import ModelEvaluation
from metrics_core.tally.outcomes import FloatArray


def orders_of(shown: Shown) -> list[RowOrder]:
    """Return the orders of the rows of a view, that by disagreement included where models judged the same rows.

    Parameters
    ----------
    shown : Shown
    """
    found = orders(shown.of_model.cases, shown.threshold)
    return [*found, DISAGREEMENT] if _others(shown) else found


def falling_apart(shown: Shown) -> list[FloatArray]:
    """Return the numbers that fall in the order by disagreement, one for each case.

    Parameters
    ----------
    shown : Shown
    """

    def make() -> list[FloatArray]:
        others = [(model.cases, model.threshold) for model in _others(shown)]
        times, apart = disagreement((shown.of_model.cases, shown.threshold), others)
        return [times.astype(np.float64), apart]

    cuts = [model.threshold for model in shown.evaluation.models]
    key = f"apart|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}|{cuts}|{state.annotations.marks()}|{len(shown.of_model.cases)}"
    return state.kept(key, make)


def _others(shown: Shown) -> list[ModelEvaluation]:
    """List the other models of the same rows: stacked below each other they have rows of their own."""
    if shown.predictions.roles.model_column is not None:
        return []
    return [
        model
        for model in shown.evaluation.models
        if model.model != shown.model.name and (model.threshold is not None or not _undecided(model))
    ]


def _undecided(model: ModelEvaluation) -> bool:
    """Tell scores that nothing cuts."""
    return isinstance(model.cases, BinaryCases) and model.cases.predicted is None
