"""How numbers are written: one format for the whole house."""

from __future__ import annotations

import math

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
