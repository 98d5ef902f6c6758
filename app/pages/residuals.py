"""The residuals: how, and where, predicted numbers are off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.views import gate
from app.views.number_boards import (
    distribution,
    normality,
    predicted_against_actual,
    residual_along,
    scale_location,
    tenths,
)
from app.views.number_groups import over_and_under
from app.views.number_intervals import has_any, predicted_around
from app.views.number_means import along_time, has_time, mean_where_high
from app.views.number_models import has_several, models_compared
from app.views.number_rows import all_numbers_again
from app.views.parts import Parts, part_chooser

_NARROWEST = 430


def cards(shown: gate.Shown, *drawn: Callable[[gate.Shown, str], None]) -> Any:
    """Draw cards side by side; return the grid they stand in, for what comes after them."""
    places = st.grid(2, min_column_width=_NARROWEST, gap=("small", "medium"))
    for draw in drawn:
        with places.cell(), st.container(border=True, gap="small"):
            draw(shown, f"residuals.{draw.__name__}")
    return places


def shape(shown: gate.Shown) -> None:
    drawn = [residual_along, predicted_against_actual, mean_where_high]
    if has_time(shown):
        cards(shown, *drawn, along_time)
        over_and_under(shown, key="residuals.off")
    else:
        with cards(shown, *drawn).cell():
            over_and_under(shown, key="residuals.off")


def size(shown: gate.Shown) -> None:
    cards(shown, distribution, normality, scale_location, tenths)


def around(shown: gate.Shown) -> None:
    predicted_around(shown, "residuals.around")


def models(shown: gate.Shown) -> None:
    models_compared(shown, "residuals.models")


_PARTS: Parts = {
    "shape": ("Along a column", shape),
    "size": ("Size and spread", size),
    "around": ("Intervals", around),
    "models": ("Models", models),
}
#: Parts that only some predictions have.
_ONLY: dict[str, Callable[[gate.Shown], bool]] = {"around": has_any, "models": has_several}


def page() -> None:
    shown = gate.require("Residuals", "How far off is it, and where?")
    offered = [part for part in _PARTS if part not in _ONLY or _ONLY[part](shown)]
    part = part_chooser("residuals", _PARTS, offered)
    all_numbers_again(shown)
    _PARTS[part][1](shown)


page()
