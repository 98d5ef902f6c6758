"""The forecasts: which series, how many steps ahead and when they fail."""

from __future__ import annotations

from collections.abc import Callable

from app.views import gate
from app.views.forecast_models import has_two, models_part
from app.views.forecast_origins import origins_part
from app.views.forecast_series import series_part
from app.views.forecast_where import where_part
from app.views.parts import Parts, part_chooser

_PARTS: Parts = {
    "where": ("Where", where_part),
    "series": ("One series", series_part),
    "origins": ("Over time", origins_part),
    "models": ("Models", models_part),
}
#: Parts that only some forecasts have.
_ONLY: dict[str, Callable[[gate.Shown], bool]] = {"models": has_two}


def page() -> None:
    shown = gate.require("Forecasts", "Which series fail, how far ahead, and when?")
    offered = [part for part in _PARTS if part not in _ONLY or _ONLY[part](shown)]
    part = part_chooser("forecasts", _PARTS, offered)
    _PARTS[part][1](shown)


page()
