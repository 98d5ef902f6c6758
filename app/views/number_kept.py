"""What the boards of predicted numbers make once of the rows of the view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app import state
from app.views.gate import Shown
from metrics_core.errors import DataError
from metrics_core.forecasts.moments import read_moments

T = TypeVar("T")


def of_view(shown: Shown, what: str, make: Callable[[], T]) -> T:
    """Make something of the rows of the view once, and keep it for this session.

    Parameters
    ----------
    shown : Shown
    what : str
        Names it among the things made of these rows.
    make : callable
    """
    return state.kept(f"numbers|{state.identity(shown.predictions)}|{shown.model.name}|{state.view().where}|{what}", make)  # fmt: skip


def target_of(shown: Shown) -> str:
    """Name the target as a plain text."""
    return shown.predictions.roles.y_true


def moments_of(shown: Shown) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | str:
    """Read when each judged row was, and whether that is known; or say why it cannot be read."""
    column = shown.predictions.roles.time
    if column is None:
        return "No column says when each row was."
    rows = shown.of_model.cases.rows
    try:
        found = read_moments(shown.predictions.source, column, "used as time", {})
    except DataError as error:
        return str(error)
    return found.value[rows], ~found.missing[rows]


def probability(p: float) -> str:
    """Write a p-value with its sign, for sentences: ``= 0.034``, ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"
