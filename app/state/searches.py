"""Searches for slices: one in a thread of its own, what it found kept for the view it was asked in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

import metrics_core as mc
from metrics_core.discovery import Discovery

from .data import identity
from .reading import NotReadYet, Reading, beside
from .view import view


def search(predictions: mc.Predictions, model: str, threshold: float | None, asked: dict[str, Any]) -> Discovery | Reading:  # fmt: skip
    """Search the rows of the view for slices that are worse than the rest; done once.

    Parameters
    ----------
    predictions : Predictions
    model : str
    threshold : float, optional
        Decides binary rows; without one the file's own decision does.
    asked : dict
        Other keyword arguments of ``metrics_core.slices.discover``.

    Returns
    -------
    Discovery or Reading
        What was found; or how far the search is, also when it was cancelled.

    Raises
    ------
    DataError
        If it cannot be searched like that.
    """
    where = view().where

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> Discovery:
        return mc.slices.discover(
            predictions, model=model, threshold=threshold, where=where or None, progress=progress, cancelled=cancelled, **asked
        )  # fmt: skip

    key = f"{identity(predictions)}|{model}|{threshold}|{where}|{sorted(asked.items())}"
    try:
        return _found(key, lambda: Reading("slices", work))
    except NotReadYet as wait:
        return wait.reading


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _found(key: str, _make: Callable[[], Reading]) -> Discovery:
    found: Discovery = beside(("search", key, ""), _make)
    return found
