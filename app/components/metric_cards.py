"""Headline metrics as cards: the value, its interval and what it has to beat, on the metric's own axis.

Python says where every mark stands, as a fraction of the axis; the browser places and writes what it is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import streamlit as st

#: Cards in one row at most, on a wide page, beside a narrow one's edge and on a phone.
_MOST_IN_A_ROW = (6, 3, 2)


@dataclass(frozen=True)
class Card:
    """One metric, written out.

    Attributes
    ----------
    key, label : str
    value : str
        The number as it is shown; ``n/a`` when there is none.
    detail : str
        What it is counted on, such as ``42 of 50``.
    about : str
        The definition; shown on hover and focus.
    reason : str
        Why there is no value; takes the place of the bar.
    position, low, high, baseline : float, optional
        Where value, interval and baseline stand on the bar, from 0 to 1. Without a position there is no bar.
    baseline_label : str
        What the baseline is, with its number.
    interval : str
        The interval in words, such as ``95% CI 32.8–37.6%``.
    ends : (str, str)
        What the two ends of the bar are.

    Raises
    ------
    ValueError
        If a mark would stand outside the bar or the interval is the wrong way round.
    """

    key: str
    label: str
    value: str
    detail: str
    about: str
    reason: str = ""
    position: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    baseline_label: str = ""
    interval: str = ""
    ends: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        for mark in (self.position, self.low, self.high, self.baseline):
            if mark is not None and not 0 <= mark <= 1:
                raise ValueError(f"card {self.key}: {mark!r} is not on the bar")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"card {self.key}: the interval ends before it starts")

    @property
    def name(self) -> str:
        """What the card is called aloud."""
        return f"{self.label} {self.value}"

    @property
    def description(self) -> str:
        """What is read after the name: everything else on the card."""
        baseline = f"Compare: {self.baseline_label}" if self.baseline_label else ""
        parts = (self.reason, self.detail, self.interval, baseline, self.about)
        return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)


def _asset(name: str) -> str:
    return files("app.components").joinpath(name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "faultline.metric_cards",
    html=_asset("metric_cards.html"),
    css=_asset("metric_cards.css"),
    js=_asset("metric_cards.js"),
)


def metric_cards(cards: Sequence[Card], *, key: str) -> None:
    """Show a row of cards; it wraps into rows as equal as they can be.

    Parameters
    ----------
    cards : sequence of Card
        Their keys differ.
    key : str
        Unique on the page.
    """
    if cards:
        columns = [in_a_row(len(cards), most) for most in _MOST_IN_A_ROW]
        _mount(key=key, data={"columns": columns, "cards": [_sent(card) for card in cards]})


def in_a_row(n: int, most: int) -> int:
    """Return how many of n cards stand in a row when at most so many fit, without a nearly empty last row.

    Examples
    --------
    >>> [in_a_row(n, 6) for n in (4, 6, 8)]
    [4, 6, 4]
    """
    return math.ceil(n / math.ceil(n / most))


def _sent(card: Card) -> dict[str, object]:
    """Write a card for the browser: texts, and lengths it can use as they stand."""
    band = card.low is not None and card.high is not None and card.position is not None
    return {
        "key": card.key,
        "name": card.name,
        "description": card.description,
        "texts": {
            "label": card.label,
            "value": card.value,
            "detail": card.detail,
            "reason": card.reason,
            "interval": card.interval,
            "baseline": card.baseline_label,
            "about": card.about,
            "least": card.ends[0],
            "most": card.ends[1],
        },
        "marks": {
            "value": _place(card.position),
            "low": _place(card.low) if band else None,
            "width": _place(card.high - card.low) if band else None,  # type: ignore[operator]  # band: both are numbers
            "baseline": _place(card.baseline) if card.position is not None else None,
        },
    }


def _place(fraction: float | None) -> str | None:
    """Write a fraction of the bar as a CSS length."""
    return None if fraction is None else f"{100 * fraction:.3f}%"
