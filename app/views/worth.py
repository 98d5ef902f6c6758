"""What a decision is worth, side by side: where it was chosen, corrected for that, and on the rows it was reported on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import metrics_core as mc
from app import numbers
from app.views import plan_words
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.objectives import threshold_metric
from metrics_core.decisions.record import Decision
from metrics_core.metrics.spec import Unit
from metrics_core.tally.outcomes import outcomes

#: Metrics that stand below the objective and the constraints, whatever was asked for.
_ALWAYS = ("precision", "recall", "fpr", "f1")
_PER = 1000
#: Spaces as wide as a digit, and as a point.
_DIGIT, _POINT = "\u2007", "\u2008"
#: Keeps a line from ending here.
_JOINED = "\u2060"
_PARTS = ("rows", "value", "constraints", "confusion", "flagged_share", "metrics", "intervals")


@dataclass(frozen=True)
class Cell:
    """A value, the ends of its interval, and whether it breaks the limit of its row."""

    value: str = numbers.NOT_AVAILABLE
    span: str = ""
    broken: bool = False

    def __str__(self) -> str:
        """Write the cell in one piece."""
        return f"{'broken: ' if self.broken else ''}{self.value}{f' ({self.span})' if self.span else ''}"


def worth_table(decision: Decision) -> None:
    """Draw the table of a decision with a threshold."""
    cells = worth_cells(decision)
    shown = pd.DataFrame({numbers.plain(name): _aligned(column.tolist()) for name, column in cells.items()})
    shown.index = pd.Index([f"**{head}**" if i == 0 else head for i, head in enumerate(map(numbers.plain, cells.index))])  # fmt: skip
    st.table(shown, border="horizontal", alt="What the decision is worth")


def worth_cells(decision: Decision) -> pd.DataFrame:
    """Return the table: the objective, the constraints and a few rates, a column for each set of rows.

    Parameters
    ----------
    decision : Decision
        With a threshold.

    Returns
    -------
    pandas.DataFrame
        Of ``Cell``; its index names the rows.
    """
    parts = {"Where chosen": decision.apparent or {}, "Honest": _honest(decision)}
    if decision.reported is not None:
        parts[f"On {decision.reported_on}"] = decision.reported
    aim, there = plan_words.key_of(decision.objective), decision.prevalence is not None
    at = f" at {numbers.share(decision.prevalence)} positives" if there else ""
    rows: dict[str, Callable[[Any], Cell]] = {
        plan_words.aimed_for(decision.objective) + at: partial(_value, decision)
    }
    for text in decision.constraints:
        words = plan_words.limit(text).replace("\\", "")
        rows[words[0].upper() + words[1:]] = partial(_limited, text, there)
    if "costs" in decision.objective:
        rows["Cost in all"] = lambda part: Cell(_money(part.get("value")))
    said = {aim, *(_key(text) for text in decision.constraints)}
    rows |= {threshold_metric(key).label: partial(_metric, key) for key in _ALWAYS if there or key not in said}  # fmt: skip
    rows["Flagged rows"] = _flagged
    return pd.DataFrame({name: [cell(part) for cell in rows.values()] for name, part in parts.items()}, index=list(rows))  # fmt: skip


def objective_value(decision: Decision, part: Mapping[str, Any] | None) -> float | None:
    """Return what the objective is worth on some rows, costs for each row; None where it is undefined."""
    value = (part or {}).get("value")
    if value is None or "costs" not in decision.objective:
        return value
    total = sum((part or {})["confusion"].values())
    return float(value) / total if total else None


def objective_text(decision: Decision, value: float | None) -> str:
    """Write what the objective is worth; costs for 1,000 rows."""
    if value is None:
        return numbers.NOT_AVAILABLE
    if "costs" in decision.objective:
        return _money(_PER * value)
    return numbers.by_unit(value, objective_unit(decision))


def objective_unit(decision: Decision) -> Unit:
    """Return how the objective is written."""
    if "costs" in decision.objective:
        return "number"
    return threshold_metric(plan_words.key_of(decision.objective)).unit


def is_broken(text: str, part: Mapping[str, Any]) -> bool:
    """Whether a constraint does not hold on some rows; what is undefined is not known to be broken."""
    value = part.get("constraints", {}).get(text)
    if value is None or value != value:
        return False
    return not is_within(Constraint.read(text.partition(" per ")[0]), value)


def is_within(limit: Constraint, value: float) -> bool:
    """Whether a value keeps to a limit, up to rounding."""
    return bool(limit.met(limit.room(np.asarray(value))))


def check_parts(decision: Decision, name: str) -> None:
    """Make sure that a record that was opened has what the page shows.

    Raises
    ------
    DataError
        If a part of it is missing or of another kind.
    """
    if decision.feasible and decision.apparent is None:
        raise mc.DataError(f"{name} has a threshold, but nothing of what it is worth ('apparent'). Write one with faultline threshold -o.")  # fmt: skip
    for part_name in ("apparent", "reported"):
        part = getattr(decision, part_name)
        lacking = [] if part is None else [field for field in _PARTS if not isinstance(part, Mapping) or field not in part]  # fmt: skip
        if lacking or not isinstance(part, Mapping | None):
            raise mc.DataError(f"{name}: {part_name!r} lacks {', '.join(map(repr, lacking))}. Write one with faultline threshold -o.")  # fmt: skip


def _honest(decision: Decision) -> dict[str, Any]:
    """Return the cross-validated values in the shape of the others: counts first, metrics from the pooled counts."""
    honest = decision.honest or {}
    counts = honest.get("outcomes") or {}
    if not counts or any(counts.get(cell) is None for cell in ("tp", "fp", "fn", "tn")):
        return {"value": honest.get("value"), "constraints": honest.get("constraints") or {}}
    pooled = outcomes(**{cell: counts[cell] for cell in ("tp", "fp", "fn", "tn")})
    total = float(pooled.total)
    return {
        "value": honest.get("value"),
        "constraints": honest.get("constraints") or {},
        "confusion": counts,
        "flagged_share": float(pooled.flagged) / total if total else None,
        "metrics": {key: _or_none(float(threshold_metric(key).fn(pooled))) for key in _ALWAYS},
    }


def _value(decision: Decision, part: Mapping[str, Any]) -> Cell:
    """Write the objective with its interval."""
    with_counts = "confusion" in part or "costs" not in decision.objective
    text = objective_text(decision, objective_value(decision, part) if with_counts else None)
    # an interval belongs to the rows as they are, not to another prevalence
    span = "" if decision.prevalence is not None else _span(plan_words.key_of(decision.objective), part)
    return Cell(text, span)


def _limited(text: str, elsewhere: bool, part: Mapping[str, Any]) -> Cell:
    """Write what a constraint limits, and whether the limit is broken there."""
    value, key = part.get("constraints", {}).get(text), _key(text)
    if value is None or value != value:
        return Cell()
    written = numbers.count(value) if key == "flagged" else numbers.by_unit(value, plan_words.unit_of(key))
    return Cell(written, "" if elsewhere else _span(key, part), "rows" in part and is_broken(text, part))


def _metric(key: str, part: Mapping[str, Any]) -> Cell:
    """Write a metric with its interval."""
    return Cell(numbers.by_unit(part.get("metrics", {}).get(key), threshold_metric(key).unit), _span(key, part))  # fmt: skip


def _flagged(part: Mapping[str, Any]) -> Cell:
    """Write how many rows are flagged and which share that is."""
    cells = part.get("confusion")
    if not cells:
        return Cell()
    flagged = round(float(cells["tp"]) + float(cells["fp"]), 9)
    return Cell(numbers.count(flagged), numbers.share(part.get("flagged_share")))


def _span(key: str, part: Mapping[str, Any]) -> str:
    """Write the interval of a metric; empty where there is none."""
    span = part.get("intervals", {}).get(key)
    if span is None or span.get("low") is None or span.get("high") is None:
        return ""
    text = numbers.interval(span["low"], span["high"], threshold_metric(key).unit)
    return text.replace("–", f"{_JOINED}–{_JOINED}")  # no line ends inside it


def _aligned(column: Sequence[Cell]) -> list[str]:
    """Write cells as Markdown, values right above each other: spaces as wide as a digit or a point fill up."""
    longest = max(len(cell.value) for cell in column)
    points = max(sum(sign in ".," for sign in cell.value) for cell in column)
    broken = any(cell.broken for cell in column)
    written = []
    for cell in column:
        own = sum(sign in ".," for sign in cell.value)
        room = (longest - points) - (len(cell.value) - own)
        mark = ":red[:material/close:]" if cell.broken else "\u2003" if broken else ""
        span = f" :gray[({numbers.plain(cell.span)})]" if cell.span else ""
        written.append(f"{mark}{_POINT * (points - own)}{_DIGIT * room}{numbers.plain(cell.value)}{span}")
    return written


def _key(text: str) -> str:
    """Return what a constraint limits."""
    return Constraint.read(text.partition(" per ")[0]).key


def _money(value: float | None) -> str:
    """Write money: two decimals, no unit, because the prices had none."""
    return numbers.NOT_AVAILABLE if value is None or value != value else f"{value:,.2f}"


def _or_none(value: float) -> float | None:
    """None for NaN."""
    return None if value != value else value
