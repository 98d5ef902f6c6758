"""How numbers are written: one format for the whole house."""

from __future__ import annotations

import math
from collections.abc import Iterable

NOT_AVAILABLE = "n/a"


def count(n: float) -> str:
    """Write a number of rows: ``1,234``; sums of weights with one decimal."""
    if math.isnan(n):
        return NOT_AVAILABLE
    return f"{n:,.0f}" if float(n).is_integer() else f"{n:,.1f}"


def share(value: float | None) -> str:
    """Write a fraction as a percentage with one decimal; small ones keep two digits."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if value != 0 and abs(value) < 0.001:
        return f"{100 * value:.2g}%"
    return f"{100 * value:.1f}%"


def shares(values: Iterable[float | None]) -> list[str]:
    """Write the fractions of one column as percentages with the same decimals: one, or up to three for small ones.

    Examples
    --------
    >>> shares([0.123, 0.5, None]), shares([0.123, 0.0004]), shares([0.2, 1e-9])
    (['12.3%', '50.0%', 'n/a'], ['12.30%', '0.04%'], ['20.000%', '<0.001%'])
    """
    given = [math.nan if value is None else value for value in values]
    small = min((abs(value) for value in given if value), default=1.0)
    decimals = 1 if small >= 0.001 else 2 if small >= 0.0001 else 3
    least = 10.0**-decimals
    return [
        NOT_AVAILABLE if math.isnan(value)
        else f"<{least:.{decimals}f}%" if 0 < 100 * value < least / 2
        else f"{100 * value:.{decimals}f}%"
        for value in given
    ]  # fmt: skip


def column(values: Iterable[float | None], unit: str) -> list[str]:
    """Write a metric of one column in its unit, ``share`` or ``number``."""
    return shares(values) if unit == "share" else [number(value) for value in values]


def number(value: float | None) -> str:
    """Write a score or metric with three decimals; tiny and huge ones with three digits."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if math.isinf(value):
        return "infinite"
    if value != 0 and (abs(value) < 0.001 or abs(value) >= 1e6):
        return f"{value:.3g}"
    return f"{value:,.3f}" if abs(value) < 1000 else f"{value:,.1f}"


def measured(value: float | None) -> str:
    """Write a number of the user's file in its own unit: six digits at most, and none that say nothing.

    Examples
    --------
    >>> measured(297.0), measured(-76.34), measured(12345.678), measured(float("nan"))
    ('297', '-76.34', '12,345.7', 'n/a')
    """
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    return "infinite" if math.isinf(value) else f"{value:,.6g}"


def threshold(value: float) -> str:
    """Write a threshold as it would be typed: at least three decimals, never rounded away from itself."""
    short = f"{value:.3f}"
    return (
        short if float(short) == value else f"{value:.6g}" if float(f"{value:.6g}") == value else repr(value)
    )


def by_unit(value: float | None, unit: str) -> str:
    """Write a metric in its unit: ``share`` or ``number``."""
    return share(value) if unit == "share" else number(value)


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Write an interval: ``41.2–58.9%`` or ``0.401–0.553``."""
    if low is None or high is None:
        return NOT_AVAILABLE
    if unit == "share":
        return f"{100 * low:.1f}–{100 * high:.1f}%"
    return f"{number(low)}–{number(high)}"


def rows(n: float) -> str:
    """Write how many rows: ``1 row``, ``1,234 rows``."""
    return f"{count(n)} row{'' if n == 1 else 's'}"


def plain(text: object) -> str:
    """Escape text from the user's file for a Markdown label."""
    out = str(text)
    for sign in "\\`*_{}[]()<>#+-.!|$~:&":
        out = out.replace(sign, "\\" + sign)
    return out.replace("\n", " ").replace("\r", " ")
